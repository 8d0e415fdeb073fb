/**
 * What many connections share: certificates, authorities, versions, suites.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type {
  ContextOptions,
  TlsOptions,
} from "../../connection/options/options.ts";
import { parseSignatureSchemes } from "../../crypto/suites/names.ts";
import {
  refusalOfKey,
  securityPolicy,
} from "../../crypto/suites/security_level.ts";
import { SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Signer } from "../../x509/keys/private_key.ts";
import { Crl } from "../../x509/status/crl.ts";
import { automaticDhParams } from "./automatic_dh.ts";
import { getCACertificates } from "./authorities.ts";
import {
  issuerAmong,
  readAuthorities,
  trustOf,
  withIssuers,
} from "./chains.ts";
import { readCertificateCompression } from "./certificate_compression.ts";
import { readCiphers, readGroups, readSignatureSchemes } from "./ciphers.ts";
import { checkServerOptions, refuseEngines } from "./context_checks.ts";
import type { SecureContextOptions } from "./context_options.ts";
import {
  binary,
  type BinaryLike,
  type Credentials,
  listOf,
  readCredentials,
} from "./credentials.ts";
import { defaults } from "./defaults.ts";
import { nodeError } from "./errors.ts";
import { sslError } from "./openssl_errors.ts";
import { readSecureOptions, type SecureBits } from "./secure_options.ts";
import { type VersionRange, versionRange } from "./protocols.ts";

export type { SecureContextOptions };

/** The options of either side, as ours. */
export type SharedOptions = Omit<TlsOptions, "psk" | "earlyData" | "ech">;

/** The part of OpenSSL's context that programs reach for. */
export interface ContextHandle {
  /** Adds an authority, in PEM. */
  addCACert(pem: BinaryLike): void;
}

/**
 * What many connections share: what `createSecureContext` returns.
 *
 * @example One context, many connections
 * ```ts
 * import { SecureContext } from "@x/tls/node/tls";
 * import { assert } from "@std/assert";
 *
 * const secureContext = new SecureContext({ minVersion: "TLSv1.3" });
 * assert(secureContext.context !== undefined);
 * ```
 */
