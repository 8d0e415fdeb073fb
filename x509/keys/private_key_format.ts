/**
 * The structures that hold private keys: PKCS#8 (RFC 5958), PKCS#1
 * (RFC 8017 appendix A.1.2) and SEC 1 (RFC 5915). Whichever it was, what comes
 * out is PKCS#8 in the one form that every platform imports.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import {
  bitString,
  DerReader,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  Tag,
} from "../asn1/der.ts";
import { KeyAlgorithm } from "../asn1/oids.ts";
import {
  DSA,
  foreignKey,
  PRIVATE_KEY,
  structureOf,
} from "../asn1/key_structure.ts";
import {
  type EcdsaCurve,
  ecdsaCurveByOid,
  ecdsaCurves,
  isMlDsa,
  type OctetKeyType,
  octetKeyTypeByOid,
  octetKeyTypes,
} from "../../crypto/signatures/key_types.ts";
import { readRsaPrivateKey, type RsaPrivateKey } from "./private_key_rsa.ts";

/** A private key that was read: what it is for, and its parts. */
export type PrivateKeyMaterial = RsaMaterial | EcMaterial | OctetMaterial;

/** An RSA key. */
export interface RsaMaterial {
  /** `"rsa-pss"`, if it is restricted to RSASSA-PSS (RFC 4055 section 1.2). */
  readonly type: "rsa" | "rsa-pss";
  /** PKCS#8 with the OID rsaEncryption, whichever OID the file had. */
  readonly pkcs8: Uint8Array;
  /** SubjectPublicKeyInfo, with the file's OID and parameters. */
  readonly spki: Uint8Array;
}

/** A key of a curve of FIPS 186. */
export interface EcMaterial {
  readonly type: "ec";
  readonly curve: EcdsaCurve;
  /** PKCS#8 without the public key. */
  readonly pkcs8: Uint8Array;
  /** The point that the file has for it, if it has one. */
  readonly publicKey: Uint8Array | undefined;
}

/**
 * A key that is one octet string: an EdDSA key, or the seed of an ML-DSA key.
 */
export interface OctetMaterial {
  readonly type: OctetKeyType;
  /** PKCS#8 without the public key. */
  readonly pkcs8: Uint8Array;
  /** The octet string itself. */
  readonly secret: Uint8Array;
  /** The same, if it is an ML-DSA key in expanded form. */
  readonly expandedKey?: Uint8Array | undefined;
  /** The public key that the file has for it, if it has one. */
  readonly publicKey: Uint8Array | undefined;
}

/**
 * Reads an unencrypted private key of any of the three structures.
 *
 * @throws {TlsError} `malformed_key`, if it is none of them; `unsupported_key`,
 * if its algorithm does not sign in TLS.
 */
export function readPrivateKey(der: Uint8Array): PrivateKeyMaterial {
  const reader = DerReader.of(der, PRIVATE_KEY);
  const key = reader.sequence("");
  reader.end();
  switch (structureOf(der)) {
    case "PKCS#8":
      return readPkcs8(key);
    case "PKCS#1": {
      const rsa = readRsaPrivateKey(key);
      return rsaMaterial(rsa, "rsa", [
        oid(KeyAlgorithm.rsaEncryption),
        nullValue(),
      ]);
    }
    case "SEC 1":
      return readSec1(key, undefined);
    default:
      throw foreignKey(structureOf(der));
  }
}

