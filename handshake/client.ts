/**
 * The client: ClientHello out, ServerHello in, then TLS 1.3 or what was before.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsProtocolError } from "../errors.ts";
import { Lazy } from "../lazy.ts";
import { others } from "../record/not_tls.ts";
import { CipherSuite, nameOf, ProtocolVersion } from "../registry.ts";
import { makeClientHello, offersTls13 } from "./common/client_hello.ts";
import { takeSession } from "./common/client_sessions.ts";
import type { ClientConfig } from "./common/config.ts";
import type { Established } from "./common/established.ts";
import type { ClientHandshake } from "./common/flow.ts";
import type { HandshakeIO } from "./io/message_stream.ts";
import { tls13 } from "./messages/message_kinds.ts";
import {
  DOWNGRADE_TLS11,
  DOWNGRADE_TLS12,
  isHelloRetryRequest,
  type ServerHello,
} from "./messages/server_hello.ts";
import { hasHole, versionRange } from "./common/versions.ts";
import { ownPskRemark } from "./io/remarks.ts";

export { connectionInfo } from "./common/connection_info.ts";
export { explain } from "./io/explanation.ts";

/** Runs a client's handshake to its end. */
export async function clientHandshake(
  io: HandshakeIO,
  config: ClientConfig,
): Promise<Established> {
  io.records.reader.others = others;
  // While the ClientHello is made and on its way; below TLS 1.3 no sooner than
  // a server chooses it, unless nothing else is on.
  (offersTls13(config) ? flowTls13 : flowTls12).prepare();
  const ech = config.ech &&
    (flowEch.loaded ?? await flowEch.load()).beginEch(config, config.ech);
  // RFC 9849 section 6.1.3; with GREASE as well, or it would show. A Finished alone
  // is no longer than 64 bytes.
  if (ech !== undefined) io.records.writer.hideHandshakeLengths(64);
  const taken = await takeSession(io, ech?.sessionConfig ?? config);
  const session = config.earlyData === undefined
    ? taken
    : await (await earlyData.load()).withEarlyData(io, config, taken);
  const psks = offersTls13(config) ? await config.psk?.client?.() ?? [] : [];
  const made = await makeClientHello(config, session, psks);
  const { offer, sent } = ech === undefined
    ? { offer: made, sent: made.raw }
    : await ech.hide(made);
  const [psk] = psks;
  if (psk !== undefined) io.remarks.psk = ownPskRemark(psk.identity);
  // RFC 9846 section 5.1: old servers know no other version in this record.
  io.records.writer.setVersion(ProtocolVersion["TLSv1"]);
  io.sendRaw(sent);
  const sendsEarly = session?.earlyData !== undefined;
  if (!sendsEarly) await io.flush();
  io.records.writer.setVersion(ProtocolVersion["TLSv1.2"]);
  try {
    const first = { io, config, offer };
    const hs = sendsEarly
      ? { ...first, early: await (await earlyData.load()).sendEarlyData(first) }
      : first;
    return ech === undefined
      ? await completeClientHandshake(hs)
      : await ech.complete(hs, completeClientHandshake);
  } catch (error) {
    // RFC 5246 section 7.2.2: a session whose connection failed is forgotten.
    await session?.forget();
    throw error;
  }
}

/** Runs a client's handshake from the server's answer to its end. */
export async function completeClientHandshake(
  hs: ClientHandshake,
): Promise<Established> {
  const { io } = hs;
  io.ignoreHelloRequests();
  const message = await io.peek();
  if (isHelloRetryRequest(message)) return await handshakeTls13(hs);
  const hello = await io.read(tls13.serverHello);
  const version = selectedVersion(hs, hello);
  // From here on alerts, too, have it in their records.
  if (version < ProtocolVersion["TLSv1.3"]) io.records.setVersion(version);
  refuseDowngrade(hs.config, hello, version);
  checkEcho(hs, hello);
  if (version === ProtocolVersion["TLSv1.3"]) {
    return await handshakeTls13(hs, hello);
  }
  if (hs.early !== undefined) throw oldForEarlyData(version);
  const { clientHandshakeTls12 } = flowTls12.loaded ?? await flowTls12.load();
  const established = await clientHandshakeTls12(hs, hello, version);
  io.heedHelloRequests();
  return established;
}

async function handshakeTls13(
  hs: ClientHandshake,
  hello?: ServerHello,
): Promise<Established> {
  const { clientHandshakeTls13 } = flowTls13.loaded ?? await flowTls13.load();
  return await clientHandshakeTls13(hs, hello);
}

