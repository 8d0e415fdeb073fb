import { concat } from "@std/bytes";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import {
  ecdsaFromDer,
  ecdsaToDer,
} from "../../../crypto/signatures/ecdsa_signature.ts";
import { hashAlgorithms } from "../../../crypto/primitives/hash.ts";
import {
  type PssOptions,
  readRsaPublicKey,
  verifyRsaPkcs1,
  verifyRsaPss,
} from "../../../crypto/signatures/rsa_verify.ts";
import {
  type HashName,
  type SignatureAlgorithm,
  verifySignature,
} from "../../../crypto/signatures/signatures.ts";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import { TlsError } from "../../../errors.ts";
import {
  bitString,
  explicit,
  integer,
  nullValue,
  oid,
  sequence,
  Tag,
  tlv,
} from "../../../x509/asn1/der.ts";
import { HashOid } from "../../../x509/asn1/oids.ts";
import {
  hex,
  label,
  wycheproof,
  type WycheproofCase,
  type WycheproofGroup,
} from "../_wycheproof.ts";

const MESSAGE = new TextEncoder().encode("what is signed");

/** Checks a group's cases; what is only acceptable may go either way. */
async function checkGroup(
  group: WycheproofGroup,
  algorithm: SignatureAlgorithm,
  acceptable: (test: WycheproofCase) => boolean,
): Promise<void> {
  const key = parsePublicKey(hex(group, "publicKeyDer"));
  for (const test of group.tests) {
    const valid = await verifySignature(
      algorithm,
      key,
      hex(test, "msg"),
      hex(test, "sig"),
    );
    const expected = test.result === "acceptable"
      ? acceptable(test)
      : test.result === "valid";
    assertEquals(valid, expected, label(test));
  }
}

const noneAcceptable = () => false;

for (
  const [curve, hash] of [
    ["secp256r1", "SHA-256"],
    ["secp384r1", "SHA-384"],
    ["secp521r1", "SHA-512"],
  ] as const
) {
  const file = `ecdsa_${curve}_${hash.replace("-", "").toLowerCase()}`;
  wycheproof(
    `verifySignature() ECDSA ${curve}`,
    `${file}_test.json`,
    async (groups) => {
      for (const group of groups) {
        await checkGroup(group, { kind: "ecdsa", hash }, noneAcceptable);
      }
    },
  );
}

for (const kind of ["ed25519", "ed448"] as const) {
  wycheproof(
    `verifySignature() ${kind}`,
    `${kind}_test.json`,
    async (groups) => {
      for (const group of groups) {
        await checkGroup(group, { kind }, noneAcceptable);
      }
    },
  );
}

for (
  const name of ["2048_sha256", "2048_sha384", "2048_sha512", "4096_sha512"]
) {
  wycheproof(
    "verifySignature() RSASSA-PKCS1-v1_5",
    `rsa_signature_${name}_test.json`,
    async (groups) => {
      for (const group of groups) {
        const hash = group.sha as HashName;
        const algorithm = { kind: "rsa-pkcs1", hash } as const;
        // What is acceptable only lacks the NULL of DigestInfo: not here.
        await checkGroup(group, algorithm, noneAcceptable);
        const spki = hex(group, "publicKeyDer");
        const key = readRsaPublicKey(parsePublicKey(spki).bytes);
        for (const test of group.tests) {
          assertEquals(
            verifyRsaPkcs1(key, hash, hex(test, "msg"), hex(test, "sig")),
            test.result === "valid",
            label(test),
          );
        }
      }
    },
  );
}

