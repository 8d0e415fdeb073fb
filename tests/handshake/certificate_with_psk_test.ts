/**
 * Certificates together with an external PSK (RFC 9973).
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsAlertError, TlsProtocolError } from "../../errors.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import type { Session } from "../../handshake/session/session.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  utf8,
} from "../_pair.ts";
import { sessionsOf } from "./_resumption.ts";

const key = pattern(32, 8);
const identity = "group of 7";
const only13 = { minVersion: "TLSv1.3" } as const;
const ticketKeys = [pattern(48)];

const forClient: ClientOptions = {
  ...only13,
  psk: { identity, key },
  certificateWithPsk: "require",
};
const forServer: ServerOptions = {
  ...only13,
  psk: (asked) =>
    new TextDecoder().decode(asked) === identity ? { key } : undefined,
  certificateWithPsk: "require",
};
const plain: ServerOptions = { ...forServer, certificateWithPsk: undefined };

for (const helloRetry of ["needed", "cookie"] as const) {
  for (const imported of [undefined, { context: "both" }]) {
    Deno.test(`${imported ? "an imported" : "an external"} PSK and the server's certificate go together (helloRetry: ${helloRetry})`, async () => {
      const psk = { identity, key, import: imported };
      await using ends = await connected(
        { ...forClient, psk },
        { ...forServer, helloRetry, psk: () => psk },
      );
      const { client, server } = ends;
      assertEquals(client.info.authorization.status, "verified");
      assertEquals(client.info.peerCertificates.length > 0, true);
      assertEquals(client.info.pskIdentity, utf8(identity));
      assertEquals(server.info.pskIdentity, utf8(identity));
      assertEquals(server.info.authorization.status, "none");
      assert(!client.info.resumed);
      await client.write(utf8("hello"));
      assertEquals(await readBytes(server, 5), utf8("hello"));
    });
  }
}

Deno.test("a client is asked for its certificate, too", async () => {
  const { cert, key } = await certificate({
    names: ["alice"],
    extendedKeyUsage: ["clientAuth"],
  });
  await using ends = await connected({ ...forClient, cert, key }, {
    ...forServer,
    clientAuth: "require",
    caCerts: [(await authority).cert],
  });
  assertEquals(ends.server.info.authorization.status, "verified");
  // RFC 9846 section 4.4.2 still holds behind the handshake.
  await assertRejects(() => ends.server.requestCertificate(), TypeError);
});

Deno.test("a certificate that does not verify is refused, whatever the PSK", async () => {
  const { cert, key } = await certificate({ names: ["other.test"] });
  await using ends = await pair(forClient, { ...forServer, cert, key });
  const { client } = await outcomes(ends);
  assertInstanceOf(client, Error);
  assertEquals((client as { code?: string }).code, "hostname_mismatch");
});

Deno.test("where it is required, a peer without it is refused", async () => {
  const known: [ClientOptions, ServerOptions, string, string][] = [
    // No PSK that both have, one side without the option.
    [
      { ...forClient, psk: { identity: "x", key } },
      forServer,
      "server",
      "handshake_failure",
    ],
    [{ ...only13 }, forServer, "server", "handshake_failure"],
    [
      { ...only13, psk: { identity, key } },
      forServer,
      "server",
      "handshake_failure",
    ],
    [forClient, only13, "client", "missing_extension"],
    [forClient, plain, "client", "missing_extension"],
  ];
  for (const [client, server, side, alert] of known) {
    await using ends = await pair(client, server);
    const errors = await outcomes(ends);
    const ours = errors[side as "client" | "server"];
    assertInstanceOf(ours, TlsProtocolError);
    assertEquals(ours.alert, alert);
  }
});

Deno.test("where it is allowed, a certificate alone does as well", async () => {
  const client = { ...forClient, certificateWithPsk: "allow" } as const;
  for (const server of [only13, plain]) {
    await using ends = await connected(client, server);
    assertEquals(ends.client.info.authorization.status, "verified");
    assertEquals(ends.client.info.pskIdentity, undefined);
  }
});

Deno.test("a client accepts no server by the PSK alone, in no version (section 7)", async () => {
  const client: ClientOptions = {
    psk: { identity, key },
    certificateWithPsk: "allow",
  };
  const noCertificate = { cert: undefined, key: undefined, trust: undefined };
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const server: ServerOptions = {
      psk: () => ({ key }),
      minVersion: version,
      maxVersion: version,
    };
    for (const cipherSuites of [undefined, "ALL:COMPLEMENTOFALL"]) {
      await using ends = await pair(
        { ...client, cipherSuites },
        { ...server, ...noCertificate },
      );
      const errors = await outcomes(ends);
      assertInstanceOf(errors.client, TlsAlertError);
      assertInstanceOf(errors.server, TlsProtocolError);
    }
    await using ends = await connected(client, server);
    assertEquals(ends.client.info.authorization.status, "verified");
    assertEquals(ends.client.info.version, version);
  }
});

Deno.test("where it is allowed, a server accepts a PSK alone", async () => {
  await using ends = await connected(
    { ...only13, psk: { identity, key } },
    { ...forServer, certificateWithPsk: "allow" },
  );
  assertEquals(ends.client.info.authorization, { status: "psk" });
});

Deno.test("a wrong key is illegal_parameter (RFC 9973 section 5.1)", async () => {
  await using ends = await pair(
    { ...forClient, psk: { identity, key: pattern(32) } },
    forServer,
  );
  const { client, server } = await outcomes(ends);
  assertInstanceOf(server, TlsProtocolError);
  assertEquals(server.alert, "illegal_parameter");
  assertInstanceOf(client, TlsAlertError);
});

Deno.test("a session is resumed without the extension where it is allowed, and not offered where it is required", async () => {
  const allow = { certificateWithPsk: "allow" } as const;
  const sessions: Session[] = [];
  const onSession = (session: Session) => void sessions.push(session);
  const client = { ...forClient, ...allow, onSession };
  const server = { ...forServer, ...allow, ticketKeys };
  {
    await using ends = await connected(client, server);
    await ends.server.write(utf8("x"));
    await readBytes(ends.client, 1);
  }
  const [session] = sessions;
  assert(session !== undefined);
  {
    await using ends = await connected({ ...client, session }, server);
    assert(ends.client.info.resumed);
    assertEquals(ends.client.info.pskIdentity, utf8(identity));
    assertEquals(ends.client.info.authorization.status, "verified");
  }
  await using ends = await connected({ ...forClient, session }, server);
  assert(!ends.client.info.resumed);
});

Deno.test("a server that requires both resumes no session that was made without the PSK", async () => {
  const client = { ...forClient, certificateWithPsk: "allow" } as const;
  const [session] = await sessionsOf(client, { ...only13, ticketKeys });
  assert(session !== undefined);
  const server = { ...forServer, ticketKeys };
  {
    await using ends = await connected({ ...client, session }, {
      ...server,
      certificateWithPsk: "allow",
    });
    assert(ends.server.info.resumed);
  }
  // The client offers the session in the place of the PSK.
  await using ends = await pair({ ...client, session }, server);
  const error = (await outcomes(ends)).server;
  assertInstanceOf(error, TlsProtocolError);
  assertEquals(error.alert, "handshake_failure");
});

Deno.test("a client that showed no certificate beside the PSK is not authenticated by its session", async () => {
  const server = { ...forServer, ticketKeys };
  const client = { ...forClient, certificateWithPsk: "allow" } as const;
  const [session] = await sessionsOf(client, server);
  assert(session !== undefined);
  {
    await using ends = await connected({ ...client, session }, server);
    assert(ends.server.info.resumed);
    assertEquals(ends.server.info.authorization, { status: "none" });
  }
  // A full handshake follows, without the PSK.
  for (
    const [certificateWithPsk, alert] of [
      ["allow", "certificate_required"],
      ["require", "handshake_failure"],
    ] as const
  ) {
    await using ends = await pair({ ...client, session }, {
      ...server,
      certificateWithPsk,
      clientAuth: "require",
      caCerts: [(await authority).cert],
    });
    const errors = await outcomes(ends);
    assertInstanceOf(errors.server, TlsProtocolError);
    assertEquals(errors.server.alert, alert);
  }
});

/** A ClientHello that breaks a rule. */
function offering(
  change: (
    extensions: ClientHello["extensions"],
  ) => Partial<ClientHello["extensions"]>,
) {
  return editing(tls13.clientHello, (hello) => ({
    ...hello,
    extensions: { ...hello.extensions, ...change(hello.extensions) },
  }));
}

