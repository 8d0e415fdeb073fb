import { assertEquals, assertRejects } from "@std/assert";
import { client, server, TlsError } from "../../mod.ts";
import { clientOptions, crossed, serverOptions, utf8 } from "../_pair.ts";

Deno.test("what follows STARTTLS in plain text ends the handshake", async () => {
  const wires = crossed();
  // What came behind STARTTLS, and was read with it.
  const initialData = utf8("RCPT TO:<mallory@example.com>\r\n");
  const there = server(wires.forServer, await serverOptions({ initialData }));
  const here = client(wires.forClient, await clientOptions());
  const [error] = await Promise.all([
    assertRejects(() => there.handshake(), TlsError),
    here.handshake().catch(() => {}),
  ]);
  assertEquals(error.code, "not_tls");
  here.abort();
});
