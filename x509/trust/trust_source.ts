/**
 * Where trusted certificates come from: files, directories, the environment,
 * the operating system and the runtime.
 *
 * @module
 */

import type { MozillaRoot } from "./mozilla_roots.ts";
import { builtin } from "../../platform/builtin.ts";
import {
  type Files,
  isNamed,
  platform,
  requirePart,
  type RuntimeTrust,
} from "../../platform/platform.ts";
import { decodePemBytes, isPem } from "../asn1/pem.ts";

/** Certificates that stand together, in PEM or one in DER. */
export interface Bundle {
  /** The name of the file, or what else it is. */
  readonly source: string;
  /** What it has. */
  readonly data: string | Uint8Array;
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

/** What the operating system trusts, or what the environment puts in place. */
export async function systemBundles(): Promise<Bundle[]> {
  const paths = environmentPaths();
  if (paths !== undefined) return await readEnvironment(paths);
  const listed = platform()?.systemCertificates();
  return listed === undefined
    ? await readUsualFile()
    : pemList("the system's store", listed);
}

/** Reads one file. */
export async function readFile(path: string | URL): Promise<Bundle> {
  return { source: String(path), data: await files().read(path) };
}

/** Reads those files of a directory that have certificates. */
export async function readDirectory(path: string | URL): Promise<Bundle[]> {
  const names = await files().names(path);
  const hashed = names.filter((name) => HASHED_NAME.test(name));
  const wanted = hashed.length > 0 ? hashed : names;
  const bundles: Bundle[] = [];
  for (const name of wanted.sort()) {
    const file = path instanceof URL
      ? new URL(name, path.href.replace(/\/?$/, "/"))
      : `${path.replace(/[/\\]$/, "")}/${name}`;
    const bundle = await readIfCertificate(file);
    if (bundle !== undefined) bundles.push(bundle);
  }
  return bundles;
}

/** A file of a directory, or `undefined` if it is something else. */
async function readIfCertificate(
  file: string | URL,
): Promise<Bundle | undefined> {
  try {
    const { isFile, size } = await files().kind(file);
    if (!isFile || size > MAX_FILE_SIZE) return undefined;
    const bundle = await readFile(file);
    return looksLikeCertificates(bundle.data) ? bundle : undefined;
  } catch (error) {
    // Hashed directories have links that lead nowhere once a file is gone.
    if (isNamed(error, "NotFound")) return undefined;
    throw error;
  }
}

function looksLikeCertificates(data: string | Uint8Array): boolean {
  const text = typeof data === "string" ? data : decodePemBytes(data);
  return /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(text) ||
    (typeof data !== "string" && !isPem(data));
}

interface EnvironmentPaths {
  readonly file: string | undefined;
  readonly directories: readonly string[];
}

/** `SSL_CERT_FILE` and `SSL_CERT_DIR`, as OpenSSL and Go have them. */
function environmentPaths(): EnvironmentPaths | undefined {
  const file = environment("SSL_CERT_FILE");
  const separator = platform()?.pathSeparator ?? ":";
  const directories = (environment("SSL_CERT_DIR") ?? "").split(separator)
    .filter((path) => path !== "");
  return file === undefined && directories.length === 0
    ? undefined
    : { file, directories };
}

async function readEnvironment(paths: EnvironmentPaths): Promise<Bundle[]> {
  const bundles = paths.file === undefined ? [] : [await readFile(paths.file)];
  for (const directory of paths.directories) {
    bundles.push(...await readDirectory(directory));
  }
  return bundles;
}

/**
 * Where the distributions of Linux have their bundle; the first that exists.
 */
async function readUsualFile(): Promise<Bundle[]> {
  for (const path of USUAL_FILES) {
    try {
      return [await readFile(path)];
    } catch (error) {
      if (!isNamed(error, "NotFound")) throw error;
    }
  }
  return [];
}

/**
 * A variable of the environment, or `undefined` if it is empty, or if the
 * program may not read it: to ask the user at each connection would be worse.
 */
function environment(variable: string): string | undefined {
  return platform()?.allowedVariable(variable);
}

function files(): Files {
  return requirePart(
    "files",
    "Cannot read certificates from files: this runtime has none; TrustStore.of() takes what they hold",
  );
}

function pemList(source: string, certificates: readonly string[]): Bundle[] {
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

/** `openssl rehash`: a hash of the subject and a number. */
const HASHED_NAME = /^[0-9a-f]{8}\.\d+$/;

/** Debian, Fedora, OpenSUSE, OpenELEC, CentOS, Alpine. */
const USUAL_FILES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** No file of certificates is larger: a directory may hold other things. */
const MAX_FILE_SIZE = 16 << 20;
