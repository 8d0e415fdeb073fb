/**
 * The results of a handshake, for people and as JSON.
 *
 * @module
 */

import type { ConnectionInfo } from "../../connection/info.ts";
import { nameOfBytes, toHex } from "../../encoding.ts";
import type { Json } from "../base/run.ts";
import { type Paint, table } from "../base/style.ts";
import { shown } from "./certificate.ts";

/** What `--json` says of the results of a handshake. */
export function infoJson(info: ConnectionInfo): Json {
  return {
    version: info.version,
    cipherSuite: info.cipherSuite,
    opensslName: info.opensslName,
    group: info.group ?? null,
    signatureScheme: info.signatureScheme ?? null,
    alpnProtocol: info.alpnProtocol ?? null,
    serverName: info.serverName ?? null,
    resumed: info.resumed,
    earlyData: info.earlyData,
    helloRetryRequest: info.helloRetryRequest,
    extendedMainSecret: info.extendedMainSecret,
    secureRenegotiation: info.secureRenegotiation,
    authorization: info.authorization.status,
    ech: info.ech,
    rawPublicKey: info.peerRawPublicKey
      ? toHex(info.peerRawPublicKey.spki)
      : null,
    pskIdentity: info.pskIdentity ? toHex(info.pskIdentity) : null,
    clientCertificate: info.localCertificate?.subject ?? null,
    ocspStapled: info.ocspResponse !== undefined,
    signedCertificateTimestamps: info.signedCertificateTimestamps.length,
  };
}

/** The results of a handshake, a line each. */
export function infoText(info: ConnectionInfo, paint: Paint): string[] {
  const { alpnProtocol, pskIdentity, localCertificate } = info;
  return table([
    ["version", paint("title", info.version ?? "")],
    ["suite", suiteText(info)],
    ["group", info.group],
    ["signature", info.signatureScheme],
    ["protocol", alpnProtocol === undefined ? undefined : shown(alpnProtocol)],
    ["name", info.serverName],
    ["session", info.resumed ? "resumed" : undefined],
    ["early data", info.earlyData === "none" ? undefined : info.earlyData],
    ["ECH", info.ech === "none" ? undefined : info.ech],
    ["key", info.peerRawPublicKey && "a raw public key (RFC 7250)"],
    ["retry", info.helloRetryRequest ? "HelloRetryRequest" : undefined],
    [
      "PSK",
      pskIdentity && shown(nameOfBytes(pskIdentity)),
    ],
    ["our certificate", localCertificate && shown(localCertificate.subject)],
    [
      "staple",
      info.ocspResponse === undefined ? undefined : "an OCSP response",
    ],
    ["weakness", weaknessOf(info)],
  ]);
}

function suiteText({ cipherSuite = "", opensslName }: ConnectionInfo): string {
  return opensslName === cipherSuite
    ? cipherSuite
    : `${cipherSuite} (${opensslName})`;
}

function weaknessOf(info: ConnectionInfo): string | undefined {
  const found = [
    info.extendedMainSecret ? [] : "no extended_main_secret (RFC 7627)",
    info.secureRenegotiation ? [] : "no renegotiation_info (RFC 5746)",
  ].flat();
  return found.length === 0 ? undefined : found.join(", ");
}