for (
  const [name, alert, change] of [
    ["early_data beside it (section 4)", "illegal_parameter", () => ({
      early_data: true as const,
    })],
    ["no psk_dhe_ke (section 5.1)", "illegal_parameter", () => ({
      psk_key_exchange_modes: [0],
    })],
    ["no psk_key_exchange_modes (section 4)", "missing_extension", () => ({
      psk_key_exchange_modes: undefined,
    })],
    ["no pre_shared_key (section 4)", "missing_extension", () => ({
      pre_shared_key: undefined,
    })],
    ["no key_share (section 4)", "missing_extension", () => ({
      key_share: undefined,
    })],
  ] as const
) {
  Deno.test(`server refuses a ClientHello with tls_cert_with_extern_psk and ${name}: ${alert}`, async () => {
    await assertRefused(
      alert,
      await hostileClient(offering(change), {
        client: forClient,
        server: forServer,
      }),
    );
  });
}

Deno.test("server refuses a second ClientHello with tls_cert_with_extern_psk alone: missing_extension (section 4)", async () => {
  let hellos = 0;
  const allow = { certificateWithPsk: "allow" } as const;
  await assertRefused(
    "missing_extension",
    await hostileClient(
      offering(() => hellos++ === 0 ? {} : { pre_shared_key: undefined }),
      {
        client: { ...forClient, ...allow },
        // It knows no key, so that none is missed.
        server: {
          ...forServer,
          ...allow,
          psk: () => undefined,
          helloRetry: "cookie",
        },
      },
    ),
  );
});

