/**
 * Whether timestamps are those of known logs (RFC 6962 section 5.2): signature,
 * log and time.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { derContext } from "../asn1/der.ts";
import type { OcspResponse } from "../status/ocsp.ts";
import { decodeBase64, parsePem } from "../asn1/pem.ts";
import {
  parsePublicKey,
  type PublicKey,
} from "../../crypto/signatures/public_key.ts";
import { CLOCK_TOLERANCE, type IssuedBy } from "./revocation.ts";
import {
  type LogEntry,
  precertTbs,
  readTimestampList,
  type SignedCertificateTimestamp,
  signedTimestampData,
} from "../status/sct.ts";

/** A log of certificates, as lists of logs have them. */
export interface CtLog {
  /** Its public key: SubjectPublicKeyInfo in DER, base64 or PEM. */
  key: Uint8Array | string;
  /**
   * Its identifier; one that is not of the key is refused.
   *
   * @default {the SHA-256 of the key}
   */
  id?: Uint8Array | string;
  /** What to call it. */
  name?: string;
  /** The certificates that it takes expire from this moment on. */
  notAfterStart?: Date;
  /** The certificates that it takes expire before this moment. */
  notAfterEnd?: Date;
  /** Timestamps from this moment on do not count: the log is retired. */
  retiredAt?: Date;
}

/** What was found out about one timestamp. */
export interface TimestampVerdict {
  /** Where it was. */
  readonly source: TimestampSource;
  /** `"valid"`, or what speaks against it. */
  readonly status: TimestampStatus;
  /** The timestamp, or `undefined` if the list could not be read. */
  readonly timestamp: SignedCertificateTimestamp | undefined;
  /** The log, if it is known. */
  readonly log: CtLog | undefined;
}

/** The three ways for timestamps to come (RFC 6962 section 3.3). */
export type TimestampSource = "certificate" | "tls" | "ocsp";

/** Whether a timestamp counts, and why not. */
export type TimestampStatus =
  | "valid"
  | "unknown_log"
  | "unknown_version"
  | "bad_signature"
  | "in_the_future"
  | "log_retired"
  | "outside_of_interval"
  | "malformed";

/** What a certificate's timestamps are checked with. */
export interface TimestampCheck extends IssuedBy {
  /** The logs that are known. */
  readonly logs: CtLogs;
  /** The time. */
  readonly now: Date;
  /**
   * The TLS extension signed_certificate_timestamp, or the items of its list.
   */
  readonly extension?: Uint8Array | readonly Uint8Array[] | undefined;
  /** The response that was stapled; that it is right was found out before. */
  readonly ocspResponse?: OcspResponse | undefined;
}

/** Logs by their identifiers; made once from the program's list. */
export class CtLogs {
  readonly #logs: ReadonlyMap<string, KnownLog>;

  /**
   * Reads the keys.
   *
   * @throws {TypeError} If a key is not valid, or an identifier belongs to
   * another key.
   */
  constructor(logs: readonly CtLog[]) {
    this.#logs = new Map(logs.map(readLog).map((log) => [log.id, log]));
  }

  /** How many there are. */
  get size(): number {
    return this.#logs.size;
  }

  /** Equal for two lists of the same logs with the same times. */
  get fingerprint(): string {
    const rows = [...this.#logs.values()].map(({ id, log }) =>
      [log.notAfterStart, log.notAfterEnd, log.retiredAt]
        .reduce((row, date) => `${row} ${date?.getTime() ?? ""}`, id)
    );
    return rows.sort().join();
  }

  /** The log with an identifier. */
  find(logId: Uint8Array): KnownLog | undefined {
    return this.#logs.get(logId.toHex());
  }
}

/** A log whose key was read. */
export interface KnownLog {
  /** In hexadecimal. */
  readonly id: string;
  readonly log: CtLog;
  readonly key: PublicKey;
}

/**
 * Checks the timestamps of a certificate from all three places. How many of
 * them there have to be is the caller's to say.
 */
