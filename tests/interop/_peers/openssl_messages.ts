/**
 * Reads the messages that OpenSSL's programs show with `-msg`.
 *
 * @module
 */

import { CipherSuite, nameOf } from "../../../registry.ts";
import { type Report, VERSIONS } from "./peer.ts";

/** A ServerHello as `-msg` shows it. */
export const SERVER_HELLO: RegExp =
  /, ServerHello\n((?: {4}(?:[0-9a-f]{2} ?)+\n)+)/g;

const RETRY =
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

const GROUPS: Record<number, string> = {
  23: "secp256r1",
  24: "secp384r1",
  25: "secp521r1",
  29: "x25519",
  30: "x448",
};

/** Reads what RFC 9846 section 4.2.3 puts into a ServerHello. */
export function readServerHello(
  dump: string,
): { retry: boolean; report: Report } {
  const bytes = readDump(dump);
  const view = new DataView(bytes.buffer);
  const retry = bytes.subarray(6, 38).toHex() === RETRY;
  const suite = 39 + view.getUint8(38);
  const report: Report = {
    version: nameVersion(view.getUint16(4)),
    cipherSuite: nameOf(CipherSuite, view.getUint16(suite)),
  };
  for (let at = suite + 5; at < bytes.length;) {
    const type = view.getUint16(at);
    if (type === 43) report.version = nameVersion(view.getUint16(at + 4));
    if (type === 51) report.group = GROUPS[view.getUint16(at + 4)] ?? "unknown";
    at += 4 + view.getUint16(at + 2);
  }
  return { retry, report };
}

function nameVersion(version: number): string {
  return VERSIONS[version - 0x0301] ?? "unknown";
}

/** A message with what a server shows beside its certificate. */
const STATUS =
  /^<<< TLS.*, (ServerHello|Certificate|CertificateStatus)\n((?: {4}(?:[0-9a-f]{2} ?)+\n)+)/gm;

/** Reads the OCSP response and the timestamps of a handshake. */
export function readStatus(text: string): Report {
  const report: Report = { ocspResponse: null, timestamps: null };
  const version13 = /^<<< TLS 1.3.*, EncryptedExtensions$/m.test(text);
  for (const [, message, dump = ""] of text.matchAll(STATUS)) {
    const body = new Reader(readDump(dump).subarray(4));
    if (message === "CertificateStatus") {
      body.take(1);
      report.ocspResponse = body.vector(3).toHex();
    } else if (message === "ServerHello") {
      body.take(2 + 32);
      body.vector(1);
      body.take(2 + 1);
      readStatusExtensions(body, report);
    } else if (version13) {
      body.vector(1);
      const entry = new Reader(body.vector(3));
      entry.vector(3);
      readStatusExtensions(entry, report);
    }
  }
  // It has looked at their signatures, and goes on whatever it has found.
  const valid = [...text.matchAll(/^SCT validation status: valid$/gm)].length;
  const shown = report.timestamps?.split(",").length ?? 0;
  if (valid !== shown) report.timestamps = `${valid} of ${shown} are valid`;
  return report;
}

function readStatusExtensions(from: Reader, report: Report): void {
  const extensions = new Reader(from.vector(2));
  while (extensions.left > 0) {
    const type = new DataView(extensions.take(2).slice().buffer).getUint16(0);
    const data = new Reader(extensions.vector(2));
    if (type === 5 && data.left > 0) {
      data.take(1);
      report.ocspResponse = data.vector(3).toHex();
    } else if (type === 18) {
      const items = new Reader(data.vector(2));
      const list: string[] = [];
      while (items.left > 0) list.push(items.vector(2).toHex());
      report.timestamps = list.join();
    }
  }
}

function readDump(dump: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    dump.trim().split(/\s+/),
    (hex) => parseInt(hex, 16),
  );
}

/** Takes bytes from the front of others. */
class Reader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  get left(): number {
    return this.#rest.length;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new RangeError("A dump ends too early");
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** What stands behind a length of that many bytes. */
  vector(size: number): Uint8Array {
    const length = this.take(size).reduce((sum, byte) => sum * 256 + byte, 0);
    return this.take(length);
  }
}
