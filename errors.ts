/**
 * The errors of this module. TLS failures are {@linkcode TlsError}s; a caller's
 * mistake is a `TypeError` or `RangeError`, and errors of the transport pass
 * through unchanged.
 *
 * @module
 */

import { escapeText } from "./escape.ts";
import type {
  TlsCertificateErrorCode,
  TlsConnectionErrorCode,
  TlsKeyErrorCode,
} from "./error_codes.ts";
import { AlertDescription, type AlertName, nameOf } from "./registry.ts";

export type {
  TlsCertificateErrorCode,
  TlsConnectionErrorCode,
  TlsKeyErrorCode,
} from "./error_codes.ts";

/** The name of a TLS alert as registered at IANA, such as `"bad_certificate"`. */
export type TlsAlertName = AlertName;

/**
 * The stable names that programs match on. A broken rule of the protocol
 * without a code of its own has its alert's name as code.
 */
export type TlsErrorCode =
  | TlsConnectionErrorCode
  | TlsCertificateErrorCode
  | TlsKeyErrorCode
  | TlsAlertName;

/** The end of a connection on which an error arose. */
export type TlsSide = "client" | "server";

/** How far a connection had come when an error arose. */
export type TlsStage = "connect" | "handshake" | "data";

/** Options of {@linkcode TlsError}. */
export interface TlsErrorOptions extends ErrorOptions {
  /** The alert that was sent or received with it. */
  alert?: TlsAlertName | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** What the peer sent in the place of a record. */
  firstBytes?: Uint8Array | undefined;
}

/**
 * The base class of all errors that TLS itself gives.
 *
 * @example What went wrong, and what to do
 * ```ts
 * import { TlsError } from "@x/tls";
 * import { PrivateKey } from "@x/tls/x509";
 * import { assert, assertEquals } from "@std/assert";
 *
 * try {
 *   await PrivateKey.parse(new Uint8Array([0x30, 0x00]));
 * } catch (error) {
 *   assert(error instanceof TlsError);
 *   assertEquals(error.code, "malformed_key");
 *   assert(error.message.startsWith("Cannot read the private key"));
 * }
 * ```
 */
export class TlsError extends Error {
  /** `"TlsError"`. */
  override readonly name: string = "TlsError";
  /** The stable name of what went wrong. */
  readonly code: TlsErrorCode;
  /** The alert that we sent or that the peer sent, if any. */
  readonly alert: TlsAlertName | undefined;
  /** What to do about it, where there is something to say. */
  readonly hint: string | undefined;
  /**
   * With the code `not_tls`, and where a record of an unknown type came: the
   * first bytes that the peer sent in the place of a record, five at most.
   */
  readonly firstBytes: Uint8Array | undefined;
  /** The end of the connection at which it arose: ours. */
  readonly side: TlsSide | undefined = undefined;
  /** How far the connection had come. */
  readonly stage: TlsStage | undefined = undefined;

  /**
   * Makes an error from its code and a sentence.
   *
   * The message and the hint may quote what a peer sent: control characters,
   * line ends and invisible formatting in them are escaped (`\x0a`).
   *
   * @param code The stable name.
   * @param message A sentence that says what was refused, and why.
   * @param options An alert, a hint, a cause.
   */
  constructor(
    code: TlsErrorCode,
    message: string,
    options: TlsErrorOptions = {},
  ) {
    const { hint } = options;
    super(
      escapeText(hint === undefined ? message : `${message}. ${hint}`),
      options,
    );
    this.code = code;
    this.alert = options.alert;
    this.hint = hint === undefined ? undefined : escapeText(hint);
    this.firstBytes = options.firstBytes;
  }

  /**
   * @internal The error as one connection has it. What is set stays as it is:
   * an error that several connections meet is another one for each.
   */
  static place<E extends TlsError>(error: E, place: TlsErrorPlace): E {
    const own = error.side === undefined ? error : copyOf(error);
    return Object.assign(own, place);
  }
}

/** What only a connection knows of an error. */
interface TlsErrorPlace {
  side?: TlsSide;
  stage?: TlsStage;
  alert?: TlsAlertName;
}

