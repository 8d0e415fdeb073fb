/**
 * The server's half of each key exchange of TLS 1.2 and below: it sends
 * ServerKeyExchange, and takes the premaster secret from ClientKeyExchange (RFC
 * 5246 sections 7.4.3 and 7.4.7; RFC 8422; RFC 4279; RFC 5489).
 *
 * @module
 */

import type { KeyExchangeMethod } from "../../crypto/suites/cipher_suites.ts";
import type { KeyShareOffer } from "../../crypto/primitives/provider.ts";
import {
  checkedPreMasterSecret,
  rsaDecryptPreMasterSecret,
} from "../../crypto/signatures/rsa_pkcs1.ts";
import { type Codec, encode } from "../../record/codec.ts";
import { ECCurveType } from "../../registry.ts";
import {
  pkcs8Of,
  PrivateKey,
  type Signer,
} from "../../x509/keys/private_key.ts";
import { signWithIdentity } from "../common/authenticate.ts";
import { provenPsk } from "../common/external_psk.ts";
import type { MessageKind } from "../messages/message_kind.ts";
import {
  clientKeyExchange,
  serverKeyExchange,
} from "../messages/message_kinds_tls12.ts";
import type { DigitallySigned } from "../messages/digitally_signed.ts";
import {
  ServerDhParams,
  ServerEcdhParams,
  type SignedServerKeyExchange,
} from "../messages/server_key_exchange.ts";
import { pskPreMasterSecret, stripZeros } from "./pre_master_secret.ts";
import { peerPskRemark } from "../io/remarks.ts";
import type { Tls12Parameters } from "./secrets.ts";
import type { ServerHandshake } from "../common/flow.ts";
import type { SessionPsk } from "../session/session_state.ts";
import type { DheGroup, ServerChoiceTls12 } from "./server_negotiate.ts";
import { signedParams } from "../common/signatures_tls12.ts";

/** The server's handshake before ServerKeyExchange. */
export interface ServerExchangeInput {
  readonly hs: ServerHandshake;
  readonly params: Tls12Parameters;
  readonly choice: ServerChoiceTls12;
}

/** The result of a ClientKeyExchange. */
export interface ClientSecret {
  /** The premaster secret. */
  readonly secret: Uint8Array;
  /** The external PSK that is part of it, which Finished proves. */
  readonly psk?: SessionPsk;
}

/** Reads ClientKeyExchange. */
export type ReadClientKeyExchange = () => Promise<ClientSecret>;

/** Sends ServerKeyExchange, where there is one. */
export function sendServerKeyExchange(
  input: ServerExchangeInput,
): Promise<ReadClientKeyExchange> {
  return methods[input.params.suite.keyExchange](input);
}

type Method = (input: ServerExchangeInput) => Promise<ReadClientKeyExchange>;

/** ECDHE (RFC 8422 sections 5.4 and 5.7). */
async function ecdhe(
  input: ServerExchangeInput,
): Promise<ReadClientKeyExchange> {
  const { io } = input.hs;
  const { params, offer } = await offerEcdh(input);
  await sendParams(
    input,
    params,
    ServerEcdhParams,
    input.params.profile.signatures.serverKeyExchangeEcdhe,
    serverKeyExchange.ecdhAnon,
  );
  return async () => {
    const { ecdhYc } = await io.read(clientKeyExchange.ecdhe);
    return { secret: await offer.complete(ecdhYc) };
  };
}

/** DHE (RFC 5246 sections 7.4.3 and 7.4.7.2). */
async function dhe(input: ServerExchangeInput): Promise<ReadClientKeyExchange> {
  const { io } = input.hs;
  const { params, offer } = await offerDh(input);
  await sendParams(
    input,
    params,
    ServerDhParams,
    input.params.profile.signatures.serverKeyExchangeDhe,
    serverKeyExchange.dhAnon,
  );
  return async () => {
    const { dhYc } = await io.read(clientKeyExchange.dhe);
    return { secret: stripZeros(await offer.complete(dhYc)) };
  };
}

/** RSA (RFC 5246 section 7.4.7.1): there is no ServerKeyExchange. */
function rsa({ hs, choice }: ServerExchangeInput) {
  return Promise.resolve(async () => {
    const message = await hs.io.read(clientKeyExchange.rsa);
    const encrypted = message.encryptedPreMasterSecret;
    return { secret: await decryptSecret(hs, choice, encrypted) };
  });
}

/** PSK (RFC 4279 section 2). */
function psk({ hs }: ServerExchangeInput) {
  sendHint(hs);
  return Promise.resolve(async () => {
    const { pskIdentity } = await hs.io.read(clientKeyExchange.psk);
    const { psk, key } = await findPsk(hs, pskIdentity);
    const secret = pskPreMasterSecret(key, new Uint8Array(key.length));
    return { secret, psk };
  });
}

/** RSA_PSK (RFC 4279 section 4). */
function rsaPsk({ hs, choice }: ServerExchangeInput) {
  sendHint(hs);
  return Promise.resolve(async () => {
    const message = await hs.io.read(clientKeyExchange.rsaPsk);
    const { psk, key } = await findPsk(hs, message.pskIdentity);
    const secret = await decryptSecret(
      hs,
      choice,
      message.encryptedPreMasterSecret,
    );
    return { secret: pskPreMasterSecret(key, secret), psk };
  });
}

