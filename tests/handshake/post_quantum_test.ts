/**
 * ML-KEM in the key exchange and ML-DSA in certificates, without being asked for
 * where that costs nothing, and as a policy.
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import { TlsAlertError, TlsProtocolError } from "../../errors.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { connected, outcomes, pair } from "../_pair.ts";
import { earlyPair, earlySession, REQUEST, shakeEarly } from "./_early_data.ts";

const onlyTls12 = { maxVersion: "TLSv1.2" } as const;

for (const group of ["MLKEM768", "MLKEM1024"]) {
  Deno.test(`${group} alone is a key exchange of TLS 1.3`, async () => {
    await using ends = await connected({ groups: [group] }, {
      groups: ["x25519", group],
    });
    assertEquals(ends.client.info.group, group);
    assertEquals(ends.server.info.group, group);
  });
}

Deno.test("behind a hybrid goes a classical share, not one of ML-KEM alone", async () => {
  await using ends = await connected(
    { groups: ["X25519MLKEM768", "MLKEM1024", "x25519"] },
    { groups: ["x25519"] },
  );
  assert(!ends.client.info.helloRetryRequest);
});

Deno.test('groups "pq" refuses a classical key share', () => {
  assertThrows(
    () => createContext({ groups: "pq", keyShares: ["x25519"] }),
    TypeError,
    "x25519 is not in",
  );
});

Deno.test('groups "pq" takes the first hybrid', async () => {
  await using ends = await connected({ groups: "pq" });
  assertEquals(ends.client.info.group, "X25519MLKEM768");
});

Deno.test('groups "pq" is answered by whatever post-quantum group there is', async () => {
  for (const group of ["SecP384r1MLKEM1024", "SecP256r1MLKEM768", "MLKEM768"]) {
    await using ends = await connected({ groups: "PQ" }, { groups: [group] });
    assertEquals(ends.client.info.group, group);
    assert(ends.client.info.helloRetryRequest);
  }
});

Deno.test('groups "pq" never falls back to a classical group', async () => {
  const classical = { groups: ["x25519", "secp256r1"] };
  {
    await using ends = await pair({ groups: "pq" }, classical);
    const { client, server } = await outcomes(ends);
    assertInstanceOf(server, TlsProtocolError);
    assertEquals([server.alert, server.code], [
      "handshake_failure",
      "no_common_group",
    ]);
    assertInstanceOf(client, TlsAlertError);
  }
  await using ends = await pair(classical, { groups: "pq" });
  const { server } = await outcomes(ends);
  assertInstanceOf(server, TlsProtocolError);
  assertEquals(server.code, "no_common_group");
});

Deno.test('groups "pq" resumes no session of a classical group, so that it sends no early data in one', async () => {
  const session = await earlySession({ groups: ["x25519"] });
  for (
    const [client, server] of [
      [{ groups: "pq" }, {}],
      [{}, { groups: "pq" }],
    ] as const
  ) {
    await using ends = await earlyPair({ session, ...client }, server);
    assertEquals(await shakeEarly(ends), "");
    assertEquals(ends.client.info.resumed, false);
    assertEquals(ends.client.info.group, "X25519MLKEM768");
  }
});

Deno.test('groups "pq" resumes a session of its own, with early data', async () => {
  const session = await earlySession({ groups: "pq" });
  await using ends = await earlyPair({ session, groups: "pq" });
  assertEquals(await shakeEarly(ends), new TextDecoder().decode(REQUEST));
  assert(ends.client.info.resumed);
});

Deno.test('groups "pq" never falls back to TLS 1.2', async () => {
  for (
    const [forClient, forServer] of [
      [{ groups: "pq" }, onlyTls12],
      [onlyTls12, { groups: "pq" }],
    ]
  ) {
    await using ends = await pair(forClient, forServer);
    const { server } = await outcomes(ends);
    assertInstanceOf(server, TlsProtocolError);
    assertEquals([server.alert, server.code], [
      "protocol_version",
      "no_common_version",
    ]);
  }
});

Deno.test('groups "pq" contradicts a version before TLS 1.3', () => {
  for (
    const [name, options] of Object.entries(
      {
        minVersion: { minVersion: "TLSv1.2" },
        maxVersion: onlyTls12,
      } as const,
    )
  ) {
    const error = assertThrows(
      () => createContext({ ...options, groups: "pq" }),
      TypeError,
    );
    assertStringIncludes(error.message, name);
  }
  createContext({ groups: "pq", minVersion: "TLSv1.3" });
});

for (const keyType of ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const) {
  Deno.test(`a server with an ${keyType} certificate alone is reached by default`, async () => {
    const root = await issueCertificate({
      ca: true,
      names: ["Root"],
      keyType: "ml-dsa-87",
    });
    const issuer = await issueCertificate({
      ca: true,
      names: ["Intermediate"],
      keyType: "ml-dsa-65",
      issuer: root,
    });
    const { cert, key } = await issueCertificate({
      names: ["localhost"],
      keyType,
      issuer,
    });
    await using ends = await connected(
      { trust: TrustStore.of(root.cert) },
      { cert, key },
    );
    const { info } = ends.client;
    assertEquals(info.signatureScheme, keyType.replaceAll("-", ""));
    assertEquals(info.verifiedChain.length, 3);
  });
}

Deno.test("a client of TLS 1.2 alone offers no ML-DSA", async () => {
  const offered: string[][] = [];
  const onClientHello = (info: { signatureSchemes: readonly string[] }) => {
    offered.push(info.signatureSchemes.filter((name) => /mldsa/.test(name)));
  };
  for (const options of [onlyTls12, {}]) {
    await using _ = await connected(options, { onClientHello });
  }
  assertEquals(offered, [[], ["mldsa44", "mldsa65", "mldsa87"]]);
});
