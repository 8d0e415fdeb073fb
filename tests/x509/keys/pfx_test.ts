import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { pbkdf2Sync } from "node:crypto";
import { TlsError, type TlsErrorCode } from "../../../errors.ts";
import { sha256 } from "../../../crypto/primitives/hash.ts";
import { KdfBudget } from "../../../crypto/primitives/kdf.ts";
import { keyFileHash } from "../../../crypto/primitives/key_file_hashes.ts";
import {
  pkcs12Kdf,
  Pkcs12Purpose,
} from "../../../crypto/primitives/pkcs12_kdf.ts";
import {
  derContext,
  DerReader,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";

import { issueCertificate } from "../../../x509/issue/issue.ts";
import { parsePfx, type PfxOptions } from "../../../x509/keys/pfx.ts";
import { parsePem } from "../../../x509/asn1/pem.ts";
import { readMutations } from "../_hostile.ts";
import { certBag, derOf, keyBag, plainPfx } from "../_pfx.ts";
import { readBytes, readText } from "../_files.ts";
import {
  openssl,
  opensslTest,
  opensslText,
  withDirectory,
} from "../_openssl.ts";

const CONTEXT = derContext("the PFX file", "malformed_pfx");

async function refusal(
  bytes: Uint8Array,
  code: TlsErrorCode,
  options: PfxOptions = {},
): Promise<string> {
  const error = await assertRejects(() => parsePfx(bytes, options), TlsError);
  assertEquals(error.code, code, error.message);
  return error.message;
}

for (const file of ["ec.modern.pfx", "ec.3des.pfx"]) {
  Deno.test(`parsePfx() reads ${file}`, async () => {
    const passphrases = [
      "secret",
      new TextEncoder().encode("secret"),
      () => Promise.resolve("secret"),
    ];
    for (const passphrase of passphrases) {
      const identity = await parsePfx(readBytes(`keys/${file}`), {
        passphrase,
      });
      assertEquals(identity.chain[0]?.subject, "CN=key.example.com");
      assertEquals(identity.key.publicKey.curve, "secp256r1");
      assertEquals(identity.caCerts, []);
    }
  });

  Deno.test(`parsePfx() distinguishes a wrong passphrase for ${file} from a missing one`, async () => {
    const bytes = readBytes(`keys/${file}`);
    await refusal(bytes, "passphrase_required");
    await refusal(bytes, "wrong_passphrase", { passphrase: "" });
    await refusal(bytes, "wrong_passphrase", { passphrase: "Secret" });
  });

  Deno.test(`parsePfx() checks the MAC of ${file}`, async () => {
    const bytes = readBytes(`keys/${file}`);
    for (const at of [60, 300, bytes.length - 30]) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const error = await assertRejects(
        () => parsePfx(changed, { passphrase: "secret" }),
        TlsError,
      );
      assert(["wrong_passphrase", "malformed_pfx"].includes(error.code));
    }
  });
}

Deno.test("parsePfx() reads a file with an empty passphrase, given or not", async () => {
  for (const file of ["ec.empty.pfx", "ec.plain.pfx"]) {
    for (const passphrase of ["", undefined]) {
      const identity = await parsePfx(readBytes(`keys/${file}`), {
        passphrase,
      });
      assertEquals(identity.chain.length, 1);
    }
  }
  await refusal(readBytes("keys/ec.empty.pfx"), "wrong_passphrase", {
    passphrase: "secret",
  });
});

Deno.test("parsePfx() reads 40-bit RC2", async () => {
  const bytes = readBytes("keys/ec.rc2.pfx");
  const { chain } = await parsePfx(bytes, { passphrase: "secret" });
  assertEquals(chain[0]?.subject, "CN=key.example.com");
  await refusal(bytes, "wrong_passphrase", { passphrase: "wrong" });
});

Deno.test("parsePfx() names what is no PFX file", async () => {
  const [cert] = parsePem(readText("keys/ec.cert.pem"));
  const [key] = parsePem(readText("keys/ec.pkcs8.pem"));
  assert(cert !== undefined && key !== undefined);
  assertMatch(
    await refusal(readBytes("keys/ec.cert.pem"), "malformed_pfx"),
    /this is PEM text.*parseKeyPair/,
  );
  assertMatch(
    await refusal(cert.der, "malformed_pfx"),
    /a certificate, not a PFX file/,
  );
  await refusal(key.der, "malformed_pfx");
  await refusal(new Uint8Array(0), "malformed_pfx");
  await refusal(new Uint8Array(1000), "malformed_pfx");
  // A caller without types.
  const parse = parsePfx as (bytes: unknown) => Promise<unknown>;
  await assertRejects(() => parse("text"), TypeError);
  const options = { password: "secret" } as PfxOptions;
  await assertRejects(
    () => parsePfx(readBytes("keys/ec.modern.pfx"), options),
    TypeError,
    "password",
  );
});