/** DHE_PSK (RFC 4279 section 3). */
async function dhePsk(
  input: ServerExchangeInput,
): Promise<ReadClientKeyExchange> {
  const { hs } = input;
  const { params, offer } = await offerDh(input);
  hs.io.send(serverKeyExchange.dhePsk, {
    pskIdentityHint: hintOf(hs),
    params,
  });
  return async () => {
    const { pskIdentity, dhYc } = await hs.io.read(clientKeyExchange.dhePsk);
    const secret = stripZeros(await offer.complete(dhYc));
    const { psk, key } = await findPsk(hs, pskIdentity);
    return { secret: pskPreMasterSecret(key, secret), psk };
  };
}

/** ECDHE_PSK (RFC 5489 section 2). */
async function ecdhePsk(
  input: ServerExchangeInput,
): Promise<ReadClientKeyExchange> {
  const { hs } = input;
  const { params, offer } = await offerEcdh(input);
  hs.io.send(serverKeyExchange.ecdhePsk, {
    pskIdentityHint: hintOf(hs),
    params,
  });
  return async () => {
    const { pskIdentity, ecdhYc } = await hs.io.read(
      clientKeyExchange.ecdhePsk,
    );
    const secret = await offer.complete(ecdhYc);
    const { psk, key } = await findPsk(hs, pskIdentity);
    return { secret: pskPreMasterSecret(key, secret), psk };
  };
}

const methods: Readonly<Record<KeyExchangeMethod, Method>> = {
  ECDHE: ecdhe,
  DHE: dhe,
  RSA: rsa,
  PSK: psk,
  RSA_PSK: rsaPsk,
  DHE_PSK: dhePsk,
  ECDHE_PSK: ecdhePsk,
  any: () => {
    throw new TypeError("A suite of TLS 1.3 has no ServerKeyExchange");
  },
};

async function offerEcdh(
  { hs, choice: { group } }: ServerExchangeInput,
): Promise<{ params: ServerEcdhParams; offer: KeyShareOffer }> {
  const { id, offer: make } = required(group, "a curve");
  const offer = await make(hs.config.keyRandom);
  const params = {
    curveType: ECCurveType.named_curve,
    namedCurve: id,
    point: offer.share,
  };
  return { params, offer };
}

async function offerDh(
  { hs, choice: { dheGroup } }: ServerExchangeInput,
): Promise<{ params: ServerDhParams; offer: KeyShareOffer }> {
  const { group, prime, generator }: DheGroup = required(
    dheGroup,
    "a DHE group",
  );
  const offer = await group.offer(hs.config.keyRandom);
  const params = { dhP: prime, dhG: generator, dhYs: offer.share };
  return { params, offer };
}

/** Parameters with our signature, or those of an anonymous server. */
async function sendParams<Params>(
  { hs, params: { randoms }, choice: { signer } }: ServerExchangeInput,
  params: Params,
  codec: Codec<Params>,
  signedKind: MessageKind<SignedServerKeyExchange<Params, DigitallySigned>>,
  anonymousKind: MessageKind<Params>,
): Promise<void> {
  if (signer === undefined) return hs.io.send(anonymousKind, params);
  const { identity, scheme } = signer;
  const content = signedParams(randoms, encode(codec, params));
  const signature = await signWithIdentity(identity, scheme, content);
  hs.io.send(signedKind, {
    params,
    signedParams: { algorithm: scheme, signature },
  });
}

/**
 * The version that it must have is the ClientHello's, not the negotiated one.
 */
async function decryptSecret(
  { hello: { legacyVersion } }: ServerHandshake,
  { identity }: ServerChoiceTls12,
  encrypted: Uint8Array,
): Promise<Uint8Array> {
  const { key } = required(identity, "a certificate");
  if (key instanceof PrivateKey) {
    const pkcs8 = required(pkcs8Of(key), "a private key with bytes");
    return rsaDecryptPreMasterSecret(pkcs8, encrypted, legacyVersion);
  }
  const decrypted = await decryptBy(key, encrypted.slice());
  return checkedPreMasterSecret(decrypted, legacyVersion);
}

/** Decrypts with a key of the caller's; empty if that refuses. */
async function decryptBy(
  key: Signer,
  encrypted: Uint8Array,
): Promise<Uint8Array> {
  try {
    return await key.decrypt?.(encrypted) ?? new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}

/** RFC 4279 section 2: without a hint the message is left out. */
function sendHint(hs: ServerHandshake): void {
  const pskIdentityHint = hintOf(hs);
  if (pskIdentityHint.length > 0) {
    hs.io.send(serverKeyExchange.psk, { pskIdentityHint });
  }
}

function hintOf({ config }: ServerHandshake): Uint8Array {
  return new TextEncoder().encode(config.psk?.hint ?? "");
}

/**
 * The key of an identity. An unknown one gets a random key, so that it fails as
 * a wrong key does and nobody learns which identities there are (RFC 4279
 * section 2).
 */
async function findPsk(
  { io, config }: ServerHandshake,
  identity: Uint8Array,
): Promise<{ psk: SessionPsk; key: Uint8Array }> {
  const answer = await config.psk?.server?.(identity.slice());
  // RFC 9258 section 5.1: one that is imported is for TLS 1.3 alone.
  const found = answer?.importContext === undefined ? answer : undefined;
  // Only for our own error: the peer gets the same alert for both.
  io.remarks.psk = peerPskRemark(identity, found !== undefined);
  const key = found?.key ?? config.random(32);
  return { psk: provenPsk(identity, { key }), key };
}

/** A value that the choice of the suite guarantees. */
function required<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new TypeError(`Cannot exchange keys: the suite needs ${what}`);
}
