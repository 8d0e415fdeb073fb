/**
 * Imports external PSKs into TLS 1.3 (RFC 9258): from one key with its context
 * come keys for each hash that a suite may have.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { hkdfExpandLabel, hkdfExtract } from "../../crypto/primitives/hkdf.ts";
import { sha256, sha384 } from "../../crypto/primitives/hash.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { decode, encode } from "../../record/codec.ts";
import { KdfIdentifier, ProtocolVersion } from "../../registry.ts";
import type { ClientPsk, PskAnswer } from "./psk_config.ts";
import { ImportedIdentity } from "../messages/imported_identity.ts";

/** A key that was imported, and what it comes from. */
export interface ImportedPsk extends ClientPsk {
  /** The external PSK. */
  readonly source: ClientPsk;
}

/**
 * The keys that a client offers for its external PSKs, in their order: those that
 * are to be imported once for each hash. RFC 9258 section 5.1: "Endpoints SHOULD
 * generate a compatible ipskx for each target ciphersuite they offer."
 *
 * @param hashes The hashes of the suites that are offered.
 */
export function importPsks(
  psks: readonly ClientPsk[],
  hashes: ReadonlySet<string>,
): (ClientPsk | ImportedPsk)[] {
  return psks.flatMap((psk) => {
    const { importContext: context } = psk;
    if (context === undefined) return [psk];
    return TARGETS.filter(({ hash }) => hashes.has(hash)).map((target) => {
      const identity = encode(ImportedIdentity, {
        externalIdentity: psk.identity,
        context,
        targetProtocol: ProtocolVersion["TLSv1.3"],
        targetKdf: target.kdf,
      });
      return {
        identity,
        key: importedKey(psk, identity, target.hash),
        hash: target.hash,
        importContext: context,
        source: psk,
      };
    });
  });
}

/**
 * The key that a server finds under an imported identity.
 *
 * @param find The caller's look-up, which knows the external identity.
 * @returns Nothing, unless all of the identity is as it is here: the key, its
 * context, TLS 1.3, and a KDF that there is.
 */
export async function findImported(
  identity: Uint8Array,
  find: (identity: Uint8Array) => Promise<PskAnswer | undefined>,
): Promise<ImportedPsk | undefined> {
  const imported = readIdentity(identity);
  const target = TARGETS.find(({ kdf }) => kdf === imported?.targetKdf);
  if (
    imported?.targetProtocol !== ProtocolVersion["TLSv1.3"] ||
    target === undefined
  ) return undefined;
  const { externalIdentity, context } = imported;
  const found = await find(externalIdentity.slice());
  if (
    found?.importContext === undefined || !equals(found.importContext, context)
  ) return undefined;
  return {
    identity,
    key: importedKey(found, identity, target.hash),
    hash: target.hash,
    importContext: found.importContext,
    source: { ...found, identity: externalIdentity.slice() },
  };
}

/** An ImportedIdentity; any other identity is none. */
function readIdentity(identity: Uint8Array): ImportedIdentity | undefined {
  try {
    return decode(ImportedIdentity, identity, "ImportedIdentity");
  } catch {
    return undefined;
  }
}

/**
 * RFC 9258 section 5.1: `ipskx = HKDF-Expand-Label(epskx, "derived psk",
 * Hash(ImportedIdentity), L)`, where the hash is that of the external PSK, and L
 * is the length of that of the target.
 */
function importedKey(
  { key, hash }: PskAnswer,
  identity: Uint8Array,
  target: HashName,
): Uint8Array {
  const own = HASHES[hash];
  const epskx = hkdfExtract(
    own,
    own.hmacKey(new Uint8Array(own.length)),
    key,
  );
  const digest = own.digest(identity);
  return hkdfExpandLabel(
    own,
    epskx,
    "derived psk",
    digest,
    HASHES[target].length,
  );
}

type HashName = PskAnswer["hash"];

const HASHES: Readonly<Record<HashName, HashAlgorithm>> = {
  "SHA-256": sha256,
  "SHA-384": sha384,
};

/** RFC 9258 section 10: the KDFs, by the hash of the suites that they are for. */
const TARGETS: readonly { readonly hash: HashName; readonly kdf: number }[] = [
  { hash: "SHA-256", kdf: KdfIdentifier.HKDF_SHA256 },
  { hash: "SHA-384", kdf: KdfIdentifier.HKDF_SHA384 },
];
