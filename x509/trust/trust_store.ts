/**
 * The certificates that a program trusts.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { Lazy } from "../../lazy.ts";
import { copied } from "../../crypto/primitives/bytes.ts";
import { bytesKey } from "../asn1/bytes.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { refuseUnknownOptions } from "../asn1/known_options.ts";
import type { DistinguishedName } from "../certificate/name.ts";
import type { PrivateKeyOptions } from "../keys/private_key.ts";
import { mozillaList } from "./trust_data.ts";
import {
  distinct,
  emptyStore,
  readableEntries,
  readAll,
  readItem,
  TrustIndex,
  type TrustStoreOptions,
  type TrustUsage,
} from "./trust_entries.ts";
import {
  contentFingerprint,
  entriesOf,
  TrustEntry,
  type TrustStoreProblem,
} from "./trust_entry.ts";
import {
  type Bundle,
  forgetSources,
  loadMozillaRoots,
  mozillaRootsNow,
  type Sources,
  sourcesOnce,
} from "./trust_source.ts";

export type { TrustStoreOptions, TrustStoreProblem, TrustUsage };

/**
 * The certificates at which a path may end. A store never changes: `with()`
 * gives another one.
 *
 * @example Trust one authority alone
 * ```ts
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await issueCertificate({ names: ["Test CA"], ca: true });
 * const trust = TrustStore.of(authority.cert);
 * assertEquals(trust.size, 1);
 * ```
 */
export class TrustStore {
  readonly #load: () => readonly TrustEntry[];
  readonly #sources: Sources;
  readonly #index: TrustIndex;
  #fingerprint: string | undefined;
  #entries: readonly TrustEntry[] | undefined;
  #certificates: readonly Certificate[] | undefined;

  private constructor(
    load: () => readonly TrustEntry[],
    sources: Sources = {},
    parts: readonly TrustStore[] = [],
  ) {
    this.#load = load;
    this.#sources = sources;
    this.#index = new TrustIndex(
      () => this.#all(),
      parts.map((part) => part.#index),
    );
    this.#fingerprint = sources.list?.fingerprint;
  }

  /**
   * A store of the given certificates alone.
   *
   * @param items PEM text, bytes in PEM or DER, or certificates.
   * @returns A store.
   * @throws {TlsError} `empty_trust_store`, if there is none, or one of the
   * items is empty.
   * @throws {TlsError} `malformed_pem` or `malformed_certificate`, if one of
   * the items has no certificate that can be read.
   */
  static of(...items: (string | Uint8Array | Certificate)[]): TrustStore {
    if (items.length === 0) throw emptyStore("nothing was given");
    const entries = distinct(items.flatMap(readItem));
    return new TrustStore(() => entries);
  }

  /** @internal A store without a certificate, which trusts nothing. */
  static none(): TrustStore {
    return new TrustStore(() => []);
  }

  /**
   * The certificates that the operating system trusts: on Linux, macOS and
   * Windows those that Deno sees, or those of `SSL_CERT_FILE` and
   * `SSL_CERT_DIR`, if they are set.
   *
   * Needs the permission `--allow-sys`, and `--allow-read` for files.
   *
   * @param options What is made of certificates that cannot be read.
   * @returns A store.
   * @throws {TlsError} `empty_trust_store`, if there is none.
   * @throws {Deno.errors.NotFound} If `SSL_CERT_FILE` names no file.
   */
  static async system(options: TrustStoreOptions = {}): Promise<TrustStore> {
    const bundles = await (await files.load()).systemBundles();
    return TrustStore.#ofBundles(bundles, "the system's store", options);
  }

  /**
   * Mozilla's list of authorities for TLS servers, as it comes with this
   * module, with the dates from which on Mozilla no longer trusts what some of
   * them issue.
   *
   * The list is loaded when it is first needed: by a connection, by
   * `verifyChain()`, or by {@linkcode load}. What looks into the store before
   * that, such as `certificates`, reads it from its file, where that is local
   * and may be read.
   *
   * @returns The store, the same one at each call.
   *
   * @example All of Mozilla's authorities
   * ```ts
   * import { TrustStore } from "@x/tls/x509";
   * import { assert } from "@std/assert";
   *
   * const store = await TrustStore.mozilla().load();
   * assert(store.certificates.length > 100);
   * ```
   */
  static mozilla(): TrustStore {
    return mozilla ??= new TrustStore(
      () =>
        mozillaRootsNow().map((row, at) =>
          TrustEntry.ofRoot("Mozilla's list", at, row)
        ),
      { load: loadMozillaRoots, list: mozillaList },
    );
  }

