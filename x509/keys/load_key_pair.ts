/**
 * Key pairs from files: one of the few places that read any.
 *
 * @module
 */

import { requirePart } from "../../platform/platform.ts";
import { type Identity, parseKeyPair } from "./key_pair.ts";
import type { PrivateKeyOptions } from "./private_key.ts";

/**
 * Reads a certificate chain and its private key from two files, as
 * {@linkcode parseKeyPair} does from what they hold.
 *
 * @param certPath Path of the certificates.
 * @param keyPath Path of the key; may be the same file.
 * @param options A passphrase, if the key is encrypted.
 * @returns Chain and key, as `certificates` takes them.
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {TlsError} What {@linkcode parseKeyPair} throws.
 *
 * @example An identity from two files
 * ```ts
 * import { issueCertificate, loadKeyPair } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const directory = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${directory}/cert.pem`, cert);
 * await Deno.writeTextFile(`${directory}/key.pem`, key);
 *
 * const identity = await loadKeyPair(
 *   `${directory}/cert.pem`,
 *   `${directory}/key.pem`,
 * );
 * assertEquals(identity.chain[0]?.subject, "CN=localhost");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function loadKeyPair(
  certPath: string | URL,
  keyPath: string | URL,
  options: PrivateKeyOptions = {},
): Promise<Identity> {
  const files = requirePart(
    "files",
    "Cannot read the files: this runtime has none; parseKeyPair() takes what they hold",
  );
  const [cert, key] = await Promise.all([
    files.read(certPath),
    files.read(keyPath),
  ]);
  return await parseKeyPair(cert, key, options);
}
