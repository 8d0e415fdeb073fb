/**
 * tlslite-ng, TLS written in Python, by a small script of our own.
 *
 * @module
 */

import { ownFile } from "./path.ts";
import { CERTIFICATES, missing, VERSIONS } from "./peer.ts";
import { python } from "./python.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no tlslite-ng, if so. */
export const tlsliteMissing = missing(python, ["-c", "import tlslite"]);

const abilities = {
  versions: VERSIONS,
  cipherSuites: SUITES.filter((name) => !name.includes("anon")),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  // In TLS 1.3 its exporter is wrong where a client is asked for a certificate.
  reports: ["version", "cipherSuite", "alpnProtocol", "resumed"],
  // It does its arithmetic in Python.
  bulk: 100_000,
} as const;

const features = [
  "alpn",
  "sni",
  "client certificate",
  "resumption",
  "session IDs",
  "key update",
  "key update request",
  "choice of groups",
] as const;

/** tlslite-ng in both roles. */
export const tlslite = scriptPeer({
  name: "tlslite-ng",
  client: { ...abilities, features },
  server: {
    ...abilities,
    // Of resumption it tells the client alone.
    reports: [
      "version",
      "cipherSuite",
      "alpnProtocol",
      "serverName",
      "exported",
    ],
    features,
  },
  command: () => [python, [ownFile("tlslite_peer.py")]],
});
