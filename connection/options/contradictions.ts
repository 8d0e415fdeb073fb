/**
 * Options that cannot both hold, and halves that need the other.
 *
 * @module
 */

import { isClientOnly } from "../../crypto/signatures/signature_schemes.ts";
import { CertificateType, ProtocolVersion } from "../../registry.ts";
import type { IdentityInput } from "./identity_options.ts";
import type { OptionName, ReadOptions } from "./table.ts";

/**
 * Refuses options that contradict one another.
 *
 * @param whose What the error calls the options.
 * @throws {TypeError} If there are such.
 */
export function refuseContradictions(
  { given, parsed }: ReadOptions,
  whose: string,
): void {
  const has = (name: OptionName) => given[name] !== undefined;
  for (const [holds, why] of contradictions) {
    if (holds(has, parsed)) {
      throw new TypeError(`Cannot use ${whose}: ${why}`);
    }
  }
}

type Contradiction = readonly [
  holds: (
    has: (name: OptionName) => boolean,
    parsed: ReadOptions["parsed"],
  ) => boolean,
  why: string,
];

const contradictions: readonly Contradiction[] = [
  [
    (has) => has("versions") && (has("minVersion") || has("maxVersion")),
    `"versions" stands in place of "minVersion" and "maxVersion"`,
  ],
  [(has) => has("cert") && !has("key"), `"cert" needs "key"`],
  [(has) => has("key") && !has("cert"), `"key" needs "cert"`],
  [
    (has) => has("pfx") && has("cert"),
    `"pfx" and "cert" both give the certificate`,
  ],
  [
    (has) => has("passphrase") && !has("key") && !has("pfx"),
    `"passphrase" is there, and neither "key" nor "pfx" that it opens`,
  ],
  [
    (has) => has("trust") && has("caCerts"),
    `"trust" replaces the default store, to which "caCerts" adds: give one of them, or trust.with(…)`,
  ],
  [
    (_has, { requireOcsp, requestOcsp }) => requireOcsp && !requestOcsp,
    `"requireOcsp" needs what "requestOcsp" does not ask for`,
  ],
  [
    (has, { requestScts }) => has("ctLogs") && !requestScts,
    `"ctLogs" needs what "requestScts" does not ask for`,
  ],
  [
    (has, { peerCertificateTypes }) =>
      has("trustedPublicKeys") && !peerCertificateTypes.includes(RAW),
    `"trustedPublicKeys" is there, and "peerCertificateTypes" lacks "RawPublicKey"`,
  ],
  [
    (has, parsed) =>
      parsed.peerCertificateTypes.includes(RAW) && !has("trustedPublicKeys") &&
      !has("verify") && !parsed.unsafelyIgnoreCertificateErrors &&
      parsed.clientAuth !== "request" && parsed.clientAuth !== "require-any",
    `"peerCertificateTypes" has "RawPublicKey", and neither "trustedPublicKeys" nor "verify" says which keys to accept`,
  ],
  [
    (_has, { delegatedCredentials, certificates, ...parsed }) =>
      (delegatedCredentials || certificates.some(isDelegated)) &&
      !allowsTls13(parsed),
    `delegated credentials need TLSv1.3, and "maxVersion" is below`,
  ],
  [
    (_has, { delegatedCredentials, peerCertificateTypes }) =>
      delegatedCredentials && !peerCertificateTypes.includes(X509),
    `"delegatedCredentials" needs certificates, and "peerCertificateTypes" lacks "X509"`,
  ],
  [
    (has) => has("ocspResponse") && has("onOcspRequest"),
    `"ocspResponse" and "onOcspRequest" both give the staple`,
  ],
  [
    (has, { tickets }) => has("ticketKeys") && tickets === 0,
    `"ticketKeys" is there, and "tickets" is 0`,
  ],
  [
    (has, parsed) => has("earlyData") && !allowsTls13(parsed),
    `"earlyData" needs TLSv1.3, and "maxVersion" is below`,
  ],
  [
    (has, { tickets }) => has("earlyData") && tickets === 0,
    `"earlyData" needs tickets, and "tickets" is 0`,
  ],
  [
    (has, { helloRetry }) => has("earlyData") && helloRetry === "cookie",
    `"earlyData" is never accepted behind the HelloRetryRequest that "helloRetry" asks for`,
  ],
  [
    (_has, parsed) => parsed.halfRtt && !allowsTls13(parsed),
    `"halfRtt" needs TLSv1.3, and "maxVersion" is below`,
  ],
  [
    // RFC 9846 section 2: it is "sent to an unauthenticated peer".
    (_has, { halfRtt, clientAuth }) => halfRtt && clientAuth !== "none",
    `"halfRtt" sends data before a client has shown its certificate, and "clientAuth" asks for one`,
  ],
  [
    (has) => has("pskIdentityHint") && !has("psk"),
    `"pskIdentityHint" is there, and no "psk" that it is a hint for`,
  ],
  [
    (has, { certificateWithPsk }) =>
      certificateWithPsk !== "never" && (!has("psk") || has("ech")),
    `"certificateWithPsk" needs "psk", and is not possible with "ech"`,
  ],
  [
    (_has, { certificateWithPsk, versions, minVersion }) =>
      certificateWithPsk === "require" &&
      (versions?.at(-1) ?? minVersion) < ProtocolVersion["TLSv1.3"],
    `"certificateWithPsk" is "require", and a version below TLSv1.3 is on`,
  ],
  [
    (has, parsed) => has("ech") && !allowsTls13(parsed),
    `"ech" needs TLS 1.3, and "maxVersion" is below it`,
  ],
  [
    (_has, { securityLevel, cipherSuites }) =>
      securityLevel !== undefined &&
      cipherSuites?.securityLevel !== undefined &&
      cipherSuites.securityLevel !== securityLevel,
    `"securityLevel" is another level than @SECLEVEL of "cipherSuites"`,
  ],
  [
    (_has, { certificateSignatureSchemes }) =>
      certificateSignatureSchemes?.some(isClientOnly) ?? false,
    `"certificateSignatureSchemes" has a scheme of RFC 9963, which signs handshakes and no certificates`,
  ],
  [
    (_has, parsed) => parsed.fallback && allowsTls13(parsed),
    `"fallback" says that a higher version was tried, and "maxVersion" is the highest (RFC 7507 section 4)`,
  ],
  [
    (has, { clientAuth }) =>
      (clientAuth === "require" || clientAuth === "verify-if-given") &&
      !has("trust") && !has("caCerts") && !has("trustedPublicKeys"),
    `"clientAuth" verifies clients, and neither "caCerts" nor "trust" says which authorities they may come from`,
  ],
  [
    (_has, { cipherSuites, unsafelyAllowAnonymous }) =>
      hasAnonymous(cipherSuites) && !unsafelyAllowAnonymous,
    `"cipherSuites" has anonymous suites, which authenticate nobody: anyone can be in the middle. unsafelyAllowAnonymous: true allows it`,
  ],
];

function allowsTls13(
  { versions, maxVersion }: Pick<
    ReadOptions["parsed"],
    "versions" | "maxVersion"
  >,
): boolean {
  return (versions?.[0] ?? maxVersion) >= ProtocolVersion["TLSv1.3"];
}

function isDelegated(identity: IdentityInput): boolean {
  return "delegatedCredential" in identity;
}

const RAW = CertificateType.RawPublicKey;
const X509 = CertificateType.X509;

function hasAnonymous(
  named: ReadOptions["parsed"]["cipherSuites"],
): boolean {
  return named?.cipherSuites
    .some(({ authentication }) => authentication === "anon") ?? false;
}
