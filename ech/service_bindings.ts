/**
 * Reads and writes the DNS records by which clients learn a server's
 * configurations for Encrypted ClientHello (RFC 9848).
 *
 * @module
 */

import { kindOf } from "../dictionary.ts";
import { TlsError, TlsProtocolError } from "../errors.ts";
import { decode, encode } from "../record/codec.ts";
import type { ServiceBinding } from "./service_binding.ts";
import { readText, writeText } from "./service_binding_text.ts";
import { ServiceBindingData } from "./service_binding_wire.ts";

/**
 * Reads what a record of type HTTPS or SVCB says (RFC 9460): its RDATA, or what
 * stands behind the type in a zone file.
 *
 * @param record The octets, or the text.
 * @returns Priority, target and parameters.
 * @throws {TlsError} `decode_error`, if the octets are malformed: a client ignores
 * the record then, and all others of the same name (RFC 9460 section 2.2).
 * @throws {TypeError} If the text is malformed, or it is neither text nor bytes.
 *
 * @example The parameter `ech` of a record
 * ```ts
 * import { echConfig, parseServiceBinding } from "@x/tls/ech";
 * import { assertEquals } from "@std/assert";
 *
 * const { svcParam, configList } = await echConfig({
 *   publicName: "public.example",
 * });
 * const { priority, params } = parseServiceBinding(
 *   `1 . alpn=h2,h3 port=8443 ech="${svcParam}"`,
 * );
 * assertEquals([priority, params.alpn, params.port], [1, ["h2", "h3"], 8443]);
 * assertEquals(params.ech, configList);
 * ```
 */
export function parseServiceBinding(
  record: string | Uint8Array,
): ServiceBinding {
  if (!(record instanceof Uint8Array)) {
    if (typeof record === "string") return read(() => readText(record));
    throw new TypeError(
      `${CANNOT}: expected a string or a Uint8Array, got ${kindOf(record)}`,
    );
  }
  try {
    return decode(ServiceBindingData, record, "ServiceBinding");
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TlsError("decode_error", CANNOT, { cause });
  }
}

/** What is malformed in a text is the caller's mistake. */
function read(parse: () => ServiceBinding): ServiceBinding {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TypeError(`${CANNOT}: ${cause.message}`, { cause });
  }
}

/**
 * Writes a service binding as RDATA.
 *
 * @param binding Priority, target and parameters.
 * @returns The octets.
 * @throws {TypeError} If a name, an address or a parameter is not one, or the
 * parameters contradict one another.
 * @throws {RangeError} If a number or a length is out of range.
 *
 * @example RDATA of an HTTPS record
 * ```ts
 * import { encodeServiceBinding, parseServiceBinding } from "@x/tls/ech";
 * import { assertEquals } from "@std/assert";
 *
 * const rdata = encodeServiceBinding(parseServiceBinding("1 . alpn=h2"));
 * assertEquals(rdata.toHex(), "0001" + "00" + "0001" + "0003" + "026832");
 * ```
 */
export function encodeServiceBinding(
  binding: ServiceBinding,
): Uint8Array<ArrayBuffer> {
  return made(binding, "Cannot encode the service binding");
}

/** The octets, which clients accept. */
function made(
  binding: ServiceBinding,
  cannot: string,
): Uint8Array<ArrayBuffer> {
  checkTypes(binding, cannot);
  const octets = new Uint8Array(encode(ServiceBindingData, binding));
  // What clients would not accept, they would ignore with all others of its name.
  try {
    decode(ServiceBindingData, octets, "ServiceBinding");
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TypeError(`${cannot}: ${cause.message}`, { cause });
  }
  return octets;
}

/**
 * Writes a service binding as a zone file has it, behind the type.
 *
 * @param binding Priority, target and parameters.
 * @returns The text.
 * @throws {TypeError} If a name, an address or a parameter is not one, or the
 * parameters contradict one another.
 * @throws {RangeError} If a number or a length is out of range.
 *
 * @example A record for the zone file
 * ```ts
 * import { formatServiceBinding } from "@x/tls/ech";
 * import { assertEquals } from "@std/assert";
 *
 * const params = { alpn: ["h2"], port: 8443 };
 * const text = formatServiceBinding({ priority: 1, targetName: "", params });
 * assertEquals(`a.example. HTTPS ${text}`, 'a.example. HTTPS 1 . alpn="h2" port=8443');
 * ```
 */
export function formatServiceBinding(binding: ServiceBinding): string {
  made(binding, "Cannot format the service binding");
  return writeText(binding);
}

/** Names the member that has another type, or is no whole number. */
function checkTypes(binding: ServiceBinding, cannot: string): void {
  const refuse = (what: string, value: unknown): never => {
    throw new TypeError(`${cannot}: expected ${what}, got ${kindOf(value)}`);
  };
  const whole = (name: string, value: unknown) => {
    if (typeof value !== "number") refuse(`a number as "${name}"`, value);
    if (Number.isInteger(value)) return;
    throw new RangeError(
      `${cannot}: expected a whole number as "${name}", got ${value}`,
    );
  };
  if (!isObject(binding)) refuse("an object", binding);
  const { priority, targetName, params } = binding;
  whole("priority", priority);
  if (typeof targetName !== "string") {
    refuse(`a string as "targetName"`, targetName);
  }
  if (!isObject(params)) refuse(`an object as "params"`, params);
  const { port, ech } = params;
  if (port !== undefined) whole("port", port);
  if (ech !== undefined && !(ech instanceof Uint8Array)) {
    refuse(`a Uint8Array as "ech"`, ech);
  }
  for (const name of ["mandatory", "alpn", "ipv4hint", "ipv6hint"] as const) {
    const list: unknown = params[name];
    const isList = list === undefined ||
      Array.isArray(list) && list.every((item) => typeof item === "string");
    if (!isList) refuse(`a list of strings as "${name}"`, list);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

const CANNOT = "Cannot read the service binding";
