/**
 * The forms of ClientKeyExchange, one for each way to exchange keys.
 *
 * @module
 */

import {
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";

/** RSA (RFC 5246 section 7.4.7.1). */
export interface EncryptedPreMasterSecret {
  /** RSAES-PKCS1-v1_5 of the PreMasterSecret. */
  encryptedPreMasterSecret: Uint8Array;
}

/**
 * RFC 5246 section 7.4.7.1: "the RSA-encrypted PreMasterSecret in a
 * ClientKeyExchange is preceded by two length bytes."
 */
export const EncryptedPreMasterSecret: Codec<EncryptedPreMasterSecret> = struct(
  "EncryptedPreMasterSecret",
  { encryptedPreMasterSecret: vector(uint16, 0, 2 ** 16 - 1) },
);

/** DHE (RFC 5246 section 7.4.7.2), with the public value always explicit. */
export interface ClientDiffieHellmanPublic {
  /** The client's public value, big-endian. */
  dhYc: Uint8Array;
}

/** RFC 5246 section 7.4.7.2. */
export const ClientDiffieHellmanPublic: Codec<ClientDiffieHellmanPublic> =
  struct("ClientDiffieHellmanPublic", {
    dhYc: vector(uint16, 1, 2 ** 16 - 1),
  });

/** ECDHE (RFC 8422 section 5.7), with the public key always explicit. */
export interface ClientEcdhPublic {
  /** The client's public key in the group's encoding. */
  ecdhYc: Uint8Array;
}

/** RFC 8422 section 5.7. */
export const ClientEcdhPublic: Codec<ClientEcdhPublic> = struct(
  "ClientECDiffieHellmanPublic",
  { ecdhYc: vector(uint8, 1, 2 ** 8 - 1) },
);

/** PSK (RFC 4279 section 2). */
export interface ClientKeyExchangePsk {
  /** UTF-8 by convention. */
  pskIdentity: Uint8Array;
}

/** RFC 4279 section 2. */
export const ClientKeyExchangePsk: Codec<ClientKeyExchangePsk> = struct(
  "ClientKeyExchange",
  { pskIdentity: vector(uint16, 0, 2 ** 16 - 1) },
);

/** DHE_PSK (RFC 4279 section 3). */
export interface ClientKeyExchangeDhePsk extends ClientDiffieHellmanPublic {
  /** UTF-8 by convention. */
  pskIdentity: Uint8Array;
}

/** RFC 4279 section 3. */
export const ClientKeyExchangeDhePsk: Codec<ClientKeyExchangeDhePsk> = struct(
  "ClientKeyExchange",
  {
    pskIdentity: vector(uint16, 0, 2 ** 16 - 1),
    dhYc: vector(uint16, 1, 2 ** 16 - 1),
  },
);

/** ECDHE_PSK (RFC 5489 section 2). */
export interface ClientKeyExchangeEcdhePsk extends ClientEcdhPublic {
  /** UTF-8 by convention. */
  pskIdentity: Uint8Array;
}

/** RFC 5489 section 2. */
export const ClientKeyExchangeEcdhePsk: Codec<ClientKeyExchangeEcdhePsk> =
  struct("ClientKeyExchange", {
    pskIdentity: vector(uint16, 0, 2 ** 16 - 1),
    ecdhYc: vector(uint8, 1, 2 ** 8 - 1),
  });

/** RSA_PSK (RFC 4279 section 4). */
export interface ClientKeyExchangeRsaPsk extends EncryptedPreMasterSecret {
  /** UTF-8 by convention. */
  pskIdentity: Uint8Array;
}

/** RFC 4279 section 4. */
export const ClientKeyExchangeRsaPsk: Codec<ClientKeyExchangeRsaPsk> = struct(
  "ClientKeyExchange",
  {
    pskIdentity: vector(uint16, 0, 2 ** 16 - 1),
    encryptedPreMasterSecret: vector(uint16, 0, 2 ** 16 - 1),
  },
);
