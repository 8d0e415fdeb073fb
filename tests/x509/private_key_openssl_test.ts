/**
 * Keys that the program openssl has made, in every form that it writes.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  PrivateKey,
  type SignatureSchemeName,
} from "../../x509/keys/private_key.ts";
import { readText } from "./_files.ts";
import {
  openssl,
  opensslTest,
  opensslText,
  withDirectory,
} from "./_openssl.ts";
import { refusal } from "./_private_key.ts";

/** What `openssl genpkey` makes of each type. */
const GENERATED: Readonly<Record<string, string[]>> = {
  "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-pss sha256": [
    ...["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    ...["-pkeyopt", "rsa_pss_keygen_md:sha256"],
    ...["-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256"],
    ...["-pkeyopt", "rsa_pss_keygen_saltlen:32"],
  ],
  "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "P-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "ed25519": ["-algorithm", "ED25519"],
  "ed448": ["-algorithm", "ED448"],
};

for (const [type, args] of Object.entries(GENERATED)) {
  opensslTest(
    `PrivateKey reads and signs with OpenSSL's ${type} key in every form`,
    async () => {
      const pem = await opensslText(["genpkey", ...args]);
      const spki = await openssl(["pkey", "-pubout", "-outform", "DER"], pem);
      const forms: (string | Uint8Array)[] = [
        pem,
        await openssl(["pkey", "-outform", "DER"], pem),
        await opensslText(
          ["pkcs8", "-topk8", "-passout", "pass:pässword"],
          pem,
        ),
      ];
      if (type === "rsa" || type.startsWith("P-")) {
        const traditional = [type === "rsa" ? "rsa" : "ec"];
        if (type === "rsa") traditional.push("-traditional");
        forms.push(await opensslText(traditional, pem));
        forms.push(await openssl([...traditional, "-outform", "DER"], pem));
        forms.push(
          await opensslText(
            [...traditional, "-aes256", "-passout", "pass:pässword"],
            pem,
          ),
        );
      }
      if (type.startsWith("P-")) {
        const bare = await opensslText(["ec", "-no_public"], pem);
        forms.push(bare);
        forms.push(await opensslText(["pkcs8", "-topk8", "-nocrypt"], bare));
        forms.push(await opensslText(["ec", "-conv_form", "compressed"], pem));
      }
      for (const form of forms) {
        const key = await PrivateKey.parse(form, { passphrase: "pässword" });
        assertEquals(key.publicKey.spki, spki);
      }
      const key = await PrivateKey.parse(pem);
      assertEquals(key.schemes.length > 0, true);
      for (const scheme of key.schemes) await checkSignature(key, scheme, spki);
      // What TLS 1.1 and below sign with (RFC 8422 section 5.4).
      if (type.startsWith("P-")) await checkSignature(key, "ecdsa_sha1", spki);
    },
  );
}

/** Has OpenSSL verify a signature. */
async function checkSignature(
  key: PrivateKey,
  scheme: SignatureSchemeName,
  spki: Uint8Array,
) {
  const data = new TextEncoder().encode(`signed with ${scheme}`);
  const signature = await key.sign(scheme, data);
  await withDirectory(async (path) => {
    await Deno.writeFile(`${path}/data`, data);
    await Deno.writeFile(`${path}/signature`, signature);
    await Deno.writeFile(`${path}/public`, spki);
    const hash = /sha\d+(?=$|_legacy$)/.exec(scheme)?.[0];
    const args = [
      ...["pkeyutl", "-verify", "-pubin", "-keyform", "DER"],
      ...["-inkey", `${path}/public`, "-rawin", "-in", `${path}/data`],
      ...["-sigfile", `${path}/signature`],
    ];
    if (hash !== undefined) args.push("-digest", hash);
    if (scheme.startsWith("rsa_pss")) {
      args.push("-pkeyopt", "rsa_padding_mode:pss");
      args.push("-pkeyopt", "rsa_pss_saltlen:digest");
    }
    assertMatch(await opensslText(args), /Signature Verified Successfully/);
  });
}

const V2_CIPHERS = ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"];
const PRFS = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"];
const ENCRYPTIONS: [string, string[]][] = [
  ...V2_CIPHERS.flatMap((cipher) =>
    PRFS.map((prf): [string, string[]] => [
      `PBES2 with PBKDF2, HMAC-${prf} and ${cipher}`,
      ["-v2", cipher, "-v2prf", `hmacWith${prf}`],
    ])
  ),
  ...V2_CIPHERS.map((cipher): [string, string[]] => [
    `PBES2 with scrypt and ${cipher}`,
    ["-scrypt", "-scrypt_N", "1024", "-v2", cipher],
  ]),
  ["PBES1 with SHA-1 and 3DES", ["-v1", "PBE-SHA1-3DES"]],
  ["PBES1 with SHA-1 and two-key 3DES", ["-v1", "PBE-SHA1-2DES"]],
];

for (const [name, args] of ENCRYPTIONS) {
  opensslTest(`PrivateKey.parse() decrypts OpenSSL's ${name}`, async () => {
    const plain = readText("keys/ec.pkcs8.pem");
    const encrypted = await opensslText(
      ["pkcs8", "-topk8", ...args, "-passout", "pass:sécret €"],
      plain,
    );
    const expected = await PrivateKey.parse(plain);
    const key = await PrivateKey.parse(encrypted, { passphrase: "sécret €" });
    assertEquals(key.publicKey.spki, expected.publicKey.spki);
    await refusal(encrypted, "wrong_passphrase", "secret €");
  });
}

for (const cipher of ["des3", "aes128", "aes192", "aes256"]) {
  opensslTest(
    `PrivateKey.parse() decrypts OpenSSL's Proc-Type PEM with ${cipher}`,
    async () => {
      for (const type of ["ec", "rsa"]) {
        const plain = readText(
          type === "ec" ? "keys/ec.sec1.pem" : "keys/rsa.pkcs1.pem",
        );
        const traditional = type === "ec" ? ["ec"] : ["rsa", "-traditional"];
        const encrypted = await opensslText(
          [...traditional, `-${cipher}`, "-passout", "pass:sécret €"],
          plain,
        );
        assertStringIncludes(encrypted, "Proc-Type: 4,ENCRYPTED");
        const expected = await PrivateKey.parse(plain);
        const key = await PrivateKey.parse(encrypted, {
          passphrase: "sécret €",
        });
        assertEquals(key.publicKey.spki, expected.publicKey.spki);
        await refusal(encrypted, "wrong_passphrase", "secret €");
      }
    },
  );
}

for (
  const algorithm of ["PBE-MD5-DES", "PBE-SHA1-RC2-64", "PBE-SHA1-RC4-128"]
) {
  opensslTest(`PrivateKey.parse() refuses ${algorithm} by name`, async () => {
    const encrypted = await opensslText(
      [
        ...["pkcs8", "-topk8", "-v1", algorithm, "-passout", "pass:secret"],
        ...["-provider", "legacy", "-provider", "default"],
      ],
      readText("keys/ec.pkcs8.pem"),
    );
    const name = algorithm.includes("RC2")
      ? /SHA-1 and RC2/
      : algorithm.includes("RC4")
      ? /128-bit RC4/
      : /MD5 and DES/;
    const message = await refusal(encrypted, "unsupported_key", "secret");
    assertMatch(message, name);
    assertMatch(message, /Convert it with: openssl pkcs8/);
  });
}

opensslTest(
  "PrivateKey.parse() refuses other curves and algorithms by name",
  async () => {
    const refused: [string[], RegExp][] = [
      [
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        /secp256k1/,
      ],
      [
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp224r1"],
        /secp224r1/,
      ],
      [["-algorithm", "X448"], /X448/],
      [
        [
          ...["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
          ...["-pkeyopt", "ec_param_enc:explicit"],
        ],
        /explicit parameters.*named_curve/,
      ],
    ];
    for (const [args, expected] of refused) {
      const pem = await opensslText(["genpkey", ...args]);
      assertMatch(await refusal(pem, "unsupported_key"), expected);
    }
  },
);
