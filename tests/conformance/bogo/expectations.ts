/**
 * What a connection is to have become, once its handshake is over.
 *
 * @module
 */

import { sha256 } from "../../../crypto/primitives/hash.ts";
import {
  listSignatureSchemes,
  type TlsConn,
  type TlsEchRejectedError,
} from "../../../mod.ts";
import { ClientCertificateType, nameOf } from "../../../registry.ts";
import { type Credentials, loadChain, schemeName } from "./credentials.ts";
import type { Flags } from "./flags.ts";
import type { Observer } from "./observer.ts";
import { groupName, suiteName, versionName } from "./suites.ts";

/** A flag's expectation was not met. */
export class Unexpected extends Error {}

/** What is compared. */
export interface Outcome {
  readonly conn: TlsConn;
  readonly flags: Flags;
  readonly observer: Observer;
  readonly credentials: Credentials;
  readonly isResume: boolean;
}

/**
 * Checks everything.
 *
 * @throws {Unexpected} If something is not as it is to be.
 */
export function checkHandshake(outcome: Outcome): void {
  checkNegotiated(outcome);
  checkSession(outcome);
  checkEarlyData(outcome);
  checkNames(outcome);
  checkAuthentication(outcome);
}

function expect<T>(what: string, actual: T, wanted: T): void {
  if (actual !== wanted) {
    throw new Unexpected(`${what} is ${actual}, wanted ${wanted}`);
  }
}

function checkNegotiated({ conn, flags, observer }: Outcome): void {
  const { info } = conn;
  const version = flags.number("expect-version");
  if (version) expect("version", info.version, versionName(version));
  for (
    const name of ["expect-cipher", "expect-cipher-aes"] as const
  ) {
    const suite = flags.number(name);
    if (suite) expect("cipher suite", info.cipherSuite, suiteName(suite));
  }
  const group = flags.number("expect-curve-id");
  if (group) expect("group", info.group, groupName(group));
  const retried = observer.clientHellos > 1;
  if (flags.has("expect-hrr")) expect("a retry", retried, true);
  if (flags.has("expect-no-hrr")) expect("a retry", retried, false);
  expect(
    "an accepted ECH",
    info.ech === "accepted",
    flags.has("expect-ech-accept"),
  );
  if (flags.has("expect-extended-master-secret")) {
    expect("extended master secret", info.extendedMasterSecret, true);
  }
  if (flags.has("expect-secure-renegotiation")) {
    expect("secure renegotiation", info.secureRenegotiation, true);
  }
  if (flags.has("expect-no-secure-renegotiation")) {
    expect("secure renegotiation", info.secureRenegotiation, false);
  }
}

/** Checks what a server says that rejected an encrypted ClientHello. */
export function checkEchRejection(
  flags: Flags,
  { retryConfigs }: TlsEchRejectedError,
): void {
  const wanted = flags.bytes("expect-ech-retry-configs");
  if (wanted !== undefined || flags.has("expect-no-ech-retry-configs")) {
    expect("retry_configs", retryConfigs?.toHex(), wanted?.toHex());
  }
}

function checkSession({ conn, flags, observer, isResume }: Outcome): void {
  const { info } = conn;
  const resumed = isResume && !flags.has("expect-session-miss");
  expect("resumed", info.resumed, resumed);
  const skew = flags.number("expect-ticket-age-skew");
  if (skew && isResume) expect("skew", info.ticketAgeSkew, skew * 1000);
  const isKept = observer.keptSessions > 0;
  if (flags.has("expect-session-id") && !isResume) {
    expect("a session kept by its ID", isKept, true);
  }
  if (flags.has("expect-no-session-id") && !isResume) {
    expect("a session kept by its ID", isKept, false);
  }
  if (flags.has("server")) return;
  // Tickets of TLS 1.3 come later.
  const isNew = info.version !== "TLSv1.3" &&
    !flags.has("expect-no-session") &&
    (!info.resumed || flags.has("expect-ticket-renewal"));
  expect("a new session", observer.newSessions > 0, isNew);
}

/**
 * Early data was rejected, which a test must want.
 *
 * @throws {Unexpected} If it does not.
 */
export function expectRejection(flags: Flags): void {
  if (flags.has("expect-reject-early-data")) return;
  throw new Unexpected("Early data was rejected");
}

function checkEarlyData({ conn, flags, observer, isResume }: Outcome): void {
  const { earlyData } = conn.info;
  if (flags.has("expect-no-offer-early-data") && isResume) {
    expect("early data", earlyData, "none");
  }
  if (flags.has("expect-accept-early-data") && isResume) {
    expect("early data", earlyData, "accepted");
  }
  const reason = flags.text("expect-early-data-reason");
  if (!reason) return;
  expect("early data", earlyData === "accepted", reason === "accept");
  const wanted = REFUSALS[reason];
  if (wanted === undefined) return;
  const refusal = observer.earlyDataRefusal ?? "";
  if (!wanted.some((part) => refusal.includes(part))) {
    throw new Unexpected(`Early data: "${refusal}", wanted ${reason}`);
  }
}

