import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { generatePrimeSync } from "node:crypto";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import {
  derContext,
  DerReader,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";
import { TlsError } from "../../../errors.ts";
import { formatPem, parsePem } from "../../../x509/asn1/pem.ts";
import { type Passphrase, PrivateKey } from "../../../x509/keys/private_key.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { readMutations } from "../_hostile.ts";
import { readBytes, readText } from "../_files.ts";
import { refusal } from "../_private_key.ts";

const EC_FORMS = [
  "ec.pkcs8.pem",
  "ec.sec1.pem",
  "ec.pbes2.pem",
  "ec.scrypt.pem",
  "ec.pbes1.pem",
  "ec.proc-type.pem",
  "ec.proc-type-3des.pem",
];
const ENCRYPTED_FORMS = EC_FORMS.slice(2);

for (const form of EC_FORMS) {
  Deno.test(`PrivateKey.parse() reads ${form} as the same key`, async () => {
    const plain = await PrivateKey.parse(readText("keys/ec.pkcs8.pem"));
    const key = await PrivateKey.parse(readText(`keys/${form}`), {
      passphrase: "secret",
    });
    assertEquals(key.publicKey.spki, plain.publicKey.spki);
    assertEquals(key.publicKey.type, "ec");
    assertEquals(key.publicKey.curve, "secp256r1");
  });

  Deno.test(`PrivateKey.parse() reads the bytes of ${form}`, async () => {
    const key = await PrivateKey.parse(readBytes(`keys/${form}`), {
      passphrase: "secret",
    });
    assertEquals(key.schemes, ["ecdsa_secp256r1_sha256", "ecdsa_sha1"]);
  });
}

for (const form of ENCRYPTED_FORMS) {
  Deno.test(`PrivateKey.parse() asks for the passphrase of ${form}`, async () => {
    const text = readText(`keys/${form}`);
    const message = await refusal(text, "passphrase_required");
    assertMatch(
      message,
      /^Cannot read the private key: this is an encrypted .* key.* and no passphrase was given/,
    );
    await refusal(text, "passphrase_required", () => undefined);
  });

  Deno.test(`PrivateKey.parse() refuses a wrong passphrase for ${form}`, async () => {
    const text = readText(`keys/${form}`);
    for (const passphrase of ["Secret", "", "secret "]) {
      await refusal(text, "wrong_passphrase", passphrase);
    }
  });

  Deno.test(`PrivateKey.parse() accepts passphrases as bytes and from callbacks for ${form}`, async () => {
    const text = readText(`keys/${form}`);
    const bytes = new TextEncoder().encode("secret");
    const passphrases: Passphrase[] = [
      bytes,
      () => "secret",
      () => Promise.resolve(bytes),
    ];
    for (const passphrase of passphrases) {
      const key = await PrivateKey.parse(text, { passphrase });
      assertEquals(key.publicKey.bits, 256);
    }
  });
}

Deno.test("PrivateKey.parse() does not ask for a passphrase that it does not need", async () => {
  const passphrase = () => {
    throw new Error("asked");
  };
  await PrivateKey.parse(readText("keys/ec.pkcs8.pem"), { passphrase });
});

Deno.test("PrivateKey.parse() passes on what a passphrase callback throws", async () => {
  const reason = new RangeError("no terminal");
  const thrown = await assertRejects(() =>
    PrivateKey.parse(readText("keys/ec.pbes2.pem"), {
      passphrase: () => Promise.reject(reason),
    })
  );
  assertEquals(thrown, reason);
});

Deno.test("PrivateKey.parse() reads DER of every structure", async () => {
  const forms = [
    "ec.pkcs8.pem",
    "ec.sec1.pem",
    "ec.pbes2.pem",
    "rsa.pkcs1.pem",
  ];
  for (const form of forms) {
    const block = parsePem(readText(`keys/${form}`)).find(({ label }) =>
      label.endsWith("PRIVATE KEY")
    );
    assert(block !== undefined);
    const key = await PrivateKey.parse(block.der, { passphrase: "secret" });
    assertEquals(key.publicKey.type, form.startsWith("ec") ? "ec" : "rsa");
  }
});

Deno.test("PrivateKey.parse() ignores what stands beside the key", async () => {
  const text = `Bag Attributes\n  localKeyID: 01\n${
    readText("keys/ec.cert.pem")
  }\r\n${readText("keys/ec.sec1.pem").replaceAll("\n", "\r\n")}`;
  const key = await PrivateKey.parse(text);
  assertEquals(key.publicKey.type, "ec");
});

Deno.test("PrivateKey.parse() names what stands where a key was expected", async () => {
  const named: [string | Uint8Array, RegExp][] = [
    [readText("keys/ec.cert.pem"), /a certificate, not a private key/],
    [readText("keys/ec.csr.pem"), /a certificate request \(CSR\)/],
    [readBytes("keys/ec.modern.pfx"), /a PFX \(PKCS#12\) file.*parsePfx/],
    ["hello", /neither PEM nor DER/],
    ["", /neither PEM nor DER/],
    [new Uint8Array(0), /neither PEM nor DER/],
    [formatPem("PARAMETERS", Uint8Array.of(5, 0)), /PARAMETERS/],
    [formatPem("PUBLIC KEY", Uint8Array.of(5, 0)), /a public key/],
    [formatPem("X509 CRL", Uint8Array.of(5, 0)), /\(CRL\)/],
    [
      formatPem("PRIVATE KEY", Uint8Array.of(0x30, 0)),
      /not a PKCS#8, PKCS#1 or/,
    ],
  ];
  for (const [input, expected] of named) {
    assertMatch(await refusal(input, "malformed_key"), expected);
  }
  // DER says what it is by its structure.
  for (
    const [file, expected] of [
      ["keys/ec.cert.pem", /a certificate/],
      ["keys/ec.csr.pem", /\(CSR\)/],
    ] as const
  ) {
    const [block] = parsePem(readText(file));
    assert(block !== undefined);
    assertMatch(await refusal(block.der, "malformed_key"), expected);
  }
  const { publicKey } = await PrivateKey.parse(readText("keys/ec.pkcs8.pem"));
  const message = await refusal(publicKey.spki, "malformed_key");
  assertStringIncludes(message, "a public key");
});

Deno.test("PrivateKey.parse() refuses several keys in one text", async () => {
  const text = readText("keys/ec.pkcs8.pem") + readText("keys/rsa.pkcs1.pem");
  assertStringIncludes(
    await refusal(text, "malformed_key"),
    "the PEM text has 2 private keys",
  );
});

Deno.test("PrivateKey.parse() refuses kinds of keys by name", async () => {
  const openssh = formatPem("OPENSSH PRIVATE KEY", Uint8Array.of(1));
  assertMatch(await refusal(openssh, "unsupported_key"), /OpenSSH.*ssh-keygen/);
  // X25519: PKCS#8 with the OID 1.3.101.110.
  const x25519 = Uint8Array.of(
    ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e],
    ...[0x04, 0x22, 0x04, 0x20],
    ...new Uint8Array(32).fill(1),
  );
  assertMatch(await refusal(x25519, "unsupported_key"), /X25519/);
  const header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0102030405060708";
  const des = readText("keys/ec.proc-type-3des.pem").replace(
    /Proc-Type: .*\nDEK-Info: .*/,
    header,
  );
  assertMatch(await refusal(des, "unsupported_key", "secret"), /DES-CBC/);
});

Deno.test("PrivateKey.parse() refuses malformed DEK-Info", async () => {
  const text = readText("keys/ec.proc-type.pem");
  const digits = "0".repeat(30);
  for (
    const info of [
      "DEK-Info: AES-256-CBC",
      "DEK-Info: AES-256-CBC,0011",
      `DEK-Info: AES-256-CBC,${digits}zz`,
      `DEK-Info: AES-256-CBC,${digits}000`,
      "DEK-Info: ,00",
      "DEK-Info: AES-256-CBC 00",
      "X: y",
    ]
  ) {
    const changed = text.replace(/DEK-Info: .*/, info);
    assertStringIncludes(
      await refusal(changed, "malformed_key", "secret"),
      info.startsWith("X") ? "DEK-Info is missing (RFC 1421" : "DEK-Info",
    );
  }
});

const ML_DSA = [
  ["ml-dsa-44", "mldsa44", "2.16.840.1.101.3.4.3.17", ml_dsa44],
  ["ml-dsa-65", "mldsa65", "2.16.840.1.101.3.4.3.18", ml_dsa65],
  ["ml-dsa-87", "mldsa87", "2.16.840.1.101.3.4.3.19", ml_dsa87],
] as const;

for (const [type, scheme, id, noble] of ML_DSA) {
  Deno.test(`PrivateKey.parse() reads ${type} keys that have their seed`, async () => {
    const seed = new Uint8Array(32).fill(7);
    const pkcs8 = (key: Uint8Array) =>
      sequence(integer(0), sequence(oid(id)), octetString(key));
    // RFC 9881 section 6: seed [0], expandedKey, or both.
    const tagged = octetString(seed);
    tagged[0] = 0x80;
    const both = sequence(octetString(seed), octetString(new Uint8Array(9)));
    const { publicKey } = noble.keygen(seed);
    for (const form of [tagged, both]) {
      const key = await PrivateKey.parse(pkcs8(form));
      assertEquals(key.publicKey.type, type);
      assertEquals(key.publicKey.bytes, publicKey);
      assertEquals(key.schemes, [scheme]);
      const data = Uint8Array.of(1, 2, 3);
      assert(noble.verify(await key.sign(scheme, data), data, publicKey));
    }
  });

  Deno.test(`PrivateKey.parse() reads ${type} keys in expanded form alone`, async () => {
    const pkcs8 = (key: Uint8Array) =>
      sequence(integer(0), sequence(oid(id)), octetString(octetString(key)));
    const { publicKey, secretKey } = noble.keygen();
    const key = await PrivateKey.parse(pkcs8(secretKey));
    assertEquals(key.publicKey.bytes, publicKey);
    assertEquals(key.schemes, [scheme]);
    const data = Uint8Array.of(1, 2, 3);
    assert(noble.verify(await key.sign(scheme, data), data, publicKey));
    // Neither a key that was damaged, nor one of another length.
    const damaged = secretKey.slice();
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    for (const bad of [damaged, secretKey.subarray(1), new Uint8Array(2560)]) {
      assertStringIncludes(
        await refusal(pkcs8(bad), "malformed_key"),
        "do not belong together",
      );
    }
  });
}

Deno.test("PrivateKey.parse() refuses RSA keys whose parts do not belong together", async () => {
  const [block] = parsePem(readText("keys/rsa.pkcs1.pem"));
  assert(block !== undefined);
  // A byte near the end of each of the eight INTEGERs.
  const seen = new Set<string>();
  for (const at of [200, 270, 400, 600, 750, 900, 1000, 1150]) {
    const der = block.der.slice();
    der[at] = (der[at] ?? 0) ^ 0x20;
    seen.add(await refusal(der, "malformed_key"));
  }
  assert(seen.size >= 4, [...seen].join("\n"));
});

Deno.test("PrivateKey.parse() refuses RSA keys of several primes, and of the exponent 1", async () => {
  const [block] = parsePem(readText("keys/rsa.pkcs1.pem"));
  assert(block !== undefined);
  const context = derContext("the key", "malformed_key");
  const reader = DerReader.of(block.der, context).sequence("");
  const version = reader.integer("version");
  const numbers = Array.from(
    { length: 8 },
    () => toBigInt(reader.unsigned("")),
  );
  const key = (version: number, parts: readonly bigint[]) =>
    sequence(integer(version), ...parts.map((part) => integer(part)));
  const right = key(version, numbers);
  assertEquals(right, block.der);
  assertEquals((await PrivateKey.parse(right)).publicKey.type, "rsa");
  assertStringIncludes(
    await refusal(key(1, numbers), "unsupported_key"),
    "more than two primes",
  );
  // RFC 8017 section 3.2: each part on its own.
  const [n0 = 0n, e = 0n, d = 0n, p0 = 0n, q0 = 0n, dP = 0n, dQ = 0n] = numbers;
  const inverse = numbers[7] ?? 0n;
  const parts = (changes: Record<number, bigint>) =>
    key(0, numbers.map((number, at) => changes[at] ?? number));
  const isOfP = d + (p0 - 1n);
  const isOfQ = d + (q0 - 1n);
  const wrong: [Record<number, bigint>, RegExp][] = [
    [{ 1: e + 1n }, /is even or below 3/],
    [{ 0: n0 + 2n }, /is not the product/],
    // What is left of a prime of 1 has no remainder.
    [{ 3: 1n, 4: n0 }, /is not the product/],
    [{ 3: n0, 4: 1n }, /is not the product/],
    [
      { 2: isOfP, 5: isOfP % (p0 - 1n), 6: isOfP % (q0 - 1n) },
      /does not belong to publicExponent/,
    ],
    [
      { 2: isOfQ, 5: isOfQ % (p0 - 1n), 6: isOfQ % (q0 - 1n) },
      /does not belong to publicExponent/,
    ],
    [{ 5: dP + 1n }, /exponent1: is not d mod/],
    [{ 6: dQ + 1n }, /exponent2: is not d mod/],
    [{ 7: inverse + 1n }, /is not the inverse of q mod p/],
    [{ 7: inverse + p0 }, /is not the inverse of q mod p/],
    [{ 2: d + n0 * n0 }, /a part is longer than the modulus/],
  ];
  for (const [changes, fact] of wrong) {
    assertMatch(await refusal(parts(changes), "malformed_key"), fact);
  }
  // However small a prime is, the strength of a key is a matter of its use.
  const inverseOf3 = (p0 % 3n === 1n ? 2n * p0 + 1n : p0 + 1n) / 3n;
  for (
    const parts of [
      [3n * q0, e, d % (q0 - 1n), 3n, q0, 1n, dQ, q0 % 3n],
      [3n * p0, e, d % (p0 - 1n), p0, 3n, dP, 1n, inverseOf3],
    ]
  ) {
    const { publicKey } = await PrivateKey.parse(key(0, parts));
    assertEquals(publicKey.type, "rsa");
  }
  // Nor does the least exponent matter.
  const q3 = generatePrimeSync(1024, { bigint: true, add: 3n, rem: 2n });
  const d3 = (2n * (q3 - 1n) + 1n) / 3n;
  const least = [3n * q3, 3n, d3, 3n, q3, 1n, d3, 2n];
  assertEquals((await PrivateKey.parse(key(0, least))).publicKey.type, "rsa");
  // With e = d = 1 all else hangs together, and a signature is its message.
  const [n = 0n, , , p = 0n, q = 0n, , , qInv = 0n] = numbers;
  assertStringIncludes(
    await refusal(key(0, [n, 1n, 1n, p, q, 1n, 1n, qInv]), "malformed_key"),
    "is even or below 3",
  );
});

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex()}`);
}

Deno.test("PrivateKey.parse() refuses an EC key with another one's public key", async () => {
  const [ours] = parsePem(readText("keys/ec.pkcs8.pem"));
  const other = await issueCertificate({ names: ["a.example.com"] });
  const point = other.identity.key.publicKey.bytes;
  assert(ours !== undefined);
  const der = ours.der.slice();
  der.set(point, der.length - point.length);
  assertMatch(
    await refusal(der, "malformed_key"),
    /the public key in it belongs to another one/,
  );
});

/** EncryptedPrivateKeyInfo with PBES2, AES-128-CBC and the given KDF. */
function pbes2(kdf: Uint8Array): Uint8Array {
  const cipher = sequence(
    oid("2.16.840.1.101.3.4.1.2"),
    octetString(new Uint8Array(16)),
  );
  return sequence(
    sequence(oid("1.2.840.113549.1.5.13"), sequence(kdf, cipher)),
    octetString(new Uint8Array(64)),
  );
}

Deno.test("PrivateKey.parse() accepts EC scalars with leading zeros, with missing ones, and refuses one that is too long", async () => {
  // RFC 5915 section 3: "an octet string of length ceiling (log2(n)/8)".
  const sec1 = (scalar: Uint8Array) =>
    sequence(
      integer(1),
      octetString(scalar),
      explicit(0, oid("1.2.840.10045.3.1.7")),
    );
  const short = new Uint8Array(31).fill(7);
  const scalars = [
    Uint8Array.of(0, ...short),
    short,
    Uint8Array.of(0, 0, ...short),
    Uint8Array.of(0, 0, 0, ...short),
  ];
  const keys = await Promise.all(
    scalars.map(async (scalar) =>
      (await PrivateKey.parse(sec1(scalar))).publicKey.spki.toHex()
    ),
  );
  assertEquals(new Set(keys).size, 1);
  for (const wrong of [[1, 0], [0, 1, 0]]) {
    assertStringIncludes(
      await refusal(sec1(Uint8Array.of(...wrong, ...short)), "malformed_key"),
      "expected 32 bytes",
    );
  }
});

// RFC 5915 section 3 has the curve in the key, RFC 5208 in the algorithm.
Deno.test("PrivateKey.parse() reads an EC key with its curve at both places, and refuses two curves", async () => {
  const [p256, p384] = ["1.2.840.10045.3.1.7", "1.3.132.0.34"] as const;
  const pkcs8 = (outer: string, own: string) =>
    sequence(
      integer(0),
      sequence(oid("1.2.840.10045.2.1"), oid(outer)),
      octetString(
        sequence(
          integer(1),
          octetString(new Uint8Array(32).fill(7)),
          explicit(0, oid(own)),
        ),
      ),
    );
  const secp256k1 = "1.3.132.0.10";
  const key = await PrivateKey.parse(pkcs8(p256, p256));
  assertEquals(key.publicKey.curve, "secp256r1");
  assertStringIncludes(
    await refusal(pkcs8(p256, p384), "malformed_key"),
    "another curve than privateKeyAlgorithm has",
  );
  assertStringIncludes(
    await refusal(pkcs8(secp256k1, secp256k1), "unsupported_key"),
    "it is of the curve secp256k1",
  );
  assertStringIncludes(
    await refusal(pkcs8("1.2.3", "1.2.3"), "unsupported_key"),
    "it is of the curve 1.2.3",
  );
});

Deno.test("PrivateKey.parse() takes a whole number from 1 on for the limit of that work", async () => {
  const text = readText("keys/ec.pkcs8.pem");
  for (const maxIterations of [0, -1, 1.5, NaN, Infinity]) {
    await assertRejects(
      () => PrivateKey.parse(text, { maxIterations }),
      RangeError,
      '"maxIterations" must be a whole number from 1 on',
    );
  }
  await PrivateKey.parse(text, { maxIterations: 1 });
});

Deno.test("PrivateKey.parse() bounds the work of key derivation", async () => {
  const salt = octetString(new Uint8Array(8));
  const pbkdf2 = sequence(
    oid("1.2.840.113549.1.5.12"),
    sequence(salt, integer(2 ** 31 - 1)),
  );
  assertMatch(
    await refusal(pbes2(pbkdf2), "unsupported_key", "secret"),
    /2147483647 iterations exceed the limit of \d+/,
  );
  for (const [n, r, p] of [[2 ** 20, 8, 1], [2, 2 ** 30, 1], [2, 1, 2 ** 30]]) {
    const scrypt = sequence(
      oid("1.3.6.1.4.1.11591.4.11"),
      sequence(salt, integer(n ?? 0), integer(r ?? 0), integer(p ?? 0)),
    );
    assertMatch(
      await refusal(pbes2(scrypt), "unsupported_key", "secret"),
      /scrypt with .* exceeds the limit/,
    );
  }
});

Deno.test("PrivateKey.parse() refuses impossible derivation parameters", async () => {
  const salt = octetString(new Uint8Array(8));
  const impossible = [
    sequence(oid("1.2.840.113549.1.5.12"), sequence(salt, integer(0))),
    sequence(
      oid("1.2.840.113549.1.5.12"),
      sequence(salt, integer(1), integer(17)),
    ),
    ...[
      ...[[3, 8, 1], [1, 8, 1], [2, 0, 1], [2, 8, 0], [0, 8, 1]],
      // RFC 7914 section 2: N is less than 2^(128 * r / 8).
      [65536, 1, 1],
    ].map((cost) =>
      sequence(
        oid("1.3.6.1.4.1.11591.4.11"),
        sequence(salt, ...cost.map((value) => integer(value))),
      )
    ),
  ];
  for (const kdf of impossible) {
    await refusal(pbes2(kdf), "malformed_key", "secret");
  }
  const most = sequence(
    oid("1.3.6.1.4.1.11591.4.11"),
    sequence(salt, integer(32768), integer(1), integer(1)),
  );
  await refusal(pbes2(most), "wrong_passphrase", "secret");
});

Deno.test("PrivateKey.parse() tells keys that the platform lacks from those that it refuses", async () => {
  const text = readText("keys/ec.pkcs8.pem");
  for (
    const [cause, code, fact] of [
      [
        new DOMException("not here", "NotSupportedError"),
        "unsupported_key",
        "this platform has no keys of type P-256",
      ],
      [
        new DOMException("bad", "DataError"),
        "malformed_key",
        "this platform refuses the P-256 key",
      ],
      ["no error", "malformed_key", "this platform refuses the P-256 key"],
    ] as const
  ) {
    Object.defineProperty(crypto.subtle, "importKey", {
      value: () => Promise.reject(cause),
      configurable: true,
    });
    try {
      const error = await assertRejects(
        () => PrivateKey.parse(text),
        TlsError,
        fact,
      );
      assertEquals(error.code, code);
      assertEquals(error.cause, cause);
    } finally {
      Reflect.deleteProperty(crypto.subtle, "importKey");
    }
  }
});

Deno.test("PrivateKey sign() refuses schemes that the key cannot make", async () => {
  const key = await PrivateKey.parse(readText("keys/ec.pkcs8.pem"));
  for (const scheme of ["rsa_pkcs1_sha256", "ed25519"] as const) {
    await assertRejects(
      () => key.sign(scheme, new Uint8Array(1)),
      TypeError,
      `makes no ${scheme} signature`,
    );
  }
});

Deno.test("PrivateKey of RSASSA-PSS signs as its parameters say (RFC 4055 section 3.3)", async () => {
  const [block] = parsePem(readText("keys/rsa.pkcs1.pem"));
  assert(block !== undefined);
  const sha384 = sequence(oid("2.16.840.1.101.3.4.2.2"));
  const parameters = sequence(
    explicit(0, sha384),
    explicit(1, sequence(oid("1.2.840.113549.1.1.8"), sha384)),
    explicit(2, integer(48)),
  );
  const pss = (...parameters: Uint8Array[]) =>
    PrivateKey.parse(sequence(
      integer(0),
      sequence(oid("1.2.840.113549.1.1.10"), ...parameters),
      octetString(block.der),
    ));
  const free = await pss();
  const bound = await pss(parameters);
  for (
    const [scheme, byFree, byBound] of [
      ["rsa_pss_pss_sha256", true, false],
      ["rsa_pss_pss_sha384", true, true],
      ["rsa_pss_pss_sha512", true, false],
      ["rsa_pss_rsae_sha384", false, false],
      ["rsa_pkcs1_sha384", false, false],
    ] as const
  ) {
    assertEquals(free.canSign(scheme), byFree, scheme);
    assertEquals(bound.canSign(scheme), byBound, scheme);
  }
  assertEquals([...bound.schemes], ["rsa_pss_pss_sha384"]);
  const data = new Uint8Array(3);
  assertEquals((await bound.sign("rsa_pss_pss_sha384", data)).length, 256);
  await assertRejects(
    () => bound.sign("rsa_pss_pss_sha256", data),
    TypeError,
    "makes no rsa_pss_pss_sha256 signature",
  );
});

Deno.test("PrivateKey sign() refuses what is no bytes", async () => {
  const key = await PrivateKey.parse(readText("keys/ec.pkcs8.pem"));
  for (const none of ["abcd", undefined, [1, 2], new ArrayBuffer(2)]) {
    await assertRejects(
      () => key.sign("ecdsa_secp256r1_sha256", none as never),
      TypeError,
      "Uint8Array",
    );
  }
});

Deno.test("PrivateKey.parse() refuses what is neither text nor bytes", async () => {
  // A caller without types.
  const parse = PrivateKey.parse as (input: unknown) => Promise<PrivateKey>;
  await assertRejects(() => parse(undefined), TypeError);
  await assertRejects(() => parse(new ArrayBuffer(3)), TypeError);
  const options = { password: "secret" } as { passphrase?: string };
  const text = readText("keys/ec.pbes2.pem");
  await assertRejects(
    () => PrivateKey.parse(text, options),
    TypeError,
    'there is no option "password"',
  );
});

Deno.test("PrivateKey does not show its bytes", async () => {
  const key = await PrivateKey.parse(readText("keys/ec.pkcs8.pem"));
  assertEquals(Object.keys(key).sort(), ["publicKey", "schemes"]);
  assert(!JSON.stringify(key).includes("pkcs8"));
});

Deno.test("PrivateKey.parse() answers 10,000 mutated keys with a key or a typed error within 50 ms each", async () => {
  const forms = [...EC_FORMS, "rsa.pkcs1.pem"]
    // scrypt's cost stands in the file: a mutated one may ask for up to 128 MiB.
    .filter((form) => form !== "ec.scrypt.pem");
  const inputs = forms.flatMap((form) => {
    const text = readText(`keys/${form}`);
    const der = parsePem(text).find(({ label }) => label !== "EC PARAMETERS")
      ?.der;
    assert(der !== undefined);
    return text.includes("Proc-Type")
      ? [new TextEncoder().encode(text)]
      : [der, new TextEncoder().encode(text)];
  });
  const parsed = await readMutations(
    inputs,
    0x6b6579,
    (input) => PrivateKey.parse(input, { passphrase: "secret" }),
  );
  assert(parsed > 0 && parsed < 9000, `${parsed} parsed`);
});

// RFC 5915 section 3: they "MUST always" be there in a file of its own.
Deno.test("PrivateKey.parse() refuses an EC key without the parameters of its curve", async () => {
  const der = sequence(integer(1), octetString(new Uint8Array(32).fill(1)));
  assertStringIncludes(
    await refusal(formatPem("EC PRIVATE KEY", der), "malformed_key"),
    "parameters: is missing: the curve is not known",
  );
});

// RFC 8410 section 7: "the octet string has the length of the key".
Deno.test("PrivateKey.parse() refuses an Ed25519 key of another length", async () => {
  const key = (length: number) =>
    sequence(
      integer(0),
      sequence(oid("1.3.101.112")),
      octetString(octetString(new Uint8Array(length).fill(7))),
    );
  assertEquals((await PrivateKey.parse(key(32))).publicKey.type, "ed25519");
  for (const length of [0, 31, 33]) {
    assertStringIncludes(
      await refusal(key(length), "malformed_key"),
      `expected 32 bytes, got ${length}`,
    );
  }
});
