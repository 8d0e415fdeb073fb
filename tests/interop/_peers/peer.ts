/**
 * What the interoperability tests ask of every TLS program: to be the client or
 * the server of one connection after another, to carry bytes both ways, and to
 * say what was negotiated.
 *
 * @module
 */

/** The names of protocol versions, oldest first. */
export const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

/** A protocol version. */
export type Version = typeof VERSIONS[number];

/** The groups of TLS 1.3 that are tried, by IANA's names. */
export const GROUPS = [
  "X25519MLKEM768",
  "SecP256r1MLKEM768",
  "SecP384r1MLKEM1024",
  "x25519",
  "secp256r1",
  "secp384r1",
  "secp521r1",
  "x448",
] as const;

/** The keys of certificates that are tried. */
export const CERTIFICATES = [
  "P-256",
  "P-384",
  "P-521",
  "RSA",
  "Ed25519",
  "Ed448",
] as const;

/** A certificate chain and its key, as files and as PEM. */
export interface Identity {
  /** Path of the chain, leaf first. */
  readonly certFile: string;
  /** Path of the private key (PKCS#8). */
  readonly keyFile: string;
  /** The chain as PEM. */
  readonly cert: string;
  /** The key as PEM. */
  readonly key: string;
}

/** Trusted certificates, as a file and as PEM. */
export interface Trust {
  /** Path of the PEM file. */
  readonly file: string;
  /** Its content. */
  readonly pem: string;
}

/** An OCSP response. */
export interface Staple {
  readonly der: Uint8Array;
  /** Path of it, in DER. */
  readonly file: string;
}

/** What a certificate transparency log has signed. */
export interface Timestamps {
  /** Each a SignedCertificateTimestamp. */
  readonly list: readonly Uint8Array[];
  /** The log's SubjectPublicKeyInfo. */
  readonly log: Uint8Array;
  /** Path of the extension as OpenSSL reads it. */
  readonly serverInfoFile: string;
  /** Path of the list of logs as OpenSSL reads it. */
  readonly logFile: string;
}

/** How one end is to behave. What is absent is the program's default. */
export interface Settings {
  /** The only versions allowed, from the oldest to the newest. */
  versions?: readonly [Version, Version];
  /** IANA names, in order of preference. */
  cipherSuites?: readonly string[];
  /** IANA names, in order of preference. */
  groups?: readonly string[];
  /** In order of preference. */
  alpnProtocols?: readonly string[];
  /** Client: the name to ask for and to verify. */
  serverName?: string;
  /** A server's identity, or a client's. */
  identity?: Identity;
  /** Whom to trust. */
  trust?: Trust;
  /** Server: whether a client's certificate is asked for, or needed. */
  clientAuth?: "none" | "request" | "require";
  /** Server: whether it gives tickets, or else session IDs. */
  tickets?: boolean;
  /** Server: the OCSP response to show. */
  staple?: Staple;
  /** Client: whether it asks for one, if it has the choice. */
  requestStaple?: boolean;
  /** Server: the timestamps to show. */
  timestamps?: Timestamps;
  /** Client: asks for some, of the log of these. */
  requestTimestamps?: Timestamps;
  /** Server: whether it shows no certificate. */
  anonymous?: boolean;
  /** Arguments for the program, if it is one of a library's own. */
  extra?: readonly string[];
  /** Options for this module. */
  options?: Readonly<Record<string, unknown>>;
  /** Client: connects once before, and resumes that session. */
  resume?: boolean;
  /** Whether it knows the extended master secret; this module always does. */
  extendedMasterSecret?: boolean;
}

/** What is exported of every connection (RFC 5705), to be compared. */
export const EXPORTER = {
  label: "EXPORTER-x-tls-test",
  length: 48,
  context: "of this connection",
} as const;

/** What one end says of a connection. Absent is what it cannot tell. */
export interface Report {
  version?: string;
  /** IANA name. */
  cipherSuite?: string;
  /** IANA name. */
  group?: string;
  alpnProtocol?: string | null;
  /** Server: the name that the client asked for. */
  serverName?: string | null;
  resumed?: boolean;
  extendedMasterSecret?: boolean;
  /** Common name of the other end's certificate. */
  peerName?: string | null;
  /** Client: the OCSP response that the server has shown, in hex. */
  ocspResponse?: string | null;
  /** Client: the timestamps that the server has shown, in hex. */
  timestamps?: string | null;
  /** Keying material in hex, without a context. */
  exported?: string;
  /** The same, with one. */
  exportedWithContext?: string;
  /** Channel bindings in hex (RFC 5929, RFC 9266). */
  tlsUnique?: string;
  tlsServerEndPoint?: string;
  tlsExporter?: string;
}