/** What the event says for BoringSSL's reasons, where it says something. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  alpn_mismatch: ["ALPN", "no session"],
  hello_retry_request: ["HelloRetryRequest"],
  peer_declined: ["the server rejected it"],
  session_not_resumed: ["no session was resumed", "the server rejected it"],
  ticket_age_skew: ["the age of the ticket"],
  unsupported_for_session: ["the ticket does not allow", "no session"],
};

function checkNames({ conn, flags, observer }: Outcome): void {
  const { info } = conn;
  if (flags.has("server")) {
    expect("a call of onClientHello", observer.sawClientHello, true);
    const name = flags.text("expect-server-name");
    if (name) expect("server name", info.serverName, name);
  }
  expect(
    "ALPN protocol",
    info.alpnProtocol ?? "",
    flags.text(flags.has("server") ? "select-alpn" : "expect-alpn") ?? "",
  );
}

function checkAuthentication(outcome: Outcome): void {
  const { conn, flags, observer, credentials } = outcome;
  const { info } = conn;
  checkStaples(outcome);
  checkRawPublicKey(outcome);
  const scheme = flags.number("expect-peer-signature-algorithm");
  if (scheme) {
    expect("signature scheme", info.signatureScheme, schemeName(scheme));
  }
  const prefs = flags.numbers("expect-peer-verify-pref");
  if (prefs.length > 0) {
    expect("schemes", `${observer.peerSchemes}`, `${prefs.map(anyScheme)}`);
  }
  const types = flags.bytes("expect-certificate-types");
  if (types) {
    const names = [...types].map((id) => nameOf(ClientCertificateType, id));
    expect("certificate types", `${observer.certificateTypes}`, `${names}`);
  }
  const authorities = flags.text("expect-client-ca-list");
  if (authorities !== undefined) {
    const names = observer.authorities.map((name) => name.toHex());
    expect("CA names", `${names}`, authorities.toLowerCase());
  }
  const file = flags.text("expect-peer-cert-file");
  if (file !== undefined) {
    const print = (chain: typeof info.peerCertificates) =>
      `${chain.map((each) => each.fingerprint("SHA-256"))}`;
    expect("the chain", print(info.peerCertificates), print(loadChain(file)));
  }
  if (flags.has("expect-verify-result")) {
    const { status } = info.authorization;
    expect("a bad verdict", status === "unverified", flags.has("verify-fail"));
  }
  expect(
    "a keyUsage that does not fit",
    info.authorization.error?.code === "wrong_key_usage",
    flags.has("expect-key-usage-invalid"),
  );
  // A PSK stands for a certificate, also in the session that it began.
  const wantsPeer = !flags.has("psk") && info.pskIdentity === undefined &&
    (!flags.has("server") || flags.has("require-any-client-certificate"));
  if (wantsPeer) {
    const isThere = info.peerCertificates.length > 0 ||
      info.peerRawPublicKey !== undefined;
    expect("a peer certificate", isThere, true);
  }
  if (flags.has("expect-no-peer-cert")) {
    expect("peer certificates", info.peerCertificates.length, 0);
  }
  const selected = flags.number("expect-selected-credential");
  if (selected !== undefined) {
    const place = credentials.placeOf(info);
    expect("credential", place, selected);
  }
}

function checkRawPublicKey({ conn, flags }: Outcome): void {
  const { peerRawPublicKey: key, peerCertificates } = conn.info;
  const type = flags.number("expect-peer-certificate-type");
  if (type !== undefined) {
    expect("a raw public key", key !== undefined, type === 2);
    expect("a certificate", peerCertificates.length > 0, type === 0);
  }
  const hash = flags.bytes("expect-peer-rpk-sha256");
  if (hash !== undefined) {
    const shown = key && sha256.digest(key.spki);
    expect("SHA-256 of the raw public key", shown?.toHex(), hash.toHex());
  }
}

function checkStaples({ conn, flags }: Outcome): void {
  const { ocspResponse, signedCertificateTimestamps } = conn.info;
  const staple = flags.bytes("expect-ocsp-response");
  if (staple) expect("staple", ocspResponse?.toHex(), staple.toHex());
  const scts = flags.bytes("expect-signed-cert-timestamps");
  if (scts) {
    const list = signedCertificateTimestamps
      .map((sct) => lengthPrefixed(sct.toHex())).join("");
    expect("SCTs", lengthPrefixed(list), scts.toHex());
  }
}

function lengthPrefixed(hex: string): string {
  return (hex.length / 2).toString(16).padStart(4, "0") + hex;
}

function anyScheme(id: number): string {
  return listSignatureSchemes().find((scheme) => scheme.id === id)?.name ??
    `0x${id.toString(16).padStart(4, "0")}`;
}
