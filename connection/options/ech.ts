/**
 * Reads the option `ech` into what a handshake uses. It is loaded where the
 * option is given.
 *
 * @module
 */

import { importKemKey } from "../../crypto/hpke/kem.ts";
import { kindOf, readDictionary } from "../../dictionary.ts";
import { TlsProtocolError } from "../../errors.ts";
import type { EchKey, EchKeys } from "../../handshake/common/ech_keys.ts";
import { readEchPem } from "../../handshake/ech/pem.ts";
import {
  type EchConfig,
  readEchConfigList,
} from "../../handshake/messages/ech_config.ts";
import { ECHConfig } from "../../handshake/messages/extension_table.ts";
import { decode } from "../../record/codec.ts";
import type {
  ClientEchOption,
  EchKeyInput,
  EchKeysOption,
  ServerEchOption,
} from "./ech_options.ts";

type EchOption = ClientEchOption | ServerEchOption;

/**
 * What a client encrypts for: the first configuration that it can use.
 *
 * @throws {TypeError} If there is none.
 */
export function clientEch(option: EchOption): EchConfig | "grease" {
  if (option === "grease") return option;
  if (option === "backend" || "keys" in option) {
    throw new TypeError(
      `${CANNOT}: ${
        option === "backend" ? `"backend" is` : `"keys" are`
      } for servers`,
    );
  }
  const items = itemsOf(option.configList);
  const usable = items.find(({ unusable }) => unusable === undefined)?.config;
  if (usable !== undefined) return usable;
  const reasons = items.map(({ unusable }) => unusable).join("; ");
  throw new TypeError(
    `${CANNOT}: no configuration in "configList" can be used here (${reasons})`,
  );
}

function itemsOf(list: Uint8Array) {
  try {
    return readEchConfigList(list);
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TypeError(
      `${CANNOT}: "configList" is not an ECHConfigList (RFC 9849 section 4)`,
      { cause },
    );
  }
}

/**
 * What `ech` is for one more try where a server rejected it, if the option asks
 * for one. The next option asks for no other (RFC 9849 section 6.1.6).
 */
export function echAfterRejection(
  option: EchOption,
  retryConfigs: Uint8Array | undefined,
): ClientEchOption | "off" | undefined {
  if (typeof option === "string" || "keys" in option) return undefined;
  if (option.retry !== "keys" && option.retry !== "any") return undefined;
  const items = retryConfigs === undefined
    ? []
    : readEchConfigList(retryConfigs);
  if (
    retryConfigs !== undefined &&
    items.some(({ unusable }) => unusable === undefined)
  ) return { configList: retryConfigs };
  // Section 6.1.6: ECH is "securely disabled" only "if none of the values provided
  // in "retry_configs" contains a supported version". A configuration of RFC 9849
  // that cannot be used here still says that the server has it on.
  const isOff = items.every(({ config }) => config === undefined);
  return option.retry === "any" && isOff ? "off" : undefined;
}

const read = new WeakMap<EchKeysOption, Promise<EchKeys>>();

/**
 * A server's keys, read once.
 *
 * @throws {TypeError} If a key does not belong to its configuration.
 * @throws {TlsError} If a PEM text is malformed.
 */
export async function serverEch(
  option: EchOption,
): Promise<EchKeys | "backend"> {
  if (option === "backend") return option;
  if (option === "grease" || !("keys" in option)) {
    throw new TypeError(`${CANNOT}: a server has "keys"`);
  }
  return await echKeys(option);
}

/** The same of a client-facing server. */
export async function echKeys(option: EchKeysOption): Promise<EchKeys> {
  const known = read.get(option);
  if (known !== undefined) return await known;
  const reading = readKeys(option);
  read.set(option, reading);
  return await reading;
}

async function readKeys({ keys }: EchKeysOption): Promise<EchKeys> {
  const inputs = (Array.isArray(keys) ? keys : [keys]) as EchKeyInput[];
  const given = inputs.map((input, at) => keyInput(input, at === 0));
  const read = await Promise.all(given.map(({ pem }) => readKey(pem)));
  const retryConfigs = read.filter((_, at) => given[at]?.retry).flat()
    .map(({ config: { raw } }) => decode(ECHConfig, raw, "ECHConfig"));
  if (retryConfigs.length === 0) {
    // RFC 9849 section 7.1: "one or more ECHConfig structures".
    throw new TypeError(
      `${CANNOT}: expected one key or more, and "retry" of one of them`,
    );
  }
  return { keys: read.flat(), retryConfigs };
}

function keyInput(
  input: unknown,
  isFirst: boolean,
): { pem: string | Uint8Array; retry: boolean } {
  if (typeof input === "string" || input instanceof Uint8Array) {
    return { pem: input, retry: isFirst };
  }
  const { pem, retry = isFirst } = readDictionary(input, CANNOT, MEMBERS);
  const isPem = typeof pem === "string" || pem instanceof Uint8Array;
  if (!isPem || typeof retry !== "boolean") {
    throw new TypeError(
      `${CANNOT}: expected PEM with "retry" true or false, got ${kindOf(pem)}`,
    );
  }
  return { pem, retry };
}

/** The configurations of a file that its private key is for. */
async function readKey(pem: string | Uint8Array): Promise<EchKey[]> {
  const { privateKey, items } = readEchPem(pem);
  if (privateKey === undefined) {
    throw new TypeError(`${CANNOT}: the PEM text has no private key`);
  }
  const { kem, bytes } = privateKey;
  const keys: EchKey[] = [];
  for (const { config } of items) {
    const keyConfig = config?.contents.keyConfig;
    if (config === undefined || keyConfig?.kemId !== kem.id) continue;
    const key = await importKemKey(kem, bytes, keyConfig.publicKey);
    if (key !== undefined) keys.push({ config, key });
  }
  if (keys.length > 0) return keys;
  // RFC 9934 section 3: "the ECHConfigList MUST contain an ECHConfig that
  // matches the private key".
  throw new TypeError(
    `${CANNOT}: the private key belongs to no configuration beside it (RFC 9934 section 3)`,
  );
}

const CANNOT = `Cannot use option "ech"`;

const MEMBERS = new Set(["pem", "retry"]);
