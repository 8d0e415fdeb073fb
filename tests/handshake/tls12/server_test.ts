/**
 * What a server of TLS 1.2 and below refuses, each rule by a client that breaks
 * it alone, with the alert.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ServerOptions } from "../../../connection/options/options.ts";
import type { TlsAlertName, TlsError, TlsErrorCode } from "../../../errors.ts";
import {
  clientKeyExchange,
  signed,
  tls12,
} from "../../../handshake/messages/message_kinds_tls12.ts";
import { TLS_ECDH_anon_WITH_AES_128_CBC_SHA } from "../../../legacy.ts";
import type { ClientHello } from "../../../handshake/messages/client_hello.ts";
import { CipherSuite, ContentType, NamedGroup } from "../../../registry.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  type Mischief,
  misreading,
} from "../../_hostile_peer.ts";
import { crossed, outcomes, pair } from "../../_pair.ts";
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

interface Settings extends RuleSettings {
  code?: TlsErrorCode;
}

/** A test that a client's mischief is answered with an alert. */
function refuses(
  what: string,
  alert: TlsAlertName,
  mischief: Mischief,
  settings: Settings = {},
): void {
  Deno.test(`server refuses ${what}: ${alert}`, async () => {
    const options = await optionsOf(settings);
    const error = await assertRefused(
      alert,
      await hostileClient(mischief, options),
    );
    if (settings.code !== undefined) assertEquals(error.code, settings.code);
  });
}

function clientHello(edit: (hello: ClientHello) => Partial<ClientHello>) {
  return editing(
    tls12.clientHello,
    (hello) => ({ ...hello, ...edit(hello) }),
  );
}

function clientExtensions(edit: ClientHello["extensions"]): Mischief {
  return clientHello(({ extensions }) => ({
    extensions: { ...extensions, ...edit },
  }));
}

// ClientHello: RFC 5246 section 7.4.1.2 and extensions.

refuses(
  "SSL 3.0",
  "protocol_version",
  clientHello(() => ({ legacyVersion: 0x0300 })),
  { code: "no_common_version" },
);
refuses(
  "a version below its lowest",
  "protocol_version",
  clientHello(() => ({ legacyVersion: 0x0302 })),
  { server: { minVersion: "TLSv1.2" }, code: "no_common_version" },
);
refuses(
  "a needless fallback (RFC 7507)",
  "inappropriate_fallback",
  clientHello(({ cipherSuites }) => ({
    cipherSuites: [...cipherSuites, CipherSuite.TLS_FALLBACK_SCSV],
  })),
  {
    server: {
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
    },
  },
);
refuses(
  "compression without an alternative (CRIME)",
  "illegal_parameter",
  clientHello(() => ({ legacyCompressionMethods: [1] })),
);
refuses(
  "suites that it does not have",
  "handshake_failure",
  clientHello(() => ({ cipherSuites: [0x0001, 0x1301] })),
  { code: "no_common_cipher_suite" },
);
refuses(
  "a suite for which it has no certificate",
  "handshake_failure",
  {},
  {
    suite: suite.ecdheRsa,
    server: await identityOf({}),
    code: "no_common_cipher_suite",
  },
);
refuses(
  "curves that it does not have",
  "handshake_failure",
  clientExtensions({ supported_groups: [NamedGroup.X25519MLKEM768, 0x1234] }),
  { code: "no_common_group" },
);
refuses(
  "finite field groups that it does not have (RFC 7919 section 4)",
  "insufficient_security",
  clientExtensions({ supported_groups: [0x01fc] }),
  { suite: suite.dhe, code: "no_common_group" },
);
refuses(
  "a key's curve that was not offered (RFC 8422 section 5.3)",
  "handshake_failure",
  clientExtensions({ supported_groups: [NamedGroup.x25519] }),
  { code: "no_common_group" },
);
refuses(
  "signature schemes that its key has not",
  "handshake_failure",
  clientExtensions({ signature_algorithms: [0x0401] }),
  { code: "no_common_signature_scheme" },
);
refuses(
  "SHA-1 by default, where no schemes are offered",
  "handshake_failure",
  clientExtensions({ signature_algorithms: undefined }),
  { code: "no_common_signature_scheme" },
);
refuses(
  "point formats without uncompressed (RFC 8422 section 5.1.2)",
  "illegal_parameter",
  clientExtensions({ ec_point_formats: [1, 2] }),
);
refuses(
  "renegotiation_info of another connection (RFC 5746 section 3.6)",
  "handshake_failure",
  clientExtensions({ renegotiation_info: new Uint8Array(12) }),
);
refuses(
  "a max_fragment_length of 2^13 (RFC 6066 section 4)",
  "illegal_parameter",
  {
    message: ({ raw }) =>
      raw[0] === tls12.clientHello.type ? withFragmentLength5(raw) : undefined,
  },
);
refuses(
  "ALPN protocols that it does not have (RFC 7301)",
  "no_application_protocol",
  {},
  {
    client: { alpnProtocols: ["h2"] },
    server: { alpnProtocols: ["http/1.1"] },
    code: "no_common_alpn_protocol",
  },
);

