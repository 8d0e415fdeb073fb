/**
 * Object identifiers and the names that their standards give them.
 *
 * @module
 */

/** Extensions of certificates, CRLs and OCSP responses. */
export const ExtensionOid = {
  subjectDirectoryAttributes: "2.5.29.9",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  privateKeyUsagePeriod: "2.5.29.16",
  subjectAltName: "2.5.29.17",
  issuerAltName: "2.5.29.18",
  basicConstraints: "2.5.29.19",
  cRLNumber: "2.5.29.20",
  cRLReason: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  deltaCRLIndicator: "2.5.29.27",
  issuingDistributionPoint: "2.5.29.28",
  certificateIssuer: "2.5.29.29",
  nameConstraints: "2.5.29.30",
  cRLDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extKeyUsage: "2.5.29.37",
  freshestCRL: "2.5.29.46",
  inhibitAnyPolicy: "2.5.29.54",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  qcStatements: "1.3.6.1.5.5.7.1.3",
  subjectInfoAccess: "1.3.6.1.5.5.7.1.11",
  tlsFeature: "1.3.6.1.5.5.7.1.24",
  ocspNonce: "1.3.6.1.5.5.7.48.1.2",
  ocspNoCheck: "1.3.6.1.5.5.7.48.1.5",
  signedCertificateTimestampList: "1.3.6.1.4.1.11129.2.4.2",
  precertificatePoison: "1.3.6.1.4.1.11129.2.4.3",
  ocspSignedCertificateTimestampList: "1.3.6.1.4.1.11129.2.4.5",
  delegationUsage: "1.3.6.1.4.1.44363.44",
  netscapeCertType: "2.16.840.1.113730.1.1",
} as const;

/** Access methods of authorityInfoAccess (RFC 5280 section 4.2.2.1). */
export const AccessMethod = {
  ocsp: "1.3.6.1.5.5.7.48.1",
  caIssuers: "1.3.6.1.5.5.7.48.2",
} as const;

/** Purposes of extendedKeyUsage (RFC 5280 section 4.2.1.12 and later). */
export const KeyPurpose = {
  anyExtendedKeyUsage: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  ipsecEndSystem: "1.3.6.1.5.5.7.3.5",
  ipsecTunnel: "1.3.6.1.5.5.7.3.6",
  ipsecUser: "1.3.6.1.5.5.7.3.7",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  OCSPSigning: "1.3.6.1.5.5.7.3.9",
  ipsecIKE: "1.3.6.1.5.5.7.3.17",
  documentSigning: "1.3.6.1.5.5.7.3.36",
  msCodeInd: "1.3.6.1.4.1.311.2.1.21",
  msCodeCom: "1.3.6.1.4.1.311.2.1.22",
  msSGC: "1.3.6.1.4.1.311.10.3.3",
  msEFS: "1.3.6.1.4.1.311.10.3.4",
  msSmartcardLogin: "1.3.6.1.4.1.311.20.2.2",
  nsSGC: "2.16.840.1.113730.4.1",
} as const;

/** Algorithms of public keys. */
export const KeyAlgorithm = {
  rsaEncryption: "1.2.840.113549.1.1.1",
  "id-RSASSA-PSS": "1.2.840.113549.1.1.10",
  "id-dsa": "1.2.840.10040.4.1",
  "id-ecPublicKey": "1.2.840.10045.2.1",
  "id-X25519": "1.3.101.110",
  "id-X448": "1.3.101.111",
  "id-Ed25519": "1.3.101.112",
  "id-Ed448": "1.3.101.113",
  "id-ml-dsa-44": "2.16.840.1.101.3.4.3.17",
  "id-ml-dsa-65": "2.16.840.1.101.3.4.3.18",
  "id-ml-dsa-87": "2.16.840.1.101.3.4.3.19",
} as const;

/** Algorithms of signatures: RFC 3279, 4055, 5758, 8410 and 9881. */
export const SignatureAlgorithm = {
  md2WithRSAEncryption: "1.2.840.113549.1.1.2",
  md5WithRSAEncryption: "1.2.840.113549.1.1.4",
  sha1WithRSAEncryption: "1.2.840.113549.1.1.5",
  "id-RSASSA-PSS": "1.2.840.113549.1.1.10",
  sha256WithRSAEncryption: "1.2.840.113549.1.1.11",
  sha384WithRSAEncryption: "1.2.840.113549.1.1.12",
  sha512WithRSAEncryption: "1.2.840.113549.1.1.13",
  sha224WithRSAEncryption: "1.2.840.113549.1.1.14",
  "id-dsa-with-sha1": "1.2.840.10040.4.3",
  "id-dsa-with-sha224": "2.16.840.1.101.3.4.3.1",
  "id-dsa-with-sha256": "2.16.840.1.101.3.4.3.2",
  "ecdsa-with-SHA1": "1.2.840.10045.4.1",
  "ecdsa-with-SHA224": "1.2.840.10045.4.3.1",
  "ecdsa-with-SHA256": "1.2.840.10045.4.3.2",
  "ecdsa-with-SHA384": "1.2.840.10045.4.3.3",
  "ecdsa-with-SHA512": "1.2.840.10045.4.3.4",
  "id-Ed25519": "1.3.101.112",
  "id-Ed448": "1.3.101.113",
  "id-ml-dsa-44": "2.16.840.1.101.3.4.3.17",
  "id-ml-dsa-65": "2.16.840.1.101.3.4.3.18",
  "id-ml-dsa-87": "2.16.840.1.101.3.4.3.19",
} as const;

