/**
 * What all peers have in common that are programs: a server that hands out its
 * connections one after another, and one end of such a connection.
 *
 * @module
 */

import type { End, Listening, Report } from "./peer.ts";
import type { PeerProcess } from "./process.ts";

/** A program that is ended at once when the test is over. */
export class Spawned implements AsyncDisposable {
  /** The program itself. */
  readonly program: PeerProcess;
  /** The loopback port that it listens on, or connects to. */
  readonly port: number;

  /** Takes over a program. */
  constructor(program: PeerProcess, port: number) {
    this.program = program;
    this.port = port;
  }

  /** Ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.program.kill();
    await this.program[Symbol.asyncDispose]();
  }
}

/** A program that listens. */
export class SpawnedServer extends Spawned implements Listening {
  readonly #end: (nth: number) => End;
  #accepted = 0;

  /**
   * Takes over a program.
   *
   * @param end Makes the end of the nth connection, counted from 0.
   */
  constructor(program: PeerProcess, port: number, end: (nth: number) => End) {
    super(program, port);
    this.#end = end;
  }

  accept(): Promise<End> {
    return Promise.resolve(this.#end(this.#accepted++));
  }
}

/** Which connection of a program an end is. */
export interface Place {
  /** As a client, the program has this connection alone. */
  readonly role: "client" | "server";
  /** How many connections the program had before. */
  readonly nth: number;
}

/** One end of a connection, in a program. */
export abstract class SpawnedEnd implements End {
  /** The program itself. */
  readonly program: PeerProcess;
  /** Whether the program is a client. */
  readonly role: Place["role"];
  /** How many connections the program had before. */
  readonly nth: number;
  #closed = false;

  /** An end in a program under way. */
  constructor(program: PeerProcess, { role, nth }: Place) {
    this.program = program;
    this.role = role;
    this.nth = nth;
  }

  abstract report(): Promise<Report>;
  abstract receive(length: number): Promise<Uint8Array>;
  abstract ended(): Promise<boolean>;
  /** Has the program end the connection; called once. */
  protected abstract hangUp(): Promise<void>;

  async send(data: Uint8Array): Promise<void> {
    await this.program.write(data);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.hangUp();
  }

  /** Sends a command, and waits until it has been carried out. */
  protected async command(text: string, done: RegExp): Promise<void> {
    const before = this.program.matches(done).length;
    await this.program.write(text);
    await this.program.said(done, before);
  }

  /** Ends the connection, and a client's program with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A program that has ended takes no commands.
    await this.close().catch(() => {});
    if (this.role === "client") await this.program[Symbol.asyncDispose]();
  }
}
