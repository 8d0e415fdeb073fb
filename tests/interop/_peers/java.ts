/**
 * Java's JSSE, by a small program of our own that is compiled once a run.
 *
 * @module
 */

import { temporaryFolder } from "./material.ts";
import { fromFileUrl } from "./path.ts";
import { CERTIFICATES, missing } from "./peer.ts";
import { scriptPeer } from "./script.ts";
import { isRare, SUITES } from "./suites.ts";

/** Why there is no Java, if so. */
export const javaMissing =
  missing("javac", ["-version"], /javac (1[7-9]|[2-9]\d)/) ??
    missing("java", ["-version"]);

const abilities = {
  versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
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
  "alpn",
  "sni",
  "client certificate",
  "client certificate refusal",
  "resumption",
  "session IDs",
  "key update request",
  "half close",
  "close notify",
  "end report",
  "choice of groups",
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
    return ["java", [...options, "-cp", await (classes ??= compile()), "Peer"]];
  },
});

let classes: Promise<string> | undefined;

async function compile(): Promise<string> {
  const path = `${temporaryFolder()}/java`;
  const { success, stderr } = await new Deno.Command("javac", {
    args: ["-d", path, fromFileUrl(new URL("./Peer.java", import.meta.url))],
  }).output();
  if (!success) {
    throw new Error(
      `Cannot compile the Java peer: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return path;
}
