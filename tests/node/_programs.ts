/**
 * Servers of others, each in a folder of its own that is gone when it ends.
 *
 * @module
 */

import { missing } from "../interop/_peers/peer.ts";
import { PeerProcess } from "../interop/_peers/process.ts";
import { serverIdentity, trust } from "../interop/_peers/material.ts";

export { missing };

/** Why one of some programs is not here, if so. */
export function missingOf(...programs: string[]): string | undefined {
  const absent = programs.find((program) =>
    missing("sh", ["-c", `command -v ${program}`]) !== undefined
  );
  return absent && `no ${absent} on PATH`;
}

/** A server that runs. */
export interface RunningProgram extends AsyncDisposable {
  /** The port on 127.0.0.1 that it listens on. */
  readonly port: number;
  /** The number of its process. */
  readonly pid: number;
  /** What it has said so far. */
  readonly text: () => string;
}

/** Where a server's files are, and as whom it runs. */
export interface Place {
  /** The folder, with `ca.pem`, `cert.pem` and `key.pem`. */
  readonly folder: string;
  /** A free port. */
  readonly port: number;
  /** Another free port. */
  readonly otherPort: number;
}

/** What to run. */
export interface Plan {
  /** Writes files; the folder belongs to the right user afterwards. */
  readonly prepare?: (place: Place) => Promise<void>;
  /** Runs once before the server. */
  readonly before?: (place: Place) => readonly string[];
  /** Command and arguments. */
  readonly command: (place: Place) => readonly string[];
  /** What it says when it is ready, if that is after it takes connections. */
  readonly ready?: RegExp;
  /** Not as root, if we are: some servers refuse that. */
  readonly asNobody?: boolean;
}

/** Starts a server, and waits until it takes connections. */
export async function startProgram(
  plan: Plan,
): Promise<RunningProgram & Place> {
  const folder = await Deno.makeTempDir({ prefix: "x-tls-" });
  const place = { folder, port: freePort(), otherPort: freePort() };
  const asUser = (command: readonly string[]) => {
    const [program = "", ...args] = plan.asNobody && Deno.uid() === 0
      ? [...AS_NOBODY, ...command]
      : command;
    // Its temporary files too: others may have the usual folder to themselves.
    return new PeerProcess("env", [`TMPDIR=${folder}`, program, ...args]);
  };
  try {
    await writeMaterial(folder);
    await plan.prepare?.(place);
    if (plan.asNobody && Deno.uid() === 0) await giveAway(folder);
    if (plan.before !== undefined) {
      const first = asUser(plan.before(place));
      const { success } = await first.exit();
      if (!success) throw new Error(first.words());
    }
    const process = asUser(plan.command(place));
    await listens(process, place.port);
    if (plan.ready !== undefined) await process.said(plan.ready);
    return {
      ...place,
      pid: process.pid,
      text: () => process.text,
      async [Symbol.asyncDispose]() {
        await endProcess(process);
        await Deno.remove(folder, { recursive: true });
      },
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function writeMaterial(folder: string): Promise<void> {
  const { cert, key } = await serverIdentity();
  const { pem } = await trust();
  await Deno.writeTextFile(`${folder}/ca.pem`, pem);
  await Deno.writeTextFile(`${folder}/cert.pem`, cert);
  await Deno.writeTextFile(`${folder}/key.pem`, key, { mode: 0o600 });
}

async function giveAway(folder: string): Promise<void> {
  await Deno.chown(folder, NOBODY, NOGROUP);
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.chown(`${folder}/${name}`, NOBODY, NOGROUP);
  }
}

async function listens(process: PeerProcess, port: number): Promise<void> {
  while (true) {
    try {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port });
      return socket.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    if (process.exited) throw new Error(process.words());
    await new Promise((resolve) => setTimeout(resolve, POLL_TIME));
  }
}

/** By SIGTERM, so that its own processes end with it. */
async function endProcess(process: PeerProcess): Promise<void> {
  try {
    if (!process.exited) Deno.kill(process.pid, "SIGTERM");
    await process.exit();
  } finally {
    await process[Symbol.asyncDispose]();
  }
}

/** Milliseconds between two looks. */
const POLL_TIME = 20;

const NOBODY = 65534;
const NOGROUP = 65534;
const AS_NOBODY = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
];
