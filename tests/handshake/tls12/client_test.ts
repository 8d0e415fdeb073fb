/**
 * What a client of TLS 1.2 and below refuses, each rule by a server that breaks
 * it alone, with the alert.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { ClientOptions } from "../../../connection/options/options.ts";
import { type TlsAlertName, TlsError } from "../../../errors.ts";
import {
  serverKeyExchange,
  signed,
  tls12,
} from "../../../handshake/messages/message_kinds_tls12.ts";
import {
  DOWNGRADE_TLS11,
  DOWNGRADE_TLS12,
  type ServerHello,
} from "../../../handshake/messages/server_hello.ts";
import type { ServerDhParams } from "../../../handshake/messages/server_key_exchange.ts";
import {
  CipherSuite,
  ContentType,
  ExtensionType,
  NamedGroup,
} from "../../../registry.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  assertRefused,
  editing,
  hostileServer,
  type Mischief,
} from "../../_hostile_peer.ts";
import { connected } from "../../_pair.ts";
import {
  changeCipherSpecAs,
  changeCipherSpecBefore,
  identityOf,
  optionsFor,
  optionsOf,
  type RuleSettings,
  suite,
  twice,
  without,
} from "../_tls12.ts";

/** A test that a server's mischief is answered with an alert. */
function refuses(
  what: string,
  alert: TlsAlertName,
  mischief: Mischief | (() => Promise<Mischief>),
  settings: RuleSettings = {},
): void {
  Deno.test(`client refuses ${what}: ${alert}`, async () => {
    const options = await optionsOf(settings);
    const mischiefs = typeof mischief === "function"
      ? await mischief()
      : mischief;
    await assertRefused(alert, await hostileServer(mischiefs, options));
  });
}

function serverHello(edit: Partial<ServerHello>): Mischief {
  return editing(tls12.serverHello, (hello) => ({ ...hello, ...edit }));
}

function serverExtensions(edit: ServerHello["extensions"]): Mischief {
  return editing(tls12.serverHello, (hello) => ({
    ...hello,
    extensions: { ...hello.extensions, ...edit },
  }));
}

// ServerHello: RFC 5246 section 7.4.1.3.

