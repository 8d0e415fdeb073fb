import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { nodeCrypto } from "../../../crypto/primitives/node_crypto.ts";
import {
  checkedPreMasterSecret,
  rsaDecryptPreMasterSecret,
  rsaEncrypt,
  rsaSignMd5Sha1,
} from "../../../crypto/signatures/rsa_pkcs1.ts";
import {
  encodedMessage,
  readRsaPublicKey,
} from "../../../crypto/signatures/rsa_verify.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../../crypto/signatures/signature_schemes.ts";
import { SignatureScheme } from "../../../registry.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { pkcs8Of, PrivateKey } from "../../../x509/keys/private_key.ts";

async function makeKey() {
  const { key } = await issueCertificate({
    names: ["rsa.test"],
    keyType: "rsa-2048",
  });
  const privateKey = await PrivateKey.parse(key);
  const pkcs8 = pkcs8Of(privateKey);
  assert(pkcs8 !== undefined);
  const { bytes, spki } = privateKey.publicKey;
  return { pkcs8, publicKey: bytes, spki };
}

const key = await makeKey();
const VERSION = 0x0303;
const secret = new Uint8Array(48).map((_, at) => at * 5).fill(3, 0, 2);
const LENGTH = 256;

/** The ciphertext of a whole block. */
function encryptBlock(block: Uint8Array): Uint8Array {
  const encrypted = encodedMessage(readRsaPublicKey(key.publicKey), block);
  assert(encrypted !== undefined);
  return encrypted;
}

/** 00 02, padding, 00, data. */
function block(data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(LENGTH).fill(0xa5);
  whole.set([0, 2]);
  whole.set([0], LENGTH - data.length - 1);
  whole.set(data, LENGTH - data.length);
  return whole;
}

function decrypt(encrypted: Uint8Array, version = VERSION): Uint8Array {
  return rsaDecryptPreMasterSecret(key.pkcs8, encrypted, version);
}

Deno.test("rsaEncrypt() is RSAES-PKCS1-v1_5", () => {
  const node = nodeCrypto();
  assert(node !== undefined);
  const encrypted = rsaEncrypt(key.publicKey, secret);
  assertEquals(encrypted.length, LENGTH);
  const privateKey = node.createPrivateKey({
    key: key.pkcs8,
    format: "der",
    type: "pkcs8",
  });
  const padding = node.constants.RSA_PKCS1_PADDING;
  const decrypted = node.privateDecrypt(
    { key: privateKey, padding },
    encrypted,
  );
  assertEquals(new Uint8Array(decrypted), secret);
  assertNotEquals(rsaEncrypt(key.publicKey, secret), encrypted);
});

Deno.test("rsaEncrypt() has no zero in its padding", () => {
  const node = nodeCrypto();
  assert(node !== undefined);
  const privateKey = node.createPrivateKey({
    key: key.pkcs8,
    format: "der",
    type: "pkcs8",
  });
  const padding = node.constants.RSA_NO_PADDING;
  for (let time = 0; time < 20; time++) {
    const encrypted = rsaEncrypt(key.publicKey, secret);
    const whole = node.privateDecrypt({ key: privateKey, padding }, encrypted);
    assertEquals(whole.indexOf(0, 1), LENGTH - secret.length - 1);
  }
});

Deno.test("rsaEncrypt() refuses what the key is too short for", () => {
  const longest = rsaEncrypt(key.publicKey, new Uint8Array(LENGTH - 11));
  assertEquals(longest.length, LENGTH);
  const error = assertThrows(
    () => rsaEncrypt(key.publicKey, new Uint8Array(LENGTH - 10)),
    TlsError,
  );
  assertEquals(error.code, "unsupported_key");
});

Deno.test("rsaDecryptPreMasterSecret() returns what was encrypted", () => {
  assertEquals(decrypt(rsaEncrypt(key.publicKey, secret)), secret);
  assertEquals(decrypt(encryptBlock(block(secret))), secret);
});

const damaged: Record<string, Uint8Array> = {
  "another first byte": encryptBlock(
    block(secret).fill(1, 0, 1),
  ),
  "block type 1": encryptBlock(block(secret).fill(1, 1, 2)),
  "a zero at the start of the padding": encryptBlock(
    block(secret).fill(0, 2, 3),
  ),
  "a zero at the end of the padding": encryptBlock(
    block(secret).fill(0, LENGTH - 50, LENGTH - 49),
  ),
  "no zero behind the padding": encryptBlock(
    block(secret).fill(7, LENGTH - 49, LENGTH - 48),
  ),
  "a secret that is too short": encryptBlock(block(secret.subarray(1))),
  "a secret that is too long": encryptBlock(
    block(new Uint8Array([3, ...secret])),
  ),
  "another major version": encryptBlock(block(secret.slice().fill(2, 0, 1))),
  "another minor version": encryptBlock(block(secret.slice().fill(2, 1, 2))),
  "zeros": new Uint8Array(LENGTH),
  "more than the modulus": new Uint8Array(LENGTH).fill(0xff),
  "too few bytes": encryptBlock(block(secret)).subarray(1),
  "too many bytes": new Uint8Array([0, ...encryptBlock(block(secret))]),
  "nothing": new Uint8Array(),
};

for (const [what, encrypted] of Object.entries(damaged)) {
  Deno.test(`rsaDecryptPreMasterSecret() returns something random for ${what}`, () => {
    const first = decrypt(encrypted);
    assertEquals(first.length, 48);
    assertNotEquals(first, secret);
    assertNotEquals(first.subarray(2), secret.subarray(2));
    assertNotEquals(decrypt(encrypted), first);
  });
}

Deno.test("rsaDecryptPreMasterSecret() accepts a block that begins with zeros", () => {
  // Its first byte always is one; the platform must not leave it out.
  for (let time = 0; time < 5; time++) {
    assertEquals(decrypt(rsaEncrypt(key.publicKey, secret)), secret);
  }
  assertNotEquals(decrypt(encryptBlock(new Uint8Array(LENGTH))), secret);
});

Deno.test("checkedPreMasterSecret() returns a secret that is right", () => {
  assertEquals(checkedPreMasterSecret(secret, VERSION), secret);
});

for (
  const [what, decrypted] of [
    ["nothing", new Uint8Array()],
    ["a secret that is too short", secret.subarray(0, 47)],
    ["a secret that is too long", new Uint8Array([...secret, 0])],
    ["a zero in front of the secret", new Uint8Array([0, ...secret])],
    ["256 bytes more", new Uint8Array([...secret, ...new Uint8Array(256)])],
    ["another version", secret.slice().fill(2, 1, 2)],
  ] as const
) {
  Deno.test(`checkedPreMasterSecret() returns something random for ${what}`, () => {
    const first = checkedPreMasterSecret(decrypted, VERSION);
    assertEquals(first.length, 48);
    assertNotEquals(first.subarray(2), secret.subarray(2));
    assertNotEquals(checkedPreMasterSecret(decrypted, VERSION), first);
  });
}

Deno.test("rsaSignMd5Sha1() makes what TLS 1.1 verifies", async () => {
  const data = new TextEncoder().encode("all messages so far");
  const scheme = signatureSchemeById(SignatureScheme.rsa_pkcs1_md5_sha1);
  assert(scheme !== undefined);
  const signature = rsaSignMd5Sha1(key.pkcs8, data);
  assert(
    await verifyWithScheme(scheme, parsePublicKey(key.spki), data, signature),
  );
  signature.set([(signature.at(-1) ?? 0) ^ 1], signature.length - 1);
  assert(
    !await verifyWithScheme(scheme, parsePublicKey(key.spki), data, signature),
  );
});
