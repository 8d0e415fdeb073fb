/**
 * The client's half of each key exchange of TLS 1.2 and below: it reads the
 * server's ServerKeyExchange and answers with a ClientKeyExchange (RFC 5246
 * sections 7.4.3 and 7.4.7; RFC 8422; RFC 4279; RFC 5489).
 *
 * @module
 */

import { dhGroup } from "../../crypto/groups/ffdh.ts";
import type { KeyExchangeMethod } from "../../crypto/suites/cipher_suites.ts";
import type {
  KeyExchangeGroup,
  KeyShareAnswer,
} from "../../crypto/primitives/provider.ts";
import { rsaEncrypt } from "../../crypto/signatures/rsa_pkcs1.ts";
import { refusalOfGroup } from "../../crypto/suites/security_level.ts";
import { nameOfBytes } from "../../encoding.ts";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import { type Codec, encode } from "../../record/codec.ts";
import { NamedGroup, nameOf } from "../../registry.ts";
import {
  anonymousServer,
  authenticateByDecryption,
  authenticatePeer,
  type PeerAuthentication,
  peerWithoutCertificate,
} from "../common/authenticate.ts";
import type { ClientHandshake } from "../common/flow.ts";
import type { ClientConfig } from "../common/config.ts";
import { provenPsk } from "../common/external_psk.ts";
import type { MessageKind } from "../messages/message_kind.ts";
import {
  clientKeyExchange,
  serverKeyExchange,
} from "../messages/message_kinds_tls12.ts";
import {
  ServerDhParams,
  ServerEcdhParams,
  type SignedServerKeyExchange,
} from "../messages/server_key_exchange.ts";
import type { DigitallySigned } from "../messages/digitally_signed.ts";
import { pskPreMasterSecret, stripZeros } from "./pre_master_secret.ts";
import type { PeerChain } from "../common/peer_chain.ts";
import { ownPskRemark } from "../io/remarks.ts";
import type { Tls12Parameters } from "./secrets.ts";
import type { SessionPsk } from "../session/session_state.ts";
import { receivedScheme, signedParams } from "../common/signatures_tls12.ts";

/** What the server's half settled. */
export interface ClientExchange {
  /** The server, authenticated. */
  readonly peer: PeerAuthentication;
  /** The external PSK of the exchange, which Finished proves. */
  readonly psk?: SessionPsk;
  /** The group, where there is one. */
  readonly group: KeyExchangeGroup | undefined;
  /** Sends ClientKeyExchange, and returns the premaster secret. */
  send(): Promise<Uint8Array>;
}

/** The client's handshake before ServerKeyExchange. */
export interface ClientExchangeInput {
  readonly hs: ClientHandshake;
  readonly params: Tls12Parameters;
  /** The server's certificates, where the suite has some. */
  readonly chain: PeerChain | undefined;
}

/**
 * Reads ServerKeyExchange, where there is one, and authenticates the server.
 */
export function readServerKeyExchange(
  input: ClientExchangeInput,
): Promise<ClientExchange> {
  return methods[input.params.suite.keyExchange](input);
}

type Method = (input: ClientExchangeInput) => Promise<ClientExchange>;

/** ECDHE (RFC 8422 sections 5.4 and 5.7). */
async function ecdhe(input: ClientExchangeInput): Promise<ClientExchange> {
  const { hs, params: { profile } } = input;
  const { params, peer } = await readParams(
    input,
    ServerEcdhParams,
    profile.signatures.serverKeyExchangeEcdhe,
    serverKeyExchange.ecdhAnon,
  );
  const { group, share, sharedSecret } = await answerEcdh(hs.config, params);
  const message = { ecdhYc: share };
  const send = sending(hs, clientKeyExchange.ecdhe, message, sharedSecret);
  return { peer, group, send };
}

/** DHE (RFC 5246 sections 7.4.3 and 7.4.7.2). */
async function dhe(input: ClientExchangeInput): Promise<ClientExchange> {
  const { hs, params: { profile } } = input;
  const { params, peer } = await readParams(
    input,
    ServerDhParams,
    profile.signatures.serverKeyExchangeDhe,
    serverKeyExchange.dhAnon,
  );
  const { group, share, sharedSecret } = await answerDh(hs.config, params);
  const message = { dhYc: share };
  const secret = stripZeros(sharedSecret);
  const send = sending(hs, clientKeyExchange.dhe, message, secret);
  return { peer, group, send };
}

