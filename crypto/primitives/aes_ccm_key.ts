/**
 * AES-CCM (RFC 3610) with the parameters of TLS (RFC 6655 section 3, RFC 9846
 * appendix B.4): a nonce of 12 bytes, hence a length field of 3, and a tag of
 * 16 or 8 bytes. Neither WebCrypto, noble nor Deno's `node:crypto` has the
 * mode, so it is put together here from AES-CBC, whose last block is the
 * CBC-MAC, and AES-CTR, both of WebCrypto.
 *
 * @module
 */

import { badTag } from "./aead_error.ts";
import { bufferSource, equalConstantTime } from "./bytes.ts";
import type { AeadKey } from "./provider.ts";

/** Imports a key, whose length was checked. */
export async function importAesCcmKey(
  key: Uint8Array,
  tagLength: number,
): Promise<AeadKey> {
  const raw = bufferSource(key);
  const [mac, counter] = await Promise.all([
    crypto.subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt"]),
    crypto.subtle.importKey("raw", raw, "AES-CTR", false, ["encrypt"]),
  ]);
  return new AesCcmKey(mac, counter, tagLength);
}

class AesCcmKey implements AeadKey {
  readonly #macKey: CryptoKey;
  readonly #counterKey: CryptoKey;
  readonly #tagLength: number;

  constructor(macKey: CryptoKey, counterKey: CryptoKey, tagLength: number) {
    this.#macKey = macKey;
    this.#counterKey = counterKey;
    this.#tagLength = tagLength;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): { ciphertext: Promise<Uint8Array> } {
    return { ciphertext: this.#seal(nonce, plaintext, additionalData) };
  }

  async #seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    const [mac, { keyBlock, text }] = await Promise.all([
      this.#mac(nonce, plaintext, additionalData),
      this.#crypt(nonce, plaintext),
    ]);
    const sealed = new Uint8Array(text.length + this.#tagLength);
    sealed.set(text);
    sealed.set(this.#tag(mac, keyBlock), text.length);
    return sealed;
  }

  async open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    const end = ciphertext.length - this.#tagLength;
    if (end < 0) throw badTag();
    // The MAC is over the plaintext, so a second call follows the first one.
    const tag = ciphertext.slice(end);
    const [ownNonce, ownData] = [nonce.slice(), additionalData.slice()];
    const { keyBlock, text } = await this.#crypt(
      nonce,
      ciphertext.subarray(0, end),
    );
    const mac = await this.#mac(ownNonce, text, ownData);
    if (!equalConstantTime(this.#tag(mac, keyBlock), tag)) throw badTag();
    return text.slice();
  }

  /** RFC 3610 section 2.2: X_n+1, the CBC-MAC of B_0 … B_n. */
  async #mac(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    const encrypted = await crypto.subtle.encrypt(
      { name: "AES-CBC", iv: new Uint8Array(BLOCK_LENGTH) },
      this.#macKey,
      this.#blocks(nonce, plaintext, additionalData),
    );
    // Behind the last block there is the one that WebCrypto pads with.
    return new Uint8Array(encrypted).subarray(-2 * BLOCK_LENGTH, -BLOCK_LENGTH);
  }

  /** RFC 3610 section 2.2: B_0, then l(a) and a, then m, each zero-padded. */
  #blocks(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    if (plaintext.length >= 2 ** (8 * LENGTH_LENGTH)) {
      throw new RangeError("Cannot seal or open 16 MiB or more");
    }
    if (additionalData.length >= 0xff00) {
      throw new RangeError(
        "Cannot take additional data of 65280 bytes or more",
      );
    }
    const dataBlocks = additionalData.length === 0
      ? 0
      : Math.ceil((2 + additionalData.length) / BLOCK_LENGTH);
    const textBlocks = Math.ceil(plaintext.length / BLOCK_LENGTH);
    const textStart = (1 + dataBlocks) * BLOCK_LENGTH;
    const blocks = new Uint8Array(textStart + textBlocks * BLOCK_LENGTH);
    const view = new DataView(blocks.buffer);
    // Its first byte is then overwritten by the nonce's last one.
    view.setUint32(NONCE_LENGTH, plaintext.length);
    view.setUint8(
      0,
      (dataBlocks > 0 ? 0x40 : 0) + 8 * ((this.#tagLength - 2) / 2) +
        LENGTH_LENGTH - 1,
    );
    blocks.set(nonce, 1);
    if (dataBlocks > 0) {
      view.setUint16(BLOCK_LENGTH, additionalData.length);
      blocks.set(additionalData, BLOCK_LENGTH + 2);
    }
    blocks.set(plaintext, textStart);
    return blocks;
  }

  /** RFC 3610 section 2.3: S_0, and the text combined with S_1, S_2, … */
  async #crypt(
    nonce: Uint8Array,
    text: Uint8Array,
  ): Promise<{ keyBlock: Uint8Array; text: Uint8Array }> {
    const counter = new Uint8Array(BLOCK_LENGTH);
    counter.set([LENGTH_LENGTH - 1]);
    counter.set(nonce, 1);
    const input = new Uint8Array(BLOCK_LENGTH + text.length);
    input.set(text, BLOCK_LENGTH);
    const output = new Uint8Array(
      await crypto.subtle.encrypt(
        // 24 bits of it count and never carry; Deno takes 32, 64 or 128.
        { name: "AES-CTR", counter, length: 32 },
        this.#counterKey,
        input,
      ),
    );
    return {
      keyBlock: output.subarray(0, BLOCK_LENGTH),
      text: output.subarray(BLOCK_LENGTH),
    };
  }

  /** RFC 3610 section 2.3: U = T XOR first-M-bytes(S_0). */
  #tag(mac: Uint8Array, keyBlock: Uint8Array): Uint8Array {
    return mac.slice(0, this.#tagLength).map((byte, at) =>
      byte ^ (keyBlock.at(at) ?? 0)
    );
  }
}

const BLOCK_LENGTH = 16;
const NONCE_LENGTH = 12;
/** RFC 3610's L, the size of the length field: 15 less the nonce's length. */
const LENGTH_LENGTH = 15 - NONCE_LENGTH;
