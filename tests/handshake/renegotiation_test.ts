/**
 * Renegotiation: when there is one, what it is bound to, and what it refuses.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { TlsConn } from "../../connection/conn.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsAlertError, type TlsAlertName, TlsError } from "../../errors.ts";
import type { ClientConfig } from "../../handshake/common/config.ts";
import type { Established } from "../../handshake/common/established.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import { TLS_ECDH_anon_WITH_AES_128_CBC_SHA as anonymous } from "../../legacy.ts";
import { decode } from "../../record/codec.ts";
import {
  CertificateType,
  CipherSuite,
  ContentType,
  HandshakeType,
} from "../../registry.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import {
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
  type Mischief,
  misreading,
} from "../_hostile_peer.ts";
import {
  certificate,
  connected,
  crossed,
  type Pair,
  pattern,
  pipe,
  settled,
  utf8,
} from "../_pair.ts";
import { renegotiateAsClient, renegotiateAsServer } from "./_renegotiation.ts";
import { only, optionsFor, suite } from "./_tls12.ts";
import { asTls12 } from "../_established.ts";

const FREELY = { renegotiation: "freely" } as const;

const { TLS_EMPTY_RENEGOTIATION_INFO_SCSV: EMPTY_RENEGOTIATION_INFO_SCSV } =
  CipherSuite;

async function renegotiable(
  client: ClientOptions = {},
  server: ServerOptions = {},
  wires = crossed(),
): Promise<Pair> {
  const options = await optionsFor(suite.ecdhe, { client, server });
  return await connected(options.client, options.server, wires);
}

/** Reads everything that comes; what came, and whether it ended well. */
function reading(conn: TlsConn): { text: () => string; end: Promise<unknown> } {
  let text = "";
  const read = async () => {
    const bytes = new Uint8Array(1000);
    for (;;) {
      const count = await conn.read(bytes);
      if (count === null) return;
      text += new TextDecoder().decode(bytes.subarray(0, count));
    }
  };
  const end = read().catch((error) => error);
  return { text: () => text, end };
}

async function closed(...conns: TlsConn[]): Promise<void> {
  for (const conn of conns) await conn.closeWrite();
}

Deno.test("a server renegotiates with a client that may", async () => {
  await using ends = await renegotiable(FREELY);
  const [up, down] = [reading(ends.server), reading(ends.client)];
  const before = ends.client.channelBinding("tls-unique");
  await ends.client.write(utf8("one "));
  await ends.server.renegotiate();
  await ends.client.write(utf8("two"));
  await ends.server.write(utf8("three"));
  await closed(ends.client, ends.server);
  assertEquals([await up.end, await down.end], [undefined, undefined]);
  assertEquals([up.text(), down.text()], ["one two", "three"]);
  const after = ends.client.channelBinding("tls-unique");
  assertNotEquals(after, before);
  assertEquals(ends.server.channelBinding("tls-unique"), after);
});

Deno.test("a client renegotiates with a server that lets it", async () => {
  await using ends = await renegotiable({}, FREELY);
  const [up, down] = [reading(ends.server), reading(ends.client)];
  const info = await ends.client.renegotiate();
  assertEquals([info.version, info.resumed], ["TLSv1.2", false]);
  await ends.client.write(utf8("up"));
  await ends.server.write(utf8("down"));
  await closed(ends.client, ends.server);
  assertEquals([await up.end, await down.end], [undefined, undefined]);
  assertEquals([up.text(), down.text()], ["up", "down"]);
});