function copyOf<E extends TlsError>(error: E): E {
  // An error for the platform, too, which knows them by how they were made.
  const copy = new TlsError(error.code, error.message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error));
  const fields = Object.getOwnPropertyDescriptors(error);
  return Object.defineProperties(copy, fields) as E;
}

/** Options of {@linkcode TlsProtocolError}. */
export interface TlsProtocolErrorOptions extends ErrorOptions {
  /** The code, where it says more than the alert's name. */
  code?: TlsErrorCode;
  /** What to do about it. */
  hint?: string | undefined;
  /** What the peer sent in the place of a record. */
  firstBytes?: Uint8Array;
}

/**
 * The peer broke a rule, or there is nothing in common; `alert` was sent.
 *
 * @example A peer that breaks a rule
 * ```ts
 * import { client, TlsProtocolError } from "@x/tls";
 * import { assert, assertEquals } from "@std/assert";
 *
 * // What it sends comes back: a ClientHello, where a ServerHello belongs.
 * const conn = client(new TransformStream(), { serverName: "example.com" });
 * try {
 *   await conn.handshake();
 * } catch (error) {
 *   assert(error instanceof TlsProtocolError);
 *   assertEquals(error.alert, "unexpected_message");
 * }
 * ```
 */
export class TlsProtocolError extends TlsError {
  /** `"TlsProtocolError"`. */
  override readonly name: string = "TlsProtocolError";

  /**
   * Makes an error from the alert that answers it and the fact.
   *
   * @param alert The alert that answers it.
   * @param message A sentence that says what was refused, and why.
   * @param options A code that says more than the alert, a hint, a cause.
   */
  constructor(
    alert: TlsAlertName,
    message: string,
    options: TlsProtocolErrorOptions = {},
  ) {
    super(options.code ?? alert, message, { ...options, alert });
  }
}

/**
 * The server could not decrypt the ClientHello (RFC 9849 section 6.1.6). It has
 * proved to be the server of the configuration's public name, nothing was sent
 * to it, and `ech_required` was.
 *
 * @example Once more, with the keys that the server has now
 * ```ts ignore
 * import { connect, TlsEchRejectedError } from "@x/tls";
 *
 * const where = { hostname: "secret.example", port: 443 };
 * const configList = new Uint8Array(); // from the DNS
 * try {
 *   await connect({ ...where, ech: { configList } });
 * } catch (error) {
 *   if (!(error instanceof TlsEchRejectedError)) throw error;
 *   if (error.retryConfigs === undefined) throw error;
 *   await connect({ ...where, ech: { configList: error.retryConfigs } });
 * }
 * ```
 */
export class TlsEchRejectedError extends TlsProtocolError {
  /** `"TlsEchRejectedError"`. */
  override readonly name: string = "TlsEchRejectedError";
  /** The name that the server's certificate is for. */
  readonly publicName: string;
  /**
   * The ECHConfigList that the server has now, for one more try; `undefined` if
   * it sent none: then it does not have Encrypted ClientHello any more.
   */
  readonly retryConfigs: Uint8Array | undefined;

  /**
   * Makes the error.
   *
   * @param publicName The name that the server's certificate is for.
   * @param retryConfigs ECHConfigList, if the server sent one.
   */
  constructor(publicName: string, retryConfigs: Uint8Array | undefined) {
    super(
      "ech_required",
      `Cannot connect with an encrypted ClientHello: "${publicName}" could not decrypt it`,
      {
        code: "ech_rejected",
        hint: retryConfigs === undefined
          ? "It sent no other configuration: Encrypted ClientHello is off there (RFC 9849 section 6.1.6)"
          : `"retryConfigs" of this error has the configurations that it has now; ech: { configList, retry: "keys" } makes connect() use them`,
      },
    );
    this.publicName = publicName;
    this.retryConfigs = retryConfigs;
  }
}

/**
 * The peer sent a fatal alert: its name is in `alert`.
 *
 * @example A server that wants another name
 * ```ts ignore
 * import { connect, TlsAlertError } from "@x/tls";
 *
 * try {
 *   await connect({ hostname: "192.0.2.1", port: 443, serverName: "a.example" });
 * } catch (error) {
 *   if (!(error instanceof TlsAlertError)) throw error;
 *   console.error(error.alert); // "unrecognized_name"
 * }
 * ```
 */
