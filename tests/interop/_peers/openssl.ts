/**
 * OpenSSL's `s_client` and `s_server`.
 *
 * @module
 */

import { temporaryFolder } from "./material.ts";
import {
  type Abilities,
  CERTIFICATES,
  type ClientPeer,
  EXPORTER,
  missing,
  type Report,
  type ServerPeer,
  type Settings,
  type Version,
  VERSIONS,
} from "./peer.ts";
import {
  readServerHello,
  readStatus,
  SERVER_HELLO,
} from "./openssl_messages.ts";
import { PeerProcess } from "./process.ts";
import { SpawnedEnd, SpawnedServer } from "./spawned.ts";
import { opensslName, SUITES, SUITES_TLS13 } from "./suites.ts";

/** Why there is no OpenSSL, if so. */
export const opensslMissing = missing("openssl", ["version"], /OpenSSL 3/);

const abilities: Omit<Abilities, "reports"> = {
  versions: VERSIONS,
  // Debian's is built without the weakest ones.
  cipherSuites: SUITES.filter((name) => !/3DES|RC4/.test(name)),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  bulk: 8 << 20,
  features: [
    "alpn",
    "alpn refusal",
    "sni",
    "client certificate",
    "client certificate refusal",
    "resumption",
    "session IDs",
    "no extended master secret",
    "key update",
    "key update request",
    "end report",
    "choice of groups",
  ],
};

const reports = [
  "version",
  "exported",
  "cipherSuite",
  "group",
  "alpnProtocol",
  "resumed",
] as const;

/** OpenSSL in both roles. */
export const openssl: ClientPeer & ServerPeer = {
  name: "OpenSSL",
  client: {
    ...abilities,
    reports: [
      ...reports,
      "extendedMasterSecret",
      "peerName",
      "ocspResponse",
      "timestamps",
    ],
    features: [
      ...abilities.features,
      // The server closes the socket and no more.
      "close notify",
      "ocsp choice",
    ],
  },
  server: {
    ...abilities,
    reports: [...reports, "peerName", "serverName"],
    features: [
      ...abilities.features,
      "blocking writes",
      "ocsp",
      "timestamps",
    ],
  },
  async connect(port, settings) {
    const session = settings.resume === true
      ? await firstSession(port, settings)
      : undefined;
    return startClient(port, settings, session ? ["-sess_in", session] : []);
  },
  async listen(settings) {
    const program = new PeerProcess("openssl", [
      ...["s_server", "-accept", "127.0.0.1:0", "-msg"],
      ...common(settings),
      ...serverArguments(settings),
      ...settings.extra ?? [],
      ...["-dhparam", await (dhParameters ??= makeDhParameters())],
    ], environment(settings));
    const [, port] = await program.said(/^ACCEPT .*:(\d+)$/gm);
    return new SpawnedServer(
      program,
      Number(port),
      (nth) => new OpensslEnd(program, { role: "server", nth }),
    );
  },
};

function startClient(
  port: number,
  settings: Settings,
  more: readonly string[],
): OpensslEnd {
  const program = new PeerProcess("openssl", [
    ...["s_client", "-connect", `127.0.0.1:${port}`, "-msg"],
    ...common(settings),
    ...clientArguments(settings),
    ...settings.extra ?? [],
    ...more,
  ], environment(settings));
  return new OpensslEnd(program, { role: "client", nth: 0 });
}

