/**
 * Known attacks on TLS 1.2 and below that are not one broken rule: what an
 * attacker could tell apart, and what must not be the same twice.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { server } from "../../connection/wrap.ts";
import { clientHandshake } from "../../handshake/client.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import {
  encodedMessage,
  readRsaPublicKey,
} from "../../crypto/signatures/rsa_verify.ts";
import { TlsError } from "../../errors.ts";
import {
  clientKeyExchange,
  tls12,
} from "../../handshake/messages/message_kinds_tls12.ts";
import { ContentType } from "../../registry.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import {
  assertRefused,
  clientConfig,
  editing,
  hostileClient,
  type Mischief,
  Peer,
} from "../_hostile_peer.ts";
import {
  clientOptions,
  connected,
  crossed,
  outcomes,
  pair,
  pattern,
  readBytes,
  serverOptions,
} from "../_pair.ts";
import { identityOf, optionsFor, suite } from "./_tls12.ts";

// Bleichenbacher, Klima-Pokorny-Rosa, ROBOT (RFC 5246 section 7.4.7.1).

const rsaKey = await (async () => {
  const { cert } = await identityOf({ keyType: "rsa-2048" });
  const [leaf] = Certificate.fromPem(cert);
  assert(leaf !== undefined);
  return readRsaPublicKey(leaf.publicKey.bytes);
})();

/** Encrypts 00 02, padding, 00, data, after an edit. */
function encrypted(edit: (block: Uint8Array) => void): Uint8Array {
  const block = new Uint8Array(256).fill(0xa5);
  block.set([0, 2]);
  block.set([0, 3, 3], 256 - 49);
  edit(block);
  const bytes = encodedMessage(rsaKey, block);
  assert(bytes !== undefined);
  return bytes;
}

const oracles: Record<string, Uint8Array> = {
  "a good block of another secret": encrypted(() => {}),
  "another block type": encrypted((block) => block.set([1], 1)),
  "a first byte that is not zero": encrypted((block) => block.set([1], 0)),
  "a zero in the padding": encrypted((block) => block.set([0], 20)),
  "no zero behind the padding": encrypted((block) => block.set([1], 207)),
  "another version": encrypted((block) => block.set([3, 2], 208)),
  "a longer secret": encrypted((block) => block.set([0, 3, 3, 3], 206)),
  "a shorter secret": encrypted((block) => block.set([9, 0, 3, 3], 207)),
  "a value above the modulus": new Uint8Array(256).fill(0xff),
  "zero": new Uint8Array(256),
  "a short ciphertext": new Uint8Array(255).fill(1),
  "an empty ciphertext": new Uint8Array(0),
};

for (
  const name of [suite.rsa, "TLS_RSA_WITH_AES_128_CBC_SHA", suite.rsaPsk]
) {
  const isPsk = name === suite.rsaPsk;
  const reactions: unknown[] = [];
  for (const [what, encryptedPreMasterSecret] of Object.entries(oracles)) {
    Deno.test(`server does not distinguish ${what} in ${name}`, async () => {
      const key = new Uint8Array(16);
      const options = await optionsFor(name, {
        client: isPsk ? { psk: { identity: "a", key } } : {},
        server: isPsk ? { psk: () => ({ key }) } : {},
      });
      const mischief = isPsk
        ? editing(clientKeyExchange.rsaPsk, (message) => ({
          ...message,
          encryptedPreMasterSecret,
        }))
        : editing(clientKeyExchange.rsa, () => ({ encryptedPreMasterSecret }));
      const error = await assertRefused(
        "bad_record_mac",
        await hostileClient(mischief, options),
      );
      reactions.push([error.code, error.alert, error.message, error.stage]);
      assertEquals(reactions.at(-1), reactions[0]);
    });
  }
}

Deno.test("server checks the version inside the premaster secret (rollback)", async () => {
  // The client's secret has TLS 1.2, the ClientHello that arrives another.
  const options = await optionsFor(suite.rsa);
  await assertRefused(
    "bad_record_mac",
    await hostileClient(
      editing(tls12.clientHello, (hello) => ({
        ...hello,
        legacyVersion: 0x0304,
      })),
      options,
    ),
  );
});

// Unknown PSK identities (RFC 4279 section 2).

for (const name of [suite.psk, suite.dhePsk, suite.ecdhePsk, suite.rsaPsk]) {
  Deno.test(`server answers an unknown identity as it answers a wrong key in ${name}`, async () => {
    const seen: unknown[] = [];
    for (const answer of [undefined, { key: new Uint8Array(16).fill(1) }]) {
      const options = await optionsFor(name, {
        client: { psk: { identity: "a", key: new Uint8Array(16) } },
        server: { psk: () => answer },
      });
      await using ends = await pair(options.client, options.server);
      const { client, server } = await outcomes(ends);
      const { code, alert } = server as TlsError;
      seen.push([code, alert, (client as TlsError).alert]);
    }
    assertEquals(seen[0], [
      "bad_record_mac",
      "bad_record_mac",
      "bad_record_mac",
    ]);
    assertEquals(seen[1], seen[0]);
  });
}

// Lucky 13, POODLE: padding and MAC errors (RFC 5246 section 6.2.3.2).