for (
  const [who, client, server] of [
    ["client", {}, FREELY],
    ["server", FREELY, {}],
  ] as const
) {
  const other = who === "client" ? "server" : "client";

  Deno.test(`a ${other} refuses to renegotiate by default, and continues`, async () => {
    await using ends = await renegotiable();
    const [up, down] = [reading(ends.server), reading(ends.client)];
    for (let time = 0; time < 3; time++) {
      const error = await assertRejects(
        () => ends[who].renegotiate(),
        TlsAlertError,
      );
      assertEquals(error.alert, "no_renegotiation");
      await ends.client.write(utf8("up"));
      await ends.server.write(utf8("down"));
    }
    await closed(ends.client, ends.server);
    assertEquals([await up.end, await down.end], [undefined, undefined]);
    assertEquals([up.text(), down.text()], ["upupup", "downdowndown"]);
  });

  Deno.test(`renegotiation "once" lets a ${who} do it once`, async () => {
    const once = { renegotiation: "once" } as const;
    await using ends = await renegotiable(
      who === "server" ? once : {},
      who === "client" ? once : {},
    );
    reading(ends.server);
    reading(ends.client);
    await ends[who].renegotiate();
    await assertRejects(() => ends[who].renegotiate(), TlsAlertError);
    assertEquals(ends.client.info.authorization.status, "verified");
    await closed(ends.client, ends.server);
  });

  Deno.test(`renegotiation "freely" lets a ${who} do it three times in 600 s`, async () => {
    await using ends = await renegotiable(client, server);
    reading(ends.server);
    reading(ends.client);
    for (let count = 0; count < 3; count++) await ends[who].renegotiate();
    await assertRejects(() => ends[who].renegotiate(), TlsAlertError);
    await closed(ends.client, ends.server);
  });

  Deno.test(`renegotiationLimit and renegotiationWindow bound a ${who}`, async () => {
    const start = Date.now();
    let time = start;
    const bounded = {
      ...FREELY,
      renegotiationLimit: 1,
      renegotiationWindow: 10,
      now: () => time,
    };
    await using ends = await renegotiable(
      who === "server" ? bounded : {},
      who === "client" ? bounded : {},
    );
    reading(ends.server);
    reading(ends.client);
    await ends[who].renegotiate();
    await assertRejects(() => ends[who].renegotiate(), TlsAlertError);
    time = start + 10_001;
    await ends[who].renegotiate();
    await closed(ends.client, ends.server);
  });

  Deno.test(`a ${who} cannot renegotiate TLS 1.3`, async () => {
    await using ends = await connected(client, server);
    const error = await assertRejects(
      () => ends[who].renegotiate(),
      TypeError,
    );
    assert(error.message.includes("TLS 1.3"));
  });

  Deno.test(`a ${who} cannot renegotiate while it does`, async () => {
    await using ends = await renegotiable(client, server);
    reading(ends.server);
    reading(ends.client);
    const first = ends[who].renegotiate();
    await assertRejects(() => ends[who].renegotiate(), TypeError);
    await first;
    await closed(ends.client, ends.server);
  });

  for (const soon of [true, false]) {
    const when = soon ? "at once" : "later";
    Deno.test(`a ${who} that waits for another handshake learns the connection's end ${when}`, async () => {
      // Nothing that is sent after the handshake arrives.
      let isOpen = true;
      const transform: Transformer<Uint8Array>["transform"] = (bytes, to) => {
        if (isOpen) to.enqueue(bytes);
      };
      await using ends = await renegotiable(
        client,
        server,
        crossed({
          toServer: pipe({ transform }),
          toClient: pipe({ transform }),
        }),
      );
      isOpen = false;
      const asked = ends[who].renegotiate();
      if (!soon) await settled();
      ends[who].abort(new Error("enough"));
      const error = await assertRejects(() => asked);
      assertEquals(error.message, "enough");
      await ends[other].close();
    });
  }
}

Deno.test("a server asks for a certificate by renegotiation", async () => {
  const { cert, key } = await certificate({ names: ["client.test"] });
  await using ends = await renegotiable({ ...FREELY, cert, key });
  reading(ends.server);
  reading(ends.client);
  assertEquals(ends.server.info.peerCertificates, []);
  const info = await ends.server.renegotiate({ clientAuth: "require" });
  assertEquals(info.authorization, { status: "verified" });
  assertEquals(info.peerCertificates[0]?.subject, "CN=client.test");
  // Without being asked again the client stays who it is.
  const again = await ends.server.renegotiate();
  assertEquals(again.peerCertificates[0]?.subject, "CN=client.test");
  await closed(ends.client, ends.server);
});

