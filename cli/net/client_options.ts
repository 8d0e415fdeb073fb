/**
 * From the options of the command line to those of a connection.
 *
 * @module
 */

import { createContext } from "../../connection/options/create_context.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import type { TlsVersion } from "../../connection/options/negotiation_options.ts";
import { defaultCipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { LegacyPermit } from "../../crypto/suites/security_level.ts";
import { weakCipherSuites } from "../../crypto/suites/weak_cipher_suites.ts";
import { listCipherSuites } from "../../crypto/suites/lists.ts";
import { parseCipherString } from "../../crypto/suites/cipher_string.ts";
import type { CipherSuiteValue } from "../../crypto/suites/cipher_suite.ts";
import { ProtocolVersion } from "../../registry.ts";
import { Crl } from "../../x509/status/crl.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { Failure } from "../base/exit.ts";
import { readInput, readSecret, readText } from "../base/files.ts";
import type { System } from "../base/system.ts";
import { echOption } from "./ech_option.ts";
import type { TlsFlags, TrustFlags } from "./flags.ts";
import { type WatchFlags, watching } from "./watch.ts";

/**
 * Makes the options of a connection.
 *
 * @throws {Failure} If files cannot be read, or options contradict each other.
 */
export async function clientOptions(
  system: System,
  flags: TlsFlags & WatchFlags,
): Promise<ClientOptions> {
  const options: ClientOptions = {
    ...watching(system, flags),
    ...await trustOptions(system, flags),
    ...await ownCertificate(system, flags),
    ...await presharedKey(system, flags),
    ...await rawKeys(system, flags),
    ...flags.ech === undefined
      ? {}
      : { ech: await echOption(system, flags.ech) },
    ...legacyOptions(flags),
    serverName: serverNameOf(flags),
    alpnProtocols: flags.alpn,
    minVersion: flags.minVersion as TlsVersion | undefined,
    maxVersion: flags.maxVersion as TlsVersion | undefined,
    groups: flags.groups,
    signatureSchemes: flags.signatureSchemes,
    unsafelyIgnoreCertificateErrors: flags.unsafelyIgnoreCertificateErrors,
  };
  return checked(options);
}

/**
 * What is trusted.
 *
 * @throws {Failure} If a file cannot be read.
 */
async function trustOptions(
  system: System,
  { caFile, caOnly, crlFile = [] }: TrustFlags,
): Promise<Pick<ClientOptions, "caCerts" | "trust" | "crls">> {
  if (caOnly && caFile === undefined) {
    throw new Failure("usage", "Cannot use --ca-only without --ca-file");
  }
  const authorities = await Promise.all(
    (caFile ?? []).map((path) => readText(system, path)),
  );
  const crls = await Promise.all(
    crlFile.map(async (path) => Crl.parse(await readInput(system, path))),
  );
  return {
    ...caOnly
      ? { trust: TrustStore.of(...authorities) }
      : { caCerts: caFile && authorities },
    ...crls.length > 0 ? { crls } : {},
  };
}

/**
 * The trust store that `verifyChain` gets for the same options.
 *
 * @throws {Failure} If a file cannot be read.
 */
export async function trustStore(
  system: System,
  flags: TrustFlags,
): Promise<TrustStore> {
  const { caFile = [], caOnly } = flags;
  const authorities = await Promise.all(
    caFile.map((path) => readText(system, path)),
  );
  if (caOnly) return TrustStore.of(...authorities);
  return (await TrustStore.default()).with(...authorities);
}

/**
 * Says a caller's mistake as a wrong argument, before anything is dialled.
 *
 * @throws {Failure} If there is one.
 */
export function checked<T extends ClientOptions>(options: T): T {
  try {
    createContext(options);
    return options;
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) {
      throw cause;
    }
    throw new Failure("usage", cause.message, { cause });
  }
}

/**
 * Our certificate with its key.
 *
 * @throws {Failure} If a file cannot be read, or one is missing.
 */
