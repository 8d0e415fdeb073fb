/**
 * HelloRetryRequest, both sides (RFC 9846 sections 4.2.2, 4.2.4 and 4.3.8).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import type { HelloRetryRequest } from "../../handshake/messages/server_hello.ts";
import { ContentType, ExtensionType, NamedGroup } from "../../registry.ts";
import {
  assertRefused,
  edited,
  hostileClient,
  hostileServer,
  type Mischief,
} from "../_hostile_peer.ts";
import { connected, pattern, readBytes, utf8 } from "../_pair.ts";
import { assertSays, type Rule } from "./_rules.ts";

/** The client has no share for the only group of the server. */
const asking: ServerOptions = { groups: ["secp384r1"] };

function names(into: string[]): (event: HandshakeEvent) => void {
  return (event) => {
    if (event.type === "message") {
      into.push(`${event.direction === "write" ? ">" : "<"} ${event.name}`);
    }
  };
}

const cases: { name: string; client?: ClientOptions; server: ServerOptions }[] =
  [
    { name: "for a group", server: asking },
    { name: "for a cookie", server: { helloRetry: "cookie" } },
    { name: "for both", server: { ...asking, helloRetry: "cookie" } },
    {
      name: "for a hybrid",
      client: { keyShares: ["x25519"] },
      server: { groups: ["X25519MLKEM768"] },
    },
    {
      name: "with SHA-384",
      client: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
      server: asking,
    },
  ];

for (const { name, client, server } of cases) {
  Deno.test(`client and server agree after a HelloRetryRequest ${name}`, async () => {
    const messages: string[] = [];
    await using ends = await connected(
      { ...client, onEvent: names(messages) },
      server,
    );
    assertEquals(messages.slice(0, 4), [
      "> client_hello",
      "< server_hello",
      "> client_hello",
      "< server_hello",
    ]);
    assertEquals(ends.client.info.group, ends.server.info.group);
    assertEquals(
      ends.client.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
      ends.server.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
    );
    await ends.client.write(utf8("after all"));
    assertEquals(await readBytes(ends.server, 9), utf8("after all"));
  });
}

Deno.test("client and server do without a HelloRetryRequest where a share fits", async () => {
  for (
    const groups of [["x25519"], ["X25519MLKEM768"], ["secp384r1", "x25519"]]
  ) {
    const messages: string[] = [];
    await using _ = await connected(
      { onEvent: names(messages) },
      { groups },
    );
    assertEquals(messages[2], "< encrypted_extensions");
  }
});

Deno.test("client and server resume after a HelloRetryRequest, with new binders", async () => {
  const sessionCache = new SessionCache();
  const context = { ...asking, helloRetry: "cookie" } as const;
  const first = await connected({ sessionCache }, context);
  await first.server.write(utf8("x"));
  await readBytes(first.client, 1);
  const keys = { ticketKeys: [pattern(48)] };
  await first[Symbol.asyncDispose]();
  const cache = new SessionCache();
  const second = await connected({ sessionCache: cache }, {
    ...context,
    ...keys,
  });
  await second.server.write(utf8("x"));
  await readBytes(second.client, 1);
  await second[Symbol.asyncDispose]();
  await using third = await connected({ sessionCache: cache }, {
    ...context,
    ...keys,
  });
  assertEquals(third.client.info.resumed, true);
  assertEquals(third.server.info.resumed, true);
});

/** Edits the second ClientHello alone. */
/** Replaces extensions of a ClientHello. */
function extensionsWith(
  extensions: ClientHello["extensions"],
): (hello: ClientHello) => ClientHello {
  return (hello) => ({
    ...hello,
    extensions: { ...hello.extensions, ...extensions },
  });
}

function second(edit: (hello: ClientHello) => ClientHello): Mischief {
  let hellos = 0;
  return {
    message: ({ name, raw }) =>
      name === "client_hello" && ++hellos === 2
        ? edited(tls13.clientHello, raw, edit)
        : undefined,
  };
}

