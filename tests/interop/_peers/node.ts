/**
 * Node's `tls`, by a small script of our own.
 *
 * @module
 */

import { fromFileUrl } from "./path.ts";
import { missing } from "./peer.ts";
import { scriptPeer } from "./script.ts";

/** Why there is no Node, if so. */
export const nodeMissing = missing("node", ["--version"], /^v(2\d|[3-9]\d)\./);

const abilities = {
  versions: ["TLSv1.2", "TLSv1.3"],
  cipherSuites: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
  ],
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: ["P-256", "P-384", "P-521", "RSA", "Ed25519", "Ed448"],
  bulk: 8 << 20,
} as const;

const reports = [
  "version",
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
  "half close",
  "close notify",
  "end report",
  "choice of groups",
] as const;

/** Node in both roles. */
export const node = scriptPeer({
  name: "Node.js",
  client: { ...abilities, reports: [...reports, "group"], features },
  server: { ...abilities, reports: [...reports, "serverName"], features },
  command: () =>
    Promise.resolve([
      "node",
      [fromFileUrl(new URL("./node_peer.cjs", import.meta.url))],
    ]),
});
