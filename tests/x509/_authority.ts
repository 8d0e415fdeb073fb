/** Certificates for tests of paths, in few words. */

import { assert } from "@std/assert";
import type { Certificate } from "../../x509/certificate.ts";
import {
  issueCertificate,
  type IssuedCertificate,
  type IssueOptions,
} from "../../x509/issue.ts";
import { formatPem } from "../../x509/pem.ts";
import { TrustStore } from "../../x509/trust_store.ts";
import {
  type Verdict,
  verifyChain,
  type VerifyChainOptions,
} from "../../x509/verify.ts";

/** A CA: a root, unless it has an issuer. */
export function authority(
  subject: string,
  issuer?: IssuedCertificate,
  options: IssueOptions = {},
): Promise<IssuedCertificate> {
  return issueCertificate({
    ca: true,
    subject,
    ...issuer && { issuer },
    ...options,
  });
}

/** A server's certificate for `example.com`. */
export function server(
  issuer?: IssuedCertificate,
  options: IssueOptions = {},
): Promise<IssuedCertificate> {
  return issueCertificate({
    names: ["example.com"],
    ...issuer && { issuer },
    ...options,
  });
}

/** The certificate itself. */
export function certificateOf(issued: IssuedCertificate): Certificate {
  const certificate = issued.identity.chain[0];
  assert(certificate !== undefined);
  return certificate;
}

/** The certificates themselves. */
export function certificatesOf(...issued: IssuedCertificate[]): Certificate[] {
  return issued.map(certificateOf);
}

/**
 * What issues in the name and with the key of a certificate that is no CA:
 * `issueCertificate()` takes no such issuer.
 */
export async function pretender(
  issued: IssuedCertificate,
): Promise<IssuedCertificate> {
  const subject = certificateOf(issued).subject;
  const { identity } = await issueCertificate({
    ca: true,
    subject,
    key: issued.key,
  });
  return { ...issued, identity };
}

/** Verifies a server's chain that may end at the given certificates. */
export function verify(
  chain: IssuedCertificate[],
  anchors: IssuedCertificate[],
  options: Partial<VerifyChainOptions> = {},
): Promise<Verdict> {
  return verifyChain({
    chain: certificatesOf(...chain),
    trust: TrustStore.of(...certificatesOf(...anchors)),
    name: "example.com",
    ...options,
  });
}

/** The codes of what is wrong. */
export function codes({ errors }: Verdict): string[] {
  return errors.map(({ code }) => code);
}

/** The subjects along the path. */
export function subjects({ path }: Verdict): string[] {
  return path.map(({ subject }) => subject.replace(/^CN=/, ""));
}

/** A private key that no option of `issueCertificate` makes, in PEM. */
export async function rsaKey(bits: number): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: bits,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  return formatPem("PRIVATE KEY", new Uint8Array(pkcs8));
}
