/**
 * The signatures of certificates, CRLs and OCSP responses: which algorithm, by
 * which kind of key, and whether it is still good enough (RFC 3279, 4055, 5758,
 * 8410, 9881).
 *
 * @module
 */

import {
  refusalOfDigest,
  type SecurityPolicy,
  securityPolicy,
} from "../../crypto/suites/security_level.ts";
import { octetKeyRows } from "../../crypto/signatures/key_types.ts";
import {
  type HashName,
  type PureSignature,
  type SignatureAlgorithm as SignatureCheck,
  verifySignature,
} from "../../crypto/signatures/signatures.ts";
import { type TlsCertificateErrorCode, TlsError } from "../../errors.ts";
import {
  type AlgorithmIdentifier,
  allowsPss,
  hasNullParameters,
} from "../asn1/algorithm.ts";
import { SignatureAlgorithm, signatureAlgorithmNames } from "../asn1/oids.ts";
import type {
  PublicKey,
  PublicKeyType,
} from "../../crypto/signatures/public_key.ts";

/** What carries a signature: a certificate, a CRL, an OCSP response. */
export interface SignedData {
  /** The algorithm of the signature. */
  readonly algorithm: AlgorithmIdentifier;
  /** The signature. */
  readonly signature: Uint8Array;
  /** What it is over. */
  readonly data: Uint8Array;
}

/** Why a signature is not even checked. */
export interface SignatureRefusal {
  /** What a certificate is refused for. */
  readonly code: TlsCertificateErrorCode;
  /** The fact, to follow the certificate's name. */
  readonly fact: string;
}

/**
 * Looks at the algorithm of a signature.
 *
 * @param key Whose signature it is said to be, or `undefined` if that is not
 * known.
 * @param security Which digests are strong enough.
 * @returns What to compute, or why not to.
 */
export function signatureCheck(
  algorithm: AlgorithmIdentifier,
  key: PublicKey | undefined,
  security: SecurityPolicy,
): SignatureCheck | SignatureRefusal {
  const row = rows.get(algorithm.oid);
  const name = signatureAlgorithmNames.get(algorithm.oid) ?? algorithm.oid;
  if (row === undefined) {
    const weak = algorithm.oid === SignatureAlgorithm.md2WithRSAEncryption;
    return {
      code: weak ? "weak_signature" : "unsupported_signature",
      fact: `its signature is ${name}, which is not ${
        weak ? "secure" : "supported"
      }`,
    };
  }
  const check = row.read(algorithm);
  if (check === undefined) {
    return {
      code: "unsupported_signature",
      fact: `its signature is ${name} with parameters that do not belong there`,
    };
  }
  for (const hash of hashesOf(check)) {
    const weak = refusalOfDigest(hash, security);
    if (weak !== undefined) {
      return { code: "weak_signature", fact: `its ${weak}` };
    }
  }
  if (key !== undefined && !isKeyFor(row, key, check)) {
    return {
      code: "bad_signature",
      fact:
        `its signature is ${name}, which its issuer's ${key.type} key does not make`,
    };
  }
  return check;
}

/** Whether there is something to compute. */
export function isCheck(
  value: SignatureCheck | SignatureRefusal,
): value is SignatureCheck {
  return "kind" in value;
}

/**
 * Checks a signature, whether its algorithm is strong enough or not: that is
 * for {@linkcode signatureCheck} to say.
 *
 * @returns Whether it is right; not, if it cannot be checked at all.
 */
export async function verifySignedData(
  { algorithm, data, signature }: SignedData,
  key: PublicKey,
): Promise<boolean> {
  const check = signatureCheck(algorithm, key, EVERYTHING);
  if (!isCheck(check)) return false;
  try {
    return await verifySignature(check, key, data, signature);
  } catch (error) {
    // The key is malformed: it signed nothing.
    if (error instanceof TlsError) return false;
    throw error;
  }
}

interface Row {
  readonly keys: readonly PublicKeyType[];
  /**
   * What to compute, or `undefined` if the parameters are not as they should
   * be.
   */
  readonly read: (algorithm: AlgorithmIdentifier) => SignatureCheck | undefined;
}

function hashesOf(check: SignatureCheck): HashName[] {
  if (!("hash" in check) || check.hash === "MD5-SHA-1") return [];
  return "mgfHash" in check && check.mgfHash !== undefined
    ? [check.hash, check.mgfHash]
    : [check.hash];
}

function isKeyFor(row: Row, key: PublicKey, check: SignatureCheck): boolean {
  if (!row.keys.includes(key.type)) return false;
  return check.kind !== "rsa-pss" ||
    allowsPss(key.algorithm.pss, { mgfHash: check.hash, ...check });
}

function rsa(hash: HashName): Row {
  return {
    keys: ["rsa"],
    // RFC 4055 section 5: NULL, but absent must be accepted too.
    read: (algorithm) =>
      hasNullParameters(algorithm) ? { kind: "rsa-pkcs1", hash } : undefined,
  };
}

const pss: Row = {
  keys: ["rsa", "rsa-pss"],
  // RFC 4055 section 3.1: the parameters have to be there.
  read({ pss }) {
    const hash = PSS_HASHES.find((name) => name === pss?.hash);
    const mgfHash = PSS_HASHES.find((name) => name === pss?.mgfHash);
    return pss && hash && mgfHash &&
      { kind: "rsa-pss", hash, mgfHash, saltLength: pss.saltLength };
  },
};

function ecdsa(hash: HashName): Row {
  return {
    keys: ["ec"],
    // RFC 5758 section 3.2 requires none; deployed ones have NULL.
    read: (algorithm) =>
      hasNullParameters(algorithm) ? { kind: "ecdsa", hash } : undefined,
  };
}

/** RFC 8410 section 3 and RFC 9881 section 2 require absent parameters. */
function pure(kind: PureSignature["kind"]): Row {
  return {
    keys: [kind],
    read: ({ parameters }) => parameters === undefined ? { kind } : undefined,
  };
}

const rows: ReadonlyMap<string, Row> = new Map([
  [SignatureAlgorithm.md5WithRSAEncryption, rsa("MD5")],
  [SignatureAlgorithm.sha1WithRSAEncryption, rsa("SHA-1")],
  [SignatureAlgorithm.sha224WithRSAEncryption, rsa("SHA-224")],
  [SignatureAlgorithm.sha256WithRSAEncryption, rsa("SHA-256")],
  [SignatureAlgorithm.sha384WithRSAEncryption, rsa("SHA-384")],
  [SignatureAlgorithm.sha512WithRSAEncryption, rsa("SHA-512")],
  [SignatureAlgorithm["id-RSASSA-PSS"], pss],
  [SignatureAlgorithm["ecdsa-with-SHA1"], ecdsa("SHA-1")],
  [SignatureAlgorithm["ecdsa-with-SHA224"], ecdsa("SHA-224")],
  [SignatureAlgorithm["ecdsa-with-SHA256"], ecdsa("SHA-256")],
  [SignatureAlgorithm["ecdsa-with-SHA384"], ecdsa("SHA-384")],
  [SignatureAlgorithm["ecdsa-with-SHA512"], ecdsa("SHA-512")],
  ...octetKeyRows.map(([kind, { oid }]) => [oid, pure(kind)] as const),
]);

const PSS_HASHES = [
  "SHA-1",
  "SHA-224",
  "SHA-256",
  "SHA-384",
  "SHA-512",
] as const;

/** Level 0 refuses nothing that can be computed. */
const EVERYTHING = securityPolicy(0);