/** RFC 5958 section 2: PrivateKeyInfo, and OneAsymmetricKey of version 1. */
function readPkcs8(key: DerReader): PrivateKeyMaterial {
  key.integer("version");
  const algorithm = key.sequence("privateKeyAlgorithm");
  const algorithmDer = algorithm.contents();
  const name = algorithm.oid("algorithm");
  const contents = key.inOctetString("privateKey");
  key.optionalExplicit(0, "attributes");
  const publicKey = key.has(0x81)
    ? key.bitStringBytes("publicKey", 0x81)
    : undefined;
  key.end();
  if (
    name === KeyAlgorithm.rsaEncryption ||
    name === KeyAlgorithm["id-RSASSA-PSS"]
  ) {
    const inner = contents.sequence("RSAPrivateKey");
    contents.end();
    const type = name === KeyAlgorithm["id-RSASSA-PSS"] ? "rsa-pss" : "rsa";
    return rsaMaterial(readRsaPrivateKey(inner), type, [algorithmDer]);
  }
  if (name === KeyAlgorithm["id-ecPublicKey"]) {
    const curve = algorithm.raw("parameters");
    algorithm.end();
    const inner = contents.sequence("ECPrivateKey");
    contents.end();
    return readSec1(inner, curve);
  }
  const type = octetKeyTypeByOid(name);
  if (type === undefined) unsupportedAlgorithm(name);
  algorithm.end();
  return readOctetKey(type, contents, publicKey);
}

function rsaMaterial(
  rsa: RsaPrivateKey,
  type: "rsa" | "rsa-pss",
  algorithm: readonly Uint8Array[],
): RsaMaterial {
  return {
    type,
    pkcs8: pkcs8([oid(KeyAlgorithm.rsaEncryption), nullValue()], rsa.der),
    spki: sequence(
      sequence(...algorithm),
      bitString(sequence(integer(rsa.modulus), integer(rsa.publicExponent))),
    ),
  };
}

/** RFC 5915 section 3: ECPrivateKey. `outer` are PKCS#8's parameters. */
function readSec1(key: DerReader, outer: Uint8Array | undefined): EcMaterial {
  if (key.integer("version") !== 1) {
    key.fail("version", "is not 1 (RFC 5915 section 3)");
  }
  const scalar = key.octetString("privateKey");
  const parameters = key.optionalExplicit(0, "parameters");
  const own = parameters?.raw("");
  parameters?.end();
  const point = key.optionalExplicit(1, "publicKey");
  const publicKey = point?.bitStringBytes("");
  point?.end();
  key.end();
  const curve = readCurve(outer ?? own, key);
  if (outer && own && readCurve(own, key) !== curve) {
    key.fail("parameters", "another curve than privateKeyAlgorithm has");
  }
  const field = ecdsaCurves[curve];
  const fixed = sequence(
    integer(1),
    octetString(fixedLength(scalar, field.size, key)),
  );
  return {
    type: "ec",
    curve,
    pkcs8: pkcs8([oid(KeyAlgorithm["id-ecPublicKey"]), oid(field.oid)], fixed),
    // A compressed point is not compared with the derived one.
    publicKey: publicKey?.[0] === 4 ? publicKey : undefined,
  };
}

/** RFC 5480 section 2.1.1: namedCurve is the only form of PKIX. */
function readCurve(
  parameters: Uint8Array | undefined,
  key: DerReader,
): EcdsaCurve {
  if (parameters === undefined) {
    key.fail("parameters", "is missing: the curve is not known");
  }
  const reader = key.inside("parameters", parameters);
  if (!reader.has(Tag.OBJECT_IDENTIFIER)) {
    throw new TlsError(
      "unsupported_key",
      "Cannot read the private key: its curve is given by explicit parameters",
      { hint: "Convert it with: openssl ec -param_enc named_curve" },
    );
  }
  const name = reader.oid("namedCurve");
  const curve = ecdsaCurveByOid(name);
  if (curve !== undefined) return curve;
  throw new TlsError(
    "unsupported_key",
    `Cannot read the private key: it is of the curve ${
      otherNames.get(name) ?? name
    }, and P-256, P-384 and P-521 are supported`,
  );
}

/** RFC 5915 section 3 fixes the length; older OpenSSL cut leading zeros. */
function fixedLength(scalar: Uint8Array, length: number, key: DerReader) {
  const extra = scalar.length - length;
  if (extra > 0 && scalar.subarray(0, extra).some((byte) => byte !== 0)) {
    key.fail("privateKey", `expected ${length} bytes, got ${scalar.length}`);
  }
  const fixed = new Uint8Array(length);
  fixed.set(scalar.subarray(Math.max(0, extra)), Math.max(0, -extra));
  return fixed;
}

