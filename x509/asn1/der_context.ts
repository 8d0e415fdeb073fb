/**
 * What is being read in DER, how long it may be, and which errors it makes; and
 * what is wrong with the contents of an element.
 *
 * @module
 */

import { TlsError, type TlsErrorCode } from "../../errors.ts";

/** What is being read: it makes the errors. */
export interface DerContext {
  /** As the object of "Cannot read": `"the certificate"`. */
  readonly what: string;
  /** Longest input accepted, in bytes. */
  readonly maxLength: number;
  /**
   * Called for deviations that issued certificates have and that are read
   * nevertheless. Without it, they are not recorded.
   */
  readonly deviations?: string[];
  /**
   * Called for malformed parts, so that the rest can be read. Without it, they
   * are errors.
   */
  readonly problems?: string[];
  /** Makes an error of a whole sentence. */
  error(message: string): TlsError;
}

/**
 * The context of something whose errors are plain {@linkcode TlsError}s.
 *
 * @param what As the object of "Cannot read": `"the private key"`.
 * @param code The code of its errors.
 * @param maxLength Longest input accepted, in bytes.
 */
export function derContext(
  what: string,
  code: TlsErrorCode,
  maxLength: number = MAX_LENGTH,
): DerContext {
  return { what, maxLength, error: (message) => new TlsError(code, message) };
}

/** A fact about contents, thrown by what decodes them. */
export class DerFault {
  /** As it stands behind the field in the error. */
  readonly fact: string;

  /** Says what is wrong. */
  constructor(fact: string) {
    this.fact = fact;
  }
}

/**
 * More than any key, certificate or response has: stops hostile sizes early.
 */
const MAX_LENGTH = 1 << 20;
