/**
 * Registers the tests of a matrix, and prints it when they have run.
 *
 * @module
 */

import type { Pair, Row } from "./conversation.ts";
import { takeWords } from "./process.ts";
import { type ClientPeer, peersAreRequired, type ServerPeer } from "./peer.ts";

/** The matrix of one peer. */
export interface Matrix {
  /** The peer's name. */
  readonly name: string;
  /** Why it is not here, if so. */
  readonly missing: string | undefined;
  readonly columns: readonly Pair[];
  readonly rows: readonly Row[];
}

/** Registers one test a cell. */
export function testMatrix({ name, missing, columns, rows }: Matrix): void {
  if (missing !== undefined) {
    absent(name, missing);
    return;
  }
  Deno.test.beforeAll(async () => {
    // What is built takes long, and is no part of a cell.
    for (const { client, server } of columns) {
      await client.prepare?.();
      await server.prepare?.();
    }
  });
  const results = new Map<string, string>();
  for (const column of columns) {
    for (const row of rows) {
      if (!row.applies(column)) continue;
      const cell = `${title(column)}: ${row.name}`;
      results.set(cell, "not run");
      Deno.test(cell, UNSANITIZED, async () => {
        results.set(cell, "FAILED");
        await attempt(() => row.run(column));
        results.set(cell, "ok");
      });
    }
  }
  Deno.test.afterAll(() => {
    const ran = [...results.values()].some((result) => result !== "not run");
    if (ran) print(name, columns, rows, results);
  });
}

/**
 * Two columns: a peer as the server of our client, and as the client of our
 * server.
 */
export function bothRoles(
  own: ClientPeer & ServerPeer,
  peer: ClientPeer & ServerPeer,
): Pair[] {
  return [{ client: own, server: peer }, { client: peer, server: own }];
}

/** Shows that a peer is not here; where it must be, that is a failure. */
export function absent(name: string, reason: string): void {
  Deno.test({
    name: `${name}: not tested, ${reason}`,
    ignore: !peersAreRequired(),
    fn: () => {
      throw new Error(`${name} must be tested here, and there is ${reason}`);
    },
  });
}

/** Runs a cell; its error has what the programs have said. */
export async function attempt(cell: () => Promise<void>): Promise<void> {
  takeWords();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Not done within ${PATIENCE} ms`)),
    PATIENCE,
  );
  try {
    await Promise.race([cell(), late.promise]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(`${reason}\n${takeWords()}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** When a program's pipes are closed is its own affair. */
export const UNSANITIZED = { sanitizeResources: false } as const;

/** How long a cell may take, in milliseconds. */
const PATIENCE = 120_000;

function title({ client, server }: Pair): string {
  return `${client.name} → ${server.name}`;
}

function print(
  name: string,
  columns: readonly Pair[],
  rows: readonly Row[],
  results: ReadonlyMap<string, string>,
): void {
  const titles = columns.map(title);
  const first = Math.max(...rows.map((row) => row.name.length));
  const lines = [
    `\n${name}`.padEnd(first + 1) + "  " + titles.join("  "),
    ...rows.map((row) =>
      row.name.padEnd(first) + "  " +
      titles.map((title) =>
        (results.get(`${title}: ${row.name}`) ?? "–").padEnd(title.length)
      ).join("  ")
    ),
  ];
  Deno.stdout.writeSync(new TextEncoder().encode(lines.join("\n") + "\n"));
}
