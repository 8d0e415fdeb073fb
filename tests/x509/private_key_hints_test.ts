/**
 * Keys that are refused: by one name in every form, with hints that work.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { parseKeyPair } from "../../x509/keys/key_pair.ts";
import { parsePfx } from "../../x509/keys/pfx.ts";
import { PrivateKey } from "../../x509/keys/private_key.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { withDirectory } from "./_openssl.ts";
import {
  keytoolMissing,
  opensslMissing,
  program,
  programTest,
  sshKeygenMissing,
} from "./_programs.ts";

const LEGACY = ["-provider", "legacy", "-provider", "default"];
const PASS = "pass:hunter2";

/** How OpenSSL encrypts a key with what is refused. */
const REFUSED: Readonly<Record<string, string[]>> = {
  "PBES1 with MD5 and DES": ["pkcs8", "-topk8", "-v1", "PBE-MD5-DES"],
  "PBES1 with SHA-1 and RC2": ["pkcs8", "-topk8", "-v1", "PBE-SHA1-RC2-64"],
  "128-bit RC4": ["pkcs8", "-topk8", "-v1", "PBE-SHA1-RC4-128"],
  "DES-CBC": ["pkcs8", "-topk8", "-v2", "des-cbc"],
  "RC2-CBC": ["pkcs8", "-topk8", "-v2", "rc2-cbc"],
  "DEK-Info DES-CBC": ["rsa", "-traditional", "-des-cbc"],
  "DEK-Info RC2-CBC": ["rsa", "-traditional", "-rc2-cbc"],
  "DEK-Info CAMELLIA-256-CBC": ["rsa", "-traditional", "-camellia-256-cbc"],
  "DEK-Info ARIA-128-CBC": ["rsa", "-traditional", "-aria-128-cbc"],
};

for (const [name, args] of Object.entries(REFUSED)) {
  programTest(
    opensslMissing,
    `the hint about ${name} is what converts a key`,
    () =>
      withDirectory(async (folder) => {
        const { key } = await issueCertificate({
          names: ["a.example.com"],
          keyType: "rsa-2048",
        });
        await Deno.writeTextFile(`${folder}/key.pem`, key);
        const [command = "", ...others] = args;
        await program("openssl", [
          ...[command, ...LEGACY, ...others, "-in", `${folder}/key.pem`],
          ...["-passout", PASS, "-out", `${folder}/old.pem`],
        ]);
        const error = await refusal(`${folder}/old.pem`);
        assertEquals(error.code, "unsupported_key", error.message);
        const script = /Convert it with: (.*)$/.exec(error.message)?.[1];
        assert(script);
        await program("sh", [
          "-c",
          `cd ${folder} && ${script} -passin ${PASS} -passout ${PASS}`,
        ]);
        await readable(`${folder}/new.pem`, key);
      }),
  );
}

programTest(
  opensslMissing,
  "the hint about explicit parameters is what converts a key",
  () =>
    withDirectory(async (folder) => {
      const [old, converted] = [`${folder}/old.pem`, `${folder}/new.pem`];
      await program("openssl", [
        ...["ecparam", "-genkey", "-name", "prime256v1"],
        ...["-param_enc", "explicit", "-noout", "-out", old],
      ]);
      const error = await refusal(old);
      assertEquals(error.code, "unsupported_key");
      const script = /Convert it with: (.*)$/.exec(error.message)?.[1];
      assert(script);
      await program("sh", ["-c", `${script} -in ${old} -out ${converted}`]);
      assert(await PrivateKey.parse(await Deno.readTextFile(converted)));
    }),
);

for (const type of ["rsa", "ecdsa", "ed25519"]) {
  programTest(
    sshKeygenMissing,
    `the hint about OpenSSH's ${type} keys works, or says that nothing does`,
    () =>
      withDirectory(async (folder) => {
        const file = `${folder}/key`;
        await program("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", file]);
        const error = await refusal(file);
        assertEquals(error.code, "unsupported_key");
        const script = /Convert it with: (.*)$/.exec(error.message)?.[1]
          ?.replace("<file>", `${file} -N "" -q`);
        if (type === "ed25519") {
          assertEquals(script, undefined);
          assert(
            error.message.includes("ssh-keygen cannot convert Ed25519 keys"),
          );
          return;
        }
        await program("sh", ["-c", script ?? "false"]);
        assert(await PrivateKey.parse(await Deno.readTextFile(file)));
      }),
  );
}