export async function checkTimestamps(
  check: TimestampCheck,
): Promise<TimestampVerdict[]> {
  const { certificate, issuer } = check;
  const entry: LogEntry = {
    type: "x509_entry",
    certificate: certificate.raw,
  };
  const embedded = certificate.extensionValues.signedCertificateTimestamps;
  const lists: Promise<TimestampVerdict[]>[] = [];
  if (embedded !== undefined) {
    const precert: LogEntry = {
      type: "precert_entry",
      issuerKeyHash: sha256.digest(issuer.publicKey.spki),
      tbsCertificate: precertTbs(certificate),
    };
    lists.push(checkList("certificate", embedded, precert, check));
  }
  if (check.extension !== undefined) {
    lists.push(checkList("tls", check.extension, entry, check));
  }
  // A response may be about several certificates; it says one thing of each,
  // and what it repeats would be checked again and again.
  const single = check.ocspResponse?.responses.find((each) =>
    each.signedCertificateTimestamps !== undefined &&
    each.certId.serialNumber === certificate.serialNumber
  );
  if (single?.signedCertificateTimestamps !== undefined) {
    const list = single.signedCertificateTimestamps;
    lists.push(checkList("ocsp", list, entry, check));
  }
  return (await Promise.all(lists)).flat();
}

async function checkList(
  source: TimestampSource,
  list: Uint8Array | readonly Uint8Array[],
  entry: LogEntry,
  check: TimestampCheck,
): Promise<TimestampVerdict[]> {
  let timestamps: SignedCertificateTimestamp[];
  try {
    timestamps = readTimestampList(list);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return [{
      source,
      status: "malformed",
      timestamp: undefined,
      log: undefined,
    }];
  }
  return await Promise.all(timestamps.map(async (timestamp) => {
    const known = check.logs.find(timestamp.logId);
    const status = await statusOf(timestamp, known, entry, check);
    return { source, status, timestamp, log: known?.log };
  }));
}

async function statusOf(
  timestamp: SignedCertificateTimestamp,
  known: KnownLog | undefined,
  entry: LogEntry,
  { now, certificate }: TimestampCheck,
): Promise<TimestampStatus> {
  if (timestamp.version !== 0) return "unknown_version";
  if (known === undefined) return "unknown_log";
  // Section 5.2: "whose timestamp is in the future" is invalid.
  if (timestamp.timestamp > now.getTime() + CLOCK_TOLERANCE) {
    return "in_the_future";
  }
  const { retiredAt } = known.log;
  if (retiredAt && timestamp.timestamp >= retiredAt.getTime()) {
    return "log_retired";
  }
  if (!isInInterval(certificate, known.log)) return "outside_of_interval";
  return await isSigned(timestamp, known.key, entry)
    ? "valid"
    : "bad_signature";
}

function isInInterval(
  { notAfter }: Certificate,
  { notAfterStart, notAfterEnd }: CtLog,
): boolean {
  return (notAfterStart === undefined || notAfter >= notAfterStart) &&
    (notAfterEnd === undefined || notAfter < notAfterEnd);
}

/** Section 2.1.4: ECDSA on P-256 or RSA, with SHA-256. */
async function isSigned(
  timestamp: SignedCertificateTimestamp,
  key: PublicKey,
  entry: LogEntry,
): Promise<boolean> {
  const scheme = signatureSchemeById(timestamp.signatureScheme);
  if (
    scheme === undefined || scheme.hash !== "SHA-256" ||
    scheme.keyType !== key.type || scheme.curve !== key.curve
  ) {
    return false;
  }
  const data = signedTimestampData(timestamp, entry);
  return await verifyWithScheme(scheme, key, data, timestamp.signature);
}

function readLog(log: CtLog, at: number): KnownLog {
  const spki = typeof log?.key === "string" ? decodeKey(log.key) : log?.key;
  if (!(spki instanceof Uint8Array)) {
    throw new TypeError(`Cannot use ctLogs[${at}]: it has no key`);
  }
  let key: PublicKey;
  try {
    key = parsePublicKey(spki.slice(), LOG_KEY);
  } catch (cause) {
    if (!(cause instanceof TlsError)) throw cause;
    throw new TypeError(`Cannot use ctLogs[${at}]: ${cause.message}`, {
      cause,
    });
  }
  const id = sha256.digest(spki).toHex();
  const given = typeof log.id === "string" ? decodeBase64(log.id) : log.id;
  if (log.id !== undefined && (given === undefined || given.toHex() !== id)) {
    throw new TypeError(
      `Cannot use ctLogs[${at}]: its id is not the SHA-256 of its key`,
    );
  }
  return { id, log, key };
}

function decodeKey(text: string): Uint8Array | undefined {
  return text.includes("-----BEGIN ")
    ? parsePem(text).find(({ label }) => label === "PUBLIC KEY")?.der
    : decodeBase64(text.replace(/\s/g, ""));
}

const LOG_KEY = derContext("the key of a log", "malformed_key");
