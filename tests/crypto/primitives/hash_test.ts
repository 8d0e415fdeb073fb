import { assert, assertEquals } from "@std/assert";
import {
  hashAlgorithms,
  md5,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
} from "../../../crypto/primitives/hash.ts";
import { nodeHashFunctions } from "../../../crypto/primitives/hash_node.ts";
import {
  type NodeCrypto,
  nodeCrypto,
} from "../../../crypto/primitives/node_crypto.ts";
import { hex, label, wycheproof } from "../_wycheproof.ts";

const text = (value: string) => new TextEncoder().encode(value);

// RFC 1321 appendix A.5 and the examples of FIPS 180 for "abc".
const ABC = [
  [md5, "900150983cd24fb0d6963f7d28e17f72"],
  [sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"],
  [
    sha256,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  ],
  [
    sha384,
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed" +
    "8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    sha512,
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
] as const;

for (const [hash, digest] of ABC) {
  Deno.test(`${hash.name} digest() returns the standard's example`, () => {
    assertEquals(hash.digest(text("abc")).toHex(), digest);
    assertEquals(hash.length, digest.length / 2);
    assertEquals(hashAlgorithms[hash.name], hash);
  });

  Deno.test(`${hash.name} create() may be asked at any point`, () => {
    const running = hash.create();
    assertEquals(running.digest(), hash.digest(text("")));
    running.update(text("a"));
    const other = running.clone();
    assertEquals(running.digest(), hash.digest(text("a")));
    assertEquals(running.update(text("bc")).digest().toHex(), digest);
    assertEquals(running.digest().toHex(), digest);
    assertEquals(other.update(text("x")).digest(), hash.digest(text("ax")));
  });

  Deno.test(`${hash.name} hmacKey() equals hmac() on every call`, () => {
    for (const length of [0, 1, 63, 64, 65, 128, 129, 300]) {
      const secret = new Uint8Array(length).fill(0xaa);
      const keyed = hash.hmacKey(secret);
      for (const data of ["", "what do ya want ", "for nothing?"]) {
        const expected = hash.hmac(secret, text(data));
        assertEquals(keyed.sign(text(data)), expected);
        assertEquals(
          keyed.sign(text(data.slice(0, 3)), text(""), text(data.slice(3))),
          expected,
        );
      }
    }
  });
}

for (const [hash] of ABC.slice(1)) {
  Deno.test(`${hash.name} by node:crypto gives what noble does`, () => {
    const node = nodeCrypto();
    const native = node && nodeHashFunctions(node, hash.name);
    assert(native !== undefined);
    const [secret, data] = [new Uint8Array(200).fill(9), text("abc")];
    const keyed = native.hmacKey(secret);
    const running = native.create().update(data);
    const pairs = [
      [native.digest(data), hash.digest(data)],
      [native.hmac(secret, data), hash.hmac(secret, data)],
      [running.digest(), hash.digest(data)],
      [running.clone().update(data).digest(), hash.digest(text("abcabc"))],
      [running.digest(), hash.digest(data)],
      [keyed.sign(data, data), hash.hmac(secret, text("abcabc"))],
    ] as const;
    // The key is a copy.
    const before = keyed.sign(data);
    secret.fill(1);
    assertEquals(keyed.sign(data), before);
    for (const [own, other] of pairs) {
      assertEquals(own, other);
      // A Buffer's slice() would be a view.
      assertEquals(own.constructor, Uint8Array);
    }
  });
}

Deno.test("nodeHashFunctions() returns `undefined` if one of them is missing", () => {
  const lacking = { ...nodeCrypto(), createHash: () => ({}) };
  // Not one of those that the tests above have found.
  const found = nodeHashFunctions(lacking as unknown as NodeCrypto, "SHA3-256");
  assertEquals(found, undefined);
});

// RFC 2202 section 2 and 3 case 2, RFC 4231 section 4.3.
const JEFE = [
  [md5, "750c783e6ab0b503eaa86e310a5db738"],
  [sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  [sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"],
  [
    sha256,
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    sha384,
    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e" +
    "8e2240ca5e69e2c78b3239ecfab21649",
  ],
  [
    sha512,
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  ],
] as const;

for (const [hash, mac] of JEFE) {
  Deno.test(`${hash.name} hmac() returns the RFC's second case`, () => {
    const data = text("what do ya want for nothing?");
    assertEquals(hash.hmac(text("Jefe"), data).toHex(), mac);
    assertEquals(hash.hmacKey(text("Jefe")).sign(data).toHex(), mac);
  });
}

wycheproof("sha256 hmac()", "hmac_sha256_test.json", (groups) => {
  for (const group of groups) {
    const length = Number(group.tagSize) / 8;
    for (const test of group.tests) {
      const mac = sha256.hmac(hex(test, "key"), hex(test, "msg"));
      assertEquals(
        mac.slice(0, length).toHex() === test.tag,
        test.result === "valid",
        label(test),
      );
    }
  }
});
