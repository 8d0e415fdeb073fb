/**
 * What servers show beside a certificate: OCSP responses, and the timestamps
 * of a certificate transparency log.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { sha256 } from "../../../crypto/primitives/hash.ts";
import {
  Certificate,
  issueCertificate,
  type IssuedCertificate,
} from "../../../x509/mod.ts";
import {
  enumerated,
  explicit,
  generalizedTime,
  tlv,
} from "../../../x509/asn1/der.ts";
import {
  certId,
  certificateOf,
  GOOD,
  makeOcspResponse,
  single,
} from "../../x509/_revocation.ts";
import { authority, writeFile } from "./material.ts";
import type { Identity, Staple, Timestamps } from "./peer.ts";

const HOUR = 3_600_000;

/** The CA's response of an hour ago. */
export async function staple(
  identity: Identity,
  status: "good" | "revoked",
): Promise<Staple> {
  const issuer = await authority();
  const then = hoursFromNow(-1);
  const der = await makeOcspResponse({
    responder: issuer,
    producedAt: then,
    singles: [
      single(
        certId(leafOf(identity), certificateOf(issuer)),
        status === "good" ? GOOD : revoked(then),
        { thisUpdate: then, nextUpdate: hoursFromNow(24) },
      ),
    ],
  });
  return { der, file: writeFile(`${crypto.randomUUID()}.ocsp`, der) };
}

/** Two timestamps of the log of these tests. */
export async function timestamps(identity: Identity): Promise<Timestamps> {
  const { key } = (await (log ??= makeLog())).identity;
  const { spki } = key.publicKey;
  const list = [
    await makeTimestamp(leafOf(identity), hoursFromNow(-2)),
    await makeTimestamp(leafOf(identity), hoursFromNow(-1)),
  ];
  const name = crypto.randomUUID();
  return {
    list,
    log: spki,
    serverInfoFile: writeFile(`${name}.serverinfo`, serverInfo(list)),
    logFile: writeFile(
      `${name}.logs`,
      `enabled_logs = test\n[test]\ndescription = test\nkey = ${spki.toBase64()}\n`,
    ),
  };
}

let log: Promise<IssuedCertificate> | undefined;

/** No certificate is needed of it, but a key. */
function makeLog(): Promise<IssuedCertificate> {
  return issueCertificate({ names: ["log.test"], keyType: "P-256" });
}

/** A SignedCertificateTimestamp, to RFC 6962 section 3.2. */
async function makeTimestamp(
  { raw }: Certificate,
  time: Date,
): Promise<Uint8Array> {
  const { key } = (await (log ??= makeLog())).identity;
  const V1 = [0];
  const CERTIFICATE_TIMESTAMP = [0];
  const X509_ENTRY = [0, 0];
  const NO_EXTENSIONS = [0, 0];
  const ECDSA_SHA256 = [4, 3];
  const timestamp = uint(8, time.getTime());
  const signature = await key.sign(
    "ecdsa_secp256r1_sha256",
    bytes(
      V1,
      CERTIFICATE_TIMESTAMP,
      timestamp,
      X509_ENTRY,
      ...[uint(3, raw.length), raw],
      NO_EXTENSIONS,
    ),
  );
  return bytes(
    V1,
    sha256.digest(key.publicKey.spki),
    timestamp,
    NO_EXTENSIONS,
    ECDSA_SHA256,
    uint(2, signature.length),
    signature,
  );
}

/** The extension as OpenSSL reads it from a file: for ServerHello or Certificate. */
function serverInfo(list: readonly Uint8Array[]): string {
  const items = list.map((sct) => bytes(uint(2, sct.length), sct));
  const content = concat(items);
  const CONTEXT = 0x11c0;
  const SIGNED_CERTIFICATE_TIMESTAMP = 18;
  const extension = bytes(
    uint(4, CONTEXT),
    uint(2, SIGNED_CERTIFICATE_TIMESTAMP),
    uint(2, content.length + 2),
    uint(2, content.length),
    content,
  );
  const label = "SERVERINFOV2 FOR X_TLS";
  const text = extension.toBase64().replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
}

function leafOf({ cert }: Identity): Certificate {
  const [leaf] = Certificate.fromPem(cert);
  if (leaf === undefined) throw new TypeError("An identity has no certificate");
  return leaf;
}

function revoked(since: Date): Uint8Array {
  const KEY_COMPROMISE = 1;
  return tlv(
    0xa1,
    generalizedTime(since),
    explicit(0, enumerated(KEY_COMPROMISE)),
  );
}

/** Whole seconds: DER has no others. */
function hoursFromNow(hours: number): Date {
  return new Date(Math.floor((Date.now() + hours * HOUR) / 1000) * 1000);
}

/** Big-endian, as in TLS. */
function uint(size: number, value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: size },
    (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256,
  );
}

function bytes(...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  return concat(parts.map((part) => Uint8Array.from(part)));
}
