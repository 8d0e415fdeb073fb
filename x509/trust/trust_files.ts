/**
 * Trusted certificates in files: those that a caller names, and those of the
 * operating system. Loaded when a store is read from files.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import {
  type Files,
  isNamed,
  platform,
  requirePart,
} from "../../platform/platform.ts";
import { decodePemBytes, isPem } from "../asn1/pem.ts";
import type { PrivateKeyOptions } from "../keys/private_key.ts";
import { distinct, emptyStore, refuseUnreadable } from "./trust_entries.ts";
import { TrustEntry } from "./trust_entry.ts";
import {
  type Bundle,
  type EnvironmentPaths,
  environmentPaths,
  pemList,
} from "./trust_source.ts";

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

/**
 * Reads the certificates of a PFX file without a private key.
 *
 * @throws {TlsError} If it is damaged, or has something else.
 */
export async function readPfx(
  bytes: Uint8Array,
  options: PrivateKeyOptions,
): Promise<readonly TrustEntry[]> {
  const { openPfx } = await pfxFiles.load();
  const { keys, certificates } = await openPfx(bytes, options);
  if (keys.length > 0) {
    throw new TlsError(
      "malformed_pfx",
      "Cannot make a trust store of the PFX file: it has a private key",
      {
        hint:
          'parsePfx() reads it; its "caCerts" can be given to TrustStore.of()',
      },
    );
  }
  if (certificates.length === 0) {
    throw emptyStore("the PFX file has no certificates");
  }
  const entries = distinct(
    certificates.map(({ der }, at) =>
      TrustEntry.ofDer("the PFX file", at, der)
    ),
  );
  refuseUnreadable(entries);
  return entries;
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

function files(): Files {
  return requirePart(
    "files",
    "Cannot read certificates from files: this runtime has none; TrustStore.of() takes what they hold",
  );
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

const pfxFiles = new Lazy(
  "PFX files",
  () => import("../keys/pfx_open.ts"),
);