/** RSA (RFC 5246 section 7.4.7.1): the certificate's key is the exchange's. */
async function rsa(
  { hs, chain }: ClientExchangeInput,
): Promise<ClientExchange> {
  const certificates = required(chain);
  const peer = await authenticateByDecryption(
    hs.config,
    certificates,
    hs.previous?.peer,
  );
  return {
    peer,
    group: undefined,
    send() {
      const { secret, encrypted } = encryptedSecret(hs, certificates);
      hs.io.send(clientKeyExchange.rsa, {
        encryptedPreMasterSecret: encrypted,
      });
      return Promise.resolve(secret);
    },
  };
}

/** PSK (RFC 4279 section 2): the hint's message may be left out. */
async function psk({ hs }: ClientExchangeInput): Promise<ClientExchange> {
  const hint = await hs.io.readOptional(serverKeyExchange.psk);
  const { psk, key } = await choosePsk(hs, hint?.pskIdentityHint);
  const message = { pskIdentity: psk.identity };
  // Section 2: other_secret is as many zeros as the key has bytes.
  const secret = pskPreMasterSecret(key, new Uint8Array(key.length));
  const send = sending(hs, clientKeyExchange.psk, message, secret);
  const peer = peerWithoutCertificate({ by: "psk", psk });
  return { peer, psk, group: undefined, send };
}

/** RSA_PSK (RFC 4279 section 4). */
async function rsaPsk(
  { hs, chain }: ClientExchangeInput,
): Promise<ClientExchange> {
  const certificates = required(chain);
  const peer = await authenticateByDecryption(
    hs.config,
    certificates,
    hs.previous?.peer,
  );
  const message = await hs.io.readOptional(serverKeyExchange.psk);
  const { psk, key } = await choosePsk(hs, message?.pskIdentityHint);
  return {
    peer,
    psk,
    group: undefined,
    send() {
      const { secret, encrypted } = encryptedSecret(hs, certificates);
      hs.io.send(clientKeyExchange.rsaPsk, {
        pskIdentity: psk.identity,
        encryptedPreMasterSecret: encrypted,
      });
      return Promise.resolve(pskPreMasterSecret(key, secret));
    },
  };
}

/** DHE_PSK (RFC 4279 section 3). */
async function dhePsk({ hs }: ClientExchangeInput): Promise<ClientExchange> {
  const { pskIdentityHint, params } = await hs.io.read(
    serverKeyExchange.dhePsk,
  );
  const { group, share, sharedSecret } = await answerDh(hs.config, params);
  const { psk, key } = await choosePsk(hs, pskIdentityHint);
  const message = { pskIdentity: psk.identity, dhYc: share };
  const secret = pskPreMasterSecret(key, stripZeros(sharedSecret));
  const send = sending(hs, clientKeyExchange.dhePsk, message, secret);
  const peer = peerWithoutCertificate({ by: "psk", psk });
  return { peer, psk, group, send };
}

