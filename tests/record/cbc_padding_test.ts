import { assert, assertEquals } from "@std/assert";
import { sha1, sha256, sha384 } from "../../crypto/primitives/hash.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { openPadded } from "../../record/cbc_padding.ts";
import { seededRandom } from "../_mutate.ts";

/** RFC 5246 section 6.2.3.2, with as many branches as it likes. */
function simple(
  padded: Uint8Array,
  hash: HashAlgorithm,
  mac: (content: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  const paddingLength = padded[padded.length - 1] as number;
  const length = padded.length - 1 - paddingLength - hash.length;
  if (length < 0) return undefined;
  const padding = padded.subarray(length + hash.length);
  if (padding.some((byte) => byte !== paddingLength)) return undefined;
  const content = padded.subarray(0, length);
  const received = padded.subarray(length, length + hash.length);
  const expected = mac(content);
  return expected.every((byte, at) => byte === received[at])
    ? content
    : undefined;
}

/** Bytes that end as a record does, mostly. */
function build(
  hash: HashAlgorithm,
  mac: (content: Uint8Array) => Uint8Array,
  length: number,
  paddingLength: number,
): Uint8Array {
  const content = new Uint8Array(length).fill(length);
  const padded = new Uint8Array(length + hash.length + paddingLength + 1);
  padded.set(content);
  padded.set(mac(content), length);
  return padded.fill(paddingLength, length + hash.length);
}

for (const hash of [sha1, sha256, sha384]) {
  const key = new Uint8Array(20);
  const mac = (content: Uint8Array) => hash.hmac(key, content);

  Deno.test(`openPadded() finds content before any padding: ${hash.name}`, () => {
    for (const length of [0, 1, 2, 50, 255, 256, 257]) {
      for (let paddingLength = 0; paddingLength < 256; paddingLength++) {
        const padded = build(hash, mac, length, paddingLength);
        assertEquals(
          openPadded(padded, hash, mac),
          padded.subarray(0, length),
        );
      }
    }
  });

  Deno.test(`openPadded() looks at each byte of the padding: ${hash.name}`, () => {
    for (const paddingLength of [0, 1, 15, 254, 255]) {
      const padded = build(hash, mac, 3, paddingLength);
      const start = padded.length - 1 - paddingLength;
      for (let at = start; at < padded.length; at++) {
        for (const change of [0x01, 0x80, 0xff]) {
          const wrong = padded.slice();
          wrong[at] = (wrong[at] as number) ^ change;
          assertEquals(openPadded(wrong, hash, mac), undefined);
        }
      }
    }
  });

  Deno.test(`openPadded() judges as a simple version does: ${hash.name}`, () => {
    const random = seededRandom(7);
    let opened = 0;
    for (let count = 0; count < 5000; count++) {
      const padded = build(hash, mac, random(80), random(256));
      for (let changes = random(3); changes > 0; changes--) {
        // Mostly near the end, where the padding is.
        const at = padded.length - 1 - random(Math.min(padded.length, 300));
        padded[at] = random(4) === 0 ? random(256) : padded[at] as number;
      }
      const wanted = simple(padded, hash, mac);
      assertEquals(openPadded(padded, hash, mac), wanted);
      if (wanted !== undefined) opened++;
    }
    assert(opened > 100 && opened < 4900, `${opened}`);
  });

  Deno.test(`openPadded() hashes the same number of blocks for any padding: ${hash.name}`, () => {
    const blockLength = hash.length > 32 ? 128 : 64;
    const closing = blockLength === 128 ? 17 : 9;
    for (const total of [hash.length + 1, 100, 333, 512, 1024]) {
      const rounds = new Set<number>();
      for (let last = 0; last < 256; last++) {
        for (const isGood of [true, false]) {
          const padded = new Uint8Array(total);
          padded.fill(last, isGood ? Math.max(0, total - 1 - last) : total - 1);
          openPadded(padded, hash, (content, dummy) => {
            assertEquals(dummy.length % blockLength, 0);
            const real = Math.ceil(
              (13 + content.length + closing) / blockLength,
            );
            rounds.add(real + dummy.length / blockLength);
            return new Uint8Array(hash.length);
          });
        }
      }
      assertEquals(rounds.size, 1, `${total}`);
    }
  });
}
