/**
 * Which suite a server chooses of those that it has in common with a client.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { certificate, connected } from "../_pair.ts";

Deno.test("server's order of suites decides, or the client's", async () => {
  const [a, b] = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] as const;
  for (const preferServerCipherSuites of [true, false]) {
    await using ends = await connected({ cipherSuites: [a, b] }, {
      cipherSuites: [b, a],
      preferServerCipherSuites,
    });
    assertEquals(
      ends.client.info.cipherSuite,
      preferServerCipherSuites ? b : a,
    );
  }
});

Deno.test("server leaves the choice among suites that are alike to the client", async () => {
  const [a, b, c] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  ] as const;
  for (
    const [client, server, chosen] of [
      [[c, b, a], [[a, b], c], b],
      [[c, a, b], [[a, b], c], a],
      [[c, b], [a, [b, c]], c],
      [[c, a], [a, [b, c]], a],
      [[b, c], [a, [b, c]], b],
    ] as const
  ) {
    await using ends = await connected(
      { maxVersion: "TLSv1.2", cipherSuites: client },
      { cipherSuites: server },
    );
    assertEquals(ends.client.info.cipherSuite, chosen);
  }
});

Deno.test("server leaves the choice among suites of TLS 1.3 that are alike to the client", async () => {
  const [a, b] = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"];
  for (const cipherSuites of [[a, b], [b, a]]) {
    await using ends = await connected({ cipherSuites }, {
      cipherSuites: [[a, b]],
    });
    assertEquals(ends.client.info.cipherSuite, cipherSuites[0]);
  }
});

Deno.test("server follows a client whose first choice is ChaCha20", async () => {
  const chacha = "TLS_CHACHA20_POLY1305_SHA256";
  await using ends = await connected({
    cipherSuites: [chacha, "TLS_AES_128_GCM_SHA256"],
  });
  assertEquals(ends.client.info.cipherSuite, chacha);
});

Deno.test("server follows such a client among suites that are alike, too", async () => {
  const ec = await certificate({ keyType: "P-256" });
  const rsa = await certificate({ keyType: "rsa-2048" });
  const [ecChaCha, rsaChaCha, rsaAes] = [
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  ] as const;
  await using ends = await connected({
    maxVersion: "TLSv1.2",
    cipherSuites: [ecChaCha, rsaAes, rsaChaCha],
  }, {
    cert: undefined,
    key: undefined,
    certificates: [ec.identity, rsa.identity],
    cipherSuites: [[rsaChaCha, rsaAes], ecChaCha],
  });
  assertEquals(ends.client.info.cipherSuite, rsaChaCha);
});

for (
  const [name, group] of [
    ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "secp384r1"],
    ["TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "ffdhe3072"],
  ] as const
) {
  Deno.test(`server leaves ${name} aside without a common group`, async () => {
    const { cert, key } = await certificate({ keyType: "rsa-2048" });
    const plain = "TLS_RSA_WITH_AES_128_GCM_SHA256";
    const cipherSuites = [name, plain];
    for (const isCommon of [true, false]) {
      await using ends = await connected(
        {
          ...{ maxVersion: "TLSv1.2", securityLevel: 0, cipherSuites },
          groups: [group],
        },
        {
          ...{ cert, key, securityLevel: 0, cipherSuites },
          groups: isCommon ? [group] : ["x25519", "ffdhe2048"],
        },
      );
      assertEquals(ends.client.info.cipherSuite, isCommon ? name : plain);
    }
  });
}
