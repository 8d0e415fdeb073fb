/**
 * Certificates and keys as Node's options have them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { TlsError } from "../../errors.ts";
import { type Identity, parseKeyPair } from "../../x509/keys/key_pair.ts";
import { parsePfx } from "../../x509/keys/pfx.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import {
  invalidArgType,
  type NodeError,
  nodeError,
  requireString,
} from "./errors.ts";

/** Bytes or text, as Node's options take them. */
export type BinaryLike = string | ArrayBufferView;

/** A key that has its own passphrase. */
export interface KeyWithPassphrase {
  /** PEM. */
  readonly pem: BinaryLike;
  /** Opens it. */
  readonly passphrase?: string | undefined;
}

/** A PFX file that has its own passphrase. */
export interface PfxWithPassphrase {
  /** The file. */
  readonly buf: BinaryLike;
  /** Opens it. */
  readonly passphrase?: string | undefined;
}

/** The options about our own certificates. */
export interface CredentialOptions {
  /** Certificates: PEM or DER, each with its chain. */
  cert?: BinaryLike | readonly BinaryLike[] | null | undefined | false;
  /** Their keys. */
  key?:
    | BinaryLike
    | readonly (BinaryLike | KeyWithPassphrase)[]
    | null
    | undefined
    | false;
  /** Opens keys and PFX files that have no passphrase of their own. */
  passphrase?: string | null | undefined;
  /** Certificates with their keys in PKCS #12. */
  pfx?:
    | BinaryLike
    | readonly (BinaryLike | PfxWithPassphrase)[]
    | null
    | undefined
    | false;
}

/** Our certificates, checked as far as that takes no time. */
export interface Credentials {
  /** Reads the rest: keys, PFX files. */
  load(): Promise<LoadedCredentials>;
  /** Whether there is a certificate. */
  readonly any: boolean;
  /** The certificates that were read at once. */
  readonly chains: readonly (readonly Certificate[])[];
}

/** Our certificates, read. */
export interface LoadedCredentials {
  /** Each chain with its key. */
  readonly identities: readonly Identity[];
  /** Authorities that came in PFX files. */
  readonly caCerts: readonly Certificate[];
}

/**
 * Reads certificates and keys as far as that is possible at once.
 *
 * @throws {TypeError} If a value has a wrong type.
 * @throws {Error} If a key cannot be read or belongs to no certificate, with
 * the code of OpenSSL's.
 */
export function readCredentials(options: CredentialOptions): Credentials {
  const { cert, key, passphrase, pfx } = options;
  if (passphrase !== undefined && passphrase !== null) {
    requireString(passphrase, "options.passphrase");
  }
  const certs = listOf(cert).map((each) => binary(each, "options.cert"));
  const keys = listOf(key).map((each) =>
    readKey(each, passphrase, Array.isArray(key))
  );
  const files = listOf(pfx).map((each) => pfxFile(each, passphrase));
  const chains = certs.map(readChain);
  const parsed = keys.map((each) => keyObject(each));
  checkPairs(chains, parsed);
  return {
    any: certs.length > 0 || files.length > 0,
    chains,
    async load() {
      const identities: Identity[] = [];
      const caCerts: Certificate[] = [];
      for (const chain of chains) {
        const own = keys[keyIndex(chain, parsed)];
        if (own === undefined) continue;
        identities.push(
          await parseKeyPair(chain, own.pem, passphraseOf(own.passphrase)),
        );
      }
      for (const { buf, passphrase } of files) {
        const { caCerts: others, ...identity } = await parsePfx(
          buf,
          passphraseOf(passphrase),
        ).catch((error) => {
          throw pfxError(error);
        });
        identities.push(identity);
        caCerts.push(...others);
      }
      return { identities: lastOfEachType(identities), caCerts };
    },
  };
}

/** The values of an option that may be one or a list. */
export function listOf<T>(
  value: T | readonly T[] | null | undefined | false | "",
): readonly T[] {
  if (!value) return [];
  return Array.isArray(value) ? value : [value as T];
}

/**
 * Bytes of text or of any view.
 *
 * @throws {TypeError} If it is neither.
 */
export function binary(value: unknown, name: string): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength));
  }
  throw invalidArgType(
    name,
    "of type string or an instance of Buffer, TypedArray, or DataView",
    value,
  );
}

interface OwnKey {
  readonly pem: Buffer;
  readonly passphrase: string | undefined;
}

interface PfxFile {
  readonly buf: Buffer;
  readonly passphrase: string | undefined;
}

