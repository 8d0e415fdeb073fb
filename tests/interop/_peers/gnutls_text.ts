/**
 * What GnuTLS's programs call things, and what they say of a connection.
 *
 * @module
 */

import { type Report, type Settings, VERSIONS } from "./peer.ts";
import { suiteParts, SUITES, SUITES_TLS13, suiteVersions } from "./suites.ts";

/** What a program is to offer, and nothing else. */
export function priority(
  { versions, cipherSuites, groups, extendedMasterSecret }: Settings,
): string {
  const parts = ["NORMAL"];
  if (versions !== undefined) {
    const all = VERSIONS;
    const allowed = all.slice(
      all.indexOf(versions[0]),
      all.indexOf(versions[1]) + 1,
    );
    parts.push("-VERS-ALL");
    parts.push(
      ...allowed.map((name) =>
        `+VERS-${name === "TLSv1" ? "TLS1.0" : name.replace("TLSv", "TLS")}`
      ),
    );
  }
  if (cipherSuites !== undefined) {
    parts.push("-CIPHER-ALL", "-KX-ALL", "-MAC-ALL");
    parts.push(...new Set(cipherSuites.flatMap(keywords)));
  }
  if (groups !== undefined) {
    parts.push("-GROUP-ALL");
    parts.push(...groups.map((name) => `+GROUP-${name.toUpperCase()}`));
  }
  if (extendedMasterSecret === false) parts.push("%NO_SESSION_HASH");
  return parts.join(":");
}

/** What lets one suite in. */
function keywords(suite: string): string[] {
  if (SUITES_TLS13.includes(suite)) {
    const name = suite.replace("TLS_", "").replace(/_SHA\d+$/, "");
    return [`+${name.replaceAll("_", "-")}`, "+AEAD"];
  }
  const { exchange, cipher } = suiteParts(suite);
  const [, name = "", hash] = cipher.match(/^(.*?)(?:_(SHA\d*))?$/) ?? [];
  const mac = /CBC|RC4/.test(name) ? hash === "SHA" ? "SHA1" : hash : "AEAD";
  return [
    `+${exchange.replace("_", "-")}`,
    `+${gnutlsCipher(name)}`,
    `+${mac}`,
  ];
}

function gnutlsCipher(name: string): string {
  return name
    .replace("3DES_EDE_CBC", "3DES-CBC")
    .replace("RC4_128", "ARCFOUR-128")
    .replaceAll("_", "-");
}

/** What both programs say of a connection. */
export function readReport(text: string, { cipherSuites }: Settings): Report {
  const [, version, description = ""] =
    text.match(/^- Description: \(TLS([\d.]+)[^)]*\)-(.*)$/m) ?? [];
  const group = description.match(/\(ECDHE-([^)]*)\)/)?.[1];
  const name = version === "1.0" ? "TLSv1" : `TLSv${version}`;
  const suite = readSuite(name, description, cipherSuites ?? SUITES);
  return {
    ...version && { version: name },
    ...suite && { cipherSuite: suite },
    ...group && { group: group.toLowerCase() },
    alpnProtocol: text.match(/^- Application protocol: (.*)$/m)?.[1] ?? null,
    resumed: text.includes("*** This is a resumed session"),
    ...readHex(text, "exported", /^- Key material: ([0-9a-f]+)$/m),
    ...readHex(text, "tlsUnique", /^ - 'tls-unique': ([0-9a-f]+)$/m),
    ...readHex(text, "tlsServerEndPoint", END_POINT),
    ...readHex(text, "tlsExporter", /^ - 'tls-exporter': ([0-9a-f]+)$/m),
    extendedMasterSecret: /^- Options: .*extended master secret/m.test(text),
  };
}

const END_POINT = /^ - 'tls-server-end-point': ([0-9a-f]+)$/m;

function readHex(text: string, name: keyof Report, pattern: RegExp): Report {
  const [, hex] = text.match(pattern) ?? [];
  return hex === undefined ? {} : { [name]: hex };
}

/** It names the parts of a suite: the only one of these that has them. */
function readSuite(
  version: string,
  description: string,
  suites: readonly string[],
): string | undefined {
  const found = suites.filter((name) =>
    suiteVersions(name).some((each) => each === version) &&
    description.endsWith(shownEnd(name)) && fitsExchange(description, name)
  );
  return found.length === 1 ? found[0] : undefined;
}

function shownEnd(suite: string): string {
  const [cipher, mac] = keywords(suite).slice(-2).map((word) => word.slice(1));
  return mac === "AEAD" ? `(${cipher})` : `(${cipher})-(${mac})`;
}

/** The signature is not shown before TLS 1.2. */
function fitsExchange(description: string, suite: string): boolean {
  const [method = "", authentication] = suiteParts(suite).exchange.split("_");
  if (method === "") return true;
  const [, shown] = description.match(/\)-\((RSA|ECDSA|EdDSA)/) ?? [];
  const wanted = shown?.replace("EdDSA", "ECDSA") ?? authentication;
  return description.startsWith(`(${method}`) && authentication === wanted;
}
