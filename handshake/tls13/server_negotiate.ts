/**
 * What a server chooses of a ClientHello of TLS 1.3: a PSK, a suite, a group,
 * after a HelloRetryRequest if need be (RFC 9846 sections 4.2.1 to 4.2.4).
 *
 * @module
 */

import { equals } from "@std/bytes";
import {
  isTls13CipherSuite,
  type Tls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import { encode } from "../../record/codec.ts";
import { ProtocolVersion, PskKeyExchangeMode } from "../../registry.ts";
import {
  type Extensions,
  extensions,
  typesOf,
} from "../messages/extensions.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import {
  HELLO_RETRY_REQUEST_RANDOM,
  type HelloRetryRequest,
} from "../messages/server_hello.ts";
import { chooseCipherSuite, chooseGroup } from "../common/negotiate.ts";
import type { ServerHandshake } from "../common/flow.ts";
import {
  type AcceptedPsk,
  choosePsk,
  type PskCandidate,
} from "./server_psk.ts";
import type { Transcript } from "../io/transcript.ts";
import { sendCompatibilityChangeCipherSpec } from "./compatibility.ts";

/** What the server chose. */
export interface ServerChoice {
  readonly suite: Tls13CipherSuite;
  readonly group: KeyExchangeGroup;
  /** The client's key share of that group. */
  readonly share: Uint8Array;
  /** The PSK, its binder verified. */
  readonly psk: AcceptedPsk | undefined;
  /** Certificates follow, whatever the PSK (RFC 9973). */
  readonly withCertificates: boolean;
}

/** Chooses; the handshake goes on with the ClientHello that it ended with. */
export async function negotiateTls13(
  first: ServerHandshake,
): Promise<{ hs: ServerHandshake; choice: ServerChoice }> {
  const { io, hello } = first;
  checkHello(hello);
  refusePskKeAlone(first);
  const extern = first.config.certificateWithPsk === "never"
    ? undefined
    : await certificateWithPsk.load();
  extern?.checkOffer(first);
  const { group, share } = chooseKeyShare(first);
  const candidate = await choosePsk(first);
  const suite = chooseSuite(first, candidate?.hash);
  io.transcript.selectHash(suite.hash);
  if (share !== undefined && first.config.helloRetry === "needed") {
    const psk = await acceptPsk(candidate, suite, first, undefined);
    const withCertificates = extern?.certificatesFollow(first, psk) ?? false;
    return {
      hs: first,
      choice: { suite, group, share, psk, withCertificates },
    };
  }
  const request = retryRequest(first, share === undefined ? group : undefined);
  const previous = sendHelloRetryRequest(first, suite, request);
  await io.flush();
  const hs = await readSecondHello(first, request);
  extern?.checkOffer(hs);
  const again = await choosePsk(hs, suite.hash.name);
  if (candidate?.hash === suite.hash.name) requirePsk(hs, candidate, again);
  const second = chooseKeyShare(hs, share === undefined ? group : undefined);
  if (second.share === undefined || second.group.id !== group.id) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the second ClientHello: it has no key share for ${group.name}`,
    );
  }
  const psk = await acceptPsk(again, suite, hs, previous);
  const withCertificates = extern?.certificatesFollow(hs, psk) ?? false;
  const choice = { suite, group, share: second.share, psk, withCertificates };
  return { hs, choice };
}

/**
 * The second ClientHello: the first but for what section 4.2.2 lets change, and
 * with the cookie that it was given (section 4.3.2).
 */
async function readSecondHello(
  first: ServerHandshake,
  request: Extensions<"HelloRetryRequest">,
): Promise<ServerHandshake> {
  const { value: hello, raw } = first.ech === undefined
    ? await first.io.receive(tls13.clientHello)
    : await first.ech.readSecond(first.io);
  const { cookie } = hello.extensions;
  const changed = changedField(first.hello, hello) ??
    (equals(cookie ?? EMPTY, request.cookie ?? EMPTY) ? undefined : "cookie");
  if (changed !== undefined) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the second ClientHello: ${changed} changed in a way that is not allowed (RFC 9846 section 4.2.2)`,
    );
  }
  checkHello(hello);
  return { ...first, hello, raw, retried: true };
}

/**
 * Section 4.2.2: PSKs may go from the second ClientHello if they are
 * "incompatible with the server's indicated cipher suite", others not.
 */
