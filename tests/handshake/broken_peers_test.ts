/**
 * Peers that break a rule which BoringSSL's tests found unguarded here, and the
 * choices that came of them: each plays the peer in memory.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { concat } from "@std/bytes";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsAlertError, TlsProtocolError } from "../../errors.ts";
import type {
  ClientHelloInfo,
  PeerVerdict,
} from "../../handshake/common/callback_info.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 as tls12Kinds } from "../../handshake/messages/message_kinds_tls12.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import type { Session } from "../../handshake/session/session.ts";
import { encode } from "../../record/codec.ts";
import { RecordLayer } from "../../record/layer.ts";
import {
  ContentType,
  ExtensionType,
  NamedGroup,
  SignatureScheme,
} from "../../registry.ts";
import {
  assertRefused,
  assertRefusedLater,
  edited,
  editing,
  hostileClient,
  hostileServer,
  type Mischief,
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

const tls12: { minVersion: "TLSv1.2"; maxVersion: "TLSv1.2" } = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
};

/** The first bytes of a message that has no place yet, in the same record. */
function hurried(name: string): Mischief {
  const partial = Uint8Array.of(0x0b, 0, 0, 32, 1);
  let isNext = false;
  return {
    message: (message) => {
      isNext = message.name === name;
    },
    record: (type, bytes) => {
      if (type !== ContentType.handshake || !isNext) return;
      isNext = false;
      return [[type, concat([bytes, partial])]];
    },
  };
}

for (const version of [{}, tls12]) {
  const name = version === tls12 ? "TLS 1.2" : "TLS 1.3";
  Deno.test(`a server of ${name} refuses what begins after the ClientHello`, async () => {
    const error = await assertRefused(
      "unexpected_message",
      await hostileClient(hurried("client_hello"), { server: version }),
    );
    assertStringIncludes(error.message, "after the end of the peer's flight");
  });
}

Deno.test("a client of TLS 1.2 refuses what begins after ServerHelloDone", async () => {
  const error = await assertRefused(
    "unexpected_message",
    await hostileServer(hurried("server_hello_done"), { client: tls12 }),
  );
  assertStringIncludes(error.message, "after the end of the peer's flight");
});

Deno.test("a client refuses what begins after a HelloRetryRequest", async () => {
  let isFirst = true;
  const mischief = hurried("server_hello");
  const error = await assertRefused(
    "unexpected_message",
    await hostileServer({
      ...mischief,
      record: (type, bytes) => {
        if (!isFirst) return;
        isFirst = type !== ContentType.handshake;
        return mischief.record?.(type, bytes);
      },
    }, { server: { helloRetry: "cookie" } }),
  );
  assertStringIncludes(error.message, "after the end of the peer's flight");
});

Deno.test("a client refuses what comes with the server's Finished, by an alert that the server can read", async () => {
  await assertRefused(
    "unexpected_message",
    await hostileServer({
      message: ({ name, raw }) =>
        name === "finished" ? [raw, Uint8Array.of(4, 0, 0, 16, 1)] : undefined,
    }, { server: { tickets: 0 } }),
  );
});

for (const version of [{}, tls12]) {
  const name = version === tls12 ? "TLS 1.2" : "TLS 1.3";
  const longer: Mischief = {
    message: ({ name, raw }) => {
      if (name !== "finished") return;
      const finished = concat([raw, Uint8Array.of(0)]);
      finished[3] = (raw[3] as number) + 1;
      return finished;
    },
  };
  Deno.test(`Finished of ${name} with a byte too many cannot be decoded`, async () => {
    await assertRefused(
      "decode_error",
      await hostileServer(longer, { client: version }),
    );
    await assertRefused(
      "decode_error",
      await hostileClient(longer, { server: version }),
    );
  });
}

Deno.test("an alert with an invalid level is refused", async () => {
  for (const version of [{}, tls12]) {
    await assertRefusedLater(
      "illegal_parameter",
      await hostileServer({}, { client: version, server: { tickets: 0 } }),
      ({ peer }) => peer.sendRecord(ContentType.alert, Uint8Array.of(0x42, 0)),
    );
  }
});

