/**
 * The plan of the rooms, drawn.
 *
 * @module
 */

import { doors } from "./_graph.ts";
import { PARTS, ROOMS } from "./_levels.ts";

/** What each room is for. */
export const PURPOSES: Readonly<Record<string, string>> = {
  "cli":
    "the command line: a file a command, what it prints, STARTTLS; the only room that reads arguments",
  "stores": "stores that several machines share: Deno KV, Redis",
  "acme":
    "certificates that come and renew by themselves; loaded when they are used",
  "ech": "keys and configurations for Encrypted ClientHello",
  "node": "sockets for Node's drivers and back, by modules of `node:`",
  "http":
    "`serve()`: connections to the runtime's own server of HTTP, also that of Node; `createFetch()`: undici's `fetch` over connections",
  "connection":
    "all that holds a stream: options, sockets, listeners, `TlsConn`; turns an error into an alert",
  "handshake": "messages in the RFC's words and the flows: bytes in, bytes out",
  "record":
    "records: framing, protection, limits; `codec.ts` describes wire structs once for both directions",
  "x509": "certificates, keys, trust; knows nothing of TLS records",
  "crypto": "algorithms, one row each; the only room that imports noble",
  "platform":
    "sockets, files, variables and trusted certificates of each runtime: Deno, Node.js, Bun",
};

/** A row of boxes a level, the doors on top; what is lower may be imported. */
export function plan(): string {
  const levels = [[doors.join("   ")], ...levelsOf(ROOMS)].map((names) =>
    sideBySide(names.map((name) => box(linesOf(name))))
  );
  const width = Math.max(...levels.map(([line = ""]) => line.length));
  const drawn = levels.map((lines) =>
    lines.map((line) => centred(line, width).trimEnd()).join("\n")
  );
  const arrow = centred("↓", width).trimEnd();
  return ["```text", drawn.join(`\n${arrow}\n`), "```"].join("\n");
}

/** A row a room. */
export function rooms(): string {
  return [
    "| room | what is in it |",
    "| --- | --- |",
    ...Object.entries(PURPOSES).map(([name, what]) =>
      `| \`${name}/\` | ${what} |`
    ),
  ].join("\n");
}

/** A room, and below it its parts by their levels. */
function linesOf(name: string): string[] {
  if (name.includes(".")) return [name];
  const parts = Object.fromEntries(
    Object.entries(PARTS).filter(([part]) =>
      part.startsWith(`${name}/`) && ROOMS[part] === undefined
    ),
  );
  return [
    `${name}/`,
    ...levelsOf(parts).map((part) =>
      part.map((one) => `${one.slice(name.length + 1)}/`).join("  ")
    ),
  ];
}

/** Names by level, the highest first. */
function levelsOf(ranks: Readonly<Record<string, number>>): string[][] {
  const levels = new Map<number, string[]>();
  for (const [name, level] of Object.entries(ranks)) {
    levels.set(level, [...levels.get(level) ?? [], name]);
  }
  return [...levels].sort(([a], [b]) => b - a).map(([, names]) => names);
}

function box(lines: readonly string[]): string[] {
  const width = Math.max(...lines.map((line) => line.length)) + 4;
  return [
    `┌${"─".repeat(width)}┐`,
    ...lines.map((line) => `│${centred(line, width)}│`),
    `└${"─".repeat(width)}┘`,
  ];
}

/** Boxes of several heights, with their tops in a line. */
function sideBySide(boxes: readonly string[][]): string[] {
  const height = Math.max(...boxes.map((lines) => lines.length));
  return Array.from(
    { length: height },
    (_, at) =>
      boxes.map((lines) => lines[at] ?? " ".repeat(lines[0]?.length ?? 0)).join(
        "   ",
      ),
  );
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return `${" ".repeat(left)}${text}`.padEnd(width);
}