programTest(
  opensslMissing,
  "DSA keys are refused alike in every form",
  () =>
    withDirectory(async (folder) => {
      const path = (name: string) => `${folder}/${name}`;
      const pkcs8 = path("pkcs8.pem");
      await program("openssl", [
        ...["genpkey", "-genparam", "-algorithm", "DSA", "-out", path("dsa")],
        ...["-pkeyopt", "dsa_paramgen_bits:1024"],
      ]);
      await program("openssl", [
        ...["genpkey", "-paramfile", path("dsa"), "-out", pkcs8],
      ]);
      const input = ["-in", pkcs8];
      const encrypted = ["-aes256", "-passout", PASS];
      const forms: Record<string, string[]> = {
        "pkcs8.der": ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"],
        "encrypted.pem": ["pkcs8", "-topk8", "-passout", PASS],
        "traditional.pem": ["dsa"],
        "traditional.der": ["dsa", "-outform", "DER"],
        "proc-type.pem": ["dsa", ...encrypted],
      };
      const messages = new Set([(await refusal(pkcs8)).message]);
      for (const [name, args] of Object.entries(forms)) {
        await program("openssl", [...args, ...input, "-out", path(name)]);
        const error = await refusal(path(name));
        assertEquals(error.code, "unsupported_key", name);
        messages.add(error.message);
      }
      assertEquals([...messages].length, 1);
      assert([...messages].join().includes("DSA key"));
    }),
);

for (const type of ["JKS", "JCEKS"]) {
  programTest(
    keytoolMissing,
    `${type} keystores are named wherever a file is taken, with what converts them`,
    () =>
      withDirectory(async (folder) => {
        const old = `${folder}/old.jks`;
        const password = ["-storepass", "hunter2", "-keypass", "hunter2"];
        await program("keytool", [
          ...["-genkeypair", "-keyalg", "RSA", "-dname", "CN=a", ...password],
          ...["-alias", "a", "-keystore", old, "-storetype", type],
        ]);
        const bytes = await Deno.readFile(old);
        const { cert } = await issueCertificate({ names: ["a"] });
        const passphrase = "hunter2";
        const refusals = [
          () => PrivateKey.parse(bytes, { passphrase }),
          () => parsePfx(bytes, { passphrase }),
          () => TrustStore.fromPfx(bytes, { passphrase }),
          () => TrustStore.fromFile(old),
          () => parseKeyPair(bytes, bytes, { passphrase }),
          () => parseKeyPair(cert, bytes, { passphrase }),
        ];
        for (const refused of refusals) {
          const error = await assertRejects(refused, TlsError);
          assert(error.message.includes("Java keystore"), error.message);
          assert(error.message.includes("keytool -importkeystore"));
        }
        for (const read of [Certificate.parse, Certificate.fromPem]) {
          const error = assertThrows(() => read(bytes), TlsError);
          assert(error.message.includes("Java keystore"), error.message);
        }
        const error = await assertRejects(
          refusals[0] ?? (() => Promise.resolve()),
          TlsError,
        );
        const script = /Convert it with: (.*)$/.exec(error.message)?.[1];
        await program("sh", [
          "-c",
          `cd ${folder} && ${script} -srcstorepass hunter2 -deststorepass hunter2`,
        ]);
        const pfx = await Deno.readFile(`${folder}/new.p12`);
        assertEquals((await parsePfx(pfx, { passphrase })).chain.length, 1);
      }),
  );
}

async function refusal(path: string): Promise<TlsError> {
  const bytes = await Deno.readFile(path);
  const parse = () => PrivateKey.parse(bytes, { passphrase: "hunter2" });
  return await assertRejects(parse, TlsError);
}

async function readable(path: string, key: string): Promise<void> {
  const passphrase = "hunter2";
  const converted = await PrivateKey.parse(await Deno.readTextFile(path), {
    passphrase,
  });
  const { publicKey } = await PrivateKey.parse(key);
  assertEquals(converted.publicKey.spki, publicKey.spki);
}
