/**
 * Where trusted certificates come from, as the environment and the runtime say.
 *
 * @module
 */

import type { MozillaRoot } from "./mozilla_roots.ts";
import type { mozillaList } from "./trust_data.ts";
import { builtin } from "../../platform/builtin.ts";
import { platform, type RuntimeTrust } from "../../platform/platform.ts";

/** Certificates that stand together, in PEM or one in DER. */
export interface Bundle {
  /** The name of the file, or what else it is. */
  readonly source: string;
  /** What it has. */
  readonly data: string | Uint8Array;
}

/** What a store is made from. */
export interface Sources {
  /** Loads what is not in memory. */
  readonly load?: () => Promise<unknown>;
  /** What is known of it before. */
  readonly list?: typeof mozillaList;
}

/** The stores that `DENO_TLS_CA_STORE` can name. */
type StoreName = "mozilla" | "system";

/** What a connection trusts by default. */
export interface DefaultSources {
  readonly stores: readonly StoreName[];
  /** A file with more certificates. */
  readonly file: string | undefined;
  /** More certificates, in PEM. */
  readonly bundle: Bundle | undefined;
}

/**
 * What a connection trusts by default: what the variables say that OpenSSL, Go
 * and the runtime itself have for that, else Mozilla's list.
 *
 * @throws {TypeError} If `DENO_TLS_CA_STORE` names an unknown store.
 */
export function defaultSources(): DefaultSources {
  const { stores, variable, file, certificates } = platform()?.trust() ??
    NOTHING;
  const [bundle] = pemList(
    "the certificates that the runtime trusts",
    certificates?.pem ?? [],
  );
  const named = storeNames(variable, stores ?? "");
  if (named.length > 0) return { stores: named, file, bundle };
  if (environmentPaths() !== undefined) {
    return { stores: ["system"], file, bundle };
  }
  return { stores: certificates?.isAll ? [] : ["mozilla"], file, bundle };
}

/**
 * Whether the default store is Mozilla's list and nothing else, so that much is
 * known of it without loading it.
 */
export function isDefaultMozilla(): boolean {
  try {
    const { stores, file, bundle } = sourcesOnce();
    return stores.join() === "mozilla" && file === undefined &&
      bundle === undefined;
  } catch {
    // The caller that loads it gets the error.
    return false;
  }
}

/** What the environment says about the default store, read once. */
export function sourcesOnce(): DefaultSources {
  return sources ??= defaultSources();
}

/** Reads it anew at the next call: what was wrong may be put right. */
export function forgetSources(): void {
  sources = undefined;
}

let sources: DefaultSources | undefined;

function storeNames(variable: string, list: string): StoreName[] {
  const names = list.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  for (const name of names) {
    if (name !== "mozilla" && name !== "system") {
      throw new TypeError(
        `Cannot use ${variable}: there is no store "${name}", only "mozilla" and "system"`,
      );
    }
  }
  return [...new Set(names as StoreName[])];
}

const NOTHING: RuntimeTrust = {
  stores: undefined,
  variable: "",
  file: undefined,
  certificates: undefined,
};

/** Loads Mozilla's list, which is in no program that does not need it. */
export async function loadMozillaRoots(): Promise<readonly MozillaRoot[]> {
  return mozillaRoots ??= (await import("./mozilla_roots.ts")).mozillaRoots;
}

/**
 * Mozilla's list at once: loaded already, or from the file beside this one,
 * where the platform lets it be read.
 *
 * @throws {TypeError} If it has to be loaded first.
 */
export function mozillaRootsNow(): readonly MozillaRoot[] {
  mozillaRoots ??= requireMozillaRoots();
  if (mozillaRoots !== undefined) return mozillaRoots;
  throw new TypeError(
    "Cannot list the certificates of TrustStore.mozilla(): they have not been loaded. Await its load() first",
  );
}

let mozillaRoots: readonly MozillaRoot[] | undefined;

function requireMozillaRoots(): readonly MozillaRoot[] | undefined {
  const here = new URL(import.meta.url);
  const modules = builtin<NodeModule>("node:module");
  if (here.protocol !== "file:" || modules === undefined) return undefined;
  if (!platform()?.mayRead(new URL(".", here))) return undefined;
  const [extension] = /\.\w+$/.exec(here.pathname) ?? [".ts"];
  const { mozillaRoots } = modules.createRequire(here)(
    `./mozilla_roots${extension}`,
  );
  return mozillaRoots;
}

/** Where the environment says that certificates are. */
export interface EnvironmentPaths {
  readonly file: string | undefined;
  readonly directories: readonly string[];
}

/** `SSL_CERT_FILE` and `SSL_CERT_DIR`, as OpenSSL and Go have them. */
export function environmentPaths(): EnvironmentPaths | undefined {
  const file = environment("SSL_CERT_FILE");
  const separator = platform()?.pathSeparator ?? ":";
  const directories = (environment("SSL_CERT_DIR") ?? "").split(separator)
    .filter((path) => path !== "");
  return file === undefined && directories.length === 0
    ? undefined
    : { file, directories };
}

/**
 * A variable of the environment, or `undefined` if it is empty, or if the
 * program may not read it: to ask the user at each connection would be worse.
 */
function environment(variable: string): string | undefined {
  return platform()?.allowedVariable(variable);
}

/** Certificates in PEM as one bundle, if there are some. */
export function pemList(
  source: string,
  certificates: readonly string[],
): Bundle[] {
  return certificates.length === 0
    ? []
    : [{ source, data: certificates.join("\n") }];
}

/** The part of `node:module` that is used here. */
interface NodeModule {
  createRequire(
    from: URL,
  ): (path: string) => { readonly mozillaRoots: readonly MozillaRoot[] };
}
