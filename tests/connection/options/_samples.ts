/**
 * A valid value for each option, other than its default: a row that is added to
 * the table needs one here.
 *
 * @module
 */

import type { Context } from "../../../connection/options/context.ts";
import {
  namesOf,
  type OptionName,
  type Row,
  table,
} from "../../../connection/options/table.ts";
import { weakKeys } from "../../../legacy.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { context } from "../../_contexts.ts";
import { authority, certificate, pattern } from "../../_pair.ts";
import { GROUP_5 } from "../../handshake/_dh_params.ts";
import { sessionsOf } from "../../handshake/_resumption.ts";

const { cert, key, identity } = await certificate();
const ca = (await authority).cert;
const [session] = await sessionsOf();

/** Options, one at least. */
export type Options = { readonly [K in OptionName]?: unknown };

/** A value for each. */
export const samples: { readonly [K in OptionName]-?: unknown } = {
  context: context({ alpnProtocols: ["h2"] }),
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.2",
  versions: ["TLSv1.3", "TLSv1.1"],
  cipherSuites: ["TLS_AES_256_GCM_SHA384"],
  groups: ["secp256r1"],
  signatureSchemes: ["ecdsa_secp256r1_sha256"],
  certificateSignatureSchemes: ["ecdsa_secp256r1_sha256"],
  securityLevel: 1,
  legacy: [weakKeys],
  alpnProtocols: ["h2"],
  certificateCompression: ["zlib"],
  peerCertificateTypes: ["RawPublicKey", "X509"],
  trustedPublicKeys: [identity.key.publicKey.spki],
  certificateTypes: ["X509", "RawPublicKey"],
  delegatedCredentials: true,
  certificateWithPsk: "allow",
  ticketRequest: { newSession: 4, resumption: 3 },
  cert,
  key,
  passphrase: "secret",
  pfx: pattern(10),
  certificates: [identity],
  keyLog: () => {},
  onEvent: () => {},
  trace: () => {},
  traceDepth: "fields",
  handshakeTimeout: 1234,
  readTimeout: 1235,
  writeTimeout: 1236,
  signal: new AbortController().signal,
  allowHalfOpen: false,
  maxFragmentSize: 100,
  recordSizeLimit: 101,
  dynamicRecordSizing: true,
  padding: () => 1,
  maxCertificateSize: 2000,
  psk: () => undefined,
  earlyData: () => undefined,
  renegotiation: "once",
  renegotiationLimit: 7,
  renegotiationWindow: 8,
  minDhSize: 3072,
  grease: false,
  ech: "grease",
  now: () => 1.8e12,
  random: (length: number) => pattern(length),
  initialData: pattern(3),
  caCerts: [ca],
  trust: TrustStore.of(ca),
  verify: () => true,
  usage: "any",
  strictCertificates: true,
  crls: [],
  ocsp: () => undefined,
  issuers: () => [],
  allowUnknownRevocation: true,
  unsafelyIgnoreCertificateErrors: true,
  unsafelyDisableHostnameVerification: true,
  unsafelyAllowAnonymous: true,
  serverName: "a.test",
  session,
  sessionCache: new Map(),
  onSession: () => {},
  onCertificateRequest: () => null,
  requireOcsp: true,
  ctLogs: [],
  postHandshakeAuth: true,
  requestOcsp: false,
  requestScts: false,
  fallback: true,
  maxFragmentLength: 1024,
  keyShares: ["secp256r1"],
  clientAuth: "request",
  certificateAuthorities: [cert],
  sni: { "a.test": identity },
  onClientHello: () => {},
  onAlpn: () => undefined,
  acknowledgeServerName: false,
  preferServerCipherSuites: false,
  ticketKeys: [pattern(48)],
  sessionStore: new Map(),
  sessionTimeout: 99,
  sessionIdContext: "a context",
  tickets: 3,
  ocspResponse: pattern(5),
  onOcspRequest: () => undefined,
  signedCertificateTimestamps: [pattern(6)],
  pskIdentityHint: "hint",
  dhParams: GROUP_5,
  helloRetry: "cookie",
  halfRtt: true,
  hostname: "localhost",
  family: 4,
  lookup: () => "127.0.0.1",
  localAddress: "127.0.0.1",
  localPort: 4433,
  port: 1,
  path: "/socket",
  listener: { accept() {}, close() {} },
  ipv6Only: true,
  reusePort: true,
  tcpBacklog: 5,
  maxPendingHandshakes: 9,
  maxConnections: 1000,
  onHandshakeError: () => {},
  onListenerEvent: () => {},
  onListen: () => {},
  onError: () => new Response(),
  onUpgrade: () => {},
  headersTimeout: 5000,
  automaticCompression: true,
  earlyRequests: "delay",
  redirectHttp: true,
  unsafelyAllowMisdirectedRequests: true,
  proxy: "http://localhost:1",
};

/** What an option needs beside it. */
const needs: { readonly [K in OptionName]?: Options } = {
  cert: { key },
  key: { cert },
  passphrase: { cert, key },
  fallback: { maxVersion: "TLSv1.2" },
  pskIdentityHint: { psk: () => undefined },
  certificateWithPsk: { psk: () => undefined },
  peerCertificateTypes: { verify: () => true },
  trustedPublicKeys: {
    peerCertificateTypes: ["RawPublicKey"],
    verify: () => true,
  },
  keyShares: { groups: ["secp256r1"] },
  dhParams: { securityLevel: 1 },
};

/** An option with its value, and what it needs. */
export function sample(name: OptionName): Options {
  return { ...needs[name], [name]: samples[name] };
}

/** The names of the options that contexts have. */
export const ofContexts: ReadonlySet<OptionName> = namesOf((row) =>
  row.scope === "context" || row.scope === "connection"
).difference(new Set<OptionName>(["context"]));

/** The row of an option. */
export function rowOf(name: OptionName): Row {
  return table[name];
}

/** A context of options of any kind. */
export function contextWith(options: Options): Context {
  return context(options as Parameters<typeof context>[0]);
}