Deno.test("a client without the certificate that a renegotiation demands is refused", async () => {
  await using ends = await renegotiable(FREELY);
  const [up, down] = [reading(ends.server), reading(ends.client)];
  const error = await assertRejects(
    () => ends.server.renegotiate({ clientAuth: "require" }),
    TlsError,
  );
  assertEquals(error.alert, "handshake_failure");
  assertEquals(error.stage, "data");
  assertEquals(await up.end, error);
  assertEquals((await down.end as TlsError).alert, "handshake_failure");
});

Deno.test("data in the middle of a renegotiation are delivered in order", async () => {
  await using ends = await renegotiable(FREELY);
  const [up, down] = [reading(ends.server), reading(ends.client)];
  const data = pattern(300_000).map((byte) => 0x61 + byte % 26);
  const text = new TextDecoder().decode(data);
  const writing = ends.client.write(data);
  const answered = ends.server.renegotiate();
  await ends.server.write(data);
  await Promise.all([writing, answered]);
  await ends.server.renegotiate();
  await ends.client.write(utf8("end"));
  await closed(ends.client, ends.server);
  assertEquals([await up.end, await down.end], [undefined, undefined]);
  assertEquals(up.text(), `${text}end`);
  assertEquals(down.text(), text);
});

Deno.test("writes that wait for a renegotiation leave in order, close_notify after them", async () => {
  await using ends = await renegotiable({}, FREELY);
  const [up, down] = [reading(ends.server), reading(ends.client)];
  const { recordsWritten } = ends.client.stats;
  const answered = ends.client.renegotiate();
  while (ends.client.stats.recordsWritten === recordsWritten) await settled();
  const writing = ["one ", "two ", "three"]
    .map((text) => ends.client.write(utf8(text)));
  await ends.client.closeWrite();
  await Promise.all([answered, ...writing]);
  await ends.server.closeWrite();
  assertEquals([await up.end, await down.end], [undefined, undefined]);
  assertEquals(up.text(), "one two three");
});

Deno.test("the same certificate is not judged again", async () => {
  let verdicts = 0;
  const verify = () => {
    verdicts++;
  };
  const { cert, key } = await certificate({ names: ["client.test"] });
  await using ends = await renegotiable(
    { ...FREELY, cert, key, verify },
    { clientAuth: "require", verify },
  );
  reading(ends.server);
  reading(ends.client);
  assertEquals(verdicts, 2);
  await ends.server.renegotiate();
  assertEquals(verdicts, 2);
  assertEquals(ends.client.info.authorization, { status: "verified" });
  assertEquals(ends.server.info.authorization, { status: "verified" });
  assertEquals(ends.client.info.verifiedChain.length, 2);
  await closed(ends.client, ends.server);
});

Deno.test("a client that was let pass unverified is judged where a renegotiation verifies", async () => {
  const { cert, key } = await issueCertificate({ names: ["stranger"] });
  await using ends = await renegotiable(
    { ...FREELY, cert, key },
    { clientAuth: "request" },
  );
  const [up, down] = [reading(ends.server), reading(ends.client)];
  assertEquals(ends.server.info.authorization.status, "unverified");
  await ends.server.renegotiate();
  const error = await assertRejects(
    () => ends.server.renegotiate({ clientAuth: "require" }),
    TlsError,
  );
  assertEquals([error.code, error.alert], ["unknown_issuer", "unknown_ca"]);
  assertEquals(await up.end, error);
  assertEquals((await down.end as TlsError).alert, "unknown_ca");
});