/** Makes a connection and keeps its session, if the server lets it. */
async function firstSession(
  port: number,
  settings: Settings,
): Promise<string | undefined> {
  const path = `${temporaryFolder()}/session-${crypto.randomUUID()}`;
  await using first = startClient(port, settings, ["-sess_out", path]);
  await first.report();
  // The tickets come before the first byte of data.
  await first.send(new Uint8Array([0x80, 0x0a]));
  await first.receive(1);
  await first.close();
  await first.exit();
  // What has neither a ticket nor an ID is not written.
  return await exists(path) ? path : undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const FLAGS: Record<Version, string> = {
  "TLSv1": "tls1",
  "TLSv1.1": "tls1_1",
  "TLSv1.2": "tls1_2",
  "TLSv1.3": "tls1_3",
};

const CURVES: Record<string, string> = {
  secp256r1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
  x25519: "X25519",
  x448: "X448",
};

function common(settings: Settings): string[] {
  const { versions, cipherSuites, groups, identity, trust, anonymous } =
    settings;
  const args = ["-keymatexport", EXPORTER.label];
  args.push("-keymatexportlen", String(EXPORTER.length));
  if (versions !== undefined) {
    args.push("-min_protocol", FLAGS[versions[0]].replace("tls", "TLSv"));
    args.push("-max_protocol", FLAGS[versions[1]].replace("tls", "TLSv"));
  }
  if (cipherSuites !== undefined) {
    const modern = cipherSuites.filter((name) => SUITES_TLS13.includes(name));
    if (modern.length > 0) args.push("-ciphersuites", modern.join(":"));
  }
  if (versions !== undefined && versions[1] !== "TLSv1.3") {
    const names = cipherSuites?.map(opensslName) ?? ["DEFAULT"];
    args.push("-cipher", `${names.join(":")}:@SECLEVEL=0`);
  }
  if (groups !== undefined) {
    args.push("-groups", groups.map((name) => CURVES[name] ?? name).join(":"));
  }
  if (anonymous === true) {
    args.push("-nocert");
  } else if (identity !== undefined) {
    args.push("-cert", identity.certFile, "-key", identity.keyFile);
  }
  if (trust !== undefined) args.push("-CAfile", trust.file);
  return args.map((arg) => arg.replaceAll("TLSv1_", "TLSv1."));
}

function clientArguments(settings: Settings): string[] {
  const args = ["-verify_return_error"];
  const { requestStaple, requestTimestamps } = settings;
  if (requestStaple === true) args.push("-status");
  if (requestTimestamps !== undefined) {
    args.push("-ct", "-ctlogfile", requestTimestamps.logFile);
  }
  const { alpnProtocols, serverName } = settings;
  if (alpnProtocols !== undefined) args.push("-alpn", alpnProtocols.join(","));
  if (serverName !== undefined) {
    args.push("-servername", serverName, "-verify_hostname", serverName);
  } else {
    args.push("-noservername");
  }
  return args;
}

function serverArguments(settings: Settings): string[] {
  const args: string[] = [];
  const { alpnProtocols, clientAuth, identity, tickets } = settings;
  const { staple, timestamps } = settings;
  if (staple !== undefined) args.push("-status_file", staple.file);
  if (timestamps !== undefined) {
    args.push("-serverinfo", timestamps.serverInfoFile);
  }
  if (tickets === false) args.push("-no_ticket");
  if (alpnProtocols !== undefined) args.push("-alpn", alpnProtocols.join(","));
  if (clientAuth === "request") args.push("-verify", "3");
  if (clientAuth === "require") args.push("-Verify", "3");
  if (clientAuth !== "none") args.push("-verify_return_error");
  // Any name: it makes the server say which one was asked for.
  if (identity !== undefined && settings.anonymous !== true) {
    args.push("-servername", "x-tls.invalid");
    args.push("-cert2", identity.certFile, "-key2", identity.keyFile);
  }
  return args;
}

/** What has no argument is in a configuration file. */
function environment(
  { extendedMasterSecret }: Settings,
): Record<string, string> {
  if (extendedMasterSecret !== false) return {};
  const path = `${temporaryFolder()}/no_extended_main_secret.cnf`;
  Deno.writeTextFileSync(path, NO_EXTENDED_MASTER_SECRET);
  return { OPENSSL_CONF: path };
}

const NO_EXTENDED_MASTER_SECRET = `
openssl_conf = defaults
[defaults]
ssl_conf = contexts
[contexts]
system_default = context
[context]
Options = -ExtendedMasterSecret
`;

let dhParameters: Promise<string> | undefined;

/** Its own choice is of 1024 bits where suites ask for no more. */
async function makeDhParameters(): Promise<string> {
  const path = `${temporaryFolder()}/dh.pem`;
  const args = ["-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"];
  const { success } = await new Deno.Command("openssl", {
    args: ["genpkey", "-genparam", ...args, "-out", path],
  }).output();
  if (!success) throw new Error("Cannot make Diffie-Hellman parameters");
  return path;
}

/** One of its connections. */
export class OpensslEnd extends SpawnedEnd {
  async report(): Promise<Report> {
    // The last that both programs say of a handshake.
    const [, exported] = await this.program.said(
      /^ +Keying material: ([0-9A-F]+)$|^ +Error$|^.*:error:.*$|^ERROR$/gm,
      this.nth,
    );
    if (exported === undefined) throw new Error(this.program.text);
    return {
      exported: exported.toLowerCase(),
      ...this.#negotiated(),
      ...this.role === "client" ? this.#clientSaid() : this.#serverSaid(),
    };
  }

  #clientSaid(): Report {
    const { text } = this.program;
    return {
      alpnProtocol: text.match(/^ALPN protocol: (.*)$/m)?.[1] ?? null,
      resumed: /^Reused, /m.test(text),
      extendedMasterSecret: /^ *Extended master secret: yes$/m.test(text),
      peerName: text.match(/^subject=CN = (.*)$/m)?.[1] ?? null,
      ...readStatus(text),
    };
  }

  #serverSaid(): Report {
    const said = this.program.text.split("SSL SESSION PARAMETERS-----");
    const before = said[this.nth * 2] ?? "";
    const after = said[this.nth * 2 + 2] ?? "";
    return {
      alpnProtocol: before.match(/^ALPN protocols selected: (.*)$/m)?.[1] ??
        null,
      serverName: before.match(/^Hostname in TLS extension: "(.*)"$/m)?.[1] ??
        null,
      resumed: /^Reused session-id$/m.test(after),
      peerName: after.match(/^subject=CN = (.*)$/m)?.[1] ?? null,
    };
  }

  #negotiated(): Report {
    const shown = this.program.matches(SERVER_HELLO)
      .map(([, dump = ""]) => readServerHello(dump));
    const hellos = shown.filter((hello) => !hello.retry);
    return hellos[this.nth]?.report ?? {};
  }

  receive(length: number): Promise<Uint8Array> {
    const end = this.role === "client" ? /^closed$|:error:/gm : SERVER_END;
    return this.program.receive(length, end, this.nth);
  }

  /** A command counts at the start of a read alone: nothing may be under way. */
  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.command(requestPeer ? "K\n" : "k\n", /^>>> TLS.*, KeyUpdate$/gm);
  }

  keyUpdatesReceived(): number {
    return this.program.matches(/^<<< TLS.*, KeyUpdate$/gm).length;
  }

  protected async hangUp(): Promise<void> {
    if (this.role === "client") return await this.program.write("Q\n");
    // What comes when a connection is over is taken by the next one.
    const over = this.program.matches(SERVER_END).length > this.nth;
    if (!over) await this.program.write("Q\n");
  }

  async ended(): Promise<boolean> {
    const over = this.role === "client" ? /^closed$/gm : SERVER_END;
    await this.program.said(over, this.nth);
    const received = /^<<< TLS.*, Alert .*, warning close_notify$/gm;
    return this.program.matches(received).length > this.nth;
  }

  /** Waits until the program ends, without ending it. */
  async exit(): Promise<void> {
    await this.program.exit();
  }
}

const SERVER_END = /^(DONE|ERROR)$/gm;
