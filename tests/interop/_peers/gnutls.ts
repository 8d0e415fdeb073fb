/**
 * GnuTLS's `gnutls-cli` and `gnutls-serv`. The server is an echo server, and
 * says nothing of its own.
 *
 * @module
 */

import {
  type Abilities,
  CERTIFICATES,
  type ClientPeer,
  EXPORTER,
  missing,
  type Report,
  type ServerPeer,
  type Settings,
  VERSIONS,
} from "./peer.ts";
import { priority, readReport } from "./gnutls_text.ts";
import { PeerProcess } from "./process.ts";
import { listeningPort } from "./port.ts";
import { temporaryFolder } from "./material.ts";
import { SpawnedEnd, SpawnedServer } from "./spawned.ts";
import { SUITES } from "./suites.ts";

/** Why there is no GnuTLS, if so. */
export const gnutlsMissing = missing("gnutls-cli", ["--version"]) ??
  missing("gnutls-serv", ["--version"]) ??
  missing("stdbuf", ["--version"]) ??
  (Deno.build.os === "linux" ? undefined : "no way to learn its port");

const abilities: Omit<Abilities, "features"> = {
  versions: VERSIONS,
  cipherSuites: SUITES.filter((name) => !name.includes("anon")),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  reports: [
    "version",
    "cipherSuite",
    "alpnProtocol",
    "resumed",
    "extendedMasterSecret",
    "exported",
  ],
  bulk: 4 << 20,
};

/** GnuTLS in both roles. */
export const gnutls: ClientPeer & ServerPeer = {
  name: "GnuTLS",
  client: {
    ...abilities,
    reports: [...abilities.reports, "ocspResponse"],
    features: [
      "alpn",
      "sni",
      "client certificate",
      "client certificate refusal",
      "resumption",
      "session IDs",
      "no extended master secret",
      "silent first connection",
      "key update",
      "key update request",
      "close notify",
      "end report",
      "blocking writes",
      "ocsp verdict",
      "choice of groups",
    ],
  },
  server: {
    ...abilities,
    reports: [
      ...abilities.reports,
      "serverName",
      "peerName",
      "tlsUnique",
      "tlsServerEndPoint",
      "tlsExporter",
    ],
    features: [
      "alpn",
      "alpn refusal",
      "sni",
      "client certificate",
      "client certificate refusal",
      "resumption",
      "session IDs",
      "no extended master secret",
      "choice of groups",
      "ocsp",
      "echo only",
    ],
  },
  connect(port, settings) {
    const staple = `${temporaryFolder()}/${crypto.randomUUID()}.ocsp`;
    const program = new PeerProcess("stdbuf", [
      ...["-oL", "gnutls-cli", "--port", String(port)],
      ...["--inline-commands", "--single-key-share"],
      ...common(settings),
      ...clientArguments(settings),
      ...settings.requestStaple === true ? ["--save-ocsp", staple] : [],
      ...settings.extra ?? [],
      "127.0.0.1",
    ]);
    return Promise.resolve(new GnutlsClientEnd(program, settings, staple));
  },
  async listen(settings) {
    // Its output is buffered otherwise: we would wait for what it has said.
    const program = new PeerProcess("stdbuf", [
      ...["-oL", "gnutls-serv", "--port", "0", "--echo", "--crlf"],
      ...common(settings),
      ...serverArguments(settings),
      ...stapling(settings),
      ...settings.extra ?? [],
    ]);
    await program.said(/IPv4 .*done$/gm);
    return new SpawnedServer(
      program,
      await listeningPort(program.pid),
      (nth) => new GnutlsServerEnd(program, nth, settings),
    );
  },
};

function common(settings: Settings): string[] {
  const { identity, trust, alpnProtocols } = settings;
  const args = ["--priority", priority(settings)];
  args.push("--keymatexport", EXPORTER.label);
  args.push("--keymatexportsize", String(EXPORTER.length));
  if (identity !== undefined) {
    args.push("--x509certfile", identity.certFile);
    args.push("--x509keyfile", identity.keyFile);
  }
  if (trust !== undefined) args.push("--x509cafile", trust.file);
  for (const name of alpnProtocols ?? []) args.push("--alpn", name);
  return args;
}

