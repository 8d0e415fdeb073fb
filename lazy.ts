/**
 * Modules that are loaded when they are first needed. A connection needs few of
 * all that there are: one side, one version, one kind of certificate.
 *
 * @module
 */

import { TlsError } from "./errors.ts";

/** A module that is loaded when it is first needed. */
export class Lazy<T> {
  readonly #what: string;
  readonly #import: () => Promise<T>;
  #module: T | undefined;
  #loading: Promise<T> | undefined;

  /**
   * Loads nothing yet.
   *
   * @param what What it is for, as an error calls it.
   * @param load `import()` with its specifier as a literal: tools that bundle,
   * compile or publish look for those.
   */
  constructor(what: string, load: () => Promise<T>) {
    this.#what = what;
    this.#import = load;
  }

  /**
   * The module, if it was loaded. Where each connection comes by, ask here before
   * `load()`: an `await` costs two promises, also for what is there.
   */
  get loaded(): T | undefined {
    return this.#module;
  }

  /**
   * The module: at once, if it was loaded.
   *
   * @throws {TlsError} `module_unavailable`, if it cannot be loaded; the next
   * call tries again.
   */
  load(): T | Promise<T> {
    return this.#module ?? (this.#loading ??= this.#load());
  }

  /** Starts to load it; an error is given to those that `load()` it. */
  prepare(): void {
    if (this.#module === undefined) Promise.resolve(this.load()).catch(ignore);
  }

  async #load(): Promise<T> {
    try {
      return this.#module = await this.#import();
    } catch (cause) {
      throw new TlsError(
        "module_unavailable",
        `Cannot load the module for ${this.#what}`,
        {
          cause,
          hint:
            "It is loaded when it is first needed: the file, or the network for it, must be there then",
        },
      );
    } finally {
      this.#loading = undefined;
    }
  }
}

function ignore(): void {}
