/**
 * What is inside a PFX file: safes, encrypted or not, with bags of keys and
 * certificates (RFC 7292 section 4).
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import type { KdfBudget } from "../../crypto/primitives/kdf.ts";
import { berToDer } from "../asn1/ber.ts";
import { constructedTag, contextTag, DerReader, Tag } from "../asn1/der.ts";
import { readEncryptionScheme } from "./encryption_scheme.ts";
import type { KnownPassphrase } from "./passphrase.ts";
import { PFX, PFX_ENCRYPTION } from "./pfx_mac.ts";
import { structureOf } from "../asn1/key_structure.ts";

/** What the bags of a file hold. */
export interface PfxBags {
  /** Private keys: PKCS#8, not encrypted. */
  readonly keys: readonly PfxBag[];
  /** Certificates in DER. */
  readonly certificates: readonly PfxBag[];
}

/** One thing in a file, with the attributes that belong to it. */
export interface PfxBag {
  readonly der: Uint8Array;
  readonly friendlyName: string | undefined;
  readonly localKeyId: Uint8Array | undefined;
}

/**
 * Reads all bags of an AuthenticatedSafe. Returns `undefined` if the result
 * shows that the passphrase is wrong.
 */
export async function readBags(
  authenticatedSafe: Uint8Array,
  passphrase: KnownPassphrase,
  budget: KdfBudget,
): Promise<PfxBags | undefined> {
  const bags: MutableBags = { keys: [], certificates: [] };
  const outer = DerReader.of(berToDer(authenticatedSafe, PFX), PFX);
  const safes = outer.sequence("AuthenticatedSafe");
  outer.end();
  while (!safes.done) {
    const safe = safes.sequence("ContentInfo");
    const contents = await readSafe(safe, passphrase, budget);
    if (contents === undefined) return undefined;
    const reader = DerReader.of(berToDer(contents, PFX), PFX);
    const list = reader.sequence("SafeContents");
    reader.end();
    if (!await readSafeContents(list, bags, { passphrase, budget })) {
      return undefined;
    }
  }
  return bags;
}

interface MutableBags {
  keys: PfxBag[];
  certificates: PfxBag[];
}

interface Opener {
  readonly passphrase: KnownPassphrase;
  readonly budget: KdfBudget;
}

/** One ContentInfo: its SafeContents in DER. */
async function readSafe(
  safe: DerReader,
  passphrase: KnownPassphrase,
  budget: KdfBudget,
): Promise<Uint8Array | undefined> {
  const contentType = safe.oid("contentType");
  const content = safe.explicit(0, "content");
  safe.end();
  if (contentType === OID.data) {
    const contents = content.octetString("data");
    content.end();
    return contents;
  }
  if (contentType !== OID.encryptedData) {
    throw new TlsError(
      "unsupported_key",
      `Cannot read the PFX file: a part of it is ${
        contentType === OID.envelopedData
          ? "encrypted to a public key (envelopedData)"
          : `of the type ${contentType}`
      }, which is not supported`,
    );
  }
  return await decryptSafe(content, passphrase, budget);
}

/** RFC 2315 section 13: EncryptedData. */
async function decryptSafe(
  content: DerReader,
  passphrase: KnownPassphrase,
  budget: KdfBudget,
): Promise<Uint8Array | undefined> {
  const data = content.sequence("EncryptedData");
  content.end();
  data.integer("version");
  const info = data.sequence("encryptedContentInfo");
  const inner = info.oid("contentType");
  if (inner !== OID.data) {
    info.fail("contentType", `expected data, got ${inner}`);
  }
  const scheme = readEncryptionScheme(
    info.sequence("contentEncryptionAlgorithm"),
    PFX_ENCRYPTION,
  );
  const ciphertext = readEncryptedContent(info);
  info.end();
  const decrypted = await scheme.decrypt(ciphertext, passphrase, budget);
  return decrypted?.[0] === Tag.SEQUENCE ? decrypted : undefined;
}