Deno.test("a ClientHello of a renegotiation has the first one's client_version", async () => {
  const hellos: Uint8Array[] = [];
  const options = await optionsFor(suite.ecdheCbc, {
    client: {
      ...FREELY,
      maxVersion: "TLSv1.3",
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdheCbc],
    },
    server: {
      onEvent: (event) => {
        if (event.type === "message" && event.name === "client_hello") {
          hellos.push(event.bytes.slice(4));
        }
      },
    },
  }, "TLSv1.1");
  await using ends = await connected(options.client, options.server);
  reading(ends.server);
  reading(ends.client);
  await ends.server.renegotiate();
  assertEquals(ends.client.info.version, "TLSv1.1");
  const [first, second] = hellos.map((hello) =>
    decode(tls12.clientHello.codec, hello, "ClientHello")
  );
  assertEquals(second?.legacyVersion, first?.legacyVersion);
  assertEquals(second?.extensions.supported_versions, undefined);
  assertEquals(second?.cipherSuites.includes(0x1301), false);
  await closed(ends.client, ends.server);
});

Deno.test("renegotiation works with CBC in TLS 1.0 as well", async () => {
  const options = await optionsFor(suite.ecdheCbc, { client: FREELY }, "TLSv1");
  await using ends = await connected(options.client, options.server);
  const [up] = [reading(ends.server), reading(ends.client)];
  await ends.client.write(utf8("one "));
  await ends.server.renegotiate();
  await ends.client.write(utf8("two"));
  await closed(ends.client, ends.server);
  assertEquals(await up.end, undefined);
  assertEquals(up.text(), "one two");
});

// What ties it to the connection (RFC 5746 sections 3.5 and 3.7).

/** A test that our client refuses how a server renegotiates. */
function clientRefuses(
  what: string,
  alert: TlsAlertName,
  make: (isSecond: () => boolean) => Mischief,
  other: (previous: Established) => Promise<
    { previous?: Established; options?: ServerOptions }
  > = () => Promise.resolve({}),
  client: ClientOptions = {},
): void {
  Deno.test(`client refuses a renegotiation ${what}: ${alert}`, async () => {
    const options = await optionsFor(suite.ecdhe, {
      client: { ...FREELY, ...client },
    });
    let isSecond = false;
    const { peer, conn, flow } = await hostileServer(
      make(() => isSecond),
      options,
    );
    using _ = peer;
    const [, previous] = await Promise.all([conn.handshake(), flow()]);
    const down = reading(conn);
    isSecond = true;
    const differing = await other(previous);
    const served = renegotiateAsServer(
      peer,
      differing.previous ?? previous,
      { ...options.server, ...differing.options },
    );
    served.catch(() => {});
    const error = await down.end as TlsError;
    assertEquals(error.alert, alert, error.message);
    assertEquals(error.stage, "data");
  });
}

clientRefuses(
  "that is not tied to the connection",
  "handshake_failure",
  () => ({}),
  (previous) =>
    Promise.resolve({
      previous: {
        ...previous,
        verifyData: {
          ...asTls12(previous).verifyData,
          server: new Uint8Array(12),
        },
      },
    }),
);
clientRefuses(
  "without renegotiation_info",
  "handshake_failure",
  (isSecond) => ({
    message: (message) =>
      isSecond()
        ? editing(tls12.serverHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: { ...extensions, renegotiation_info: undefined },
        })).message?.(message)
        : undefined,
  }),
);
clientRefuses(
  "that gives up the extended master secret",
  "handshake_failure",
  (isSecond) => ({
    message: (message) =>
      isSecond()
        ? editing(tls12.serverHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: { ...extensions, extended_main_secret: undefined },
        })).message?.(message)
        : undefined,
  }),
);
clientRefuses(
  "by another server",
  "bad_certificate",
  () => ({}),
  async () => {
    const { cert, key } = await certificate({
      names: ["localhost", "other.test"],
    });
    return { options: { cert, key } };
  },
);
for (const anonymous of [suite.psk, suite.ecdhePsk]) {
  const key = pattern(32);
  clientRefuses(
    `by a server that has shown a certificate and now has ${anonymous}`,
    "bad_certificate",
    () => ({}),
    () =>
      Promise.resolve({
        options: {
          cipherSuites: [anonymous],
          psk: () => ({ key }),
        },
      }),
    {
      cipherSuites: [suite.ecdhe, anonymous],
      psk: { identity: "client", key },
    },
  );
}
clientRefuses(
  "by a server that has shown a certificate and is now anonymous",
  "bad_certificate",
  () => ({}),
  () =>
    Promise.resolve({
      options: { cipherSuites: [anonymous], unsafelyAllowAnonymous: true },
    }),
  {
    cipherSuites: [suite.ecdhe, anonymous],
    unsafelyAllowAnonymous: true,
    securityLevel: 0,
  },
);
clientRefuses(
  "to another version",
  "protocol_version",
  (isSecond) => ({
    message: (message) =>
      isSecond()
        ? editing(tls12.serverHello, (hello) => ({
          ...hello,
          legacyVersion: 0x0302,
        })).message?.(message)
        : undefined,
  }),
);
clientRefuses(
  "with data between change_cipher_spec and Finished",
  "unexpected_message",
  (isSecond) => ({
    record: (type, bytes) =>
      isSecond() && type === ContentType.handshake &&
        bytes[0] === tls12.finished.type
        ? [[ContentType.application_data, utf8("x")], [type, bytes]]
        : undefined,
  }),
);

