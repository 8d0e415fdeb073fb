/**
 * What a server refuses of a TLS 1.3 ClientHello: one rule a test, checked by
 * the alert that arrives.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ClientOptions } from "../../../connection/options/options.ts";
import { makeClientHello } from "../../../handshake/common/client_hello.ts";
import type { Extensions } from "../../../handshake/messages/extensions.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { frameMessage } from "../../../handshake/messages/framing.ts";
import type { ClientHello } from "../../../handshake/messages/client_hello.ts";
import {
  CipherSuite,
  ExtensionType,
  HandshakeType,
  NamedGroup,
  ProtocolVersion,
} from "../../../registry.ts";
import {
  assertRefused,
  clientConfig,
  editing,
  hostileClient,
  type Mischief,
} from "../../_hostile_peer.ts";
import { pattern, utf8 } from "../../_pair.ts";
import { assertSays, type Rule } from "../_rules.ts";

Deno.test("server refuses a ClientHello that it cannot use before it asks for another", async () => {
  const written: string[] = [];
  await assertRefused(
    "missing_extension",
    await hostileClient(
      editing(tls13.clientHello, (hello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          signature_algorithms: undefined,
          // It would call for a HelloRetryRequest.
          key_share: [],
        },
      })),
      {
        server: {
          onEvent: (event) => {
            if (event.type !== "message" || event.direction === "read") return;
            written.push(event.name);
          },
        },
      },
    ),
  );
  assertEquals(written, []);
});

Deno.test("a ClientHello has renegotiation_info where it offers a version that renegotiates", async () => {
  for (const minVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const { hello } = await makeClientHello(
      await clientConfig({ minVersion }),
      undefined,
      [],
    );
    const { renegotiation_info, extended_main_secret } = hello.extensions;
    const isThere = minVersion === "TLSv1.2";
    assertEquals(renegotiation_info?.length, isThere ? 0 : undefined);
    assertEquals(extended_main_secret !== undefined, isThere);
  }
});

Deno.test("a ClientHello has signature_algorithms_cert where certificates may have other signatures", async () => {
  const extensionsOf = async (options: ClientOptions) =>
    (await makeClientHello(await clientConfig(options), undefined, []))
      .hello.extensions;
  const { signature_algorithms_cert } = await extensionsOf({
    certificateSignatureSchemes: ["ecdsa_secp256r1_sha256"],
    grease: false,
  });
  assertEquals(signature_algorithms_cert, [0x0403]);
  const without = await extensionsOf({});
  assertEquals(without.signature_algorithms_cert, undefined);
});

interface HelloRule extends Rule {
  readonly hello?: (hello: ClientHello) => ClientHello;
  readonly extensions?: (
    extensions: Extensions<"ClientHello">,
  ) => Extensions<"ClientHello">;
  readonly mischief?: Mischief;
}

/** An extension that the table refuses to write. */
function raw(extensionType: number, extensionData: Uint8Array) {
  return { extensionType, extensionData };
}

/** Without one extension. */
function without(name: keyof Extensions<"ClientHello">) {
  return (extensions: Extensions<"ClientHello">) => ({
    ...extensions,
    [name]: undefined,
  });
}

/** With an extension of raw bytes in the place of the one that we know. */
function rawly(name: keyof typeof ExtensionType, data: Uint8Array) {
  return (extensions: Extensions<"ClientHello">) => ({
    ...extensions,
    [name]: undefined,
    unknown: [raw(ExtensionType[name], data)],
  });
}

const only13: ClientOptions = { minVersion: "TLSv1.3" };