Deno.test("HandshakeIO refuses application data, an empty record of them too", async () => {
  for (const length of [0, 1]) {
    const bytes = new Uint8Array(length);
    const records = new RecordLayer({
      source: { read: () => Promise.resolve(null) },
      sink: { write: () => Promise.resolve() },
    });
    records.reader.read = () => ({ type: ContentType.application_data, bytes });
    const io = new HandshakeIO(records, { maxCertificateSize: undefined });
    const error = await assertRejects(() => io.peek(), TlsProtocolError);
    assertEquals(error.alert, "unexpected_message");
  }
});

Deno.test("a second ClientHello must keep a PSK that fits the cipher suite", async () => {
  const identity = "known";
  const key = crypto.getRandomValues(new Uint8Array(32));
  const withoutPsk: Mischief = {
    message: ({ name, raw, index }) =>
      name === "client_hello" && index > 0
        ? edited(tls13.clientHello, raw, (hello) => {
          const { pre_shared_key: _, ...extensions } = hello.extensions;
          return { ...hello, extensions };
        })
        : undefined,
  };
  await assertRefused(
    "missing_extension",
    await hostileClient(withoutPsk, {
      client: { psk: { identity, key } },
      server: { psk: () => ({ key }), helloRetry: "cookie" },
    }),
  );
});

Deno.test("a certificate that is not for signatures does not sign a handshake of TLS 1.3, even with verification off", async () => {
  const { cert, key } = await certificate({ keyUsage: ["keyAgreement"] });
  for (
    const leave of [{ unsafelyIgnoreCertificateErrors: true }, {
      verify: () => true,
    }]
  ) {
    await using ends = await pair(leave, { cert, key });
    const { client } = await outcomes(ends);
    const error = tlsError(client);
    assertEquals(error.code, "wrong_key_usage");
    assertEquals(error.alert, "unsupported_certificate");
  }
});

for (
  const [cipherSuite, keyUsage, lacking] of [
    [
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "keyEncipherment",
      "digitalSignature",
    ],
    ["TLS_RSA_WITH_AES_128_GCM_SHA256", "digitalSignature", "keyEncipherment"],
  ] as const
) {
  Deno.test(`a certificate without ${lacking} is refused in TLS 1.2, unless verify accepts it`, async () => {
    const { cert, key } = await certificate({ keyType: "rsa-2048" });
    const { identity } = await certificate({ key, keyUsage: [keyUsage] });
    const shown: Mischief = editing(tls12Kinds.certificate, () => ({
      certificateList: identity.chain.map(({ raw }) => raw),
    }));
    const suite = { ...tls12, cipherSuites: [cipherSuite] };
    const server = { ...suite, cert, key };
    const error = await assertRefused(
      "unsupported_certificate",
      await hostileServer(shown, { client: suite, server }),
    );
    assertEquals(error.code, "wrong_key_usage");
    assertStringIncludes(error.message, lacking);

    const codes: string[] = [];
    const verify = ({ errors }: PeerVerdict) => {
      codes.push(...errors.map(({ code }) => code));
      return true;
    };
    const { peer, conn, flow } = await hostileServer(shown, {
      client: { ...suite, verify },
      server,
    });
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(codes, ["wrong_key_usage"]);
    assertEquals(info.authorization.status, "unverified");
    assertEquals(info.authorization.error?.message, error.message);
    assertEquals(info.verifiedChain, []);
  });
}

Deno.test("KeyUpdates that ask are answered once, as long as nothing is sent", async () => {
  let changes = 0;
  await using ends = await connected({}, {
    tickets: 0,
    onEvent: (event) => {
      if (event.type === "key_change" && event.direction === "write") changes++;
    },
  });
  const before = changes;
  const ask = async () => {
    for (let i = 0; i < 3; i++) {
      await ends.client.updateKeys({ requestPeer: true });
    }
    await ends.client.write(utf8("x"));
    await readBytes(ends.server, 1);
  };
  await ask();
  assertEquals(changes - before, 1);
  await ends.server.write(utf8("y"));
  await readBytes(ends.client, 1);
  await ask();
  assertEquals(changes - before, 2);
});

