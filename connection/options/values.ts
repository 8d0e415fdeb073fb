/**
 * The readers of option values, which the table of options uses. Each returns
 * the value in the form that the code below uses.
 *
 * @module
 */

import { copied } from "../../crypto/primitives/bytes.ts";
import { kindOf, readDictionary } from "../../dictionary.ts";
import { bytesOfName, nameOfBytes } from "../../encoding.ts";
import type { ClientAuth } from "../../handshake/common/config.ts";
import type {
  CertificateCompression,
  CertificateCompressor,
} from "../../handshake/common/certificate_compressor.ts";
import type { TraceDepth } from "../../handshake/common/connection_config.ts";
import {
  type MaxFragmentLength,
  maxFragmentLengthOf,
} from "../../handshake/messages/limits.ts";
import {
  type CertificateInput,
  checkCertificates,
  checkSigner,
  type KeyInput,
} from "../../x509/keys/inputs.ts";
import type { Passphrase, Signer } from "../../x509/keys/private_key.ts";
import { builtin } from "../../platform/builtin.ts";
import {
  CertificateCompressionAlgorithm,
  CertificateType,
} from "../../registry.ts";
import type {
  ClientEchOption,
  EchKeysOption,
  ServerEchOption,
} from "./ech_options.ts";
import type { IdentityInput } from "./identity_options.ts";

/** Reads the value of the option `name`; throws if it is not valid. */
export type Parse<T> = (value: unknown, name: string) => T;

/**
 * Refuses the value of an option.
 *
 * @param wanted The expected value.
 * @throws {TypeError} Always.
 */
export function refuse(name: string, wanted: string, value: unknown): never {
  throw new TypeError(
    `Cannot use option "${name}": expected ${wanted}, got ${kindOf(value)}`,
  );
}

/** A value that satisfies a type guard. */
export function expected<T>(
  wanted: string,
  holds: (value: unknown) => value is T,
): Parse<T> {
  return (value, name) => holds(value) ? value : refuse(name, wanted, value);
}

/** A string. */
export const string: Parse<string> = expected(
  "a string",
  (v) => typeof v === "string",
);
/** A boolean. */
export const boolean: Parse<boolean> = expected(
  "true or false",
  (v) => typeof v === "boolean",
);
/** A `Uint8Array`, of which it returns a copy. */
export const bytes: Parse<Uint8Array> = (value, name) =>
  value instanceof Uint8Array
    ? new Uint8Array(value)
    : refuse(name, "a Uint8Array", value);
/** A copy of bytes, one at least. */
export const someBytes: Parse<Uint8Array> = (value, name) =>
  value instanceof Uint8Array && value.length > 0
    ? new Uint8Array(value)
    : refuse(name, "a Uint8Array that is not empty", value);
/** An object. */
export const object: Parse<object> = expected(
  "an object",
  (v) => typeof v === "object" && v !== null,
);
/** A string or bytes: PEM or DER. */
export const text: Parse<string | Uint8Array> = expected(
  "a string or a Uint8Array",
  (v) => typeof v === "string" || v instanceof Uint8Array,
);
/** A list. */
export const list: Parse<readonly unknown[]> = expected(
  "a list",
  (v): v is readonly unknown[] => Array.isArray(v),
);

/** A function of the option's type. */
export function func<F>(): Parse<F> {
  return expected("a function", (v): v is F => typeof v === "function");
}

/** A list, each item of which is read. */
export function listOf<T>(parse: Parse<T>): Parse<readonly T[]> {
  return (value, name) => list(value, name).map((item) => parse(item, name));
}

/** A whole number within bounds. */
export function integer(min: number, max: number): Parse<number> {
  return (value, name) => {
    if (typeof value !== "number") return refuse(name, "a number", value);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new RangeError(
      `Cannot use option "${name}": expected a whole number from ${min} to ${max}, got ${value}`,
    );
  };
}

/** One of some strings. */
export function oneOf<const T extends string>(
  ...values: readonly T[]
): Parse<T> {
  return (value, name) => {
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw new TypeError(
      `Cannot use option "${name}": expected ${
        values.map((each) => `"${each}"`).join(", ")
      }, got ${typeof value === "string" ? `"${value}"` : kindOf(value)}`,
    );
  };
}

/** How much a trace says. */
export const traceDepth: Parse<TraceDepth> = oneOf("messages", "fields");

/** Whether and how clients are authenticated. */
export const clientAuth: Parse<ClientAuth> = oneOf(
  "none",
  "request",
  "require-any",
  "verify-if-given",
  "require",
);