/** Hash functions, under WebCrypto's names. */
export const HashOid = {
  "MD5": "1.2.840.113549.2.5",
  "SHA-1": "1.3.14.3.2.26",
  "SHA-224": "2.16.840.1.101.3.4.2.4",
  "SHA-256": "2.16.840.1.101.3.4.2.1",
  "SHA-384": "2.16.840.1.101.3.4.2.2",
  "SHA-512": "2.16.840.1.101.3.4.2.3",
} as const;

/** The mask generation function of RSASSA-PSS (RFC 4055 section 2.2). */
export const MGF1 = "1.2.840.113549.1.1.8";

/** One elliptic curve that a key may name. */
export interface Curve {
  /** IANA's name of the TLS group, or the standard's where it has none. */
  readonly name: string;
  /** What Node calls it. */
  readonly nistName: string | undefined;
  /** Size of the field, in bits. */
  readonly bits: number;
}

/** Named curves by object identifier (RFC 5480 section 2.1.1.1, RFC 5639). */
export const curves: ReadonlyMap<string, Curve> = new Map([
  ["1.2.840.10045.3.1.1", curve("secp192r1", 192, "P-192")],
  ["1.3.132.0.33", curve("secp224r1", 224, "P-224")],
  ["1.2.840.10045.3.1.7", curve("secp256r1", 256, "P-256")],
  ["1.3.132.0.34", curve("secp384r1", 384, "P-384")],
  ["1.3.132.0.35", curve("secp521r1", 521, "P-521")],
  ["1.3.132.0.10", curve("secp256k1", 256)],
  ["1.3.36.3.3.2.8.1.1.7", curve("brainpoolP256r1", 256)],
  ["1.3.36.3.3.2.8.1.1.11", curve("brainpoolP384r1", 384)],
  ["1.3.36.3.3.2.8.1.1.13", curve("brainpoolP512r1", 512)],
]);

/**
 * Attribute types of names by object identifier: the short names of RFC 4514
 * section 3 and RFC 4519, of X.520 and of the CA/Browser Forum's jurisdictions.
 */
export const attributeTypes: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.4", "SN"],
  ["2.5.4.5", "serialNumber"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "street"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.12", "title"],
  ["2.5.4.13", "description"],
  ["2.5.4.15", "businessCategory"],
  ["2.5.4.16", "postalAddress"],
  ["2.5.4.17", "postalCode"],
  ["2.5.4.18", "postOfficeBox"],
  ["2.5.4.19", "physicalDeliveryOfficeName"],
  ["2.5.4.20", "telephoneNumber"],
  ["2.5.4.41", "name"],
  ["2.5.4.42", "GN"],
  ["2.5.4.43", "initials"],
  ["2.5.4.44", "generationQualifier"],
  ["2.5.4.45", "x500UniqueIdentifier"],
  ["2.5.4.46", "dnQualifier"],
  ["2.5.4.51", "houseIdentifier"],
  ["2.5.4.65", "pseudonym"],
  ["2.5.4.72", "role"],
  ["2.5.4.97", "organizationIdentifier"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["1.2.840.113549.1.9.1", "emailAddress"],
  ["1.2.840.113549.1.9.2", "unstructuredName"],
  ["1.2.840.113549.1.9.8", "unstructuredAddress"],
  ["1.2.643.100.1", "OGRN"],
  ["1.2.643.100.3", "SNILS"],
  ["1.2.643.3.131.1.1", "INN"],
  ["1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"],
  ["1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"],
  ["1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"],
]);

/** Inverts a table: the names by object identifier. */
function namesByOid(
  table: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map(Object.entries(table).map(([name, oid]) => [oid, name]));
}

/** Names of extensions by object identifier. */
export const extensionNames: ReadonlyMap<string, string> = namesByOid(
  ExtensionOid,
);

/** Names of extended key usages by object identifier. */
export const keyPurposeNames: ReadonlyMap<string, string> = namesByOid(
  KeyPurpose,
);

/** Names of signature algorithms by object identifier. */
export const signatureAlgorithmNames: ReadonlyMap<string, string> = namesByOid(
  SignatureAlgorithm,
);

/** Names of hash functions by object identifier. */
export const hashNames: ReadonlyMap<string, string> = namesByOid(HashOid);

function curve(name: string, bits: number, nistName?: string): Curve {
  return { name, bits, nistName };
}

/** The OID that means every policy (RFC 5280 section 4.2.1.4). */
export const ANY_POLICY = "2.5.29.32.0";
