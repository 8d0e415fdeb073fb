/** CRLs and OCSP responses that OpenSSL makes for issued certificates. */

import { assertEquals } from "@std/assert";
import { Crl } from "../../x509/crl.ts";
import { checkCrls } from "../../x509/crl_check.ts";
import { issueCertificate, type IssuedCertificate } from "../../x509/issue.ts";
import { OcspResponse } from "../../x509/ocsp.ts";
import { checkOcspResponse } from "../../x509/ocsp_check.ts";
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