function clientArguments({ serverName, resume }: Settings): string[] {
  const args: string[] = [];
  if (serverName !== undefined) {
    args.push("--sni-hostname", serverName, "--verify-hostname", serverName);
  }
  if (resume === true) args.push("--resume", "--waitresumption");
  return args;
}

function serverArguments(
  { clientAuth, alpnProtocols, tickets }: Settings,
): string[] {
  const args: string[] = [];
  if (tickets === false) args.push("--noticket");
  if (alpnProtocols !== undefined) args.push("--alpn-fatal");
  if (clientAuth === "none") args.push("--disable-client-cert");
  if (clientAuth === "request") args.push("--verify-client-cert");
  if (clientAuth === "require") args.push("--require-client-cert");
  return args;
}

/** Whatever it says, and the server itself would rather not show. */
function stapling({ staple }: Settings): string[] {
  if (staple === undefined) return [];
  return ["--ocsp-response", staple.file, "--ignore-ocsp-response-errors"];
}

/** It takes whole lines: what is no payload ends each piece. */
class GnutlsClientEnd extends SpawnedEnd {
  readonly #settings: Settings;
  readonly #staple: string;

  constructor(program: PeerProcess, settings: Settings, staple: string) {
    super(program, { role: "client", nth: 0 });
    this.#settings = settings;
    this.#staple = staple;
  }

  async report(): Promise<Report> {
    const [line] = await this.program.said(
      /^- Simple Client Mode:$|^\*\*\* .*(?:failed|Error|alert).*$/gm,
    );
    if (line.startsWith("***")) {
      // The alert's name is on the other stream.
      await this.program.exit();
      throw new Error(this.program.text);
    }
    const { text } = this.program;
    const said = this.#settings.resume === true
      ? text.split("- Connecting again").at(-1) ?? ""
      : text;
    const report = readReport(said, this.#settings);
    if (this.#settings.requestStaple !== true) return report;
    // Written before the handshake goes on; empty if there was none.
    const staple = (await Deno.readFile(this.#staple)).toHex();
    return { ...report, ocspResponse: staple || null };
  }

  override async send(data: Uint8Array): Promise<void> {
    await super.send(data);
    await this.program.write("\n");
  }

  async receive(length: number): Promise<Uint8Array> {
    try {
      return await this.program.receive(
        length,
        /^- Peer has closed the GnuTLS connection$|^\*\*\* .*(failed|rror).*$/gm,
      );
    } catch {
      // The alert's name is on the other stream.
      await this.program.exit();
      throw new Error(this.program.text);
    }
  }

  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.command(
      requestPeer ? "^rekey1^\n" : "^rekey^\n",
      /^- Rekey was completed$/gm,
    );
  }

  protected async hangUp(): Promise<void> {
    await this.program.end();
  }

  async ended(): Promise<boolean> {
    await this.program.said(/^- Peer has closed the GnuTLS connection$/gm);
    return true;
  }

  /** Its input ends with it, and need not be taken before. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** One of the connections of `gnutls-serv`. */
export class GnutlsServerEnd extends SpawnedEnd {
  readonly #settings: Settings;

  constructor(program: PeerProcess, nth: number, settings: Settings) {
    super(program, { role: "server", nth });
    this.#settings = settings;
  }

  async report(): Promise<Report> {
    const [line] = await this.program.said(
      /^- Key material: .*$|^Error in .*$/gm,
      this.nth,
    );
    if (line.startsWith("Error")) throw new Error(line);
    const said =
      this.program.text.split("* Accepted connection")[this.nth + 1] ?? "";
    return {
      ...readReport(said, this.#settings),
      serverName: said.match(/^- Given server name\[1\]: (.*)$/m)?.[1] ?? null,
      peerName: said.match(/^\tSubject: .*CN=([^,\n]*)/m)?.[1] ?? null,
    };
  }

  override send(): Promise<void> {
    throw new Error("gnutls-serv sends what it has received and nothing else");
  }

  receive(): Promise<Uint8Array> {
    throw new Error("gnutls-serv keeps nothing of what it has received");
  }

  protected hangUp(): Promise<void> {
    return Promise.resolve();
  }

  ended(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
