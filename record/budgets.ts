/**
 * How much of what brings nothing a peer may send (BoringSSL's `tls_record.cc`
 * has the same bounds), and the rules of single records that depend on no key.
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { AlertDescription, AlertLevel, ContentType } from "../registry.ts";
import { ALERT_LENGTH } from "./alert.ts";
import type { Fragment } from "./protection.ts";

/** What becomes of change_cipher_spec records. */
export type ChangeCipherSpecPolicy =
  /** None may come: before the first ClientHello, after Finished. */
  | "refuse"
  /** Dropped: TLS 1.3 (RFC 9846 section 5 and appendix E.4). */
  | "drop"
  /** Fragments as any other: TLS 1.2. */
  | "return";

/** Judges fragments one after another, and counts. */
export class FragmentRules {
  /** Where the connection is. */
  changeCipherSpec: ChangeCipherSpecPolicy = "refuse";
  #emptyRecords = 0;
  #warningAlerts = 0;
  #changeCipherSpecs = 0;

  /**
   * Whether a fragment is to be passed on; those that are not bring nothing.
   *
   * @throws {TlsProtocolError} If it breaks a rule, or is one too many.
   */
  accept(fragment: Fragment, isProtected: boolean, isTls13: boolean): boolean {
    const { type, bytes } = fragment;
    switch (type) {
      case ContentType.application_data:
        if (!isProtected) throw unexpected("application_data without keys");
        return this.#acceptApplicationData(bytes);
      case ContentType.handshake:
        // RFC 9846 sections 5.1 and 5.4, RFC 5246 section 6.2.1.
        if (bytes.length === 0) throw unexpected("an empty handshake record");
        this.#emptyRecords = 0;
        return true;
      case ContentType.alert:
        return this.#acceptAlert(bytes, isTls13);
      case ContentType.change_cipher_spec:
        return this.#acceptChangeCipherSpec(bytes, isProtected && isTls13);
      default:
        throw unexpected(`a record of type ${type}`);
    }
  }

  /**
   * RFC 9846 section 5.1: empty ones may hide the traffic's shape. They are
   * passed on, for where application data may not come they may not either.
   */
  #acceptApplicationData(bytes: Uint8Array): boolean {
    if (bytes.length > 0) {
      this.#emptyRecords = 0;
      this.#warningAlerts = 0;
      return true;
    }
    if (++this.#emptyRecords > MAX_EMPTY_RECORDS) {
      throw tooMany(MAX_EMPTY_RECORDS, "empty records in a row");
    }
    return true;
  }

  #acceptAlert(bytes: Uint8Array, isTls13: boolean): boolean {
    if (bytes.length === 0) throw unexpected("an empty alert record");
    // RFC 9846 section 5.1: one record holds exactly one alert.
    if (bytes.length !== ALERT_LENGTH) {
      throw new TlsProtocolError(
        "decode_error",
        `Cannot accept an alert: expected ${ALERT_LENGTH} bytes, got ${bytes.length}`,
      );
    }
    const [level, description] = bytes;
    const bringsNothing = level === AlertLevel.warning
      ? description !== AlertDescription.close_notify
      // RFC 9846 section 6.1: ignored in TLS 1.3, whatever its level.
      : isTls13 && description === AlertDescription.user_canceled;
    if (bringsNothing && ++this.#warningAlerts > MAX_WARNING_ALERTS) {
      throw tooMany(MAX_WARNING_ALERTS, "warning alerts without data");
    }
    return true;
  }

  #acceptChangeCipherSpec(bytes: Uint8Array, isTls13Inner: boolean): boolean {
    // RFC 9846 section 5: also where it is protected, or says anything else.
    if (this.changeCipherSpec === "refuse" || isTls13Inner) {
      throw unexpected("change_cipher_spec");
    }
    const isValid = bytes.length === 1 && bytes[0] === 1;
    if (this.changeCipherSpec === "return") {
      if (isValid) return true;
      throw new TlsProtocolError(
        "illegal_parameter",
        "Cannot accept change_cipher_spec: expected one byte of value 1",
      );
    }
    if (!isValid) throw unexpected("change_cipher_spec with other bytes");
    if (++this.#changeCipherSpecs > MAX_CHANGE_CIPHER_SPECS) {
      throw tooMany(MAX_CHANGE_CIPHER_SPECS, "change_cipher_spec records");
    }
    return false;
  }
}

function unexpected(what: string): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept ${what} here`,
  );
}

function tooMany(limit: number, what: string): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept more than ${limit} ${what}`,
  );
}

/** Stops a peer that keeps us opening records which bring nothing. */
const MAX_EMPTY_RECORDS = 32;

/**
 * Stops a peer that keeps a connection busy with alerts to be ignored. Nothing
 * but data resets the count: what a peer can send for ever does not.
 */
const MAX_WARNING_ALERTS = 4;

/**
 * Stops a peer that keeps a handshake waiting with records to be dropped: one
 * is sent (RFC 9846 appendix E.4), and the count is never reset.
 */
const MAX_CHANGE_CIPHER_SPECS = 32;