for (
  const name of [
    "2048_sha256_mgf1_32_params",
    "2048_sha256_mgf1_32",
    "2048_sha384_mgf1_48",
    "4096_sha512_mgf1_64",
    "misc_params",
  ]
) {
  wycheproof(
    "verifySignature() RSASSA-PSS",
    `rsa_pss_${name}_test.json`,
    async (groups) => {
      for (const group of groups) {
        const options = {
          hash: group.sha as HashName,
          mgfHash: group.mgfSha as HashName,
          saltLength: Number(group.sLen),
        };
        const algorithm = { kind: "rsa-pss", ...options } as const;
        // Acceptable only for SHA-1 and for two hash functions.
        await checkGroup(group, algorithm, () => true);
        const spki = hex(group, "publicKeyDer");
        const key = readRsaPublicKey(parsePublicKey(spki).bytes);
        for (const test of group.tests) {
          assertEquals(
            verifyRsaPss(key, options, hex(test, "msg"), hex(test, "sig")),
            test.result !== "invalid",
            label(test),
          );
        }
      }
    },
  );
}

wycheproof(
  "verifySignature() keeps to the parameters of an RSASSA-PSS key",
  "rsa_pss_misc_params_test.json",
  async (groups) => {
    let refused = 0;
    for (const group of groups) {
      const spki = hex(group, "publicKeyDer");
      const limit = parsePublicKey(spki).algorithm.pss;
      const [test] = group.tests;
      assert(test);
      if (limit === undefined) continue;
      assertEquals(limit.hash, group.sha);
      assertEquals(limit.mgfHash, group.mgfSha);
      const { saltLength } = limit;
      const hash = group.sha as HashName;
      const mgfHash = group.mgfSha as HashName;
      assertEquals(limit.saltLength, group.sLen);
      const other = limit.hash === "SHA-256" ? "SHA-384" : "SHA-256";
      for (
        const algorithm of [
          { kind: "rsa-pss", hash: other, mgfHash, saltLength },
          { kind: "rsa-pss", hash, mgfHash: "MD5", saltLength },
          { kind: "rsa-pss", hash, mgfHash, saltLength: saltLength - 1 },
          { kind: "rsa-pkcs1", hash: "SHA-256" },
          { kind: "ecdsa", hash: "SHA-256" },
          { kind: "ed25519" },
        ] as const satisfies SignatureAlgorithm[]
      ) {
        assertEquals(
          await verifySignature(
            algorithm,
            parsePublicKey(spki),
            hex(test, "msg"),
            hex(test, "sig"),
          ),
          false,
        );
        refused++;
      }
    }
    assert(refused > 100);
  },
);

const CURVES = [
  ["P-256", p256, "06072a8648ce3d020106082a8648ce3d030107"],
  ["P-384", p384, "06072a8648ce3d020106052b81040022"],
  ["P-521", p521, "06072a8648ce3d020106052b81040023"],
] as const;

for (const [name, curve, identifier] of CURVES) {
  Deno.test(`verifySignature() checks ${name} with every hash`, async () => {
    const { secretKey } = curve.keygen();
    const spki = spkiOf(identifier, curve.getPublicKey(secretKey, false));
    for (const hash of Object.keys(hashAlgorithms) as HashName[]) {
      const numbers = curve.sign(
        hashAlgorithms[hash].digest(MESSAGE),
        secretKey,
        { prehash: false, lowS: false },
      );
      const signature = ecdsaToDer(numbers);
      const verify = (data: Uint8Array, bytes: Uint8Array) =>
        verifySignature(
          { kind: "ecdsa", hash },
          parsePublicKey(spki),
          data,
          bytes,
        );
      assert(await verify(MESSAGE, signature), hash);
      assert(!await verify(MESSAGE.subarray(1), signature), hash);
      const altered = numbers.slice();
      altered.set([(altered.at(-1) ?? 0) ^ 1], altered.length - 1);
      assert(!await verify(MESSAGE, ecdsaToDer(altered)), hash);
    }
  });

  Deno.test(`verifySignature() refuses a ${name} key off the curve`, async () => {
    const point = curve.getPublicKey(curve.keygen().secretKey, false);
    point.set([(point.at(-1) ?? 0) ^ 1], point.length - 1);
    const spki = spkiOf(identifier, point);
    const signature = ecdsaToDer(new Uint8Array(point.length - 1).fill(1));
    for (const hash of ["SHA-256", "SHA-224"] as const) {
      const error = await assertRejects(
        async () =>
          await verifySignature(
            { kind: "ecdsa", hash },
            parsePublicKey(spki),
            MESSAGE,
            signature,
          ),
        TlsError,
      );
      assertEquals(error.code, "unsupported_key");
    }
  });
}

