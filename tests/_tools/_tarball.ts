/**
 * The npm tarball: what `deno pack` makes, put right, and tried by a user.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { bundle, conditionalImports } from "./_bundle.ts";
import { isDenoAlone, type PackageFiles, run } from "./_package.ts";

/** The modules that users import. */
const doors = Object.values(config.exports)
  .filter((entry) => !isDenoAlone(entry))
  .map((entry) => entry.replace("./", ""));

/**
 * Packs a folder of `copyForNpm`: the declarations are those of `deno pack`, the
 * code is bundled.
 */
export async function packTarball(
  source: string,
  tarball: string,
  { texts }: PackageFiles,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fill(await declarationsOf(source, folder), source, texts);
    await run("tar", ["czf", tarball, "-C", folder, "package"], source);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Has `deno pack` write the declarations of a package, and its package.json.
 *
 * @param source The sources, as `copySources` copies them.
 * @param folder Where a folder with them comes into being.
 * @returns That folder.
 */
export async function declarationsOf(
  source: string,
  folder: string,
): Promise<string> {
  const tarball = `${folder}/sources.tgz`;
  const args = ["pack", "--allow-dirty", "--output", tarball];
  await run(Deno.execPath(), args, source);
  await run("tar", ["xzf", tarball, "-C", folder], source);
  await Deno.remove(tarball);
  await keepDeclarations(`${folder}/package`);
  return `${folder}/package`;
}

/** Puts the folder of the package right. */
async function fill(
  root: string,
  source: string,
  texts: PackageFiles["texts"],
): Promise<void> {
  await mendDeclarations(root, root);
  await bundle(`${await Deno.realPath(source)}/`, root, { doors });
  await Deno.writeTextFile(`${root}/deno_types.d.ts`, DENO_TYPES);
  await Deno.mkdir(`${root}/docs`, { recursive: true });
  for (const [path, text] of texts) {
    if (!path.endsWith(".md")) continue;
    await Deno.writeTextFile(`${root}/${path}`, text);
  }
  await describe(`${root}/package.json`);
}

/** Installs the tarball with npm as a user does, and runs a handshake. */
export async function checkTarball(
  folder: string,
  tarball: string,
  { name }: PackageFiles,
): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({ private: true, type: "module" }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", tarball], folder);
  await Deno.writeTextFile(`${folder}/try.ts`, TRIAL(name));
  // Deno as the runtime and as the compiler, with npm's node_modules.
  const manual = "--node-modules-dir=manual";
  await run(Deno.execPath(), ["run", "--check", manual, "try.ts"], folder);
}

/** Removes all code, which is in the bundle. */
async function keepDeclarations(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await keepDeclarations(path);
    else if (/(?<!\.d)\.[jt]s$/.test(name)) await Deno.remove(path);
  }
}

async function mendDeclarations(folder: string, root: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await mendDeclarations(path, root);
    if (!name.endsWith(".d.ts")) continue;
    const depth = folder.slice(root.length).split("/").length - 1;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mendDeclaration(text, depth));
  }
}

/**
 * One file of declarations, for compilers that have never heard of Deno.
 *
 * @param text What `deno pack` wrote.
 * @param depth How many folders deep.
 */
export function mendDeclaration(text: string, depth: number): string {
  const up = "../".repeat(depth) || "./";
  const mended = mendModifiers(text);
  const code = mended.replace(/\/\*[\s\S]*?\*\//g, "");
  return [
    ...DISPOSABLE.test(code) ? [DISPOSABLE_LIB] : [],
    ...code.includes("Deno.")
      ? [`import type * as Deno from "${up}deno_types.d.ts";`]
      : [],
    mended,
  ].join("\n");
}

/** A comment with a line end makes `readonly` a member of its own. */
export function mendModifiers(text: string): string {
  return text
    .replace(/\breadonly (\/\*\*(?:(?!\*\/)[\s\S])*\*\/) /g, "$1 readonly ");
}

/** What `deno pack` does not ask for. */
async function describe(path: string): Promise<void> {
  const manifest = JSON.parse(await Deno.readTextFile(path));
  const described = {
    ...manifest,
    description:
      "TLS 1.3 and 1.2, client and server, in TypeScript: over sockets or any pair of Web Streams",
    keywords: ["tls", "ssl", "x509", "certificate", "web-streams"],
    sideEffects: false,
    // What is known beforehand need not be found out, and not be bundled.
    imports: conditionalImports,
    // The first with process.getBuiltinModule().
    engines: { node: ">=22.3" },
  };
  await Deno.writeTextFile(path, JSON.stringify(described, null, 2));
}

/** What TypeScript knows only where it is asked to. */
const DISPOSABLE = /\b(Async)?Disposable\b|\bSymbol\.(asyncDispose|dispose)\b/;
const DISPOSABLE_LIB = '/// <reference lib="esnext.disposable" />';

const DENO_TYPES = `${DISPOSABLE_LIB}
/** Deno's addresses, as its own declarations have them. */
export interface NetAddr {
  transport: "tcp" | "udp";
  hostname: string;
  port: number;
}
/** A path of a socket. */
export interface UnixAddr {
  transport: "unix" | "unixpacket";
  path: string;
}
/** An address of a socket of virtual machines. */
export interface VsockAddr {
  transport: "vsock";
  cid: number;
  port: number;
}
/** Any of them. */
export type Addr = NetAddr | UnixAddr | VsockAddr;
/** A server of HTTP. */
export interface HttpServer<A extends Addr = Addr> extends AsyncDisposable {
  readonly addr: A;
  readonly finished: Promise<void>;
  ref(): void;
  unref(): void;
  shutdown(): Promise<void>;
}
`;

/** A program of a user: a handshake, and types that are found. */
export const TRIAL = (name: string): string =>
  `import { client, type ClientOptions, server } from "${name}";
import { weakKeys } from "${name}/legacy";
import { issueCertificate, TrustStore } from "${name}/x509";

const ca = await issueCertificate({ names: ["Test CA"], ca: true });
const { cert, key } = await issueCertificate({ names: ["a.test"], issuer: ca });
const up = new TransformStream<Uint8Array, Uint8Array>();
const down = new TransformStream<Uint8Array, Uint8Array>();
const options: ClientOptions = {
  serverName: "a.test",
  trust: TrustStore.of(ca.cert),
  legacy: [weakKeys],
};
const there = server(
  { readable: up.readable, writable: down.writable },
  { cert, key },
);
const here = client(
  { readable: down.readable, writable: up.writable },
  options,
);
await Promise.all([there.handshake(), here.handshake()]);
await here.write(new TextEncoder().encode("hello"));
const bytes = new Uint8Array(5);
if (await there.read(bytes) !== 5) throw new Error("nothing came");
await Promise.all([here.close(), there.close()]);
// @ts-expect-error There is no such option: the declarations were found.
const wrong: ClientOptions = { hostnam: "a.test" };
console.log("installed:", here.info.version, here.info.cipherSuite, typeof wrong);
`;