refuses(
  "a suite that was not offered",
  "illegal_parameter",
  serverHello({
    cipherSuite: CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
  }),
);
// RFC 7507 section 4 and RFC 5746 section 3.3: it is offered, and is no suite.
refuses(
  "TLS_FALLBACK_SCSV for a suite",
  "illegal_parameter",
  serverHello({ cipherSuite: CipherSuite.TLS_FALLBACK_SCSV }),
  { client: { fallback: true } },
);
refuses(
  "a suite of TLS 1.2 in TLS 1.1",
  "illegal_parameter",
  serverHello({
    cipherSuite: CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  }),
  {
    suite: suite.ecdheCbc,
    version: "TLSv1.1",
    client: {
      maxVersion: "TLSv1.2",
      cipherSuites: [suite.ecdhe, suite.ecdheCbc],
    },
  },
);
refuses(
  "a suite of TLS 1.3 in TLS 1.2",
  "illegal_parameter",
  serverHello({ cipherSuite: CipherSuite.TLS_AES_128_GCM_SHA256 }),
  {
    client: {
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
    },
  },
);
refuses(
  "compression",
  "illegal_parameter",
  serverHello({ legacyCompressionMethod: 1 }),
);
refuses("SSL 3.0", "protocol_version", serverHello({ legacyVersion: 0x0300 }));
refuses(
  "a version below its lowest",
  "protocol_version",
  serverHello({ legacyVersion: 0x0302 }),
  { client: { minVersion: "TLSv1.2" } },
);
refuses(
  "TLS 1.2 by supported_versions",
  "illegal_parameter",
  serverExtensions({ supported_versions: 0x0303 }),
  {
    client: {
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
    },
  },
);
// RFC 5246 section 7.4.1.4, whatever the extension is.
refuses(
  "an extension of TLS 1.3 that was not offered",
  "unsupported_extension",
  serverExtensions({ pre_shared_key: 0 }),
);
const padding: ServerHello["extensions"] = {
  unknown: [{
    extensionType: ExtensionType.padding,
    extensionData: new Uint8Array(4),
  }],
};
refuses(
  "padding that was not offered",
  "unsupported_extension",
  serverExtensions(padding),
);
refuses(
  "key_share, as it was offered for TLS 1.3",
  "illegal_parameter",
  serverExtensions({
    key_share: { group: NamedGroup.x25519, keyExchange: new Uint8Array(32) },
  }),
  {
    client: {
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
    },
  },
);
refuses(
  "signature_algorithms, as it was offered for the other direction",
  "illegal_parameter",
  serverExtensions({
    unknown: [{
      extensionType: ExtensionType.signature_algorithms,
      extensionData: new Uint8Array([0, 2, 4, 3]),
    }],
  }),
);
refuses(
  "an extension that was not offered",
  "unsupported_extension",
  serverExtensions({ encrypt_then_mac: true }),
);
refuses(
  "an unknown extension",
  "unsupported_extension",
  serverExtensions({
    unknown: [{ extensionType: 0x1234, extensionData: new Uint8Array() }],
  }),
);
refuses(
  "encrypt_then_mac with an AEAD",
  "illegal_parameter",
  serverExtensions({ encrypt_then_mac: true }),
  { client: { cipherSuites: [suite.ecdhe, suite.ecdheCbc] } },
);
refuses(
  "point formats without uncompressed",
  "illegal_parameter",
  serverExtensions({ ec_point_formats: [1] }),
);
refuses(
  "an ALPN protocol that was not offered",
  "illegal_parameter",
  serverExtensions({
    application_layer_protocol_negotiation: [new TextEncoder().encode("h2")],
  }),
  { client: { alpnProtocols: ["http/1.1"] } },
);
refuses(
  "an ALPN protocol where none was offered",
  "unsupported_extension",
  serverExtensions({
    application_layer_protocol_negotiation: [new TextEncoder().encode("h2")],
  }),
);
refuses(
  "renegotiation_info of another connection (RFC 5746 section 3.4)",
  "handshake_failure",
  serverExtensions({ renegotiation_info: new Uint8Array(12) }),
);
refuses(
  "the session ID of compatibility mode as a session's",
  "illegal_parameter",
  {
    message: ({ raw }) => echoSessionId(raw),
  },
  {
    client: {
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
      random: (length) => new Uint8Array(length).fill(7),
    },
  },
);

/** A ServerHello with the session ID that the client's `random` made. */
function echoSessionId(raw: Uint8Array): Uint8Array | undefined {
  return serverHello({ legacySessionIdEcho: new Uint8Array(32).fill(7) })
    .message?.({ name: "", raw, index: 0 }) as Uint8Array | undefined;
}

for (
  const [what, tail, version] of [
    ["TLS 1.2 for 1.3", DOWNGRADE_TLS12, "TLSv1.2"],
    ["TLS 1.1 for 1.3", DOWNGRADE_TLS11, "TLSv1.1"],
  ] as const
) {
  refuses(
    `a downgrade to ${what} (RFC 9846 section 4.2.3)`,
    "illegal_parameter",
    editing(tls12.serverHello, (hello) => {
      const random = hello.random.slice();
      random.set(tail, 24);
      return { ...hello, random };
    }),
    {
      suite: suite.ecdheCbc,
      version,
      client: {
        maxVersion: "TLSv1.3",
        cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdheCbc],
      },
    },
  );
}