Deno.test("parsePfx() refuses every truncated file", async () => {
  const bytes = readBytes("keys/ec.modern.pfx");
  for (let length = 0; length < bytes.length; length += 7) {
    const cut = bytes.slice(0, length);
    await refusal(cut, "malformed_pfx", { passphrase: "secret" });
  }
});

Deno.test("parsePfx() returns the chain without the root, and all CAs", async () => {
  const root = await issueCertificate({ ca: true, subject: "Root" });
  const sub = await issueCertificate({
    ca: true,
    subject: "Sub",
    issuer: root,
  });
  const leaf = await issueCertificate({
    names: ["a.example.com"],
    issuer: sub,
  });
  const certificates = [
    root.cert,
    ...leaf.identity.chain.map((one) => one.toPem()),
  ];
  const identity = await parsePfx(
    plainPfx([
      ...certificates.map((pem) => certBag(derOf(pem))),
      keyBag(derOf(leaf.key)),
    ]),
  );
  const subjects = (list: readonly { subject: string }[]) =>
    list.map(({ subject }) => subject);
  assertEquals(subjects(identity.chain), ["CN=a.example.com", "CN=Sub"]);
  assertEquals(subjects(identity.caCerts), ["CN=Root", "CN=Sub"]);
});

Deno.test("parsePfx() refuses files without a key, or without its certificate", async () => {
  const one = await issueCertificate({ names: ["a.example.com"] });
  const other = await issueCertificate({ names: ["b.example.com"] });
  assertStringIncludes(
    await refusal(plainPfx([certBag(derOf(one.cert))]), "malformed_pfx"),
    "no private key, but 1 certificates",
  );
  const key = keyBag(derOf(one.key));
  assertStringIncludes(
    await refusal(plainPfx([key]), "key_mismatch"),
    "it has a private key and no certificate",
  );
  await refusal(plainPfx([key, certBag(derOf(other.cert))]), "key_mismatch");
});

Deno.test("parsePfx() asks which of several keys is meant", async () => {
  const one = await issueCertificate({ names: ["a.example.com"] });
  const other = await issueCertificate({ names: ["b.example.com"] });
  const bags = [one, other].flatMap(({ cert, key }) => [
    certBag(derOf(cert)),
    keyBag(derOf(key)),
  ]);
  assertStringIncludes(
    await refusal(plainPfx(bags), "malformed_key"),
    "it has 2 private keys",
  );
  await refusal(plainPfx(bags), "malformed_key", { friendlyName: "c" });
  const single = plainPfx(bags.slice(0, 2));
  assertStringIncludes(
    await refusal(single, "malformed_key", { friendlyName: "c" }),
    'it has no private key named "c", but one without a name',
  );
});

Deno.test("parsePfx() finds a wrong passphrase where no MAC would tell", async () => {
  const whole = DerReader.of(readBytes("keys/ec.modern.pfx"), CONTEXT)
    .sequence("");
  const parts = [whole.raw("version"), whole.raw("authSafe")];
  const bytes = sequence(...parts.map((part) => part.slice()));
  const { chain } = await parsePfx(bytes, { passphrase: "secret" });
  assertEquals(chain.length, 1);
  for (const passphrase of ["Secret", "", "secret "]) {
    await refusal(bytes, "wrong_passphrase", { passphrase });
  }
});

Deno.test("parsePfx() says of a part that is encrypted to a public key that it is", async () => {
  const other = (type: string) => {
    const safe = sequence(
      sequence(oid(type), explicit(0, sequence(integer(0)))),
    );
    return sequence(
      integer(3),
      sequence(oid("1.2.840.113549.1.7.1"), explicit(0, octetString(safe))),
    );
  };
  assertStringIncludes(
    await refusal(other("1.2.840.113549.1.7.3"), "unsupported_key"),
    "a part of it is encrypted to a public key (envelopedData)",
  );
  assertStringIncludes(
    await refusal(other("1.2.840.113549.1.7.5"), "unsupported_key"),
    "a part of it is of the type 1.2.840.113549.1.7.5",
  );
});

// RFC 7292 section 4.2.3: sdsiCertificate is the other type.
Deno.test("parsePfx() passes over certificates of another kind than X.509", async () => {
  const { cert, key } = await issueCertificate({ names: ["a.example.com"] });
  const sdsi = sequence(
    oid("1.2.840.113549.1.12.10.1.3"),
    explicit(
      0,
      sequence(
        oid("1.2.840.113549.1.9.22.2"),
        explicit(0, octetString(Uint8Array.of(1))),
      ),
    ),
  );
  const { chain } = await parsePfx(
    plainPfx([sdsi, keyBag(derOf(key)), certBag(derOf(cert))]),
  );
  assertEquals(chain.map(({ subject }) => subject), ["CN=a.example.com"]);
});

