import { assert, assertEquals } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { concat } from "@std/bytes";
import { sha256 } from "../../crypto/primitives/hash.ts";
import {
  encodedMessage,
  readRsaPublicKey,
  verifyRsaPkcs1,
} from "../../crypto/signatures/rsa_verify.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});
const key = readRsaPublicKey(
  new Uint8Array(publicKey.export({ type: "pkcs1", format: "der" })),
);
const data = new TextEncoder().encode("signed");
const LENGTH = 256;

/** A signature whose encoded message is that block: the private key's power. */
function signBlock(block: Uint8Array): Uint8Array {
  const { n = "", d = "" } = privateKey.export({ format: "jwk" });
  const modulus = numberOf(bytesOf(n));
  let [power, base, exponent] = [1n, numberOf(block), numberOf(bytesOf(d))];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = power * base % modulus;
    base = base * base % modulus;
  }
  return Uint8Array.fromHex(power.toString(16).padStart(2 * LENGTH, "0"));
}

function bytesOf(base64url: string): Uint8Array {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex()}`);
}

/** 00 01, `count` times ff, 00, DigestInfo with the digest, and zeros. */
function block(count: number, digestInfo: Uint8Array): Uint8Array {
  const whole = new Uint8Array(LENGTH);
  whole.set(concat([
    Uint8Array.of(0, 1),
    new Uint8Array(count).fill(0xff),
    Uint8Array.of(0),
    digestInfo,
  ]));
  return whole;
}

/** DigestInfo of SHA-256 with the digest (RFC 8017 section 9.2 note 1). */
const digestInfo = concat([
  Uint8Array.fromHex("3031300d060960864801650304020105000420"),
  sha256.digest(data),
]);

Deno.test("an RSA signature whose padding ends early is refused", () => {
  const full = LENGTH - 3 - digestInfo.length;
  const isGood = (block: Uint8Array) =>
    verifyRsaPkcs1(key, "SHA-256", data, signBlock(block));
  assert(isGood(block(full, digestInfo)));
  // Eight bytes of padding are what RFC 8017 has as the least.
  for (const count of [8, full - 1]) {
    const forged = block(count, digestInfo);
    assertEquals(encodedMessage(key, signBlock(forged)), forged);
    assertEquals(isGood(forged), false, `${count} bytes of padding`);
  }
});
