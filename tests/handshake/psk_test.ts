/**
 * External pre-shared keys in TLS 1.3 (RFC 9846 section 4.3.11, RFC 9257).
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { client, server } from "../../connection/wrap.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { TlsError } from "../../errors.ts";
import { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { CipherSuite } from "../../registry.ts";
import {
  editing,
  hostileClient,
  hostileServer,
  misreading,
} from "../_hostile_peer.ts";
import {
  clientOptions,
  crossed,
  outcomes,
  type Pair,
  pair,
  pattern,
  readBytes,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";
import { suite } from "./_tls12.ts";

const key = pattern(32, 12);
const identity = "device 7";

/** Ends that have nothing but what is given. */
function bare(forClient: ClientOptions, forServer: ServerOptions): Pair {
  const wires = crossed();
  const ends = {
    client: client(wires.forClient, { handshakeTimeout: 60_000, ...forClient }),
    server: server(wires.forServer, { handshakeTimeout: 60_000, ...forServer }),
  };
  return {
    ...ends,
    async [Symbol.asyncDispose]() {
      await Promise.all([ends.client.close(), ends.server.close()]);
    },
  };
}

function knows(known: string, answer = { key }) {
  return (asked: Uint8Array) =>
    new TextDecoder().decode(asked) === known ? answer : undefined;
}

Deno.test("client and server know one another by an external PSK, without certificates", async () => {
  await using ends = bare(
    { psk: { identity, key }, minVersion: "TLSv1.3" },
    { psk: knows(identity), minVersion: "TLSv1.3" },
  );
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  const { client, server } = ends;
  assertEquals(client.info.resumed, false);
  assertEquals(client.info.authorization, { status: "psk" });
  assertEquals(client.info.peerCertificates, []);
  assert(client.info.group !== undefined, "there is forward secrecy");
  await client.write(utf8("hello"));
  assertEquals(await readBytes(server, 5), utf8("hello"));
});

Deno.test("client accepts PSKs as bytes, in a list, and by a callback", async () => {
  const server: ServerOptions = {
    psk: (asked) => Promise.resolve(knows(identity)(asked)),
    minVersion: "TLSv1.3",
  };
  for (
    const psk of [
      { identity: utf8(identity), key },
      [{ identity: "another", key: pattern(32) }, { identity, key }],
      () => ({ identity, key }),
      () => Promise.resolve([{ identity, key }]),
    ] as ClientOptions["psk"][]
  ) {
    await using ends = bare({ psk, minVersion: "TLSv1.3" }, server);
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
  }
});

Deno.test("client and server use a PSK for SHA-384 with a suite of that hash", async () => {
  const hash = "SHA-384" as const;
  await using ends = bare(
    { psk: { identity, key, hash }, minVersion: "TLSv1.3" },
    {
      psk: knows(identity, { key, hash } as { key: Uint8Array<ArrayBuffer> }),
      minVersion: "TLSv1.3",
    },
  );
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  assertEquals(ends.client.info.cipherSuite, "TLS_AES_256_GCM_SHA384");
});

Deno.test("server leaves a PSK for whose hash the client offers no suite", async () => {
  const hash = "SHA-384" as const;
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.clientHello, (hello) => ({
      ...hello,
      cipherSuites: [CipherSuite.TLS_AES_128_GCM_SHA256],
    })),
    {
      client: { psk: { identity, key, hash } },
      server: {
        psk: knows(identity, { key, hash } as { key: Uint8Array<ArrayBuffer> }),
      },
    },
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.cipherSuite, "TLS_AES_128_GCM_SHA256");
});

Deno.test("server answers an unknown identity as it answers a wrong key", async () => {
  const errors: unknown[] = [];
  for (
    const psk of [
      { identity: "nobody", key },
      { identity, key: pattern(32, 99) },
    ]
  ) {
    const ends = bare(
      { psk, minVersion: "TLSv1.3" },
      { psk: knows(identity), minVersion: "TLSv1.3" },
    );
    const { client, server } = await outcomes(ends);
    // What we say here, with the option, is more than the client is answered.
    const { alert, code } = tlsError(server);
    errors.push({ alert, code });
    assertEquals(tlsError(client).alert, alert);
  }
  assertEquals(errors[0], errors[1]);
  assertEquals((errors[0] as TlsError).alert, "decrypt_error");
});

Deno.test("what the server's look-up returns may name its identity, and no other", async () => {
  for (const named of [identity, "device 8"]) {
    const { server } = await outcomes(bare(
      { psk: { identity, key }, minVersion: "TLSv1.3" },
      { psk: () => ({ identity: named, key }), minVersion: "TLSv1.3" },
    ));
    assertEquals(server instanceof TypeError, named !== identity);
  }
});

Deno.test("server's look-up that throws ends that handshake with its error", async () => {
  const thrown = new Error("no database");
  const ends = bare(
    { psk: { identity, key }, minVersion: "TLSv1.3" },
    { psk: () => Promise.reject(thrown), minVersion: "TLSv1.3" },
  );
  const { client, server } = await outcomes(ends);
  const error = tlsError(server);
  assertEquals([error.code, error.cause], ["callback_failed", thrown]);
  assert(error.message.includes(`"psk"`), error.message);
  assert(client !== undefined);
});

