/**
 * Makes keys for Encrypted ClientHello, with their configurations.
 *
 * @module
 */

import { readDictionary } from "../dictionary.ts";
import { encodeBase64 } from "../encoding.ts";
import { pkcs8Of } from "../crypto/groups/static_key.ts";
import { generateKemKey, kems } from "../crypto/hpke/kem.ts";
import { randomBytes } from "../crypto/primitives/bytes.ts";
import { ECH_CONFIG, PRIVATE_KEY } from "../handshake/ech/pem.ts";
import {
  encodeEchConfigList,
  isPublicName,
  makeEchConfig,
} from "../handshake/messages/ech_config.ts";
import { HpkeAead, HpkeKdf } from "../registry.ts";
import { formatPem } from "../x509/asn1/pem.ts";

/** Options of {@linkcode echConfig}. */
export interface EchConfigOptions {
  /**
   * The name that everyone sees: the server has a certificate for it, which
   * clients verify where their ClientHello cannot be decrypted.
   */
  readonly publicName: string;
  /** The curve of the key. @default {"x25519"} */
  readonly curve?: "x25519" | "secp256r1" | undefined;
  /**
   * Tells the keys of a server apart, 0 to 255: distinct for all keys that it
   * has.
   *
   * @default {a random number}
   */
  readonly configId?: number | undefined;
  /**
   * The length of the longest name that the server has, 0 to 255, so that
   * clients hide how long theirs is; 0 if it is not known.
   *
   * @default {0}
   */
  readonly maximumNameLength?: number | undefined;
}

/** A key for Encrypted ClientHello. */
export interface EchConfigFile {
  /** The private key and the configuration in PEM (RFC 9934): for `ech.keys`. */
  readonly pem: string;
  /** ECHConfigList: for `ech.configList` of clients. */
  readonly configList: Uint8Array;
  /**
   * The same in base64: the value of the parameter `ech` of a record of type
   * HTTPS or SVCB in the DNS (RFC 9848 section 3).
   */
  readonly svcParam: string;
}

/**
 * Makes a key for Encrypted ClientHello, and its configuration.
 *
 * @param options The public name, and how the key is.
 * @returns The key for the server, and what clients need.
 * @throws {TypeError} If the public name is no host name, or an option is
 * unknown.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A client and a server
 * ```ts
 * import { client, server } from "@x/tls";
 * import { echConfig } from "@x/tls/ech";
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { pem, configList } = await echConfig({ publicName: "public.example" });
 * const { cert, key } = await issueCertificate({ names: ["secret.example"] });
 * const [up, down] = [new TransformStream(), new TransformStream()];
 * const one = server(
 *   { readable: up.readable, writable: down.writable },
 *   { cert, key, ech: { keys: pem } },
 * );
 * const other = client(
 *   { readable: down.readable, writable: up.writable },
 *   {
 *     serverName: "secret.example",
 *     trust: TrustStore.of(cert),
 *     ech: { configList },
 *   },
 * );
 * await Promise.all([one.handshake(), other.handshake()]);
 * assertEquals(other.info.ech, "accepted");
 * assertEquals(one.info.serverName, "secret.example");
 * await Promise.all([one.close(), other.close()]);
 * ```
 */
export async function echConfig(
  options: EchConfigOptions,
): Promise<EchConfigFile> {
  const {
    publicName,
    curve = "x25519",
    configId = randomBytes(1)[0],
    maximumNameLength = 0,
  } = readDictionary(options, CANNOT, MEMBERS);
  if (
    typeof publicName !== "string" || publicName.length > 255 ||
    !isPublicName(publicName)
  ) {
    throw new TypeError(
      `${CANNOT}: expected a host name as "publicName" (RFC 9849 section 6.1.7)`,
    );
  }
  const kem = kems.find((kem) => kem.curve.name === curve);
  if (kem === undefined) {
    throw new TypeError(
      `${CANNOT}: expected "x25519" or "secp256r1" as "curve"`,
    );
  }
  const { privateKey, publicKey } = await generateKemKey(kem);
  const { raw } = makeEchConfig({
    keyConfig: {
      configId: uint8("configId", configId),
      kemId: kem.id,
      publicKey,
      cipherSuites: SUITES.map((aeadId) => ({
        kdfId: HpkeKdf["HKDF-SHA256"],
        aeadId,
      })),
    },
    maximumNameLength: uint8("maximumNameLength", maximumNameLength),
    publicName: new TextEncoder().encode(publicName),
    extensions: [],
  });
  const configList = encodeEchConfigList([raw]);
  return {
    pem: formatPem(PRIVATE_KEY, pkcs8Of(kem.curve, privateKey)) +
      formatPem(ECH_CONFIG, configList),
    configList,
    svcParam: encodeBase64(configList),
  };
}

function uint8(name: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`${CANNOT}: expected a number as "${name}"`);
  }
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new RangeError(
    `${CANNOT}: expected a whole number from 0 to 255 as "${name}", got ${value}`,
  );
}

/** In order of preference. */
const SUITES = [
  HpkeAead["AES-128-GCM"],
  HpkeAead.ChaCha20Poly1305,
  HpkeAead["AES-256-GCM"],
] as const;

const CANNOT = "Cannot use the options of echConfig()";

const MEMBERS = new Set([
  "publicName",
  "curve",
  "configId",
  "maximumNameLength",
]);
