/**
 * `AlgorithmIdentifier` (RFC 5280 section 4.1.1.2) and the parameters of
 * RSASSA-PSS (RFC 4055 section 3.1).
 *
 * @module
 */

import { checkDer, type DerReader, Tag } from "./der.ts";
import { hashNames, HashOid, MGF1, SignatureAlgorithm } from "./oids.ts";

/** An algorithm with its parameters. */
export interface AlgorithmIdentifier {
  /** Its object identifier. */
  readonly oid: string;
  /** The parameters in DER, or `undefined` if there are none. */
  readonly parameters: Uint8Array | undefined;
  /**
   * The parameters of RSASSA-PSS, or `undefined` if it is not that or has none.
   */
  readonly pss: PssParameters | undefined;
  /** All of it in DER. */
  readonly raw: Uint8Array;
}

/** Parameters of RSASSA-PSS. */
export interface PssParameters {
  /** The hash function: WebCrypto's name, or a dotted object identifier. */
  readonly hash: string;
  /** That of the mask generation function MGF1, in the same way. */
  readonly mgfHash: string;
  /** In bytes. */
  readonly saltLength: number;
}

/** Reads an `AlgorithmIdentifier`. */
export function readAlgorithm(
  reader: DerReader,
  field: string,
): AlgorithmIdentifier {
  const raw = reader.peekRaw(field);
  const sequence = reader.sequence(field);
  const oid = sequence.oid("algorithm");
  const parameters = sequence.done ? undefined : sequence.raw("parameters");
  sequence.end();
  if (parameters === undefined) {
    return { oid, parameters, pss: undefined, raw };
  }
  if (oid === SignatureAlgorithm["id-RSASSA-PSS"]) {
    const pss = readPss(reader.inside(field, parameters));
    return { oid, parameters, pss, raw };
  }
  // NULL, as most have, holds nothing to check.
  if (parameters.length > 2) checkDer(reader.inside(field, parameters));
  return { oid, parameters, pss: undefined, raw };
}

/** An algorithm that cannot be read. */
export function unreadAlgorithm(raw: Uint8Array): AlgorithmIdentifier {
  return { oid: "", parameters: undefined, pss: undefined, raw };
}

/** Whether an algorithm has no parameters, or NULL for them. */
export function hasNullParameters(algorithm: AlgorithmIdentifier): boolean {
  return algorithm.parameters === undefined ||
    algorithm.parameters[0] === Tag.NULL;
}

/**
 * Whether a key with these parameters may make or check such a signature (RFC
 * 4055 section 3.3): the hash functions are the same, and the salt is no
 * shorter than the parameters of the key say. A key without parameters is not
 * bound.
 */
export function allowsPss(
  limits: PssParameters | undefined,
  { hash, mgfHash, saltLength }: PssParameters,
): boolean {
  return limits === undefined ||
    limits.hash === hash && limits.mgfHash === mgfHash &&
      limits.saltLength <= saltLength;
}

function readPss(reader: DerReader): PssParameters {
  const sequence = reader.sequence("parameters");
  const hash = readOptional(sequence, 0, "hashAlgorithm", readHash, "SHA-1");
  const mgfHash = readOptional(
    sequence,
    1,
    "maskGenAlgorithm",
    readMgf,
    "SHA-1",
  );
  const saltLength = readOptional(
    sequence,
    2,
    "saltLength",
    (inside) => inside.integer(""),
    20,
  );
  const trailer = readOptional(
    sequence,
    3,
    "trailerField",
    (inside) => inside.integer(""),
    1,
  );
  if (trailer !== 1) {
    sequence.fail(
      "trailerField",
      `expected 1, got ${trailer} (RFC 4055 section 3.1)`,
    );
  }
  sequence.end();
  return { hash, mgfHash, saltLength };
}

function readOptional<T>(
  reader: DerReader,
  n: number,
  field: string,
  read: (inside: DerReader) => T,
  absent: T,
): T {
  const inside = reader.optionalExplicit(n, field);
  if (inside === undefined) return absent;
  const value = read(inside);
  inside.end();
  return value;
}

function readHash(reader: DerReader): string {
  const algorithm = readPlain(reader, "");
  return hashNames.get(algorithm.oid) ?? algorithm.oid;
}

/** An algorithm inside of parameters: it has none of its own but NULL. */
function readPlain(reader: DerReader, field: string) {
  const sequence = reader.sequence(field);
  const oid = sequence.oid("algorithm");
  if (!sequence.done) sequence.null("parameters");
  sequence.end();
  return { oid };
}

function readMgf(reader: DerReader): string {
  const sequence = reader.sequence("");
  const oid = sequence.oid("algorithm");
  if (oid !== MGF1) {
    sequence.fail(
      "algorithm",
      `expected MGF1, got ${oid} (RFC 4055 section 3.1)`,
    );
  }
  const hash = sequence.done
    ? HashOid["SHA-1"]
    : readPlain(sequence, "parameters").oid;
  sequence.end();
  return hashNames.get(hash) ?? hash;
}
