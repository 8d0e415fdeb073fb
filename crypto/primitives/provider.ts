/**
 * The cryptography that the protocol needs: types only. The lists of
 * `cipher_suites.ts`, `named_groups.ts` and `signature_schemes.ts` have one row
 * an algorithm, in order of preference.
 *
 * @module
 */

/** A value, or a promise if the platform is asynchronous. */
export type MaybePromise<T> = T | Promise<T>;

/** Returns that many random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** A hash function, synchronous, with HMAC (RFC 2104) on it. */
export interface HashAlgorithm extends HashFunctions {
  /** WebCrypto's name. */
  readonly name:
    | "SHA-1"
    | "SHA-224"
    | "SHA-256"
    | "SHA-384"
    | "SHA-512"
    | "MD5";
  /** Length of a digest in bytes. */
  readonly length: number;
}

/** What a hash function does. */
export interface HashFunctions {
  /** The digest of the given bytes. */
  digest(data: Uint8Array): Uint8Array;
  /** Starts a digest over several pieces. */
  create(): RunningHash;
  /** HMAC of `data`. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** An HMAC key that signs several times. */
  hmacKey(key: Uint8Array): HmacKey;
}

/** A digest under way: `digest()` may be asked for at any point, repeatedly. */
export interface RunningHash {
  /** Adds bytes. */
  update(data: Uint8Array): this;
  /** The digest of all bytes so far; more may follow. */
  digest(): Uint8Array;
  /** A copy that continues independently. */
  clone(): RunningHash;
}

/** A keyed HMAC. */
export interface HmacKey {
  /** HMAC over the pieces, one after another. */
  sign(...data: Uint8Array[]): Uint8Array;
}

/** An AEAD algorithm (RFC 5116). */
export interface AeadAlgorithm {
  /** Its name, such as `"AES-128-GCM"`. */
  readonly name: string;
  /** In bytes. */
  readonly keyLength: number;
  /** In bytes. */
  readonly nonceLength: number;
  /** In bytes. */
  readonly tagLength: number;
  /** Records that one key may protect (RFC 9846 section 5.5). */
  readonly confidentialityLimit: number;
  /** Prepares a key. */
  importKey(key: Uint8Array): MaybePromise<AeadKey>;
}

/**
 * A key ready for use. The inputs may be reused as soon as a call returns, even
 * if it returns a promise. The result is a buffer of its own.
 */
export interface AeadKey {
  /** Encrypts. */
  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Sealed;
  /** Decrypts; throws or rejects where the tag does not match. */
  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): MaybePromise<Uint8Array>;
}

/** A ciphertext whose tag may be in a buffer of its own. */
export interface Sealed {
  /** The ciphertext, with the tag behind it unless that is apart. */
  readonly ciphertext: MaybePromise<Uint8Array>;
  /** The tag, if it would take a copy to put it behind the ciphertext. */
  readonly tag?: Uint8Array | undefined;
}

/** A key exchange method: a curve, a finite field group, a KEM or both. */
export interface KeyExchangeGroup {
  /** NamedGroup number. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** Its kind. */
  readonly kind: "ecdh" | "ffdh" | "hybrid" | "kem";
  /** Security strength in bits. */
  readonly strength: number;
  /** Size of the group in bits, as `openssl s_client` shows it. */
  readonly bits: number;
  /**
   * The side that speaks first: makes an ephemeral key.
   *
   * @param random Makes it of these bytes, for tests: in JavaScript, whose time
   * depends on the key.
   */
  offer(random?: RandomBytes): Promise<KeyShareOffer>;
  /**
   * The side that answers: returns its own share and the shared secret.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if the share is not valid.
   */
  accept(
    peerShare: Uint8Array,
    random?: RandomBytes,
  ): Promise<KeyShareAnswer>;
}

/** An ephemeral key whose public part was, or will be, sent. */
export interface KeyShareOffer {
  /** `KeyShareEntry.key_exchange`. */
  readonly share: Uint8Array;
  /** The classical half of a hybrid, which can be offered alone as well. */
  readonly classical?: {
    readonly group: number;
    readonly offer: KeyShareOffer;
  };
  /**
   * The shared secret with the peer's answer.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if the share is not valid.
   */
  complete(peerShare: Uint8Array): Promise<Uint8Array>;
}

/** The result of the answering side. */
export interface KeyShareAnswer {
  /** `KeyShareEntry.key_exchange`. */
  readonly share: Uint8Array;
  /** The (EC)DHE shared secret, or a hybrid's concatenation. */
  readonly sharedSecret: Uint8Array;
}

/** A block cipher in CBC mode without padding, synchronous. */
export interface BlockCipher {
  /** Its name, such as `"AES-128-CBC"`. */
  readonly name: string;
  /** In bytes. */
  readonly keyLength: number;
  /** In bytes: of a block and of the IV. */
  readonly blockLength: number;
  /** Prepares a key. */
  importKey(key: Uint8Array): MaybePromise<BlockCipherKey>;
}

/**
 * A CBC key ready for use. The data is whole blocks, as TLS has its own padding
 * (RFC 5246 section 6.2.3.2). The result is a buffer of its own.
 */
export interface BlockCipherKey {
  /**
   * Encrypts.
   *
   * @throws {RangeError} If the data is not whole blocks.
   */
  encrypt(iv: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * Decrypts.
   *
   * @throws {RangeError} If the data is not whole blocks.
   */
  decrypt(iv: Uint8Array, data: Uint8Array): Uint8Array;
}

/** A stream cipher, synchronous. */
export interface StreamCipher {
  /** Its name, such as `"RC4"`. */
  readonly name: string;
  /** In bytes. */
  readonly keyLength: number;
  /** Prepares a key. */
  importKey(key: Uint8Array): StreamCipherKey;
}

/** A key stream under way, for one direction of a connection. */
export interface StreamCipherKey {
  /**
   * Encrypts or decrypts the next bytes. The result is a buffer of its own.
   */
  process(data: Uint8Array): Uint8Array;
}
