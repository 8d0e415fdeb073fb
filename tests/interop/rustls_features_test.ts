/**
 * What rustls has beyond moving data: Encrypted ClientHello as a client, raw
 * public keys and compressed certificates.
 *
 * @module
 */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { echConfig } from "../../ech/mod.ts";
import type { HandshakeEvent } from "../../mod.ts";
import { formatPem, issueCertificate, PrivateKey } from "../../x509/mod.ts";
import {
  type Conversation,
  converse,
  type Ends,
  type Pair,
  refuse,
} from "./_peers/conversation.ts";
import { clientIdentity, SERVER_NAME, writeFile } from "./_peers/material.ts";
import { absent, attempt, bothRoles, UNSANITIZED } from "./_peers/matrix.ts";
import { own, OwnEnd } from "./_peers/own.ts";
import type { Settings } from "./_peers/peer.ts";
import { rustls, rustlsMissing } from "./_peers/rustls.ts";

const TO_OURS: Pair = { client: rustls, server: own };
const COLUMNS = bothRoles(own, rustls);

if (rustlsMissing !== undefined) {
  absent("features of rustls", rustlsMissing);
} else {
  testEncryptedClientHello();
  for (const pair of COLUMNS) {
    test(pair, "raw public keys", () => showRawKeys(pair));
    for (const algorithm of ["zlib", "brotli"]) {
      test(
        pair,
        `certificates compressed with ${algorithm}`,
        () => compress(pair, algorithm),
      );
    }
  }
}

function testEncryptedClientHello(): void {
  for (const curve of ["x25519", "secp256r1"] as const) {
    for (const retry of [false, true]) {
      const title = `${curve}${retry ? ", with HelloRetryRequest" : ""}`;
      test(TO_OURS, `Encrypted ClientHello, ${title}`, async () => {
        const file = await echConfig({ publicName: "public.example", curve });
        await converse(TO_OURS, {
          client: { extra: [`ech=${file.configList.toHex()}`] },
          server: {
            options: { ech: { keys: file.pem } },
            ...retry && { groups: ["secp384r1"] },
          },
          retry,
          expect: { version: "TLSv1.3", serverName: SERVER_NAME },
          then: (ends) => seeEch(ends, "accepted"),
        });
      });
    }
  }

  test(TO_OURS, "Encrypted ClientHello with another key", async () => {
    // The certificate has this name too, so that the refusal is believed.
    const file = await echConfig({ publicName: "localhost" });
    const old = await echConfig({ publicName: "localhost" });
    await refuse(TO_OURS, {
      client: { extra: [`ech=${old.configList.toHex()}`] },
      server: { options: { ech: { keys: file.pem } } },
      reason: /"ECH rejected","retryConfigs":1/,
    });
  });

  test(TO_OURS, "GREASE of Encrypted ClientHello", async () => {
    const file = await echConfig({ publicName: "public.example" });
    await converse(TO_OURS, {
      client: { extra: ["ech=grease"] },
      server: { options: { ech: { keys: file.pem } } },
      expect: { version: "TLSv1.3", serverName: SERVER_NAME },
      then: (ends) => seeEch(ends, "rejected"),
    });
  });
}

function seeEch({ server }: Ends, expected: string): Promise<void> {
  assertInstanceOf(server, OwnEnd);
  assertEquals(server.conn.info.ech, expected);
  return Promise.resolve();
}

/** Each side has a key, and knows that of the other one. */
async function showRawKeys(pair: Pair): Promise<void> {
  const [ourKey, theirKey] = await Promise.all([makeKey(), makeKey()]);
  const here: Settings = {
    options: {
      certificates: [{ rawPublicKey: true, key: ourKey.private }],
      cert: undefined,
      key: undefined,
      peerCertificateTypes: ["RawPublicKey"],
      trustedPublicKeys: [theirKey.pem],
      minVersion: "TLSv1.3",
    },
  };
  const there: Settings = {
    versions: ["TLSv1.3", "TLSv1.3"],
    extra: [
      `rawkey=${writeFile(`${crypto.randomUUID()}.key`, theirKey.key)}`,
      `pin=${writeFile(`${crypto.randomUUID()}.pub`, ourKey.pem)}`,
    ],
  };
  await talk(pair, {
    ...sides(pair, here, there),
    clientAuth: "require",
    // There is no name in a key.
    expect: { version: "TLSv1.3", peerName: null },
    then(ends) {
      const { info } = ours(ends).conn;
      assertEquals(info.peerRawPublicKey?.spki, theirKey.spki);
      assertEquals(info.authorization, { status: "verified" });
      return Promise.resolve();
    },
  });
}

async function makeKey() {
  const { key } = await issueCertificate({ names: ["raw.test"] });
  const signer = await PrivateKey.parse(key);
  const { spki } = signer.publicKey;
  return { key, private: signer, spki, pem: formatPem("PUBLIC KEY", spki) };
}

/** Both sides show a certificate, and compress it. */
async function compress(pair: Pair, algorithm: string): Promise<void> {
  const messages: string[] = [];
  const here: Settings = {
    options: {
      certificateCompression: [algorithm],
      onEvent(event: HandshakeEvent) {
        if (event.type !== "message") return;
        messages.push(`${event.direction} ${event.name}`);
      },
    },
  };
  const there: Settings = { extra: [`compression=${algorithm}`] };
  const { client, server } = sides(pair, here, there);
  await talk(pair, {
    client: { ...client, identity: await clientIdentity() },
    server,
    clientAuth: "require",
    expect: { version: "TLSv1.3" },
  });
  assertEquals(
    messages.filter((name) => name.endsWith("certificate")).sort(),
    ["read compressed_certificate", "write compressed_certificate"],
  );
}

type Talk =
  & Partial<Conversation>
  & Pick<Settings, "clientAuth">;

async function talk(
  pair: Pair,
  { client = {}, server = {}, clientAuth, ...rest }: Talk,
): Promise<void> {
  await converse(pair, {
    client,
    server: { ...server, ...clientAuth !== undefined && { clientAuth } },
    ...rest,
  });
}

function sides(pair: Pair, here: Settings, there: Settings) {
  return pair.client === own
    ? { client: here, server: there }
    : { client: there, server: here };
}

function ours({ client, server }: Ends): OwnEnd {
  if (client instanceof OwnEnd) return client;
  assertInstanceOf(server, OwnEnd);
  return server;
}

function test(
  { client, server }: Pair,
  name: string,
  run: () => Promise<void>,
): void {
  Deno.test(
    `${client.name} → ${server.name}: ${name}`,
    UNSANITIZED,
    () => attempt(run),
  );
}
