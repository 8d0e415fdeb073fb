/**
 * Keys and the algorithms of signatures: BR 6.1.5, 6.1.6 and 7.1.3.
 *
 * @module
 */

import { SignatureAlgorithm } from "../asn1/oids.ts";
import { toHex } from "../../encoding.ts";
import { BR_1_0, BR_1_7_1, NO_SHA1, RFC_5280 } from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import {
  ECDSA_HASHES,
  ecdsaHash,
  KEY_IDENTIFIERS,
  SIGNATURE_IDENTIFIERS,
} from "./algorithms.ts";
import { EVERY, type LintSubject, NOT_ROOT } from "./subject.ts";

/** Rules on keys and signatures. */
export const keyRules: readonly CertificateRule[] = [
  {
    id: "key_type",
    source: "BR",
    section: "6.1.5",
    since: BR_1_0,
    roles: EVERY,
    requirement: "The key is of RSA or ECDSA; until 2020 of DSA.",
    check: checkKeyType,
  },
  {
    id: "key_dsa",
    source: "BR",
    section: "6.1.5",
    since: BR_1_7_1,
    roles: EVERY,
    requirement: "The key is not of DSA.",
    check: ({ certificate }) =>
      certificate.publicKey.type === "dsa" && "its key is of DSA",
  },
  {
    id: "rsa_key_too_short",
    source: "BR",
    section: "6.1.5",
    roles: EVERY,
    requirement:
      "An RSA modulus has 2048 bits or more; 1024 in certificates that ended before 2014.",
    check: ({ certificate: { publicKey, notAfter } }) =>
      publicKey.modulus !== undefined &&
      publicKey.bits < (notAfter >= NO_SHORT_KEYS ? 2048 : 1024) &&
      `its RSA modulus has ${publicKey.bits} bits`,
  },
  {
    id: "rsa_key_size",
    source: "BR",
    section: "6.1.5",
    since: "2017-02-28",
    roles: EVERY,
    undated: true,
    requirement: "An RSA modulus is a whole number of bytes.",
    check: ({ certificate: { publicKey: { modulus, bits } } }) =>
      modulus !== undefined && bits % 8 !== 0 &&
      `its RSA modulus of ${bits} bits is not a whole number of bytes`,
  },
  {
    id: "rsa_exponent",
    source: "BR",
    section: "6.1.6",
    since: "2013-02-21",
    roles: EVERY,
    requirement: "The public exponent of an RSA key is odd and 3 or more.",
    check: checkExponent,
  },
  {
    id: "ec_curve",
    source: "BR",
    section: "6.1.5",
    roles: EVERY,
    requirement: "An ECDSA key is on P-256, P-384 or P-521.",
    check: ({ certificate: { publicKey: { type, curve } } }) =>
      type === "ec" && !ECDSA_HASHES.has(curve ?? "") &&
      `its key is on ${curve ?? "another curve"}`,
  },
  {
    id: "key_algorithm_encoding",
    source: "BR",
    section: "7.1.3.1",
    since: BR_1_7_1,
    roles: EVERY,
    requirement:
      "The AlgorithmIdentifier of the key is one of four, byte for byte.",
    check: checkKeyEncoding,
  },
  {
    id: "signature_sha1",
    source: "BR",
    section: "7.1.3.2.1",
    since: NO_SHA1,
    roles: NOT_ROOT,
    requirement: "The signature is not made with SHA-1.",
    check: ({ certificate }) =>
      SHA1.has(certificate.signatureAlgorithmIdentifier.oid) &&
      `its signature is ${certificate.signatureAlgorithm}`,
  },
  {
    id: "signature_algorithm",
    source: "BR",
    section: "7.1.3.2",
    roles: EVERY,
    requirement:
      "The signature is RSA (PKCS #1 or PSS) or ECDSA, with SHA-256, SHA-384 or SHA-512; until 2020 also DSA.",
    check: ({ certificate }) => {
      const { oid } = certificate.signatureAlgorithmIdentifier;
      return !SIGNATURES.has(oid) &&
        !(DSA.has(oid) && certificate.notBefore < NO_DSA) &&
        `its signature is ${certificate.signatureAlgorithm}`;
    },
  },
  {
    id: "rsa_signature_parameters",
    source: "RFC 4055",
    section: "5",
    since: RFC_5280,
    roles: EVERY,
    requirement: "The algorithm of an RSA signature has NULL for parameters.",
    check: ({ certificate: { signatureAlgorithmIdentifier } }) =>
      RSA_SIGNATURES.has(signatureAlgorithmIdentifier.oid) &&
      !isNull(signatureAlgorithmIdentifier.parameters) &&
      "the algorithm of its RSA signature is without NULL parameters",
  },
  {
    id: "signature_algorithm_encoding",
    source: "BR",
    section: "7.1.3.2",
    since: BR_1_7_1,
    roles: EVERY,
    requirement:
      "The AlgorithmIdentifier of the signature is one of nine, byte for byte.",
    check: checkSignatureEncoding,
  },
  {
    id: "ecdsa_hash",
    source: "BR",
    section: "7.1.3.2.2",
    since: BR_1_7_1,
    roles: EVERY,
    comparesIssuer: true,
    requirement:
      "ECDSA with P-256 goes with SHA-256, with P-384 with SHA-384, with P-521 with SHA-512.",
    check: checkEcdsaHash,
  },
];