  /**
   * The certificates of a file: PEM, as many as there are, or one in DER.
   *
   * @param path The file.
   * @param options What is made of certificates that cannot be read.
   * @returns A store.
   * @throws {Deno.errors.NotFound} If there is no such file.
   * @throws {TlsError} `empty_trust_store`, if it is empty.
   * @throws {TlsError} `malformed_pem` or `malformed_certificate`, if no
   * certificate of it can be read, or with `strict` if one cannot.
   */
  static async fromFile(
    path: string | URL,
    options: TrustStoreOptions = {},
  ): Promise<TrustStore> {
    const { source, data } = await (await files.load()).readFile(path);
    const entries = distinct(readableEntries(source, data));
    return new TrustStore(() => entries).#checked(options);
  }

  /**
   * The certificates of a PFX file without a private key, as Java's `keytool`
   * and others write trust stores.
   *
   * @param bytes The file.
   * @param options The passphrase, and the work that it may cost.
   * @returns A store.
   * @throws {TlsError} `passphrase_required` or `wrong_passphrase`;
   * `malformed_pfx`, if it is damaged or has a private key; `unsupported_key`,
   * with the name of an algorithm that is refused, or if it takes more than
   * `maxIterations`; `empty_trust_store`, if there is no certificate in it.
   * @throws {TlsError} `malformed_certificate`, if none of its certificates can
   * be read.
   */
  static async fromPfx(
    bytes: Uint8Array,
    options: PrivateKeyOptions = {},
  ): Promise<TrustStore> {
    refuseUnknownOptions("Cannot read the PFX file", options, [
      "passphrase",
      "maxIterations",
    ]);
    // Before anything is awaited: the bytes may change then.
    const own = copied(bytes);
    const { maxIterations } = options;
    const passphrase = copied(options.passphrase);
    const { readPfx } = await files.load();
    const entries = await readPfx(own, { passphrase, maxIterations });
    return new TrustStore(() => entries);
  }

  /**
   * The certificates of the files of a directory. If it is hashed (`c_rehash`,
   * `openssl rehash`), of the files with hashed names alone.
   *
   * @param path The directory.
   * @param options What is made of certificates that cannot be read.
   * @returns A store.
   * @throws {Deno.errors.NotFound} If there is no such directory.
   * @throws {TlsError} `empty_trust_store`, if there is no certificate in it.
   * @throws {TlsError} `malformed_pem` or `malformed_certificate`, with
   * `strict`, if a certificate cannot be read.
   */
  static async fromDirectory(
    path: string | URL,
    options: TrustStoreOptions = {},
  ): Promise<TrustStore> {
    const bundles = await (await files.load()).readDirectory(path);
    const store = TrustStore.#ofBundles(bundles, `directory ${path}`, options);
    const [problem] = store.problems;
    if (problem !== undefined && store.size === 0) throw problem.error;
    return store;
  }

  /**
   * What a connection trusts that is not told otherwise; read once for a
   * process. `DENO_TLS_CA_STORE` names stores as it does for Deno, `mozilla`
   * or `system` or both. If it is not set, the certificates of
   * `SSL_CERT_FILE` and `SSL_CERT_DIR` are used, and if these are not set
   * either, Mozilla's. Those of the file that `DENO_CERT` names are trusted
   * besides; Deno's flag `--cert` is not shown to programs, and counts for
   * nothing.
   *
   * @returns The store, the same one at each call.
   * @throws {TypeError} If `DENO_TLS_CA_STORE` names a store that there is not.
   * @throws {TlsError} `empty_trust_store`, if there are no certificates.
   * @throws {Deno.errors.NotFound} If `SSL_CERT_FILE` or `DENO_CERT` names no
   * file.
   */
  static default(): Promise<TrustStore> {
    defaultStore ??= loadDefault().catch((error) => {
      // What was wrong may be put right: the next caller tries again.
      defaultStore = undefined;
      forgetSources();
      throw error;
    });
    return defaultStore;
  }

