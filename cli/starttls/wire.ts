/**
 * A connection before TLS: lines and blocks of bytes.
 *
 * @module
 */

import type { SocketConn } from "../../connection/transport/transport.ts";
import { Failure } from "../base/exit.ts";

/** A socket on which something else than TLS is spoken, for now. */
export class Wire {
  readonly #socket: SocketConn;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  #total = 0;

  constructor(socket: SocketConn) {
    this.#socket = socket;
  }

  /** How many bytes have come that nobody has read. */
  get unread(): number {
    return this.#bytes.length;
  }

  /** Sends a line, or several. */
  async say(text: string): Promise<void> {
    await this.send(new TextEncoder().encode(`${text}\r\n`));
  }

  /** Sends bytes. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.#socket.write(rest));
    }
  }

  /** Reads a line, without its end. */
  async line(): Promise<string> {
    const text = await this.until(/\n/);
    return text.replace(/\r?\n$/, "");
  }

  /** Reads text up to a pattern, the match included. */
  async until(pattern: RegExp): Promise<string> {
    while (true) {
      const text = latin1(this.#bytes);
      const match = pattern.exec(text);
      if (match !== null) {
        const end = match.index + match[0].length;
        this.#bytes = this.#bytes.slice(end);
        return text.slice(0, end);
      }
      await this.#more();
    }
  }

  /** Reads a number of bytes. */
  async take(length: number): Promise<Uint8Array> {
    while (this.#bytes.length < length) await this.#more();
    const taken = this.#bytes.slice(0, length);
    this.#bytes = this.#bytes.slice(length);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#total > MAX_BYTES) {
      throw new Failure(
        "network",
        `Cannot start TLS: the server sent more than ${MAX_BYTES} bytes before it`,
        { code: "starttls_failed" },
      );
    }
    const buffer = new Uint8Array(4096);
    const length = await this.#socket.read(buffer);
    if (length === null) {
      throw new Failure(
        "network",
        "Cannot start TLS: the server closed the connection before it",
        { code: "starttls_failed" },
      );
    }
    const bytes = new Uint8Array(this.#bytes.length + length);
    bytes.set(this.#bytes);
    bytes.set(buffer.subarray(0, length), this.#bytes.length);
    this.#bytes = bytes;
    this.#total += length;
  }
}

/**
 * The error of a server that does not start TLS.
 *
 * @param said What it said.
 */
export function refused(protocol: string, said: string): Failure {
  return new Failure(
    "network",
    `Cannot start TLS: the ${protocol} server answered "${said.slice(0, 200)}"`,
    { code: "starttls_refused" },
  );
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A server that never ends its greeting must not fill the memory. */
const MAX_BYTES = 65_536;