function requirePsk(
  { hello }: ServerHandshake,
  first: PskCandidate,
  second: PskCandidate | undefined,
): void {
  const isGone = hello.extensions.pre_shared_key === undefined;
  if (!isGone && (!first.isKnown || second?.isKnown)) return;
  throw new TlsProtocolError(
    isGone ? "missing_extension" : "illegal_parameter",
    `Cannot accept the second ClientHello: ${
      isGone ? "pre_shared_key" : "an identity"
    } is gone, although its PSK fits the cipher suite`,
  );
}

/** The first field that differs and must not. */
function changedField(
  first: ClientHello,
  second: ClientHello,
): string | undefined {
  if (first.legacyVersion !== second.legacyVersion) return "legacy_version";
  if (!equals(first.random, second.random)) return "random";
  if (!equals(first.legacySessionId, second.legacySessionId)) {
    return "legacy_session_id";
  }
  if (`${first.cipherSuites}` !== `${second.cipherSuites}`) {
    return "cipher_suites";
  }
  if (second.extensions.early_data !== undefined) return "early_data";
  return equals(lastingExtensions(first), lastingExtensions(second))
    ? undefined
    : "what was among the extensions";
}

/** The extensions that are to stay as they are, without regard to their order. */
function lastingExtensions(hello: ClientHello): Uint8Array {
  const order = typesOf(hello.extensions).sort((a, b) => a - b);
  const lasting: Record<string, unknown> = { ...hello.extensions, order };
  for (const name of MAY_CHANGE) delete lasting[name];
  return encode(extensions("ClientHello"), lasting);
}

/** Section 4.2.2: the extensions that a client may change, add or leave out. */
const MAY_CHANGE = [
  "key_share",
  "early_data",
  "cookie",
  "pre_shared_key",
  "padding",
  // RFC 9849 section 6.1.5: its payload is encrypted anew.
  "encrypted_client_hello",
] as const;

const EMPTY = new Uint8Array();

/** What certificates with a pre-shared key need (RFC 9973). */
const certificateWithPsk = new Lazy(
  "certificates with a pre-shared key",
  () => import("./certificate_with_psk.ts"),
);

/**
 * Section 4.3.9: a client that offers its PSK with psk_ke alone gets a full
 * handshake. Where there can be none the error names psk_ke. We do not use it: "the
 * resulting connection does not provide forward secrecy" (appendix F.1).
 */
function refusePskKeAlone({ config, hello }: ServerHandshake): void {
  if (!hasPskKeAlone(hello) || config.identities.length > 0) return;
  throw pskKeAlone();
}

function hasPskKeAlone({ extensions }: ClientHello): boolean {
  const { pre_shared_key, psk_key_exchange_modes: modes } = extensions;
  return pre_shared_key !== undefined && modes !== undefined &&
    !modes.includes(PskKeyExchangeMode.psk_dhe_ke);
}

function pskKeAlone(): TlsProtocolError {
  return new TlsProtocolError(
    "handshake_failure",
    "Cannot accept ClientHello: psk_key_exchange_modes lacks psk_dhe_ke, and psk_ke is not supported (RFC 9846 section 4.3.9)",
    { hint: "Have the client offer psk_dhe_ke with a key share" },
  );
}

/** Section 4.2.2 and 9.2: what a ClientHello of TLS 1.3 must be. */
function checkHello(hello: ClientHello): void {
  const { legacyCompressionMethods, extensions } = hello;
  if (
    legacyCompressionMethods.length !== 1 || legacyCompressionMethods[0] !== 0
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ClientHello: TLS 1.3 has no compression",
    );
  }
  const { supported_groups, key_share, pre_shared_key, signature_algorithms } =
    extensions;
  // Section 9.2: with a PSK it may lack all that another key exchange needs.
  if (
    hasPskKeAlone(hello) &&
    (supported_groups === undefined && key_share === undefined ||
      signature_algorithms === undefined)
  ) throw pskKeAlone();
  const missing = supported_groups === undefined
    ? "supported_groups"
    : key_share === undefined
    ? "key_share"
    : pre_shared_key === undefined && signature_algorithms === undefined
    ? "signature_algorithms"
    : pre_shared_key !== undefined &&
        extensions.psk_key_exchange_modes === undefined
    ? "psk_key_exchange_modes"
    : undefined;
  if (missing !== undefined) {
    throw new TlsProtocolError(
      "missing_extension",
      `Cannot accept ClientHello: it has no ${missing}`,
    );
  }
}

