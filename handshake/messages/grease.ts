/**
 * RFC 8701: reserved values without meaning, sent so that peers keep ignoring
 * unknown values.
 *
 * @module
 */

/** The GREASE values of one ClientHello, or of one ticket. */
export class Grease {
  readonly #seed: Uint8Array;

  /** Chooses the values by eight random bytes. */
  constructor(seed: Uint8Array) {
    this.#seed = seed;
  }

  /** A suite. */
  cipherSuite(): number[] {
    return [this.#value(0)];
  }

  /** A group; its share is the same. */
  group(): number[] {
    return [this.#value(1)];
  }

  /** A share of that group: one meaningless byte. */
  keyShare(): { group: number; keyExchange: Uint8Array }[] {
    return [{ group: this.#value(1), keyExchange: Uint8Array.of(0) }];
  }

  /** A version. */
  version(): number[] {
    return [this.#value(2)];
  }

  /** A signature scheme. */
  signatureScheme(): number[] {
    return [this.#value(5)];
  }

  /** Two extensions, one empty and one not (sections 3.1 and 4.1). */
  extensions(): { extensionType: number; extensionData: Uint8Array }[] {
    const first = this.#value(3);
    const second = this.#value(4);
    return [
      { extensionType: first, extensionData: new Uint8Array() },
      {
        extensionType: second === first ? first ^ 0x1010 : second,
        extensionData: Uint8Array.of(0),
      },
    ];
  }

  #value(at: number): number {
    const high = ((this.#seed[at] as number) & 0xf0) | 0x0a;
    return high * 0x0101;
  }
}

/** The values of a list that mean something (RFC 8701 section 2). */
export function withoutGrease(values: readonly number[]): number[] {
  return values.filter((value) =>
    (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff)
  );
}
