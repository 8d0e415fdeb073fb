/**
 * The peers that are programs of our own on somebody else's TLS: each takes
 * `name=value` arguments, moves bytes between its standard streams and one
 * connection after another, and says what happened in lines of JSON.
 *
 * @module
 */

import { PeerProcess } from "./process.ts";
import {
  type Abilities,
  type ClientPeer,
  type End,
  EXPORTER,
  type Listening,
  type Report,
  type ServerPeer,
  type Settings,
} from "./peer.ts";
import { opensslName } from "./suites.ts";

/** How to start such a program. */
export interface Script {
  readonly name: string;
  readonly client: Abilities;
  readonly server: Abilities;
  /** The command and the arguments before those of the connection. */
  command(settings: Settings): Promise<[string, string[]]>;
}

/** Makes the peer of a program. */
export function scriptPeer(script: Script): ClientPeer & ServerPeer {
  return {
    name: script.name,
    client: script.client,
    server: script.server,
    async prepare() {
      await script.command({});
    },
    async connect(port, settings) {
      const process = await start(script, "client", settings, port);
      return new ScriptEnd(process, 0, true);
    },
    async listen(settings) {
      const process = await start(script, "server", settings);
      const port = Number((await process.said(/"port":\s*(\d+)/g))[1]);
      return new ListeningScript(process, port);
    },
  };
}

async function start(
  script: Script,
  role: "client" | "server",
  settings: Settings,
  port?: number,
): Promise<PeerProcess> {
  const [command, args] = await script.command(settings);
  const exporting = {
    label: EXPORTER.label,
    context: EXPORTER.context,
    length: EXPORTER.length,
  };
  const own = Object.entries({ role, port, ...exporting, ...flatten(settings) })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  return new PeerProcess(command, [...args, ...own]);
}

function flatten(settings: Settings) {
  return {
    min: settings.versions?.[0],
    max: settings.versions?.[1],
    suites: settings.cipherSuites?.join(","),
    openssl: settings.cipherSuites?.map(opensslName).join(","),
    tickets: settings.tickets,
    staple: settings.staple?.file,
    requeststaple: settings.requestStaple,
    timestamps: settings.timestamps?.list.map((sct) => sct.toHex()).join(),
    groups: settings.groups?.join(","),
    alpn: settings.alpnProtocols?.join(","),
    servername: settings.serverName,
    cert: settings.identity?.certFile,
    key: settings.identity?.keyFile,
    ca: settings.trust?.file,
    clientauth: settings.clientAuth,
    resume: settings.resume,
  };
}

class ListeningScript implements Listening {
  readonly #process: PeerProcess;
  readonly port: number;
  #accepted = 0;

  constructor(process: PeerProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  accept(): Promise<End> {
    return Promise.resolve(
      new ScriptEnd(this.#process, this.#accepted++, false),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process[Symbol.asyncDispose]();
  }
}

class ScriptEnd implements End {
  readonly #process: PeerProcess;
  readonly #nth: number;
  readonly #owned: boolean;
  #closed = false;

  constructor(process: PeerProcess, nth: number, owned: boolean) {
    this.#process = process;
    this.#nth = nth;
    this.#owned = owned;
  }

  async report(): Promise<Report> {
    const [line] = await this.#process.said(
      /^{"(established|failed)".*}$/gm,
      this.#nth,
    );
    const said: unknown = JSON.parse(line);
    if (!isEstablished(said)) throw new Error(line);
    return said.established;
  }

  async send(data: Uint8Array): Promise<void> {
    await this.#process.write(data);
  }

  receive(length: number): Promise<Uint8Array> {
    return this.#process.receive(length, ENDED, this.#nth);
  }

  async updateKeys(requestPeer: boolean): Promise<void> {
    const before = this.#process.matches(KEY_UPDATE).length;
    await this.#process.write(requestPeer ? "K" : "k");
    await this.#process.said(KEY_UPDATE, before);
  }

  async closeWrite(): Promise<void> {
    await this.#process.write("w");
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#process.write("q");
  }

  async ended(): Promise<boolean> {
    const [, clean] = await this.#process.said(ENDED, this.#nth);
    return clean === "true";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
    if (this.#owned) await this.#process[Symbol.asyncDispose]();
  }
}

function isEstablished(said: unknown): said is { established: Report } {
  return typeof said === "object" && said !== null && "established" in said;
}

const ENDED = /"ended":\s*(true|false).*$/gm;

const KEY_UPDATE = /"keyUpdate":/g;