/** The codec would not write it: the value of 4 becomes 5. */
function withFragmentLength5(raw: Uint8Array): Uint8Array {
  const edited = (clientExtensions({ max_fragment_length: 4 }).message?.({
    name: "client_hello",
    raw,
    index: 0,
  }) as Uint8Array).slice();
  const at = edited.findIndex((byte, at) =>
    byte === 0 && edited[at + 1] === 1 && edited[at + 2] === 0 &&
    edited[at + 3] === 1 && edited[at + 4] === 4
  );
  edited[at + 4] = 5;
  return edited;
}

// The client's flight: nothing may be left out, repeated or moved.

const asksForCertificate: ServerOptions = { clientAuth: "request" };

async function withCertificate(server = asksForCertificate): Promise<Settings> {
  return {
    client: await identityOf({ names: ["client"] }),
    server,
  };
}

const authenticated = await withCertificate();

refuses(
  "no ClientKeyExchange",
  "unexpected_message",
  without("client_key_exchange"),
);
refuses(
  "ClientKeyExchange twice",
  "unexpected_message",
  twice("client_key_exchange"),
);
refuses(
  "no Certificate where one was asked for",
  "unexpected_message",
  without("certificate"),
  authenticated,
);
refuses(
  "no CertificateVerify behind a certificate",
  "unexpected_message",
  without("certificate_verify"),
  authenticated,
);
refuses(
  "a Certificate that it has not asked for",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === clientKeyExchange.ecdhe.type
        ? [Uint8Array.of(11, 0, 0, 3, 0, 0, 0), raw]
        : undefined,
  },
);
refuses(
  "a CertificateVerify without a certificate",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === clientKeyExchange.ecdhe.type
        ? [raw, Uint8Array.of(15, 0, 0, 4, 4, 3, 0, 0)]
        : undefined,
  },
  { server: asksForCertificate },
);
refuses(
  "a wrong CertificateVerify",
  "decrypt_error",
  editing(signed.certificateVerify, (verify) => {
    const signature = verify.signature.slice();
    signature.set([(signature.at(-1) as number) ^ 1], signature.length - 1);
    return { ...verify, signature };
  }),
  authenticated,
);
refuses(
  "a wrong CertificateVerify in TLS 1.1",
  "decrypt_error",
  editing(signed.certificateVerifyTls10, ({ signature }) => ({
    signature: signature.map((byte, at) =>
      at === signature.length - 1 ? byte ^ 1 : byte
    ),
  })),
  { ...authenticated, suite: suite.ecdheCbc, version: "TLSv1.1" },
);
for (
  const [what, algorithm] of [
    ["MD5 (SLOTH)", 0x0101],
    ["SHA-1", 0x0203],
    ["another key type", 0x0401],
    ["no scheme at all", 0],
  ] as const
) {
  refuses(
    `a CertificateVerify with ${what}`,
    "illegal_parameter",
    editing(signed.certificateVerify, (verify) => ({ ...verify, algorithm })),
    authenticated,
  );
}
for (const clientAuth of ["require", "require-any"] as const) {
  const anonymous = {
    securityLevel: 0,
    cipherSuites: [TLS_ECDH_anon_WITH_AES_128_CBC_SHA],
    unsafelyAllowAnonymous: true,
  };
  refuses(
    `an anonymous suite, by which one could do without "${clientAuth}"`,
    "handshake_failure",
    {},
    {
      client: anonymous,
      server: { ...anonymous, clientAuth },
      code: "no_common_cipher_suite",
    },
  );
  refuses(
    `a client without a certificate, by "${clientAuth}"`,
    "handshake_failure",
    {},
    { server: { clientAuth }, code: "certificate_required" },
  );
}