function readOctetKey(
  type: OctetKeyType,
  contents: DerReader,
  publicKey: Uint8Array | undefined,
): OctetMaterial {
  const { oid: algorithm, secretLength } = octetKeyTypes[type];
  const mldsa = isMlDsa(type);
  if (mldsa && contents.has(Tag.OCTET_STRING)) {
    // RFC 9881 section 6: expandedKey alone, as JDK 25's keytool writes it.
    const secret = contents.octetString("expandedKey");
    contents.end();
    const own = pkcs8([oid(algorithm)], octetString(secret));
    return { type, pkcs8: own, secret, expandedKey: secret, publicKey };
  }
  const secret = mldsa
    ? readMldsaSeed(contents)
    : contents.octetString("CurvePrivateKey"); // RFC 8410 section 7
  contents.end();
  if (secret.length !== secretLength) {
    contents.fail("", `expected ${secretLength} bytes, got ${secret.length}`);
  }
  const own = mldsa ? taggedSeed(secret) : octetString(secret);
  return { type, pkcs8: pkcs8([oid(algorithm)], own), secret, publicKey };
}

/** RFC 9881 section 6: seed [0], or both. */
function readMldsaSeed(contents: DerReader): Uint8Array {
  if (contents.has(0x80)) return contents.octetString("seed", 0x80);
  const both = contents.sequence("both");
  const seed = both.octetString("seed");
  both.octetString("expandedKey");
  both.end();
  return seed;
}

function taggedSeed(seed: Uint8Array): Uint8Array {
  const tagged = octetString(seed);
  tagged[0] = 0x80;
  return tagged;
}

/** RFC 5958 section 2: version 0, neither attributes nor public key. */
function pkcs8(algorithm: Uint8Array[], privateKey: Uint8Array): Uint8Array {
  return sequence(
    integer(0),
    sequence(...algorithm),
    octetString(privateKey),
  );
}

/** The SubjectPublicKeyInfo of an EC point (RFC 5480 section 2). */
export function ecSpki(curve: EcdsaCurve, point: Uint8Array): Uint8Array {
  const algorithm = sequence(
    oid(KeyAlgorithm["id-ecPublicKey"]),
    oid(ecdsaCurves[curve].oid),
  );
  return sequence(algorithm, bitString(point));
}

/** The SubjectPublicKeyInfo of a key without parameters (RFC 8410). */
export function octetSpki(type: OctetKeyType, key: Uint8Array): Uint8Array {
  return sequence(sequence(oid(octetKeyTypes[type].oid)), bitString(key));
}

function unsupportedAlgorithm(name: string): never {
  if (name === KeyAlgorithm["id-dsa"]) throw foreignKey(DSA);
  throw new TlsError(
    "unsupported_key",
    `Cannot read the private key: its algorithm is ${
      otherNames.get(name) ?? name
    }, which does not sign in TLS`,
  );
}

/** What is refused, by a name that its owner knows. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["1.2.840.10046.2.1", "DH"],
  ["1.2.840.113549.1.3.1", "DH"],
  ["1.2.840.113549.1.1.7", "RSAES-OAEP"],
  ["1.3.101.110", "X25519"],
  ["1.3.101.111", "X448"],
  ["1.3.132.0.10", "secp256k1"],
  ["1.3.132.0.33", "secp224r1"],
  ["1.2.840.10045.3.1.1", "secp192r1"],
  ["1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"],
  ["1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"],
  ["1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"],
  ["1.2.156.10197.1.301", "SM2"],
  ["2.16.840.1.101.3.4.4.1", "ML-KEM-512"],
  ["2.16.840.1.101.3.4.4.2", "ML-KEM-768"],
  ["2.16.840.1.101.3.4.4.3", "ML-KEM-1024"],
]);
