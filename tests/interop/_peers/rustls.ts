/**
 * rustls, by a small program of our own that is built before the tests, as its
 * cryptography takes long to compile.
 *
 * @module
 */

import { missing, USUAL_FEATURES, USUAL_REPORTS } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

const path = Deno.env.get("X_TLS_RUSTLS") ?? "";

/** Why there is no program of rustls, if so. */
export const rustlsMissing = path === ""
  ? "no X_TLS_RUSTLS, the path of the program in _peers/rustls"
  : missing("test", ["-x", path]);

/** The program. */
export const rustlsProgram = path;

const LACKING =
  /_CCM|_DHE_|TLS_RSA_|anon|CBC|RC4|3DES|TLS_(?!AES|CHACHA20|ECDHE)/;

const abilities = {
  versions: ["TLSv1.2", "TLSv1.3"],
  cipherSuites: SUITES.filter((name) => !LACKING.test(name)),
  groups: [
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "x25519",
    "secp256r1",
    "secp384r1",
  ],
  certificates: ["P-256", "P-384", "P-521", "RSA", "Ed25519"],
  bulk: 4 << 20,
} as const;

const reports = [
  ...USUAL_REPORTS.filter((name) => name !== "tlsUnique"),
  "group",
] as const;

const features = [
  // It has no group that needs a second ClientHello in the rows.
  ...USUAL_FEATURES.filter((name) => name !== "choice of groups"),
  "alpn refusal",
  "session IDs",
  "key update request",
] as const;

/** rustls in both roles. */
export const rustls = scriptPeer({
  name: "rustls",
  client: {
    ...abilities,
    // Before TLS 1.3 it offers no group for P-521 (RFC 8422 section 5.1).
    certificates: abilities.certificates.filter((name) => name !== "P-521"),
    reports,
    features,
  },
  server: {
    ...abilities,
    reports: [...reports, "serverName"],
    features: [...features, "ocsp"],
  },
  command: ({ extra = [] }) => [path, [...extra]],
});
