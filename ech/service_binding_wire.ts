/**
 * The wire format of service bindings (RFC 9460 section 2.2).
 *
 * @module
 */

import {
  type Codec,
  decode,
  encode,
  opaque,
  type Reader,
  rest,
  uint16,
  uint8,
  vector,
} from "../record/codec.ts";
import { ECHConfigList } from "../handshake/messages/extension_table.ts";
import {
  formatIpAddress,
  parseIpAddress,
} from "../x509/certificate/ip_address.ts";
import { TlsProtocolError } from "../errors.ts";
import { domainName } from "./domain_name.ts";
import {
  INVALID_KEY,
  keyByName,
  keyName,
  type ServiceBinding,
  type ServiceParams,
  SvcParamKey,
} from "./service_binding.ts";

/** RDATA of a record of type SVCB or HTTPS. */
export const ServiceBindingData: Codec<ServiceBinding> = {
  read(reader) {
    const priority = uint16.read(reader);
    const targetName = domainName.read(reader);
    if (priority === 0) {
      // Section 2.4.2: in AliasMode "recipients MUST ignore any SvcParams that are
      // present".
      rest.read(reader);
      return { priority, targetName, params: {} };
    }
    return { priority, targetName, params: readParams(reader) };
  },
  write(writer, { priority, targetName, params }) {
    uint16.write(writer, priority);
    domainName.write(writer, targetName);
    const values = [...valuesOf(params)].toSorted(([a], [b]) => a - b);
    for (const [key, value] of values) {
      uint16.write(writer, key);
      svcParamValue.write(writer, value);
    }
  },
};

const svcParamValue = vector(uint16, 0, 2 ** 16 - 1);

function readParams(reader: Reader): ServiceParams {
  const values = new Map<number, Uint8Array>();
  let last = -1;
  while (reader.remaining > 0) {
    const key = uint16.read(reader);
    // Section 2.2: "SvcParamKeys SHALL appear in increasing numeric order", each
    // once; and 65535 is reserved.
    if (key <= last || key === INVALID_KEY) {
      throw malformed(`${keyName(key)} is not in order`);
    }
    values.set(key, svcParamValue.read(reader));
    last = key;
  }
  return paramsOf(values);
}

/**
 * What values mean.
 *
 * @throws {TlsProtocolError} `decode_error`, if one is malformed, or they contradict
 * one another.
 */
export function paramsOf(
  values: ReadonlyMap<number, Uint8Array>,
): ServiceParams {
  const others = new Map(
    [...values].filter(([key]) => key > SvcParamKey.ipv6hint)
      .map(([key, value]) => [key, value.slice()]),
  );
  const read = <T>(key: keyof typeof SvcParamKey, codec: Codec<T>) => {
    const value = values.get(SvcParamKey[key]);
    return value && decode(codec, value, `SvcParams.${key}`);
  };
  const keys = read("mandatory", mandatory);
  const ech = values.get(SvcParamKey.ech);
  const params: ServiceParams = {
    mandatory: keys?.map(keyName),
    alpn: read("alpn", alpn)?.map((id) => utf8.decode(id)),
    noDefaultAlpn: read("no-default-alpn", opaque(0)) && true,
    port: read("port", uint16),
    ipv4hint: read("ipv4hint", ipv4)?.map(formatIpAddress),
    // RFC 9848 section 3: ECHConfigList, as it is in `configList`.
    ech: ech && read("ech", ECHConfigList) && ech.slice(),
    ipv6hint: read("ipv6hint", ipv6)?.map(formatIpAddress),
    others: others.size > 0 ? others : undefined,
  };
  checkMandatory(keys, values);
  if (params.noDefaultAlpn && params.alpn === undefined) {
    // Section 7.1.1: "When "no-default-alpn" is specified in an RR, "alpn" must
    // also be specified in order for the RR to be "self-consistent"".
    throw malformed("no-default-alpn is there without alpn");
  }
  return params;
}

/** Section 8: in order, each once and there, and not `mandatory` itself. */
function checkMandatory(
  keys: readonly number[] = [],
  values: ReadonlyMap<number, Uint8Array>,
): void {
  let last: number = SvcParamKey.mandatory;
  for (const key of keys) {
    if (key <= last) throw malformed("mandatory is not in order");
    if (!values.has(key)) {
      throw malformed(`mandatory has ${keyName(key)}, which is not there`);
    }
    last = key;
  }
}

function malformed(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "decode_error",
    `Cannot decode SvcParams: ${why} (RFC 9460)`,
  );
}

/** The values of parameters, by their keys. */
function* valuesOf(params: ServiceParams): Generator<[number, Uint8Array]> {
  const { mandatory: keys, alpn: ids, port, ipv4hint, ipv6hint } = params;
  if (keys !== undefined) {
    const numbers = keys.map((name) => keyByName(name) ?? unknown(name));
    const value = numbers.toSorted((a, b) => a - b);
    yield [SvcParamKey.mandatory, encode(mandatory, value)];
  }
  if (ids !== undefined) {
    const value = ids.map((id) => new TextEncoder().encode(id));
    yield [SvcParamKey.alpn, encode(alpn, value)];
  }
  if (params.noDefaultAlpn) {
    yield [SvcParamKey["no-default-alpn"], new Uint8Array()];
  }
  if (port !== undefined) yield [SvcParamKey.port, encode(uint16, port)];
  if (ipv4hint !== undefined) {
    yield [SvcParamKey.ipv4hint, encode(ipv4, addresses(ipv4hint, 4))];
  }
  if (params.ech !== undefined) yield [SvcParamKey.ech, params.ech];
  if (ipv6hint !== undefined) {
    yield [SvcParamKey.ipv6hint, encode(ipv6, addresses(ipv6hint, 16))];
  }
  yield* params.others ?? [];
}

function addresses(texts: readonly string[], length: 4 | 16): Uint8Array[] {
  return texts.map((text) => {
    const address = parseIpAddress(text);
    if (address?.length === length) return address;
    throw new TypeError(
      `Cannot encode the service binding: expected an IPv${
        length === 4 ? 4 : 6
      } address, got "${text}"`,
    );
  });
}

function unknown(name: string): never {
  throw new TypeError(
    `Cannot encode the service binding: "${name}" is not the name of a parameter`,
  );
}

/** The items of a value that has nothing else, one at least. */
function items<T>(codec: Codec<T>): Codec<T[]> {
  return {
    read(reader) {
      const values: T[] = [codec.read(reader)];
      while (reader.remaining > 0) values.push(codec.read(reader));
      return values;
    },
    write(writer, values) {
      for (const value of values) codec.write(writer, value);
    },
  };
}

const mandatory = items(uint16);
const alpn = items(vector(uint8, 1, 255));
const ipv4 = items(opaque(4));
const ipv6 = items(opaque(16));

const utf8 = new TextDecoder();