const secondHellos: (Rule & { edit: (hello: ClientHello) => ClientHello })[] = [
  {
    name: "section 4.2.2: another random",
    alert: "illegal_parameter",
    says: "random",
    edit: (hello) => ({ ...hello, random: pattern(32) }),
  },
  {
    name: "section 4.2.2: another legacy_session_id",
    alert: "illegal_parameter",
    says: "legacy_session_id",
    edit: (hello) => ({ ...hello, legacySessionId: pattern(32) }),
  },
  {
    name: "section 4.2.2: another legacy_version",
    alert: "illegal_parameter",
    edit: (hello) => ({ ...hello, legacyVersion: 0x0302 }),
  },
  {
    name: "section 4.2.2: compression, in the second one alone",
    alert: "illegal_parameter",
    says: "compression",
    edit: (hello) => ({ ...hello, legacyCompressionMethods: [1, 0] }),
  },
  {
    name: "section 4.2.2: other suites",
    alert: "illegal_parameter",
    says: "cipher_suites",
    edit: (hello) => ({
      ...hello,
      cipherSuites: hello.cipherSuites.slice(0, 2),
    }),
  },
  {
    name: "section 4.2.2: an extension more",
    alert: "illegal_parameter",
    says: "among the extensions",
    edit: extensionsWith({
      unknown: [{ extensionType: 0x4321, extensionData: new Uint8Array() }],
    }),
  },
  {
    name: "section 4.2.2: an extension less",
    alert: "illegal_parameter",
    says: "among the extensions",
    edit: extensionsWith({ status_request: undefined }),
  },
  {
    name: "section 4.2.2: another name in the same extension",
    alert: "illegal_parameter",
    edit: extensionsWith({
      server_name: [{ nameType: 0, hostName: utf8("elsewhere") }],
    }),
  },
  {
    name: "section 4.2.2: early_data",
    alert: "illegal_parameter",
    edit: extensionsWith({ early_data: true }),
  },
  {
    name: "section 4.3.8: no share for the group that was asked for",
    alert: "illegal_parameter",
    says: "HelloRetryRequest asked for",
    edit: extensionsWith({ key_share: [] }),
  },
  {
    name: "section 4.3.8: a share beside the one that was asked for",
    alert: "illegal_parameter",
    edit: (hello) => ({
      ...hello,
      extensions: {
        ...hello.extensions,
        key_share: [
          ...hello.extensions.key_share ?? [],
          { group: NamedGroup.x25519, keyExchange: pattern(32) },
        ],
      },
    }),
  },
  {
    name: "section 4.3.8: a share of another group",
    alert: "illegal_parameter",
    edit: extensionsWith({
      key_share: [{ group: NamedGroup.x25519, keyExchange: pattern(32) }],
    }),
  },
  {
    name:
      "section 4.3.8: a share of another group, where a cookie alone was asked for",
    alert: "illegal_parameter",
    says: "it has no key share for x25519",
    server: { groups: ["x25519", "secp384r1"], helloRetry: "cookie" },
    edit: extensionsWith({
      key_share: [{ group: NamedGroup.secp384r1, keyExchange: pattern(97) }],
    }),
  },
  {
    name: "section 4.3.8: no share, where a cookie alone was asked for",
    alert: "illegal_parameter",
    says: "it has no key share for x25519",
    server: { groups: ["x25519"], helloRetry: "cookie" },
    edit: extensionsWith({ key_share: [] }),
  },
  {
    name: "section 4.3.2: no cookie",
    alert: "illegal_parameter",
    says: "cookie",
    server: { helloRetry: "cookie" },
    edit: extensionsWith({ cookie: undefined }),
  },
  {
    name: "section 4.3.2: another cookie",
    alert: "illegal_parameter",
    says: "cookie",
    server: { helloRetry: "cookie" },
    edit: extensionsWith({ cookie: pattern(32) }),
  },
  {
    name: "section 4.3.2: a cookie that was not given",
    alert: "illegal_parameter",
    says: "cookie",
    edit: extensionsWith({ cookie: pattern(32) }),
  },
  {
    name: "section 4.3.1: TLS 1.2 in supported_versions",
    alert: "illegal_parameter",
    edit: extensionsWith({ supported_versions: [0x0303] }),
  },
];

