/**
 * pyOpenSSL, by a small script of our own: it brings an OpenSSL that is newer
 * than that of most systems, with groups of its own.
 *
 * @module
 */

import { ownFile } from "./path.ts";
import {
  CERTIFICATES,
  GROUPS,
  missing,
  USUAL_FEATURES,
  USUAL_REPORTS,
  VERSIONS,
} from "./peer.ts";
import { python } from "./python.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no pyOpenSSL, if so. */
export const pyopensslMissing = missing(
  python,
  [
    "-c",
    "from OpenSSL import SSL; print(SSL.OPENSSL_VERSION_NUMBER >= 0x30500000)",
  ],
  /True/,
);

const abilities = {
  versions: VERSIONS,
  // It is built without the weakest, and CCM_8 of TLS 1.3 is too weak for it.
  cipherSuites: SUITES.filter((name) =>
    !/3DES|RC4|anon|_CCM_8_SHA256/.test(name)
  ),
  groups: GROUPS,
  certificates: CERTIFICATES,
  reports: [...USUAL_REPORTS, "group"],
  bulk: 8 << 20,
} as const;

const features = [...USUAL_FEATURES, "session IDs"] as const;

/** pyOpenSSL in both roles. */
export const pyopenssl = scriptPeer({
  name: "pyOpenSSL",
  client: {
    ...abilities,
    reports: [...abilities.reports, "ocspResponse"],
    features: [...features, "ocsp choice"],
  },
  server: {
    ...abilities,
    reports: [...abilities.reports, "serverName"],
    features: [...features, "ocsp"],
  },
  command: () => [python, [ownFile("pyopenssl_peer.py")]],
});
