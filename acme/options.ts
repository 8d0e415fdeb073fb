/**
 * The options of `acme()`, and what it tells.
 *
 * @module
 */

import { callObserver } from "../connection/options/hooks.ts";
import {
  checkOptionTypes,
  type OptionType,
} from "../x509/asn1/known_options.ts";
import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import { isDnsName, normalizeDnsName } from "../x509/certificate/name_match.ts";
import type { ExternalAccount } from "./account_key.ts";
import type { Identifier } from "./api.ts";
import type { Clock } from "./clock.ts";
import type { Fetch } from "./http.ts";
import type { SharedStore } from "./store.ts";

/** Options of {@linkcode acme}. */
export interface AcmeOptions {
  /**
   * The URL of the CA's directory, over HTTPS:
   * `"https://acme-v02.api.letsencrypt.org/directory"`.
   */
  directory: string | URL;
  /**
   * DNS names and IP addresses that one certificate is for. A wildcard is
   * refused: the challenge "tls-alpn-01" does not prove it (RFC 8737 section 3).
   */
  domains: readonly string[];
  /**
   * That the terms of service of the CA are agreed to (RFC 8555 section 7.3.3);
   * nothing is asked of the CA without it.
   */
  termsOfServiceAgreed: true;
  /**
   * Where the account, keys and certificates are kept: a folder, which is made if
   * it is not there, or a store, which several machines may share.
   */
  store: string | SharedStore;
  /** Where the CA may write to. */
  email?: string;
  /** One of the profiles that the CA has, such as `"shortlived"`. */
  profile?: string;
  /** An account that the CA gave by other means (RFC 8555 section 7.3.4). */
  externalAccount?: ExternalAccount;
  /**
   * The kind of keys of certificates, as `issueCertificate` has it.
   *
   * @default {"P-256"}
   */
  keyType?: string;
  /**
   * What asks the CA: one with a proxy, or with trust of its own.
   *
   * @default {the runtime's fetch}
   */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Called for each step; what it throws counts for nothing. */
  onEvent?: (event: AcmeEvent) => void;
  /** Ends it, as `close()` does. */
  signal?: AbortSignal;
}

/** What {@linkcode AcmeOptions.onEvent} is given. */
export type AcmeEvent =
  | {
    /** An account was made, or found by its key. */
    readonly type: "account";
    readonly url: string;
    /** The terms of service that were agreed to. */
    readonly termsOfService: string | undefined;
  }
  | {
    /** An order was made; or one of an earlier start goes on. */
    readonly type: "order";
    readonly url: string;
    readonly resumed: boolean;
  }
  | {
    /** The CA was asked to check a name, or has found that it is ours. */
    readonly type: "challenge" | "validated";
    readonly domain: string;
  }
  | {
    /** A certificate is in use: a new one, or one of the store. */
    readonly type: "issued" | "loaded";
    readonly notAfter: Date;
    readonly serialNumber: string;
  }
  | {
    /** When the certificate will be renewed. */
    readonly type: "scheduled";
    readonly renewAt: Date;
    /** Where the CA explains it (RFC 9773 section 4.2). */
    readonly explanationUrl: string | undefined;
  }
  | {
    /** Something failed, and is tried again. */
    readonly type: "failed";
    readonly error: Error;
    readonly nextAttempt: Date;
  };

/** The options, looked at. */
export interface AcmeSettings {
  readonly directory: string;
  readonly identifiers: readonly Identifier[];
  /** The path of a folder, or a store. */
  readonly store: string | SharedStore;
  readonly contact: readonly string[];
  readonly profile: string | undefined;
  readonly externalAccount: ExternalAccount | undefined;
  readonly keyType: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  /** Tests have their own; the runtime's, if it is missing. */
  readonly clock?: Clock;
  tell(event: AcmeEvent): void;
}

/**
 * Finds a caller's mistakes.
 *
 * @throws {TypeError} If there is one.
 */