function checkKeyType({ certificate: { publicKey } }: LintSubject): Facts {
  const { type } = publicKey;
  if (type === "rsa" || type === "ec" || type === "dsa") return undefined;
  // An RSA key all the same, under an identifier that is not for it.
  if (type === "rsa-pss") return undefined;
  return `its key is ${type === "unknown" ? publicKey.algorithm.oid : type}`;
}

function checkExponent({ certificate: { publicKey } }: LintSubject): Facts {
  const exponent = publicKey.publicExponent;
  if (exponent === undefined) return undefined;
  const last = exponent.at(-1) ?? 0;
  if (last % 2 === 1 && (exponent.length > 1 || last >= 3)) return undefined;
  return `the public exponent of its RSA key is ${
    last % 2 === 0 ? "even" : last
  }`;
}

/**
 * BR 7.1.3.1.1 and 7.1.3.1.2. Algorithms with a rule of their own are left to
 * it.
 */
function checkKeyEncoding({ certificate: { publicKey } }: LintSubject): Facts {
  const { type, algorithm } = publicKey;
  if (type === "rsa-pss") return "its RSA key is id-RSASSA-PSS";
  if (type === "rsa" && algorithm.parameters === undefined) return undefined;
  if (type !== "rsa" && !ECDSA_HASHES.has(publicKey.curve ?? "")) {
    return undefined;
  }
  return !KEY_IDENTIFIERS.has(toHex(algorithm.raw)) &&
    "the algorithm of its key has another encoding";
}

function checkSignatureEncoding({ certificate }: LintSubject): Facts {
  const { oid, raw, parameters } = certificate.signatureAlgorithmIdentifier;
  if (!SIGNATURES.has(oid) || SHA1.has(oid)) return undefined;
  if (RSA_SIGNATURES.has(oid) && parameters === undefined) return undefined;
  return !SIGNATURE_IDENTIFIERS.has(toHex(raw)) &&
    "the algorithm of its signature has another encoding";
}

/** ASN.1's NULL. */
function isNull(parameters: Uint8Array | undefined): boolean {
  return parameters !== undefined && toHex(parameters) === "0500";
}

function checkEcdsaHash(subject: LintSubject): Facts {
  const hash = ecdsaHash(subject);
  if (hash === undefined) return undefined;
  const { wanted, name, curve } = hash;
  return name !== wanted && `its signature is ${name} by a key on ${curve}`;
}

const RSA_SIGNATURES: ReadonlySet<string> = new Set([
  SignatureAlgorithm.sha1WithRSAEncryption,
  SignatureAlgorithm.sha224WithRSAEncryption,
  SignatureAlgorithm.sha256WithRSAEncryption,
  SignatureAlgorithm.sha384WithRSAEncryption,
  SignatureAlgorithm.sha512WithRSAEncryption,
]);

/** Algorithms with a rule of their own. */
const SHA1: ReadonlySet<string> = new Set([
  SignatureAlgorithm.sha1WithRSAEncryption,
  SignatureAlgorithm["ecdsa-with-SHA1"],
  SignatureAlgorithm["id-dsa-with-sha1"],
]);

const DSA: ReadonlySet<string> = new Set([
  SignatureAlgorithm["id-dsa-with-sha224"],
  SignatureAlgorithm["id-dsa-with-sha256"],
]);

const NO_DSA = new Date(BR_1_7_1);

const SIGNATURES: ReadonlySet<string> = new Set([
  ...SHA1,
  SignatureAlgorithm.sha256WithRSAEncryption,
  SignatureAlgorithm.sha384WithRSAEncryption,
  SignatureAlgorithm.sha512WithRSAEncryption,
  SignatureAlgorithm["id-RSASSA-PSS"],
  SignatureAlgorithm["ecdsa-with-SHA256"],
  SignatureAlgorithm["ecdsa-with-SHA384"],
  SignatureAlgorithm["ecdsa-with-SHA512"],
]);

/** BR 6.1.5 as of version 1.0: shorter keys had to end with 2013. */
const NO_SHORT_KEYS = new Date("2014-01-01");