/** `[0] IMPLICIT OCTET STRING`, which BER may have in pieces. */
function readEncryptedContent(info: DerReader): Uint8Array {
  if (info.has(contextTag(0))) {
    return info.octetString("encryptedContent", contextTag(0));
  }
  const pieces = info.sequence("encryptedContent", constructedTag(0));
  const contents: Uint8Array[] = [];
  while (!pieces.done) contents.push(pieces.octetString("piece"));
  return concat(contents);
}

/** RFC 7292 section 4.2: SafeBags, which may hold SafeContents again. */
async function readSafeContents(
  list: DerReader,
  bags: MutableBags,
  opener: Opener,
  depth = 0,
): Promise<boolean> {
  if (depth > MAX_NESTING) {
    list.fail("", `SafeContents are nested deeper than ${MAX_NESTING} levels`);
  }
  while (!list.done) {
    const bag = list.sequence("SafeBag");
    const bagId = bag.oid("bagId");
    const value = bag.explicit(0, "bagValue");
    const attributes = readAttributes(bag);
    bag.end();
    if (bagId === OID.keyBag) {
      bags.keys.push({ der: value.raw("KeyBag"), ...attributes });
    } else if (bagId === OID.pkcs8ShroudedKeyBag) {
      const der = await decryptKey(value, opener);
      if (der === undefined) return false;
      bags.keys.push({ der, ...attributes });
    } else if (bagId === OID.certBag) {
      const der = readCertBag(value);
      if (der !== undefined) bags.certificates.push({ der, ...attributes });
    } else if (bagId === OID.safeContentsBag) {
      const nested = value.sequence("SafeContents");
      if (!await readSafeContents(nested, bags, opener, depth + 1)) {
        return false;
      }
    } // CRLs and secrets are passed over.
  }
  return true;
}

/** An EncryptedPrivateKeyInfo (RFC 5958 section 3). */
async function decryptKey(
  value: DerReader,
  { passphrase, budget }: Opener,
): Promise<Uint8Array | undefined> {
  const info = value.sequence("PKCS8ShroudedKeyBag");
  value.end();
  const scheme = readEncryptionScheme(
    info.sequence("encryptionAlgorithm"),
    PFX_ENCRYPTION,
  );
  const ciphertext = info.octetString("encryptedData");
  info.end();
  const decrypted = await scheme.decrypt(ciphertext, passphrase, budget);
  return decrypted !== undefined && structureOf(decrypted) === "PKCS#8"
    ? decrypted
    : undefined;
}

/** A certificate in DER, or `undefined` if it is one of SDSI. */
function readCertBag(value: DerReader): Uint8Array | undefined {
  const bag = value.sequence("CertBag");
  value.end();
  const certId = bag.oid("certId");
  const certValue = bag.explicit(0, "certValue");
  bag.end();
  if (certId !== OID.x509Certificate) return undefined;
  const der = certValue.octetString("x509Certificate");
  certValue.end();
  return der;
}

/** PKCS12Attributes: friendlyName and localKeyId (RFC 2985 section 5.5). */
function readAttributes(bag: DerReader): Omit<PfxBag, "der"> {
  let friendlyName: string | undefined;
  let localKeyId: Uint8Array | undefined;
  if (!bag.done) {
    const attributes = bag.set("bagAttributes");
    while (!attributes.done) {
      const attribute = attributes.sequence("PKCS12Attribute");
      const id = attribute.oid("attrId");
      const values = attribute.set("attrValues");
      attribute.end();
      if (id === OID.friendlyName) {
        friendlyName = values.string("friendlyName").value;
      } else if (id === OID.localKeyId) {
        localKeyId = values.octetString("localKeyId");
      }
    }
  }
  return { friendlyName, localKeyId };
}

const OID = {
  data: "1.2.840.113549.1.7.1",
  envelopedData: "1.2.840.113549.1.7.3",
  encryptedData: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  pkcs8ShroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  safeContentsBag: "1.2.840.113549.1.12.10.1.6",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
} as const;

/** SafeContents inside SafeContents, which no program writes. */
const MAX_NESTING = 4;