/** An object with certain methods. */
export function methods<T>(...names: string[]): Parse<T> {
  return expected(
    `an object with ${names.join(", ")}`,
    (value): value is T =>
      typeof value === "object" && value !== null &&
      names.every((name) => typeof Reflect.get(value, name) === "function"),
  );
}

/** A passphrase, or a function that returns it. */
export const passphrase: Parse<Passphrase> = (value, name) =>
  typeof value === "function"
    ? value as Passphrase // what it returns is checked when it is called
    : typeof value === "string" || value instanceof Uint8Array
    ? copied(value)
    : refuse(name, "a string, a Uint8Array or a function", value);

/** Names, in one string or a list, that another reader knows. */
export function names<T>(
  read: (value: string | readonly string[], name: string) => T,
): Parse<T> {
  return (value, name) =>
    typeof value === "string" || Array.isArray(value)
      ? read(value as string | readonly string[], name)
      : refuse(name, "a string or a list", value);
}

/** Certificates: PEM, DER of one, or a list of parsed ones. */
export const certificateInput: Parse<CertificateInput> = (value, name) =>
  typeof value === "string" || value instanceof Uint8Array
    ? copied(value)
    : about(name, () => checkCertificates(value).slice());

/** A private key: PEM, DER, or a `Signer`. */
export const keyInput: Parse<KeyInput> = (value, name) =>
  typeof value === "string" || value instanceof Uint8Array
    ? copied(value)
    : about(name, () => checkSigner(value as Signer));

/** A certificate with its key, parsed or to be parsed. */
export const identityInput: Parse<IdentityInput> = (value, name) => {
  const isRead = typeof value === "object" && value !== null &&
    "chain" in value;
  const isRaw = typeof value === "object" && value !== null &&
    "rawPublicKey" in value;
  const given = readDictionary(
    value,
    `Cannot use option "${name}"`,
    isRead
      ? IDENTITY_MEMBERS
      : isRaw
      ? RAW_IDENTITY_MEMBERS
      : IDENTITY_INPUT_MEMBERS,
  );
  // Keep the caller's object itself: it is the key under which the parsed
  // identity is found again.
  if (isRead) {
    certificateInput(given.chain, name);
    keyInput(given.key, name);
    return value as IdentityInput;
  }
  if (isRaw && given.rawPublicKey !== true) refuse(name, "true", value);
  const read = {
    ...given,
    ...!isRaw && { cert: certificateInput(given.cert, name) },
    key: keyInput(given.key, name),
    ...given.passphrase !== undefined && {
      passphrase: passphrase(given.passphrase, name),
    },
    ...given.delegatedCredential !== undefined && {
      delegatedCredential: someBytes(given.delegatedCredential, name),
    },
  };
  return read as unknown as IdentityInput;
};

/** A key that is shown without a certificate (RFC 7250). */
const RAW_IDENTITY_MEMBERS = new Set(["rawPublicKey", "key", "passphrase"]);

/** `cert` and `key`, and what opens it. */
const IDENTITY_INPUT_MEMBERS = new Set([
  "cert",
  "key",
  "passphrase",
  "delegatedCredential",
]);

/** What `parseKeyPair`, `parsePfx` and `issueCertificate` give. */
const IDENTITY_MEMBERS = new Set([
  "chain",
  "key",
  "caCerts",
  "ocspResponse",
  "signedCertificateTimestamps",
]);

/** Adds the name of the option to an error. */
function about<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { message } = error as Error;
    throw new TypeError(`Cannot use option "${name}": ${message}`, {
      cause: error,
    });
  }
}

/** A MaxFragmentLength by the number of bytes (RFC 6066 section 4). */
export const fragmentLength: Parse<MaxFragmentLength> = (value, name) => {
  if (typeof value !== "number") return refuse(name, "a number", value);
  if ([512, 1024, 2048, 4096].includes(value)) {
    return maxFragmentLengthOf(value);
  }
  throw new RangeError(
    `Cannot use option "${name}": expected 512, 1024, 2048 or 4096, got ${value}`,
  );
};

/** CertificateTypes (RFC 7250), one at least, each once. */
export const certificateTypes: Parse<readonly number[]> = (value, name) => {
  const types = listOf(oneOf("X509", "RawPublicKey"))(value, name);
  if (types.length > 0 && new Set(types).size === types.length) {
    return types.map((type) => CertificateType[type]);
  }
  throw new TypeError(
    `Cannot use option "${name}": expected one type or more, each once`,
  );
};

/** Algorithms that compress certificates, each once. */
export const certificateCompression: Parse<readonly CertificateCompression[]> =
  (value, name) => {
    const read = list(value, name).map((item) =>
      typeof item === "object" ? compressor(item, name) : known(item, name)
    );
    if (new Set(read.map(({ id }) => id)).size === read.length) return read;
    throw new TypeError(
      `Cannot use option "${name}": an algorithm is there twice`,
    );
  };

