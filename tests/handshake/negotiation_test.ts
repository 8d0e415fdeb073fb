/**
 * What client and server agree on in TLS 1.3: suites, groups, signatures, names
 * and protocols.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import type { ClientHelloInfo } from "../../handshake/common/callback_info.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { decode } from "../../record/codec.ts";
import { SignatureScheme } from "../../registry.ts";
import {
  assertRefused,
  hostileClient,
  hostileServer,
  misreading,
} from "../_hostile_peer.ts";
import {
  certificate,
  connected,
  outcomes,
  pair,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";

const only13 = { minVersion: "TLSv1.3" } as const;

for (
  const suite of [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
  ]
) {
  Deno.test(`client and server agree on ${suite}`, async () => {
    const options = { cipherSuites: [suite], securityLevel: 0 };
    await using ends = await connected(options, options);
    assertEquals(ends.client.info.cipherSuite, suite);
    assertEquals(ends.server.info.cipherSuite, suite);
    await ends.client.write(utf8("up"));
    assertEquals(await readBytes(ends.server, 2), utf8("up"));
    await ends.server.write(utf8("down"));
    assertEquals(await readBytes(ends.client, 4), utf8("down"));
  });
}

for (
  const group of [
    "X25519MLKEM768",
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
    "x448",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "ffdhe2048",
  ]
) {
  Deno.test(`client and server agree on ${group}`, async () => {
    await using ends = await connected({ groups: [group] }, {
      groups: [group],
    });
    assertEquals(ends.client.info.group, group);
    assertEquals(ends.server.info.group, group);
  });
}

const keys:
  readonly (readonly [keyType: string, schemes: readonly string[]])[] = [
    ["P-256", ["ecdsa_secp256r1_sha256"]],
    ["P-384", ["ecdsa_secp384r1_sha384"]],
    ["P-521", ["ecdsa_secp521r1_sha512"]],
    ["ed25519", ["ed25519"]],
    ["ed448", ["ed448"]],
    ["rsa-2048", [
      "rsa_pss_rsae_sha256",
      "rsa_pss_rsae_sha384",
      "rsa_pss_rsae_sha512",
    ]],
    ["rsa-pss-2048", [
      "rsa_pss_pss_sha256",
      "rsa_pss_pss_sha384",
      "rsa_pss_pss_sha512",
    ]],
  ];

for (const [keyType, schemes] of keys) {
  for (const scheme of schemes) {
    Deno.test(`client and server sign and check with ${scheme}`, async () => {
      const { cert, key } = await certificate({ keyType });
      // What the certificate is signed with is another list.
      const accepted = {
        signatureSchemes: [scheme],
        certificateSignatureSchemes: ["ecdsa_secp256r1_sha256"],
      };
      await using ends = await connected(
        { ...accepted, cert, key, serverName: "localhost" },
        { ...accepted, cert, key, clientAuth: "require" },
      );
      assertEquals(ends.client.info.signatureScheme, scheme);
      assertEquals(ends.server.info.signatureScheme, scheme);
      assertEquals(ends.client.info.localSignatureScheme, scheme);
      assertEquals(ends.server.info.sharedSignatureSchemes, [scheme]);
    });
  }
}

Deno.test("server has its certificates tried in order of the client's schemes", async () => {
  const rsa = await certificate({ keyType: "rsa-2048" });
  const ec = await certificate({ keyType: "P-256" });
  const identities = {
    cert: undefined,
    key: undefined,
    certificates: [rsa.identity, ec.identity],
  };
  for (
    const [schemes, type] of [
      [["ecdsa_secp256r1_sha256"], "ec"],
      [["rsa_pss_rsae_sha256"], "rsa"],
      [["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"], "rsa"],
    ] as const
  ) {
    await using ends = await connected({
      signatureSchemes: schemes,
      certificateSignatureSchemes: ["ecdsa_secp256r1_sha256"],
      ...only13,
    }, identities);
    assertEquals(ends.client.info.peerCertificates[0]?.publicKey.type, type);
  }
});

for (
  const [offered, used, keyType] of [
    ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha512", "rsa-2048"],
    ["ecdsa_secp256r1_sha256", "ed25519", "ed25519"],
    ["ed25519", "ecdsa_secp256r1_sha256", "P-256"],
  ] as const
) {
  // RFC 9846 section 4.5.2: the server's algorithm "MUST be one offered in the
  // client's "signature_algorithms" extension"; the client's "MUST be one of those
  // present in the supported_signature_algorithms field" of the request.
  const options = {
    signatureSchemes: [offered],
    certificateSignatureSchemes: [
      "ecdsa_secp256r1_sha256",
      "rsa_pkcs1_sha256",
    ],
    ...only13,
  };
  const instead = [SignatureScheme[used]];

  Deno.test(`client that offers ${offered} refuses a CertificateVerify with ${used}`, async () => {
    const { cert, key } = await certificate({ keyType });
    const error = await assertRefused(
      "illegal_parameter",
      await hostileServer(
        misreading(tls13.clientHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: { ...extensions, signature_algorithms: instead },
        })),
        { client: options, server: { cert, key, ...only13 } },
      ),
    );
    assertStringIncludes(error.message, `${used} was not offered`);
  });

  Deno.test(`server that asks for ${offered} refuses a CertificateVerify with ${used}`, async () => {
    const { cert, key } = await certificate({ keyType });
    const own = await certificate({
      keyType: offered.startsWith("rsa")
        ? "rsa-2048"
        : offered.startsWith("ec")
        ? "P-256"
        : "ed25519",
    });
    const error = await assertRefused(
      "illegal_parameter",
      await hostileClient(
        misreading(tls13.certificateRequest, ({ extensions, ...request }) => ({
          ...request,
          extensions: { ...extensions, signature_algorithms: instead },
        })),
        {
          client: { cert, key, ...only13 },
          server: {
            ...options,
            cert: own.cert,
            key: own.key,
            clientAuth: "require",
          },
        },
      ),
    );
    assertStringIncludes(error.message, `${used} was not offered`);
  });
}

Deno.test("server chooses among its certificates by name", async () => {
  const a = await certificate({ names: ["a.test"] });
  const b = await certificate({ names: ["*.b.test"] });
  const server: ServerOptions = { certificates: [a.identity, b.identity] };
  for (
    const [serverName, subject] of [
      ["a.test", "CN=a.test"],
      ["x.b.test", "CN=*.b.test"],
      ["localhost", "CN=localhost"],
    ] as const
  ) {
    await using ends = await connected({ serverName }, server);
    assertEquals(ends.client.info.peerCertificates[0]?.subject, subject);
    assertEquals(ends.server.info.serverName, serverName);
    assertEquals(ends.server.info.localCertificate?.subject, subject);
  }
});

Deno.test("server chooses the second of two certificates by name", async () => {
  const a = await certificate({ names: ["a.test"] });
  const b = await certificate({ names: ["b.test"] });
  await using ends = await connected({ serverName: "b.test" }, {
    cert: undefined,
    key: undefined,
    certificates: [a.identity, b.identity],
  });
  assertEquals(ends.client.info.peerCertificates[0]?.subject, "CN=b.test");
});

Deno.test("server's sni table has names and wildcards, without regard to case", async () => {
  const a = await certificate({ names: ["a.test"] });
  const b = await certificate({ names: ["*.b.test"] });
  const sni = {
    "A.test": { cert: a.cert, key: a.key },
    "*.b.test": createContext({
      cert: b.cert,
      key: b.key,
      alpnProtocols: ["b"],
    }),
  };
  for (
    const [serverName, subject, protocol] of [
      ["a.test", "CN=a.test", undefined],
      ["x.b.test", "CN=*.b.test", "b"],
      ["localhost", "CN=localhost", undefined],
    ] as const
  ) {
    await using ends = await connected({ serverName, alpnProtocols: ["b"] }, {
      sni,
    });
    assertEquals(ends.client.info.peerCertificates[0]?.subject, subject);
    assertEquals(ends.client.info.alpnProtocol, protocol);
  }
  // Exactly one label.
  const ends = await pair({ serverName: "x.y.b.test" }, { sni });
  assertEquals(
    tlsError((await outcomes(ends)).client).code,
    "hostname_mismatch",
  );
});

Deno.test("server's sni callback is called, also without a name, and may be asynchronous", async () => {
  const asked: (string | undefined)[] = [];
  const a = await certificate({ names: ["a.test"] });
  const sni = async (name: string | undefined) => {
    asked.push(name);
    await Promise.resolve();
    return name === "a.test" ? a.identity : undefined;
  };
  await using one = await connected({ serverName: "a.test" }, { sni });
  assertEquals(one.client.info.peerCertificates[0]?.subject, "CN=a.test");
  await using other = await connected(
    { serverName: false, unsafelyDisableHostnameVerification: true },
    { sni },
  );
  assertEquals(other.client.info.peerCertificates[0]?.subject, "CN=localhost");
  assertEquals(other.server.info.serverName, undefined);
  assertEquals(asked, ["a.test", undefined]);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`server of ${version} without a certificate for a name says so`, async () => {
    const named = await certificate({ names: ["a.test"] });
    const served: ServerOptions = {
      cert: undefined,
      key: undefined,
      sni: { "a.test": named.identity },
    };
    const asked = async (forClient: ClientOptions) => {
      const { client, server } = await outcomes(
        await pair({ ...forClient, maxVersion: version }, served),
      );
      return [tlsError(server).message, tlsError(client).alert];
    };
    const [message, alert] = await asked({ serverName: "b.test" });
    assertStringIncludes(String(message), `Cannot serve "b.test"`);
    assertEquals(alert, "unrecognized_name");
    const nameless = await asked({
      serverName: false,
      unsafelyDisableHostnameVerification: true,
    });
    assertStringIncludes(String(nameless[0]), "sends no server_name");
    assertEquals(nameless[1], "handshake_failure");
  });
}

Deno.test("server's callbacks that throw end that handshake with their error", async () => {
  const thrown = new Error("no database");
  const fail = () => Promise.reject(thrown);
  for (
    const options of [
      { sni: fail },
      { onClientHello: fail },
      { onAlpn: fail },
      { onOcspRequest: fail },
    ] as ServerOptions[]
  ) {
    const ends = await pair({ alpnProtocols: ["h2"] }, options);
    const { client, server } = await outcomes(ends);
    const error = tlsError(server);
    assertEquals(error.code, "callback_failed");
    assertEquals(error.cause, thrown);
    assertEquals([error.side, error.stage], ["server", "handshake"]);
    assertStringIncludes(error.message, `"${Object.keys(options)[0]}"`);
    assertEquals(tlsError(client).alert, "internal_error");
    assertEquals(await ends.server.closed, { clean: false, error });
  }
});

Deno.test("server's onClientHello gets the hello and may return another context", async () => {
  const seen: ClientHelloInfo[] = [];
  const a = await certificate({ names: ["localhost"], subject: "Another" });
  const context = createContext({ cert: a.cert, key: a.key });
  await using ends = await connected({ alpnProtocols: ["x", "y"], ...only13 }, {
    onClientHello: (info) => {
      seen.push(info);
      return context;
    },
  });
  assertEquals(ends.client.info.peerCertificates[0]?.subject, "CN=Another");
  const [info] = seen;
  assert(info !== undefined);
  assertEquals(info.serverName, "localhost");
  assert(info.versions.includes("TLSv1.3"));
  assertEquals(info.alpnProtocols, ["x", "y"]);
  assert(info.cipherSuites.includes("TLS_AES_128_GCM_SHA256"));
  assert(info.groups.includes("x25519"));
  assert(info.signatureSchemes.includes("ed25519"));
  assert(info.extensions.includes(51));
  const hello = decode(ClientHello, info.raw.subarray(4), "ClientHello");
  assertEquals(info.raw, frameMessage(1, info.raw.subarray(4)));
  assertEquals(hello.legacyVersion, 0x0303);
});

const alpn: readonly [
  client: readonly string[] | undefined,
  server: readonly string[] | undefined,
  chosen: string | undefined,
][] = [
  [["h2", "http/1.1"], ["http/1.1", "h2"], "http/1.1"],
  [["h2", "http/1.1"], ["http/1.1"], "http/1.1"],
  [["h2"], undefined, undefined],
  [undefined, ["h2"], undefined],
  [undefined, undefined, undefined],
  [["h2"], [], undefined],
  [["é"], ["é"], "é"],
  [["x".repeat(255)], ["x".repeat(255)], "x".repeat(255)],
];

for (const [client, server, chosen] of alpn) {
  Deno.test(`ALPN of ${client?.join().slice(0, 20)} and ${server?.join().slice(0, 20)}`, async () => {
    await using ends = await connected({ alpnProtocols: client }, {
      alpnProtocols: server,
    });
    assertEquals(ends.client.info.alpnProtocol, chosen);
    assertEquals(ends.server.info.alpnProtocol, chosen);
  });
}

Deno.test("server's onAlpn chooses, refuses, or does without", async () => {
  await using chosen = await connected({ alpnProtocols: ["a", "b"] }, {
    onAlpn: (protocols, { serverName }) => {
      assertEquals(serverName, "localhost");
      return Promise.resolve(protocols[1]);
    },
  });
  assertEquals(chosen.client.info.alpnProtocol, "b");
  await using without = await connected({ alpnProtocols: ["a"] }, {
    onAlpn: () => undefined,
  });
  assertEquals(without.client.info.alpnProtocol, undefined);
  const ends = await pair({ alpnProtocols: ["a"] }, { onAlpn: () => "z" });
  const { client, server } = await outcomes(ends);
  assertEquals(tlsError(server).code, "no_common_alpn_protocol");
  assertEquals(tlsError(client).alert, "no_application_protocol");
});

Deno.test("errors of both sides explain a missing ALPN protocol", async () => {
  const ends = await pair({ alpnProtocols: ["h2"] }, { alpnProtocols: ["h3"] });
  const { client, server } = await outcomes(ends);
  assertEquals(tlsError(server).code, "no_common_alpn_protocol");
  assertEquals(tlsError(client).alert, "no_application_protocol");
});

Deno.test("now and random are taken from the options", async () => {
  const asked: number[] = [];
  const random = (length: number) => {
    asked.push(length);
    return crypto.getRandomValues(new Uint8Array(length));
  };
  const late = () => new Date(Date.now() + 400 * 86_400_000);
  const ends = await pair({ now: late, random });
  const { client } = await outcomes(ends);
  assertEquals(tlsError(client).code, "certificate_expired");
  assert(asked.includes(32));
});

Deno.test("errors of both sides explain a missing certificate for the client's schemes", async () => {
  const ends = await pair({ signatureSchemes: ["ed25519"], ...only13 });
  const { client, server } = await outcomes(ends);
  assertEquals(tlsError(server).code, "no_common_signature_scheme");
  assertEquals(tlsError(client).alert, "handshake_failure");
  assert(tlsError(client) instanceof TlsError);
});

Deno.test("client gets the staple and the timestamps of the leaf", async () => {
  const staple = utf8("not looked at where it is not demanded");
  const sct = utf8("a timestamp");
  for (
    const server of [
      { ocspResponse: staple },
      { onOcspRequest: () => Promise.resolve(staple) },
    ] as ServerOptions[]
  ) {
    await using ends = await connected({}, {
      ...server,
      signedCertificateTimestamps: [sct],
    });
    assertEquals(ends.client.info.ocspResponse, staple);
    assertEquals(ends.client.info.signedCertificateTimestamps, [sct]);
  }
});
