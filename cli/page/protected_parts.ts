/**
 * The parts of a record that is protected.
 *
 * @module
 */

import type { Field } from "../../handshake/fields/decoder.ts";
import { byteCount } from "../../handshake/fields/values.ts";
import { RECORD_HEADER_LENGTH } from "../../record/plaintext.ts";
import type { ReplayedRecord } from "./replay.ts";

/** The nonce or IV in front, the ciphertext, and the tag behind it. */
export function protectedParts({ bytes, keys }: ReplayedRecord): Field[] {
  if (keys === undefined) return [];
  const { cipher } = keys.suite;
  const body = bytes.subarray(RECORD_HEADER_LENGTH);
  const isTls13 = keys.protection.hidesType;
  if (cipher.kind === "aead") {
    const { aead, fixedIvLength } = cipher;
    // RFC 5288 section 3: the rest of the nonce is sent.
    const nonce = isTls13 ? 0 : aead.nonceLength - fixedIvLength;
    const tag = body.length - aead.tagLength;
    return [
      part(body, 0, nonce, EXPLICIT_NONCE),
      part(body, nonce, tag, isTls13 ? SEALED_TLS13 : SEALED),
      part(body, tag, body.length, isTls13 ? TAG_TLS13 : TAG),
    ].flat();
  }
  const iv = cipher.kind === "cbc" && keys.iv.length === 0
    ? cipher.cipher.blockLength
    : 0;
  return [part(body, 0, iv, IV), part(body, iv, body.length, SEALED)].flat();
}

interface About {
  readonly name: string;
  readonly section: string;
  readonly meaning: string;
}

function part(
  body: Uint8Array,
  start: number,
  end: number,
  about: About,
): Field[] {
  const bytes = body.subarray(start, Math.max(start, end));
  if (bytes.length === 0) return [];
  return [{
    ...about,
    offset: RECORD_HEADER_LENGTH + start,
    bytes,
    value: byteCount(bytes.length),
    isSecret: false,
    children: [],
  }];
}

const EXPLICIT_NONCE: About = {
  name: "nonce_explicit",
  section: "RFC 5288 section 3",
  meaning: "With the IV it makes the nonce of this record.",
};

const IV: About = {
  name: "IV",
  section: "RFC 5246 section 6.2.3.2",
  meaning: "Random, for this record alone.",
};

const SEALED: About = {
  name: "ciphertext",
  section: "RFC 5246 section 6.2.3",
  meaning: "The content, encrypted.",
};

const SEALED_TLS13: About = {
  name: "encrypted_record",
  section: "RFC 9846 section 5.2",
  meaning:
    "The content with its true type, encrypted. The nonce is the IV with the sequence number.",
};

const TAG: About = {
  name: "authentication tag",
  section: "RFC 5246 section 6.2.3.3",
  meaning: "If a bit of the record were altered, this would not fit.",
};

const TAG_TLS13: About = { ...TAG, section: "RFC 9846 section 5.2" };
