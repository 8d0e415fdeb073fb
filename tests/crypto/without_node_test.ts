/**
 * A runtime without `node:crypto`: what was found absent is remembered, so these
 * tests have a file, and with it a process state, of their own.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import { TlsError } from "../../errors.ts";
import { aes128cbc, aes256cbc } from "../../crypto/primitives/aes_cbc.ts";
import { bulkHmacKey } from "../../crypto/primitives/bulk_hmac.ts";
import { sha1, sha224, sha256 } from "../../crypto/primitives/hash.ts";
import { KdfBudget, pbkdf2, scrypt } from "../../crypto/primitives/kdf.ts";
import { tripleDesCbc as keyFileTripleDes } from "../../crypto/primitives/key_file_ciphers.ts";
import {
  BUSY_AFTER,
  nodeCrypto,
  nodeCryptoIfBusy,
} from "../../crypto/primitives/node_crypto.ts";
import { tripleDesCbc } from "../../crypto/primitives/triple_des.ts";
import {
  rsaDecryptPreMasterSecret,
  rsaSignMd5Sha1,
} from "../../crypto/signatures/rsa_pkcs1.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** What the runtime has is looked for once, and not found. */
let asked = 0;
const find = process.getBuiltinModule;
process.getBuiltinModule = () => {
  asked++;
  return undefined;
};
const found = nodeCrypto();
process.getBuiltinModule = find;

Deno.test("nodeCrypto() looks for the module once, and finds none here", () => {
  assertEquals(found, undefined);
  assertEquals(nodeCrypto(), undefined);
  for (let time = 0; time <= BUSY_AFTER; time++) {
    assertEquals(nodeCryptoIfBusy(), undefined);
  }
  assertEquals(asked, 1);
});

Deno.test("pbkdf2() and scrypt() work without node:crypto", async () => {
  const options = { salt: text("salt"), budget: new KdfBudget() };
  // Python's hashlib.
  const derived = await pbkdf2(sha224, text("password"), {
    ...options,
    iterations: 100,
    length: 40,
  });
  assertEquals(
    derived.toHex(),
    "94caada0587cd9bec0aa1d6eb1a4da672122d1152458e36e38647fb64e51cfaf" +
      "fe1a74af200c1f20",
  );
  // RFC 7914 section 12.
  const key = await scrypt(text(""), {
    ...options,
    salt: text(""),
    cost: { n: 16, r: 1, p: 1 },
    length: 64,
  });
  assertEquals(
    key.toHex(),
    "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
      "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
  );
});

Deno.test("3DES says that it needs node:crypto", async () => {
  assertThrows(
    () => tripleDesCbc.importKey(new Uint8Array(24)),
    TypeError,
    "it needs node:crypto",
  );
  const error = await assertRejects(
    async () =>
      await keyFileTripleDes.decrypt(
        new Uint8Array(24),
        new Uint8Array(8),
        new Uint8Array(8),
      ),
    TlsError,
    "that needs node:crypto",
  );
  assertEquals(error.code, "unsupported_key");
});

Deno.test("RSA with private keys says that the platform has none", () => {
  const pkcs8 = new Uint8Array(10);
  for (
    const use of [
      () => rsaSignMd5Sha1(pkcs8, text("data")),
      () => rsaDecryptPreMasterSecret(pkcs8, new Uint8Array(256), 0x0303),
    ]
  ) {
    const error = assertThrows(use, TlsError, "this platform has no RSA");
    assertEquals(error.code, "unsupported_key");
  }
});

Deno.test("AES-CBC and HMAC of records work without node:crypto", async () => {
  for (const hash of [sha1, sha256]) {
    const key = bulkHmacKey(hash, text("key"));
    const expected = hash.hmac(text("key"), text("one, two"));
    assertEquals(key.sign(text("one, "), text("two")), expected);
  }
  // NIST SP 800-38A appendix F.2.1 and F.2.5, the first block.
  const iv = Uint8Array.fromHex("000102030405060708090a0b0c0d0e0f");
  const block = Uint8Array.fromHex("6bc1bee22e409f96e93d7e117393172a");
  const cases = [
    [
      aes128cbc,
      "2b7e151628aed2a6abf7158809cf4f3c",
      "7649abac8119b246cee98e9b12e9197d",
    ],
    [
      aes256cbc,
      "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
    ],
  ] as const;
  for (const [cipher, hex, expected] of cases) {
    const key = await cipher.importKey(Uint8Array.fromHex(hex));
    const ciphertext = key.encrypt(iv, block);
    assertEquals(ciphertext.toHex(), expected);
    assertEquals(key.decrypt(iv, ciphertext), block);
    assertThrows(() => key.encrypt(iv, block.subarray(1)), RangeError);
    assertThrows(() => key.decrypt(iv, block.subarray(1)), RangeError);
  }
  assert(asked === 1);
});
