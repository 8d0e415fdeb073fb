/**
 * What a runtime does outside of JavaScript: sockets, files, variables and
 * trusted certificates. Types only.
 *
 * @module
 */

import type { SocketConn, SocketListener } from "./socket.ts";

/** Where to connect to or to listen: TCP. */
export interface TcpPlace {
  readonly hostname: string;
  readonly port: number;
  /** Where to connect from, if not from anywhere. */
  readonly local?: LocalPlace;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
}

/** Where a connection comes from. */
export interface LocalPlace {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** Where to connect to or to listen: a unix socket. */
export interface UnixPlace {
  readonly path: string;
}

/** How to listen on a TCP port. */
export interface TcpListening {
  readonly hostname?: string;
  readonly port: number;
  readonly ipv6Only?: boolean;
  readonly reusePort?: boolean;
  readonly tcpBacklog?: number;
}

/** What a file is. */
export interface FileKind {
  readonly isFile: boolean;
  /** In bytes. */
  readonly size: number;
}

/** Reads and writes files. What fails has the runtime's own error. */
export interface Files {
  read(path: string | URL): Promise<Uint8Array>;
  /** The names of what is in a folder, but for folders. */
  names(folder: string | URL): Promise<string[]>;
  kind(path: string | URL): Promise<FileKind>;
  /** Makes a folder for its owner alone, and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Writes a new file for its owner alone; it is on the disk then. */
  create(path: string, data: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a second name of a file; rejects if that is taken. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Appends to a file that is its owner's alone if it is new. */
  append(path: string | URL, text: string): void;
}

/** The certificates that the runtime trusts. */
export interface RuntimeTrust {
  /** Stores that the environment names, such as `"system"`, by commas. */
  readonly stores: string | undefined;
  /** The variable that named them. */
  readonly variable: string;
  /** A file with more certificates. */
  readonly file: string | undefined;
  /**
   * Certificates in PEM that the program or its user has added to those of
   * Mozilla, or that stand in their place.
   */
  readonly certificates:
    | { readonly pem: readonly string[]; readonly isAll: boolean }
    | undefined;
}

/** A runtime, which may be this one. */
export interface Candidate {
  readonly platform: Platform;
  isHere(): boolean;
}

/** One runtime. */
export interface Platform {
  /** `undefined` where there are none. */
  readonly files: Files | undefined;
  /** What separates paths in a variable. */
  readonly pathSeparator: ":" | ";";
  /** `undefined` where nothing can be dialled. */
  readonly connect:
    | ((place: TcpPlace | UnixPlace) => Promise<SocketConn>)
    | undefined;
  /** `undefined` where nothing can be listened on. */
  readonly listen:
    | ((place: TcpListening | UnixPlace) => SocketListener)
    | undefined;
  /** A variable of the environment; throws or asks if that is not allowed. */
  variable(name: string): string | undefined;
  /** The same without asking: what is not allowed counts as not set. */
  allowedVariable(name: string): string | undefined;
  /** Whether a file may be read without asking. */
  mayRead(path: URL): boolean;
  /** What the runtime trusts. */
  trust(): RuntimeTrust;
  /** The system's store in PEM, or `undefined` if the runtime cannot read it. */
  systemCertificates(): readonly string[] | undefined;
  /** Lets the process end while a timer of `setTimeout()` runs. */
  unrefTimer(timer: unknown): void;
  /** The error of what is used after it was closed. */
  closed(message: string): Error;
}
