/**
 * What the program has of the outside, apart from the network: terminal, files,
 * variables. Types only, so that a test can put its own in their place.
 *
 * @module
 */

/** Standard input, or what stands for it. */
export interface Input {
  /** Whether a person types there. */
  readonly isTerminal: boolean;
  /** Reads into a buffer; returns how many bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Standard output or error, or what stands for it. */
export interface Output {
  /** Whether a person reads there. */
  readonly isTerminal: boolean;
  /** The width of the terminal, in characters. */
  readonly columns: number | undefined;
  /** Writes all the bytes. */
  write(bytes: Uint8Array): Promise<void>;
}

/** How a file is written. */
export interface WriteOptions {
  /** Lets its owner alone read it. */
  readonly secret?: boolean;
  /** Replaces a file that is there; without it that is an error. */
  readonly replace?: boolean;
}

/** A file that is open. */
export interface OpenFile {
  /** Its name, without folders. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Its content; to be read or cancelled. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** What the program has of the outside. */
export interface System {
  /** Standard input. */
  readonly stdin: Input;
  /** Standard output. */
  readonly stdout: Output;
  /** Standard error. */
  readonly stderr: Output;
  /** A variable of the environment; an empty one counts as absent. */
  variable(name: string): string | undefined;
  /** Reads a file. */
  readFile(path: string): Promise<Uint8Array>;
  /**
   * Opens a file below a folder; of a folder, its `index.html`. Returns
   * `undefined` if there is none, or a link leads out of the folder.
   */
  openWithin(folder: string, path: string): Promise<OpenFile | undefined>;
  /** Writes a file. */
  writeFile(
    path: string,
    bytes: Uint8Array,
    options?: WriteOptions,
  ): Promise<void>;
  /**
   * Finds out whether a file could be written, and changes nothing. Without the
   * permission to look it returns.
   */
  checkWritable(
    path: string,
    options?: Pick<WriteOptions, "replace">,
  ): Promise<void>;
  /** Makes a folder, and those above it; one that is there already will do. */
  makeFolder(path: string): Promise<void>;
  /** Calls a function once when the program should stop (SIGINT, SIGTERM). */
  onStop(stop: () => void): void;
}
