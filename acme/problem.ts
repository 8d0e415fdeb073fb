/**
 * What an ACME server refuses (RFC 8555 section 6.7).
 *
 * @module
 */

import { escapeText } from "../escape.ts";

/** What a problem document says (RFC 9457). */
export interface AcmeProblem {
  /** Its type: `"urn:ietf:params:acme:error:rateLimited"` and the like. */
  readonly type?: string | undefined;
  /** What went wrong, for people. */
  readonly detail?: string | undefined;
  /** Problems of single identifiers (RFC 8555 section 6.7.1). */
  readonly subproblems?:
    | readonly (AcmeProblem & {
      readonly identifier?: { readonly value?: string };
    })[]
    | undefined;
}

/**
 * An error of a certificate authority, or on the way to it: what the event
 * `"failed"` of {@linkcode acme} has.
 *
 * @example Rate limits, told from all else
 * ```ts
 * import { AcmeError } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const isRateLimit = (error: Error) =>
 *   error instanceof AcmeError && error.type === "rateLimited";
 *
 * assertEquals(isRateLimit(new AcmeError("no", { type: "rateLimited" })), true);
 * assertEquals(isRateLimit(new AcmeError("no", { type: "malformed" })), false);
 * ```
 */
export class AcmeError extends Error {
  /** `"AcmeError"` */
  override readonly name: string = "AcmeError";
  /** The type of the problem without its prefix, such as `"rateLimited"`. */
  readonly type: string | undefined;
  /** The status of the HTTP response, if there was one. */
  readonly status: number | undefined;
  /** In milliseconds since 1970: the server asks not to try before. */
  readonly retryAfter: number | undefined;

  /**
   * An error with its place among the CA's.
   *
   * @param message What failed.
   * @param options What the CA said, and the cause if it was not the CA.
   */
  constructor(
    message: string,
    options: {
      type?: string | undefined;
      status?: number | undefined;
      retryAfter?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.type = options.type;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }
}

/** A problem as one sentence, with what the server wrote escaped. */
export function describeProblem(problem: AcmeProblem | null): string {
  const subproblems = listOf(problem?.subproblems).map((each) =>
    `${each?.identifier?.value ?? "?"}: ${headOf(each)}`
  );
  const text = [headOf(problem), ...subproblems]
    .filter((part) => part !== "").join("; ");
  return escapeText(
    text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text,
  );
}

function headOf(problem: AcmeProblem | null): string {
  const { type, detail } = problem ?? {};
  return [shortType(type), detail].filter((part) => part !== undefined)
    .join(": ");
}

/** The type of a problem without its prefix (RFC 8555 section 6.7). */
export function shortType(type: unknown): string | undefined {
  return typeof type === "string"
    ? escapeText(type.replace(/^urn:ietf:params:acme:error:/, ""))
    : undefined;
}

/** What a server wrote may be anything. */
function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

/** Of what a server says, in characters. */
const MAX_LENGTH = 2000;
