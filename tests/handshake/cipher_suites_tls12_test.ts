/**
 * Every suite of TLS 1.2 and below in every version that has it, both ends
 * ours: what is negotiated, and data both ways.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import {
  type CipherSuite,
  isCipherSuite,
} from "../../crypto/suites/cipher_suite.ts";
import {
  defaultTls12CipherSuites,
  oldVersionCipherSuites,
} from "../../crypto/suites/cipher_suites.ts";
import { parseCipherSuites } from "../../crypto/suites/names.ts";
import { listCipherSuites } from "../../crypto/suites/lists.ts";
import * as legacy from "../../legacy.ts";
import { ProtocolVersion } from "../../registry.ts";
import { parseKeyPair } from "../../x509/keys/key_pair.ts";
import { certificate, connected, pattern, readBytes } from "../_pair.ts";

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2"] as const;

/** All rows, those of `./legacy` last. */
const suites: CipherSuite[] = [
  ...parseCipherSuites(
    listCipherSuites().map(({ name }) => name)
      .filter((name) => name.includes("_WITH_")),
  ).cipherSuites,
  ...Object.values(legacy).filter((value) => isCipherSuite(value)),
];

const SHARED_KEY = pattern(32);

async function options(
  suite: CipherSuite,
  version: typeof VERSIONS[number],
): Promise<{ forClient: ClientOptions; forServer: ServerOptions }> {
  const identities = await Promise.all(
    (["P-256", "rsa-2048"] as const).map(async (keyType) => {
      const { cert, key } = await certificate({ keyType });
      return await parseKeyPair(cert, key);
    }),
  );
  const both = {
    minVersion: version,
    maxVersion: version,
    cipherSuites: [suite],
    securityLevel: 0,
    unsafelyAllowAnonymous: suite.authentication === "anon",
  };
  const isPsk = suite.keyExchange.endsWith("PSK");
  return {
    forClient: {
      ...both,
      ...(isPsk ? { psk: { identity: "client", key: SHARED_KEY } } : {}),
    },
    forServer: {
      ...both,
      cert: undefined,
      key: undefined,
      certificates: identities,
      ...(isPsk ? { psk: () => ({ key: SHARED_KEY }) } : {}),
    },
  };
}

for (const version of VERSIONS) {
  const number = ProtocolVersion[version];
  const its = suites.filter(({ minVersion, maxVersion }) =>
    minVersion <= number && number <= maxVersion
  );
  assert(its.length > 20, `suites of ${version}: ${its.length}`);
  for (const suite of its) {
    Deno.test(`${version} ${suite.name} carries data both ways`, async () => {
      const { forClient, forServer } = await options(suite, version);
      await using ends = await connected(forClient, forServer);
      for (const end of [ends.client, ends.server]) {
        assertEquals(end.info.version, version);
        assertEquals(end.info.cipherSuite, suite.name);
        assertEquals(end.info.opensslName, suite.opensslName);
        assertEquals(end.info.resumed, false);
      }
      checkPeer(suite, ends.client.info);
      const sent = pattern(20_000);
      const [up, down] = await Promise.all([
        readBytes(ends.server, sent.length),
        readBytes(ends.client, sent.length),
        ends.client.write(sent),
        ends.server.write(sent),
      ]);
      assertEquals(up, sent);
      assertEquals(down, sent);
    });
  }
}

/** What the client knows of a server, by how the suite authenticates it. */
function checkPeer(
  { authentication, keyExchange }: CipherSuite,
  info: Awaited<ReturnType<typeof connected>>["client"]["info"],
): void {
  const hasCertificate = authentication !== "PSK" && authentication !== "anon";
  assertEquals(info.peerCertificates.length > 0, hasCertificate);
  assertEquals(
    info.authorization.status,
    hasCertificate ? "verified" : authentication === "PSK" ? "psk" : "none",
  );
  const [leaf] = info.peerCertificates;
  if (leaf !== undefined) {
    assertEquals(leaf.publicKey.type, authentication === "RSA" ? "rsa" : "ec");
  }
  assertEquals(info.group === undefined, !keyExchange.includes("DHE"));
  const signs = hasCertificate && !keyExchange.startsWith("RSA");
  assertEquals(info.signatureScheme !== undefined, signs);
}

Deno.test("defaults of TLS 1.2 have forward secrecy and an AEAD", async () => {
  await using ends = await connected({ maxVersion: "TLSv1.2" });
  const { cipherSuite } = ends.client.info;
  assert(defaultTls12CipherSuites.some(({ name }) => name === cipherSuite));
});

for (const version of ["TLSv1", "TLSv1.1"] as const) {
  Deno.test(`${version} needs nothing but minVersion on both sides`, async () => {
    const old = { minVersion: version, maxVersion: version };
    await using ends = await connected(old, old);
    const { cipherSuite } = ends.client.info;
    assert(oldVersionCipherSuites.some(({ name }) => name === cipherSuite));
    assertEquals(ends.client.info.signatureScheme, "ecdsa_sha1");
  });
}