clientRefuses(
  "to another ALPN protocol",
  "illegal_parameter",
  (isSecond) => ({
    message: (message) =>
      isSecond()
        ? editing(tls12.serverHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: {
            ...extensions,
            application_layer_protocol_negotiation: [utf8("b")],
          },
        })).message?.(message)
        : undefined,
  }),
  () => Promise.resolve({ options: { alpnProtocols: ["a"] } }),
  { alpnProtocols: ["a", "b"] },
);

Deno.test("the ALPN protocol of a connection stays, whether a renegotiation names it again", async () => {
  for (const alpnProtocols of [["a"], []]) {
    const options = await optionsFor(suite.ecdhe, {
      client: { ...FREELY, alpnProtocols: ["b", "a"] },
      server: { alpnProtocols: ["a"] },
    });
    const { peer, conn, flow } = await hostileServer({}, options);
    using _ = peer;
    const [, previous] = await Promise.all([conn.handshake(), flow()]);
    const down = reading(conn);
    await renegotiateAsServer(peer, {
      ...previous,
      alpnProtocol: alpnProtocols[0],
    }, options.server);
    await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
    assertEquals(await down.end, undefined);
    assertEquals(conn.info.alpnProtocol, "a");
  }
});

Deno.test("client has the certificate judged again whose key a renegotiation uses in another way", async () => {
  const { cert, key } = await certificate({ keyType: "rsa-2048" });
  const { identity } = await certificate({
    key,
    keyUsage: ["digitalSignature"],
  });
  const server = { ...only(suite.ecdheRsa, "TLSv1.2"), cert, key };
  const { peer, conn, flow } = await hostileServer(
    editing(tls12.certificate, () => ({
      certificateList: identity.chain.map(({ raw }) => raw),
    })),
    {
      client: {
        maxVersion: "TLSv1.2",
        cipherSuites: [suite.ecdheRsa, suite.rsa],
        ...FREELY,
      },
      server,
    },
  );
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const down = reading(conn);
  const options = { ...server, ...only(suite.rsa, "TLSv1.2") };
  renegotiateAsServer(peer, previous, options).catch(() => {});
  const error = await down.end as TlsError;
  assertEquals(error.code, "wrong_key_usage");
});