/**
 * The version of a ServerHello (RFC 9846 sections 4.2.3 and 4.3.1).
 *
 * @throws {TlsProtocolError} `protocol_version`, if it was not offered.
 */
function selectedVersion(
  { config }: ClientHandshake,
  hello: ServerHello,
): number {
  const { supported_versions } = hello.extensions;
  if (
    supported_versions !== undefined &&
    supported_versions < ProtocolVersion["TLSv1.3"]
  ) {
    // Section 4.3.1: the extension never selects a version before TLS 1.3.
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: supported_versions selects ${
        nameOf(ProtocolVersion, supported_versions)
      }`,
    );
  }
  const version = supported_versions ?? versionBefore13(hello);
  if (!config.versions.includes(version)) {
    const name = nameOf(ProtocolVersion, version);
    throw new TlsProtocolError(
      supported_versions === undefined
        ? "protocol_version"
        : "illegal_parameter",
      `Cannot accept ServerHello: the server chose ${name}, here ${
        versionRange(config)
      } are on`,
      {
        code: "no_common_version",
        hint: version < ProtocolVersion["TLSv1"]
          ? `${name} is broken and must not be used (RFC 7568 section 3)`
          : hasHole(config.versions)
          ? `"versions" with "${name}" would allow it`
          : `minVersion: "${name}" would allow it`,
      },
    );
  }
  return version;
}

/**
 * The version of a ServerHello without supported_versions.
 *
 * @throws {TlsProtocolError} `protocol_version`, if it is above TLS 1.2, which
 * nothing but that extension selects (RFC 9846 section 4.3.1).
 */
function versionBefore13({ legacyVersion }: ServerHello): number {
  if (legacyVersion <= ProtocolVersion["TLSv1.2"]) return legacyVersion;
  throw new TlsProtocolError(
    "protocol_version",
    `Cannot accept ServerHello: it selects ${
      nameOf(ProtocolVersion, legacyVersion)
    } by legacy_version, without supported_versions (RFC 9846 section 4.3.1)`,
    { code: "no_common_version" },
  );
}

/**
 * RFC 9846 appendix D.3, "Zero-RTT Backward Compatibility": "A client that
 * attempts to send 0-RTT data MUST fail a connection if it receives a ServerHello
 * with TLS 1.2 or older."
 */
function oldForEarlyData(version: number): TlsProtocolError {
  return new TlsProtocolError(
    "protocol_version",
    `Cannot accept ServerHello: the server chose ${
      nameOf(ProtocolVersion, version)
    } although early data was sent, which needs TLSv1.3`,
    {
      code: "no_common_version",
      hint: "A new connection without earlyData would succeed",
    },
  );
}

/** RFC 9846 section 4.2.3: the last eight bytes of the random. */
function refuseDowngrade(
  config: ClientConfig,
  hello: ServerHello,
  version: number,
): void {
  const tail = hello.random.subarray(24);
  const forTls12 = equals(tail, DOWNGRADE_TLS12);
  const forTls11 = equals(tail, DOWNGRADE_TLS11);
  const tls12 = ProtocolVersion["TLSv1.2"];
  const lowered = config.maxVersion > tls12
    ? version <= tls12 && (forTls12 || forTls11)
    : config.maxVersion === tls12 && version < tls12 && forTls11;
  if (lowered) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ServerHello: the server supports a higher version than it chose, so the ClientHello was altered on the way",
    );
  }
}

/** What a ServerHello of any version may only choose from the offer. */
function checkEcho({ offer }: ClientHandshake, hello: ServerHello): void {
  if (!offer.hello.cipherSuites.includes(hello.cipherSuite)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: cipher suite ${
        nameOf(CipherSuite, hello.cipherSuite)
      } was not offered`,
    );
  }
  if (hello.legacyCompressionMethod !== 0) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ServerHello: compression was not offered",
    );
  }
}

const earlyData = new Lazy(
  "early data",
  () => import("./tls13/client_early_data.ts"),
);

const flowTls13 = new Lazy(
  "a client's handshake of TLS 1.3",
  () => import("./tls13/client.ts"),
);

const flowTls12 = new Lazy(
  "a client's handshake of TLS 1.2",
  () => import("./tls12/client.ts"),
);

const flowEch = new Lazy(
  "Encrypted ClientHello of a client",
  () => import("./ech/client.ts"),
);
