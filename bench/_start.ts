/**
 * What a program waits for before its first connection: the import, and the
 * import with a first handshake. In CPU over that of a program that does nothing.
 *
 * @module
 */

import { folder, port } from "./_ends.ts";

/** What a start is of. */
export interface Start {
  readonly name: string;
  /** Milliseconds of CPU, the median; why there are none where it is a text. */
  readonly cpu: number | string;
}

/** A build of this package. */
export interface Build {
  readonly name: string;
  /** Its folder, with a `deno.json`. */
  readonly root: string;
  /** The module in it that is imported, such as `"mod.ts"`. */
  readonly door: string;
}

/**
 * Measures starts of builds, and the imports of other TLS in JavaScript from npm,
 * in interleaved rounds.
 */
export async function measureStarts(
  builds: readonly Build[],
  rounds: number,
): Promise<readonly Start[]> {
  const ways = [
    ...builds.flatMap((build): Way[] => [
      {
        name: `import, ${build.name}`,
        root: build.root,
        code: importOf(build),
      },
      {
        name: `import and first handshake, ${build.name}`,
        root: build.root,
        code: handshakeOf(build),
      },
    ]),
    ...NPM.map((specifier): Way => ({
      name: `import, npm:${specifier}`,
      root: undefined,
      code: `await import("npm:${specifier}");`,
    })),
  ];
  const figures = new Map<Way, (number | string)[]>();
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const nothing = await cpuOf({ ...way, code: "" });
      const all = await cpuOf(way);
      const figure = typeof all === "string" || typeof nothing === "string"
        ? all
        : all - nothing;
      figures.set(way, [...figures.get(way) ?? [], figure]);
    }
  }
  return ways.map((way) => ({
    name: way.name,
    cpu: medianOf(figures.get(way) ?? []),
  }));
}

/** One line for people. */
export function lineOfStart({ name, cpu }: Start): string {
  return `${name.padEnd(58)} ${
    typeof cpu === "string"
      ? `not measured: ${cpu}`
      : `${cpu.toFixed(1)} ms CPU`
  }`;
}

/** One program that is started. */
interface Way {
  readonly name: string;
  /** Whose configuration it runs with, if it has one. */
  readonly root: string | undefined;
  readonly code: string;
}

function importOf({ root, door }: Build): string {
  return `const { connect } = await import("${root}/${door}");`;
}

function handshakeOf(build: Build): string {
  return `${importOf(build)}
const caCerts = [await Deno.readTextFile("${folder}/ca.pem")];
await connect({
  hostname: "127.0.0.1",
  serverName: "localhost",
  port: ${port},
  caCerts,
});`;
}

/** Milliseconds of CPU of a process, or the first line of what it complains of. */
async function cpuOf({ root, code }: Way): Promise<number | string> {
  const path = `${folder}/start.ts`;
  await Deno.writeTextFile(
    path,
    `import process from "node:process";
${code}
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
Deno.exit(0);`,
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--no-lock",
      ...root === undefined ? ["--no-config"] : [`--config=${root}/deno.json`],
      path,
    ],
  }).output();
  const told = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return success
    ? Number(told(stdout))
    : told(stderr).split("\n")[0] || "it ended without a word";
}

function medianOf(figures: readonly (number | string)[]): number | string {
  const failed = figures.find((figure) => typeof figure === "string");
  const sorted = figures.filter((figure) => typeof figure === "number")
    .sort((a, b) => a - b);
  return failed ?? sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Where npm cannot be reached, their rows say so. */
const NPM = ["lemon-tls", "subtls", "node-forge"] as const;
