/**
 * From the flags of a connection to the options of this module.
 *
 * @module
 */

import type {
  CertificateTypeName,
  ClientOptions,
  PeerVerdict,
  ServerOptions,
  Session,
  SessionStore,
  TlsOptions,
  TrustOptions,
} from "../../../mod.ts";
import {
  createContext,
  TlsCertificateError,
  TlsProtocolError,
} from "../../../mod.ts";
import {
  weakDigests,
  weakGroups,
  weakKeys,
  weakSessions,
} from "../../../legacy.ts";
import { issueCertificate, PrivateKey, TrustStore } from "../../../x509/mod.ts";
import { compressorsOf } from "./certificate_compression.ts";
import { chooseClientCertificate } from "./client_certificate.ts";
import {
  type Credentials,
  inputOf,
  loadTrust,
  schemeName,
  toText,
} from "./credentials.ts";
import { Unexpected } from "./expectations.ts";
import type { Flags, TestFlags } from "./flags.ts";
import { clientEch, serverEch } from "./ech.ts";
import { Observer } from "./observer.ts";
import { groupName, suitesOf, versionsOf } from "./suites.ts";

/** What lasts from one connection of a test to the next. */
export class TestState {
  /** Keys of our tickets, the one that seals first. */
  readonly ticketKeys: Uint8Array[];
  /** Sessions by ID. */
  readonly store: Map<string, Uint8Array> = new Map();
  /** Tickets that have carried early data. */
  readonly used: Set<string> = new Set();
  /** The session that a client resumes. */
  session: Session | undefined;
  /** Our clock, which stands still, in milliseconds since 1970. */
  clock: number = Date.now();
  /** Flags of what follows a rejection on the connection that runs. */
  retry: Flags;
  /** Whether the connection that runs follows another. */
  isResume = false;
  /** The connection that runs. */
  current: { flags: Flags; observer: Observer };
  /** One store for all connections: sessions are bound to it. */
  readonly #trust: TrustStore | undefined;
  /** Trusts nobody whom a test shows. */
  readonly #stranger: TrustStore;

  /** Begins a test. */
  static async begin(flags: TestFlags): Promise<TestState> {
    const { cert } = await issueCertificate({ ca: true, names: [] });
    return new TestState(flags, TrustStore.of(cert));
  }

  private constructor(
    { initial, resume, retry }: TestFlags,
    stranger: TrustStore,
  ) {
    this.current = { flags: initial, observer: new Observer() };
    this.#stranger = stranger;
    this.ticketKeys = [initial.bytes("ticket-key") ?? randomTicketKey()];
    this.retry = initial;
    const anchors = [initial, resume, retry].flatMap(loadTrust);
    this.#trust = anchors.length > 0 ? TrustStore.of(...anchors) : undefined;
  }

  /** A failure that nobody asked about is one of an unknown issuer. */
  trustOptions(flags: Flags): TrustOptions {
    return flags.has("verify-fail") && !isAskedFor(flags)
      ? { trust: this.#stranger, unsafelyIgnoreCertificateErrors: true }
      // A server that verifies clients must say whom it trusts.
      : {
        trust: this.#trust ?? (isAskedFor(flags) ? this.#stranger : undefined),
      };
  }

  /**
   * Leaves the verdict as it is, unless a test wants a failure, or keyUsage
   * ignored. BoringSSL does not ask about sessions, so these are let pass.
   */
  readonly verify = (verdict: PeerVerdict): boolean | undefined => {
    const { flags, observer } = this.current;
    if (verdict.rawPublicKey !== undefined) return !flags.has("verify-fail");
    checkVerifiedName(verdict.resumed ? flags : this.retry, verdict);
    if (verdict.resumed) return forgives(flags, verdict) ? true : undefined;
    const maySeeAgain = flags.has("renegotiate-freely") ||
      flags.has("renegotiate-once");
    if (++observer.verified > 1 && !maySeeAgain) {
      throw new Unexpected("The certificate was verified twice");
    }
    if (!flags.has("server") && flags.has("fail-ocsp-callback")) {
      throw new TlsCertificateError("ocsp_response_unusable", "ocsp_fail");
    }
    if (!flags.has("verify-fail")) {
      return forgives(flags, verdict) ? true : undefined;
    }
    if (!isAskedFor(flags)) return undefined;
    throw new TlsProtocolError(
      flags.has("use-custom-verify-callback")
        ? "certificate_unknown"
        : "handshake_failure",
      "-verify-fail",
    );
  };
}

/** The name that the certificate of a server is verified for. */
function checkVerifiedName(flags: Flags, { serverName }: PeerVerdict): void {
  const override = flags.text("expect-ech-name-override");
  if (override === undefined && !flags.has("expect-no-ech-name-override")) {
    return;
  }
  const wanted = override ?? flags.text("host-name");
  if (serverName !== wanted) {
    throw new Unexpected(`${serverName} was verified, wanted ${wanted}`);
  }
}

/**
 * An RSA key may be used in another way than its certificate says. The certificates
 * of BoringSSL's tests are for no name, not for the public name of Encrypted
 * ClientHello either, which is always verified here.
 */
function forgives(
  flags: Flags,
  { chain: [leaf], errors }: PeerVerdict,
): boolean {
  const forgiven = new Set<string>();
  if (flags.has("ignore-rsa-key-usage") && leaf?.publicKey.type === "rsa") {
    forgiven.add("wrong_key_usage");
  }
  if (flags.has("ech-config-list")) forgiven.add("hostname_mismatch");
  return forgiven.size > 0 && errors.every(({ code }) => forgiven.has(code));
}

function randomTicketKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(48));
}