export class SecureContext {
  /** What programs reach for that know Node's inside. */
  readonly context: ContextHandle;
  /** @internal Whether there is a certificate to show. */
  readonly hasIdentity: boolean;
  /** @internal The keys of tickets that the options have. */
  readonly ticketKeys: Buffer | undefined;
  /** @internal What `secureOptions` says. */
  readonly bits: SecureBits;
  readonly #options: SecureContextOptions;
  readonly #versions: VersionRange;
  readonly #dhParams: Buffer | string | null | undefined;
  /** The versions are those of one method, such as TLSv1_1_method. */
  readonly isFixedVersion: boolean;
  readonly #credentials: Credentials;
  readonly #base: SharedOptions & {
    readonly signatureSchemes: string | undefined;
  };
  /** Those of `ca`. */
  #authorities: Certificate[] | undefined;
  /** Those that came in addition to them, or to the default ones. */
  readonly #added: Certificate[] = [];
  #loading: Promise<SharedOptions> | undefined;
  #revision = 0;

  /**
   * Checks options.
   *
   * @param options The options.
   * @throws {TypeError} If one has a wrong type or an unknown value.
   * @throws {Error} With OpenSSL's code, if a key or list cannot be read.
   */
  constructor(options: SecureContextOptions = {}) {
    this.#options = options;
    this.bits = readSecureOptions(options.secureOptions);
    const ciphers = readCiphers(options.ciphers);
    const versions = versionRange(options, defaults.versions);
    this.#versions = ciphers?.isTls13Only && versions.maxVersion === "TLSv1.3"
      ? { ...versions, minVersion: "TLSv1.3" }
      : versions;
    this.isFixedVersion = /^TLSv1/.test(options.secureProtocol ?? "");
    this.#authorities = readAuthorities(options.ca);
    // Warns at once of a file that is missing.
    if (this.#authorities === undefined) getCACertificates("extra");
    refuseEngines(options);
    this.#credentials = readCredentials(options);
    this.hasIdentity = this.#credentials.any;
    requireStrongKeys(this.#credentials.chains, ciphers?.securityLevel);
    this.#base = {
      ...this.#versions,
      cipherSuites: ciphers?.text ?? defaults.ciphers,
      groups: readGroups(options.ecdhCurve ?? defaults.ecdhCurve),
      signatureSchemes: readSignatureSchemes(options.sigalgs),
      crls: readCrls(options.crl),
      certificateCompression: readCertificateCompression(
        options.certificateCompression,
      ),
    };
    checkServerOptions(options);
    const { dhparam, ticketKeys } = options;
    this.#dhParams = dhparam && dhparam !== "auto"
      ? binary(dhparam, "options.dhparam")
      : dhparam;
    this.ticketKeys = ticketKeys
      ? binary(ticketKeys, "options.ticketKeys")
      : undefined;
    this.context = { addCACert: (pem) => this.#addAuthority(pem) };
  }

  /** @internal The versions. */
  get versions(): VersionRange {
    return this.#versions;
  }

  /** @internal The options of either side, for `createContext`. */
  load(): Promise<SharedOptions> {
    return this.#loading ??= this.#load();
  }

  /** @internal The options of a server alone. */
  serverOptions(): ContextOptions {
    const { sessionIdContext, sessionTimeout } = this.#options;
    const { honorCipherOrder } = this.#options;
    const [leaf] = this.#credentials.chains[0] ?? [];
    const dhParams = this.#dhParams === "auto"
      ? leaf && automaticDhParams(leaf)
      : this.#dhParams;
    const { hidesAuthorities, noTickets, prefersOurs } = this.bits;
    const names = hidesAuthorities ? [] : this.#allAuthorities;
    return {
      preferServerCipherSuites: Boolean(honorCipherOrder) || prefersOurs,
      // OpenSSL: SSL_CTX_set_timeout(3).
      sessionTimeout: Math.min(sessionTimeout || 7200, 604_800),
      certificateAuthorities: names.map((each) => each.raw),
      ...(sessionIdContext
        ? { sessionIdContext: sessionIdContext.slice(0, 32) }
        : {}),
      ...(dhParams ? { dhParams } : {}),
      ...(noTickets ? { tickets: 0 } : {}),
    };
  }

  async #load(): Promise<SharedOptions> {
    const { identities, caCerts } = await this.#credentials.load();
    this.#added.push(...caCerts);
    const issuers = this.#allAuthorities;
    const { signatureSchemes } = this.#base;
    return {
      ...this.#base,
      certificates: identities.map(({ chain, key }) => ({
        chain: withIssuers(chain, issuers),
        key: limitedTo(signatureSchemes, key),
      })),
      trust: trustOf(this.#authorities, this.#added),
    };
  }

  /**
   * @internal Whether a certificate of `ca` may end a chain: OpenSSL goes on to
   * a certificate that is its own issuer, unless `allowPartialTrustChain` is set.
   */
  mayEndChain(anchor: Certificate): boolean {
    if (this.#options.allowPartialTrustChain) return true;
    const seen = new Set<Certificate>();
    let last: Certificate | undefined = anchor;
    while (last !== undefined && !last.isSelfIssued && !seen.has(last)) {
      seen.add(last);
      last = this.issuerOf(last);
    }
    return last?.isSelfIssued ?? false;
  }

  /** @internal The issuer of a certificate, if it is among the authorities. */
  issuerOf(certificate: Certificate): Certificate | undefined {
    return issuerAmong(certificate, this.#allAuthorities);
  }

  #addAuthority(pem: BinaryLike): void {
    this.#added.push(...readAuthorities(pem) ?? []);
    this.#loading = undefined;
    this.#revision++;
  }

  /** @internal Counts changes: what was made of an older one is made anew. */
  get revision(): number {
    return this.#revision;
  }

  get #allAuthorities(): readonly Certificate[] {
    return [...this.#authorities ?? [], ...this.#added];
  }
}

/**
 * Checks options that many connections share.
 *
 * @param options The options.
 * @returns The context, for `secureContext`.
 * @throws {TypeError} If one has a wrong type or an unknown value.
 * @throws {Error} With OpenSSL's code, if a key or list cannot be read.
 *
 * @example A certificate for a name
 * ```ts
 * import { createSecureContext, createServer } from "@x/tls/node/tls";
 * import { issueCertificate } from "@x/tls/x509";
 *
 * const { cert, key } = await issueCertificate({ names: ["a.test"] });
 * const server = createServer();
 * server.addContext("a.test", createSecureContext({ cert, key }));
 * ```
 */
export function createSecureContext(
  options?: SecureContextOptions | null,
): SecureContext {
  return new SecureContext(options ?? {});
}

/** OpenSSL's `sigalgs` are those that we sign with, too. */
function limitedTo(names: string | undefined, key: Signer): Signer {
  if (names === undefined) return key;
  const ids = parseSignatureSchemes(names);
  const { publicKey, schemes = SCHEMES } = key;
  return {
    publicKey,
    schemes: schemes.filter((name) => ids.includes(SignatureScheme[name])),
    sign: (scheme, data) => key.sign(scheme, data),
  };
}

/** @throws {Error} If a key is weaker than the security level asks for. */
function requireStrongKeys(
  chains: readonly (readonly Certificate[])[],
  level: number | undefined,
): void {
  const security = securityPolicy(level);
  for (const [leaf] of chains) {
    const weak = leaf && refusalOfKey(leaf.publicKey, security);
    if (weak) throw sslError("ee key too small");
  }
}

function readCrls(
  crl: SecureContextOptions["crl"],
): readonly Crl[] | undefined {
  if (crl === undefined || crl === null) return undefined;
  return listOf(crl).map((each) => {
    const bytes = binary(each, "options.crl");
    try {
      return Crl.parse(
        bytes.includes("-----BEGIN") ? bytes.toString("latin1") : bytes,
      );
    } catch (cause) {
      throw nodeError(
        "ERR_CRYPTO_OPERATION_FAILED",
        "Failed to parse CRL",
        Error,
        {
          cause,
        },
      );
    }
  });
}

// The type of Object.keys() forgets what they are.
const SCHEMES = Object.keys(
  SignatureScheme,
) as (keyof typeof SignatureScheme)[];