for (
  const [what, maxVersion, version, tail] of [
    ["that TLS 1.3 is there", "TLSv1.2", "TLSv1.2", DOWNGRADE_TLS12],
    ["that TLS 1.2 is there", "TLSv1.2", "TLSv1.2", DOWNGRADE_TLS11],
    ["that TLS 1.2 is there", "TLSv1.1", "TLSv1.1", DOWNGRADE_TLS11],
    ["that TLS 1.3 is there", "TLSv1.2", "TLSv1.1", DOWNGRADE_TLS12],
  ] as const
) {
  // RFC 9846 section 4.2.3: TLS 1.2 clients look for the second one alone, and
  // where a lower version was chosen.
  Deno.test(`client of up to ${maxVersion} accepts a server's sentinel ${what} in ${version}`, async () => {
    const options = await optionsFor(suite.ecdheCbc, {
      client: { maxVersion },
      server: {
        random: (length) => {
          const bytes = crypto.getRandomValues(new Uint8Array(length));
          if (length === 32) bytes.set(tail, 24);
          return bytes;
        },
      },
    }, version);
    await using ends = await connected(options.client, options.server);
    const { info } = ends.client;
    assertEquals(info.version, version);
  });
}

refuses(
  "a downgrade to TLS 1.1 for 1.2 (RFC 9846 section 4.2.3)",
  "illegal_parameter",
  editing(tls12.serverHello, (hello) => {
    const random = hello.random.slice();
    random.set(DOWNGRADE_TLS11, 24);
    return { ...hello, random };
  }),
  {
    suite: suite.ecdheCbc,
    version: "TLSv1.1",
    client: { maxVersion: "TLSv1.2" },
  },
);

for (
  const [legacyVersion, hint] of [
    [0x0301, 'minVersion: "TLSv1" would allow it'],
    [0x0300, "SSLv3 is broken and must not be used"],
    [0x0002, "SSLv2 is broken and must not be used"],
  ] as const
) {
  Deno.test(`client that refuses version 0x0${legacyVersion.toString(16)} says what would help`, async () => {
    const { peer, conn, flow } = await hostileServer(
      serverHello({ legacyVersion }),
      {
        client: { maxVersion: "TLSv1.2" },
        server: { maxVersion: "TLSv1.2" },
      },
    );
    using _ = peer;
    flow().catch(() => {});
    const error = await conn.handshake().then(
      () => undefined,
      (error: TlsError) => error,
    );
    assertEquals(error?.code, "no_common_version");
    assertStringIncludes(error?.hint ?? "", hint);
  });
}

// Certificate and CertificateStatus: RFC 5246 section 7.4.2, RFC 6066 section 8.

refuses(
  "an empty Certificate",
  "decode_error",
  editing(tls12.certificate, () => ({ certificateList: [] })),
);
refuses(
  "a certificate that is none",
  "decode_error",
  editing(tls12.certificate, () => ({
    certificateList: [Uint8Array.of(0x30, 0)],
  })),
);
refuses(
  "a key that does not fit the suite",
  "illegal_parameter",
  serverHello({
    cipherSuite: CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  }),
  {
    suite: suite.ecdheRsa,
    client: { cipherSuites: [suite.ecdheRsa, suite.ecdhe] },
  },
);
refuses(
  "a certificate with a key on a curve that was not offered",
  "illegal_parameter",
  () => otherCertificate({ keyType: "P-384" }),
  { client: { groups: ["x25519", "secp256r1"] } },
);
refuses(
  "a certificate whose key may not sign",
  "unsupported_certificate",
  () => otherCertificate({ keyUsage: ["keyAgreement"] }),
);
refuses(
  "a certificate whose key may not decrypt",
  "unsupported_certificate",
  () =>
    otherCertificate({ keyType: "rsa-2048", keyUsage: ["digitalSignature"] }),
  { suite: suite.rsa },
);
refuses(
  "a certificate for another name",
  "bad_certificate",
  () => otherCertificate({ names: ["other.example"] }),
  { client: {} },
);