/** Passes records on, the n-th of application data with one byte altered. */
function alteringRecord(
  alter: (record: Uint8Array) => void,
): TransformStream<Uint8Array, Uint8Array> {
  let rest = new Uint8Array(0);
  return new TransformStream({
    transform(chunk, controller) {
      const all = new Uint8Array([...rest, ...chunk]);
      let at = 0;
      while (all.length - at >= 5) {
        const length = 5 + ((all[at + 3] ?? 0) << 8) + (all[at + 4] ?? 0);
        if (all.length - at < length) break;
        const record = all.slice(at, at + length);
        if (record[0] === ContentType.application_data) alter(record);
        controller.enqueue(record);
        at += length;
      }
      rest = all.slice(at);
    },
  });
}

for (const version of ["TLSv1", "TLSv1.1", "TLSv1.2"] as const) {
  for (const encryptThenMac of [true, false]) {
    const order = encryptThenMac ? "encrypt-then-MAC" : "MAC-then-encrypt";
    Deno.test(`${version} ${order} does not distinguish wrong padding from a wrong MAC`, async () => {
      const options = await optionsFor(suite.ecdheCbc, {}, version);
      const reactions = new Set<string>();
      for (let at = 5; at < 37; at += 2) {
        const wires = crossed({
          toServer: alteringRecord((record) => {
            record.set([(record[at] ?? 0) ^ 1], at);
          }),
        });
        const conn = server(
          wires.forServer,
          await serverOptions(options.server),
        );
        using peer = new Peer(
          wires.forClient,
          encryptThenMac ? {} : withoutExtension("encrypt_then_mac"),
        );
        const config = await clientConfig(options.client);
        await Promise.all([
          conn.handshake(),
          clientHandshake(peer.io, config).then(() => peer.io.flush()),
        ]);
        const reading = conn.read(new Uint8Array(100));
        reading.catch(() => {});
        await peer.sendRecord(ContentType.application_data, pattern(1));
        assertEquals(await peer.readAlert(), "bad_record_mac");
        const error = await assertRejects(() => reading, TlsError);
        reactions.add(`${error.code} ${error.alert} ${error.message}`);
      }
      assertEquals(reactions.size, 1);
    });
  }
}

/** A client that leaves an extension out. */
function withoutExtension(name: keyof ClientHello["extensions"]): Mischief {
  return editing(tls12.clientHello, ({ extensions, ...hello }) => ({
    ...hello,
    extensions: { ...extensions, [name]: undefined },
  }));
}

// BEAST: the IV of TLS 1.0 is known before the record (1/n-1 splitting).

for (
  const [version, expected] of [
    ["TLSv1", [1, 99]],
    ["TLSv1.1", [100]],
    ["TLSv1.2", [100]],
  ] as const
) {
  Deno.test(`${version} with CBC splits data into ${expected.join(" and ")} bytes`, async () => {
    const options = await optionsFor(suite.ecdheCbc, {}, version);
    await using ends = await connected(options.client, options.server);
    const before = ends.client.stats.recordsWritten;
    const [got] = await Promise.all([
      readBytes(ends.server, 100),
      ends.client.write(pattern(100)),
    ]);
    assertEquals(got, pattern(100));
    assertEquals(ends.client.stats.recordsWritten - before, expected.length);
  });
}

// Triple handshake (RFC 7627): two connections never share a master secret.

Deno.test("exporters and tls-unique are there only with the extended master secret", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileClient(
    withoutExtension("extended_main_secret"),
    options,
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  for (
    const call of [
      () => conn.exportKeyingMaterial("label", undefined, 32),
      () => conn.channelBinding("tls-unique"),
      () => conn.channelBinding("tls-exporter"),
    ]
  ) {
    const error = assertThrows(call, TypeError);
    assert(error.message.includes("RFC 7627"), error.message);
  }
});

// GCM: a nonce that comes twice gives the key of GHASH away.

Deno.test("no explicit nonce of GCM comes twice in a connection", async () => {
  const nonces: string[] = [];
  const wires = crossed({
    toServer: alteringRecord((record) => {
      nonces.push(record.subarray(5, 13).toHex());
    }),
  });
  const options = await optionsFor(suite.ecdhe);
  await using ends = await connected(options.client, options.server, wires);
  for (let time = 0; time < 20; time++) {
    await Promise.all([
      readBytes(ends.server, 10),
      ends.client.write(pattern(10)),
    ]);
  }
  assertEquals(nonces.length, 20);
  assertEquals(new Set(nonces).size, 20);
});

Deno.test("randoms differ from connection to connection, but for the sentinel", async () => {
  const seen: Uint8Array[] = [];
  for (let time = 0; time < 2; time++) {
    const mischief: Mischief = {};
    const { peer, conn, flow } = await hostileClient(mischief, {
      client: await clientOptions({ maxVersion: "TLSv1.2" }),
      server: await serverOptions(),
    });
    using _ = peer;
    const [, established] = await Promise.all([conn.handshake(), flow()]);
    seen.push(
      established.exporter.exportKeyingMaterial("label", undefined, 32),
    );
  }
  const [one, other] = seen;
  assertNotEquals(one, other);
});
