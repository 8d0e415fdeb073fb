/**
 * What Node's server of HTTP refuses alone, or we do before a handler is
 * asked: nothing behind its fields is read as another request.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { NodeConnection } from "../../http/node_connection.ts";

/** Sends requests in one piece; returns what comes up to the end. */
async function said(text: string): Promise<string> {
  const asked: string[] = [];
  const { hop } = new NodeConnection({
    answer: ({ method }) => {
      asked.push(method);
      return new Response("hello");
    },
    isHttp2: false,
    ownUrl: "http://engine.invalid",
  });
  await hop.write(new TextEncoder().encode(text));
  const into = new Uint8Array(4096);
  let read = "";
  for (let length = await hop.read(into); length !== null;) {
    read += new TextDecoder().decode(into.subarray(0, length));
    length = await hop.read(into);
  }
  assertEquals(asked, ["GET"]);
  return read;
}

const BEFORE = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const BODY = "content-length: 100\r\n\r\n";

for (
  const [what, status, request] of [
    ["an unknown expectation", 417, "POST / HTTP/1.1\r\nhost: a\r\nexpect: x"],
    ["an invalid Host field", 400, "POST / HTTP/1.1\r\nhost: a/b?"],
    ["a method that is not done", 501, "TRACE / HTTP/1.1\r\nhost: a"],
    [
      "an upgrade to WebSocket",
      501,
      "POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket",
    ],
  ] as const
) {
  Deno.test(`Node's server ends a connection behind ${what}: a body may follow`, async () => {
    const all = await said(`${BEFORE}${request}\r\n${BODY}`);
    const refused = all.slice(all.indexOf("hello"));
    assertMatch(refused, new RegExp(`HTTP/1.1 ${status} `));
    assertMatch(refused, /\r\nconnection: close\r\n/i);
  });
}
