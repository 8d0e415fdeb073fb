/**
 * Deno's own TLS, which is rustls, in a process of its own.
 *
 * @module
 */

import { ownFile } from "./path.ts";
import { scriptPeer } from "./script.ts";

const abilities = {
  versions: ["TLSv1.2", "TLSv1.3"],
  cipherSuites: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  ],
  groups: ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1"],
  certificates: ["P-256", "P-384", "RSA", "Ed25519"],
  reports: ["alpnProtocol"],
  bulk: 8 << 20,
} as const;

/** Deno in both roles. */
export const deno = scriptPeer({
  name: "Deno",
  client: {
    ...abilities,
    features: [
      "alpn",
      "sni",
      "client certificate",
      "half close",
      "close notify",
      "end report",
    ],
  },
  server: {
    ...abilities,
    features: [
      "alpn",
      "alpn refusal",
      "resumption",
      "half close",
      "close notify",
      "end report",
    ],
  },
  command: () => [
    Deno.execPath(),
    [
      "run",
      ...["--allow-all", "--quiet", "--no-config", "--no-lock", "--no-check"],
      ownFile("deno_peer.ts"),
    ],
  ],
});
