/**
 * Transcript-Hash (RFC 9846 section 4.1): the running hash of all handshake
 * messages as they were on the wire, four-byte headers included.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type {
  HashAlgorithm,
  RunningHash,
} from "../../crypto/primitives/provider.ts";
import { HandshakeType } from "../../registry.ts";
import { frameMessage } from "../messages/framing.ts";

/** What a transcript needs of a hash function. */
export type TranscriptHash = Pick<HashAlgorithm, "create">;

/** The handshake messages so far, hashed once the hash function is known. */
export class Transcript {
  #messages: Uint8Array[] = [];
  #hash: TranscriptHash | undefined;
  #running: RunningHash | undefined;
  #keepMessages: boolean;

  /**
   * Starts empty. `keepMessages` keeps the bytes as well: a TLS 1.2
   * CertificateVerify may sign them with a hash that is not the PRF's
   * (RFC 5246 section 7.4.8).
   */
  constructor(keepMessages = true) {
    this.#keepMessages = keepMessages;
  }

  /** Adds a message, header included. The bytes are copied. */
  add(message: Uint8Array): void {
    this.#running?.update(message);
    if (this.#keepMessages) this.#messages.push(message.slice());
  }

  /** Hashes from here on with the hash of the negotiated cipher suite. */
  selectHash(hash: TranscriptHash): void {
    if (this.#hash !== undefined) return;
    this.#hash = hash;
    this.#running = hash.create();
    for (const message of this.#messages) this.#running.update(message);
  }

  /** Keeps no bytes from here on: nothing will sign them. */
  dropMessages(): void {
    this.#messages = [];
    this.#keepMessages = false;
  }

  /** The hash of the messages so far. */
  hash(): Uint8Array {
    return this.#state().digest();
  }

  /** The hash of the messages so far and then these bytes, without adding them. */
  hashWith(bytes: Uint8Array): Uint8Array {
    return this.#state().clone().update(bytes).digest();
  }

  /** The messages themselves, one behind another. */
  messages(): Uint8Array {
    return concat(this.#messages);
  }

  /**
   * Puts the synthetic `message_hash` in the place of the first ClientHello
   * (RFC 9846 section 4.1), before the HelloRetryRequest is added.
   */
  replaceByMessageHash(): void {
    const hash = this.#requireHash();
    const synthetic = frameMessage(HandshakeType.message_hash, this.hash());
    this.#running = hash.create().update(synthetic);
    this.#messages = this.#keepMessages ? [synthetic] : [];
  }

  /** A second transcript that goes its own way from here. */
  clone(): Transcript {
    const copy = new Transcript(this.#keepMessages);
    copy.#messages = [...this.#messages];
    copy.#hash = this.#hash;
    copy.#running = this.#running?.clone();
    return copy;
  }

  #requireHash(): TranscriptHash {
    if (this.#hash === undefined) {
      throw new TypeError("Cannot hash the transcript: no hash is selected");
    }
    return this.#hash;
  }

  #state(): RunningHash {
    if (this.#running === undefined) {
      throw new TypeError("Cannot hash the transcript: no hash is selected");
    }
    return this.#running;
  }
}
