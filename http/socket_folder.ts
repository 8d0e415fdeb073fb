/**
 * Where unix sockets are for the moment in which they can be found.
 *
 * @module
 */

import { unrefTimer } from "../platform/platform.ts";

/**
 * A folder that only we may enter. It stays for a moment behind its last socket:
 * to make one takes longer than all else about a connection to the engine.
 */
export class SocketFolder {
  #folder: string | undefined;
  #sockets = 0;
  #last = 0;
  /** Whether there was a socket in it since the last look. */
  #isUsed = false;
  /** Whether it goes with its last socket. */
  #isEnding = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * The path for another socket.
   *
   * @throws What the making of a folder throws.
   */
  enter(): string {
    const folder = this.#folder ??= this.#make();
    this.#sockets++;
    this.#isUsed = true;
    return `${folder}/${++this.#last}`;
  }

  /** Removes a socket. */
  leave(path: string): void {
    remove(path);
    this.#sockets--;
    if (this.#isEnding) this.#close();
  }

  /** There will be no socket more. */
  end(): void {
    this.#isEnding = true;
    this.#close();
  }

  /** It is not there any more. */
  forget(): void {
    clearTimeout(this.#timer);
    removeEventListener("unload", this.#close);
    this.#folder = undefined;
  }

  readonly #close = (): void => {
    const folder = this.#folder;
    if (this.#sockets > 0 || folder === undefined) return;
    this.forget();
    remove(folder);
  };

  #make(): string {
    // Its mode is 0700.
    const folder = Deno.makeTempDirSync({ prefix: "x-tls-http-" });
    // The process may exit before the next look.
    addEventListener("unload", this.#close);
    this.#arm();
    return folder;
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#look(), MOMENT);
    unrefTimer(this.#timer);
  }

  #look(): void {
    if (!this.#isUsed && this.#sockets === 0) return this.#close();
    this.#isUsed = false;
    this.#arm();
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made, or something else has removed it.
  }
}

/** Milliseconds between two looks: a folder that nobody uses stays for two. */
const MOMENT = 100;
