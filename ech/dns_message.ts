/**
 * Messages of the DNS (RFC 1035 section 4), as far as a question for records of
 * type HTTPS and its answer need them.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsProtocolError } from "../errors.ts";
import {
  encode,
  opaque,
  Reader,
  uint16,
  uint32,
  uint8,
} from "../record/codec.ts";
import { encodeName, MAX_NAME, readLabel } from "./domain_name.ts";

/** Types of records. */
export const RecordType = { CNAME: 5, OPT: 41, HTTPS: 65 } as const;

/** RFC 1035 section 3.2.4: the Internet. */
const IN = 1;

/** Response codes (RFC 1035 section 4.1.1). */
export const ResponseCode = { NoError: 0, NXDomain: 3 } as const;

/**
 * A question for the records of type HTTPS of a name. ID is 0, so that caches find
 * the same message (RFC 8484 section 4.1).
 */
export function httpsQuery(name: string): Uint8Array<ArrayBuffer> {
  const question = concat([
    encodeName(name),
    encode(uint16, RecordType.HTTPS),
    encode(uint16, IN),
  ]);
  // RFC 8467 section 4.1: to a multiple of 128 octets, so that the length of the
  // name does not show.
  const length = HEADER.length + question.length + OPT.length + RDLEN +
    OPTION_HEADER;
  const padding = new Uint8Array(-length & 127);
  return concat([
    HEADER,
    question,
    OPT,
    encode(uint16, OPTION_HEADER + padding.length),
    encode(uint16, PADDING_OPTION),
    encode(uint16, padding.length),
    padding,
  ]);
}

/** ID 0, recursion desired, one question, one additional record. */
const HEADER = hex("0000" + "0100" + "0001" + "0000" + "0000" + "0001");

/** EDNS (RFC 6891 section 6.1.2) up to RDLEN: 4096 octets of UDP, which is not used. */
const OPT = hex("00" + "0029" + "1000" + "00000000");

/** RFC 7830 section 3. */
const PADDING_OPTION = 12;

/** In octets. */
const RDLEN = 2;

/** OPTION-CODE and OPTION-LENGTH, in octets. */
const OPTION_HEADER = 4;

/** A record of an answer. */
export interface ResourceRecord {
  /** The owner's name, without a last dot, in lower case. */
  readonly name: string;
  readonly type: number;
  /** In seconds. */
  readonly ttl: number;
  readonly data: Uint8Array;
  /** The name of a CNAME record. */
  readonly target: string | undefined;
}

/** An answer. */
export interface DnsAnswer {
  readonly code: number;
  readonly records: readonly ResourceRecord[];
}

/**
 * Reads an answer, its records of other classes apart.
 *
 * @throws {TlsProtocolError} `decode_error`, if it is not one.
 */
export function readAnswer(message: Uint8Array): DnsAnswer {
  const reader = new Reader(message, "the DNS answer");
  uint16.read(reader);
  const flags = uint16.read(reader);
  // QR, and not TC: what was cut off is not known.
  if ((flags & 0x8200) !== 0x8000) {
    throw malformed("it is not a whole response");
  }
  const questions = uint16.read(reader);
  const answers = uint16.read(reader);
  uint32.read(reader); // NSCOUNT and ARCOUNT
  const at = () => message.length - reader.remaining;
  const nameHere = () => {
    const { name, length } = readName(message, at());
    reader.take(length);
    return name;
  };
  for (let i = 0; i < questions; i++) {
    nameHere();
    uint32.read(reader); // QTYPE and QCLASS
  }
  const records: ResourceRecord[] = [];
  for (let i = 0; i < answers; i++) {
    const name = nameHere();
    const type = uint16.read(reader);
    const recordClass = uint16.read(reader);
    const ttl = uint32.read(reader);
    const length = uint16.read(reader);
    const start = at();
    const data = opaque(length).read(reader);
    if (recordClass !== IN) continue;
    const target = type === RecordType.CNAME
      ? readTarget(message, start, length)
      : undefined;
    records.push({ name, type, ttl, data: data.slice(), target });
  }
  return { code: flags & 0x0f, records };
}

/** The name that is all of a record's data. */
function readTarget(
  message: Uint8Array,
  start: number,
  length: number,
): string {
  const target = readName(message, start);
  if (target.length === length) return target.name;
  throw malformed("a CNAME has another length than its name");
}

/**
 * A name that may be compressed (RFC 1035 section 4.1.4): a pointer leads to what
 * stands before it, so that there is no circle.
 */
function readName(
  message: Uint8Array,
  start: number,
): { name: string; length: number } {
  const labels: string[] = [];
  let total = 1;
  let length: number | undefined;
  let reader = new Reader(message.subarray(start), "a name of the DNS");
  let from = start;
  const end = () => message.length - reader.remaining;
  for (;;) {
    const size = uint8.read(reader);
    if (size >= POINTER) {
      const target = (size - POINTER) * 256 + uint8.read(reader);
      length ??= end() - start;
      if (target >= from) throw malformed("a name points forwards");
      from = target;
      reader = new Reader(message.subarray(target), "a name of the DNS");
      continue;
    }
    if (size > MAX_LABEL) throw malformed("a label is of an unknown type");
    total += 1 + size;
    if (total > MAX_NAME) throw malformed("a name is too long");
    if (size === 0) break;
    labels.push(readLabel(reader, size));
  }
  length ??= end() - start;
  return { name: labels.join("."), length };
}

function malformed(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "decode_error",
    `Cannot decode the DNS answer: ${why} (RFC 1035 section 4)`,
  );
}

/** The two bits of a pointer. */
const POINTER = 0xc0;

/** In octets. */
const MAX_LABEL = 63;

function hex(text: string): Uint8Array {
  return Uint8Array.from(
    text.match(/../g) ?? [],
    (octet) => parseInt(octet, 16),
  );
}
