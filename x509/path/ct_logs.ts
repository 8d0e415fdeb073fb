/**
 * The logs of certificates that a program knows (RFC 6962), read once.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { decodeBase64, toHex } from "../../encoding.ts";
import {
  parsePublicKey,
  type PublicKey,
} from "../../crypto/signatures/public_key.ts";
import { TlsError } from "../../errors.ts";
import { derContext } from "../asn1/der.ts";
import { parsePem } from "../asn1/pem.ts";

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
    return this.#logs.get(toHex(logId));
  }
}

/** A log whose key was read. */
export interface KnownLog {
  /** In hexadecimal. */
  readonly id: string;
  readonly log: CtLog;
  readonly key: PublicKey;
}

function readLog(log: CtLog, at: number): KnownLog {
  const spki = typeof log?.key === "string" ? decodeKey(log.key) : log?.key;
  if (!(spki instanceof Uint8Array)) {
    throw new TypeError(`Cannot use ctLogs[${at}]: it has no key`);
  }
  let key: PublicKey;
  try {
    key = parsePublicKey(new Uint8Array(spki), LOG_KEY);
  } catch (cause) {
    if (!(cause instanceof TlsError)) throw cause;
    throw new TypeError(`Cannot use ctLogs[${at}]: ${cause.message}`, {
      cause,
    });
  }
  const id = toHex(sha256.digest(spki));
  const given = typeof log.id === "string" ? decodeBase64(log.id) : log.id;
  if (log.id !== undefined && (given === undefined || toHex(given) !== id)) {
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
