/**
 * One connection that is disturbed, and what must hold whatever happens to it.
 *
 * @module
 */

import { TlsConn } from "../../connection/conn.ts";
import { Engine } from "../../connection/engine/engine.ts";
import type { EngineOptions } from "../../connection/engine/engine_options.ts";
import { TlsError } from "../../errors.ts";
import type {
  ClientConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { Session } from "../../handshake/session/session.ts";
import { ProtocolVersion } from "../../registry.ts";
import { handle } from "../_contexts.ts";
import {
  type MemoryTransport,
  type Pass,
  TransportFault,
  type Wire,
  wire,
} from "./_memory_transport.ts";
import { quiet } from "./_quiet.ts";
import type { Scenario } from "./_scenarios.ts";

/** Our connection on a transport in memory. */
export function connectionOn(
  transport: MemoryTransport,
  config: ClientConfig | ServerConfig,
  options: Partial<EngineOptions> = {},
): TlsConn {
  return new TlsConn(
    new Engine(transport, handle(config.side), () => Promise.resolve(config), {
      ...config,
      handshakeTimeout: 0,
      ...options,
    }),
  );
}

/** How the two ends of a case ended, in words that distinguish cases. */
export interface Outcome {
  readonly client: string;
  readonly server: string;
  /** Whether each end has received all that the other one has to say. */
  readonly isComplete: boolean;
}

/** What one end has seen. */
export class Drive {
  readonly errors: unknown[] = [];
  /** Something was read, or nothing ever will be. */
  readonly heard: Promise<void>;
  readonly #hear: () => void;
  readonly #enough: number;
  isSettled = false;
  received = 0;

  /** Resolves when `enough` bytes have come. */
  constructor(enough: number) {
    this.#enough = enough;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.heard = promise;
    this.#hear = resolve;
    if (enough === 0) resolve();
  }

  /** Runs a script, and then everything to its end. */
  async run(conn: TlsConn, script: () => Promise<void>): Promise<void> {
    const reading = this.#readAll(conn);
    await this.attempt(script);
    await reading;
    await this.attempt(() => conn.close());
    const closed = await conn.closed;
    if (!closed.clean) this.errors.push(closed.error);
    this.isSettled = true;
  }

  async attempt(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.errors.push(error);
    }
  }

  async #readAll(conn: TlsConn): Promise<void> {
    const buffer = new Uint8Array(1000);
    await this.attempt(async () => {
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null) return;
        this.received += count;
        if (this.received >= this.#enough) this.#hear();
      }
    });
    this.#hear();
  }

  /**
   * Any error of an end must be our own, or the transport's.
   *
   * @throws {Error} If there is any other.
   */
  check(): void {
    for (const error of this.errors) {
      if (error instanceof TransportFault) continue;
      if (error instanceof TlsError && error.code !== "internal_error") {
        continue;
      }
      throw new Error("An error of another class", { cause: error });
    }
  }

  /** How it ended, in words. */
  get outcome(): string {
    const [error] = this.errors;
    if (error === undefined) return "clean";
    if (!(error instanceof TlsError)) return String(error);
    return `${error.stage} ${error.code} ${error.alert ?? ""} ${
      error.message.replaceAll(/0x[0-9a-f]+|\d+/g, "#")
    }`;
  }
}

/** What a case is made of beside its scenario. */
export interface Disturbance {
  readonly pass?: Pass;
  /** The transport fails in the end, rather than ends. */
  readonly fails?: boolean;
  readonly session?: Session | undefined;
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Runs both ends until nothing moves, ends their transport, and checks that
 * they have ended as they should.
 *
 * @throws {Error} If something does not hold.
 */
export async function runConnection(
  scenario: Scenario,
  { pass, fails = false, session, random }: Disturbance,
): Promise<Outcome> {
  const on = wire(pass);
  const own = random === undefined ? {} : { random };
  const client = connectionOn(on.client, {
    ...scenario.client,
    ...own,
    session,
  });
  const server = connectionOn(on.server, { ...scenario.server, ...own });
  const ends = {
    client: new Drive(GREETING),
    // Who renegotiates must be heard to the end.
    server: new Drive(scenario.renegotiates === "client" ? QUESTION : 0),
  };
  const isTls13 = scenario.version === ProtocolVersion["TLSv1.3"];
  const isLater = isTls13 && scenario.talksLater;
  const again = async (side: "client" | "server", conn: TlsConn) => {
    if (scenario.renegotiates === side) await renegotiate(conn);
  };
  ends.client.run(
    client,
    () => talk(client, ends.client, isLater, () => again("client", client)),
  );
  ends.server.run(
    server,
    () => answer(server, ends.server, isLater, () => again("server", server)),
  );
  await settle(on, fails, () => [ends.client, ends.server]);
  ends.client.check();
  ends.server.check();
  return {
    client: ends.client.outcome,
    server: ends.server.outcome,
    isComplete: ends.client.received === GREETING &&
      ends.server.received === QUESTION,
  };
}

/** The client's part. */
async function talk(
  conn: TlsConn,
  drive: Drive,
  isLater: boolean,
  again: () => Promise<void>,
): Promise<void> {
  await conn.handshake();
  await conn.write(new Uint8Array(300).fill(1));
  await again();
  if (isLater) await conn.updateKeys({ requestPeer: true });
  await conn.write(new Uint8Array(QUESTION - 300).fill(2));
  await drive.heard;
  await conn.closeWrite();
}

/** Another handshake, unless there cannot be one. */
async function renegotiate(conn: TlsConn): Promise<void> {
  try {
    await conn.renegotiate();
  } catch (error) {
    // Versions and peers that have none cannot be asked: our mistake.
    if (!(error instanceof TypeError)) throw error;
    if (!error.message.startsWith("Cannot renegotiate")) throw error;
  }
}

/** The server's part. */
async function answer(
  conn: TlsConn,
  drive: Drive,
  isLater: boolean,
  again: () => Promise<void>,
): Promise<void> {
  await conn.handshake();
  await again();
  await conn.write(new Uint8Array(GREETING - 10).fill(3));
  if (isLater) {
    const asked = conn.requestCertificate();
    asked.catch(() => {});
    await conn.updateKeys({ requestPeer: true });
    await asked.catch((error) => {
      // A client that did not offer it cannot be asked: our mistake.
      if (!String(error).includes("did not offer")) throw error;
    });
  }
  await conn.write(new Uint8Array(10).fill(4));
  await drive.heard;
  await conn.closeWrite();
}

async function settle(
  on: Wire,
  fails: boolean,
  drives: () => Drive[],
): Promise<void> {
  const isSettled = () => drives().every((drive) => drive.isSettled);
  await quiet(on.moves);
  if (isSettled()) return;
  for (const end of [on.client, on.server]) {
    if (fails) end.fail(new TransportFault("Broken"));
    else end.end();
  }
  await quiet(on.moves);
  if (!isSettled()) {
    throw new Error(
      `An end does not settle: ${drives().map((drive) => drive.outcome)}`,
    );
  }
}

/** Bytes that the client sends, and the server. */
const QUESTION = 5300;
const GREETING = 700;