/** The options of a client. */
export function clientOptions(
  state: TestState,
  credentials: Credentials,
): ClientOptions {
  const { flags, observer } = state.current;
  return {
    ...commonOptions(state, credentials),
    psk: credentials.psks.length > 0 ? credentials.psks : clientPsk(flags),
    certificates: credentials.identities.map(inputOf),
    certificateTypes: typesOf(flags.numbers("available-client-cert-types")),
    serverName: flags.text("host-name") || false,
    unsafelyDisableHostnameVerification: true,
    session: flags.has("no-ticket") ? undefined : state.session,
    earlyData: enablesEarlyData(flags)
      ? ({ maxSize }) => {
        observer.earlySize = maxSize;
        return flags.has("shim-writes-first")
          ? initialWrite(flags).subarray(0, maxSize)
          : new Uint8Array();
      }
      : undefined,
    onSession: flags.has("no-ticket")
      ? undefined
      : (session) => observer.onSession(session),
    requestOcsp: flags.has("enable-ocsp-stapling"),
    requestScts: flags.has("enable-signed-cert-timestamps"),
    grease: flags.has("enable-grease"),
    ech: clientEch(flags),
    fallback: flags.has("fallback-scsv"),
    keyShares: flags.has("no-key-shares")
      ? []
      : flags.has("key-shares")
      ? flags.numbers("key-shares").map(groupName)
      : undefined,
    alpnProtocols: protocolList(flags.text("advertise-alpn")),
    postHandshakeAuth: false,
    onCertificateRequest: (info) => {
      observer.certificateTypes = info.certificateTypes;
      observer.authorities = info.certificateAuthorities;
      observer.peerSchemes = info.signatureSchemes;
      if (flags.has("fail-cert-callback")) {
        throw new TypeError("cert_cb_error");
      }
      return chooseClientCertificate(credentials, info);
    },
  };
}

/** The options of a server. */
export function serverOptions(
  state: TestState,
  credentials: Credentials,
): ServerOptions {
  const { flags } = state.current;
  const { identities } = credentials;
  const later = flags.has("use-early-callback");
  const options: ServerOptions = {
    ...commonOptions(state, credentials),
    certificates: later ? [] : identities.map(inputOf),
    signedCertificateTimestamps: credentials.signedCertificateTimestamps,
    clientAuth: flags.has("verify-peer")
      ? "verify-if-given"
      : flags.has("require-any-client-certificate")
      ? "require"
      : "none",
    preferServerCipherSuites: flags.has("cipher") ||
      flags.has("server-preference"),
    acknowledgeServerName: !flags.has("no-server-name-ack"),
    onAlpn: chooseProtocol(state),
    psk: serverPsk(flags, credentials),
    ech: serverEch(flags),
    pskIdentityHint: flags.text("psk-identity") || undefined,
    ...ticketOptions(state),
    ...earlyDataOptions(state),
    ...stapleOptions(flags, credentials),
  };
  const full = later
    ? createContext({
      ...options,
      ech: undefined,
      certificates: identities.map(inputOf),
    })
    : undefined;
  return {
    ...options,
    onClientHello: ({ serverName, signatureSchemes }) => {
      const { observer } = state.current;
      observer.sawClientHello = true;
      observer.peerSchemes = signatureSchemes;
      checkServerName(flags, serverName);
      if (flags.has("fail-early-callback")) {
        throw new TlsProtocolError("handshake_failure", "early_fail");
      }
      if (flags.has("fail-ddos-callback")) throw new TypeError("ddos_fail");
      if (flags.has("fail-cert-callback")) throw new TypeError("cert_cb_error");
      return full;
    },
  };
}

