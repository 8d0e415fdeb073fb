/**
 * Responses by Node's HTTP server: what would be taken for the next response.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { send } from "../../http/node_response.ts";

Deno.test("a response without a body has no content-length but 0", async () => {
  const headers = { "content-length": "5" };
  const outgoing = newResponse();
  await assertRejects(
    () => send(outgoing, new Response(null, { headers }), false),
    TypeError,
    "another length than its content-length, 5",
  );
  assert(!outgoing.headersSent);
});

Deno.test("a response to HEAD, and 304, may tell the length of what they lack", async () => {
  const headers = { "content-length": "5" };
  const toHead = newResponse();
  await send(toHead, new Response(null, { headers }), true);
  assertEquals(toHead.getHeader("content-length"), "5");
  const notModified = newResponse();
  await send(notModified, new Response(null, { status: 304, headers }), false);
  assertEquals(notModified.getHeader("content-length"), "5");
});

function newResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}