/** A bag of bags (RFC 7292 section 4.2.6). */
function nested(...bags: Uint8Array[]): Uint8Array {
  return sequence(
    oid("1.2.840.113549.1.12.10.1.6"),
    explicit(0, sequence(...bags)),
  );
}

Deno.test("parsePfx() reads bags inside bags, four levels of them", async () => {
  const { cert, key } = await issueCertificate({ names: ["a.example.com"] });
  let bag = keyBag(derOf(key));
  for (let depth = 0; depth < 4; depth++) {
    bag = nested(bag);
    const identity = await parsePfx(plainPfx([bag, certBag(derOf(cert))]));
    assertEquals(identity.chain[0]?.subject, "CN=a.example.com");
  }
  assertStringIncludes(
    await refusal(plainPfx([nested(bag)]), "malformed_pfx"),
    "nested deeper than 4 levels",
  );
  // A passphrase that is wrong for one inside is wrong.
  const salt = octetString(new Uint8Array(8));
  const shrouded = sequence(
    oid("1.2.840.113549.1.12.10.1.2"),
    explicit(
      0,
      sequence(
        sequence(
          oid("1.2.840.113549.1.5.13"),
          sequence(
            sequence(
              oid("1.2.840.113549.1.5.12"),
              sequence(salt, integer(1)),
            ),
            sequence(
              oid("2.16.840.1.101.3.4.1.2"),
              octetString(new Uint8Array(16)),
            ),
          ),
        ),
        octetString(new Uint8Array(64)),
      ),
    ),
  );
  for (const bags of [[shrouded], [nested(shrouded)]]) {
    const file = plainPfx([...bags, certBag(derOf(cert)), keyBag(derOf(key))]);
    await refusal(file, "wrong_passphrase", { passphrase: "x" });
  }
});

Deno.test("parsePfx() bounds nesting and work", async () => {
  let bag = certBag(derOf(readText("keys/ec.cert.pem")));
  for (let depth = 0; depth < 8; depth++) bag = nested(bag);
  assertStringIncludes(
    await refusal(plainPfx([bag]), "malformed_pfx"),
    "nested deeper than 4 levels",
  );

  const mac = sequence(
    sequence(
      sequence(oid("2.16.840.1.101.3.4.2.1")),
      octetString(new Uint8Array(32)),
    ),
    octetString(new Uint8Array(8)),
    integer(2 ** 31 - 1),
  );
  const none = sequence(
    sequence(
      sequence(oid("2.16.840.1.101.3.4.2.1")),
      octetString(new Uint8Array(32)),
    ),
    octetString(new Uint8Array(8)),
    integer(0),
  );
  assertStringIncludes(
    await refusal(plainPfx([], () => [none]), "malformed_pfx"),
    "iterations: is 0",
  );
  assertMatch(
    await refusal(plainPfx([], () => [mac]), "unsupported_key"),
    /2147483647 iterations exceed the limit/,
  );
});

/** A file whose MAC is PBMAC1 with an HMAC, by its identifier. */
async function withPbmac1(hmac: string): Promise<Uint8Array> {
  const { cert, key } = await issueCertificate({ names: ["a.example.com"] });
  const salt = new Uint8Array(16).fill(7);
  return plainPfx([certBag(derOf(cert)), keyBag(derOf(key))], (safe) => {
    const hmacKey = pbkdf2Sync("pässword", salt, 2048, 32, "sha256");
    const hmacSha256 = sequence(oid(HMAC_SHA256));
    const kdf = sequence(
      oid("1.2.840.113549.1.5.12"),
      sequence(octetString(salt), integer(2048), integer(32), hmacSha256),
    );
    const algorithm = sequence(
      oid("1.2.840.113549.1.5.14"),
      sequence(kdf, sequence(oid(hmac))),
    );
    const digest = octetString(sha256.hmac(new Uint8Array(hmacKey), safe));
    return [sequence(sequence(algorithm, digest), octetString(), integer(1))];
  });
}

const HMAC_SHA256 = "1.2.840.113549.2.9";

Deno.test("parsePfx() reads PBMAC1 (RFC 9879)", async () => {
  const bytes = await withPbmac1(HMAC_SHA256);
  const identity = await parsePfx(bytes, { passphrase: "pässword" });
  assertEquals(identity.chain.length, 1);
  await refusal(bytes, "wrong_passphrase", { passphrase: "password" });
});

Deno.test("parsePfx() refuses PBMAC1 with another HMAC than it knows", async () => {
  const bytes = await withPbmac1("1.2.840.113549.2.99");
  assertStringIncludes(
    await refusal(bytes, "unsupported_key", { passphrase: "pässword" }),
    "1.2.840.113549.2.99",
  );
});