export function readAcmeOptions(options: AcmeOptions): AcmeSettings {
  checkOptionTypes(CANNOT, options, OPTIONS);
  for (const name of ["directory", "domains", "store"] as const) {
    if (options[name] === undefined) {
      throw new TypeError(`${CANNOT}: "${name}" is missing`);
    }
  }
  if (options.termsOfServiceAgreed !== true) {
    throw new TypeError(
      `${CANNOT}: read the terms of service of the CA and give "termsOfServiceAgreed: true"`,
    );
  }
  const { store, email, onEvent, profile, externalAccount, signal } = options;
  return {
    directory: directoryUrl(options.directory),
    identifiers: identifiersOf(options.domains),
    store,
    contact: email === undefined ? [] : [`mailto:${email}`],
    profile,
    externalAccount,
    keyType: options.keyType ?? "P-256",
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    signal,
    // A hook that looks on fails nothing.
    tell: (event) => callObserver(() => onEvent?.(event)),
  };
}

function directoryUrl(directory: string | URL): string {
  const url = URL.parse(directory);
  if (url?.protocol !== "https:") {
    throw new TypeError(
      `${CANNOT}: expected an https URL for "directory" (RFC 8555 section 6.1), got "${directory}"`,
    );
  }
  return url.href;
}

function identifiersOf(domains: readonly string[]): Identifier[] {
  if (domains.length === 0) {
    throw new TypeError(`${CANNOT}: "domains" is empty`);
  }
  const identifiers = domains.map(identifierOf);
  return identifiers.filter(({ value }, at) =>
    identifiers.findIndex((other) => other.value === value) === at
  );
}

function identifierOf(domain: string): Identifier {
  if (parseIpAddress(domain) !== undefined) {
    // RFC 8738 section 3: in the canonical form, which URLs have as well.
    const host = domain.includes(":") ? `[${domain}]` : domain;
    const { hostname } = new URL(`https://${host}`);
    return { type: "ip", value: hostname.replace(/^\[|\]$/g, "") };
  }
  if (domain.startsWith("*.")) {
    throw new TypeError(
      `${CANNOT}: "${domain}" is a wildcard, which the challenge "tls-alpn-01" does not prove (RFC 8737 section 3); list the names`,
    );
  }
  const value = dnsName(domain);
  if (value !== undefined) return { type: "dns", value };
  throw new TypeError(
    `${CANNOT}: "${domain}" in "domains" is not a DNS name or an IP address`,
  );
}

function dnsName(domain: string): string | undefined {
  try {
    const name = normalizeDnsName(domain);
    return isDnsName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

const CANNOT = "Cannot use the options of acme()";

const text: OptionType = ["text", (v) => typeof v === "string"];
const aFunction: OptionType = ["a function", (v) => typeof v === "function"];

const OPTIONS: Readonly<Record<keyof AcmeOptions, OptionType>> = {
  directory: [
    "a URL",
    (v) => typeof v === "string" || v instanceof URL,
  ],
  domains: [
    "a list of texts",
    (v) => Array.isArray(v) && v.every((each) => typeof each === "string"),
  ],
  termsOfServiceAgreed: ["true", (v) => v === true],
  store: [
    "the path of a folder, or a store with get(), set(), delete() and compareAndSet()",
    (v) => typeof v === "string" && v !== "" || isStore(v),
  ],
  email: [
    "an address",
    (v) => typeof v === "string" && /^[^@\s,?]+@[^@\s,?]+$/.test(v),
  ],
  profile: text,
  externalAccount: [
    "{ keyId, hmacKey }",
    (v) =>
      isObject(v) && typeof v.keyId === "string" &&
      typeof v.hmacKey === "string",
  ],
  keyType: text,
  fetch: aFunction,
  onEvent: aFunction,
  signal: ["an AbortSignal", (v) => v instanceof AbortSignal],
};

function isStore(value: unknown): boolean {
  return isObject(value) &&
    ["get", "set", "delete", "compareAndSet"].every((name) =>
      typeof value[name] === "function"
    );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
