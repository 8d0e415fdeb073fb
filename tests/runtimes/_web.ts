/**
 * Workers and pages: the package, bundled as their authors bundle it.
 *
 * @module
 */

import { build, stop } from "esbuild";
import { issueCertificate } from "../../x509/mod.ts";
import { type Runtime, runtimesFolder } from "./_package.ts";

/** workerd, of Cloudflare. */
export const workerd: Runtime = {
  name: "workerd",
  path: `${runtimesFolder()}/workerd/node_modules/.bin/workerd`,
};

/** The Node.js that plays peers. */
const node26 = `${runtimesFolder()}/node26/node_modules/node/bin/node`;

/** Chromium without a window. */
export const chromium: Runtime = {
  name: "Chromium",
  path: Deno.env.get("X_TLS_CHROMIUM") ?? "/usr/bin/chromium-headless-shell",
};

/**
 * Bundles a module with esbuild.
 *
 * @param entry Where it is.
 * @param outdir Where to write to.
 * @param conditions Of the package's `imports`.
 * @param name Of the first file; without one that of the folder.
 * @returns The names of the files that were written.
 */
export async function bundleWeb(
  entry: string,
  outdir: string,
  conditions: readonly string[],
  name: string = outdir.replace(/.*\//, ""),
): Promise<string[]> {
  try {
    const { metafile } = await build({
      absWorkingDir: outdir.replace(/\/[^/]*$/, ""),
      entryPoints: [{ in: entry, out: name }],
      outdir,
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      conditions: [...conditions],
      external: ["cloudflare:*"],
      metafile: true,
      logLevel: "error",
    });
    return Object.keys(metafile.outputs).map((path) =>
      path.slice(path.lastIndexOf("/") + 1)
    );
  } finally {
    await stop();
  }
}

/** A Worker that runs, and where it answers. */
export interface RunningWorker {
  readonly url: string;
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts workerd with a bundle whose first module is `worker.js`. Its own TLS
 * trusts `ca`.
 */
export async function startWorker(
  folder: string,
  files: readonly string[],
  ca?: string,
): Promise<RunningWorker> {
  const modules = ["worker.js", ...files.filter((name) => name !== "worker.js")]
    .map((name) => `(name = "${name}", esModule = embed "${name}")`);
  await Deno.writeTextFile(`${folder}/config.capnp`, CONFIG(modules, ca));
  const process = new Deno.Command(workerd.path, {
    args: ["serve", "--control-fd=1", "config.capnp"],
    cwd: folder,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  const port = await saidLine(reader, /"port":\s*(\d+).*\n/);
  return {
    url: `http://127.0.0.1:${port}/`,
    pid: process.pid,
    [Symbol.asyncDispose]: () => end(process, reader),
  };
}

/** Opens a page, and gives what an expression in it resolves with. */
export async function inChromium(
  user: string,
  { url, expression, screenshot }: {
    readonly url: string;
    readonly expression: string;
    readonly screenshot?: string;
  },
): Promise<unknown> {
  const path = `${runtimesFolder()}/playwright/chromium.mjs`;
  await Deno.copyFile(new URL("_chromium.mjs", import.meta.url), path);
  const { success, stdout, stderr } = await new Deno.Command(
    node26,
    {
      args: [
        path,
        chromium.path,
        url,
        expression,
        ...screenshot === undefined ? [] : [screenshot],
      ],
      cwd: user,
      signal: AbortSignal.timeout(120_000),
    },
  ).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

/** Serves the files of a folder, and a page that loads `page.js`. */
export function servePages(folder: string): {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
} {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/") {
        return new Response(PAGE, { headers: { "content-type": "text/html" } });
      }
      try {
        const file = await Deno.readFile(`${folder}${pathname}`);
        const type = pathname.endsWith(".html")
          ? "text/html"
          : "text/javascript";
        return new Response(file, { headers: { "content-type": type } });
      } catch {
        return new Response(null, { status: 404 });
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server for `a.test`, and who may be its client. */
export interface Peer {
  readonly port: number;
  readonly ca: string;
  /** A certificate of the same CA, with its key, for a client. */
  readonly person: { readonly cert: string; readonly key: string };
  /** What it sends, if that is not files or what it got. */
  readonly stdin: WritableStream<Uint8Array>;
  /** What it prints, from its start. */
  readonly stdout: ReadableStream<Uint8Array>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A server of OpenSSL, which serves `/file`; with other arguments than `-WWW` it
 * passes standard input on, and prints what it gets.
 */
export async function startOpenSsl(
  folder: string,
  args: readonly string[] = ["-WWW"],
): Promise<Peer> {
  return await startPeer(folder, /^ACCEPT .*:(\d+)$/m, "openssl", [
    ...["s_server", "-accept", "127.0.0.1:0", "-cert", "own.pem"],
    ...["-key", "own.pem", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
    ...["-CAfile", "ca.pem", ...args],
  ]);
}

/** A server of Node.js that sends back what it gets. */
export async function startNodeTls(
  folder: string,
  isForPersons: boolean,
): Promise<Peer> {
  const program = new URL("_tls_server.mjs", import.meta.url).pathname;
  return await startPeer(folder, /^(\d+)$/m, node26, [
    program,
    ...isForPersons ? ["persons"] : [],
  ]);
}

async function startPeer(
  folder: string,
  saysPort: RegExp,
  program: string,
  args: readonly string[],
): Promise<Peer> {
  const ca = await issueCertificate({ names: ["Test CA"], ca: true });
  const own = await issueCertificate({ names: ["a.test"], issuer: ca });
  const { cert, key } = await issueCertificate({
    names: ["person"],
    issuer: ca,
  });
  await Deno.writeTextFile(`${folder}/ca.pem`, ca.cert);
  await Deno.writeTextFile(`${folder}/own.pem`, own.cert + own.key);
  await Deno.writeTextFile(`${folder}/file`, "x".repeat(1 << 20));
  const process = new Deno.Command(program, {
    args: [...args],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const [said, rest] = process.stdout.tee();
  const reader = said.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number(await saidLine(reader, saysPort));
  reader.cancel();
  return {
    port,
    ca: ca.cert,
    person: { cert, key },
    stdin: process.stdin,
    stdout: rest,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await rest.cancel().catch(() => {});
      await process.stdin.abort().catch(() => {});
      await process.status;
    },
  };
}

/** Reads what a program says until something in it matches. */
async function saidLine(
  reader: ReadableStreamDefaultReader<string>,
  pattern: RegExp,
): Promise<string> {
  let said = "";
  while (true) {
    const [, found] = pattern.exec(said) ?? [];
    if (found !== undefined) return found;
    const { done, value } = await reader.read();
    if (done) throw new Error(`It ended, and said: ${said}`);
    said += value;
  }
}

async function end(
  process: Deno.ChildProcess,
  reader: ReadableStreamDefaultReader<string>,
): Promise<void> {
  // workerd waits for its requests after the other signals.
  process.kill("SIGKILL");
  await reader.cancel();
  await process.status;
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>';

const CONFIG = (modules: readonly string[], ca?: string) =>
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true${
    ca === undefined ? "" : `, trustedCertificates = [${JSON.stringify(ca)}]`
  }))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-01-01",
  globalOutbound = "network",
);
`;