/** A test that our server refuses how a client renegotiates. */
function serverRefuses(
  what: string,
  alert: TlsAlertName,
  says: string,
  edit: (previous: Established, config: ClientConfig) => {
    info?: Uint8Array;
    config?: Partial<ClientConfig>;
    hello?: (hello: ClientHello) => ClientHello;
  },
  more: { client?: ClientOptions; server?: ServerOptions } = {},
): void {
  Deno.test(`server refuses a renegotiation ${what}: ${alert}`, async () => {
    const options = await optionsFor(suite.ecdhe, {
      client: { ...more.client },
      server: { ...FREELY, ...more.server },
    });
    let edits: ((hello: ClientHello) => ClientHello)[] = [];
    const { peer, conn, flow } = await hostileClient({
      message: (message) =>
        edits.map((edit) => editing(tls12.clientHello, edit))[0]
          ?.message?.(message),
    }, options);
    using _ = peer;
    const [, previous] = await Promise.all([conn.handshake(), flow()]);
    const up = reading(conn);
    const config = await clientConfig(options.client);
    const { info, config: differing, hello } = edit(previous, config);
    edits = hello === undefined ? [] : [hello];
    const run = renegotiateAsClient(
      peer,
      previous,
      { ...config, ...differing },
      info,
    );
    run.then(() => peer.cut(new Error("Accepted")), (error) => {
      // Nobody is to wait for an alert that does not come.
      if (!(error instanceof TlsAlertError)) peer.cut(error);
    });
    const error = await up.end;
    assert(error instanceof TlsError, String(error));
    assertEquals(error.alert, alert, error.message);
    assertEquals(error.stage, "data");
    assertStringIncludes(error.message, says);
  });
}

serverRefuses(
  "as if it were the first handshake (CVE-2009-3555)",
  "handshake_failure",
  "it is not that of this connection",
  () => ({ info: new Uint8Array() }),
);
serverRefuses(
  "that is not tied to the connection",
  "handshake_failure",
  "it is not that of this connection",
  () => ({ info: new Uint8Array(12).fill(1) }),
);
// RFC 5746 section 3.7: "the server MUST abort the handshake".
serverRefuses(
  "without renegotiation_info",
  "handshake_failure",
  "there is none (RFC 5746)",
  () => ({
    hello: ({ extensions, ...hello }) => ({
      ...hello,
      extensions: { ...extensions, renegotiation_info: undefined },
    }),
  }),
);
// RFC 5746 section 3.7: "MUST abort the handshake if it is present".
serverRefuses(
  "with TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
  "handshake_failure",
  "the signaling suite has no place here",
  () => ({
    hello: (hello) => ({
      ...hello,
      cipherSuites: [...hello.cipherSuites, EMPTY_RENEGOTIATION_INFO_SCSV],
    }),
  }),
);
serverRefuses(
  "that gives up the extended master secret (RFC 7627 section 5.4)",
  "handshake_failure",
  "extended_main_secret",
  () => ({
    hello: ({ extensions, ...hello }) => ({
      ...hello,
      extensions: { ...extensions, extended_main_secret: undefined },
    }),
  }),
);
serverRefuses(
  "for another name",
  "handshake_failure",
  "must keep the version and server_name",
  () => ({ config: { serverName: "other.test" } }),
);
serverRefuses(
  "for a lower version",
  "handshake_failure",
  "must keep the version and server_name",
  (_, { minVersion }) => ({ config: { minVersion, maxVersion: 0x0302 } }),
);
serverRefuses(
  "that no longer offers the version in use (RFC 5246 appendix E.1)",
  "handshake_failure",
  "must keep the version and server_name",
  () => ({ hello: (hello) => ({ ...hello, legacyVersion: 0x0302 }) }),
);
serverRefuses(
  "that demands compression (RFC 5246 section 7.4.1.2)",
  "illegal_parameter",
  "compression",
  () => ({ hello: (hello) => ({ ...hello, legacyCompressionMethods: [1] }) }),
);

const one = await certificate({ names: ["client.test"] });
const other = await certificate({ names: ["client.test", "other.test"] });