Deno.test("server refuses the PSK of a session with tls_cert_with_extern_psk (section 5.1)", async () => {
  const sessions: Session[] = [];
  const onSession = (session: Session) => void sessions.push(session);
  const allow = { certificateWithPsk: "allow" } as const;
  const server = { ...forServer, ...allow, ticketKeys };
  const client = { ...forClient, ...allow, onSession };
  {
    await using ends = await connected(client, server);
    await ends.server.write(utf8("x"));
    await readBytes(ends.client, 1);
  }
  await assertRefused(
    "illegal_parameter",
    await hostileClient(
      offering(() => ({ tls_cert_with_extern_psk: true })),
      { client: { ...client, session: sessions[0] }, server },
    ),
  );
});

Deno.test("client refuses a ServerHello with one of the two extensions (section 4)", async () => {
  for (const name of ["pre_shared_key", "tls_cert_with_extern_psk"] as const) {
    for (const certificateWithPsk of ["allow", "require"] as const) {
      await assertRefused(
        "missing_extension",
        await hostileServer(
          editing(tls13.serverHello, (hello) => ({
            ...hello,
            extensions: { ...hello.extensions, [name]: undefined },
          })),
          {
            client: { ...forClient, certificateWithPsk },
            server: forServer,
          },
        ),
      );
    }
  }
});

Deno.test("client refuses tls_cert_with_extern_psk that it did not offer, and where it does not belong", async () => {
  const unknown = [{ extensionType: 33, extensionData: new Uint8Array() }];
  await assertRefused(
    "unsupported_extension",
    await hostileServer(
      editing(tls13.serverHello, (hello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          tls_cert_with_extern_psk: true as const,
        },
      })),
    ),
  );
  await assertRefused(
    "illegal_parameter",
    await hostileServer(
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: { ...extensions, unknown },
      })),
      { client: forClient, server: forServer },
    ),
  );
});

Deno.test("a HelloRetryRequest for whose suite there is no PSK ends the handshake (section 5)", async () => {
  await using ends = await pair(forClient, {
    ...forServer,
    certificateWithPsk: "allow",
    helloRetry: "cookie",
    cipherSuites: ["TLS_AES_256_GCM_SHA384"],
  });
  const { client } = await outcomes(ends);
  assertInstanceOf(client, TlsProtocolError);
  assertEquals(client.alert, "handshake_failure");
});

Deno.test("certificateWithPsk refuses what it cannot go with", async () => {
  const psk = { identity, key };
  for (
    const options of [
      { certificateWithPsk: "allow" },
      { certificateWithPsk: "require", psk },
      { certificateWithPsk: "allow", psk, ech: "grease" },
      { certificateWithPsk: true, psk },
    ]
  ) {
    assertThrows(() => createContext(options as ClientOptions), TypeError);
  }
  {
    // In these the PSK would stand alone.
    await using ends = await pair({
      psk,
      certificateWithPsk: "allow",
      cipherSuites: ["TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"],
    });
    const { client } = await outcomes(ends);
    assertInstanceOf(client, TypeError);
  }
  await using ends = await pair({ ...forClient, psk: () => undefined });
  const { client } = await outcomes(ends);
  assertInstanceOf(client, TypeError);
});
