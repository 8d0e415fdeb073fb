/**
 * Go's `crypto/tls`, by a small program of our own that is built once a run.
 *
 * @module
 */

import { temporaryFolder } from "./material.ts";
import { missing } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { SUITES } from "./suites.ts";

/** Why there is no Go, if so. */
export const goMissing = missing("go", ["version"], /go1\.(2[6-9]|[3-9])/);

const LACKING = /CCM|_DHE_|anon|CBC_SHA384|256_CBC_SHA256|ECDSA_WITH_3DES/;

const abilities = {
  versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
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

const reports = [
  "version",
  "exported",
  "exportedWithContext",
  "tlsUnique",
  "cipherSuite",
  "group",
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
    return [await (binary ??= build()), []];
  },
});

let binary: Promise<string> | undefined;

async function build(): Promise<string> {
  const path = `${temporaryFolder()}/peer-go`;
  const { success, stderr } = await new Deno.Command("go", {
    args: ["build", "-o", path, "."],
    cwd: new URL("./go/", import.meta.url),
    env: { GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local" },
  }).output();
  if (!success) {
    throw new Error(
      `Cannot build the Go peer: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return path;
}
