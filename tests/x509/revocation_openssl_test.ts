/** CRLs and OCSP responses that OpenSSL makes for issued certificates. */

import { assertEquals } from "@std/assert";
import { Crl } from "../../x509/status/crl.ts";
import { checkCrls } from "../../x509/path/crl_check.ts";
import {
  issueCertificate,
  type IssuedCertificate,
} from "../../x509/issue/issue.ts";
import { fetchOcsp } from "../../x509/fetch/fetch_ocsp.ts";
import { OcspResponse } from "../../x509/status/ocsp.ts";
import { checkOcspResponse } from "../../x509/path/ocsp_check.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { openssl, opensslTest, withDirectory } from "./_openssl.ts";
import { certificateOf, security } from "./_revocation.ts";

const CONFIGURATION = `
[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = default
default_crl_days = 7
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid:always
`;

interface Authority {
  readonly ca: IssuedCertificate;
  readonly good: IssuedCertificate;
  readonly bad: IssuedCertificate;
}

/** An authority's files, one of its two certificates revoked. */
async function writeAuthority(path: string, keyType: string) {
  const ca = await issueCertificate({ ca: true, subject: "CA", keyType });
  const issue = (name: string) =>
    issueCertificate({ names: [name], issuer: ca });
  const good = await issue("good.example.com");
  const bad = await issue("bad.example.com");
  const lines = [good, bad].map((one) => {
    const revoked = one === bad ? "260101000000Z,superseded" : "";
    const status = one === bad ? "R" : "V";
    const { serialNumber, subject } = certificateOf(one);
    const fields = [status, "491231235959Z", revoked, serialNumber, "unknown"];
    return [...fields, `/${subject}`].join("\t");
  });
  await Deno.writeTextFile(`${path}/index.txt`, `${lines.join("\n")}\n`);
  await Deno.writeTextFile(`${path}/crlnumber`, "2A\n");
  const configuration = CONFIGURATION
    .replace("index.txt", `${path}/index.txt`)
    .replace("= crlnumber", `= ${path}/crlnumber`);
  await Deno.writeTextFile(`${path}/ca.cnf`, configuration);
  await Deno.writeTextFile(`${path}/ca.pem`, ca.cert);
  await Deno.writeTextFile(`${path}/ca.key`, ca.key);
  await Deno.writeTextFile(`${path}/good.pem`, good.cert);
  await Deno.writeTextFile(`${path}/bad.pem`, bad.cert);
  return { ca, good, bad } satisfies Authority;
}

for (const keyType of ["P-256", "P-384", "P-521", "rsa-2048"]) {
  opensslTest(
    `checkCrls() relies on the list that OpenSSL makes with a ${keyType} key`,
    async () => {
      await withDirectory(async (path) => {
        const { ca, good, bad } = await writeAuthority(path, keyType);
        const text = await openssl([
          ...["ca", "-gencrl", "-config", `${path}/ca.cnf`],
          ...["-cert", `${path}/ca.pem`, "-keyfile", `${path}/ca.key`],
        ]);
        const crl = Crl.parse(text);
        assertEquals(crl.crlNumber, 42n);
        const expected = [[good, "good"], [bad, "revoked"]] as const;
        for (const [one, status] of expected) {
          const result = await checkCrls({
            certificate: certificateOf(one),
            issuer: certificateOf(ca),
            crls: [crl],
            now: new Date(),
            security,
            strict: true,
          });
          assertEquals(result.status.status, status);
        }
        assertEquals(
          crl.find(certificateOf(bad).serialNumber)?.reason,
          "superseded",
        );
      });
    },
  );

  opensslTest(
    `checkOcspResponse() relies on the response that OpenSSL makes with a ${keyType} key`,
    async () => {
      await withDirectory(async (path) => {
        const { ca, good, bad } = await writeAuthority(path, keyType);
        const responder = await issueCertificate({
          subject: "Responder",
          issuer: ca,
          keyType,
          extendedKeyUsage: ["OCSPSigning"],
        });
        await Deno.writeTextFile(`${path}/responder.pem`, responder.cert);
        await Deno.writeTextFile(`${path}/responder.key`, responder.key);
        const expected = [[good, "good"], [bad, "revoked"]] as const;
        for (const [one, status] of expected) {
          for (const signer of ["ca", "responder"]) {
            await openssl([
              ...[
                "ocsp",
                "-index",
                `${path}/index.txt`,
                "-CA",
                `${path}/ca.pem`,
              ],
              ...["-rsigner", `${path}/${signer}.pem`],
              ...["-rkey", `${path}/${signer}.key`, "-ndays", "7"],
              ...["-issuer", `${path}/ca.pem`],
              ...["-cert", `${path}/${one === good ? "good" : "bad"}.pem`],
              ...["-respout", `${path}/response.der`],
            ]);
            const der = await Deno.readFile(`${path}/response.der`);
            const result = await checkOcspResponse({
              certificate: certificateOf(one),
              issuer: certificateOf(ca),
              response: OcspResponse.parse(der),
              now: new Date(),
              security,
            });
            assertEquals(result.status, status, `signed by ${signer}`);
          }
        }
      });
    },
  );
}

opensslTest("fetchOcsp() asks OpenSSL's responder", async () => {
  await withDirectory(async (path) => {
    const { ca } = await writeAuthority(path, "P-256");
    const serials = { V: "01A1", R: "01A2" };
    const lines = Object.entries(serials).map(([status, serial]) =>
      [
        status,
        "491231235959Z",
        status === "R" ? "260101000000Z,superseded" : "",
        serial,
        "unknown",
        `/CN=${status}`,
      ].join("\t")
    );
    await Deno.writeTextFile(`${path}/index.txt`, `${lines.join("\n")}\n`);
    await using responder = await startResponder(path);
    const verify = async (serial: string) => {
      const leaf = await issueCertificate({
        names: ["localhost"],
        issuer: ca,
        serialNumber: Uint8Array.fromHex(serial),
        ocspUrls: [responder.url],
      });
      return await verifyChain({
        chain: [certificateOf(leaf)],
        trust: TrustStore.of(ca.cert),
        ocsp: fetchOcsp({ allowPrivateAddresses: true }),
        requireOcsp: true,
      });
    };
    const good = await verify(serials.V);
    assertEquals(good.errors.map(({ message }) => message), []);
    const bad = await verify(serials.R);
    assertEquals(bad.errors.map(({ code }) => code), ["certificate_revoked"]);
    const unknown = await verify("01A3");
    assertEquals(unknown.errors.map(({ code }) => code), [
      "ocsp_response_unusable",
    ]);
  });
});

/** `openssl ocsp` at a port that the system gives. */
async function startResponder(path: string) {
  const child = new Deno.Command("openssl", {
    args: [
      ...["ocsp", "-port", "0", "-index", `${path}/index.txt`],
      ...["-CA", `${path}/ca.pem`, "-ndays", "1"],
      ...["-rsigner", `${path}/ca.pem`, "-rkey", `${path}/ca.key`],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = child.stderr.pipeTo(new WritableStream());
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let port: string | undefined;
  while (port === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`openssl ocsp ended: ${text}`);
    text += value;
    port = /ACCEPT .*:(\d+)/.exec(text)?.[1];
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await Promise.all([child.status, errors]);
    },
  };
}
