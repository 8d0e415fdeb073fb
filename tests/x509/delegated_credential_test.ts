/**
 * Delegated credentials that are made here (RFC 9345).
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type DelegatedCredentialOptions,
  issueCertificate,
  issueDelegatedCredential,
  PrivateKey,
} from "../../x509/mod.ts";
import { authority, certificate, connected, tlsError } from "../_pair.ts";

const usage = { oid: "1.3.6.1.4.1.44363.44", value: Uint8Array.of(5, 0) };
const DAY = 86_400_000;

const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: await authority,
  extensions: [usage],
});

for (const keyType of ["P-256", "P-384", "ed25519", "rsa-pss-2048"] as const) {
  Deno.test(`issueDelegatedCredential() delegates to a key of ${keyType}`, async () => {
    const made = await issueDelegatedCredential({ cert, key, keyType });
    assert(Math.abs(made.notAfter.getTime() - Date.now() - 7 * DAY) < 60_000);
    await using ends = await connected({ delegatedCredentials: true }, {
      cert: undefined,
      key: undefined,
      certificates: [{
        cert,
        key: made.key,
        delegatedCredential: made.delegatedCredential,
      }],
    });
    const { info } = ends.client;
    assertEquals(info.delegatedCredentialNotAfter, made.notAfter);
    assertEquals(info.authorization.status, "verified");
  });
}

for (const keyType of ["rsa-2048", "P-384", "ed25519"] as const) {
  Deno.test(`issueDelegatedCredential() signs with a certificate's key of ${keyType}`, async () => {
    const by = await issueCertificate({
      names: ["localhost"],
      issuer: await authority,
      extensions: [usage],
      keyType,
    });
    const credentialKey = await PrivateKey.parse((await certificate()).key);
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + DAY);
    const made = await issueDelegatedCredential({
      cert: by.cert,
      key: by.key,
      credentialKey,
      notAfter,
    });
    assertEquals(made.key, credentialKey);
    await using ends = await connected({ delegatedCredentials: true }, {
      cert: undefined,
      key: undefined,
      certificates: [{
        cert: by.cert,
        key: credentialKey,
        delegatedCredential: made.delegatedCredential,
      }],
    });
    assertEquals(ends.client.info.delegatedCredentialNotAfter, notAfter);
    assertEquals(ends.client.info.signatureScheme, "ecdsa_secp256r1_sha256");
  });
}

const plain = await certificate();
const short = await issueCertificate({
  names: ["localhost"],
  extensions: [usage],
  notAfter: new Date(Date.now() + DAY),
});
const agreeing = await issueCertificate({
  names: ["localhost"],
  keyUsage: ["keyAgreement"],
  extensions: [usage],
});

const wrong: [name: string, DelegatedCredentialOptions, says: string][] = [
  ["without DelegationUsage", plain, "DelegationUsage"],
  ["that does not sign", agreeing, "digitalSignature"],
  ["to a key of RSA", { cert, key, keyType: "rsa-2048" }, "type rsa"],
  [
    "for more than seven days",
    { cert, key, notAfter: new Date(Date.now() + 8 * DAY) },
    "seven days",
  ],
  [
    "that has expired",
    { cert, key, notAfter: new Date(Date.now() - 1) },
    "seven days",
  ],
  [
    "that outlives its certificate",
    { ...short, notAfter: new Date(Date.now() + 2 * DAY) },
    "end of the certificate",
  ],
];

for (const [name, { cert, key, ...more }, says] of wrong) {
  Deno.test(`issueDelegatedCredential() refuses one ${name}`, async () => {
    const { keyType, notAfter } = more;
    const error = await assertRejects(() =>
      issueDelegatedCredential({ cert, key, keyType, notAfter })
    );
    assert(error instanceof TypeError || error instanceof RangeError);
    assert(error.message.includes(says), error.message);
  });
}

Deno.test("issueDelegatedCredential() refuses another key, and unknown options", async () => {
  const error = tlsError(
    await assertRejects(() =>
      issueDelegatedCredential({ cert, key: plain.key })
    ),
  );
  assertEquals(error.code, "key_mismatch");
  await assertRejects(
    () => issueDelegatedCredential({ cert, key, days: 3 } as never),
    TypeError,
    "days",
  );
  const made = await issueDelegatedCredential({
    cert: short.cert,
    key: short.key,
  });
  assert(made.notAfter.getTime() <= Date.now() + DAY);
});

Deno.test("issueDelegatedCredential() refuses a key that signs nothing in TLS 1.3", async () => {
  const { publicKey } = await PrivateKey.parse((await certificate()).key);
  const sign = () => Promise.resolve(new Uint8Array());
  const credentialKey = { publicKey, schemes: [], sign };
  await assertRejects(
    () => issueDelegatedCredential({ cert, key, credentialKey } as never),
    TypeError,
    "signs nothing in TLS 1.3",
  );
});