/** A server that shows another certificate than the one that it has a key for. */
async function otherCertificate(
  options: Parameters<typeof identityOf>[0],
): Promise<Mischief> {
  const { cert } = await identityOf(options);
  const certificateList = Certificate.fromPem(cert).map(({ raw }) => raw);
  return editing(tls12.certificate, () => ({ certificateList }));
}

refuses(
  "a CertificateStatus that was not announced",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === tls12.certificate.type
        ? [raw, Uint8Array.of(22, 0, 0, 5, 1, 0, 0, 1, 0)]
        : undefined,
  },
);
refuses(
  "a CertificateStatus of another type",
  "illegal_parameter",
  editing(tls12.certificateStatus, (status) => ({ ...status, statusType: 2 })),
  { server: { ocspResponse: Uint8Array.of(0x30, 3, 10, 1, 1) } },
);

// ServerKeyExchange: RFC 5246 section 7.4.3, RFC 8422 section 5.4.

const { ecdhe } = serverKeyExchange;

refuses(
  "an explicit curve",
  "illegal_parameter",
  editing(ecdhe, (message) => ({
    ...message,
    params: { ...message.params, curveType: 1 },
  })),
);
refuses(
  "parameters that were altered",
  "decrypt_error",
  editing(ecdhe, (message) => ({
    ...message,
    params: { ...message.params, point: new Uint8Array(32).fill(9) },
  })),
);
refuses(
  "a signature scheme that was not offered",
  "illegal_parameter",
  editing(ecdhe, ({ params, signedParams }) => ({
    params,
    signedParams: { ...signedParams, algorithm: 0x0203 },
  })),
);
refuses(
  "a signature scheme of another key",
  "illegal_parameter",
  editing(ecdhe, ({ params, signedParams }) => ({
    params,
    signedParams: { ...signedParams, algorithm: 0x0804 },
  })),
);
refuses(
  "a signature with MD5 (SLOTH)",
  "illegal_parameter",
  editing(ecdhe, ({ params, signedParams }) => ({
    params,
    signedParams: { ...signedParams, algorithm: 0x0101 },
  })),
);
refuses(
  "a wrong signature",
  "decrypt_error",
  editing(ecdhe, ({ params, signedParams }) => {
    const signature = signedParams.signature.slice();
    signature.set([(signature.at(-1) as number) ^ 1], signature.length - 1);
    return { params, signedParams: { ...signedParams, signature } };
  }),
);
refuses(
  "a wrong signature in TLS 1.0",
  "decrypt_error",
  editing(serverKeyExchange.ecdheTls10, ({ params, signedParams }) => {
    const signature = signedParams.signature.slice();
    signature.set([(signature.at(-1) as number) ^ 1], signature.length - 1);
    return { params, signedParams: { signature } };
  }),
  { suite: suite.ecdheCbc, version: "TLSv1" },
);

// SKIP-TLS and its kin: no message may be left out, repeated or moved.

for (
  const type of [
    "server_hello",
    "certificate",
    "server_key_exchange",
  ] as const
) {
  refuses(`a flight without ${type}`, "unexpected_message", without(type));
  refuses(`${type} twice`, "unexpected_message", twice(type));
}
refuses(
  "a ServerKeyExchange with static RSA (FREAK)",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === tls12.serverHelloDone.type
        ? [Uint8Array.of(12, 0, 0, 4, 0, 1, 0, 1), raw]
        : undefined,
  },
  { suite: suite.rsa },
);
refuses(
  "a ServerKeyExchange that is cut short",
  "decode_error",
  {
    message: ({ raw }) =>
      raw[0] === ecdhe.type ? Uint8Array.of(12, 0, 0, 2, 3, 0) : undefined,
  },
);
refuses(
  "a CertificateRequest with a PSK",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === tls12.serverHelloDone.type
        ? [Uint8Array.of(13, 0, 0, 8, 1, 64, 0, 2, 4, 3, 0, 0), raw]
        : undefined,
  },
  {
    suite: suite.psk,
    client: { psk: { identity: "a", key: new Uint8Array(16) } },
    server: { psk: () => ({ key: new Uint8Array(16) }) },
  },
);
refuses(
  "a CertificateRequest without schemes",
  "decode_error",
  {
    message: ({ raw }) =>
      raw[0] === signed.certificateRequest.type
        ? Uint8Array.of(13, 0, 0, 6, 1, 64, 0, 0, 0, 0)
        : undefined,
  },
  { server: { clientAuth: "request" } },
);
refuses(
  "a ServerHelloDone with content",
  "decode_error",
  {
    message: ({ raw }) =>
      raw[0] === tls12.serverHelloDone.type
        ? Uint8Array.of(14, 0, 0, 1, 0)
        : undefined,
  },
);
refuses(
  "a NewSessionTicket that was not announced",
  "unexpected_message",
  serverExtensions({ session_ticket: undefined }),
);
refuses(
  "no NewSessionTicket where one was announced",
  "unexpected_message",
  without("new_session_ticket"),
);