export class TlsAlertError extends TlsError {
  /** `"TlsAlertError"`. */
  override readonly name: string = "TlsAlertError";
  /** The alert's number. */
  readonly description: number;

  /**
   * Makes an error from the received description.
   *
   * @param description The alert's number.
   * @param message A sentence, where there is more to say than the name.
   * @param options A code that says more, and a hint.
   */
  constructor(
    description: number,
    message?: string,
    options: { code?: TlsErrorCode; hint?: string | undefined } = {},
  ) {
    const alert = nameOf(AlertDescription, description) as TlsAlertName;
    super(
      options.code ?? "alert_received",
      message ?? `Received a fatal alert from the peer: ${alert}`,
      {
        hint: message === undefined ? alertHints[alert] : undefined,
        ...options,
        alert,
      },
    );
    this.description = description;
  }
}

/** What an alert usually means, and what to look at. */
const alertHints: Partial<Record<TlsAlertName, string>> = {
  handshake_failure:
    "Usually both sides share no cipher suite, group or signature scheme, or a certificate is missing",
  bad_certificate: "The peer could not read or verify our certificate",
  unsupported_certificate: "The peer does not support our kind of certificate",
  certificate_revoked: "The peer considers our certificate revoked",
  certificate_expired:
    "The peer considers our certificate expired: check the clocks of both sides",
  certificate_unknown: "The peer did not accept our certificate",
  unknown_ca:
    "The peer does not trust the issuer of our certificate: check that we send the whole chain, and that the peer trusts its CA",
  access_denied: "The peer accepts our certificate, but grants it no access",
  protocol_version:
    'Both sides share no version: see "minVersion" and "maxVersion"',
  insufficient_security: "The peer requires something stronger than we offer",
  internal_error: "The peer had an error of its own",
  inappropriate_fallback:
    "The peer supports a higher version than the one we fell back to",
  missing_extension: "The peer requires an extension that we did not send",
  unrecognized_name: 'The peer has no server of that name: see "serverName"',
  certificate_required: "The peer requires a certificate, and we sent none",
  no_application_protocol:
    'The peer supports none of our protocols: see "alpnProtocols"',
};

/**
 * The transport ended without close_notify: what was read may be cut short.
 *
 * @example The transport ends early
 * ```ts
 * import { client, TlsTruncatedError } from "@x/tls";
 * import { assertRejects } from "@std/assert";
 *
 * const conn = client(
 *   { readable: ReadableStream.from([]), writable: new WritableStream() },
 *   { serverName: "example.com" },
 * );
 * await assertRejects(() => conn.handshake(), TlsTruncatedError);
 * ```
 */
export class TlsTruncatedError extends TlsError {
  /** `"TlsTruncatedError"`. */
  override readonly name: string = "TlsTruncatedError";

  /**
   * Makes the error.
   *
   * @param message A sentence that says where the transport ended.
   * @param options A cause, a hint.
   */
  constructor(
    message = "The transport ended without close_notify",
    options: TlsErrorOptions = {},
  ) {
    super("truncated", message, options);
  }
}

/**
 * A time limit passed.
 *
 * @example A server that says nothing
 * ```ts
 * import { client, TlsTimeoutError } from "@x/tls";
 * import { assertRejects } from "@std/assert";
 *
 * const silent = new ReadableStream<Uint8Array>();
 * const conn = client(
 *   { readable: silent, writable: new WritableStream() },
 *   { serverName: "example.com", handshakeTimeout: 10 },
 * );
 * await assertRejects(() => conn.handshake(), TlsTimeoutError);
 * ```
 */
export class TlsTimeoutError extends TlsError {
  /** `"TlsTimeoutError"`. */
  override readonly name: string = "TlsTimeoutError";

  /**
   * Makes the error from which limit it was and a sentence.
   *
   * @param code Which limit it was.
   * @param message A sentence that says how long it was.
   */
  constructor(
    code:
      | "handshake_timeout"
      | "read_timeout"
      | "write_timeout"
      | "deadline_exceeded"
      | "close_timeout",
    message: string,
  ) {
    super(code, message);
  }
}