Deno.test("verifySignature() checks ML-DSA", async () => {
  for (
    const [kind, noble, arc] of [
      ["ml-dsa-44", ml_dsa44, "11"],
      ["ml-dsa-65", ml_dsa65, "12"],
      ["ml-dsa-87", ml_dsa87, "13"],
    ] as const
  ) {
    const { publicKey, secretKey } = noble.keygen();
    const spki = spkiOf(`06096086480165030403${arc}`, publicKey);
    const signature = noble.sign(MESSAGE, secretKey);
    const verify = (data: Uint8Array, bytes: Uint8Array) =>
      verifySignature({ kind }, parsePublicKey(spki), data, bytes);
    assert(await verify(MESSAGE, signature));
    assert(!await verify(MESSAGE.subarray(1), signature));
    assert(!await verify(MESSAGE, signature.subarray(1)));
    const altered = signature.slice();
    altered.set([(altered[9] ?? 0) ^ 1], 9);
    assert(!await verify(MESSAGE, altered));
  }
});

Deno.test("verifySignature() checks RSA with what WebCrypto lacks", async () => {
  const rsa = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 1024,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(
    await crypto.subtle.exportKey("spki", rsa.publicKey),
  );
  const jwk = await crypto.subtle.exportKey("jwk", rsa.privateKey);
  const number = (field: string | undefined) =>
    BigInt(
      `0x${
        Uint8Array.fromBase64(field ?? "", { alphabet: "base64url" }).toHex()
      }`,
    );
  const sign = (digestInfo: Uint8Array) => {
    const padding = new Uint8Array(128 - 3 - digestInfo.length).fill(255);
    const encoded = concat([
      Uint8Array.of(0, 1),
      padding,
      Uint8Array.of(0),
      digestInfo,
    ]);
    const power = modPow(
      BigInt(`0x${encoded.toHex()}`),
      number(jwk.d),
      number(jwk.n),
    );
    return Uint8Array.fromHex(power.toString(16).padStart(256, "0"));
  };
  const both = concat([
    hashAlgorithms["MD5"].digest(MESSAGE),
    hashAlgorithms["SHA-1"].digest(MESSAGE),
  ]);
  const md5 = Uint8Array.fromHex("3020300c06082a864886f70d020505000410");
  const sha224 = Uint8Array.fromHex("302d300d06096086480165030402040500041c");
  for (
    const [hash, digestInfo] of [
      ["MD5-SHA-1", both],
      ["MD5", concat([md5, hashAlgorithms["MD5"].digest(MESSAGE)])],
      ["SHA-224", concat([sha224, hashAlgorithms["SHA-224"].digest(MESSAGE)])],
    ] as const
  ) {
    const signature = sign(digestInfo);
    const verify = (data: Uint8Array, bytes: Uint8Array) =>
      verifySignature(
        { kind: "rsa-pkcs1", hash },
        parsePublicKey(spki),
        data,
        bytes,
      );
    assert(await verify(MESSAGE, signature), hash);
    assert(!await verify(MESSAGE.subarray(1), signature), hash);
    assert(!await verify(MESSAGE, signature.subarray(1)), hash);
    assert(!await verify(MESSAGE, concat([Uint8Array.of(0), signature])), hash);
    // RFC 8017 section 8.2.2 step 2a: the representative is below n.
    const beyond = BigInt(`0x${signature.toHex()}`) + number(jwk.n);
    if (beyond < 2n ** 1024n) {
      assert(!await verify(MESSAGE, Uint8Array.fromHex(beyond.toString(16))));
    }
  }
});

