/**
 * Certificates for the peers, made in memory and laid into a temporary folder
 * that is gone when the tests end.
 *
 * @module
 */

import { issueCertificate, type IssueOptions } from "../../../x509/mod.ts";
import type { Identity, Trust } from "./peer.ts";

/** The kinds of key that a server's certificate may have. */
export type KeyType =
  | "P-256"
  | "P-384"
  | "P-521"
  | "RSA"
  | "Ed25519"
  | "Ed448"
  | "ML-DSA-44"
  | "ML-DSA-65"
  | "ML-DSA-87";

/** The name in every server's certificate. */
export const SERVER_NAME = "peer.test";

/** The name in every client's certificate. */
export const CLIENT_NAME = "client.test";

/** A folder that is removed when the tests end. */
export function temporaryFolder(): string {
  folder ??= makeFolder();
  return folder;
}

/** Whom everyone here trusts. */
export function trust(): Promise<Trust> {
  return trusted ??= authority().then(({ cert }) => ({
    file: writeFile("ca.pem", cert),
    pem: cert,
  }));
}

/** A server's identity. */
export function serverIdentity(
  keyType: KeyType = "P-256",
  { mustStaple = false } = {},
): Promise<Identity> {
  const name = `server-${keyType}${mustStaple ? "-must-staple" : ""}`;
  return remembered(name, keyType, {
    mustStaple,
    names: [SERVER_NAME, "localhost", "127.0.0.1", "::1"],
    extendedKeyUsage: ["serverAuth"],
  });
}

/** A client's identity. */
export function clientIdentity(
  keyType: KeyType = "P-256",
): Promise<Identity> {
  return remembered(`client-${keyType}`, keyType, {
    names: [CLIENT_NAME],
    extendedKeyUsage: ["clientAuth"],
  });
}

function remembered(
  file: string,
  keyType: KeyType,
  options: IssueOptions,
): Promise<Identity> {
  let identity = identities.get(file);
  if (identity === undefined) {
    identity = issue(file, keyType, options);
    identities.set(file, identity);
  }
  return identity;
}

async function issue(
  file: string,
  keyType: KeyType,
  options: IssueOptions,
): Promise<Identity> {
  const { cert, key } = await issueCertificate({
    ...options,
    issuer: await authority(),
    keyType: keyType === "RSA" ? "rsa-2048" : keyType,
  });
  return {
    cert,
    key,
    certFile: writeFile(`${file}.pem`, cert),
    keyFile: writeFile(`${file}.key`, key),
  };
}

/** Who has issued all of them. */
export function authority(): ReturnType<typeof issueCertificate> {
  return issuer ??= issueCertificate({ names: ["Peers CA"], ca: true });
}

function makeFolder(): string {
  const path = Deno.makeTempDirSync({ prefix: "x-tls-peers-" });
  addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
  return path;
}

/** Writes a file into the temporary folder, and gives its path. */
export function writeFile(
  name: string,
  content: string | Uint8Array,
): string {
  const path = `${temporaryFolder()}/${name}`;
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
  return path;
}

let folder: string | undefined;
let issuer: ReturnType<typeof issueCertificate> | undefined;
let trusted: Promise<Trust> | undefined;
const identities = new Map<string, Promise<Identity>>();
