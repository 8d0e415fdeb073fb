/**
 * Chains as public CAs issue them: a root, a CA and a server, each field of which
 * can be replaced, so that exactly one thing is wrong.
 */

import type { SignatureSchemeName } from "../../../crypto/signatures/signing_key.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from "../../../x509/asn1/der.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { encodeSignatureAlgorithm } from "../../../x509/issue/issue_signature.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import type { PrivateKey } from "../../../x509/keys/private_key.ts";
import {
  access,
  CA_ISSUERS,
  crlPoint,
  DV,
  type ExtensionFields,
  generalNames,
  name,
  OCSP,
  policies,
  purposes,
  uri,
  usage,
} from "./_fields.ts";

/** Fields of a certificate, in DER unless they are of a type of their own. */
export interface Fields {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly issuer: Uint8Array | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** In place of both dates. */
  readonly validity: Uint8Array | undefined;
  readonly subject: Uint8Array;
  /** What kind of key, as `issueCertificate` has it. */
  readonly keyType: string;
  readonly spki: Uint8Array | undefined;
  readonly uniqueId: Uint8Array | undefined;
  /** By name or object identifier; `undefined` leaves out what is usual. */
  readonly extensions: Readonly<Record<string, ExtensionFields | undefined>>;
  readonly scheme: SignatureSchemeName;
  /** In place of the scheme's. */
  readonly signatureAlgorithm: Uint8Array | undefined;
}

/** Which fields of which certificate are not as usual. */
export interface ChainChanges {
  readonly root?: Partial<Fields>;
  readonly subCa?: Partial<Fields>;
  readonly leaf?: Partial<Fields>;
}

/** The leaf, its CA, and the root. */
export async function publicChain(
  changes: ChainChanges = {},
): Promise<[Certificate, Certificate, Certificate]> {
  const root = await make("root", merge(usualRoot(), changes.root));
  const subCa = await make("subCa", merge(usualSubCa(), changes.subCa), root);
  const leaf = await make("leaf", merge(usualLeaf(), changes.leaf), subCa);
  return [leaf.certificate, subCa.certificate, root.certificate];
}

/** When these chains are valid. */
export const NOW: Date = new Date("2026-07-01T00:00:00Z");

interface Made {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
}

async function make(
  place: keyof ChainChanges,
  fields: Fields,
  issuer?: Made,
): Promise<Made> {
  const key = await keyOf(fields.keyType, place);
  const signer = issuer?.key ?? key;
  const algorithm = fields.signatureAlgorithm ??
    encodeSignatureAlgorithm(fields.scheme);
  const keyId = keyIdOf(key);
  const tbs = sequence(
    ...fields.version.length > 0 ? [fields.version] : [],
    fields.serialNumber,
    algorithm,
    fields.issuer ?? issuer?.certificate.subjectName.raw ?? fields.subject,
    fields.validity ?? sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.spki ?? key.publicKey.spki,
    ...fields.uniqueId ? [fields.uniqueId] : [],
    explicit(3, sequence(...extensionsOf(fields, keyId, keyIdOf(signer)))),
  );
  const signature = await signer.sign(fields.scheme, tbs);
  return {
    key,
    certificate: Certificate.parse(
      sequence(tbs, algorithm, bitString(signature)),
    ),
  };
}

function extensionsOf(
  { extensions }: Fields,
  keyId: Uint8Array,
  issuerKeyId: Uint8Array,
): Uint8Array[] {
  const known: Readonly<Record<string, string>> = ExtensionOid;
  const all: Fields["extensions"] = {
    authorityKeyIdentifier: {
      value: sequence(implicit(0, octetString(issuerKeyId))),
    },
    subjectKeyIdentifier: { value: octetString(keyId) },
    ...extensions,
  };
  return Object.entries(all).flatMap(([name, fields]) =>
    fields === undefined ? [] : [sequence(
      oid(known[name] ?? name),
      ...fields.critical ? [boolean(true)] : [],
      octetString(fields.value),
    )]
  );
}

function merge(usual: Fields, changes: Partial<Fields> = {}): Fields {
  return {
    ...usual,
    ...changes,
    extensions: { ...usual.extensions, ...changes.extensions },
  };
}

function keyIdOf({ publicKey }: PrivateKey): Uint8Array {
  return publicKey.bytes.slice(-20);
}

/** Keys take time; one of a kind is made for each place in a chain. */
const keys = new Map<string, Promise<PrivateKey>>();

function keyOf(keyType: string, place: string): Promise<PrivateKey> {
  const id = `${keyType} ${place}`;
  const made = keys.get(id) ?? issueCertificate({
    names: ["key.example"],
    keyType,
  }).then(({ identity }) => identity.key);
  keys.set(id, made);
  return made;
}

/** The extensions and dates that all have. */
function usual(): Omit<Fields, "subject" | "notBefore" | "notAfter"> {
  return {
    version: explicit(0, integer(2)),
    serialNumber: integer(0x4000_1234_5678_9abc_def0n),
    issuer: undefined,
    validity: undefined,
    keyType: "P-256",
    spki: undefined,
    uniqueId: undefined,
    extensions: {},
    scheme: "ecdsa_secp256r1_sha256",
    signatureAlgorithm: undefined,
  };
}

function usualRoot(): Fields {
  return {
    ...usual(),
    notBefore: new Date("2025-01-01T00:00:00Z"),
    notAfter: new Date("2044-12-31T23:59:59Z"),
    subject: name(["C", "US"], ["O", "Example Trust"], ["CN", "Example Root"]),
    extensions: {
      basicConstraints: { value: sequence(boolean(true)), critical: true },
      keyUsage: usage("digitalSignature", "keyCertSign", "cRLSign"),
    },
  };
}

function usualSubCa(): Fields {
  return {
    ...usual(),
    notBefore: new Date("2025-06-01T00:00:00Z"),
    notAfter: new Date("2035-05-31T23:59:59Z"),
    subject: name(["C", "US"], ["O", "Example Trust"], ["CN", "Example CA 1"]),
    extensions: {
      basicConstraints: {
        value: sequence(boolean(true), integer(0)),
        critical: true,
      },
      keyUsage: usage("digitalSignature", "keyCertSign", "cRLSign"),
      extKeyUsage: purposes("serverAuth"),
      certificatePolicies: policies(DV),
      authorityInfoAccess: access([CA_ISSUERS, uri("http://ca.example.com/r")]),
      cRLDistributionPoints: crlPoint(uri("http://crl.example.com/root.crl")),
    },
  };
}

function usualLeaf(): Fields {
  return {
    ...usual(),
    notBefore: new Date("2026-06-01T00:00:00Z"),
    notAfter: new Date("2026-08-29T23:59:59Z"),
    subject: name(["CN", "www.example.com"]),
    extensions: {
      subjectKeyIdentifier: undefined,
      basicConstraints: { value: sequence(), critical: true },
      keyUsage: usage("digitalSignature"),
      extKeyUsage: purposes("serverAuth"),
      subjectAltName: {
        value: generalNames("www.example.com", "example.com"),
      },
      certificatePolicies: policies(DV),
      authorityInfoAccess: access(
        [OCSP, uri("http://ocsp.example.com")],
        [CA_ISSUERS, uri("http://ca.example.com/1")],
      ),
      cRLDistributionPoints: crlPoint(uri("http://crl.example.com/1.crl")),
    },
  };
}
