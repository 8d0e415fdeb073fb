/**
 * The `tls` package of Tcl, by a small script of our own.
 *
 * @module
 */

import { ownFile } from "./path.ts";
import { CERTIFICATES, missing, VERSIONS } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no Tcl with TLS, if so. */
export const tclMissing = missing("tclsh", [ownFile("probe.tcl")]);

const abilities = {
  versions: VERSIONS,
  // Those of TLS 1.3 cannot be named; it has the usual three.
  cipherSuites: SUITES.filter((name) => !/3DES|RC4|anon|_CCM_.*SHA/.test(name)),
  groups: [],
  certificates: CERTIFICATES,
  reports: ["version", "peerName"],
  bulk: 4 << 20,
} as const;

/** Tcl in both roles. */
export const tcl = scriptPeer({
  name: "Tcl",
  client: { ...abilities, features: ["sni", "client certificate"] },
  server: {
    ...abilities,
    features: ["client certificate", "client certificate refusal"],
  },
  command: () => ["tclsh", [ownFile("peer.tcl")]],
});