Deno.test("verifySignature() keeps to each parameter of an RSASSA-PSS key alone (RFC 4055 section 3.3)", async () => {
  const { sign, spkiWith } = await pssKey();
  const limit = { hash: "SHA-256", mgfHash: "SHA-1", saltLength: 30 } as const;
  const bound = spkiWith(limit);
  const free = spkiWith();
  const right: readonly PssOptions[] = [
    limit,
    { ...limit, saltLength: 31 },
    { ...limit, saltLength: 64 },
  ];
  const wrong: readonly PssOptions[] = [
    { ...limit, hash: "SHA-384" },
    { ...limit, hash: "SHA-1" },
    { ...limit, mgfHash: "SHA-256" },
    { ...limit, saltLength: 29 },
    { ...limit, saltLength: 0 },
  ];
  for (const [options, fits] of [[right, true], [wrong, false]] as const) {
    for (const each of options) {
      const signature = sign(each);
      const verify = (spki: Uint8Array) =>
        verifySignature(
          { kind: "rsa-pss", ...each },
          parsePublicKey(spki),
          MESSAGE,
          signature,
        );
      // The signature is right: nothing but the key's parameters refuses it.
      assert(await verify(free), Deno.inspect(each));
      assertEquals(await verify(bound), fits, Deno.inspect(each));
    }
  }
});

/**
 * An RSA key that signs with any parameters, and is said to be bound to some.
 */
async function pssKey(): Promise<{
  sign: (options: PssOptions) => Uint8Array;
  spkiWith: (limit?: PssOptions) => Uint8Array;
}> {
  const pair = await crypto.subtle.generateKey(
    {
      name: "RSA-PSS",
      hash: "SHA-256",
      modulusLength: 1024,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const number = (field = "") =>
    BigInt(
      `0x${Uint8Array.fromBase64(field, { alphabet: "base64url" }).toHex()}`,
    );
  const [n, e, d] = [number(jwk.n), number(jwk.e), number(jwk.d)];
  const key = sequence(integer(n), integer(e));
  return {
    sign(options) {
      const encoded = BigInt(`0x${encodePss(options, 1024).toHex()}`);
      const power = modPow(encoded, d, n).toString(16);
      return Uint8Array.fromHex(power.padStart(256, "0"));
    },
    spkiWith: (limit) =>
      sequence(
        sequence(
          oid("1.2.840.113549.1.1.10"),
          ...limit === undefined ? [] : [pssParameters(limit)],
        ),
        bitString(key),
      ),
  };
}

/** EMSA-PSS-ENCODE (RFC 8017 section 9.1.1), for a modulus of `bits` bits. */
function encodePss(
  { hash, mgfHash, saltLength }: PssOptions,
  bits: number,
): Uint8Array {
  const { digest, length } = hashAlgorithms[hash];
  const salt = new Uint8Array(saltLength).fill(0x5c);
  const h = digest(concat([new Uint8Array(8), digest(MESSAGE), salt]));
  const emLen = Math.ceil((bits - 1) / 8);
  const size = emLen - length - 1;
  const db = new Uint8Array(size);
  db.set(salt, size - saltLength);
  db[size - saltLength - 1] = 1;
  const mask = new Uint8Array(size);
  for (let at = 0, count = 0; at < size; count++) {
    const block = hashAlgorithms[mgfHash]
      .digest(concat([h, Uint8Array.of(0, 0, 0, count)]));
    mask.set(block.subarray(0, size - at), at);
    at += block.length;
  }
  const masked = db.map((byte, at) => byte ^ (mask[at] ?? 0));
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * emLen - (bits - 1)));
  return concat([masked, h, Uint8Array.of(0xbc)]);
}

