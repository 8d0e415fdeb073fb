/**
 * Guesses what a DER structure is, so that errors can name the content of a
 * wrong file.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { toHex } from "../../encoding.ts";
import { type DerContext, derContext, DerReader, Tag } from "./der.ts";

/** Makes the errors of private keys. */
export const PRIVATE_KEY: DerContext = derContext(
  "the private key",
  "malformed_key",
);

/** What some DER looks like. */
export type Structure =
  | "PKCS#8"
  | "encrypted PKCS#8"
  | "PKCS#1"
  | "SEC 1"
  | "DSA key"
  | "Java keystore"
  | "PFX file"
  | "public key"
  | "certificate"
  | "certificate request"
  | "CRL"
  | "unknown";

/** Recognizes a structure by its first elements; never throws. */
export function structureOf(der: Uint8Array): Structure {
  if (isKeystore(der)) return "Java keystore";
  const tags = shape(der);
  const known = STRUCTURES.find(([pattern]) => pattern.test(tags));
  return known?.[1] ?? "unknown";
}

/**
 * The tags of the elements of a SEQUENCE, and behind each SEQUENCE those
 * inside it: `"02 30(06) 04"`; a small first INTEGER also has its value.
 */
function shape(der: Uint8Array, depth = 0): string {
  try {
    const reader = DerReader.of(der, PRIVATE_KEY);
    const inner = reader.sequence("");
    const tags: string[] = [];
    while (!inner.done && tags.length < 12) {
      const { tag, contents, raw } = inner.element("");
      let text = tag.toString(16).padStart(2, "0");
      if (tag === Tag.INTEGER && tags.length === 0 && contents.length === 1) {
        text += `=${contents[0]}`;
      }
      if (tag === Tag.SEQUENCE && depth < 1) text += `(${shape(raw, 1)})`;
      tags.push(text);
    }
    return tags.join(" ");
  } catch (error) {
    if (error instanceof TlsError) return "";
    throw error;
  }
}

/** What a structure's elements are, as {@linkcode shape} writes them. */
const STRUCTURES: readonly (readonly [RegExp, Structure])[] = [
  [/^02=[01] 30\(06.*?\) 04( a[0-9a-f]| 8[0-9a-f])*$/, "PKCS#8"],
  [/^30\(06.*?\) 04$/, "encrypted PKCS#8"],
  [/^02=[01]( 02){8}( 30\(.*\))?$/, "PKCS#1"],
  [/^02=1 04( a0)?( a1)?$/, "SEC 1"],
  [/^02=0( 02){5}$/, "DSA key"],
  [/^02=3 30\(06/, "PFX file"],
  [/^30\(06.*?\) 03$/, "public key"],
  [/^30\((a0 )?02.*? 30 30 30 30 30.*?\) 30\(06.*?\) 03$/, "certificate"],
  [/^30\(02=0 30 30 a0\) 30\(06.*?\) 03$/, "certificate request"],
  [/^30\((02=1 )?30 30 (17|18).*?\) 30\(06.*?\) 03$/, "CRL"],
];

/** A sentence's end for what stands where a private key should. */
export function foreign(structure: Structure): string {
  switch (structure) {
    case "certificate":
      return "this is a certificate, not a private key";
    case "certificate request":
      return "this is a certificate request (CSR), not a private key";
    case "public key":
      return "this is a public key, not a private key";
    case "CRL":
      return "this is a certificate revocation list (CRL), not a private key";
    case "PFX file":
      return "this is a PFX (PKCS#12) file: read it with parsePfx()";
    case "DSA key":
      return "this is a DSA key, which TLS 1.3 does not have and few peers accept";
    case "Java keystore":
      return "this is a Java keystore (JKS or JCEKS)";
    default:
      return "this is not a PKCS#8, PKCS#1 or SEC 1 structure";
  }
}

/** A DSA key, in whatever structure. */
export const DSA: Structure = "DSA key";

/** Whether bytes are Java's own format of keystores: JKS, or JCEKS. */
export function isKeystore(bytes: Uint8Array): boolean {
  // Every certificate comes by here.
  if (bytes[0] !== 0xfe && bytes[0] !== 0xce) return false;
  const magic = toHex(bytes.subarray(0, 4));
  return magic === "feedfeed" || magic === "cececece";
}

/** What to do about a Java keystore. */
export const KEYSTORE_HINT =
  "Convert it with: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12";

/** The error of what stands where a private key should. */
export function foreignKey(structure: Structure): TlsError {
  const message = `Cannot read the private key: ${foreign(structure)}`;
  return structure === "DSA key" || structure === "Java keystore"
    ? new TlsError("unsupported_key", message, {
      hint: structure === "Java keystore"
        ? KEYSTORE_HINT
        : "Make an RSA, ECDSA or Ed25519 key, and have its certificate issued",
    })
    : new TlsError("malformed_key", message);
}

/** A structure's name in a sentence. */
export function article(structure: Structure): string {
  return `${/^(encrypted|unknown)/.test(structure) ? "an" : "a"} ${structure}`;
}
