/**
 * Logs of certificates, made for a test (RFC 6962).
 *
 * @module
 */

import { ecdsaToDer } from "../../crypto/signatures/ecdsa_signature.ts";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { signedTimestampData } from "../../x509/status/sct.ts";

/** Makes a log and what it promises to a certificate: an SCT, without length. */
export async function timestampOf(
  certificate: Certificate,
  time: number = Date.now() - 60_000,
): Promise<{ key: Uint8Array; sct: Uint8Array }> {
  const name = "ECDSA";
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name, namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const key = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const timestamp = {
    version: 0,
    logId: sha256.digest(key),
    timestamp: time,
    extensions: new Uint8Array(),
    signatureScheme: SignatureScheme.ecdsa_secp256r1_sha256,
    signature: new Uint8Array(),
  };
  const data = signedTimestampData(timestamp, {
    type: "x509_entry",
    certificate: certificate.raw,
  });
  const signature = ecdsaToDer(
    new Uint8Array(
      await crypto.subtle.sign(
        { name, hash: "SHA-256" },
        privateKey,
        new Uint8Array(data),
      ),
    ),
  );
  const milliseconds = new DataView(new ArrayBuffer(8));
  milliseconds.setBigUint64(0, BigInt(time));
  const sct = Uint8Array.of(
    0,
    ...timestamp.logId,
    ...new Uint8Array(milliseconds.buffer),
    ...[0, 0, 4, 3, 0, signature.length],
    ...signature,
  );
  return { key, sct };
}
