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
  type End,
  EXPORTER,
  type Listening,
  missing,
  type Report,
  type ServerPeer,
  type Settings,
} from "./peer.ts";
import { priority, readReport } from "./gnutls_text.ts";
import { PeerProcess } from "./process.ts";
import { listeningPort } from "./port.ts";
import { temporaryFolder } from "./material.ts";
import { SUITES } from "./suites.ts";

/** Why there is no GnuTLS, if so. */
export const gnutlsMissing = missing("gnutls-cli", ["--version"]) ??
  missing("gnutls-serv", ["--version"]) ??
  missing("stdbuf", ["--version"]) ??
  (Deno.build.os === "linux" ? undefined : "no way to learn its port");

const abilities: Omit<Abilities, "features"> = {
  versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
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
    const process = new PeerProcess("stdbuf", [
      ...["-oL", "gnutls-cli", "--port", String(port)],
      ...["--inline-commands", "--single-key-share"],
      ...common(settings),
      ...clientArguments(settings),
      ...settings.requestStaple === true ? ["--save-ocsp", staple] : [],
      ...settings.extra ?? [],
      "127.0.0.1",
    ]);
    return Promise.resolve(new GnutlsClientEnd(process, settings, staple));
  },
  async listen(settings) {
    // Its output is buffered otherwise: we would wait for what it has said.
    const process = new PeerProcess("stdbuf", [
      ...["-oL", "gnutls-serv", "--port", "0", "--echo", "--crlf"],
      ...common(settings),
      ...serverArguments(settings),
      ...stapling(settings),
      ...settings.extra ?? [],
    ]);
    await process.said(/IPv4 .*done$/gm);
    return new ListeningGnutls(
      process,
      await listeningPort(process.pid),
      settings,
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
class GnutlsClientEnd implements End {
  readonly #process: PeerProcess;
  readonly #settings: Settings;
  readonly #staple: string;
  #closed = false;

  constructor(process: PeerProcess, settings: Settings, staple: string) {
    this.#process = process;
    this.#settings = settings;
    this.#staple = staple;
  }

  async report(): Promise<Report> {
    const [line] = await this.#process.said(
      /^- Simple Client Mode:$|^\*\*\* .*(?:failed|Error|alert).*$/gm,
    );
    if (line.startsWith("***")) {
      // The alert's name is on the other stream.
      await this.#process.exit();
      throw new Error(this.#process.text);
    }
    const { text } = this.#process;
    const said = this.#settings.resume === true
      ? text.split("- Connecting again").at(-1) ?? ""
      : text;
    const report = readReport(said, this.#settings);
    if (this.#settings.requestStaple !== true) return report;
    // Written before the handshake goes on; empty if there was none.
    const staple = (await Deno.readFile(this.#staple)).toHex();
    return { ...report, ocspResponse: staple || null };
  }

  async send(data: Uint8Array): Promise<void> {
    await this.#process.write(data);
    await this.#process.write("\n");
  }

  async receive(length: number): Promise<Uint8Array> {
    try {
      return await this.#process.receive(
        length,
        /^- Peer has closed the GnuTLS connection$|^\*\*\* .*(failed|rror).*$/gm,
      );
    } catch {
      // The alert's name is on the other stream.
      await this.#process.exit();
      throw new Error(this.#process.text);
    }
  }

  async updateKeys(requestPeer: boolean): Promise<void> {
    const done = /^- Rekey was completed$/gm;
    const before = this.#process.matches(done).length;
    await this.#process.write(requestPeer ? "^rekey1^\n" : "^rekey^\n");
    await this.#process.said(done, before);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#process.end();
  }

  async ended(): Promise<boolean> {
    await this.#process.said(/^- Peer has closed the GnuTLS connection$/gm);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

class ListeningGnutls implements Listening {
  readonly #process: PeerProcess;
  readonly port: number;
  readonly #settings: Settings;
  #accepted = 0;

  constructor(process: PeerProcess, port: number, settings: Settings) {
    this.#process = process;
    this.port = port;
    this.#settings = settings;
  }

  accept(): Promise<End> {
    return Promise.resolve(
      new GnutlsServerEnd(this.#process, this.#accepted++, this.#settings),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process[Symbol.asyncDispose]();
  }
}

/** One of the connections of `gnutls-serv`. */
export class GnutlsServerEnd implements End {
  readonly #process: PeerProcess;
  readonly #nth: number;
  readonly #settings: Settings;

  constructor(process: PeerProcess, nth: number, settings: Settings) {
    this.#process = process;
    this.#nth = nth;
    this.#settings = settings;
  }

  /** The program itself. */
  get program(): PeerProcess {
    return this.#process;
  }

  async report(): Promise<Report> {
    const [line] = await this.#process.said(
      /^- Key material: .*$|^Error in .*$/gm,
      this.#nth,
    );
    if (line.startsWith("Error")) throw new Error(line);
    const said =
      this.#process.text.split("* Accepted connection")[this.#nth + 1] ?? "";
    return {
      ...readReport(said, this.#settings),
      serverName: said.match(/^- Given server name\[1\]: (.*)$/m)?.[1] ?? null,
      peerName: said.match(/^\tSubject: .*CN=([^,\n]*)/m)?.[1] ?? null,
    };
  }

  send(): Promise<void> {
    throw new Error("gnutls-serv sends what it has received and nothing else");
  }

  receive(): Promise<Uint8Array> {
    throw new Error("gnutls-serv keeps nothing of what it has received");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  ended(): Promise<boolean> {
    return Promise.resolve(true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
