/**
 * Exit codes, and which of them an error stands for.
 *
 * @module
 */

import { type TlsAlertName, TlsError, TlsTimeoutError } from "../../errors.ts";
import { escapeText } from "../../escape.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";

/** Exit codes, for scripts. */
export const ExitCode = {
  /** All is well. */
  ok: 0,
  /** The answer is no: certificates differ, one must be renewed, a rule is broken. */
  no: 1,
  /** A wrong argument or option. */
  usage: 2,
  /** The network: no such host, no answer, a refusal, a timeout, a proxy. */
  network: 3,
  /** TLS: the handshake or the connection failed, or something else is spoken. */
  tls: 4,
  /** A certificate was refused. */
  certificate: 5,
  /** A file, or standard input or output, could not be read or written. */
  file: 6,
  /** A fault of the program itself. */
  internal: 70,
} as const;

/** The kind of an error, as in the output of `--json`. */
export type FailureKind = Exclude<keyof typeof ExitCode, "ok" | "no">;

/** Options of {@linkcode Failure}. */
export interface FailureOptions extends ErrorOptions {
  /** A stable name, if there is a better one than the kind. */
  readonly code?: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** An error that the program itself raises: a sentence, and a kind. */
export class Failure extends Error {
  /** `"Failure"`. */
  override readonly name: string = "Failure";
  /** Which exit code it leads to. */
  readonly kind: FailureKind;
  /** A stable name. */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    options: FailureOptions = {},
  ) {
    super(escapeText(message), options);
    this.kind = kind;
    this.code = options.code ?? kind;
    this.hint = options.hint;
  }
}

/** An error, as it is printed. */
export interface Described {
  readonly kind: FailureKind;
  /** A stable name: that of a `TlsError`, or of a {@linkcode Failure}. */
  readonly code: string;
  /** One sentence or two; the hint is in it. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly alert: TlsAlertName | undefined;
}

/** What an error means to a user. */
export function describeError(error: unknown): Described {
  if (error instanceof Failure) {
    const { kind, code, hint } = error;
    const message = hint === undefined
      ? error.message
      : `${error.message}. ${hint}`;
    return { kind, code, message, hint, alert: undefined };
  }
  if (error instanceof TlsError) {
    const { code, message, hint, alert } = error;
    return { kind: kindOf(error), code, message, hint, alert };
  }
  const name = error instanceof Error ? error.name : "";
  if (isNotPermitted(error)) {
    return {
      kind: "usage",
      code: "not_permitted",
      message: escapeText(error.message),
      hint: undefined,
      alert: undefined,
    };
  }
  const said = error instanceof Error ? error.message : String(error);
  return {
    kind: NETWORK.test(name) ? "network" : "internal",
    code: NETWORK.test(name) ? snake(name) : "internal",
    message: escapeText(name === "" ? said : `${name}: ${said}`),
    hint: undefined,
    alert: undefined,
  };
}

/** Whether Deno was started without a permission that is needed. */
export function isNotPermitted(error: unknown): error is Error {
  return error instanceof Error && error.name === "NotCapable";
}

function kindOf(error: TlsError): FailureKind {
  // What no connection met came from a file, unless a certificate was judged.
  if (error.stage === undefined) {
    return error instanceof TlsCertificateError &&
        error.code !== "malformed_certificate"
      ? "certificate"
      : "file";
  }
  if (error instanceof TlsTimeoutError) return "network";
  // Keys are read when they are needed.
  if (!(error instanceof TlsCertificateError) && OF_KEYS.has(error.code)) {
    return "file";
  }
  return error instanceof TlsCertificateError ? "certificate" : "tls";
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** Errors of our own key or its file, which no peer has a part in. */
const OF_KEYS: ReadonlySet<string> = new Set([
  "key_mismatch",
  "malformed_key",
  "malformed_pem",
  "malformed_pfx",
  "passphrase_required",
  "unsupported_key",
  "wrong_passphrase",
]);

/** Deno's names of errors of sockets. */
const NETWORK =
  /^(Connection(Refused|Reset|Aborted)|NotConnected|AddrNotAvailable|HostUnreachable|NetworkUnreachable|NetworkDown|TimedOut|BrokenPipe|UnexpectedEof)$/;