Deno.test("parsePfx() takes MacData without iterations for one (RFC 7292 section 4: DEFAULT 1)", async () => {
  const { cert, key } = await issueCertificate({ names: ["a.example.com"] });
  const salt = new Uint8Array(8).fill(7);
  const bags = [certBag(derOf(cert)), keyBag(derOf(key))];
  const made = await Promise.all([1, 2].map(async (iterations) => {
    const macKey = await pkcs12Kdf(
      keyFileHash("SHA-256"),
      Uint8Array.of(0, 0x70, 0, 0x77, 0, 0), // "pw" as BMPString, and its end
      {
        salt,
        iterations,
        purpose: Pkcs12Purpose.mac,
        length: 32,
        budget: new KdfBudget(),
      },
    );
    return plainPfx(bags, (safe) => {
      const digest = octetString(sha256.hmac(macKey, safe));
      const algorithm = sequence(oid("2.16.840.1.101.3.4.2.1"));
      return [sequence(sequence(algorithm, digest), octetString(salt))];
    });
  }));
  const [once, twice] = made;
  assert(once !== undefined && twice !== undefined);
  const identity = await parsePfx(once, { passphrase: "pw" });
  assertEquals(identity.chain.length, 1);
  await refusal(twice, "wrong_passphrase", { passphrase: "pw" });
});

const EXPORTS: [string, string[]][] = [
  ["today's default", []],
  ["AES-128 and SHA-512 MAC", [
    ...["-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC"],
    ...["-macalg", "sha512"],
  ]],
  ["3DES and SHA-1 MAC", [
    ...["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
    ...["-macalg", "sha1"],
  ]],
  ["two-key 3DES and SHA-384 MAC", [
    ...["-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES"],
    ...["-macalg", "sha384"],
  ]],
  ["SHA-224 MAC", ["-macalg", "sha224"]],
  ["no MAC", ["-nomac"]],
  ["plain certificates", ["-certpbe", "NONE"]],
  ["many iterations", ["-iter", "20000"]],
];

for (const [name, args] of EXPORTS) {
  opensslTest(`parsePfx() reads OpenSSL's file with ${name}`, async () => {
    const ca = await issueCertificate({ ca: true, subject: "Sub" });
    const { cert, key } = await issueCertificate({
      names: ["a.example.com"],
      issuer: ca,
      keyType: name === "many iterations" ? "rsa-2048" : "P-256",
    });
    for (const passphrase of ["sécret €😀", ""]) {
      const bytes = await openssl(
        ["pkcs12", "-export", ...args, "-passout", `pass:${passphrase}`],
        key + cert + ca.cert,
      );
      const identity = await parsePfx(bytes, { passphrase });
      assertEquals(identity.chain[0]?.subject, "CN=a.example.com");
      assertEquals(identity.caCerts.map(({ subject }) => subject), ["CN=Sub"]);
      if (passphrase !== "") {
        await refusal(bytes, "passphrase_required");
        await refusal(bytes, "wrong_passphrase", { passphrase: "secret" });
      }
    }
  });
}

opensslTest("parsePfx() chooses a key by its friendly name", async () => {
  const { cert, key } = await issueCertificate({ names: ["a.example.com"] });
  const bytes = await openssl(
    ["pkcs12", "-export", "-name", "größe", "-passout", "pass:secret"],
    key + cert,
  );
  const passphrase = "secret";
  const identity = await parsePfx(bytes, { passphrase, friendlyName: "größe" });
  assertEquals(identity.chain.length, 1);
  const message = await refusal(bytes, "malformed_key", {
    passphrase,
    friendlyName: "other",
  });
  assertStringIncludes(message, '"größe"');
});

opensslTest(
  "issueCertificate() makes what OpenSSL puts into a PFX file and back",
  async () => {
    await withDirectory(async (path) => {
      const { cert, key } = await issueCertificate({
        names: ["a.example.com"],
      });
      const pfx = await openssl(
        ["pkcs12", "-export", "-passout", "pass:"],
        key + cert,
      );
      await Deno.writeFile(`${path}/pfx`, pfx);
      const text = await opensslText(
        ["pkcs12", "-in", `${path}/pfx`, "-nodes", "-passin", "pass:"],
      );
      assertStringIncludes(text, cert.trim());
    });
  },
);

Deno.test("parsePfx() answers 10,000 mutated files with an identity or a typed error within 50 ms each", async () => {
  const files = ["ec.modern.pfx", "ec.3des.pfx", "ec.plain.pfx"];
  const parsed = await readMutations(
    files.map((file) => readBytes(`keys/${file}`)),
    0x706678,
    (bytes) => parsePfx(bytes, { passphrase: "secret" }),
  );
  assert(parsed > 0 && parsed < 9000, `${parsed} parsed`);
});
