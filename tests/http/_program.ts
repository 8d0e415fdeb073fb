/**
 * A program of its own that serves, for what one process cannot see of itself.
 *
 * @module
 */

import { connect, type TlsConn } from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";

/** The permissions that decide which engine `serve()` takes in Deno. */
const PERMISSIONS = {
  "unix sockets": ["-A"],
  "loopback": ["--allow-net", "--allow-read"],
} as const;

/** A program that answers each request with its path and " end". */
export class ServerProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #port: number;
  readonly #trust: TrustStore;
  /** How it has ended, if it has. */
  ended: Deno.CommandStatus | undefined;

  private constructor(
    child: Deno.ChildProcess,
    output: ReadableStreamDefaultReader<Uint8Array>,
    { port, trust }: { port: number; trust: TrustStore },
  ) {
    this.#child = child;
    this.#output = output;
    this.#port = port;
    this.#trust = trust;
    child.status.then((status) => this.ended = status);
  }

  /** Starts it, with at most `maxDescriptors` of them. */
  static async start(
    engine: keyof typeof PERMISSIONS,
    maxDescriptors = 1024,
  ): Promise<ServerProgram> {
    const { cert, key } = await issueCertificate({ names: ["localhost"] });
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const child = new Deno.Command("sh", {
      args: [
        ...["-c", `ulimit -n ${maxDescriptors}; exec "$@"`, "sh"],
        ...[Deno.execPath(), "run", "--no-lock", `--config=${config}`],
        ...[...PERMISSIONS[engine], "--ext=ts", "-", cert, key],
      ],
      // Deno's own look for a newer version ends a process without descriptors.
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(SOURCE));
    await input.close();
    const output = child.stdout.getReader();
    const { value } = await output.read();
    const port = Number(new TextDecoder().decode(value));
    return new ServerProgram(child, output, {
      port,
      trust: TrustStore.of(cert),
    });
  }

  /** How many descriptors it has open, on Linux. */
  get descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.#child.pid}/fd`)].length;
  }

  /** A new connection to it. */
  dial(): Promise<TlsConn> {
    return connect({
      hostname: "127.0.0.1",
      port: this.#port,
      serverName: "localhost",
      trust: this.#trust,
    });
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended === undefined) this.#child.kill();
    await this.#output.cancel();
    await this.#child.status;
  }
}

const SOURCE = `
  import { serve } from "${new URL("../../mod.ts", import.meta.url)}";
  // Half a second after its start, Deno opens what it needs for this, and ends
  // if it cannot: now it can.
  Deno.addSignalListener("SIGHUP", () => {});
  const [cert, key] = Deno.args;
  const server = serve({
    hostname: "127.0.0.1", port: 0, cert, key,
    onError: () => new Response(),
    onHandshakeError: () => {},
  }, (request) => new Response(new URL(request.url).pathname + " end"));
  console.log(server.addr.port);
  await server.finished;
`;
