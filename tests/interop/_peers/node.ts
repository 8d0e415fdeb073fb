/**
 * Node's `tls`, by a small script of our own.
 *
 * @module
 */

import { ownFile } from "./path.ts";
import {
  CERTIFICATES,
  missing,
  USUAL_FEATURES,
  USUAL_REPORTS,
  VERSIONS,
} from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no Node, if so. */
export const nodeMissing = missing("node", ["--version"], /^v(2\d|[3-9]\d)\./);

const abilities = {
  versions: VERSIONS,
  cipherSuites: SUITES.filter((name) => !/3DES|RC4|anon/.test(name)),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  bulk: 8 << 20,
} as const;

const features = [...USUAL_FEATURES, "alpn refusal", "session IDs"] as const;

const roles = {
  client: {
    ...abilities,
    reports: [...USUAL_REPORTS, "group", "ocspResponse"],
    features: [...features, "ocsp choice"],
  },
  server: {
    ...abilities,
    reports: [...USUAL_REPORTS, "serverName"],
    features: [...features, "ocsp"],
  },
} as const;

/** Node in both roles. */
export const node = scriptPeer({
  name: "Node.js",
  ...roles,
  command: () => ["node", [ownFile("node_peer.cjs")]],
});

/** Node of another version; `extra` has more arguments for the script. */
export function nodeAt(name: string, path: string): typeof node {
  return scriptPeer({
    name,
    ...roles,
    command: ({ extra = [] }) => [path, [ownFile("node_peer.cjs"), ...extra]],
  });
}