function readKey(
  value: unknown,
  shared: string | null | undefined,
  isListed: boolean,
): OwnKey {
  const isObject = isListed && typeof value === "object" && value !== null &&
    !ArrayBuffer.isView(value) && "pem" in value;
  const pem = isObject ? value.pem : value;
  const own = isObject && "passphrase" in value ? value.passphrase : undefined;
  const passphrase = own ?? shared;
  if (passphrase !== undefined && passphrase !== null) {
    requireString(passphrase, "options.passphrase");
  }
  return {
    pem: binary(pem, "options.key"),
    passphrase: passphrase ?? undefined,
  };
}

function pfxFile(value: unknown, shared: string | null | undefined): PfxFile {
  const isObject = typeof value === "object" && value !== null &&
    !ArrayBuffer.isView(value) && "buf" in value;
  const own = isObject && "passphrase" in value ? value.passphrase : undefined;
  const passphrase = own ?? shared;
  if (passphrase !== undefined && passphrase !== null) {
    requireString(passphrase, "options.passphrase");
  }
  return {
    buf: binary(isObject ? value.buf : value, "options.pfx"),
    passphrase: passphrase ?? undefined,
  };
}

function readChain(pem: Buffer): readonly Certificate[] {
  try {
    return pem.includes("-----BEGIN")
      ? Certificate.fromPem(pem.toString("latin1"))
      : [Certificate.parse(pem)];
  } catch (cause) {
    throw nodeError(
      "ERR_OSSL_PEM_NO_START_LINE",
      "error:0480006C:PEM routines::no start line",
      Error,
      { library: "PEM routines", reason: "no start line", cause },
    );
  }
}

/**
 * OpenSSL says at once what is wrong with a key. Where the platform cannot read
 * it, ours may: then it is read when it is needed.
 */
function keyObject({ pem, passphrase }: OwnKey): KeyObject | undefined {
  try {
    return createPrivateKey({
      key: pem,
      format: "pem",
      // Without one OpenSSL would ask at the terminal.
      passphrase: passphrase ?? "",
    });
  } catch (error) {
    const isSecret = /bad decrypt/.test(String(error));
    if ("Deno" in globalThis && pem.includes("-----BEGIN") && !isSecret) {
      return undefined;
    }
    throw error;
  }
}

function checkPairs(
  chains: readonly (readonly Certificate[])[],
  keys: readonly (KeyObject | undefined)[],
): void {
  if (chains.length === 0 || keys.length === 0 || keys.includes(undefined)) {
    return;
  }
  for (const chain of chains) {
    if (keyIndex(chain, keys) === -1) throw mismatch();
  }
}

/** Which key belongs to a chain: an unreadable one may be the one. */
function keyIndex(
  chain: readonly Certificate[],
  keys: readonly (KeyObject | undefined)[],
): number {
  const [leaf] = chain;
  if (leaf === undefined) return -1;
  const certificate = new X509Certificate(leaf.raw);
  const found = keys.findIndex((key) =>
    key !== undefined && certificate.checkPrivateKey(key)
  );
  return found === -1 ? keys.indexOf(undefined) : found;
}

function mismatch(): NodeError {
  return nodeError(
    "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
    "error:05800074:x509 certificate routines::key values mismatch",
    Error,
    {
      library: "x509 certificate routines",
      reason: "key values mismatch",
    },
  );
}

/** OpenSSL has one certificate of each type of key: the one given last. */
function lastOfEachType(identities: readonly Identity[]): Identity[] {
  const byType = new Map<string, Identity>();
  for (const identity of identities) {
    byType.set(identity.key.publicKey.type, identity);
  }
  return [...byType.values()];
}

/** What Node says of a PFX file that cannot be used. */
function pfxError(cause: unknown): unknown {
  if (!(cause instanceof TlsError)) return cause;
  switch (cause.code) {
    case "wrong_passphrase":
    case "passphrase_required":
      return nodeError(
        "ERR_CRYPTO_OPERATION_FAILED",
        "mac verify failure",
        Error,
        {
          cause,
        },
      );
    case "unsupported_key":
      return nodeError(
        "ERR_CRYPTO_UNSUPPORTED_OPERATION",
        "Unsupported PKCS12 PFX data",
        Error,
        { cause },
      );
    default:
      return nodeError(
        "ERR_CRYPTO_OPERATION_FAILED",
        "Unable to load private key from PFX data",
        Error,
        { cause },
      );
  }
}

function passphraseOf(
  passphrase: string | undefined,
): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase };
}
