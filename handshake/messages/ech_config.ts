/**
 * The configurations of Encrypted ClientHello (RFC 9849 section 4), and which of
 * them can be used here.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import {
  type Codec,
  decode,
  encode,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { HpkeAead, HpkeKdf, HpkeKem, nameOf } from "../../registry.ts";
import { ECHConfig, ECHConfigList } from "./extension_table.ts";

/** The version of RFC 9849. */
const ECH_VERSION = 0xfe0d;

/** RFC 9849 section 4: the algorithms that a ClientHello is encrypted with. */
export interface HpkeSymmetricCipherSuite {
  /** HpkeKdfId. */
  kdfId: number;
  /** HpkeAeadId. */
  aeadId: number;
}

/** RFC 9849 section 4. */
export const HpkeSymmetricCipherSuite: Codec<HpkeSymmetricCipherSuite> = struct(
  "HpkeSymmetricCipherSuite",
  { kdfId: uint16, aeadId: uint16 },
);

/** RFC 9849 section 4. */
export interface HpkeKeyConfig {
  /** Chosen by the server. */
  configId: number;
  /** HpkeKemId. */
  kemId: number;
  /** HpkePublicKey. */
  publicKey: Uint8Array;
  /** The server's, in order of preference. */
  cipherSuites: HpkeSymmetricCipherSuite[];
}

/** RFC 9849 section 4: an extension of a configuration. */
export interface ECHConfigExtension {
  /** Mandatory, if its high-order bit is set. */
  type: number;
  data: Uint8Array;
}

/** RFC 9849 section 4. */
export interface ECHConfigContents {
  keyConfig: HpkeKeyConfig;
  /** The longest name that the server expects, for padding; 0 if unknown. */
  maximumNameLength: number;
  /** The name of the client-facing server, in ASCII. */
  publicName: Uint8Array;
  extensions: ECHConfigExtension[];
}

/** RFC 9849 section 4. */
const ECHConfigContents: Codec<ECHConfigContents> = struct(
  "ECHConfigContents",
  {
    keyConfig: struct<HpkeKeyConfig>("HpkeKeyConfig", {
      configId: uint8,
      kemId: uint16,
      publicKey: vector(uint16, 1, 2 ** 16 - 1),
      cipherSuites: vector(uint16, 4, 2 ** 16 - 4, HpkeSymmetricCipherSuite),
    }),
    maximumNameLength: uint8,
    publicName: vector(uint8, 1, 2 ** 8 - 1),
    extensions: vector(
      uint16,
      0,
      2 ** 16 - 1,
      struct<ECHConfigExtension>("ECHConfigExtension", {
        type: uint16,
        data: vector(uint16, 0, 2 ** 16 - 1),
      }),
    ),
  },
);

/** A configuration of RFC 9849. */
export interface EchConfig {
  /** All of ECHConfig, version and length included. */
  readonly raw: Uint8Array;
  readonly contents: ECHConfigContents;
  /** The name of the client-facing server. */
  readonly publicName: string;
}

/** An item of a list: a configuration, or why it cannot be used. */
export interface EchConfigItem {
  /** There if the version is that of RFC 9849. */
  readonly config: EchConfig | undefined;
  /** Why it cannot be used here, if it cannot. */
  readonly unusable: string | undefined;
}

/**
 * Reads a list in its order.
 *
 * @throws {TlsProtocolError} `decode_error`, if it is malformed.
 */
export function readEchConfigList(list: Uint8Array): EchConfigItem[] {
  return itemsOf(decode(ECHConfigList, list, "ECHConfigList"));
}

/** The same, of a list whose items were read. */
export function itemsOf(list: readonly ECHConfig[]): EchConfigItem[] {
  return list.map((each) => {
    if (each.version !== ECH_VERSION) {
      // Section 4: "Clients MUST ignore any ECHConfig structure with a version
      // they do not support."
      const unusable = `version 0x${each.version.toString(16)}`;
      return { config: undefined, unusable };
    }
    const config = configOf(each);
    return { config, unusable: refusalOf(config.contents) };
  });
}

/** Writes a list, of configurations with their version and length. */
export function encodeEchConfigList(
  configs: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const items = configs.map((raw) => decode(ECHConfig, raw, "ECHConfig"));
  // The encoder gives a buffer of its own.
  return new Uint8Array(encode(ECHConfigList, items));
}

/** Writes a configuration of RFC 9849. */
export function makeEchConfig(contents: ECHConfigContents): EchConfig {
  return configOf({
    version: ECH_VERSION,
    contents: encode(ECHConfigContents, contents),
  });
}

function configOf(config: ECHConfig): EchConfig {
  const contents = decode(
    ECHConfigContents,
    config.contents,
    "ECHConfigContents",
  );
  refuseDuplicates(contents);
  return {
    raw: encode(ECHConfig, config),
    contents,
    publicName: utf8.decode(contents.publicName),
  };
}

/** Section 4.2: "there MUST NOT be more than one extension of the same type". */
function refuseDuplicates({ extensions }: ECHConfigContents): void {
  if (new Set(extensions.map(({ type }) => type)).size === extensions.length) {
    return;
  }
  throw new TlsProtocolError(
    "decode_error",
    "Cannot decode ECHConfigContents: an extension is there twice",
  );
}

/** Why a client cannot use a configuration, if it cannot (section 6.1). */
function refusalOf(
  { keyConfig, publicName, extensions }: ECHConfigContents,
): string | undefined {
  if (!KEMS.has(keyConfig.kemId)) {
    return `the KEM ${nameOf(HpkeKem, keyConfig.kemId)}`;
  }
  if (chooseSuite(keyConfig) === undefined) return "its cipher suites";
  // Section 4.2: "If an unsupported mandatory extension is present, clients
  // MUST ignore the ECHConfig."
  const mandatory = extensions.find(({ type }) => type >= 0x8000);
  if (mandatory !== undefined) {
    return `the mandatory extension 0x${mandatory.type.toString(16)}`;
  }
  return isPublicName(utf8.decode(publicName))
    ? undefined
    : "its public_name, which is no host name";
}

/** The first suite of a configuration that is there. */
export function chooseSuite(
  { cipherSuites }: HpkeKeyConfig,
): HpkeSymmetricCipherSuite | undefined {
  return cipherSuites.find(({ kdfId, aeadId }) =>
    KDFS.has(kdfId) && AEADS.has(aeadId)
  );
}

/**
 * Section 6.1.7: a dot-separated sequence of LDH labels, the last of which
 * cannot be taken for a part of an IPv4 address.
 */
export function isPublicName(name: string): boolean {
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  return name.length <= MAX_NAME &&
    labels.every((label) => LDH_LABEL.test(label)) &&
    !/^(?:[0-9]+|0[xX][0-9a-fA-F]*)$/.test(last);
}

/** Octets of a name in the DNS without its last dot (RFC 1035 section 2.3.4). */
const MAX_NAME = 253;

/** RFC 5890 section 2.3.1. */
const LDH_LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** A byte order mark is no letter of a name: it stays, and is refused. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const KEMS = new Set<number>(Object.values(HpkeKem));
const KDFS = new Set<number>(Object.values(HpkeKdf));
const AEADS = new Set<number>(Object.values(HpkeAead));