Deno.test("two CertificateRequests in one record are both answered", async () => {
  const { peer, conn, flow } = await hostileServer({}, {
    client: { postHandshakeAuth: true },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const request = (context: number) => {
    const { type, codec } = tls13.certificateRequest;
    return frameMessage(
      type,
      encode(codec, {
        certificateRequestContext: Uint8Array.of(context),
        extensions: {
          signature_algorithms: [SignatureScheme.ecdsa_secp256r1_sha256],
        },
      }),
    );
  };
  await peer.sendRecord(
    ContentType.handshake,
    concat([request(1), request(2)]),
  );
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  assertEquals(await readBytes(conn, 1), utf8("x"));
  for (const context of [1, 2]) {
    const { certificateRequestContext } = await peer.io.read(tls13.certificate);
    assertEquals(certificateRequestContext, Uint8Array.of(context));
    await peer.io.read(tls13.finished);
  }
});

Deno.test("verify refuses by the alert of the TlsError that it throws", async () => {
  const cause = new TlsProtocolError("access_denied", "Not on the list");
  await using ends = await pair({
    verify: () => {
      throw cause;
    },
  });
  const { client, server } = await outcomes(ends);
  const error = tlsError(client);
  assertEquals(error.code, "certificate_refused");
  assertEquals(error.alert, "access_denied");
  assertEquals(error.cause, cause);
  assertInstanceOf(server, TlsAlertError);
  assertEquals(server.alert, "access_denied");
});

Deno.test("onAlpn may not choose a protocol without a name", async () => {
  await using ends = await pair({ alpnProtocols: ["h2"] }, {
    onAlpn: () => "",
  });
  const { client, server } = await outcomes(ends);
  assertInstanceOf(server, TypeError);
  assertEquals(tlsError(client).alert, "internal_error");
});

Deno.test("the signer's order of schemes goes before the peer's", async () => {
  const { cert, key } = await certificate({ keyType: "rsa-2048" });
  const schemes = ["rsa_pss_rsae_sha512", "rsa_pss_rsae_sha256"];
  for (const version of [{}, tls12]) {
    await using ends = await connected(
      { ...version, signatureSchemes: schemes },
      { cert, key },
    );
    assertEquals(ends.client.info.signatureScheme, "rsa_pss_rsae_sha256");
  }
});

/** What a server sees of a client with these options. */
async function helloOf(
  options: ClientOptions,
  more: ServerOptions = {},
): Promise<ClientHelloInfo> {
  const seen = Promise.withResolvers<ClientHelloInfo>();
  await using ends = await pair(options, {
    ...more,
    onClientHello: (info) => seen.resolve(info),
  });
  const [hello] = await Promise.all([seen.promise, outcomes(ends)]);
  return hello;
}

const {
  signature_algorithms,
  session_ticket,
  psk_key_exchange_modes,
  status_request,
  signed_certificate_timestamp,
} = ExtensionType;

Deno.test("ClientHello has nothing for versions that it does not offer", async () => {
  const old = await helloOf(
    { minVersion: "TLSv1", maxVersion: "TLSv1.1" },
    { minVersion: "TLSv1" },
  );
  assert(!old.extensions.includes(signature_algorithms));
  const middle = await helloOf(tls12);
  assert(middle.extensions.includes(signature_algorithms));
  for (const { groups } of [old, middle]) {
    assert(!groups.includes("X25519MLKEM768"));
    assert(groups.includes("x25519"));
  }
});

Deno.test("ClientHello requests only what an option uses", async () => {
  const asks = (hello: ClientHelloInfo) => ({
    tickets: hello.extensions.includes(session_ticket),
    modes: hello.extensions.includes(psk_key_exchange_modes),
    staple: hello.extensions.includes(status_request),
    scts: hello.extensions.includes(signed_certificate_timestamp),
  });
  assertEquals(asks(await helloOf({})), {
    tickets: false,
    modes: false,
    staple: true,
    scts: true,
  });
  const other = { requestOcsp: false, requestScts: false, onSession() {} };
  assertEquals(asks(await helloOf(other)), {
    tickets: true,
    modes: true,
    staple: false,
    scts: false,
  });
});

Deno.test("ClientHello without grease has values of the registry alone", async () => {
  const known = new Set<string>(Object.keys(NamedGroup));
  const { groups, signatureSchemes } = await helloOf({ grease: false });
  assert(groups.every((group) => known.has(group)), `${groups}`);
  assert(signatureSchemes.every((name) => name in SignatureScheme));
  const greased = await helloOf({});
  assert(!greased.groups.every((group) => known.has(group)));
  // RFC 8701 section 3.1: also among the signature algorithms.
  const [first = ""] = greased.signatureSchemes;
  assert(/^0x(.a)\1$/.test(first), first);
});

Deno.test("an empty keyShares makes the server ask for a share", async () => {
  let hellos = 0;
  const onEvent = (event: HandshakeEvent) => {
    if (event.type === "message" && event.name === "client_hello") hellos++;
  };
  await using ends = await connected({ keyShares: [], onEvent });
  assertEquals(hellos, 2);
  assertEquals(ends.client.info.group, "X25519MLKEM768");
});

Deno.test("onCertificateRequest gets the types of TLS 1.2", async () => {
  for (const version of [{}, tls12]) {
    let types: readonly string[] | undefined;
    await using _ = await connected({
      ...version,
      onCertificateRequest: ({ certificateTypes }) => {
        types = certificateTypes;
        return null;
      },
    }, { clientAuth: "request" });
    assertEquals(types, version === tls12 ? ["rsa_sign", "ecdsa_sign"] : []);
  }
});

Deno.test("onEvent gets each change_cipher_spec of TLS 1.2, both ways", async () => {
  const told: string[] = [];
  await using _ = await connected({
    ...tls12,
    onEvent: (event) => {
      if (event.type === "change_cipher_spec") told.push(event.direction);
    },
  });
  assertEquals(told, ["write", "read"]);
});

Deno.test("options that require something that is not requested are refused", async () => {
  for (
    const options of [
      { requireOcsp: true, requestOcsp: false },
      { ctLogs: [], requestScts: false },
    ]
  ) {
    await assertRejects(() => pair(options), TypeError, "does not ask for");
  }
});

Deno.test("a server's tickets have extensions that mean nothing, unless grease is off", async () => {
  for (const grease of [undefined, false]) {
    const { peer, conn, flow } = await hostileClient({}, {
      client: { onSession() {} },
      server: { grease, tickets: 1 },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const { extensions } = await peer.io.read(tls13.newSessionTicket);
    const types = (extensions.unknown ?? []).map((each) => each.extensionType);
    assertEquals(types.length, grease === false ? 0 : 2);
    assert(types.every((type) => (type & 0x0f0f) === 0x0a0a), `${types}`);
    assertEquals(new Set(types).size, types.length);
  }
});

Deno.test("fallback has a server refuse that could do better, and no other", async () => {
  const scsv = "TLS_FALLBACK_SCSV";
  const again: ClientOptions = { ...tls12, fallback: true };
  assertEquals((await helloOf(again)).cipherSuites.at(-1), scsv);
  assert(!(await helloOf(tls12)).cipherSuites.includes(scsv));

  await using refused = await pair(again);
  const { client } = await outcomes(refused);
  assertInstanceOf(client, TlsAlertError);
  assertEquals(client.alert, "inappropriate_fallback");

  const sessions: Session[] = [];
  const onSession = (session: Session) => sessions.push(session);
  await using _ = await connected({ ...again, onSession }, tls12);
  const [session] = sessions;
  assert(session !== undefined);
  // RFC 7507 section 4: not with a session of the version that is offered.
  const { cipherSuites } = await helloOf({ ...again, session });
  assert(!cipherSuites.includes(scsv));
});

for (const version of [{}, tls12]) {
  const name = version === tls12 ? "TLS 1.2" : "TLS 1.3";
  const garbage = version === tls12
    ? editing(tls12Kinds.certificate, () => ({
      certificateList: [utf8("GARBAGE")],
    }))
    : editing(tls13.certificate, (message) => ({
      ...message,
      certificateList: [{ certData: utf8("GARBAGE"), extensions: {} }],
    }));
  Deno.test(`bytes that are not a certificate are answered with decode_error by both sides of ${name}`, async () => {
    const { cert, key } = await certificate({ names: ["me"] });
    for (
      const hostile of [
        await hostileServer(garbage, { client: version }),
        await hostileClient(garbage, {
          client: { cert, key },
          server: { ...version, clientAuth: "require" },
        }),
      ]
    ) {
      const error = await assertRefused("decode_error", hostile);
      assertEquals(error.code, "malformed_certificate");
    }
  });
}
