/**
 * The port of a program that was given any free one and does not tell.
 *
 * @module
 */

/** The port that a process listens on over IPv4 (Linux), once it does. */
export async function listeningPort(pid: number): Promise<number> {
  // Sockets of others that close meanwhile make the table skip some.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await findPort(await ownSockets(pid));
    if (port !== undefined) return port;
  }
  throw new Error(`Process ${pid} does not listen`);
}

const ATTEMPTS = 100;

async function ownSockets(pid: number): Promise<Set<string>> {
  const sockets = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`)
      .catch(ignoreAbsent);
    const inode = target?.match(/^socket:\[(\d+)\]$/)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  return sockets;
}

/** Something else that it had open is closed again. */
function ignoreAbsent(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function findPort(
  sockets: ReadonlySet<string>,
): Promise<number | undefined> {
  // sl, local_address, rem_address, st, …, inode: see proc(5).
  const LISTEN = "0A";
  for (const line of (await Deno.readTextFile("/proc/net/tcp")).split("\n")) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTEN && inode !== undefined && sockets.has(inode)) {
      return parseInt(local?.split(":")[1] ?? "", 16);
    }
  }
  return undefined;
}
