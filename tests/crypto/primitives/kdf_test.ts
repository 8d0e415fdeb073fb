import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { TlsError } from "../../../errors.ts";
import {
  hashAlgorithms,
  sha1,
  sha224,
  sha256,
  sha512,
} from "../../../crypto/primitives/hash.ts";
import {
  evpBytesToKey,
  KdfBudget,
  pbkdf2,
  scrypt,
} from "../../../crypto/primitives/kdf.ts";
import {
  keyFileHash,
  nobleHashes,
} from "../../../crypto/primitives/key_file_hashes.ts";
import {
  pkcs12Kdf,
  pkcs12Password,
} from "../../../crypto/primitives/pkcs12_kdf.ts";
import type { HashAlgorithm } from "../../../crypto/primitives/provider.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex);
const hex = (value: Uint8Array) => value.toHex();

const text = (value: string) => new TextEncoder().encode(value);

/** RFC 6070 section 2, RFC 7914 section 11, and Python's hashlib. */
const PBKDF2: [HashAlgorithm, string, string, number, string][] = [
  [sha1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"],
  [
    sha256,
    "passwd",
    "salt",
    1,
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
  ],
  [
    sha224,
    "password",
    "salt",
    100,
    "94caada0587cd9bec0aa1d6eb1a4da672122d1152458e36e38647fb64e51cfaf" +
    "fe1a74af200c1f20",
  ],
  [
    sha512,
    "password",
    "salt",
    100,
    "fef7276b107040a0a713bcbec9fd3e191cc6153249e245a3e1a22087dbe61606" +
    "0bbfc8411c6363f3c10ab5d02a56c38e2066a4e205b0ca8f959fd731e5fa584b" +
    "8543d1dd32a0",
  ],
];

Deno.test("pbkdf2() returns the published values", async () => {
  for (const [hash, password, salt, iterations, expected] of PBKDF2) {
    const derived = await pbkdf2(hash, text(password), {
      salt: text(salt),
      iterations,
      length: expected.length / 2,
      budget: new KdfBudget(),
    });
    assertEquals(hex(derived), expected, hash.name);
  }
});

Deno.test("scrypt() returns the values of RFC 7914 section 12", async () => {
  const vectors: [string, string, [number, number, number], string][] = [
    [
      "",
      "",
      [16, 1, 1],
      "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
      "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    ],
    [
      "password",
      "NaCl",
      [1024, 8, 16],
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
      "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    ],
  ];
  for (const [password, salt, [n, r, p], expected] of vectors) {
    const derived = await scrypt(text(password), {
      salt: text(salt),
      cost: { n, r, p },
      length: 64,
      budget: new KdfBudget(),
    });
    assertEquals(hex(derived), expected);
  }
});

/** What `openssl kdf … PKCS12KDF` gives for "smeg": purpose, iterations. */
const PKCS12: [HashAlgorithm["name"], number, number, string][] = [
  ["SHA-1", 1, 1, "cea00fa1ed708e7a4c2c265219d6590e4c2d6ca20930a839"],
  ["SHA-1", 2, 1, "2e2265b8a5b40c22"],
  [
    "SHA-256",
    3,
    2048,
    "b1a4fb27b28b36d803e32e6a18c78ddf0401cc809b399e24dcd1bc7c62599fa0",
  ],
  [
    "SHA-512",
    1,
    3,
    "3921b5e47b5e50d8ca3f4d6420222bcd76ba7d020a5ed6a66eb76a05f4c78618" +
    "a34fedb5d4806fd69fadb14ecba7dad359c5da597aa8ad757c0aab6b49a3a2df" +
    "974d1fd0f760",
  ],
  [
    "SHA-384",
    1,
    2,
    "d73da52941166f0e813268044e5fd8626aa3481f5dd63f5c9cd15d302cd33292" +
    "f8fb8bac18021daea90d22deebc8175a532c0d19139c591a2b2c25dec87c423e" +
    "e846ae6162fd656abc1f17a867fc6ac2b04b7b809e0e0fecfee620e9c5c201c8" +
    "e247eb2d",
  ],
  [
    "SHA-224",
    2,
    5,
    "b8fc4d2a34d3ffb5f876a0a5348e9b1b66e1f386434bcf05bfa64e08615614b5" +
    "5e014bdd2694731781023edfba4daadfbb7e0658728845c67f26a2b0",
  ],
];

Deno.test("pkcs12Kdf() returns OpenSSL's values", async () => {
  const password = pkcs12Password("smeg");
  assertEquals(hex(password), "0073006d006500670000");
  for (const [name, purpose, iterations, expected] of PKCS12) {
    const derived = await pkcs12Kdf(hashAlgorithms[name], password, {
      salt: bytes("0a58cf64530d823f01"),
      iterations,
      purpose,
      length: expected.length / 2,
      budget: new KdfBudget(),
    });
    assertEquals(hex(derived), expected, name);
  }
});

Deno.test("pkcs12Password() writes UTF-16 with two zero bytes", () => {
  assertEquals(hex(pkcs12Password("")), "0000");
  assertEquals(hex(pkcs12Password("é😀")), "00e9d83dde000000");
});

Deno.test("evpBytesToKey() returns OpenSSL's value", () => {
  // openssl enc -aes-256-cbc -md md5 -S 0102030405060708 -k secret -P
  const key = evpBytesToKey(text("secret"), bytes("0102030405060708"), 32);
  assertEquals(
    hex(key),
    "c9e5a1bd216dbe1317e230cef48f38ee7f0e17ad64022144bccec4a1aa2879ab",
  );
});

Deno.test("KdfBudget bounds the work of one file, all together, and says how to raise it", async () => {
  const budget = new KdfBudget(10_000);
  const salt = text("salt");
  const options = { salt, length: 32, budget };
  const passphrase = text("x");
  await pbkdf2(sha256, passphrase, { ...options, iterations: 9000 });
  // The same again is not derived again.
  await pbkdf2(sha256, passphrase, { ...options, iterations: 9000 });
  await pbkdf2(sha256, passphrase, { ...options, iterations: 500 });
  const derivations: [string, () => Promise<unknown>][] = [
    [
      "501 iterations exceed the limit of 10000 for one file, 10001 in all",
      () => pbkdf2(sha256, passphrase, { ...options, iterations: 501 }),
    ],
    [
      "2147483648 iterations exceed the limit of 10000 for one file",
      () =>
        pkcs12Kdf(sha1, passphrase, {
          ...options,
          purpose: 1,
          iterations: 2 ** 31,
        }),
    ],
    [
      "scrypt with N = 1024, r = 8, p = 1, as much work as 131072 iterations, exceeds the limit of 10000 for one file",
      () => scrypt(passphrase, { ...options, cost: { n: 1024, r: 8, p: 1 } }),
    ],
    [
      "1073741824 iterations exceed the limit of 10000 for one file",
      () => pbkdf2(sha224, passphrase, { ...options, iterations: 2 ** 30 }),
    ],
  ];
  for (const [fact, derive] of derivations) {
    const error = await assertRejects(derive, TlsError, fact);
    assertEquals(error.code, "unsupported_key");
    assertStringIncludes(error.hint ?? "", '"maxIterations"');
  }
});

Deno.test("KdfBudget tells the sum only where it is of several derivations", async () => {
  const options = { salt: text("salt"), length: 32 };
  const derive = (iterations: number, budget: KdfBudget) =>
    pbkdf2(sha256, text("x"), { ...options, iterations, budget });
  // The limit itself is allowed.
  await derive(1000, new KdfBudget(1000));
  const alone = await assertRejects(
    () => derive(1001, new KdfBudget(1000)),
    TlsError,
  );
  assert(!alone.message.includes("in all"), alone.message);
  const budget = new KdfBudget(1000);
  await derive(1000, budget);
  await assertRejects(() => derive(1, budget), TlsError, ", 1001 in all");
});

Deno.test("pkcs12Kdf() and the others let the program go on", async () => {
  const options = {
    salt: text("salt"),
    length: 32,
    budget: new KdfBudget(),
  };
  const derivations = {
    "PKCS#12": () =>
      pkcs12Kdf(sha1, text("x"), {
        ...options,
        purpose: 1,
        iterations: 200_000,
      }),
    "PBKDF2": () => pbkdf2(sha256, text("x"), { ...options, iterations: 3e5 }),
    "PBKDF2 with SHA-224": () =>
      pbkdf2(sha224, text("x"), { ...options, iterations: 3e5 }),
    "scrypt": () =>
      scrypt(text("x"), { ...options, cost: { n: 2 ** 15, r: 8, p: 1 } }),
  };
  for (const [name, derive] of Object.entries(derivations)) {
    let turns = 0;
    let done = false;
    const derived = derive().finally(() => done = true);
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns++;
    }
    await derived;
    assert(turns > 2, `${name}: ${turns}`);
  }
});

Deno.test("pbkdf2() has the hash functions of key files", async () => {
  const names = [
    "SHA-512/224",
    "SHA-512/256",
    "SHA3-224",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
  ] as const;
  for (const name of names) {
    const options = { salt: text("salt"), iterations: 100, length: 40 };
    const derived = await pbkdf2(keyFileHash(name), text("password"), {
      ...options,
      budget: new KdfBudget(),
    });
    const expected = await pbkdf2Async(
      nobleHashes[name],
      text("password"),
      text("salt"),
      { c: 100, dkLen: 40 },
    );
    assertEquals(hex(derived), hex(expected), name);
  }
});