// change_cipher_spec and Finished: RFC 5246 sections 7.1 and 7.4.9.

for (
  const type of [
    "server_hello",
    "certificate",
    "server_key_exchange",
    "server_hello_done",
    "new_session_ticket",
  ] as const
) {
  refuses(
    `change_cipher_spec before ${type} (CVE-2014-0224)`,
    "unexpected_message",
    changeCipherSpecBefore(type),
  );
}
refuses(
  "change_cipher_spec twice",
  "unexpected_message",
  {
    record: (type, bytes) =>
      type === ContentType.handshake && bytes[0] === tls12.finished.type
        ? [[ContentType.change_cipher_spec, Uint8Array.of(1)], [type, bytes]]
        : undefined,
  },
);
refuses(
  "another change_cipher_spec than 1",
  "illegal_parameter",
  changeCipherSpecAs(Uint8Array.of(2)),
);
refuses(
  "a longer change_cipher_spec",
  "illegal_parameter",
  changeCipherSpecAs(Uint8Array.of(1, 1)),
);
refuses(
  "Finished without change_cipher_spec",
  "unexpected_message",
  changeCipherSpecAs(),
);
refuses(
  "change_cipher_spec in the middle of a message",
  "unexpected_message",
  {
    record: (type, bytes) =>
      bytes[0] === tls12.newSessionTicket.type &&
        type === ContentType.handshake
        ? [
          [type, bytes.subarray(0, 10)],
          [ContentType.change_cipher_spec, Uint8Array.of(1)],
        ]
        : undefined,
  },
);
refuses(
  "a message behind Finished's place",
  "unexpected_message",
  {
    record: (type, bytes) =>
      bytes[0] === tls12.newSessionTicket.type &&
        type === ContentType.handshake
        ? [[type, bytes], [type, Uint8Array.of(0, 0, 0, 0).fill(14, 0, 1)]]
        : undefined,
  },
);
refuses(
  "a wrong Finished",
  "decrypt_error",
  editing(tls12.finished, ({ verifyData }) => ({
    verifyData: verifyData.map((byte) => byte ^ 1),
  })),
);
refuses(
  "a Finished of another length",
  "decode_error",
  editing(tls12.finished, ({ verifyData }) => ({
    verifyData: verifyData.subarray(0, 11),
  })),
);
refuses(
  "application data in the handshake",
  "unexpected_message",
  {
    record: (type, bytes) =>
      bytes[0] === tls12.serverHelloDone.type &&
        type === ContentType.handshake
        ? [[ContentType.application_data, Uint8Array.of(1)], [type, bytes]]
        : undefined,
  },
);

// Diffie-Hellman: RFC 7919 section 5.1, RFC 8422 sections 5.4 and 5.11. With a
// PSK the parameters have no signature, which would be wrong first.

function withPsk(name: string, client: ClientOptions = {}): RuleSettings {
  return {
    suite: name,
    client: { psk: { identity: "a", key: new Uint8Array(16) }, ...client },
    server: { psk: () => ({ key: new Uint8Array(16) }) },
  };
}

