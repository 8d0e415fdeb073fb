/**
 * Encrypted ClientHello at a client (RFC 9849 section 6): what is sent in the
 * place of a ClientHello, and which of the two the server answers.
 *
 * @module
 */

import {
  isTls13CipherSuite,
  type Tls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import {
  type HpkeContext,
  type Sender,
  setupBaseSender,
  TAG_LENGTH,
} from "../../crypto/hpke/hpke.ts";
import { kemById } from "../../crypto/hpke/kem.ts";
import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import { TlsEchRejectedError, TlsProtocolError } from "../../errors.ts";
import { decode, encode } from "../../record/codec.ts";
import { HandshakeType, ProtocolVersion } from "../../registry.ts";
import { parseReferenceName } from "../../x509/certificate/name_match.ts";
import type { ClientOffer } from "../common/client_hello.ts";
import type { ClientConfig } from "../common/config.ts";
import type { Established } from "../common/established.ts";
import type { ClientEch, ClientHandshake, EchAttempt } from "../common/flow.ts";
import { X509_ALONE } from "../common/certificate_types.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { Transcript } from "../io/transcript.ts";
import { ClientHello } from "../messages/client_hello.ts";
import { ECHClientHello } from "../messages/ech_client_hello.ts";
import {
  chooseSuite,
  type EchConfig,
  type HpkeSymmetricCipherSuite,
} from "../messages/ech_config.ts";
import type { ECHConfig } from "../messages/extension_table.ts";
import { typesOf } from "../messages/extensions.ts";
import { encodeMessage, type HandshakeMessage } from "../messages/framing.ts";
import {
  HelloRetryRequest,
  isHelloRetryRequest,
  ServerHello,
} from "../messages/server_hello.ts";
import {
  acceptConfirmation,
  confirmationIn,
  retryConfirmation,
} from "./confirmation.ts";
import { encodeInner } from "./encoded_inner.ts";
import { GreaseAttempt } from "./grease.ts";
import {
  changeOuter,
  type InnerOffer,
  makeInner,
  makeOuter,
  showsCertificate,
} from "./hellos.ts";
import { logEch } from "./key_log.ts";
import { hpkeInfo, payloadIn } from "./outer_payload.ts";
import { Rejected } from "./rejected.ts";

/** Begins what the configuration asks for. */
export function beginEch(
  config: ClientConfig,
  ech: NonNullable<ClientConfig["ech"]>,
): EchAttempt {
  return ech === "grease"
    ? new GreaseAttempt(config)
    : new RealAttempt(config, ech);
}

/** Encrypts the ClientHello, and finds out whether the server could read it. */
class RealAttempt implements EchAttempt {
  readonly sessionConfig: ClientConfig;
  readonly #config: ClientConfig;
  readonly #ech: EchConfig;
  #sent: Sent | undefined;

  constructor(config: ClientConfig, ech: EchConfig) {
    this.#config = config;
    this.#ech = ech;
    // Section 6.1: no version and no session below TLS 1.3.
    const tls13 = ProtocolVersion["TLSv1.3"];
    this.sessionConfig = { ...config, minVersion: tls13, versions: [tls13] };
  }

  async hide(
    made: ClientOffer,
  ): Promise<{ offer: ClientOffer; sent: Uint8Array }> {
    const inner = makeInner(this.#config, made);
    const seal = await Sealer.begin(this.#config, this.#ech);
    const { contents } = this.#ech;
    const hello = makeOuter(this.#config, made, inner, contents.publicName);
    const outer = await seal.seal(inner, hello, seal.enc);
    logEch(this.#config, hello.random, {
      config: this.#ech.raw,
      sharedSecret: seal.sharedSecret,
    });
    this.#sent = { inner, outer, seal };
    return { offer: inner.offer, sent: outer.raw };
  }

  async complete(
    hs: ClientHandshake,
    run: (hs: ClientHandshake) => Promise<Established>,
  ): Promise<Established> {
    const { io } = hs;
    io.ignoreHelloRequests();
    const sent = this.#sent;
    if (sent === undefined) throw new TypeError("Nothing was sent");
    const { inner: { offer } } = sent;
    if (!isAccepted(this.#config, offer, await io.peek())) {
      return await this.#completeRejected({ ...hs, offer: sent.outer }, run);
    }
    // Section 6.1.5: "as if it had sent ClientHelloInner as the ClientHello".
    io.startTranscript();
    io.transcript.add(offer.raw);
    const ech = new Accepted(this.#config, sent);
    const config = this.sessionConfig;
    return { ...await run({ ...hs, config, ech }), ech: "accepted" };
  }

  /**
   * Section 6.1.6: the handshake with the client-facing server comes to its end,
   * so that its answer is authenticated, and nothing else is done with it.
   */
  async #completeRejected(
    hs: ClientHandshake,
    run: (hs: ClientHandshake) => Promise<Established>,
  ): Promise<never> {
    const { publicName } = this.#ech;
    const ech = new Rejected();
    const config = outerConfig(this.#config, publicName);
    await run({ ...hs, config, ech });
    throw new TlsEchRejectedError(publicName, ech.retryConfigs);
  }
}

/** What was sent. */
interface Sent {
  readonly inner: InnerOffer;
  readonly outer: ClientOffer;
  readonly seal: Sealer;
}

/**
 * Section 6.1.7: "The client MUST verify that the certificate is valid for
 * ECHConfig.contents.public_name", so that what is off for the server inside is
 * on: what its answer decides is to whom the name of that server is shown. A raw
 * public key has no name, and is that of the server inside. We show no
 * certificate, and sessions are ignored.
 */
function outerConfig(config: ClientConfig, publicName: string): ClientConfig {
  return {
    ...config,
    trust: {
      ...config.trust,
      publicKeys: [],
      unsafelyIgnoreCertificateErrors: false,
      unsafelyDisableHostnameVerification: false,
    },
    peerCertificateTypes: X509_ALONE,
    certificateTypes: X509_ALONE,
    cipherSuites: config.cipherSuites.filter(showsCertificate),
    serverName: publicName,
    verifyName: parseReferenceName(publicName),
    identities: [],
    onCertificateRequest: undefined,
    postHandshakeAuth: false,
    session: undefined,
    sessionCache: undefined,
    sessionKey: "",
    onSession: undefined,
    psk: undefined,
  };
}

/** Section 6.1.4, "Determining ECH Acceptance". */
function isAccepted(
  config: ClientConfig,
  { hello: { random }, raw }: ClientOffer,
  message: HandshakeMessage,
): boolean {
  if (message.type !== HandshakeType.server_hello) return false;
  const isRetry = isHelloRetryRequest(message);
  const { extensions, cipherSuite } = isRetry
    ? decode(HelloRetryRequest, message.body, "HelloRetryRequest")
    : decode(ServerHello, message.body, "ServerHello");
  const suite = suiteOf(config, cipherSuite);
  if (
    extensions.supported_versions !== ProtocolVersion["TLSv1.3"] ||
    suite === undefined
  ) return false;
  const transcript = new Transcript();
  transcript.add(raw);
  transcript.selectHash(suite.hash);
  const confirmed = { hash: suite.hash, innerRandom: random, transcript };
  if (!isRetry) return isConfirmed(confirmed, message.raw);
  const got = "encrypted_client_hello" in extensions
    ? extensions.encrypted_client_hello
    : undefined;
  if (got === undefined) return false;
  transcript.replaceByMessageHash();
  return equalConstantTime(got, retryConfirmation(confirmed, message.raw));
}

function isConfirmed(
  confirmed: Parameters<typeof acceptConfirmation>[0],
  raw: Uint8Array,
): boolean {
  const expected = acceptConfirmation(confirmed, raw);
  return equalConstantTime(confirmationIn(raw), expected);
}

function suiteOf(
  { cipherSuites }: ClientConfig,
  id: number,
): Tls13CipherSuite | undefined {
  const suite = cipherSuites.find((suite) => suite.id === id);
  return suite !== undefined && isTls13CipherSuite(suite) ? suite : undefined;
}

/** The server could read ClientHelloInner. */
class Accepted implements ClientEch {
  readonly #config: ClientConfig;
  readonly #sent: Sent;

  constructor(config: ClientConfig, sent: Sent) {
    this.#config = config;
    this.#sent = sent;
  }

  /** Section 6.1.5: a second ClientHelloOuter, under the same context. */
  async sendSecond(io: HandshakeIO, offer: ClientOffer): Promise<void> {
    const { inner: { shared }, outer, seal } = this.#sent;
    const hello = changeOuter(this.#config, outer.hello, offer);
    const { raw } = await seal.seal({ offer, shared }, hello, EMPTY);
    io.transcript.add(offer.raw);
    io.sendRaw(raw, new Transcript());
  }

  /**
   * Section 6.1.5: "If the ServerHello does not also indicate ECH acceptance, the
   * client MUST terminate the connection with an "illegal_parameter" alert."
   */
  checkSecond(
    { transcript }: HandshakeIO,
    { hash }: Tls13CipherSuite,
    message: HandshakeMessage,
  ): void {
    if (message.type !== HandshakeType.server_hello) return;
    const { random } = this.#sent.inner.offer.hello;
    if (isConfirmed({ hash, innerRandom: random, transcript }, message.raw)) {
      return;
    }
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ServerHello: HelloRetryRequest confirmed the encrypted ClientHello, and ServerHello does not (RFC 9849 section 6.1.5)",
    );
  }

  /**
   * Section 5: "If the server sent this extension in response to the inner
   * variant, then the client MUST abort with an "unsupported_extension" alert."
   */
  readRetryConfigs(configs: readonly ECHConfig[] | undefined): void {
    if (configs === undefined) return;
    throw new TlsProtocolError(
      "unsupported_extension",
      "Cannot accept EncryptedExtensions: encrypted_client_hello is there, and the ClientHello was accepted (RFC 9849 section 5)",
    );
  }
}

/** Encrypts the ClientHellos of a connection (section 6.1.1). */
class Sealer {
  readonly #config: EchConfig;
  readonly #cipherSuite: HpkeSymmetricCipherSuite;
  readonly #context: HpkeContext;
  readonly #nameLength: number | undefined;
  /** The encapsulated key. */
  readonly enc: Uint8Array;
  /** What it encapsulates. */
  readonly sharedSecret: Uint8Array;

  private constructor(
    config: EchConfig,
    cipherSuite: HpkeSymmetricCipherSuite,
    nameLength: number | undefined,
    { enc, context }: Sender,
  ) {
    this.#config = config;
    this.#cipherSuite = cipherSuite;
    this.#nameLength = nameLength;
    this.#context = context;
    this.enc = enc;
    this.sharedSecret = context.sharedSecret;
  }

  static async begin(
    { serverName, keyRandom }: ClientConfig,
    config: EchConfig,
  ): Promise<Sealer> {
    const { keyConfig } = config.contents;
    const kem = kemById(keyConfig.kemId);
    const suite = chooseSuite(keyConfig);
    if (kem === undefined || suite === undefined) {
      throw new TypeError("Cannot encrypt ClientHello: no algorithm");
    }
    const info = hpkeInfo(config.raw);
    try {
      const sender = await setupBaseSender(
        kem,
        suite,
        keyConfig.publicKey,
        info,
        await kem.group.offer(keyRandom),
      );
      return new Sealer(config, suite, serverName?.length, sender);
    } catch (cause) {
      throw new TypeError(
        `Cannot use option "ech": the public key of the configuration for "${config.publicName}" is not valid`,
        { cause },
      );
    }
  }

  /** Encrypts an inner one into an outer one. */
  async seal(
    { offer, shared }: InnerOffer,
    outer: ClientHello,
    enc: Uint8Array,
  ): Promise<ClientOffer> {
    const { keyConfig: { configId }, maximumNameLength } =
      this.#config.contents;
    const nameLength = this.#nameLength;
    const encoded = encodeInner(offer.raw, shared, {
      maximumNameLength,
      nameLength,
    });
    const ech = encode(ECHClientHello, {
      cipherSuite: this.#cipherSuite,
      configId,
      enc,
      payload: new Uint8Array(encoded.length + TAG_LENGTH),
    });
    const raw = encodeMessage(HandshakeType.client_hello, ClientHello, {
      ...outer,
      extensions: { ...outer.extensions, encrypted_client_hello: ech },
    });
    const body = raw.subarray(HEADER_LENGTH);
    const payload = await this.#context.seal(body, encoded);
    payloadIn(body)?.set(payload);
    const hello = decode(ClientHello, body, "ClientHello");
    return {
      hello,
      raw,
      shares: offer.shares,
      psks: [],
      session: undefined,
      extensionTypes: new Set(typesOf(hello.extensions)),
    };
  }
}

/** Of a handshake message. */
const HEADER_LENGTH = 4;

const EMPTY = new Uint8Array();