// change_cipher_spec and Finished.

refuses(
  "change_cipher_spec before ClientKeyExchange (CVE-2014-0224)",
  "unexpected_message",
  changeCipherSpecBefore("client_key_exchange"),
);
refuses(
  "change_cipher_spec before CertificateVerify",
  "unexpected_message",
  changeCipherSpecBefore("certificate_verify"),
  authenticated,
);
refuses(
  "change_cipher_spec before ClientHello",
  "unexpected_message",
  changeCipherSpecBefore("client_hello"),
);
refuses(
  "Finished without change_cipher_spec",
  "unexpected_message",
  changeCipherSpecAs(),
);
refuses(
  // The second one is no record of the new keys.
  "change_cipher_spec twice",
  "bad_record_mac",
  changeCipherSpecAs(Uint8Array.of(1), Uint8Array.of(1)),
);
refuses(
  "another change_cipher_spec than 1",
  "illegal_parameter",
  changeCipherSpecAs(Uint8Array.of(0)),
);
refuses(
  "an early Finished in the clear",
  "unexpected_message",
  {
    message: ({ raw }) =>
      raw[0] === clientKeyExchange.ecdhe.type
        ? [raw, new Uint8Array(16).fill(20, 0, 1).fill(12, 3, 4)]
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
  "an empty Finished",
  "decode_error",
  editing(tls12.finished, () => ({ verifyData: new Uint8Array() })),
);
refuses(
  "application data before Finished",
  "unexpected_message",
  {
    record: (type, bytes) =>
      type === ContentType.handshake && bytes[0] === tls12.finished.type
        ? [[ContentType.application_data, Uint8Array.of(1)], [type, bytes]]
        : undefined,
  },
);

// Diffie-Hellman.

for (
  const [what, point] of [
    ["zeros", new Uint8Array(32)],
    ["one byte too few", new Uint8Array(31).fill(9)],
  ] as const
) {
  refuses(
    `an x25519 key of ${what}`,
    "illegal_parameter",
    editing(clientKeyExchange.ecdhe, () => ({ ecdhYc: point })),
  );
}
refuses(
  "a point off the curve",
  "illegal_parameter",
  editing(clientKeyExchange.ecdhe, () => ({
    ecdhYc: new Uint8Array(65).fill(5).fill(4, 0, 1),
  })),
  { client: { groups: ["secp256r1"] } },
);
for (
  const [what, dhYc] of [
    ["0", Uint8Array.of(0)],
    ["1", Uint8Array.of(1)],
    ["2^2048 - 1", new Uint8Array(256).fill(0xff)],
    ["2^2056", new Uint8Array(258).fill(1, 0, 1)],
  ] as const
) {
  refuses(
    `dh_Yc ${what} (RFC 7919 section 4)`,
    "handshake_failure",
    editing(clientKeyExchange.dhe, () => ({ dhYc })),
    { suite: suite.dhe },
  );
}
refuses(
  "a ClientKeyExchange of another key exchange",
  "decode_error",
  {
    message: ({ raw }) =>
      raw[0] === clientKeyExchange.ecdhe.type
        ? Uint8Array.of(16, 0, 0, 3, 0, 1, 7)
        : undefined,
  },
);

Deno.test("server accepts SHA-1 where it is allowed and no schemes are offered", async () => {
  const options = await optionsFor(suite.ecdhe, {
    server: {
      securityLevel: 0,
      signatureSchemes: ["ecdsa_secp256r1_sha256", "ecdsa_sha1"],
    },
    client: {
      securityLevel: 0,
      signatureSchemes: ["ecdsa_secp256r1_sha256", "ecdsa_sha1"],
    },
  });
  const { peer, conn, flow } = await hostileClient(
    clientExtensions({ signature_algorithms: undefined }),
    options,
  );
  using _ = peer;
  const [info, established] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.localSignatureScheme, "ecdsa_sha1");
  assertEquals(established.peer.signatureScheme, 0x0203);
});

