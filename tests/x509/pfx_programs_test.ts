/**
 * PFX files as the programs write them that people have.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { TlsError } from "../../errors.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { parsePfx, type PfxOptions } from "../../x509/keys/pfx.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { withDirectory } from "./_openssl.ts";
import {
  bouncyCastle,
  certtoolMissing,
  keytoolMissing,
  nssMissing,
  opensslMissing,
  program,
  programTest,
} from "./_programs.ts";

const PASSPHRASE = "hunter2";

/** Where a program finds a key pair, and writes its file. */
interface Files {
  readonly folder: string;
  readonly cert: string;
  readonly key: string;
  /** A PFX file of OpenSSL's, from which others import. */
  readonly pfx: string;
  readonly out: string;
}

interface Writer {
  readonly name: string;
  readonly absent: string | undefined;
  write(files: Files): Promise<unknown>;
}

const WRITERS: readonly Writer[] = [
  ...Object.entries({
    "OpenSSL -legacy": ["-legacy"],
    "OpenSSL with RC2-128": [
      ...["-legacy", "-certpbe", "PBE-SHA1-RC2-128"],
      ...["-keypbe", "PBE-SHA1-RC2-128"],
    ],
    "OpenSSL -iter 1200000": ["-iter", "1200000"],
    "OpenSSL with a MAC of SHA-512/224": ["-macalg", "sha512-224"],
    "OpenSSL with a MAC of SHA-512/256": ["-macalg", "sha512-256"],
    "OpenSSL with a MAC of SHA3-224": ["-macalg", "sha3-224"],
    "OpenSSL with a MAC of SHA3-256": ["-macalg", "sha3-256"],
    "OpenSSL with a MAC of SHA3-384": ["-macalg", "sha3-384"],
    "OpenSSL with a MAC of SHA3-512": ["-macalg", "sha3-512"],
  }).map(([name, args]) => ({
    name,
    absent: opensslMissing,
    write: (files: Files) => exportPfx(files, args, files.out),
  })),
  ...["-J-Dkeystore.pkcs12.legacy=false", "-J-Dkeystore.pkcs12.legacy=true"]
    .map((flag) => ({
      name: `keytool ${flag}`,
      absent: keytoolMissing ?? opensslMissing,
      write: (files: Files) => importStore(files, "PKCS12", [flag]),
    })),
  ...["PKCS12", "PKCS12-AES256-AES128"].map((type) => ({
    name: `BouncyCastle's ${type}`,
    absent: "missing" in bouncyCastle
      ? bouncyCastle.missing
      : keytoolMissing ?? opensslMissing,
    write: (files: Files) =>
      importStore(files, type, [
        ...["-destprovidername", "BC", "-providerclass", BC_PROVIDER],
        "-providerpath",
        "jar" in bouncyCastle ? bouncyCastle.jar : "",
      ]),
  })),
  ...Object.entries({
    "NSS's pk12util": [],
    "NSS's pk12util with 3DES and RC2-40": [
      ...["-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC"],
      ...["-C", "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"],
    ],
    "NSS's pk12util with a MAC of SHA-512": ["-M", "SHA-512"],
  }).map(([name, args]) => ({
    name,
    absent: nssMissing ?? opensslMissing,
    write: (files: Files) => exportNss(files, args),
  })),
  ...Object.entries({
    "certtool": [],
    "certtool with RC2-40": ["--pkcs-cipher", "rc2-40"],
  }).map(([name, args]) => ({
    name,
    absent: certtoolMissing,
    write: (files: Files) =>
      program("certtool", [
        ...["--to-p12", "--p12-name", "a", "--password", PASSPHRASE],
        ...["--load-certificate", files.cert, "--load-privkey", files.key],
        ...["--outder", "--outfile", files.out, ...args],
      ]),
  })),
];

const BC_PROVIDER = "org.bouncycastle.jce.provider.BouncyCastleProvider";

for (const { name, absent, write } of WRITERS) {
  programTest(
    absent,
    `parsePfx() reads the file of ${name}`,
    () =>
      withFiles(async (files) => {
        await write(files);
        const bytes = await Deno.readFile(files.out);
        const { chain, caCerts } = await parsePfx(bytes, {
          passphrase: PASSPHRASE,
        });
        assertEquals(chain.map(({ subject }) => subject), ["CN=a.example.com"]);
        assertEquals(caCerts, []);
        // A wrong passphrase, an empty one and none are distinguished.
        await refusal(bytes, "wrong_passphrase", { passphrase: "hunter3" });
        await refusal(bytes, "wrong_passphrase", { passphrase: "" });
        await refusal(bytes, "passphrase_required");
      }),
  );
}

programTest(
  opensslMissing,
  "parsePfx() counts the work of one file, and says how to raise the limit",
  () =>
    withFiles(async (files) => {
      await exportPfx(files, ["-iter", "3000"], files.out);
      const bytes = await Deno.readFile(files.out);
      const passphrase = PASSPHRASE;
      // A wrong passphrase, an empty one and none are distinguished.
      await refusal(bytes, "wrong_passphrase", { passphrase: "hunter3" });
      await refusal(bytes, "wrong_passphrase", { passphrase: "" });
      // The MAC, the certificate and the key: 3000 each.
      const { chain } = await parsePfx(bytes, {
        passphrase,
        maxIterations: 9000,
      });
      assertEquals(chain.length, 1);
      const message = await refusal(bytes, "unsupported_key", {
        passphrase,
        maxIterations: 8999,
      });
      assertStringIncludes(
        message,
        "3000 iterations exceed the limit of 8999 for one file, 9000 in all",
      );
      assertStringIncludes(message, '"maxIterations"');
      for (const maxIterations of [0, -1, 1.5, NaN]) {
        await assertRejects(
          () => parsePfx(bytes, { passphrase, maxIterations }),
          RangeError,
          `"maxIterations" must be a whole number from 1 on, got ${maxIterations}`,
        );
      }
    }),
);