/** RSASSA-PSS-params (RFC 4055 section 3.1); defaults are left out. */
function pssParameters({ hash, mgfHash, saltLength }: PssOptions): Uint8Array {
  const name = (hash: PssOptions["hash"]) =>
    sequence(oid(HashOid[hash]), nullValue());
  return sequence(
    ...hash === "SHA-1" ? [] : [explicit(0, name(hash))],
    ...mgfHash === "SHA-1" ? [] : [
      explicit(1, sequence(oid("1.2.840.113549.1.1.8"), name(mgfHash))),
    ],
    ...saltLength === 20 ? [] : [explicit(2, integer(saltLength))],
  );
}

/** A key whose primes are Mersenne's, which needs no search. */
function mersenneKey(...exponents: bigint[]) {
  const primes = exponents.map((exponent) => 2n ** exponent - 1n);
  const product = (some: bigint[]) => some.reduce((a, b) => a * b);
  const modulus = product(primes);
  const phi = product(primes.map((prime) => prime - 1n));
  const exponent = [65537n, 257n, 17n, 11n].find((e) => phi % e !== 0n);
  assert(exponent !== undefined);
  const d = inverse(exponent, phi);
  const bits = modulus.toString(2).length;
  const digits = 2 * Math.ceil(bits / 8);
  return {
    key: { modulus, exponent, bits },
    sign: (message: bigint) =>
      Uint8Array.fromHex(
        modPow(message, d, modulus).toString(16).padStart(digits, "0"),
      ),
  };
}

const PSS = { hash: "SHA-256", mgfHash: "SHA-256", saltLength: 32 } as const;

// RFC 8017 section 8.1.2: "Note that emLen will be one less than k if modBits -
// 1 is divisible by 8".
Deno.test("verifyRsaPss() requires a zero in front of the encoded message where the modulus has a byte more", () => {
  const { key, sign } = mersenneKey(89n, 521n, 607n);
  assertEquals(key.bits, 1217);
  const encoded = BigInt(`0x${encodePss(PSS, key.bits).toHex()}`);
  for (const [first, expected] of [[0n, true], [1n, false]] as const) {
    const signature = sign((first << 1216n) + encoded);
    assertEquals(verifyRsaPss(key, PSS, MESSAGE, signature), expected);
  }
});

// RFC 8017 section 9.1.2, step 3: "If emLen < hLen + sLen + 2, output
// "inconsistent" and stop."
Deno.test("verifyRsaPss() takes the smallest modulus that has room for hash and salt", () => {
  const { key, sign } = mersenneKey(3n, 521n);
  assertEquals(key.bits, 524);
  const signature = sign(BigInt(`0x${encodePss(PSS, key.bits).toHex()}`));
  assertEquals(verifyRsaPss(key, PSS, MESSAGE, signature), true);
  const longer = { ...PSS, saltLength: 33 };
  assertEquals(verifyRsaPss(key, longer, MESSAGE, signature), false);
  const small = mersenneKey(521n).key;
  assertEquals(verifyRsaPss(small, PSS, MESSAGE, new Uint8Array(66)), false);
});

// RFC 8017 section 9.2, step 3: "If emLen < tLen + 11, output "intended encoded
// message length too short" and stop."
Deno.test("verifyRsaPkcs1() takes the smallest modulus that has eight bytes of padding", () => {
  const digestInfo = concat([
    Uint8Array.fromHex("3041300d060960864801650304020205000430"),
    hashAlgorithms["SHA-384"].digest(MESSAGE),
  ]);
  for (
    const [exponents, padding, expected] of [
      [[13n, 607n], 8, true],
      [[89n, 521n], 7, false],
    ] as const
  ) {
    const { key, sign } = mersenneKey(...exponents);
    const encoded = concat([
      Uint8Array.of(0, 1, ...new Uint8Array(padding).fill(255), 0),
      digestInfo,
    ]);
    assertEquals(encoded.length, Math.ceil(key.bits / 8));
    const signature = sign(BigInt(`0x${encoded.toHex()}`));
    assertEquals(verifyRsaPkcs1(key, "SHA-384", MESSAGE, signature), expected);
  }
});

