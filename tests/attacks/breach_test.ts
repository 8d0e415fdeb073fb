import { assertEquals } from "@std/assert";
import { ask, bodyOf, get, start } from "../http/_server.ts";

Deno.test("serve() compresses nothing by default", async () => {
  const text = "a secret, and what a client sent ".repeat(1000);
  await using server = start(() =>
    new Response(text, { headers: { "content-type": "text/plain" } })
  );
  const request = get("/").replace(
    "\r\n\r\n",
    "\r\naccept-encoding: gzip, br\r\n\r\n",
  );
  const response = await ask(server, request);
  assertEquals(bodyOf(response).length, text.length);
});
