/**
 * Shows what an ECHConfigList has.
 *
 * @module
 */

import { kindOf } from "../dictionary.ts";
import { TlsError, TlsProtocolError } from "../errors.ts";
import { readEchPem } from "../handshake/ech/pem.ts";
import {
  type EchConfigItem,
  readEchConfigList,
} from "../handshake/messages/ech_config.ts";
import { HpkeAead, HpkeKdf, HpkeKem, nameOf } from "../registry.ts";

/** A configuration in an ECHConfigList (RFC 9849 section 4). */
export interface EchConfigInfo {
  /** The name of the client-facing server; `undefined` in other versions. */
  readonly publicName: string | undefined;
  /** Tells the keys of a server apart. */
  readonly configId: number | undefined;
  /** The KEM, such as `"DHKEM(X25519, HKDF-SHA256)"`. */
  readonly kem: string | undefined;
  /** The suites, such as `"HKDF-SHA256, AES-128-GCM"`. */
  readonly cipherSuites: readonly string[];
  /** The length of the longest name that the server has; 0 if unknown. */
  readonly maximumNameLength: number | undefined;
  /** Why a client cannot use it here; `undefined` if it can. */
  readonly unusable: string | undefined;
}

/**
 * Reads the configurations in an ECHConfigList, in their order.
 *
 * @param list The list, or PEM of RFC 9934 that has it.
 * @returns A description of each.
 * @throws {TlsError} `malformed_pem` or `decode_error`, if it is malformed.
 * @throws {TypeError} If it is neither text nor bytes.
 *
 * @example What a key is for
 * ```ts
 * import { echConfig, echConfigs } from "@x/tls/ech";
 * import { assertEquals } from "@std/assert";
 *
 * const { pem } = await echConfig({ publicName: "public.example" });
 * const [config] = echConfigs(pem);
 * assertEquals(config?.publicName, "public.example");
 * assertEquals(config?.kem, "DHKEM(X25519, HKDF-SHA256)");
 * assertEquals(config?.unusable, undefined);
 * ```
 */
export function echConfigs(list: string | Uint8Array): EchConfigInfo[] {
  if (typeof list === "string") return readEchPem(list).items.map(describe);
  if (!(list instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot read the ECHConfigList: expected a string or a Uint8Array, got ${
        kindOf(list)
      }`,
    );
  }
  try {
    return readEchConfigList(list).map(describe);
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TlsError("decode_error", "Cannot read the ECHConfigList", {
      cause,
    });
  }
}

function describe({ config, unusable }: EchConfigItem): EchConfigInfo {
  const contents = config?.contents;
  const keyConfig = contents?.keyConfig;
  return {
    publicName: config?.publicName,
    configId: keyConfig?.configId,
    kem: keyConfig && nameOf(HpkeKem, keyConfig.kemId),
    cipherSuites:
      keyConfig?.cipherSuites.map(({ kdfId, aeadId }) =>
        `${nameOf(HpkeKdf, kdfId)}, ${nameOf(HpkeAead, aeadId)}`
      ) ?? [],
    maximumNameLength: contents?.maximumNameLength,
    unusable,
  };
}
