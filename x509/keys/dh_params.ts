/**
 * Diffie-Hellman parameters of a file, as `openssl dhparam` makes them: PKCS #3
 * DHParameter, or DomainParameters of RFC 3279 section 2.3.3.
 *
 * @module
 */

import { dhGroup } from "../../crypto/groups/ffdh.ts";
import {
  refusalOfGroup,
  type SecurityPolicy,
} from "../../crypto/suites/security_level.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import { derContext, DerReader, Tag } from "../asn1/der.ts";
import { isPem, parsePem } from "../asn1/pem.ts";

/** A finite field group. */
export interface DhParams {
  /** The prime modulus, big-endian. */
  readonly prime: Uint8Array;
  /** The generator, big-endian. */
  readonly generator: Uint8Array;
}

/**
 * Reads the parameters of a server.
 *
 * @param input PEM text, its bytes, or DER.
 * @throws {TypeError} If it has no parameters, or the security level does not
 * allow their group.
 */
export function parseDhParams(
  input: string | Uint8Array,
  security: SecurityPolicy,
): DhParams {
  const { params, group } = readGroup(derOf(input));
  const refusal = refusalOfGroup(group, security);
  if (refusal !== undefined) {
    throw new TypeError(`Cannot use "dhParams": ${refusal}`);
  }
  return params;
}

function readGroup(
  der: Uint8Array,
): { params: DhParams; group: KeyExchangeGroup } {
  try {
    const params = readParams(der);
    return { params, group: dhGroup(params.prime, params.generator) };
  } catch (cause) {
    if (!(cause instanceof TlsError)) throw cause;
    throw new TypeError(
      `Cannot use "dhParams": they are malformed, or no parameters`,
      { cause },
    );
  }
}

function derOf(input: string | Uint8Array): Uint8Array {
  if (typeof input !== "string" && !isPem(input)) return input;
  const block = parsePem(input).find(({ label }) => LABELS.has(label));
  if (block !== undefined) return block.der;
  throw new TypeError(
    `Cannot read "dhParams": the text has no block "DH PARAMETERS"`,
  );
}

/** The two forms begin alike; what follows is not needed. */
function readParams(der: Uint8Array): DhParams {
  const outer = DerReader.of(der, CONTEXT);
  const sequence = outer.sequence("DHParameter");
  outer.end();
  const prime = new Uint8Array(sequence.unsigned("prime"));
  const generator = new Uint8Array(sequence.unsigned("base"));
  if (sequence.has(Tag.INTEGER)) sequence.unsigned("privateValueLength");
  return { prime, generator };
}

const CONTEXT = derContext(`"dhParams"`, "malformed_key", 16_384);

const LABELS: ReadonlySet<string> = new Set([
  "DH PARAMETERS",
  "X9.42 DH PARAMETERS",
]);