for (const rule of secondHellos) {
  Deno.test(`server refuses a second ClientHello, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileClient(second(rule.edit), {
        client: { minVersion: "TLSv1.3" },
        server: { ...asking, ...rule.server },
      }),
    );
    assertSays(error, rule);
  });
}

Deno.test("server accepts padding in the second ClientHello (section 4.2.2)", async () => {
  const { peer, conn, flow } = await hostileClient(
    second(extensionsWith({ padding: new Uint8Array(100) })),
    { client: { minVersion: "TLSv1.3" }, server: asking },
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  assertEquals(conn.info.group, "secp384r1");
  conn.abort();
});

/** Edits the HelloRetryRequest alone. */
function retryWith(
  edit: (request: HelloRetryRequest) => Partial<HelloRetryRequest>,
): Mischief {
  let hellos = 0;
  return {
    message: ({ name, raw }) =>
      name === "server_hello" && ++hellos === 1
        ? edited(tls13.helloRetryRequest, raw, (request) => ({
          ...request,
          ...edit(request),
        }))
        : undefined,
  };
}

const requests: (Rule & { mischief: Mischief })[] = [
  {
    name: "section 4.2.4: a suite that was not offered",
    alert: "illegal_parameter",
    client: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
    mischief: retryWith(() => ({ cipherSuite: 0x1302 })),
  },
  {
    name: "section 4.2.4: another session ID",
    alert: "illegal_parameter",
    says: "legacy_session_id_echo",
    mischief: retryWith(() => ({ legacySessionIdEcho: pattern(32) })),
  },
  {
    name: "section 4.2.4: compression",
    alert: "illegal_parameter",
    says: "HelloRetryRequest: legacy_compression_method",
    mischief: retryWith(() => ({ legacyCompressionMethod: 1 })),
  },
  {
    name: "section 4.2.4: no supported_versions",
    alert: "illegal_parameter",
    says: "supported_versions",
    mischief: retryWith(({ extensions }) => ({
      extensions: { ...extensions, supported_versions: undefined },
    })),
  },
  {
    name: "section 4.2.4: an extension that was not offered",
    alert: "unsupported_extension",
    mischief: retryWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        unknown: [{ extensionType: 0x4321, extensionData: new Uint8Array() }],
      },
    })),
  },
  {
    name: "section 4.2: an extension that does not belong there",
    alert: "illegal_parameter",
    mischief: retryWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        unknown: [{
          extensionType: ExtensionType.server_name,
          extensionData: new Uint8Array(),
        }],
      },
    })),
  },
  {
    name: "section 4.3.8: a group that is not on",
    alert: "illegal_parameter",
    says: "not offered",
    mischief: retryWith(({ extensions }) => ({
      extensions: { ...extensions, key_share: NamedGroup.x448 },
    })),
  },
  {
    name: "section 4.3.8: a group with a share already",
    alert: "illegal_parameter",
    says: "with a key share",
    mischief: retryWith(({ extensions }) => ({
      extensions: { ...extensions, key_share: NamedGroup.x25519 },
    })),
  },
  {
    name: "section 4.2.4: a second one",
    alert: "unexpected_message",
    says: "second HelloRetryRequest",
    mischief: (() => {
      let request: Uint8Array | undefined;
      return {
        message: ({ name, raw }) => {
          if (name !== "server_hello") return undefined;
          if (request !== undefined) return request;
          request = raw.slice();
          return undefined;
        },
      };
    })(),
  },
  {
    name: "section 4.2.4: a ServerHello with another suite",
    alert: "illegal_parameter",
    says: "not that of HelloRetryRequest",
    mischief: (() => {
      let hellos = 0;
      return {
        message: ({ name, raw }) =>
          name === "server_hello" && ++hellos === 2
            ? edited(tls13.serverHello, raw, (hello) => ({
              ...hello,
              cipherSuite: 0x1301,
            }))
            : undefined,
      };
    })(),
  },
  {
    name: "section 4.3.8: a ServerHello with another group",
    alert: "illegal_parameter",
    mischief: (() => {
      let hellos = 0;
      return {
        message: ({ name, raw }) =>
          name === "server_hello" && ++hellos === 2
            ? edited(tls13.serverHello, raw, (hello) => ({
              ...hello,
              extensions: {
                ...hello.extensions,
                key_share: {
                  group: NamedGroup.x25519,
                  keyExchange: pattern(32),
                },
              },
            }))
            : undefined,
      };
    })(),
  },
  {
    name: "section 4.3.2: an empty cookie",
    alert: "decode_error",
    mischief: retryWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        unknown: [{
          extensionType: ExtensionType.cookie,
          extensionData: Uint8Array.of(0, 0),
        }],
      },
    })),
  },
];

for (const { mischief, ...rule } of requests) {
  Deno.test(`client refuses a HelloRetryRequest, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileServer(mischief, {
        client: rule.client ?? {},
        server: { ...asking, ...rule.server },
      }),
    );
    assertSays(error, rule);
  });
}

Deno.test("client sends one change_cipher_spec, before its second flight (appendix E.4)", async () => {
  for (const server of [{}, asking]) {
    const sent: number[] = [];
    const { peer, conn, flow } = await hostileClient({
      record: (type) => {
        sent.push(type);
      },
    }, { server });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const { handshake, change_cipher_spec } = ContentType;
    assertEquals(
      sent,
      server === asking
        ? [handshake, change_cipher_spec, handshake, handshake]
        : [handshake, change_cipher_spec, handshake],
    );
    conn.abort();
  }
});

Deno.test("server sends one change_cipher_spec, after its first message (appendix E.4)", async () => {
  for (const server of [{ tickets: 0 }, { ...asking, tickets: 0 }]) {
    const sent: number[] = [];
    const { peer, conn, flow } = await hostileServer({
      record: (type) => {
        sent.push(type);
      },
    }, { server });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(sent.slice(0, 2), [
      ContentType.handshake,
      ContentType.change_cipher_spec,
    ]);
    assertEquals(
      sent.filter((type) => type === ContentType.change_cipher_spec).length,
      1,
    );
    conn.abort();
  }
});