for (const clientAuth of ["request", "require"] as const) {
  // The triple handshake attack: who a client is does not change on the way.
  serverRefuses(
    `with another client certificate where clientAuth is "${clientAuth}"`,
    "bad_certificate",
    "",
    () => ({ config: { identities: [other.identity] } }),
    {
      client: { cert: one.cert, key: one.key },
      server: { clientAuth },
    },
  );
}
serverRefuses(
  "without the client certificate that there was",
  "bad_certificate",
  "",
  () => ({ config: { identities: [] } }),
  {
    client: { cert: one.cert, key: one.key },
    server: { clientAuth: "request" },
  },
);

const { RawPublicKey, X509 } = CertificateType;

for (
  const [what, identities, type] of [
    [
      "another raw public key",
      [{ chain: [], key: other.identity.key }],
      RawPublicKey,
    ],
    ["a certificate of the same key", [one.identity], X509],
    ["nothing", [], RawPublicKey],
  ] as const
) {
  serverRefuses(
    `with ${what} in place of the raw public key that there was`,
    "bad_certificate",
    "",
    () => ({ config: { identities, certificateTypes: [type] } }),
    {
      client: { certificates: [{ rawPublicKey: true, key: one.key }] },
      server: {
        clientAuth: "request",
        peerCertificateTypes: ["RawPublicKey", "X509"],
      },
    },
  );
}

// What belongs there.

Deno.test("server treats TLS_EMPTY_RENEGOTIATION_INFO_SCSV as an empty renegotiation_info in the first ClientHello (RFC 5746 section 3.6)", async () => {
  let answered: Uint8Array | undefined;
  const { peer, conn, flow } = await hostileClient({
    ...editing(tls12.clientHello, ({ extensions, ...hello }) => ({
      ...hello,
      cipherSuites: [...hello.cipherSuites, EMPTY_RENEGOTIATION_INFO_SCSV],
      extensions: { ...extensions, renegotiation_info: undefined },
    })),
    ...misreading(tls12.serverHello, (hello) => {
      answered = hello.extensions.renegotiation_info;
      return hello;
    }),
  }, await optionsFor(suite.ecdhe));
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.version, "TLSv1.2");
  assertEquals(answered, new Uint8Array());
});

Deno.test("client reads data that comes in the middle of a renegotiation", async () => {
  const options = await optionsFor(suite.ecdhe, { client: FREELY });
  let isSecond = false;
  const { peer, conn, flow } = await hostileServer({
    record: (type, bytes) =>
      isSecond && type === ContentType.handshake &&
        bytes[0] === tls12.certificate.type
        ? [[ContentType.application_data, utf8("between")], [type, bytes]]
        : undefined,
  }, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const down = reading(conn);
  isSecond = true;
  await renegotiateAsServer(peer, previous, options.server);
  await peer.sendRecord(ContentType.application_data, utf8(", behind"));
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await down.end, undefined);
  assertEquals(down.text(), "between, behind");
});

Deno.test("server reads data that comes in the middle of a renegotiation", async () => {
  const options = await optionsFor(suite.ecdhe, { server: FREELY });
  let isSecond = false;
  const { peer, conn, flow } = await hostileClient({
    record: (type, bytes) =>
      isSecond && type === ContentType.handshake &&
        bytes[0] === HandshakeType.client_key_exchange
        ? [[ContentType.application_data, utf8("between")], [type, bytes]]
        : undefined,
  }, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const up = reading(conn);
  isSecond = true;
  const config = await clientConfig(options.client);
  await renegotiateAsClient(peer, previous, config);
  await peer.sendRecord(ContentType.application_data, utf8(", behind"));
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await up.end, undefined);
  assertEquals(up.text(), "between, behind");
});

// What comes without being asked for.

Deno.test("client ignores HelloRequests in handshakes (RFC 5246 section 7.4.1.1)", async () => {
  const { peer, conn, flow } = await hostileServer(
    {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] !== tls12.finished.type
          ? [[type, new Uint8Array(4)], [type, bytes]]
          : undefined,
    },
    await optionsFor(suite.ecdhe),
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.version, "TLSv1.2");
});

