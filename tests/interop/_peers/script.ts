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
  EXPORTER,
  type Report,
  type ServerPeer,
  type Settings,
} from "./peer.ts";
import { SpawnedEnd, SpawnedServer } from "./spawned.ts";
import { opensslName } from "./suites.ts";

/** A program and its arguments. */
export type Command = [program: string, args: string[]];

/** How to start such a program. */
export interface Script {
  readonly name: string;
  readonly client: Abilities;
  readonly server: Abilities;
  /** The command and the arguments before those of the connection. */
  command(settings: Settings): Command | Promise<Command>;
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
      const program = await start(script, "client", settings, port);
      return new ScriptEnd(program, { role: "client", nth: 0 });
    },
    async listen(settings) {
      const program = await start(script, "server", settings);
      const [, port] = await program.said(/"port":\s*(\d+)/g);
      return new SpawnedServer(
        program,
        Number(port),
        (nth) => new ScriptEnd(program, { role: "server", nth }),
      );
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

class ScriptEnd extends SpawnedEnd {
  async report(): Promise<Report> {
    const [line] = await this.program.said(
      /^{"(established|failed)".*}$/gm,
      this.nth,
    );
    const said: unknown = JSON.parse(line);
    if (!isEstablished(said)) throw new Error(line);
    return said.established;
  }

  receive(length: number): Promise<Uint8Array> {
    return this.program.receive(length, ENDED, this.nth);
  }

  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.command(requestPeer ? "K" : "k", /"keyUpdate":/g);
  }

  async closeWrite(): Promise<void> {
    await this.program.write("w");
  }

  protected async hangUp(): Promise<void> {
    await this.program.write("q");
  }

  async ended(): Promise<boolean> {
    const [, clean] = await this.program.said(ENDED, this.nth);
    return clean === "true";
  }
}

function isEstablished(said: unknown): said is { established: Report } {
  return typeof said === "object" && said !== null && "established" in said;
}

const ENDED = /"ended":\s*(true|false).*$/gm;
