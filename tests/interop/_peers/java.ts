/**
 * Java's JSSE, by a small program of our own that is compiled once a run.
 *
 * @module
 */

import { buildJava } from "./build.ts";
import { CERTIFICATES, missing, USUAL_FEATURES, VERSIONS } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { isRare, SUITES } from "./suites.ts";

/** Why there is no Java, if so. */
export const javaMissing =
  missing("javac", ["-version"], /javac (1[7-9]|[2-9]\d)/) ??
    missing("java", ["-version"]);

const abilities = {
  versions: VERSIONS,
  cipherSuites: SUITES.filter((name) => !isRare(name)),
  groups: ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"],
  certificates: CERTIFICATES,
  bulk: 4 << 20,
} as const;

const reports = [
  "version",
  "cipherSuite",
  "alpnProtocol",
  "peerName",
] as const;

const features = [
  ...USUAL_FEATURES,
  "session IDs",
  "key update request",
] as const;

/** Java in both roles. */
export const java = scriptPeer({
  name: "Java",
  client: {
    ...abilities,
    reports: [...reports, "resumed", "ocspResponse"],
    features: [...features, "ocsp choice"],
  },
  server: {
    ...abilities,
    reports: [...reports, "serverName"],
    features: [...features, "alpn refusal"],
  },
  async command() {
    const options = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m"];
    classes ??= buildJava("Peer.java");
    return ["java", [...options, "-cp", await classes, "Peer"]];
  },
});

let classes: Promise<string> | undefined;
