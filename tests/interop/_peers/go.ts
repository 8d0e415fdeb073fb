/**
 * Go's `crypto/tls`, by a small program of our own that is built once a run.
 *
 * @module
 */

import { buildGo } from "./build.ts";
import { missing, USUAL_FEATURES, USUAL_REPORTS, VERSIONS } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no Go, if so. */
export const goMissing = missing("go", ["version"], /go1\.(2[6-9]|[3-9])/);

const LACKING = /CCM|_DHE_|anon|CBC_SHA384|256_CBC_SHA256|ECDSA_WITH_3DES/;

const abilities = {
  versions: VERSIONS,
  cipherSuites: SUITES.filter((name) => !LACKING.test(name)),
  groups: [
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
  ],
  certificates: ["P-256", "P-384", "P-521", "RSA", "Ed25519"],
  bulk: 8 << 20,
} as const;

const reports = [...USUAL_REPORTS, "group"] as const;

const features = [...USUAL_FEATURES, "alpn refusal"] as const;

/** Go in both roles. */
export const go = scriptPeer({
  name: "Go",
  client: {
    ...abilities,
    reports: [...reports, "ocspResponse", "timestamps"],
    features,
  },
  server: {
    ...abilities,
    reports: [...reports, "serverName"],
    features: [...features, "ocsp", "timestamps"],
  },
  async command() {
    return [await (binary ??= buildGo("peer-go", ".")), []];
  },
});

let binary: Promise<string> | undefined;
