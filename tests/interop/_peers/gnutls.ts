/**
 * GnuTLS's `gnutls-cli` and `gnutls-serv`. The server is an echo server, and
 * says nothing of its own.
 *
 * @module
 */

import {
  type Abilities,
  type ClientPeer,
  type End,
  type Listening,
  missing,
  type Report,
  type ServerPeer,
  type Settings,
} from "./peer.ts";
import { PeerProcess } from "./process.ts";
import { listeningPort } from "./port.ts";

/** Why there is no GnuTLS, if so. */
export const gnutlsMissing = missing("gnutls-cli", ["--version"]) ??
  missing("gnutls-serv", ["--version"]) ??
  (Deno.build.os === "linux" ? undefined : "no way to learn its port");

const SUITES: Record<string, string> = {
  "AES-128-GCM": "TLS_AES_128_GCM_SHA256",
  "AES-256-GCM": "TLS_AES_256_GCM_SHA384",
  "CHACHA20-POLY1305": "TLS_CHACHA20_POLY1305_SHA256",
};

const abilities: Omit<Abilities, "features"> = {
  versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  cipherSuites: Object.values(SUITES),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: ["P-256", "P-384", "P-521", "RSA", "Ed25519", "Ed448"],
  reports: ["version", "cipherSuite", "alpnProtocol", "resumed"],
  bulk: 4 << 20,
};

/** GnuTLS in both roles. */
export const gnutls: ClientPeer & ServerPeer = {
  name: "GnuTLS",
  client: {
    ...abilities,
    features: [
      "alpn",
      "sni",
      "client certificate",
      "client certificate refusal",
      "resumption",
      "silent first connection",
      "key update",
      "key update request",
      "close notify",
      "end report",
      "choice of groups",
    ],
  },
  server: {
    ...abilities,
    reports: [...abilities.reports, "serverName", "peerName"],
    features: [
      "alpn",
      "alpn refusal",
      "sni",
      "client certificate",
      "client certificate refusal",
      "resumption",
      "choice of groups",
      "echo only",
    ],
  },
  connect(port, settings) {
    const process = new PeerProcess("stdbuf", [
      ...["-o0", "gnutls-cli", "--port", String(port)],
      ...["--inline-commands", "--single-key-share"],
      ...common(settings),
      ...clientArguments(settings),
      "127.0.0.1",
    ]);
    return Promise.resolve(new GnutlsClientEnd(process, settings));
  },
  async listen(settings) {
    // Its output is buffered otherwise: we would wait for what it has said.
    const process = new PeerProcess("stdbuf", [
      ...["-oL", "gnutls-serv", "--port", "0", "--echo", "--crlf"],
      ...common(settings),
      ...serverArguments(settings),
    ]);
    await process.said(/IPv4 .*done$/gm);
    return new ListeningGnutls(process, await listeningPort(process.pid));
  },
};

function common(settings: Settings): string[] {
  const { identity, trust, alpnProtocols } = settings;
  const args = ["--priority", priority(settings)];
  if (identity !== undefined) {
    args.push("--x509certfile", identity.certFile);
    args.push("--x509keyfile", identity.keyFile);
  }
  if (trust !== undefined) args.push("--x509cafile", trust.file);
  for (const name of alpnProtocols ?? []) args.push("--alpn", name);
  return args;
}

function priority({ versions, cipherSuites, groups }: Settings): string {
  const parts = ["NORMAL"];
  if (versions !== undefined) {
    const all = abilities.versions;
    const allowed = all.slice(
      all.indexOf(versions[0]),
      all.indexOf(versions[1]) + 1,
    );
    parts.push("-VERS-ALL");
    parts.push(
      ...allowed.map((name) =>
        `+VERS-${name === "TLSv1" ? "TLS1.0" : name.replace("TLSv", "TLS")}`
      ),
    );
  }
  if (cipherSuites !== undefined) {
    const ciphers = Object.entries(SUITES)
      .filter(([, suite]) => cipherSuites.includes(suite));
    parts.push("-CIPHER-ALL", ...ciphers.map(([name]) => `+${name}`));
  }
  if (groups !== undefined) {
    parts.push("-GROUP-ALL");
    parts.push(...groups.map((name) => `+GROUP-${name.toUpperCase()}`));
  }
  return parts.join(":");
}

function clientArguments({ serverName, resume }: Settings): string[] {
  const args: string[] = [];
  if (serverName !== undefined) {
    args.push("--sni-hostname", serverName, "--verify-hostname", serverName);
  }
  if (resume === true) args.push("--resume", "--waitresumption");
  return args;
}

function serverArguments({ clientAuth, alpnProtocols }: Settings): string[] {
  const args: string[] = [];
  if (alpnProtocols !== undefined) args.push("--alpn-fatal");
  if (clientAuth === "none") args.push("--disable-client-cert");
  if (clientAuth === "request") args.push("--verify-client-cert");
  if (clientAuth === "require") args.push("--require-client-cert");
  return args;
}

/** What both programs say of a connection. */
function readReport(text: string): Report {
  const description = text.match(/^- Description: \(TLS([\d.]+).*-\((.*)\)$/m);
  const group = text.match(/^- Description: .*\(ECDHE-([^)]*)\)/m)?.[1];
  return {
    ...description?.[1] && { version: `TLSv${description[1]}` },
    ...description?.[2] && { cipherSuite: SUITES[description[2]] ?? "unknown" },
    ...group && { group: group.toLowerCase() },
    alpnProtocol: text.match(/^- Application protocol: (.*)$/m)?.[1] ?? null,
    resumed: text.includes("*** This is a resumed session"),
  };
}

/** It takes whole lines: what is no payload ends each piece. */
class GnutlsClientEnd implements End {
  readonly #process: PeerProcess;
  readonly #settings: Settings;
  #closed = false;

  constructor(process: PeerProcess, settings: Settings) {
    this.#process = process;
    this.#settings = settings;
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
    return readReport(said);
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
  #accepted = 0;

  constructor(process: PeerProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  accept(): Promise<End> {
    return Promise.resolve(
      new GnutlsServerEnd(this.#process, this.#accepted++),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process[Symbol.asyncDispose]();
  }
}

class GnutlsServerEnd implements End {
  readonly #process: PeerProcess;
  readonly #nth: number;

  constructor(process: PeerProcess, nth: number) {
    this.#process = process;
    this.#nth = nth;
  }

  async report(): Promise<Report> {
    const [line] = await this.#process.said(
      /^ - 'tls-exporter': .*$|^Error in handshake.*$/gm,
      this.#nth,
    );
    if (line.startsWith("Error")) throw new Error(line);
    const said =
      this.#process.text.split("* Accepted connection")[this.#nth + 1] ?? "";
    return {
      ...readReport(said),
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
