/**
 * From the flags of Encrypted ClientHello to the option `ech`.
 *
 * @module
 */

import type { ClientOptions, ServerOptions } from "../../../mod.ts";
import { echConfigs } from "../../../ech/mod.ts";
import { formatPem } from "../../../x509/mod.ts";
import type { Flags } from "./flags.ts";

/**
 * A client's. BoringSSL connects without ECH where it can use no configuration,
 * unless `-reject-unusable-ech-config` is there; here that is always an error, so
 * such a list is not given.
 */
export function clientEch(flags: Flags): ClientOptions["ech"] {
  const configList = flags.bytes("ech-config-list");
  const isUsable = configList !== undefined &&
    (flags.has("reject-unusable-ech-config") ||
      echConfigs(configList).some(({ unusable }) => unusable === undefined));
  if (isUsable) return { configList };
  return flags.has("enable-ech-grease") ? "grease" : undefined;
}

/** A server's. */
export function serverEch(flags: Flags): ServerOptions["ech"] {
  const configs = flags.allBytes("ech-server-config");
  if (configs.length === 0) return undefined;
  const privateKeys = flags.allBytes("ech-server-key");
  const retry = flags.numbers("ech-is-retry-config");
  return {
    keys: configs.map((config, at) => ({
      pem: pem(config, privateKeys[at] ?? new Uint8Array()),
      retry: retry[at] === 1,
    })),
  };
}

/** RFC 9934, of a key for X25519. */
function pem(config: Uint8Array, privateKey: Uint8Array): string {
  const list = Uint8Array.of(config.length >> 8, config.length, ...config);
  const pkcs8 = Uint8Array.of(...PREFIX, ...privateKey);
  return formatPem("PRIVATE KEY", pkcs8) + formatPem("ECHCONFIG", list);
}

/** PrivateKeyInfo up to the key (RFC 8410 section 7). */
const PREFIX = Uint8Array.fromHex("302e020100300506032b656e04220420");
