/**
 * Pebble, the ACME server that Let's Encrypt tests clients with.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { issueCertificate } from "../../x509/mod.ts";
import { listeningPort } from "../interop/_peers/port.ts";

/** A pebble that runs. */
export interface Pebble extends AsyncDisposable {
  readonly directory: string;
  /** The certificate of its directory, in PEM. */
  readonly caCert: string;
  /** Reaches its directory, whose certificate nobody else trusts. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The configuration of pebble. */
export interface PebbleOptions {
  /** The port on which it looks for the challenge's certificate. */
  readonly tlsPort: number;
  /** Percent of nonces that it refuses for no reason. */
  readonly refusedNonces?: number;
  /** The lifetime of certificates in seconds. */
  readonly lifetime?: number;
}

/** Starts one, with a DNS server to which all names are 127.0.0.1. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const folder = await Deno.makeTempDir();
  const { cert, key } = await issueCertificate({ names: ["127.0.0.1"] });
  const path = (name: string) => `${folder}/${name}`;
  await Deno.writeTextFile(path("cert.pem"), cert);
  await Deno.writeTextFile(path("key.pem"), key);
  await Deno.writeTextFile(
    path("config.json"),
    JSON.stringify({
      pebble: {
        listenAddress: "127.0.0.1:0",
        managementListenAddress: "",
        certificate: path("cert.pem"),
        privateKey: path("key.pem"),
        httpPort: 1,
        tlsPort: options.tlsPort,
        domainBlocklist: ["blocked.example"],
        retryAfter: { authz: 1, order: 1 },
        profiles: {
          default: {
            description: "default",
            validityPeriod: options.lifetime ?? 7_776_000,
          },
          shortlived: { description: "short", validityPeriod: 518_400 },
        },
      },
    }),
  );
  const dns = startDns();
  const pebble = spawn([
    `-config=${path("config.json")}`,
    `-dnsserver=127.0.0.1:${dns.port}`,
  ], {
    PEBBLE_VA_NOSLEEP: "1",
    PEBBLE_WFE_NONCEREJECT: String(options.refusedNonces ?? 0),
  });
  const port = await portOf(pebble);
  const client = Deno.createHttpClient({ caCerts: [cert] });
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    caCert: cert,
    fetch: (url, init) => fetch(url, { ...init, client }),
    async [Symbol.asyncDispose]() {
      client.close();
      pebble.kill();
      await pebble.status;
      await dns.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function spawn(
  args: string[],
  env: Record<string, string>,
): Deno.ChildProcess {
  const output = Deno.env.has("X_TLS_PEBBLE_LOG") ? "inherit" : "null";
  const command = new Deno.Command(pebblePath(), {
    args,
    env,
    stdin: "null",
    stdout: output,
    stderr: output,
  });
  return command.spawn();
}

/** The port of a program that takes its time to listen. */
async function portOf({ pid }: Deno.ChildProcess): Promise<number> {
  for (let attempt = 1;; attempt++) {
    try {
      return await listeningPort(pid);
    } catch (error) {
      // One that has ended has no descriptors to look at.
      if (error instanceof Deno.errors.NotFound || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where `go install` puts it. */
function pebblePath(): string {
  const folder = Deno.env.get("X_TLS_GO_BIN") ??
    `${Deno.env.get("HOME")}/go/bin`;
  return `${folder}/pebble`;
}

/** Whether pebble is here; where nothing may be absent, that is for it to say. */
export function hasPebble(): boolean {
  if (Deno.env.get("X_TLS_REQUIRE_PEERS") === "1") return true;
  try {
    return Deno.statSync(pebblePath()).isFile;
  } catch {
    return false;
  }
}

/** A DNS server to which every name is 127.0.0.1 (RFC 1035 section 4.1). */
function startDns(): { readonly port: number; close(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const all = (async () => {
    for await (const conn of listener) {
      // A query, behind its length; pebble asks over TCP, once a connection.
      const query = new Uint8Array(512);
      await conn.read(query);
      const reply = answer(query.subarray(2));
      await conn.write(concat([Uint8Array.of(0, reply.length), reply]));
      conn.close();
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async close() {
      listener.close();
      await all;
    },
  };
}

function answer(query: Uint8Array): Uint8Array {
  const question = query.subarray(12);
  // The name ends with an empty label; type and class follow.
  const end = question.indexOf(0) + 5;
  const isA = question[end - 3] === 1;
  return concat([
    query.subarray(0, 2),
    Uint8Array.of(0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0),
    question.subarray(0, end),
    isA
      ? Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
      : new Uint8Array(),
  ]);
}
