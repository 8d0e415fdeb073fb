/**
 * MD5 and SHA-1 side by side: what TLS 1.0 and 1.1 hash handshake messages
 * with, for Finished and for RSA signatures (RFC 4346 sections 7.4.3, 7.4.9).
 *
 * @module
 */

import { concat } from "@std/bytes";
import { md5, sha1 } from "./hash.ts";
import type { RunningHash } from "./provider.ts";

/** `MD5(data) + SHA-1(data)`: 36 bytes. */
export const md5Sha1 = {
  /** The digest of the given bytes. */
  digest(data: Uint8Array): Uint8Array {
    return concat([md5.digest(data), sha1.digest(data)]);
  },
  /** Starts a digest over several pieces. */
  create(): RunningHash {
    return new BothHashes(md5.create(), sha1.create());
  },
} as const;

class BothHashes implements RunningHash {
  readonly #md5: RunningHash;
  readonly #sha1: RunningHash;

  constructor(md5: RunningHash, sha1: RunningHash) {
    this.#md5 = md5;
    this.#sha1 = sha1;
  }

  update(data: Uint8Array): this {
    this.#md5.update(data);
    this.#sha1.update(data);
    return this;
  }

  digest(): Uint8Array {
    return concat([this.#md5.digest(), this.#sha1.digest()]);
  }

  clone(): RunningHash {
    return new BothHashes(this.#md5.clone(), this.#sha1.clone());
  }
}