Deno.test("verifySignature() checks keys above 4096 bits", async () => {
  // Two Mersenne primes make a key of 4484 bits without a search.
  const [p, q] = [2n ** 2203n - 1n, 2n ** 2281n - 1n];
  const [n, phi] = [p * q, (p - 1n) * (q - 1n)];
  const exponent = [65537n, 257n, 17n].find((e) => phi % e !== 0n);
  assert(exponent !== undefined);
  const d = inverse(exponent, phi);
  const length = Math.ceil(4484 / 8);
  const encoded = new Uint8Array(length).fill(255);
  encoded.set([0, 1]);
  const digestInfo = concat([
    Uint8Array.fromHex("3031300d060960864801650304020105000420"),
    hashAlgorithms["SHA-256"].digest(MESSAGE),
  ]);
  encoded.set([0], length - digestInfo.length - 1);
  encoded.set(digestInfo, length - digestInfo.length);
  const toBytes = (value: bigint, size: number) =>
    Uint8Array.fromHex(value.toString(16).padStart(2 * size, "0"));
  const signature = toBytes(
    modPow(BigInt(`0x${encoded.toHex()}`), d, n),
    length,
  );
  const spki = rsaSpki(toBytes(n, length), [...toBytes(exponent, 3)]);
  const verify = (data: Uint8Array) =>
    verifySignature(
      { kind: "rsa-pkcs1", hash: "SHA-256" },
      parsePublicKey(spki),
      data,
      signature,
    );
  assertEquals(parsePublicKey(spki).type, "rsa");
  assertEquals(await verify(MESSAGE), true);
  assertEquals(await verify(MESSAGE.subarray(1)), false);
});

Deno.test("readRsaPublicKey() takes a modulus of up to 16384 bits", () => {
  const keyOf = (bits: bigint) =>
    sequence(integer(2n ** bits - 1n), integer(3));
  assertEquals(readRsaPublicKey(keyOf(16_384n)).bits, 16_384);
  const error = assertThrows(() => readRsaPublicKey(keyOf(16_385n)), TlsError);
  assertEquals(error.code, "unsupported_key");
});

Deno.test("verifySignature() refuses RSA keys out of its limits", async () => {
  const modulus = (bits: number, last = 1) => {
    const bytes = new Uint8Array(bits / 8).fill(0xff);
    bytes.set([last], bytes.length - 1);
    return bytes;
  };
  for (
    const spki of [
      rsaSpki(modulus(16392), [1, 0, 1]),
      rsaSpki(modulus(2048, 2), [1, 0, 1]),
      rsaSpki(modulus(2048), [1]),
      rsaSpki(modulus(2048), [4]),
      rsaSpki(modulus(2048), [2, 0, 0, 0, 1]),
      spkiOf("06092a864886f70d0101010500", Uint8Array.of(0x30, 0)),
      spkiOf("06092a864886f70d0101010500", Uint8Array.of(1, 2, 3)),
    ]
  ) {
    const error = await assertRejects(
      async () =>
        await verifySignature(
          { kind: "rsa-pkcs1", hash: "SHA-256" },
          parsePublicKey(spki),
          MESSAGE,
          new Uint8Array(256),
        ),
      TlsError,
    );
    assertEquals(error.code, "unsupported_key");
  }
});

