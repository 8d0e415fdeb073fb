/**
 * The PEM file format of Encrypted ClientHello (RFC 9934): a private key, and an
 * ECHConfigList that has a configuration for it.
 *
 * @module
 */

import { TlsError, TlsProtocolError } from "../../errors.ts";
import { type Kem, kemById } from "../../crypto/hpke/kem.ts";
import { HpkeKem } from "../../registry.ts";
import { DerReader } from "../../x509/asn1/der.ts";
import { PRIVATE_KEY as KEY_CONTEXT } from "../../x509/asn1/key_structure.ts";
import { curves, KeyAlgorithm } from "../../x509/asn1/oids.ts";
import { parsePem } from "../../x509/asn1/pem.ts";
import {
  type EchConfigItem,
  readEchConfigList,
} from "../messages/ech_config.ts";

/** The contents of a file. */
export interface EchPem {
  readonly privateKey: EchPrivateKey | undefined;
  /** ECHConfigList, as it is in the file. */
  readonly configList: Uint8Array;
  readonly items: readonly EchConfigItem[];
}

/** A private key. */
export interface EchPrivateKey {
  readonly kem: Kem;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a file.
 *
 * @throws {TlsError} `malformed_pem`, `malformed_key` or `unsupported_key`, if it
 * is none.
 */
export function readEchPem(text: string | Uint8Array): EchPem {
  const blocks = parsePem(text);
  // RFC 9934 section 3: "zero or one private key and one encoded ECHConfigList".
  const keys = blocks.filter(({ label }) => label === PRIVATE_KEY);
  const lists = blocks.filter(({ label }) => label === ECH_CONFIG);
  const [key] = keys;
  const [list] = lists;
  if (list === undefined || lists.length > 1 || keys.length > 1) {
    throw new TlsError(
      "malformed_pem",
      `Cannot read the key for Encrypted ClientHello: expected one ${ECH_CONFIG} and at most one ${PRIVATE_KEY}, got ${lists.length} and ${keys.length} (RFC 9934 section 3)`,
    );
  }
  try {
    return {
      privateKey: key && readPrivateKey(key.der),
      configList: list.der,
      items: readEchConfigList(list.der),
    };
  } catch (cause) {
    if (!(cause instanceof TlsProtocolError)) throw cause;
    throw new TlsError(
      "malformed_pem",
      `Cannot read the key for Encrypted ClientHello: ${ECH_CONFIG} is malformed`,
      { cause },
    );
  }
}

/** PrivateKeyInfo (RFC 5958) of a key for one of the KEMs. */
function readPrivateKey(der: Uint8Array): EchPrivateKey {
  const reader = DerReader.of(der, KEY_CONTEXT);
  const info = reader.sequence("");
  reader.end();
  info.integer("version");
  const algorithm = info.sequence("privateKeyAlgorithm");
  const type = algorithm.oid("algorithm");
  const contents = info.inOctetString("privateKey");
  if (type === KeyAlgorithm["id-X25519"]) {
    return keyOf("DHKEM(X25519, HKDF-SHA256)", contents.octetString("key"));
  }
  if (
    type === KeyAlgorithm["id-ecPublicKey"] &&
    curves.get(algorithm.oid("parameters"))?.nistName === "P-256"
  ) {
    const key = contents.sequence("ECPrivateKey");
    key.integer("version");
    return keyOf("DHKEM(P-256, HKDF-SHA256)", key.octetString("privateKey"));
  }
  throw new TlsError(
    "unsupported_key",
    "Cannot read the key for Encrypted ClientHello: expected a key of X25519 or P-256",
  );
}

function keyOf(name: keyof typeof HpkeKem, bytes: Uint8Array): EchPrivateKey {
  const kem = kemById(HpkeKem[name]);
  if (kem === undefined || bytes.length !== KEY_LENGTH) {
    throw new TlsError(
      "malformed_key",
      `Cannot read the key for Encrypted ClientHello: expected ${KEY_LENGTH} bytes, got ${bytes.length}`,
    );
  }
  return { kem, bytes };
}

/** RFC 9934 section 3. */
export const PRIVATE_KEY = "PRIVATE KEY";

/** RFC 9934 section 3. */
export const ECH_CONFIG = "ECHCONFIG";

/** Of both curves, in bytes. */
const KEY_LENGTH = 32;
