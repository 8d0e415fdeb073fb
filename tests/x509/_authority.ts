/** Certificates for tests of paths, in few words. */

import { assert } from "@std/assert";
import { Certificate } from "../../x509/certificate/certificate.ts";
import {
  boolean,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
  tlv,
} from "../../x509/asn1/der.ts";
import type { Extension } from "../../x509/certificate/extensions.ts";
import {
  issueCertificate,
  type IssuedCertificate,
  type IssueOptions,
} from "../../x509/issue/issue.ts";
import {
  certificateScheme,
  encodeSignatureAlgorithm,
  signStructure,
} from "../../x509/issue/issue_signature.ts";
import { formatPem } from "../../x509/asn1/pem.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  type Verdict,
  verifyChain,
  type VerifyChainOptions,
} from "../../x509/path/verify.ts";

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
 * What issues in the name and with the key of a certificate that is not a CA:
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

/**
 * The same certificate without some of its extensions, or without all of them
 * and so of version 1; its issuer signs it again.
 */
export async function withoutExtensions(
  issued: IssuedCertificate,
  issuer: IssuedCertificate,
  ...left: string[]
): Promise<IssuedCertificate> {
  const { identity, ...rest } = issued;
  const [certificate] = identity.chain;
  assert(certificate !== undefined);
  const kept = left[0] === "all"
    ? []
    : certificate.extensions.filter(({ oid }) => !left.includes(oid));
  const signer = issuer.identity.key;
  const scheme = certificateScheme(signer);
  const tbs = sequence(
    ...kept.length > 0 ? [explicit(0, integer(2))] : [],
    tlv(0x02, certificate.serialNumberBytes),
    encodeSignatureAlgorithm(scheme),
    certificate.issuerName.raw,
    sequence(time(certificate.notBefore), time(certificate.notAfter)),
    certificate.subjectName.raw,
    certificate.publicKey.spki,
    ...kept.length > 0
      ? [explicit(3, sequence(...kept.map(encodeExtension)))]
      : [],
  );
  const der = await signStructure(tbs, signer, scheme);
  const chain = [Certificate.parse(der), ...identity.chain.slice(1)];
  return {
    ...rest,
    cert: chain.map((each) => each.toPem()).join(""),
    identity: { ...identity, chain },
  };
}

function encodeExtension({ oid: id, critical, value }: Extension): Uint8Array {
  return sequence(
    oid(id),
    ...critical ? [boolean(true)] : [],
    octetString(value),
  );
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
