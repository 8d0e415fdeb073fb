/**
 * RC2 (RFC 2268), decryption alone: for key files of OpenSSL 1.x, macOS and
 * others, whose certificates are under 40 bits of it. It is broken, neither
 * WebCrypto nor noble nor Deno's `node:crypto` has it, and nothing else here uses
 * it.
 *
 * @module
 */

/** An expanded key of RC2. */
export class Rc2Key {
  readonly #words: Uint16Array;

  /**
   * Expands a key (section 2).
   *
   * @param key 1 to 128 bytes: T.
   * @param effectiveBits How many bits of it count at most: T1.
   */
  constructor(key: Uint8Array, effectiveBits: number) {
    const l = new Uint8Array(128);
    l.set(key);
    const bytes = Math.ceil(effectiveBits / 8); // T8
    const mask = 0xff >> (8 * bytes - effectiveBits); // TM
    for (let i = key.length; i < 128; i++) {
      l[i] = pi(at(l, i - 1) + at(l, i - key.length));
    }
    l[128 - bytes] = pi(at(l, 128 - bytes) & mask);
    for (let i = 127 - bytes; i >= 0; i--) {
      l[i] = pi(at(l, i + 1) ^ at(l, i + bytes));
    }
    this.#words = Uint16Array.from(
      { length: 64 },
      (_, i) => at(l, 2 * i) | at(l, 2 * i + 1) << 8,
    );
  }

  /** Decrypts whole blocks in CBC mode, and leaves the padding. */
  decryptCbc(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const plaintext = new Uint8Array(ciphertext.length);
    let previous = iv;
    for (let start = 0; start < ciphertext.length; start += 8) {
      const block = ciphertext.subarray(start, start + 8);
      const decrypted = this.decryptBlock(block);
      for (let i = 0; i < 8; i++) {
        plaintext[start + i] = at(decrypted, i) ^ at(previous, i);
      }
      previous = block;
    }
    return plaintext;
  }

  /** Decrypts one block of 8 bytes (section 4). */
  decryptBlock(block: Uint8Array): Uint8Array {
    const r = Uint16Array.from(
      { length: 4 },
      (_, i) => at(block, 2 * i) | at(block, 2 * i + 1) << 8,
    );
    let j = 63;
    const mix = () => {
      for (let i = 3; i >= 0; i--) r[i] = this.#unmixed(r, i, j--);
    };
    const mash = () => {
      for (let i = 3; i >= 0; i--) {
        r[i] = at(r, i) - at(this.#words, at(r, (i + 3) & 3) & 63);
      }
    };
    const rounds = [5, 6, 5];
    for (const [step, count] of rounds.entries()) {
      if (step > 0) mash();
      for (let round = 0; round < count; round++) mix();
    }
    return Uint8Array.from(
      { length: 8 },
      (_, i) => at(r, i >> 1) >> 8 * (i & 1),
    );
  }

  /** Section 4.1: "R-Mix up R[i]". */
  #unmixed(r: Uint16Array, i: number, j: number): number {
    const shift = SHIFTS[i] ?? 0;
    const word = at(r, i);
    const rotated = word >> shift | word << (16 - shift);
    const [one, two, three] = [1, 2, 3].map((n) => at(r, (i + 4 - n) & 3));
    return rotated - at(this.#words, j) - ((one ?? 0) & (two ?? 0)) -
      (~(one ?? 0) & (three ?? 0));
  }
}

function pi(index: number): number {
  return at(PITABLE, index & 0xff);
}

/** All indices here are within. */
function at(array: Uint8Array | Uint16Array, index: number): number {
  return array[index] ?? 0;
}

/** Section 3.1: s[0] to s[3]. */
const SHIFTS: readonly number[] = [1, 2, 3, 5];

/** Section 2: "a random permutation … from the expansion of pi". */
const PITABLE: Uint8Array = Uint8Array.from(
  (
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2" +
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82" +
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626" +
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7" +
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec" +
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9" +
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
  ).match(/../g) ?? [],
  (hex) => parseInt(hex, 16),
);