export async function ownCertificate(
  system: System,
  { cert, key, pfx, passphrase }: Pick<
    TlsFlags,
    "cert" | "key" | "pfx" | "passphrase"
  >,
): Promise<Pick<ClientOptions, "cert" | "key" | "pfx" | "passphrase">> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new Failure(
      "usage",
      "Cannot use --cert without --key, nor --key alone",
    );
  }
  return {
    ...cert !== undefined && key !== undefined
      ? {
        cert: await readInput(system, cert),
        key: await readInput(system, key),
      }
      : {},
    ...pfx === undefined ? {} : { pfx: await readInput(system, pfx) },
    ...passphrase === undefined
      ? {}
      : { passphrase: await readSecret(system, "--passphrase", passphrase) },
  };
}

async function presharedKey(
  system: System,
  { psk, pskIdentity }: TlsFlags,
): Promise<Pick<ClientOptions, "psk">> {
  if (psk === undefined && pskIdentity === undefined) return {};
  if (psk === undefined || pskIdentity === undefined) {
    throw new Failure(
      "usage",
      "Cannot use a pre-shared key: expected both --psk and --psk-identity",
    );
  }
  const hex = (await readSecret(system, "--psk", psk)).trim();
  if (!/^([0-9a-f]{2})+$/i.test(hex)) {
    throw new Failure("usage", "Cannot use --psk: expected hexadecimal digits");
  }
  const key = Uint8Array.from(
    hex.match(/../g) ?? [],
    (digits) => parseInt(digits, 16),
  );
  return { psk: { identity: pskIdentity, key } };
}

/** Raw public keys (RFC 7250): those that are trusted too, and our own. */
async function rawKeys(
  system: System,
  { trustKey, rawKey }: TlsFlags,
): Promise<ClientOptions> {
  const keys = trustKey?.map((path) => readInput(system, path));
  return {
    ...keys === undefined ? {} : {
      peerCertificateTypes: ["RawPublicKey", "X509"],
      trustedPublicKeys: await Promise.all(keys),
    },
    ...rawKey === undefined ? {} : {
      certificates: [{
        rawPublicKey: true,
        key: await readInput(system, rawKey),
      }],
    },
  };
}

/** Suites by a string, with the weak ones too where that is asked for. */
function legacyOptions(
  { cipherSuites, legacy, minVersion }: TlsFlags,
): ClientOptions {
  if (!legacy) return { cipherSuites };
  const weak = Object.values(weakCipherSuites);
  return {
    cipherSuites: cipherSuites === undefined
      ? allSuites()
      : parseSuites(cipherSuites, weak),
    minVersion: minVersion === undefined ? "TLSv1" : minVersion as TlsVersion,
    legacy: KINDS.map((kind) => new LegacyPermit(kind)),
  };
}

/**
 * The same with all that is weak, to find out whether that is what a server has.
 * Nothing is ever sent on such a connection, whose server nobody has verified.
 */
export function weakestOptions(options: ClientOptions): ClientOptions {
  return {
    ...options,
    cipherSuites: allSuites(),
    minVersion: "TLSv1",
    maxVersion: undefined,
    groups: undefined,
    signatureSchemes: undefined,
    minDhSize: 1024,
    legacy: KINDS.map((kind) => new LegacyPermit(kind)),
    // What is wrong besides is no matter here: nobody is verified, so that
    // nobody gets to know who we are.
    unsafelyIgnoreCertificateErrors: true,
    ...ANONYMOUS,
  };
}

/** All suites that authenticate the server, the better ones first. */
function allSuites(): (CipherSuiteValue | string)[] {
  const first = defaultCipherSuites(ProtocolVersion.TLSv1);
  const weak = Object.values(weakCipherSuites)
    .filter(({ name }) => !name.includes("_anon_"));
  const rest = listCipherSuites().map(({ name }) => name)
    .filter((name) => !first.some((suite) => suite.name === name))
    .filter((name) => !/PSK/.test(name));
  return [...first, ...rest, ...weak];
}

function parseSuites(
  text: string,
  legacySuites: readonly CipherSuiteValue[],
): CipherSuiteValue[] {
  try {
    return [...parseCipherString(text, { legacySuites }).cipherSuites];
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, { cause });
  }
}

function serverNameOf({ serverName }: TlsFlags): string | false | undefined {
  if (serverName === false) return false;
  return typeof serverName === "string" ? serverName : undefined;
}

/** Without what would tell a server who we are. */
const ANONYMOUS = {
  cert: undefined,
  key: undefined,
  pfx: undefined,
  passphrase: undefined,
  psk: undefined,
  session: undefined,
} as const;

const KINDS = ["keys", "groups", "digests", "sessions"] as const;