programTest(
  keytoolMissing,
  "TrustStore.fromPfx() reads the trust store of keytool",
  () =>
    withFiles(async ({ cert, out }) => {
      await program("keytool", [
        ...["-importcert", "-noprompt", "-alias", "ca", "-file", cert],
        ...["-keystore", out, "-storetype", "PKCS12", "-storepass", PASSPHRASE],
      ]);
      const bytes = await Deno.readFile(out);
      const store = await TrustStore.fromPfx(bytes, { passphrase: PASSPHRASE });
      assertEquals(
        store.certificates.map(({ subject }) => subject),
        ["CN=a.example.com"],
      );
      const open = (passphrase?: string) =>
        TrustStore.fromPfx(
          bytes,
          passphrase === undefined ? {} : { passphrase },
        );
      assertEquals(await codeOf(open), "passphrase_required");
      assertEquals(await codeOf(() => open("wrong")), "wrong_passphrase");
      const message = await refusal(bytes, "malformed_pfx", {
        passphrase: PASSPHRASE,
      });
      assertStringIncludes(message, "no private key");
      assertStringIncludes(message, "TrustStore.fromPfx()");
    }),
);

programTest(
  opensslMissing,
  "TrustStore.fromPfx() refuses a file with a key, and one without certificates",
  () =>
    withFiles(async ({ key, pfx, out }) => {
      const open = async (path: string) =>
        await TrustStore.fromPfx(await Deno.readFile(path), {
          passphrase: PASSPHRASE,
        });
      await assertRejects(() => open(pfx), TlsError, "it has a private key");
      await program("openssl", [
        ...["pkcs12", "-export", "-nocerts", "-inkey", key, "-out", out],
        ...["-passout", `pass:${PASSPHRASE}`],
      ]);
      const bytes = await Deno.readFile(out);
      assertStringIncludes(
        await refusal(bytes, "key_mismatch", { passphrase: PASSPHRASE }),
        "it has a private key and no certificate",
      );
    }),
);

programTest(
  opensslMissing,
  "the hint about PFX files is what converts one",
  () =>
    withFiles(async (files) => {
      const old = `${files.folder}/old.pfx`;
      const rc4 = [
        "-keypbe",
        "PBE-SHA1-RC4-128",
        "-certpbe",
        "PBE-SHA1-RC4-40",
      ];
      await exportPfx(files, ["-legacy", ...rc4], old);
      const message = await refusal(
        await Deno.readFile(old),
        "unsupported_key",
        {
          passphrase: PASSPHRASE,
        },
      );
      assertStringIncludes(message, "40-bit RC4");
      const command = /Convert it with: (.*), and delete all\.pem/.exec(
        message,
      );
      assert(command?.[1]);
      // What it asks for on a terminal.
      const script = command[1]
        .replace("-nodes", `-nodes -passin pass:${PASSPHRASE}`)
        .replace("-export", `-export -passout pass:${PASSPHRASE}`);
      await program("sh", ["-c", `cd ${files.folder} && ${script}`]);
      const bytes = await Deno.readFile(`${files.folder}/new.pfx`);
      const { chain } = await parsePfx(bytes, { passphrase: PASSPHRASE });
      assertEquals(chain.length, 1);
    }),
);

async function withFiles(use: (files: Files) => Promise<void>): Promise<void> {
  await withDirectory(async (folder) => {
    const { cert, key } = await issueCertificate({
      names: ["a.example.com"],
      keyType: "rsa-2048",
    });
    const files = {
      folder,
      cert: `${folder}/cert.pem`,
      key: `${folder}/key.pem`,
      pfx: `${folder}/in.pfx`,
      out: `${folder}/out.pfx`,
    };
    await Deno.writeTextFile(files.cert, cert);
    await Deno.writeTextFile(files.key, key);
    if (opensslMissing === undefined) await exportPfx(files, [], files.pfx);
    await use(files);
  });
}

function exportPfx(
  { cert, key }: Files,
  args: readonly string[],
  out: string,
): Promise<string> {
  return program("openssl", [
    ...["pkcs12", "-export", "-in", cert, "-inkey", key, "-name", "a"],
    ...["-out", out, "-passout", `pass:${PASSPHRASE}`, ...args],
  ]);
}

function importStore(
  { pfx, out }: Files,
  type: string,
  args: readonly string[],
): Promise<string> {
  return program("keytool", [
    ...args.filter((arg) => arg.startsWith("-J")),
    ...["-importkeystore", "-noprompt", "-srckeystore", pfx],
    ...["-srcstoretype", "PKCS12", "-srcstorepass", PASSPHRASE],
    ...["-destkeystore", out, "-deststoretype", type],
    ...["-deststorepass", PASSPHRASE],
    ...args.filter((arg) => !arg.startsWith("-J")),
  ]);
}

async function exportNss(
  { folder, pfx, out }: Files,
  args: readonly string[],
): Promise<void> {
  const database = ["-d", `sql:${folder}`];
  await program("certutil", ["-N", ...database, "--empty-password"]);
  const password = ["-W", PASSPHRASE];
  await program("pk12util", ["-i", pfx, ...database, ...password]);
  await program("pk12util", [
    ...["-o", out, "-n", "a", ...database, ...password, ...args],
  ]);
}

async function refusal(
  bytes: Uint8Array,
  code: string,
  options: PfxOptions = {},
): Promise<string> {
  const error = await assertRejects(() => parsePfx(bytes, options), TlsError);
  assertEquals(error.code, code, error.message);
  return error.message;
}

async function codeOf(open: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(open, TlsError)).code;
}
