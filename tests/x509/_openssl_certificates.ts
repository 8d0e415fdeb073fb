/**
 * Certificates that OpenSSL made, with what Node says of them: see
 * `testdata/generate.mjs`.
 *
 * @module
 */

/** One certificate. */
export interface OpensslEntry {
  /** What is odd about it. */
  name: string;
  /** The certificate. */
  pem: string;
  /** Node's `toLegacyObject()`, with bytes in hexadecimal. */
  node: Record<string, unknown>;
}

const file: {
  entries: OpensslEntry[];
  others: Record<
    | "trusted"
    | "rejected"
    | "withoutSettings"
    | "withText"
    | "request"
    | "pkcs7",
    string
  >;
} = JSON.parse(
  await Deno.readTextFile(new URL("testdata/openssl.json", import.meta.url)),
);

/** All of them. */
export const opensslEntries: readonly OpensslEntry[] = file.entries;

/** Other PEM texts. */
export const opensslTexts = file.others;

/** The certificate of that name. */
export function opensslPem(name: string): string {
  const entry = opensslEntries.find((entry) => entry.name === name);
  if (entry === undefined) throw new TypeError(`There is no "${name}"`);
  return entry.pem;
}
