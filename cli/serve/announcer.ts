/**
 * What a server says of itself: where it listens, and what became of connections.
 *
 * @module
 */

import type { ConnectionInfo } from "../../connection/info.ts";
import { describeError } from "../base/exit.ts";
import { type Json, type Run, writeLines } from "../base/run.ts";
import { shown } from "../report/certificate.ts";

/**
 * Says it: on standard output where it listens, on standard error the rest. With
 * `--json` all of it is on standard output, an object a line.
 */
export class Announcer {
  readonly #run: Run;
  #served = 0;
  #failed = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** How many connections there were. */
  get summary(): Json {
    return { connections: this.#served, failedHandshakes: this.#failed };
  }

  /** It listens, and connections are accepted. */
  async listening(address: Deno.Addr, what: string): Promise<void> {
    const { json, quiet } = this.#run.flags;
    const place = textOf(address);
    const lines = json
      ? [JSON.stringify({ event: "listening", ...partsOf(address), what })]
      : quiet
      ? []
      : [`Listening on ${place} (${what})`];
    await writeLines(this.#run.system.stdout, lines);
  }

  /** A handshake is over. */
  connected(info: ConnectionInfo, address: Deno.Addr | undefined): void {
    this.#served++;
    const { version, cipherSuite, alpnProtocol, peerCertificates } = info;
    const [client] = peerCertificates;
    this.#say(
      {
        event: "connection",
        from: address && textOf(address),
        version,
        cipherSuite,
        alpnProtocol: alpnProtocol ?? null,
        client: client?.subject ?? null,
      },
      `${address ? textOf(address) : "?"}: ${version} ${cipherSuite}${
        alpnProtocol === undefined ? "" : ` ${shown(alpnProtocol)}`
      }${client === undefined ? "" : ` ${shown(client.subject)}`}`,
    );
  }

  /** A handshake has failed, or a connection behind it. */
  failed(error: unknown, address: Deno.Addr | undefined): void {
    this.#failed++;
    const { code, message } = describeError(error);
    this.#say(
      { event: "failed", from: address && textOf(address), code, message },
      `${address ? textOf(address) : "?"}: ${message}`,
    );
  }

  /** Something else that an operator should know. */
  event(name: string, text: string): void {
    this.#say({ event: name, message: text }, text);
  }

  #say(event: Json, text: string): void {
    const { flags, system: { stdout, stderr } } = this.#run;
    const [output, line] = flags.json
      ? [stdout, JSON.stringify(event)]
      : [stderr, text];
    if (flags.quiet) return;
    // A log that nobody reads stops no server.
    writeLines(output, [line]).catch(() => {});
  }
}

/** An address, as it is written. */
function textOf(address: Deno.Addr): string {
  if ("path" in address) return address.path;
  if (!("hostname" in address)) return "?";
  const { hostname, port } = address;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

function partsOf(address: Deno.Addr): { readonly [name: string]: Json } {
  if ("path" in address) return { path: address.path };
  return "hostname" in address
    ? { hostname: address.hostname, port: address.port }
    : {};
}