Deno.test("verifySignature() refuses keys that are malformed or unknown", async () => {
  const modulus = new Uint8Array(256).fill(0xff);
  const rsa = sequence(integer(modulus), integer(65537));
  const good = spkiOf("06032b6570", new Uint8Array(32).fill(1));
  const bad = [
    new Uint8Array(),
    good.subarray(1),
    good.subarray(0, -1),
    concat([good, Uint8Array.of(0)]),
    spkiOf("06032b6570", new Uint8Array(31)),
    spkiOf("06032b6571", new Uint8Array(32)),
    // secp256k1, and X25519.
    spkiOf("06072a8648ce3d020106052b8104000a", new Uint8Array(65).fill(4)),
    spkiOf("06032b656e", new Uint8Array(32)),
    // RSASSA-PSS with a trailer, a hash and a mask that do not exist.
    spkiOf("06092a864886f70d01010a3005a303020102", rsa),
    spkiOf("06092a864886f70d01010a300aa0083006060401020304", rsa),
    spkiOf("06092a864886f70d01010a300aa1083006060401020304", rsa),
  ];
  for (const spki of bad) {
    const type = spki.includes(0x71) ? "ed448" : "ed25519";
    const error = await assertRejects(
      async () =>
        await verifySignature(
          { kind: type },
          parsePublicKey(spki),
          MESSAGE,
          new Uint8Array(64),
        ),
      TlsError,
      undefined,
      spki.toHex(),
    );
    assertEquals(error.code, "unsupported_key");
  }
  // A key of another type makes the signature wrong, no more.
  for (
    const algorithm of [
      { kind: "ecdsa", hash: "SHA-256" },
      { kind: "rsa-pkcs1", hash: "SHA-256" },
      { kind: "rsa-pss", hash: "SHA-256", saltLength: 32 },
      { kind: "ed448" },
      { kind: "ml-dsa-44" },
    ] as const satisfies SignatureAlgorithm[]
  ) {
    assertEquals(
      await verifySignature(
        algorithm,
        parsePublicKey(good),
        MESSAGE,
        new Uint8Array(64),
      ),
      false,
    );
  }
});

Deno.test("ecdsaFromDer() accepts strict DER of two positive numbers", () => {
  const one = "020101";
  const cases: [string, boolean][] = [
    [`3006${one}${one}`, true],
    [`3007${one}0202008${0}`, true],
    [`3006${one}020100`, false],
    [`3006020100${one}`, false],
    [`3006${one}0201ff`, false],
    [`3007${one}02020001`, false],
    [`3005${one}0200`, false],
    [`3003${one}`, false],
    [`3009${one}${one}${one}`, false],
    [`3006${one}${one}00`, false],
    [`308106${one}${one}`, false],
    [`3080${one}${one}0000`, false],
    [`3106${one}${one}`, false],
    [`3006${one}030101`, false],
    [`3007${one}0201`, false],
    ["", false],
    ["30", false],
    [`3026${"0221" + "01".repeat(33)}${one}`, false],
    [`3026${one}${"0221" + "01".repeat(33)}`, false],
    [`3026${"0221" + "00" + "ff".repeat(32)}${one}`, true],
    [`3025${"0220" + "7f".repeat(32)}${one}`, true],
  ];
  for (const [der, valid] of cases) {
    const numbers = ecdsaFromDer(Uint8Array.fromHex(der), 32);
    assertEquals(numbers !== undefined, valid, der);
    if (numbers !== undefined) {
      assertEquals(numbers.length, 64);
      assertEquals(ecdsaToDer(numbers).toHex(), der);
    }
  }
});

function spkiOf(identifier: string, key: Uint8Array): Uint8Array {
  return sequence(
    tlv(Tag.SEQUENCE, Uint8Array.fromHex(identifier)),
    bitString(key),
  );
}

function rsaSpki(modulus: Uint8Array, exponent: number[]): Uint8Array {
  const key = sequence(integer(modulus), integer(Uint8Array.from(exponent)));
  return spkiOf("06092a864886f70d0101010500", key);
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n;
  for (const bit of exponent.toString(2)) {
    power = power * power % modulus;
    if (bit === "1") power = power * base % modulus;
  }
  return power;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [modulus, value, 0n, 1n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - a / b * y];
  return (x + modulus) % modulus;
}