Deno.test("server treats a client without supported_groups as one with P-256", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileClient(
    clientExtensions({
      supported_groups: undefined,
      ec_point_formats: undefined,
    }),
    options,
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.group, "secp256r1");
});

Deno.test("server answers ec_point_formats where it chose a curve (RFC 8422 section 5.2)", async () => {
  for (
    const [name, offered, expected] of [
      [suite.ecdhe, [0], [0]],
      [suite.ecdhe, undefined, undefined],
      [suite.rsa, [0], undefined],
    ] as const
  ) {
    const answers: unknown[] = [];
    const { peer, conn, flow } = await hostileClient({
      ...clientExtensions({ ec_point_formats: offered && [...offered] }),
      ...misreading(tls12.serverHello, (hello) => {
        answers.push(hello.extensions.ec_point_formats);
        return hello;
      }),
    }, await optionsFor(name));
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(answers, [expected]);
  }
});

Deno.test("server chooses no suite of TLS 1.2 for TLS 1.1", async () => {
  const options = await optionsFor(suite.ecdheCbc, {
    server: {
      maxVersion: "TLSv1.2",
      cipherSuites: [suite.ecdhe, suite.ecdheCbc],
    },
  }, "TLSv1.1");
  const { peer, conn, flow } = await hostileClient(
    clientHello(({ cipherSuites }) => ({
      cipherSuites: [CipherSuite[suite.ecdhe], ...cipherSuites],
    })),
    options,
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals([info.version, info.cipherSuite], ["TLSv1.1", suite.ecdheCbc]);
});

Deno.test("server continues without any extensions but TLS 1.0's", async () => {
  const options = await optionsFor(suite.ecdheCbc, {}, "TLSv1");
  const { peer, conn, flow } = await hostileClient(
    clientHello(() => ({ extensions: {} })),
    options,
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.version, "TLSv1");
});

for (const legacyVersion of [0x0304, 0x03ff, 0xffff]) {
  const name = legacyVersion.toString(16);
  Deno.test(`server treats legacy_version ${name} as TLS 1.2 (RFC 5246 appendix E.1)`, async () => {
    const options = await optionsFor(suite.ecdhe);
    const { peer, conn, flow } = await hostileClient(
      clientHello(() => ({ legacyVersion })),
      options,
    );
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.version, "TLSv1.2");
  });
}

Deno.test("server has the negotiated version in the record of an alert", async () => {
  const records: Uint8Array[] = [];
  const wires = crossed({
    toClient: new TransformStream({
      transform(chunk, controller) {
        records.push(chunk.slice());
        controller.enqueue(chunk);
      },
    }),
  });
  const options = await optionsFor(suite.ecdheCbc, {
    client: { groups: ["x25519"] },
    server: { groups: ["secp256r1"] },
  }, "TLSv1");
  await using ends = await pair(options.client, options.server, wires);
  const { client } = await outcomes(ends);
  assertEquals((client as TlsError).alert, "handshake_failure");
  assertEquals([...records[0] ?? []], [21, 3, 1, 0, 2, 2, 40]);
});