function checkServerName(flags: Flags, name: string | undefined): void {
  const wanted = flags.text("expect-server-name");
  if (wanted !== undefined && wanted !== name) {
    throw new TypeError(`The server name is ${name}, not ${wanted}`);
  }
  if (flags.has("expect-no-server-name") && name !== undefined) {
    throw new TypeError(`There is a server name: ${name}`);
  }
}

function commonOptions(
  state: TestState,
  credentials: Credentials,
): TlsOptions & {
  psk?: undefined;
  earlyData?: undefined;
  ech?: undefined;
} {
  const { flags, observer } = state.current;
  return {
    ...versionsOf(flags),
    cipherSuites: suitesOf(flags),
    groups: flags.has("curves")
      ? flags.numbers("curves").map(groupName)
      : DEFAULT_GROUPS,
    signatureSchemes: schemesOf(flags, credentials),
    securityLevel: 0,
    legacy: [weakKeys, weakGroups, weakDigests, weakSessions],
    ...state.trustOptions(flags),
    verify: state.verify,
    peerCertificateTypes: typesOf(flags.numbers("accepted-peer-cert-types")),
    certificateCompression: compressorsOf(flags),
    maxCertificateSize: flags.number("max-cert-list"),
    maxFragmentSize: flags.number("max-send-fragment"),
    renegotiation: flags.has("renegotiate-freely")
      ? "freely"
      : flags.has("renegotiate-once")
      ? "once"
      : "never",
    now: () => state.clock,
    keyLog: (line) => observer.onKeyLog(line),
    onEvent: (event) => observer.onEvent(event),
  };
}

/**
 * One list is for both, what is accepted and what is signed with: ecdsa_sha1 is
 * there for those who sign, and where nobody is to be refused it.
 */
function schemesOf(
  flags: Flags,
  { identities }: Credentials,
): readonly string[] {
  if (flags.has("verify-prefs")) {
    return flags.numbers("verify-prefs").map(schemeName)
      .filter((name) => name !== UNCONFIGURABLE);
  }
  const signs = flags.has("server")
    ? !isAskedFor(flags)
    : identities.some(({ key }) => key.publicKey.type === "ec");
  return [
    ...DEFAULT_SCHEMES,
    ...signs ? ["ecdsa_sha1"] : [],
    ...flags.has("server") ? [] : clientOnlySchemes(identities),
  ];
}

/** RFC 9963: a client signs with these only where an option names them. */
function clientOnlySchemes(
  identities: Credentials["identities"],
): readonly string[] {
  return identities.filter(({ key }) => !(key instanceof PrivateKey))
    .flatMap(({ key }) => key.schemes ?? [])
    .filter((name) => name.endsWith("_legacy"));
}

function typesOf(
  ids: readonly number[],
): readonly CertificateTypeName[] | undefined {
  return ids.length === 0
    ? undefined
    : ids.map((id) => id === 0 ? "X509" : "RawPublicKey");
}

function clientPsk(flags: Flags): ClientOptions["psk"] {
  const psk = pskOf(flags);
  return psk && ((hint) => {
    if (hint !== undefined && hint !== psk.identity) {
      throw new Unexpected(`The PSK identity hint is ${hint}`);
    }
    return psk;
  });
}

function serverPsk(
  flags: Flags,
  { psks }: Credentials,
): ServerOptions["psk"] {
  if (psks.length > 0) {
    return (identity) =>
      psks.find((psk) => toText(psk.identity) === toText(identity));
  }
  const psk = pskOf(flags);
  return psk &&
    ((identity) =>
      new TextDecoder().decode(identity) === psk.identity ? psk : undefined);
}

function pskOf(
  flags: Flags,
): { identity: string; key: Uint8Array } | undefined {
  const key = flags.text("psk");
  return key === undefined ? undefined : {
    identity: flags.text("psk-identity") ?? "",
    key: new TextEncoder().encode(key),
  };
}

