/**
 * Values that a store keeps without being able to read them.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { decodeBase64 } from "../encoding.ts";

/** Seals values under a secret that the store does not have. */
export class SealedValues {
  readonly #keys: readonly Promise<CryptoKey>[];

  /**
   * @param secrets Bytes, or base64 of them: the first seals, all open.
   * @param purpose What the keys are for: another purpose has other keys.
   * @throws {TypeError} If one has less than 32 bytes.
   */
  constructor(secrets: readonly (string | Uint8Array)[], purpose: string) {
    if (secrets.length === 0) {
      throw new TypeError(`Cannot use option "secret": the list is empty`);
    }
    this.#keys = secrets.map(readSecret).map((secret) => {
      const key = deriveKey(secret, purpose);
      // The call that needs it gets the error.
      key.catch(() => {});
      return key;
    });
  }

  /**
   * Seals a value.
   *
   * @param name The name under which it is stored: it opens under no other.
   */
  async seal(value: Uint8Array, name: string): Promise<Uint8Array> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
    const [key] = this.#keys;
    const sealed = await crypto.subtle.encrypt(
      aesGcm(nonce, name),
      await key as CryptoKey, // there is one at least
      new Uint8Array(value),
    );
    return concat([nonce, new Uint8Array(sealed)]);
  }

  /** The value; `undefined` if it was not sealed here under that name. */
  async open(
    sealed: Uint8Array,
    name: string,
  ): Promise<Uint8Array | undefined> {
    const algorithm = aesGcm(
      new Uint8Array(sealed.subarray(0, NONCE_LENGTH)),
      name,
    );
    const bytes = new Uint8Array(sealed.subarray(NONCE_LENGTH));
    if (bytes.length < TAG_LENGTH) return undefined;
    for (const key of this.#keys) {
      const opened = await crypto.subtle.decrypt(algorithm, await key, bytes)
        .catch(() => undefined);
      if (opened !== undefined) return new Uint8Array(opened);
    }
    return undefined;
  }
}

/** AES-GCM (NIST SP 800-38D) with a random nonce; few values are ever sealed. */
function aesGcm(nonce: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  return {
    name: "AES-GCM",
    iv: nonce,
    additionalData: new TextEncoder().encode(name),
  };
}

function readSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === "string"
    ? decodeBase64(secret.trim())
    : secret;
  if (bytes instanceof Uint8Array && bytes.length >= SECRET_LENGTH) {
    return new Uint8Array(bytes);
  }
  throw new TypeError(
    `Cannot use option "secret": expected at least ${SECRET_LENGTH} random bytes, or base64 of them`,
  );
}

/** HKDF (RFC 5869) with SHA-256. */
async function deriveKey(
  secret: Uint8Array<ArrayBuffer>,
  purpose: string,
): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, [
    "deriveKey",
  ]);
  return await crypto.subtle.deriveKey(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(),
      info: new TextEncoder().encode(purpose),
    },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

const SECRET_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