/** One end of one connection, its handshake started. */
export interface End extends AsyncDisposable {
  /** Resolves when the handshake is over; rejects when it failed. */
  report(): Promise<Report>;
  /** Sends bytes, each of them 0x80 or above. */
  send(data: Uint8Array): Promise<void>;
  /** Waits for that many bytes from the other end. */
  receive(length: number): Promise<Uint8Array>;
  /** Updates the keys, and asks the other end to do the same or not. */
  updateKeys?(requestPeer: boolean): Promise<void>;
  /** How often the other end has updated its keys. */
  keyUpdatesReceived?(): number;
  /** Ends sending and goes on receiving. */
  closeWrite?(): Promise<void>;
  /** Ends the connection with close_notify. */
  close(): Promise<void>;
  /** Resolves to whether the other end has ended it with close_notify. */
  ended(): Promise<boolean>;
}

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  /** The loopback port, given by the system. */
  readonly port: number;
  /** The next connection. */
  accept(): Promise<End>;
}

/** What a program can do in one role. */
export interface Abilities {
  readonly versions: readonly Version[];
  readonly cipherSuites: readonly string[];
  readonly groups: readonly string[];
  /** Kinds of certificate that it takes from the other end. */
  readonly certificates: readonly string[];
  /** What its reports always have. */
  readonly reports: readonly (keyof Report)[];
  readonly features: readonly Feature[];
  /** How many bytes it carries each way in reasonable time. */
  readonly bulk: number;
}

/** What some programs can do and others cannot. */
export type Feature =
  | "alpn"
  | "alpn refusal"
  | "sni"
  | "client certificate"
  | "client certificate refusal"
  | "resumption"
  | "session IDs"
  | "no extended master secret"
  | "key update"
  | "key update request"
  | "half close"
  | "close notify"
  | "end report"
  | "choice of groups"
  | "silent first connection"
  | "ocsp"
  | "ocsp choice"
  | "ocsp verdict"
  | "ocsp required"
  | "timestamps"
  | "timestamps required"
  | "blocking writes"
  | "echo only";

/** What libraries can do as a rule, whose programs are our own. */
export const USUAL_FEATURES = [
  "alpn",
  "sni",
  "client certificate",
  "client certificate refusal",
  "resumption",
  "half close",
  "close notify",
  "end report",
  "choice of groups",
] as const satisfies readonly Feature[];

/** What they usually report about a connection. */
export const USUAL_REPORTS = [
  "version",
  "exported",
  "exportedWithContext",
  "tlsUnique",
  "cipherSuite",
  "alpnProtocol",
  "resumed",
  "peerName",
] as const satisfies readonly (keyof Report)[];

/** A program in the role of the client. */
export interface ClientPeer {
  readonly name: string;
  readonly client: Abilities;
  /** Builds the program, once. */
  prepare?(): Promise<void>;
  connect(port: number, settings: Settings): Promise<End>;
}

/** A program in the role of the server. */
export interface ServerPeer {
  readonly name: string;
  readonly server: Abilities;
  /** Builds the program, once. */
  prepare?(): Promise<void>;
  listen(settings: Settings): Promise<Listening>;
}

/** Whether a program is here: why not, or nothing. */
export type Probe = () => string | undefined;

/** Runs a program to see whether it is here. */
export function missing(
  command: string,
  args: string[],
  expected?: RegExp,
): string | undefined {
  try {
    const { success, stdout, stderr } = new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).outputSync();
    const text = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    if (!success) return `${command} ${args.join(" ")} failed`;
    if (expected !== undefined && !expected.test(text)) {
      return `${command} ${args.join(" ")} does not show ${expected}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `no ${command} on PATH`;
    throw error;
  }
}

/**
 * Whether an absent peer is a failure, as it is where everything is installed.
 */
export function peersAreRequired(): boolean {
  return Deno.env.get("X_TLS_REQUIRE_PEERS") === "1";
}

/**
 * Bytes for tests: reproducible, without a period that could hide a mistake
 * of order, and all 0x80 or above, as the programs take or print text too.
 */
export function payload(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 0x9e3779b9 | 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state | 0x80808080;
  }
  return new Uint8Array(words.buffer, 0, length);
}