/**
 * The group, and the client's share of it if there is one: one with a share
 * saves a round trip, so it goes before a better one without (section 4.3.8).
 */
function chooseKeyShare(
  { config, hello }: ServerHandshake,
  demanded?: KeyExchangeGroup,
): { group: KeyExchangeGroup; share: Uint8Array | undefined } {
  const { supported_groups: groups = [], key_share: shares = [] } =
    hello.extensions;
  const offered = shares.map((share) => share.group);
  checkShares(groups, offered, demanded);
  const group = demanded ?? chooseGroup(config.groups, offered) ??
    chooseGroup(config.groups, groups);
  if (group === undefined) {
    throw new TlsProtocolError(
      "handshake_failure",
      "Cannot agree on a group: none of those offered is enabled here",
      {
        code: "no_common_group",
        hint: `Here these are on: ${
          config.groups.map((group) => group.name).join(", ")
        }`,
      },
    );
  }
  const share = shares.find((share) => share.group === group.id);
  return { group, share: share?.keyExchange };
}

/** Section 4.3.8: at most one share a group, each of a group in the list. */
function checkShares(
  groups: readonly number[],
  shares: readonly number[],
  demanded: KeyExchangeGroup | undefined,
): void {
  // Sets: a ClientHello has room for thousands of shares and of groups.
  const listed = new Set(groups);
  const wrong = new Set(shares).size !== shares.length
    ? "two key shares are of the same group"
    : shares.some((share) => !listed.has(share))
    ? "a key share is of a group that supported_groups does not have"
    : demanded !== undefined &&
        (shares.length !== 1 || shares[0] !== demanded.id)
    ? "its key_share is not the one share that HelloRetryRequest asked for"
    : undefined;
  if (wrong !== undefined) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ClientHello: ${wrong}`,
    );
  }
}

/** The suite: of the PSK's hash, where there is a PSK and such a suite. */
function chooseSuite(
  { config, hello }: ServerHandshake,
  hash: string | undefined,
): Tls13CipherSuite {
  const suites = config.cipherSuites.filter(isTls13CipherSuite);
  const choose = (usable: (hash: string) => boolean) =>
    chooseCipherSuite(suites, hello.cipherSuites, {
      preferOurs: config.preferServerCipherSuites,
      equal: config.equalCipherSuites,
      usable: (suite) => usable(suite.hash.name),
    }) as Tls13CipherSuite; // `suites` has no others
  const fitting = suites.some((suite) =>
    suite.hash.name === hash && hello.cipherSuites.includes(suite.id)
  );
  return choose((name) => !fitting || name === hash);
}

/** Verifies the binder of the PSK, if the suite can use it at all. */
async function acceptPsk(
  candidate: Awaited<ReturnType<typeof choosePsk>>,
  suite: Tls13CipherSuite,
  hs: ServerHandshake,
  previous: Transcript | undefined,
): Promise<AcceptedPsk | undefined> {
  if (candidate === undefined || candidate.hash !== suite.hash.name) {
    return undefined;
  }
  return await candidate.verify(suite.hash, hs.raw, previous);
}

/** What a HelloRetryRequest asks for. */
function retryRequest(
  { config }: ServerHandshake,
  group: KeyExchangeGroup | undefined,
): Extensions<"HelloRetryRequest"> {
  const extensions: Extensions<"HelloRetryRequest"> = {
    supported_versions: ProtocolVersion["TLSv1.3"],
  };
  if (group !== undefined) extensions.key_share = group.id;
  if (config.helloRetry === "cookie") extensions.cookie = config.random(32);
  return extensions;
}

/** HelloRetryRequest (section 4.2.4); gives the transcript as it then is. */
function sendHelloRetryRequest(
  { io, hello, ech }: ServerHandshake,
  suite: Tls13CipherSuite,
  extensions: Extensions<"HelloRetryRequest">,
): Transcript {
  io.transcript.replaceByMessageHash();
  const message: HelloRetryRequest = {
    legacyVersion: ProtocolVersion["TLSv1.2"],
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  };
  io.send(
    tls13.helloRetryRequest,
    ech?.confirmRetry(message, suite, io) ?? message,
  );
  sendCompatibilityChangeCipherSpec(io, hello);
  return io.transcript.clone();
}