const { dhePsk, ecdhePsk } = serverKeyExchange;

function dhParams(
  edit: (params: ServerDhParams) => Partial<ServerDhParams>,
): Mischief {
  return editing(dhePsk, (message) => ({
    ...message,
    params: { ...message.params, ...edit(message.params) },
  }));
}

for (
  const [what, dhYs] of [
    ["0", () => Uint8Array.of(0)],
    ["1", () => Uint8Array.of(1)],
    ["p-1", (p: Uint8Array) => withLast(p, 0xfe)],
    ["p", (p: Uint8Array) => p],
    ["2^2048", (p: Uint8Array) => new Uint8Array(p.length + 1).fill(1, 0, 1)],
  ] as const
) {
  refuses(
    `dh_Ys ${what} (RFC 7919 section 3)`,
    "handshake_failure",
    dhParams(({ dhP }) => ({ dhYs: dhYs(dhP) })),
    withPsk(suite.dhePsk),
  );
}
for (const bits of [512, 1024, 2040]) {
  refuses(
    `a group of ${bits} bits (Logjam)`,
    "insufficient_security",
    dhParams(() => ({ dhP: new Uint8Array(bits / 8).fill(0xff) })),
    withPsk(suite.dhePsk),
  );
}
refuses(
  "a group of 2048 bits where minDhSize is 3072",
  "insufficient_security",
  {},
  withPsk(suite.dhePsk, { minDhSize: 3072 }),
);
refuses(
  "a group of 16384 bits",
  "illegal_parameter",
  dhParams(() => ({ dhP: new Uint8Array(2048).fill(0xff) })),
  withPsk(suite.dhePsk),
);
refuses(
  "an even dh_p",
  "illegal_parameter",
  dhParams(({ dhP }) => ({ dhP: withLast(dhP, 0xfe) })),
  withPsk(suite.dhePsk),
);
for (const dhG of [0, 1]) {
  refuses(
    `dh_g ${dhG}`,
    "illegal_parameter",
    dhParams(() => ({ dhG: Uint8Array.of(dhG) })),
    withPsk(suite.dhePsk),
  );
}
for (
  const [what, namedCurve, point] of [
    ["a group that was not offered", NamedGroup.x448, new Uint8Array(56)],
    ["a hybrid group", NamedGroup.X25519MLKEM768, new Uint8Array(32)],
    ["a finite field group", NamedGroup.ffdhe2048, new Uint8Array(200)],
    ["an x25519 key of zeros", NamedGroup.x25519, new Uint8Array(32)],
    ["a short x25519 key", NamedGroup.x25519, new Uint8Array(31).fill(9)],
    ["a point off the curve", NamedGroup.secp256r1, offCurve()],
    ["the point at infinity", NamedGroup.secp256r1, new Uint8Array(1)],
    ["a compressed point", NamedGroup.secp256r1, new Uint8Array(33).fill(2)],
  ] as const
) {
  refuses(
    `${what} in ServerKeyExchange`,
    "illegal_parameter",
    editing(ecdhePsk, (message) => ({
      ...message,
      params: { ...message.params, namedCurve, point },
    })),
    withPsk(suite.ecdhePsk),
  );
}

function withLast(bytes: Uint8Array, last: number): Uint8Array {
  const changed = bytes.slice();
  changed[changed.length - 1] = last;
  return changed;
}

function offCurve(): Uint8Array {
  return new Uint8Array(65).fill(5).fill(4, 0, 1);
}

Deno.test("client refuses ServerHelloDone twice: unexpected_message", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileServer(
    twice("server_hello_done"),
    options,
  );
  using _ = peer;
  // The peer's own keys are wrong by now: it cannot read the alert.
  flow().catch(() => {});
  const error = await assertRejects(() => conn.handshake(), TlsError);
  assertEquals(error.alert, "unexpected_message");
});
