/**
 * The forms of ServerKeyExchange, one for each way to exchange keys. Encoding
 * `params` again gives the bytes that were signed, as its form has no choices.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { ECCurveType } from "../../registry.ts";
import { DigitallySigned, DigitallySignedTls10 } from "./digitally_signed.ts";

/** RFC 8422 section 5.4, `ServerECDHParams` with its `ECParameters`. */
export interface ServerEcdhParams {
  /** `ECCurveType.named_curve`. */
  curveType: number;
  /** Of the registry `NamedGroup`. */
  namedCurve: number;
  /** The server's public key in the group's encoding. */
  point: Uint8Array;
}

/**
 * RFC 8422 section 5.4, which deprecates the explicit curves: a `curveType`
 * other than `named_curve` is `illegal_parameter`.
 */
export const ServerEcdhParams: Codec<ServerEcdhParams> = struct(
  "ServerECDHParams",
  {
    curveType: checked(uint8, (value, name) => {
      if (value !== ECCurveType.named_curve) {
        throw new TlsProtocolError(
          "illegal_parameter",
          `Cannot accept ${name}: ${value} is not named_curve`,
        );
      }
    }),
    namedCurve: uint16,
    point: vector(uint8, 1, 2 ** 8 - 1),
  },
);

/** RFC 5246 section 7.4.3, `ServerDHParams`: integers, big-endian. */
export interface ServerDhParams {
  /** The prime modulus. */
  dhP: Uint8Array;
  /** The generator. */
  dhG: Uint8Array;
  /** The server's public value. */
  dhYs: Uint8Array;
}

/** RFC 5246 section 7.4.3. */
export const ServerDhParams: Codec<ServerDhParams> = struct("ServerDHParams", {
  dhP: vector(uint16, 1, 2 ** 16 - 1),
  dhG: vector(uint16, 1, 2 ** 16 - 1),
  dhYs: vector(uint16, 1, 2 ** 16 - 1),
});

/** RFC 5246 section 7.4.3: parameters with a signature over them. */
export interface SignedServerKeyExchange<Params, Signature> {
  /** What the client needs for its share. */
  params: Params;
  /** Over client_random, server_random and `params`. */
  signedParams: Signature;
}

/** ECDHE_ECDSA and ECDHE_RSA (RFC 8422 section 5.4) in TLS 1.2. */
export type ServerKeyExchangeEcdhe = SignedServerKeyExchange<
  ServerEcdhParams,
  DigitallySigned
>;

/** RFC 8422 section 5.4. */
export const ServerKeyExchangeEcdhe: Codec<ServerKeyExchangeEcdhe> = struct(
  "ServerKeyExchange",
  { params: ServerEcdhParams, signedParams: DigitallySigned },
);

/** ECDHE_ECDSA and ECDHE_RSA (RFC 8422 section 5.4) in TLS 1.1 and 1.0. */
export type ServerKeyExchangeEcdheTls10 = SignedServerKeyExchange<
  ServerEcdhParams,
  DigitallySignedTls10
>;

/** RFC 8422 section 5.4. */
export const ServerKeyExchangeEcdheTls10: Codec<ServerKeyExchangeEcdheTls10> =
  struct("ServerKeyExchange", {
    params: ServerEcdhParams,
    signedParams: DigitallySignedTls10,
  });

/** DHE_RSA (RFC 5246 section 7.4.3) in TLS 1.2. */
export type ServerKeyExchangeDhe = SignedServerKeyExchange<
  ServerDhParams,
  DigitallySigned
>;

/** RFC 5246 section 7.4.3. */
export const ServerKeyExchangeDhe: Codec<ServerKeyExchangeDhe> = struct(
  "ServerKeyExchange",
  { params: ServerDhParams, signedParams: DigitallySigned },
);

/** DHE_RSA (RFC 4346 section 7.4.3) in TLS 1.1 and 1.0. */
export type ServerKeyExchangeDheTls10 = SignedServerKeyExchange<
  ServerDhParams,
  DigitallySignedTls10
>;

/** RFC 4346 section 7.4.3. */
export const ServerKeyExchangeDheTls10: Codec<ServerKeyExchangeDheTls10> =
  struct("ServerKeyExchange", {
    params: ServerDhParams,
    signedParams: DigitallySignedTls10,
  });

/** PSK and RSA_PSK (RFC 4279 sections 2 and 4). */
export interface ServerKeyExchangePsk {
  /** Helps the client to choose an identity; may be empty. */
  pskIdentityHint: Uint8Array;
}

/** RFC 4279 section 2. */
export const ServerKeyExchangePsk: Codec<ServerKeyExchangePsk> = struct(
  "ServerKeyExchange",
  { pskIdentityHint: vector(uint16, 0, 2 ** 16 - 1) },
);

/** DHE_PSK (RFC 4279 section 3): not signed. */
export interface ServerKeyExchangeDhePsk {
  /** Helps the client to choose an identity; may be empty. */
  pskIdentityHint: Uint8Array;
  /** What the client needs for its share. */
  params: ServerDhParams;
}

/** RFC 4279 section 3. */
export const ServerKeyExchangeDhePsk: Codec<ServerKeyExchangeDhePsk> = struct(
  "ServerKeyExchange",
  {
    pskIdentityHint: vector(uint16, 0, 2 ** 16 - 1),
    params: ServerDhParams,
  },
);

/** ECDHE_PSK (RFC 5489 section 2): not signed. */
export interface ServerKeyExchangeEcdhePsk {
  /** Helps the client to choose an identity; may be empty. */
  pskIdentityHint: Uint8Array;
  /** What the client needs for its share. */
  params: ServerEcdhParams;
}

/** RFC 5489 section 2. */
export const ServerKeyExchangeEcdhePsk: Codec<ServerKeyExchangeEcdhePsk> =
  struct("ServerKeyExchange", {
    pskIdentityHint: vector(uint16, 0, 2 ** 16 - 1),
    params: ServerEcdhParams,
  });
