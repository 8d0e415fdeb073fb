/**
 * The lengths of handshake messages behind the ClientHello (RFC 9849 section
 * 6.1.3).
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { concat } from "@std/bytes";
import type { ClientOptions, ServerOptions } from "../../../mod.ts";
import { ContentType } from "../../../registry.ts";
import { certificate, crossed, outcomes, pair, pipe } from "../../_pair.ts";
import { sessionsOf, ticketKeys } from "../_resumption.ts";
import { current, facing, secretly, stale } from "./_ends.ts";

/** The content of protected records of a direction, with padding, by length. */
async function lengths(
  client: ClientOptions,
  server: ServerOptions,
): Promise<{ readonly up: number[]; readonly down: number[] }> {
  const [up, down]: Uint8Array<ArrayBuffer>[][] = [[], []];
  const tap = (into: Uint8Array<ArrayBuffer>[] = []) =>
    pipe({
      transform(chunk, controller) {
        into.push(chunk.slice());
        controller.enqueue(chunk);
      },
    });
  await using ends = await pair(
    client,
    server,
    crossed({ toServer: tap(up), toClient: tap(down) }),
  );
  await outcomes(ends);
  await ends.server.flush().catch(() => {});
  return { up: contents(concat(up ?? [])), down: contents(concat(down ?? [])) };
}

function contents(bytes: Uint8Array<ArrayBuffer>): number[] {
  const view = new DataView(bytes.buffer);
  const found: number[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = view.getUint16(at + 3);
    // Behind the content: its type, and the tag.
    if (bytes[at] === ContentType.application_data) found.push(length - 17);
    at += 5 + length;
  }
  return found;
}

const isHidden = (length: number) => length <= 64 || length % 512 === 0;

const { identity: ours } = await certificate({ names: ["client.test"] });
const asking: ServerOptions = { clientAuth: "request" };
const shown: ClientOptions = { certificates: [ours] };

const cases: readonly [string, ClientOptions, ServerOptions][] = [
  ["accepted", secretly(), facing(asking)],
  ["rejected", secretly(stale), facing(asking)],
  ["GREASE", { serverName: "secret.example", ech: "grease" }, facing(asking)],
];

for (const [name, client, server] of cases) {
  Deno.test(`handshake messages hide their lengths where ECH is ${name}`, async () => {
    const { up, down } = await lengths({ ...client, ...shown }, server);
    assert(down.some((length) => length > 64), `${down}`);
    assertEquals([...up, ...down].filter((length) => !isHidden(length)), []);
    // Finished says nothing by its length, and would stand out.
    if (name !== "rejected") return;
    assertEquals(up.some((length) => length % 512 === 0), false, `${up}`);
  });
}

// EncryptedExtensions and Finished are short where a session is resumed, and have
// the protocol that the hidden ClientHello asked for.
Deno.test("a resumed handshake hides the length of the ALPN protocol", async () => {
  for (const alpnProtocols of [["h2"], ["http/1.1"]]) {
    const server = facing({ alpnProtocols });
    const client = secretly(current, { alpnProtocols });
    const [session] = await sessionsOf(client, server);
    assert(session !== undefined);
    const { down } = await lengths(
      { ...client, session },
      { ...server, ticketKeys },
    );
    // The first is the server's flight.
    assertEquals(down[0], 512, `${down}`);
  }
});

Deno.test("without ECH, or with an option padding, handshake messages have their lengths", async () => {
  const plain = { serverName: "secret.example" };
  const none = { padding: () => 0 };
  const cases: [ClientOptions, ServerOptions][] = [
    [plain, facing()],
    [secretly(current, none), facing(none)],
  ];
  for (const [client, server] of cases) {
    const { down } = await lengths(client, server);
    assertNotEquals(down.filter((length) => !isHidden(length)), []);
  }
});
