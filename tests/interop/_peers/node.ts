/**
 * Node's `tls`, by a small script of our own.
 *
 * @module
 */

import { fromFileUrl } from "./path.ts";
import { CERTIFICATES, missing } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no Node, if so. */
export const nodeMissing = missing("node", ["--version"], /^v(2\d|[3-9]\d)\./);

const abilities = {
  versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  cipherSuites: SUITES.filter((name) => !/3DES|RC4|anon/.test(name)),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  bulk: 8 << 20,
} as const;

const reports = [
  "version",
  "exported",
  "exportedWithContext",
  "tlsUnique",
  "cipherSuite",
  "alpnProtocol",
  "resumed",
  "peerName",
] as const;

const features = [
  "alpn",
  "alpn refusal",
  "sni",
  "client certificate",
  "client certificate refusal",
  "resumption",
  "session IDs",
  "half close",
  "close notify",
  "end report",
  "choice of groups",
] as const;

/** Node in both roles. */
export const node = scriptPeer({
  name: "Node.js",
  client: {
    ...abilities,
    reports: [...reports, "group", "ocspResponse"],
    features: [...features, "ocsp choice"],
  },
  server: {
    ...abilities,
    reports: [...reports, "serverName"],
    features: [...features, "ocsp"],
  },
  command: () =>
    Promise.resolve([
      "node",
      [fromFileUrl(new URL("./node_peer.cjs", import.meta.url))],
    ]),
});