  static #ofBundles(
    bundles: readonly Bundle[],
    what: string,
    options: TrustStoreOptions,
  ): TrustStore {
    if (bundles.length === 0) throw emptyStore(`${what} has no certificates`);
    const store = new TrustStore(() =>
      distinct(bundles.flatMap(({ source, data }) => entriesOf(source, data)))
    );
    return store.#checked(options);
  }

  #checked(options: TrustStoreOptions): TrustStore {
    const problem = options.strict ? this.problems[0] : undefined;
    if (problem !== undefined) throw problem.error;
    return this;
  }

  /**
   * A store of these certificates and the given ones.
   *
   * @param items PEM text, bytes in PEM or DER, certificates, or stores.
   * @returns Another store; this one stays as it is.
   * @throws {TlsError} As `of()`.
   */
  with(
    ...items: (string | Uint8Array | Certificate | TrustStore)[]
  ): TrustStore {
    const added = items.flatMap((item) =>
      item instanceof TrustStore ? [item] : TrustStore.of(item)
    );
    const stores = [this, ...added];
    return new TrustStore(
      () => distinct(stores.flatMap((store) => store.#all())),
      { load: () => Promise.all(stores.map((store) => store.load())) },
      stores,
    );
  }

  /**
   * Loads what the store does not have in memory yet: Mozilla's list, if it has
   * that one. Connections and `verifyChain()` do so automatically.
   *
   * @returns The store itself.
   */
  async load(): Promise<TrustStore> {
    await this.#sources.load?.();
    return this;
  }

  /**
   * How many certificates there are. Those that cannot be read are left out, as
   * far as it is known: the stores of the system and the runtime are read only
   * when a certificate is asked for.
   */
  get size(): number {
    const { list } = this.#sources;
    if (this.#entries === undefined && list !== undefined) return list.size;
    return this.#all().filter((entry) => !entry.isKnownUnreadable).length;
  }

  /** All certificates, in the order of their sources. */
  get certificates(): readonly Certificate[] {
    return this.#certificates ??= readAll(this.#all());
  }

  /**
   * What the store holds, as a digest: equal for two stores of the same
   * certificates under the same settings, in whatever order and however they
   * came about. SHA-256 in hexadecimal.
   */
  get fingerprint(): string {
    return this.#fingerprint ??= contentFingerprint(this.#all());
  }

  /** Certificates that were left out because they cannot be read. */
  get problems(): readonly TrustStoreProblem[] {
    return this.#all().flatMap((entry) => entry.problem ?? []);
  }

  /**
   * The certificates of a subject (RFC 5280 section 7.1).
   *
   * @param subject The name.
   * @param usage Leaves out those whose trust settings (`TRUSTED CERTIFICATE`)
   * do not allow it.
   * @returns The certificates; none, if the name is unknown.
   */
  findBySubject(
    subject: DistinguishedName,
    usage?: TrustUsage,
  ): readonly Certificate[] {
    return readAll(this.#index.ofSubject(subject.key), usage);
  }

  /**
   * The certificates of a key.
   *
   * @param spki Its SubjectPublicKeyInfo.
   * @param usage As for `findBySubject()`.
   * @returns The certificates; none, if the key is unknown.
   */
  findByKey(spki: Uint8Array, usage?: TrustUsage): readonly Certificate[] {
    return readAll(this.#index.ofKey(bytesKey(spki)), usage);
  }

  /**
   * Whether a certificate is in it, byte for byte.
   *
   * @param certificate The certificate.
   * @param usage As for `findBySubject()`.
   * @returns Whether it is.
   */
  has(certificate: Certificate, usage?: TrustUsage): boolean {
    return this.findBySubject(certificate.subjectName, usage).some((other) =>
      other.equals(certificate)
    );
  }

  /**
   * From when on certificates under one of the store's are not trusted: Mozilla
   * has such a date for authorities that are to go.
   *
   * @param root A certificate of the store.
   * @returns Leaves that are valid from a later time on are refused;
   * `undefined` if there is no such date.
   */
  distrustAfter(root: Certificate): Date | undefined {
    const date = this.#index.ofSubject(root.subjectName.key)
      .find(({ der }) => equals(der, root.raw))?.settings?.distrustAfter;
    // All connections share the store, and a Date can be changed.
    return date && new Date(date);
  }

  #all(): readonly TrustEntry[] {
    return this.#entries ??= this.#load();
  }
}

const files = new Lazy(
  "trusted certificates in files",
  () => import("./trust_files.ts"),
);
let mozilla: TrustStore | undefined;
let defaultStore: Promise<TrustStore> | undefined;

async function loadDefault(): Promise<TrustStore> {
  const { stores, file, bundle } = sourcesOnce();
  const given = await Promise.all(
    stores.map((name) =>
      name === "mozilla" ? TrustStore.mozilla().load() : TrustStore.system()
    ),
  );
  if (file !== undefined) given.push(await TrustStore.fromFile(file));
  if (bundle !== undefined) given.push(TrustStore.of(bundle.data));
  const [first, ...others] = given;
  if (first === undefined) throw emptyStore("the runtime trusts nobody");
  return others.length === 0 ? first : first.with(...others);
}
