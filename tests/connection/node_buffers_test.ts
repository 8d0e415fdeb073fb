/**
 * Bytes of users that are Node's `Buffer`: its `slice()` is no copy, but the same
 * memory, which users may change later, and which others have a part of.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { clientPsks } from "../../connection/options/psk.ts";
import { earlyDataOf } from "../../connection/options/session_values.ts";
import { withAhead } from "../../connection/transport/ahead.ts";
import { nodeCrypto } from "../../crypto/primitives/node_crypto.ts";
import {
  checkTicketKeys,
  TicketKeys,
} from "../../handshake/session/ticket_keys.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { certificate, connected, readBytes } from "../_pair.ts";

Deno.test("a Buffer may be changed once write() has taken it, also where it is sealed later", async () => {
  const cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] as const;
  // Small records have another key then: the first large one waits for its own.
  nodeCrypto();
  await using ends = await connected({ maxVersion: "TLSv1.2", cipherSuites });
  const bytes = Buffer.alloc(16_384, 1);
  await ends.client.write(bytes);
  bytes.fill(2);
  const received = await readBytes(ends.server, 16_384);
  assertEquals(received, new Uint8Array(16_384).fill(1));
});

Deno.test("Buffers of a carrier stay with those who share their memory", async () => {
  const shared = new Uint8Array([1, 2, 3, 4]);
  const chunks = [1, 2].map((at) => Buffer.from(shared.buffer, at, 1));
  const stream = withAhead(ReadableStream.from(chunks.slice(1)), {
    bytes: chunks[0] ?? shared,
    pending: undefined,
  });
  assertEquals(
    await Array.fromAsync(stream, (chunk) => [...chunk]),
    [[2], [3]],
  );
  assertEquals([...shared], [1, 2, 3, 4]);
});

Deno.test("keys and certificates do not change with the Buffer that they came in", async () => {
  const { cert } = await certificate();
  const [der] = [...Certificate.fromPem(cert)].map(({ raw }) => raw);
  const given = [
    Buffer.from(der ?? []),
    Buffer.alloc(48, 1),
    Buffer.alloc(16, 1),
    Buffer.alloc(3, 1),
  ] as const;
  const parsed = Certificate.parse(given[0]);
  const keys = new TicketKeys(
    checkTicketKeys([given[1]], "ticketKeys"),
    Date.now,
  );
  const [psk] = clientPsks({ identity: "a", key: given[2] });
  const early = earlyDataOf(given[3]);
  for (const bytes of given) bytes.fill(0);
  assertEquals(parsed.raw, der);
  assertEquals(keys.export(), [new Uint8Array(48).fill(1)]);
  assertEquals(psk?.key, new Uint8Array(16).fill(1));
  assertEquals(early, new Uint8Array(3).fill(1));
});