/** ECDHE_PSK (RFC 5489 section 2). */
async function ecdhePsk({ hs }: ClientExchangeInput): Promise<ClientExchange> {
  const { pskIdentityHint, params } = await hs.io.read(
    serverKeyExchange.ecdhePsk,
  );
  const { group, share, sharedSecret } = await answerEcdh(hs.config, params);
  const { psk, key } = await choosePsk(hs, pskIdentityHint);
  const message = { pskIdentity: psk.identity, ecdhYc: share };
  const secret = pskPreMasterSecret(key, sharedSecret);
  const send = sending(hs, clientKeyExchange.ecdhePsk, message, secret);
  const peer = peerWithoutCertificate({ by: "psk", psk });
  return { peer, psk, group, send };
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

/** Sends a message that is already made, and returns its premaster secret. */
function sending<T>(
  { io }: ClientHandshake,
  kind: MessageKind<T>,
  message: T,
  preMasterSecret: Uint8Array,
): ClientExchange["send"] {
  return () => {
    io.send(kind, message);
    return Promise.resolve(preMasterSecret);
  };
}

/** Parameters with the server's signature, or those of an anonymous server. */
async function readParams<Params>(
  { hs, params: agreed, chain }: ClientExchangeInput,
  codec: Codec<Params>,
  signedKind: MessageKind<SignedServerKeyExchange<Params, DigitallySigned>>,
  anonymousKind: MessageKind<Params>,
): Promise<{ params: Params; peer: PeerAuthentication }> {
  const { io, config } = hs;
  if (agreed.suite.authentication === "anon") {
    const params = await io.read(anonymousKind);
    return { params, peer: await anonymousServer(config, agreed.suite) };
  }
  const certificates = required(chain);
  const { params, signedParams: signed } = await io.read(signedKind);
  const { publicKey } = certificates;
  const signature = {
    scheme: receivedScheme(agreed.profile, config, signed, publicKey),
    content: signedParams(agreed.randoms, encode(codec, params)),
    signature: signed.signature.slice(),
  };
  const peer = await authenticatePeer(
    config,
    certificates,
    signature,
    hs.previous?.peer,
  );
  return { params, peer };
}

function required(chain: PeerChain | undefined): PeerChain {
  if (chain === undefined) {
    throw new TypeError("Cannot exchange keys: the suite needs a certificate");
  }
  return chain;
}

/** Our half, and the group. */
interface Answer extends KeyShareAnswer {
  readonly group: KeyExchangeGroup;
}

/** RFC 8422 section 5.4: the curve must be one that the client offered. */
async function answerEcdh(
  config: ClientConfig,
  { namedCurve, point }: ServerEcdhParams,
): Promise<Answer> {
  const group = config.groups.find((group) =>
    group.id === namedCurve && group.kind === "ecdh"
  );
  if (group === undefined) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerKeyExchange: group ${
        nameOf(NamedGroup, namedCurve)
      } was not offered`,
    );
  }
  return { group, ...await group.accept(point, config.keyRandom) };
}

/** A group that the server names: it must be large enough (Logjam). */
async function answerDh(
  { minDhSize, security, keyRandom }: ClientConfig,
  { dhP, dhG, dhYs }: ServerDhParams,
): Promise<Answer> {
  const group = dhGroup(dhP, dhG);
  const tooSmall = group.bits < minDhSize
    ? `group of ${group.bits} bits is below minDhSize ${minDhSize}`
    : refusalOfGroup(group, security);
  if (tooSmall !== undefined) {
    throw new TlsProtocolError(
      "insufficient_security",
      `Cannot accept ServerKeyExchange: ${tooSmall}`,
    );
  }
  return { group, ...await group.accept(dhYs, keyRandom) };
}

/**
 * RFC 5246 section 7.4.7.1: a random premaster secret that begins with the
 * version of the ClientHello, which shows the server a rollback.
 */
function encryptedSecret(
  { config, offer }: ClientHandshake,
  { publicKey }: PeerChain,
): { secret: Uint8Array; encrypted: Uint8Array } {
  const secret = config.random(48).slice();
  const { legacyVersion } = offer.hello;
  secret[0] = legacyVersion >> 8;
  secret[1] = legacyVersion & 0xff;
  return {
    secret,
    encrypted: rsaEncrypt(publicKey.bytes, secret, config.random),
  };
}

/** The first of the caller's keys for the server's hint. */
async function choosePsk(
  { io, config }: ClientHandshake,
  hint: Uint8Array | undefined,
): Promise<{ psk: SessionPsk; key: Uint8Array }> {
  const text = hint === undefined || hint.length === 0
    ? undefined
    : nameOfBytes(hint);
  // RFC 9258 section 5.1: "External PSKs MUST NOT be imported for (D)TLS 1.2 or
  // prior versions", and one that is imported has no other use.
  const chosen = (await config.psk?.client?.(text) ?? [])
    .find(({ importContext }) => importContext === undefined);
  if (chosen === undefined) {
    throw new TlsError(
      "handshake_failure",
      `Cannot use a pre-shared key: option "psk" returned none${
        text === undefined ? "" : ` for the server's hint "${text}"`
      }`,
      { alert: "handshake_failure" },
    );
  }
  const { identity, key } = chosen;
  io.remarks.psk = ownPskRemark(identity);
  return { psk: provenPsk(identity, { key }, text), key };
}