function chooseProtocol({ current }: TestState): ServerOptions["onAlpn"] {
  const { flags } = current;
  const select = flags.text("select-alpn");
  if (
    select === undefined && !flags.has("decline-alpn") &&
    !flags.has("reject-alpn") && !flags.has("select-empty-alpn")
  ) return () => undefined;
  return (protocols) => {
    const expected = flags.text("expect-advertised-alpn");
    if (expected && `${protocolList(expected)}` !== `${protocols}`) {
      throw new TypeError(`The client offers ${protocols}`);
    }
    if (flags.has("reject-alpn")) return "\0none of them";
    if (flags.has("select-empty-alpn")) return "";
    return flags.has("decline-alpn") ? undefined : select;
  };
}

function ticketOptions(state: TestState): Partial<ServerOptions> {
  const { current: { flags }, ticketKeys } = state;
  if (flags.has("no-ticket") || flags.has("skip-ticket")) {
    return { tickets: 0, sessionStore: storeOf(state) };
  }
  if (flags.has("renew-ticket") && state.isResume) {
    ticketKeys.unshift(randomTicketKey());
  }
  return { ticketKeys: [...ticketKeys], sessionStore: storeOf(state) };
}

/** Below TLS 1.3 the option is refused by name. */
function enablesEarlyData(flags: Flags): boolean {
  return flags.has("enable-early-data") &&
    versionsOf(flags).maxVersion === "TLSv1.3";
}

/** The runner takes BoringSSL's limits for granted. */
function earlyDataOptions(
  { current: { flags }, used }: TestState,
): Partial<ServerOptions> {
  if (!enablesEarlyData(flags)) return {};
  // A record of the test's own: its clock is ahead of the process.
  const replay = {
    compareAndSet: (key: string) => !used.has(key) && used.add(key).has(key),
  };
  return { earlyData: { maxSize: 14_336, window: 60_000, replay } };
}

function storeOf({ store: sessions, current }: TestState): SessionStore {
  return {
    get: (key) => sessions.get(key),
    set: (key, session) => {
      current.observer.keptSessions++;
      sessions.set(key, session.slice());
    },
    delete: (key) => sessions.delete(key),
  };
}

function stapleOptions(
  flags: Flags,
  { ocspResponse }: Credentials,
): Partial<ServerOptions> {
  if (!flags.has("use-ocsp-callback")) return { ocspResponse };
  return {
    onOcspRequest: () => {
      if (flags.has("fail-ocsp-callback")) throw new TypeError("ocsp_fail");
      return flags.has("decline-ocsp-callback") ? undefined : ocspResponse;
    },
  };
}

/** ProtocolNameList (RFC 7301 section 3.1) as the flags have it, without its length. */
export function protocolList(list: string | undefined): string[] {
  const names: string[] = [];
  for (let at = 0; list !== undefined && at < list.length;) {
    const length = list.charCodeAt(at);
    names.push(list.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names;
}

/** Whether the peer is to show a certificate. */
function isAskedFor(flags: Flags): boolean {
  return flags.has("verify-peer") ||
    flags.has("require-any-client-certificate");
}

/**
 * What TLS 1.1 and below sign has no number of its own, and `signatureSchemes`
 * no name for it: a configuration for it is one without it.
 */
const UNCONFIGURABLE = "rsa_pkcs1_md5_sha1";

/** What the shim writes first. */
export function initialWrite(flags: Flags): Uint8Array {
  const text = flags.text("shim-initial-write") ?? "hello";
  const count = flags.number("repeat-shim-initial-write") ?? 1;
  return new TextEncoder().encode(text.repeat(count));
}

/** The groups that the runner takes for granted in its peer's defaults. */
const DEFAULT_GROUPS: readonly string[] = [
  "X25519MLKEM768",
  "x25519",
  "secp256r1",
  "secp384r1",
];

/** The schemes that the runner takes for granted in its peer's defaults. */
const DEFAULT_SCHEMES: readonly string[] = [
  "ecdsa_secp256r1_sha256",
  "rsa_pss_rsae_sha256",
  "rsa_pkcs1_sha256",
  "ecdsa_secp384r1_sha384",
  "rsa_pss_rsae_sha384",
  "rsa_pkcs1_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha512",
  "rsa_pkcs1_sha1",
];