Deno.test("client limits the HelloRequests in a handshake", async () => {
  const { peer, conn, flow } = await hostileServer(
    {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === tls12.serverHello.type
          ? [[type, new Uint8Array(4 * 33)], [type, bytes]]
          : undefined,
    },
    await optionsFor(suite.ecdhe),
  );
  using _ = peer;
  flow().catch(() => {});
  const error = await assertRejects(() => conn.handshake(), TlsError);
  assertEquals(error.alert, "unexpected_message");
});

Deno.test("client limits the HelloRequests without data", async () => {
  const { peer, conn, flow } = await hostileServer(
    {},
    await optionsFor(suite.ecdhe),
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const down = reading(conn);
  for (let count = 0; count < 33; count++) {
    await peer.send(tls12.helloRequest, {});
  }
  assertEquals((await down.end as TlsError).alert, "unexpected_message");
});

Deno.test("client treats no other warning as a refusal to renegotiate (RFC 5246 section 7.2.2)", async () => {
  const { peer, conn, flow } = await hostileServer(
    {},
    await optionsFor(suite.ecdhe, { client: FREELY }),
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  let isOver = false;
  const asked = conn.renegotiate().finally(() => isOver = true);
  asked.catch(() => {});
  const down = reading(conn);
  const [userCanceled, noRenegotiation] = [90, 100];
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, userCanceled));
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  while (down.text() === "") await settled();
  assertEquals(isOver, false);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, noRenegotiation));
  const error = await assertRejects(() => asked, TlsAlertError);
  assertEquals(error.alert, "no_renegotiation");
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await down.end, undefined);
});

Deno.test("client answers a HelloRequest in one record with Finished", async () => {
  const { peer, conn, flow } = await hostileServer(
    {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === tls12.finished.type
          ? [[type, new Uint8Array([...bytes, 0, 0, 0, 0])]]
          : undefined,
    },
    await optionsFor(suite.ecdhe),
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const down = reading(conn);
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.type, ContentType.alert);
  assertEquals([...fragment?.bytes ?? []], [1, 100]);
  await peer.sendRecord(ContentType.application_data, utf8("on"));
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await down.end, undefined);
  assertEquals(down.text(), "on");
});

for (const kind of [tls12.finished, tls12.serverHelloDone] as const) {
  Deno.test(`client refuses ${kind.name} after the handshake`, async () => {
    const { peer, conn, flow } = await hostileServer(
      {},
      await optionsFor(suite.ecdhe),
    );
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const down = reading(conn);
    await peer.sendRecord(
      ContentType.handshake,
      Uint8Array.of(kind.type, 0, 0, 0),
    );
    const error = await down.end as TlsError;
    assertEquals(error.alert, "unexpected_message");
    assertStringIncludes(error.message, "after the handshake");
  });
}

Deno.test("client refuses a ServerHello that it has not asked for", async () => {
  const { peer, conn, flow } = await hostileServer(
    {},
    await optionsFor(suite.ecdhe, { client: FREELY }),
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const down = reading(conn);
  await peer.sendRecord(ContentType.handshake, Uint8Array.of(2, 0, 0, 0));
  assertEquals((await down.end as TlsError).alert, "unexpected_message");
});

Deno.test("a peer without renegotiation_info is never renegotiated with (RFC 5746 section 4.2)", async () => {
  const options = await optionsFor(suite.ecdhe, { client: FREELY });
  const { peer, conn, flow } = await hostileServer(
    editing(tls12.serverHello, ({ extensions, ...hello }) => ({
      ...hello,
      extensions: { ...extensions, renegotiation_info: undefined },
    })),
    options,
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const error = await assertRejects(() => conn.renegotiate(), TypeError);
  assert(error.message.includes("RFC 5746"));
  const down = reading(conn);
  await peer.send(tls12.helloRequest, {});
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.type, ContentType.alert);
  assertEquals([...fragment?.bytes ?? []], [1, 100]);
  await peer.sendRecord(ContentType.application_data, utf8("on"));
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await down.end, undefined);
  assertEquals(down.text(), "on");
});
