/**
 * A client's answer to HelloRetryRequest (RFC 9846 sections 4.2.2 and 4.2.4),
 * and the rules that a HelloRetryRequest shares with the ServerHello.
 *
 * @module
 */

import { equals } from "@std/bytes";
import {
  isTls13CipherSuite,
  type Tls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import type { KeyShareOffer } from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import { decode } from "../../record/codec.ts";
import {
  CipherSuite,
  NamedGroup,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import type { ClientHandshake } from "../common/flow.ts";
import { type ClientOffer, finishOffer } from "../common/client_hello.ts";
import { psksForHash } from "../common/offered_psk.ts";
import {
  type Extensions,
  refuseMisplaced,
  refuseUnsolicited,
} from "../messages/extensions.ts";
import { tls13 } from "../messages/message_kinds.ts";
import {
  HelloRetryRequest,
  isHelloRetryRequest,
  type ServerHello,
} from "../messages/server_hello.ts";
import { sendCompatibilityChangeCipherSpec } from "./compatibility.ts";

/**
 * HelloRetryRequest in, second ClientHello out, ServerHello in (RFC 9846
 * sections 4.2.2 and 4.2.4).
 */
export async function retry(
  hs: ClientHandshake,
): Promise<{ hs: ClientHandshake; hello: ServerHello }> {
  const { io } = hs;
  const message = await io.peek();
  const request = decode(
    HelloRetryRequest,
    message.body,
    "HelloRetryRequest",
  );
  const suite = checkServerHello(hs, request, "HelloRetryRequest");
  const share = await shareForRetry(hs, request);
  io.transcript.selectHash(suite.hash);
  io.transcript.replaceByMessageHash();
  await io.read(tls13.helloRetryRequest);

  const offer = secondOffer(hs, request, suite, share);
  if (hs.early === undefined) {
    sendCompatibilityChangeCipherSpec(io, hs.offer.hello);
  } else {
    // RFC 9846 section 4.2.2: a retry rejects it.
    await hs.early.reject("the server answered with a HelloRetryRequest");
  }
  if (hs.ech === undefined) io.sendRaw(offer.raw);
  else await hs.ech.sendSecond(io, offer);
  await io.flush();
  const next = await io.peek();
  if (isHelloRetryRequest(next)) {
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept a second HelloRetryRequest (RFC 9846 section 4.2.4)",
    );
  }
  hs.ech?.checkSecond(io, suite, next);
  return {
    hs: {
      ...hs,
      offer,
      early: undefined,
      retried: { suite, group: share?.group },
    },
    hello: await io.read(tls13.serverHello),
  };
}

/** The key share that a HelloRetryRequest asks for. */
async function shareForRetry(
  { config, offer }: ClientHandshake,
  request: HelloRetryRequest,
): Promise<{ group: number; offer: KeyShareOffer } | undefined> {
  const { key_share: selected, cookie } = request.extensions;
  if (selected === undefined) {
    if (cookie !== undefined) return undefined;
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept HelloRetryRequest: it would change nothing in the ClientHello (RFC 9846 section 4.2.4)",
    );
  }
  const group = config.groups.find((group) => group.id === selected);
  // Section 4.3.8: it was in supported_groups, and no share was sent for it.
  if (group === undefined || offer.shares.has(selected)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept HelloRetryRequest: group ${
        nameOf(NamedGroup, selected)
      } was ${
        group === undefined ? "not offered" : "offered with a key share"
      }`,
    );
  }
  return { group: selected, offer: await group.offer(config.keyRandom) };
}

/** Section 4.2.2: the same ClientHello but for what it says may change. */
function secondOffer(
  { io, offer, config }: ClientHandshake,
  request: HelloRetryRequest,
  suite: Tls13CipherSuite,
  share: { group: number; offer: KeyShareOffer } | undefined,
): ClientOffer {
  const psks = psksForHash(config, offer.psks, suite.hash);
  const extensions: Extensions<"ClientHello"> = {
    ...offer.hello.extensions,
  };
  if (extensions.tls_cert_with_extern_psk && psks.length === 0) {
    // RFC 9973 section 5: the client sends "the same "tls_cert_with_extern_psk"
    // extension as the original ClientHello message, or aborts the handshake."
    throw new TlsProtocolError(
      "handshake_failure",
      `Cannot accept HelloRetryRequest: no pre-shared key is for ${suite.name}`,
    );
  }
  delete extensions.pre_shared_key;
  delete extensions.early_data;
  if (request.extensions.cookie !== undefined) {
    extensions.cookie = request.extensions.cookie;
  }
  if (share !== undefined) {
    extensions.key_share = [{
      group: share.group,
      keyExchange: share.offer.share,
    }];
  }
  const shares = share === undefined
    ? offer.shares
    : new Map([[share.group, share.offer]]);
  const hello = { ...offer.hello, extensions };
  return finishOffer(hello, shares, psks, offer.session, io.transcript);
}

/** What HelloRetryRequest and ServerHello have in common (section 4.2.3). */
export function checkServerHello(
  hs: ClientHandshake,
  hello: ServerHello | HelloRetryRequest,
  name: "ServerHello" | "HelloRetryRequest",
): Tls13CipherSuite {
  const { offer, config } = hs;
  const refuse = (why: string) =>
    new TlsProtocolError("illegal_parameter", `Cannot accept ${name}: ${why}`);
  // RFC 9846 contradicts itself: section 4.3.1 has clients ignore the field
  // where supported_versions is there, section 4.2.3 has them abort. BoringSSL
  // refuses as well, and no server is known to send another value.
  if (hello.legacyVersion !== ProtocolVersion["TLSv1.2"]) {
    throw new TlsProtocolError(
      "protocol_version",
      `Cannot accept ${name}: legacy_version is not that of TLS 1.2 (RFC 9846 section 4.2.3)`,
    );
  }
  if (!equals(hello.legacySessionIdEcho, offer.hello.legacySessionId)) {
    throw refuse("legacy_session_id_echo is not what was sent");
  }
  if (hello.legacyCompressionMethod !== 0) {
    throw refuse("legacy_compression_method is not 0");
  }
  const suite = config.cipherSuites.find((s) => s.id === hello.cipherSuite);
  if (suite === undefined || !isTls13CipherSuite(suite)) {
    throw refuse(
      `cipher suite ${
        nameOf(CipherSuite, hello.cipherSuite)
      } was not offered for TLS 1.3`,
    );
  }
  if (name === "ServerHello") {
    // HelloRetryRequest's own codec has refused what does not belong there.
    refuseMisplaced(
      hello.extensions as ServerHello["extensions"],
      "TLSv1.3 ServerHello",
    );
  }
  refuseUnsolicited(offer.extensionTypes, hello.extensions, name);
  if (hello.extensions.supported_versions !== ProtocolVersion["TLSv1.3"]) {
    throw refuse("supported_versions does not select TLS 1.3");
  }
  return suite;
}