const rules: readonly HelloRule[] = [
  {
    name: "section 4.2.2: another message in its place",
    alert: "unexpected_message",
    says: "expected ClientHello",
    mischief: {
      message: () => frameMessage(HandshakeType.finished, new Uint8Array(32)),
    },
  },
  {
    name: "section 4.2.2: legacy_compression_methods with a second one",
    alert: "illegal_parameter",
    says: "compression",
    hello: (hello) => ({ ...hello, legacyCompressionMethods: [0, 1] }),
  },
  {
    name: "section 4.2.2: legacy_compression_methods without null",
    alert: "illegal_parameter",
    says: "compression",
    hello: (hello) => ({ ...hello, legacyCompressionMethods: [1] }),
  },
  {
    name: "section 4.2.2: a body that is cut",
    alert: "decode_error",
    mischief: {
      message: ({ raw }) => frameMessage(1, raw.subarray(4, raw.length - 1)),
    },
  },
  {
    name: "section 4.2.2: a byte after the body",
    alert: "decode_error",
    mischief: {
      message: ({ raw }) =>
        frameMessage(1, Uint8Array.of(...raw.subarray(4), 0)),
    },
  },
  {
    name: "section 4.2: an extension twice",
    alert: "decode_error",
    says: "there twice",
    extensions: (extensions) => ({
      ...extensions,
      unknown: [
        raw(0x1234, new Uint8Array()),
        raw(0x1234, new Uint8Array()),
      ],
    }),
  },
  {
    name: "section 4.2: an extension that belongs elsewhere",
    alert: "illegal_parameter",
    says: "oid_filters does not belong there",
    extensions: (extensions) => ({
      ...extensions,
      unknown: [raw(ExtensionType.oid_filters, new Uint8Array(2))],
    }),
  },
  {
    name: "section 4.3.1: no version that is on",
    alert: "protocol_version",
    code: "no_common_version",
    says: "minVersion",
    extensions: (extensions) => ({
      ...extensions,
      supported_versions: [0x7a7a, 0x0305],
    }),
  },
  {
    name: "section 4.3.1: supported_versions is empty",
    alert: "decode_error",
    extensions: rawly("supported_versions", Uint8Array.of(0)),
  },
  {
    name: "section 4.3.1: TLS 1.2 by supported_versions, where it is off",
    alert: "protocol_version",
    code: "no_common_version",
    server: { minVersion: "TLSv1.3" },
    extensions: (extensions) => ({
      ...extensions,
      supported_versions: [ProtocolVersion["TLSv1.2"]],
    }),
  },
  {
    name: "section 4.3.1: no supported_versions, where TLS 1.2 is off",
    alert: "protocol_version",
    code: "no_common_version",
    server: { minVersion: "TLSv1.3" },
    extensions: without("supported_versions"),
  },
  {
    name: "appendix D.5: SSL 3.0 by legacy_version",
    alert: "protocol_version",
    code: "no_common_version",
    hello: (hello) => ({ ...hello, legacyVersion: 0x0300 }),
    extensions: without("supported_versions"),
  },
  {
    name: "RFC 7507 section 3: a fallback where a higher version is on",
    alert: "inappropriate_fallback",
    hello: (hello) => ({
      ...hello,
      cipherSuites: [...hello.cipherSuites, CipherSuite.TLS_FALLBACK_SCSV],
    }),
    extensions: (extensions) => ({
      ...extensions,
      supported_versions: [ProtocolVersion["TLSv1.2"]],
    }),
  },
  {
    name: "section 4.2.1: no suite in common",
    alert: "handshake_failure",
    code: "no_common_cipher_suite",
    says: "TLS_AES_128_GCM_SHA256",
    hello: (hello) => ({ ...hello, cipherSuites: [0x1399, 0xc02f] }),
  },
  {
    name: "section 4.2.1: no group in common",
    alert: "handshake_failure",
    code: "no_common_group",
    says: "x25519",
    extensions: (extensions) => ({
      ...extensions,
      supported_groups: [NamedGroup.x448],
      key_share: [],
    }),
  },
  {
    name: "section 4.2.1: no signature scheme that the certificate can do",
    alert: "handshake_failure",
    code: "no_common_signature_scheme",
    says: "ed448",
    client: { signatureSchemes: ["ed448"] },
  },
  {
    name: "section 9.2: no supported_groups",
    alert: "missing_extension",
    says: "supported_groups",
    extensions: without("supported_groups"),
  },
  {
    name: "section 9.2: no key_share",
    alert: "missing_extension",
    says: "key_share",
    extensions: without("key_share"),
  },
  {
    name: "section 9.2: no signature_algorithms",
    alert: "missing_extension",
    says: "signature_algorithms",
    extensions: without("signature_algorithms"),
  },
  {
    name: "section 4.3.9: pre_shared_key without psk_key_exchange_modes",
    alert: "missing_extension",
    says: "psk_key_exchange_modes",
    client: { psk: { identity: "us", key: pattern(32) } },
    extensions: without("psk_key_exchange_modes"),
  },
  {
    name: "section 4.3.11: pre_shared_key is not the last",
    alert: "illegal_parameter",
    says: "not the last",
    mischief: {
      message: ({ raw: message }) => {
        // Behind what is the last extension, in one more.
        const body = message.slice(4);
        const random = 2 + 32;
        const session = random + 1 + (body[random] as number);
        const view = new DataView(body.buffer);
        const suites = session + 2 + view.getUint16(session);
        const extensions = suites + 1 + (body[suites] as number);
        const all = new Uint8Array(body.length + 6);
        all.set(body);
        all.set([0x12, 0x34, 0, 2, 0, 0], body.length);
        new DataView(all.buffer).setUint16(
          extensions,
          view.getUint16(extensions) + 6,
        );
        return frameMessage(1, all);
      },
    },
    client: { psk: { identity: "us", key: pattern(32) } },
  },
  {
    name: "section 4.3.11: more identities than binders",
    alert: "illegal_parameter",
    says: "2 identities with 1 binders",
    client: { psk: { identity: "us", key: pattern(32) } },
    extensions: (extensions) => ({
      ...extensions,
      pre_shared_key: {
        identities: [
          { identity: utf8("us"), obfuscatedTicketAge: 0 },
          { identity: utf8("them"), obfuscatedTicketAge: 0 },
        ],
        binders: [pattern(32)],
      },
    }),
  },
  {
    name: "section 4.3.11: a binder of fewer than 32 bytes",
    alert: "decode_error",
    extensions: rawly(
      "pre_shared_key",
      Uint8Array.of(0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 17, 16, ...pattern(16)),
    ),
  },
  {
    name: "section 4.3.8: two shares of one group",
    alert: "illegal_parameter",
    says: "two shares for one group",
    extensions: (extensions) => ({
      ...extensions,
      key_share: (extensions.key_share ?? []).flatMap((share) => [
        share,
        share,
      ]),
    }),
  },
  {
    name: "section 4.3.8: a share of a group that is not in the list",
    alert: "illegal_parameter",
    says: "supported_groups does not have",
    extensions: (extensions) => ({
      ...extensions,
      supported_groups: [NamedGroup.secp256r1],
    }),
  },
  {
    name: "section 4.3.8: a share without a byte",
    alert: "decode_error",
    extensions: rawly("key_share", Uint8Array.of(0, 4, 0, 29, 0, 0)),
  },
  {
    name: "section 4.3.8.2: an x25519 share of another length",
    alert: "illegal_parameter",
    client: { groups: ["x25519"] },
    extensions: (extensions) => ({
      ...extensions,
      key_share: [{ group: NamedGroup.x25519, keyExchange: pattern(31) }],
    }),
  },
  {
    name: "section 7.4.2: an x25519 share that makes zeros",
    alert: "illegal_parameter",
    client: { groups: ["x25519"] },
    extensions: (extensions) => ({
      ...extensions,
      key_share: [{
        group: NamedGroup.x25519,
        keyExchange: new Uint8Array(32),
      }],
    }),
  },
  ...([
    ["secp256r1", 32],
    ["secp384r1", 48],
    ["secp521r1", 66],
  ] as const).flatMap(([group, size]): HelloRule[] => [
    {
      name: `section 4.3.8.2: a ${group} share that is no point`,
      alert: "illegal_parameter",
      client: { groups: [group] },
      extensions: (extensions) => ({
        ...extensions,
        key_share: [{
          group: NamedGroup[group],
          keyExchange: Uint8Array.of(4, ...new Uint8Array(2 * size).fill(1)),
        }],
      }),
    },
    {
      name: `section 4.3.8.2: a ${group} share that is compressed`,
      alert: "illegal_parameter",
      client: { groups: [group] },
      extensions: (extensions) => ({
        ...extensions,
        key_share: [{
          group: NamedGroup[group],
          keyExchange: Uint8Array.of(2, ...new Uint8Array(size).fill(1)),
        }],
      }),
    },
    {
      name: `section 4.3.8.2: a ${group} share at infinity`,
      alert: "illegal_parameter",
      client: { groups: [group] },
      extensions: (extensions) => ({
        ...extensions,
        key_share: [{
          group: NamedGroup[group],
          keyExchange: Uint8Array.of(0),
        }],
      }),
    },
  ]),
  {
    name: "FIPS 203 section 7.2: an ML-KEM key that is not reduced",
    alert: "illegal_parameter",
    client: { groups: ["X25519MLKEM768"] },
    extensions: (extensions) => ({
      ...extensions,
      key_share: (extensions.key_share ?? []).map((share) =>
        share.group === NamedGroup.X25519MLKEM768
          ? {
            ...share,
            // Twelve bits all set: 4095, where 3328 is the most.
            keyExchange: share.keyExchange.slice().fill(0xff, 0, 3),
          }
          : share
      ),
    }),
  },
  {
    name: "RFC 10024: a hybrid share of another length",
    alert: "illegal_parameter",
    client: { groups: ["X25519MLKEM768"] },
    extensions: (extensions) => ({
      ...extensions,
      key_share: (extensions.key_share ?? []).map((share) => ({
        ...share,
        keyExchange: share.keyExchange.length > 1000
          ? share.keyExchange.subarray(1)
          : share.keyExchange,
      })),
    }),
  },
  {
    name: "RFC 10024: a hybrid whose x25519 makes zeros",
    alert: "illegal_parameter",
    client: { groups: ["X25519MLKEM768"] },
    extensions: (extensions) => ({
      ...extensions,
      key_share: (extensions.key_share ?? []).map((share) => ({
        ...share,
        keyExchange: share.keyExchange.length > 1000
          ? share.keyExchange.slice().fill(0, 1184)
          : share.keyExchange,
      })),
    }),
  },
  {
    name: "RFC 6066 section 3: a name that is no host name",
    alert: "illegal_parameter",
    says: "server_name",
    extensions: (extensions) => ({
      ...extensions,
      server_name: [{ nameType: 0, hostName: utf8("a b") }],
    }),
  },
  {
    name: "RFC 6066 section 3: a list of names without one",
    alert: "decode_error",
    extensions: rawly("server_name", Uint8Array.of(0, 0)),
  },
  {
    name: "RFC 7301 section 3.2: no protocol in common",
    alert: "no_application_protocol",
    code: "no_common_alpn_protocol",
    says: "http/1.1",
    client: { alpnProtocols: ["h2"] },
    server: { alpnProtocols: ["http/1.1"] },
  },
  {
    name: "RFC 7301 section 3.1: a protocol without a byte",
    alert: "decode_error",
    extensions: rawly(
      "application_layer_protocol_negotiation",
      Uint8Array.of(0, 1, 0),
    ),
  },
  {
    name: "RFC 8449 section 4: a record_size_limit below 64",
    alert: "illegal_parameter",
    extensions: rawly("record_size_limit", Uint8Array.of(0, 63)),
  },
  {
    name:
      "section 4.3.2: a cookie that was not given is no cause for alarm, an empty one is",
    alert: "decode_error",
    extensions: rawly("cookie", Uint8Array.of(0, 0)),
  },
];

for (const rule of rules) {
  Deno.test(`server refuses a ClientHello, ${rule.name}`, async () => {
    const { mischief, hello, extensions } = rule;
    const error = await assertRefused(
      rule.alert,
      await hostileClient(
        mischief ?? editing(tls13.clientHello, (value) => {
          const changed = hello?.(value) ?? value;
          return {
            ...changed,
            extensions: extensions?.(changed.extensions) ?? changed.extensions,
          };
        }),
        { client: { ...only13, ...rule.client }, server: rule.server ?? {} },
      ),
    );
    assertEquals(error.side, "server");
    assertSays(error, rule);
  });
}
