/**
 * What the value of an option may be: the checks that the table of
 * `option_rules.ts` is made of.
 *
 * @module
 */

import { TICKET_KEY_SIZES } from "../../handshake/ticket_keys.ts";
import { checkCertificates, checkSigner } from "../../x509/key_pair.ts";
import { parseReferenceName } from "../../x509/name_match.ts";
import type { Signer } from "../../x509/private_key.ts";
import { namePattern } from "./server_names.ts";

/** What a value is, for an error. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

/** What the value of an option must be; throws if it is not. */
export type Check = (value: unknown, name: string) => void;

/** What a predicate holds of. */
export function wants(what: string, holds: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!holds(value)) {
      throw new TypeError(
        `Cannot use option "${name}": ${what} is wanted, not ${kindOf(value)}`,
      );
    }
  };
}

/** A string. */
export const isString: Check = wants("a string", (v) => typeof v === "string");
/** A boolean. */
export const isBoolean: Check = wants(
  "true or false",
  (v) => typeof v === "boolean",
);
/** A function. */
export const isFunction: Check = wants(
  "a function",
  (v) => typeof v === "function",
);
/** A `Uint8Array`. */
export const isBytes: Check = wants(
  "a Uint8Array",
  (v) => v instanceof Uint8Array,
);
/** Bytes, one at the least. */
export const isSomeBytes: Check = wants(
  "a Uint8Array that is not empty",
  (v) => v instanceof Uint8Array && v.length > 0,
);
/** Any object. */
export const isObject: Check = wants(
  "an object",
  (v) => typeof v === "object" && v !== null,
);
/** A string or bytes. */
export const isText: Check = wants(
  "a string or a Uint8Array",
  (v) => typeof v === "string" || v instanceof Uint8Array,
);
/** A list. */
export const isList: Check = wants("a list", Array.isArray);
/** What opens a key. */
export const isPassphrase: Check = wants(
  "a string, a Uint8Array or a function",
  (v) =>
    typeof v === "string" || v instanceof Uint8Array ||
    typeof v === "function",
);
/** Names, in one string or a list. */
export const isNames: Check = wants(
  "a string or a list",
  (v) => typeof v === "string" || Array.isArray(v),
);
/** A list, each item of which passes a check. */
export function isListOf(check: Check): Check {
  return (value, name) => {
    isList(value, name);
    for (const item of value as unknown[]) check(item, name);
  };
}

/** Certificates: PEM, DER of one, or a list of those that were read. */
export const isCertificates: Check = (value, name) => {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  told(name, () => checkCertificates(value));
};

/** A private key: PEM, DER, or what signs. */
export const isKey: Check = (value, name) => {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  told(name, () => checkSigner(value as Signer));
};

/** A certificate with its key, read or to be read. */
export const isIdentity: Check = (value, name) => {
  isObject(value, name);
  const given = value as Readonly<Record<string, unknown>>;
  isCertificates(given.chain ?? given.cert, name);
  isKey(given.key, name);
  if (given.passphrase !== undefined) isPassphrase(given.passphrase, name);
};

/** A DNS name, or all names that differ in the first label alone. */
export const isNamePattern: Check = (value, name) => {
  isString(value, name);
  told(name, () => namePattern(value as string));
};

/** Certificates by name: a table, whose values are another matter, or a look-up. */
export const isSni: Check = (value, name) => {
  if (typeof value === "function") return;
  // A Map, say, has no names of its own that could be seen.
  wants("a plain object or a function", isPlainObject)(value, name);
  for (const pattern of Object.keys(value as object)) {
    isNamePattern(pattern, name);
  }
};

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Has an error say which option it is about. */
function told(name: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    const { message } = error as Error;
    throw new TypeError(`Cannot use option "${name}": ${message}`, {
      cause: error,
    });
  }
}

/** A session ID context. */
export const isSessionIdContext: Check = (value, name) => {
  isText(value, name);
  const { length } = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value as Uint8Array;
  if (length > MAX_SESSION_ID_CONTEXT) {
    throw new RangeError(
      `Cannot use option "${name}": it has ${length} bytes, and ${MAX_SESSION_ID_CONTEXT} are the most`,
    );
  }
};

/** A whole number within bounds. */
export function isInteger(min: number, max: number): Check {
  return (value, name) => {
    if (typeof value !== "number") {
      throw new TypeError(
        `Cannot use option "${name}": a number is wanted, not ${kindOf(value)}`,
      );
    }
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(
        `Cannot use option "${name}": ${value} is not a whole number from ${min} to ${max}`,
      );
    }
  };
}

/** One of the lengths that max_fragment_length can be (RFC 6066 section 4). */
export const isFragmentLength: Check = (value, name) => {
  wants("a number", (v) => typeof v === "number")(value, name);
  if (![512, 1024, 2048, 4096].includes(value as number)) {
    throw new RangeError(
      `Cannot use option "${name}": 512, 1024, 2048 and 4096 are possible, not ${value}`,
    );
  }
};

/** One of some strings. */
export function isOneOf(...values: string[]): Check {
  return (value, name) => {
    if (typeof value !== "string" || !values.includes(value)) {
      throw new TypeError(
        `Cannot use option "${name}": ${
          values.map((each) => `"${each}"`).join(", ")
        } are possible, not ${
          typeof value === "string" ? `"${value}"` : kindOf(value)
        }`,
      );
    }
  };
}

/** Whether and how clients are authenticated. */
export const isClientAuth: Check = isOneOf(
  "none",
  "request",
  "require-any",
  "verify-if-given",
  "require",
);

/** An object with certain methods. */
export function hasMethods(...names: string[]): Check {
  return wants(
    `an object with ${names.join(", ")}`,
    (value) =>
      typeof value === "object" && value !== null &&
      names.every((name) => typeof Reflect.get(value, name) === "function"),
  );
}

/** ALPN protocols. */
export const isAlpn: Check = (value, name) => {
  isList(value, name);
  for (const protocol of value as unknown[]) {
    const length = typeof protocol === "string"
      ? new TextEncoder().encode(protocol).length
      : 0;
    // RFC 7301 section 3.1: opaque ProtocolName<1..2^8-1>.
    if (length < 1 || length > 255) {
      throw new TypeError(
        `Cannot use option "${name}": a protocol is a string of 1 to 255 bytes`,
      );
    }
  }
};

/** A name of a server, or none. */
export const isServerName: Check = (value, name) => {
  if (value === false) return;
  wants("a string or false", (v) => typeof v === "string")(value, name);
  parseReferenceName(value as string);
};

/** Keys of tickets: 48 or 32 bytes each, one at least. */
export const isTicketKeys: Check = (value, name) => {
  isList(value, name);
  const keys = value as unknown[];
  const sizes: readonly number[] = TICKET_KEY_SIZES;
  if (
    keys.length === 0 ||
    !keys.every((key) =>
      key instanceof Uint8Array && sizes.includes(key.length)
    )
  ) {
    throw new TypeError(
      `Cannot use "${name}": each must have 48 or 32 bytes, and there must be one`,
    );
  }
};

/** In bytes; OpenSSL's SSL_MAX_SID_CTX_LENGTH. */
const MAX_SESSION_ID_CONTEXT = 32;
