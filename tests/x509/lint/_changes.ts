/** What is not as usual in a chain, in few words. */

import type { ExtensionFields } from "./_fields.ts";
import type { ChainChanges } from "./_public_chain.ts";

/** By name; nothing leaves one out. */
export type Extensions = Record<string, ExtensionFields | undefined>;

/** Extensions of the leaf that are not as usual. */
export const leaf = (extensions: Extensions): ChainChanges => ({
  leaf: { extensions },
});
/** The same of its CA. */
export const subCa = (extensions: Extensions): ChainChanges => ({
  subCa: { extensions },
});
/** The same of the root. */
export const root = (extensions: Extensions): ChainChanges => ({
  root: { extensions },
});

/** A leaf that is valid for a time from a day on. */
export function valid(from: string, days: number, extra = 0): ChainChanges {
  const notBefore = new Date(`${from}T00:00:00Z`);
  const notAfter = new Date(
    notBefore.getTime() + days * 86_400_000 + extra * 1000,
  );
  return { leaf: { notBefore, notAfter } };
}

/** Extensions of a leaf whose key is RSA. */
export const rsaLeaf = (extensions: Extensions): ChainChanges => ({
  leaf: { keyType: "rsa-2048", extensions },
});
