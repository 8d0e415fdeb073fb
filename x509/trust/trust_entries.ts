/**
 * Lists of entries of trust stores: read, joined and looked up.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { bytesKey } from "../asn1/bytes.ts";
import { parsePem } from "../asn1/pem.ts";
import { Certificate } from "../certificate/certificate.ts";
import { refuseOtherBlocks } from "../certificate/pem_labels.ts";
import { allowsUsage } from "../certificate/trusted_certificate.ts";
import { entriesOf, TrustEntry } from "./trust_entry.ts";

/** Which side of TLS a certificate vouches for. */
export type TrustUsage = "server" | "client";

/** Options of reading a trust store. */
export interface TrustStoreOptions {
  /**
   * Whether one malformed certificate is an error. Otherwise it is left out and
   * stands in {@linkcode TrustStore.problems}.
   *
   * @default {false}
   */
  strict?: boolean;
}

/** Entries by what they are looked up by. */
type Index = ReadonlyMap<string, readonly TrustEntry[]>;

/**
 * Entries by what they are looked up by; made at the first look-up. Lists that
 * others are made of are looked into one by one, with their own indexes.
 */
export class TrustIndex {
  readonly #all: () => readonly TrustEntry[];
  readonly #parts: readonly TrustIndex[];
  #bySubject: Index | undefined;
  #byKey: Index | undefined;

  constructor(
    all: () => readonly TrustEntry[],
    parts: readonly TrustIndex[] = [],
  ) {
    this.#all = all;
    this.#parts = parts;
  }

  /** The entries of a subject, by the key of its name. */
  ofSubject(key: string): readonly TrustEntry[] {
    if (this.#parts.length > 0) {
      return joined(this.#parts.map((part) => part.ofSubject(key)));
    }
    this.#bySubject ??= indexOf(this.#all(), ({ subjectKey }) => subjectKey);
    return this.#bySubject.get(key) ?? [];
  }

  /** The entries of a public key. */
  ofKey(key: string): readonly TrustEntry[] {
    if (this.#parts.length > 0) {
      return joined(this.#parts.map((part) => part.ofKey(key)));
    }
    this.#byKey ??= indexOf(this.#all(), ({ spki }) => spki && bytesKey(spki));
    return this.#byKey.get(key) ?? [];
  }
}

/**
 * The entries of PEM text, bytes in PEM or DER, or a certificate.
 *
 * @throws {TypeError} If it is none of these.
 */
export function readItem(
  item: string | Uint8Array | Certificate,
): TrustEntry[] {
  if (item instanceof Certificate) return [TrustEntry.ofCertificate(item)];
  if (typeof item !== "string" && !(item instanceof Uint8Array)) {
    throw new TypeError(
      "Cannot make a trust store: expected PEM text, bytes or a Certificate, each as an argument of its own",
    );
  }
  return readableEntries("", item);
}

/** Entries of which one can be read at the least: else the first's error. */
export function readableEntries(
  source: string,
  data: string | Uint8Array,
): TrustEntry[] {
  if (isBlank(data)) {
    throw emptyStore(`${source === "" ? "the text" : source} is empty`);
  }
  const entries = entriesOf(source, data);
  if (entries.length === 0) refuseOtherBlocks(parsePem(data), data);
  refuseUnreadable(entries);
  return entries;
}

/** Throws the first's error, if none of them can be read. */
export function refuseUnreadable(entries: readonly TrustEntry[]): void {
  const problems = entries.flatMap((entry) => entry.problem ?? []);
  const [first] = problems;
  if (first !== undefined && problems.length === entries.length) {
    throw first.error;
  }
}

function isBlank(data: string | Uint8Array): boolean {
  return typeof data === "string"
    ? data.trim() === ""
    : data.every((byte) => BLANKS.has(byte));
}

/** Space, tab, newline and carriage return. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Each certificate once, but with its settings where several have some. */
export function distinct(entries: readonly TrustEntry[]): TrustEntry[] {
  const seen = new Map<string, TrustEntry>();
  for (const entry of entries) {
    const key = entry.der.length === 0
      ? `${entry.source}\0${entry.index}`
      : bytesKey(entry.der);
    if (seen.get(key)?.settings === undefined) seen.set(key, entry);
  }
  return [...seen.values()];
}

/** What several stores have under one key, each certificate once. */
function joined(
  found: readonly (readonly TrustEntry[])[],
): readonly TrustEntry[] {
  const some = found.filter((entries) => entries.length > 0);
  return some.length < 2 ? some[0] ?? [] : distinct(some.flat());
}

/** The entries by a key that each may have. */
function indexOf(
  entries: readonly TrustEntry[],
  keyOf: (entry: TrustEntry) => string | undefined,
): Index {
  const index = new Map<string, TrustEntry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key === undefined) continue;
    const others = index.get(key);
    if (others === undefined) index.set(key, [entry]);
    else others.push(entry);
  }
  return index;
}

/** The certificates that can be read, and are trusted for the usage. */
export function readAll(
  entries: readonly TrustEntry[],
  usage?: TrustUsage,
): Certificate[] {
  return entries
    .filter(({ settings }) =>
      usage === undefined || allowsUsage(settings, usage)
    )
    .flatMap(({ certificate }) => certificate ?? []);
}

/** The error of a store without certificates. */
export function emptyStore(fact: string): TlsError {
  return new TlsError(
    "empty_trust_store",
    `Cannot make a trust store: ${fact}`,
    {
      hint:
        "Give the certificates of the authorities that you trust, or use TrustStore.mozilla() or TrustStore.system()",
    },
  );
}