function known(item: unknown, name: string): CertificateCompression {
  const algorithm = oneOf("zlib", "brotli", "zstd")(item, name);
  const method = `${algorithm}DecompressSync`;
  // zlib needs no more than the web's own streams.
  if (
    algorithm !== "zlib" && !Object.hasOwn(builtin("node:zlib") ?? {}, method)
  ) {
    throw new TypeError(
      `Cannot use option "${name}": this runtime has no ${algorithm} (${method} of node:zlib)`,
    );
  }
  return { id: CertificateCompressionAlgorithm[algorithm] };
}

function compressor(item: unknown, name: string): CertificateCompression {
  const given = methods<CertificateCompressor>("compress", "decompress")(
    item,
    name,
  );
  integer(1, 65535)(given.id, name);
  return given;
}

/** ALPN protocols, by the strings that stand for their bytes. */
export const alpnProtocols: Parse<readonly string[]> = (value, name) =>
  list(value, name).map((given) => {
    const bytes = typeof given === "string" ? bytesOfName(given) : given;
    // RFC 7301 section 3.1: opaque ProtocolName<1..2^8-1>.
    if (
      bytes instanceof Uint8Array && bytes.length >= 1 && bytes.length <= 255
    ) {
      const protocol = nameOfBytes(bytes);
      // Half of a surrogate pair has no UTF-8.
      if (given === bytes || given === protocol) return protocol;
    }
    throw new TypeError(
      `Cannot use option "${name}": expected protocols of 1 to 255 bytes each`,
    );
  });

/** A clock, in milliseconds since 1970. */
export const clock: Parse<() => number> = (value, name) => {
  const read = func<() => unknown>()(value, name);
  const now = () => {
    const given = read();
    const time = given instanceof Date ? given.getTime() : given;
    // NaN is neither before nor after any date: nothing would ever expire.
    if (typeof time === "number" && Number.isFinite(time)) return time;
    throw new TypeError(
      `Cannot use what option "${name}" returned: expected a Date or milliseconds, got no time`,
    );
  };
  now();
  return now;
};

/** A generator of random bytes. */
export const generator: Parse<(length: number) => Uint8Array> = (
  value,
  name,
) => {
  const generate = func<(length: number) => unknown>()(value, name);
  return (length) => {
    const given = generate(length);
    if (given instanceof Uint8Array && given.length === length) {
      return new Uint8Array(given);
    }
    throw new TypeError(
      `Cannot use what option "${name}" returned: expected ${length} bytes`,
    );
  };
};

/** How many zeros to add to a record, by its length. */
export const padding: Parse<(type: number, length: number) => number> = (
  value,
  name,
) => {
  const zeros = func<(length: number) => unknown>()(value, name);
  return (_type, length) => {
    const given = zeros(length);
    // Anything else must not be taken for padding.
    if (typeof given === "number" && given >= 0) return given;
    throw new TypeError(
      `Cannot use what option "${name}" returned: expected a number of zeros`,
    );
  };
};

/** The option `ech` of either side; what it holds is read when it is needed. */
export const echOption: Parse<ClientEchOption | ServerEchOption> = (
  value,
  name,
) => {
  if (value === "grease" || value === "backend") return value;
  if (typeof value !== "object" || value === null) {
    return refuse(name, '"grease", "backend" or an object', value);
  }
  const isServers = "keys" in value;
  const { keys, configList, retry = "never" } = readDictionary(
    value,
    `Cannot use option "${name}"`,
    new Set(isServers ? ["keys"] : ["configList", "retry"]),
  );
  // They are read where they are needed.
  if (isServers) return { keys: ownEchKeys(keys) as EchKeysOption["keys"] };
  return {
    configList: bytes(configList, `${name}.configList`),
    retry: oneOf("never", "keys", "any")(retry, `${name}.retry`),
  };
};

/**
 * Options that are read later, and perhaps again, of which nobody else has the
 * bytes. An identity that was read stays the object by which it is found.
 */
export function ownOptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ownOptions);
  if (typeof value !== "object" || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain || "chain" in value) return copied(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, ownOptions(member)]),
  );
}

/** Keys that are read later, of which nobody else has the bytes. */
export function ownEchKeys(keys: unknown): unknown {
  return Array.isArray(keys) ? keys.map(echKey) : echKey(keys);
}

function echKey(key: unknown): unknown {
  if (typeof key !== "object" || key === null || key instanceof Uint8Array) {
    return copied(key);
  }
  const own: Record<string, unknown> = {};
  for (const name in key) own[name] = copied(Reflect.get(key, name));
  return own;
}