Deno.test("server without that PSK continues with its certificate, which the client verifies", async () => {
  await using ends = bare(
    await clientOptions({
      psk: { identity: "unknown", key },
      minVersion: "TLSv1.3",
    }),
    await serverOptions({ psk: knows(identity) }),
  );
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  assertEquals(ends.client.info.authorization, { status: "verified" });
});

Deno.test("server accepts a ClientHello without signature_algorithms where a PSK does (RFC 9846 section 9.2)", async () => {
  const { peer, conn, flow } = await hostileServer(
    misreading(tls13.clientHello, ({ extensions, ...hello }) => ({
      ...hello,
      extensions: { ...extensions, signature_algorithms: undefined },
    })),
    {
      client: { psk: { identity, key }, minVersion: "TLSv1.3" },
      server: { psk: knows(identity) },
    },
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.peerCertificates, []);
});

Deno.test("server looks up a few of the identities in a ClientHello, however many there are", async () => {
  const psk = Array.from({ length: 100 }, (_, at) => ({
    identity: `nobody ${at}`,
    key: pattern(32, at),
  }));
  let asked = 0;
  await using ends = await pair({ psk, minVersion: "TLSv1.3" }, {
    psk: () => {
      asked++;
      return undefined;
    },
  });
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  assertEquals(asked, 5);
});

Deno.test("server opens a few of the tickets in a ClientHello, however many there are", async () => {
  const keys = new TicketKeys(undefined, Date.now);
  let opened = 0;
  const open = keys.open.bind(keys);
  keys.open = (ticket) => {
    opened++;
    return open(ticket);
  };
  const psk = Array.from({ length: 100 }, (_, at) => ({
    identity: pattern(200, at),
    key: pattern(32, at),
  }));
  const { peer, conn, flow } = await hostileServer({}, {
    client: { psk, minVersion: "TLSv1.3" },
    config: { ticketKeys: keys },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  assertEquals(opened, 5);
});

for (
  const [version, options] of [
    ["TLSv1.3", { minVersion: "TLSv1.3" }],
    ["TLSv1.2", {
      maxVersion: "TLSv1.2",
      cipherSuites: [suite.ecdhePsk, suite.ecdhe],
    }],
  ] as const
) {
  Deno.test(`client without serverName that counts on its PSK refuses a certificate in ${version}`, async () => {
    const { trust } = await clientOptions();
    const { cert, key: privateKey } = await serverOptions();
    const ends = bare(
      { psk: { identity, key }, ...trust && { trust }, ...options },
      { cert, key: privateKey, ...options, cipherSuites: undefined },
    );
    const { client, server } = await outcomes(ends);
    assertEquals(tlsError(client).code, "hostname_mismatch");
    assertEquals(tlsError(client).alert, tlsError(server).alert);
  });

  Deno.test(`client without serverName accepts a certificate where verify accepts it in ${version}`, async () => {
    const { trust } = await clientOptions();
    const { cert, key: privateKey } = await serverOptions();
    await using ends = bare(
      {
        psk: { identity, key },
        ...trust && { trust },
        ...options,
        verify: () => true,
      },
      { cert, key: privateKey, ...options, cipherSuites: undefined },
    );
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
  });
}

Deno.test("a PSK and a ticket of its session both resume", async () => {
  const sessions: Parameters<NonNullable<ClientOptions["onSession"]>>[0][] = [];
  const options: ClientOptions = {
    psk: { identity, key },
    minVersion: "TLSv1.3",
    onSession: (session) => sessions.push(session),
  };
  const context: ServerOptions = {
    psk: knows(identity),
    minVersion: "TLSv1.3",
    ticketKeys: [pattern(48)],
  };
  const first = bare(options, context);
  await outcomes(first);
  await first.server.write(utf8("x"));
  await readBytes(first.client, 1);
  await first[Symbol.asyncDispose]();
  assertEquals(sessions.length, 2);
  await using second = bare({ ...options, session: sessions[0] }, context);
  assertEquals(await outcomes(second), {
    client: undefined,
    server: undefined,
  });
  assertEquals(second.client.info.resumed, true);
  assertEquals(second.client.info.authorization, { status: "psk" });
});

Deno.test("PSK options of a wrong form are refused", async () => {
  const { forClient, forServer } = crossed();
  assertThrows(() => client(forClient, { psk: "secret" as never }), TypeError);
  assertThrows(() => server(forServer, { psk: 7 as never }), TypeError);
  for (const identity of [5, [1, 2], "", new Uint8Array(65_536)]) {
    assertThrows(
      () => client(forClient, { psk: { identity: identity as string, key } }),
      TypeError,
      "an identity of 1 to 65535 bytes",
    );
  }
  const ends = bare(
    { psk: (() => ({ identity })) as never, minVersion: "TLSv1.3" },
    { psk: knows(identity), minVersion: "TLSv1.3" },
  );
  await assertRejects(() => ends.client.handshake(), TypeError);
  await ends.server.close();
});
