/**
 * The port of a program that was given any free one and does not tell.
 *
 * @module
 */

/** The port that a process listens on over IPv4 (Linux). */
export async function listeningPort(pid: number): Promise<number> {
  const sockets = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`);
    const inode = target.match(/^socket:\[(\d+)\]$/)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  // sl, local_address, rem_address, st, …, inode: see proc(5).
  const LISTEN = "0A";
  for (const line of (await Deno.readTextFile("/proc/net/tcp")).split("\n")) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTEN && inode !== undefined && sockets.has(inode)) {
      return parseInt(local?.split(":")[1] ?? "", 16);
    }
  }
  throw new Error(`Process ${pid} does not listen`);
}
