/**
 * Faults of our own certificates and of results of callbacks: the error names
 * them, and the peer learns only that the fault is not its own.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsAlertError, TlsError } from "../../errors.ts";
import { weakKeys } from "../../legacy.ts";
import { Session, SessionCache } from "../../handshake/session/session.ts";
import {
  certificate,
  connected,
  crossed,
  outcomes,
  pair,
  tlsError,
  utf8,
} from "../_pair.ts";

const { cert, key } = await certificate();
const other = await certificate({ names: ["other"] });
const mismatch = { cert, key: other.key };

/** What JavaScript lets through where a type says otherwise. */
const none = (value: unknown) => () => value as never;

const readTooLate: Record<string, ServerOptions> = {
  "a certificate that is none, in sni": { sni: none({ cert: "x", key }) },
  "a key of another certificate, in sni": { sni: () => mismatch },
  "a key of another certificate": { key: other.key },
  "a key of another certificate, in certificates": {
    certificates: [mismatch],
  },
};

for (const [what, options] of Object.entries(readTooLate)) {
  Deno.test(`server() with ${what} sends internal_error to the client`, async () => {
    const { forClient, forServer } = crossed();
    // The ClientHello is there before the server says a word.
    const hello = Promise.withResolvers<void>();
    const reader = forServer.readable.getReader();
    const readable = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        hello.resolve();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    const { client, server } = await pair({}, options, {
      forClient,
      forServer: { readable, writable: forServer.writable },
    });
    const shaking = client.handshake();
    await hello.promise;
    const error = await assertRejects(() => server.handshake(), TlsError);
    assert(["key_mismatch", "malformed_certificate"].includes(error.code));
    assertEquals(error.alert, "internal_error");
    const told = await assertRejects(() => shaking, TlsAlertError);
    assertEquals(told.alert, "internal_error");
  });
}

Deno.test("client() with a key of another certificate sends nothing", async () => {
  const ends = await pair(mismatch);
  const error = await assertRejects(() => ends.client.handshake(), TlsError);
  assertEquals(error.code, "key_mismatch");
  assertEquals(ends.client.stats.bytesWritten, 0);
  await ends.server.close();
});

const answers: [string, ClientOptions, ServerOptions, "client" | "server"][] = [
  ...["x", false, 0, { cert }, [cert, key]].map((
    answer,
  ): typeof answers[number] => [
    `sni that gives ${Deno.inspect(answer).slice(0, 12)}`,
    {},
    { sni: none(answer) },
    "server",
  ]),
  ...["x", false, 0, {}].map((answer): typeof answers[number] => [
    `onCertificateRequest that gives ${Deno.inspect(answer)}`,
    { onCertificateRequest: none(answer) },
    { clientAuth: "request" },
    "client",
  ]),
  [
    "onOcspRequest that gives a string",
    {},
    { onOcspRequest: none("staple") },
    "server",
  ],
];

for (const [what, forClient, forServer, side] of answers) {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    Deno.test(`${what} ends the handshake of ${version} with a TypeError`, async () => {
      const told = await outcomes(
        await pair({ ...forClient, maxVersion: version }, forServer),
      );
      const [own, peers] = side === "client"
        ? [told.client, told.server]
        : [told.server, told.client];
      assert(own instanceof TypeError, String(own));
      assertMatch(own.message, /\b(sni|onCertificateRequest|onOcspRequest)\b/);
      assertEquals(tlsError(peers).alert, "internal_error");
    });
  }
}

Deno.test("an error of a callback about a key is internal_error to the peer", async () => {
  for (const thrown of [new TlsError("wrong_passphrase", "no"), new Error()]) {
    const fail = () => Promise.reject(thrown);
    for (
      const [forClient, forServer, side] of [
        [{}, { onClientHello: fail }, "server"],
        [{ onCertificateRequest: fail }, { clientAuth: "request" }, "client"],
      ] as const
    ) {
      const told = await outcomes(await pair(forClient, forServer));
      const error = tlsError(told[side]);
      assertEquals([error.code, error.cause], ["callback_failed", thrown]);
      const other = told[side === "server" ? "client" : "server"];
      assertEquals(tlsError(other).alert, "internal_error");
    }
  }
});

Deno.test("no staple is sent if onOcspRequest returns nothing", async () => {
  for (const nothing of [undefined, null]) {
    await using ends = await connected({}, { onOcspRequest: () => nothing });
    assertEquals(ends.client.info.ocspResponse, undefined);
  }
});

Deno.test("a look-up that finds nothing may return null", async () => {
  const nothing = () => null;
  await using ends = await connected(
    {
      psk: nothing,
      sessionCache: { get: nothing, set: nothing, delete: nothing },
    },
    {
      sni: nothing,
      psk: nothing,
      sessionStore: { get: nothing, set: nothing, delete: nothing },
    },
  );
  assertEquals(ends.client.info.authorization.status, "verified");
  const psk = { identity: "unknown", key: new Uint8Array(32) };
  await using known = await connected({ psk }, { psk: nothing });
  assertEquals(known.client.info.authorization.status, "verified");
  for (const sessionStore of [new Map(), { ...methods(), get: nothing }]) {
    const sessionCache = new SessionCache();
    await using ends = await connected(
      { sessionCache, maxVersion: "TLSv1.2" },
      { sessionStore, tickets: 0 },
    );
    assertEquals(ends.client.info.resumed, false);
    assertEquals(sessionCache.size, 1);
  }
});

/** What a store does besides. */
function methods() {
  return { set: () => {}, delete: () => {} };
}

Deno.test("the caller gets the transport's error, and the peer does not", async () => {
  const gone = new Error("gone");
  const wires = crossed();
  const reader = wires.forClient.readable.getReader();
  let isGone = false;
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      if (isGone || value === undefined) controller.error(gone);
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
  const ends = await connected({}, { tickets: 0 }, {
    ...wires,
    forClient: { ...wires.forClient, readable },
  });
  isGone = true;
  const reading = ends.client.read(new Uint8Array(1));
  const [, error, told] = await Promise.all([
    ends.server.write(utf8("lost")),
    assertRejects(() => reading),
    assertRejects(() => ends.server.read(new Uint8Array(1))),
  ]);
  assertEquals(error, gone);
  assert(!(told instanceof TlsAlertError), String(told));
});

Deno.test("Session and SessionCache refuse what is of a wrong type", () => {
  for (const none of [undefined, null, "abc", new ArrayBuffer(3)]) {
    assertThrows(() => Session.import(none as never), TypeError);
  }
  for (const none of [null, "5", {}]) {
    assertThrows(() => new SessionCache(none as never), TypeError);
  }
  for (const none of [0, -1, 1.5, NaN]) {
    assertThrows(() => new SessionCache(none), RangeError);
  }
});

Deno.test("a key that signs with no bytes ends the handshake with internal_error", async () => {
  const { key: own } = (await certificate()).identity;
  const signer = { publicKey: own.publicKey, sign: none("signature") };
  const told = await outcomes(await pair({}, { key: signer }));
  const error = tlsError(told.server);
  assertEquals([error.code, error.alert], ["internal_error", "internal_error"]);
  assert(error.cause instanceof TypeError);
  assertEquals(tlsError(told.client).alert, "internal_error");
});

Deno.test("padding that returns no number is an error, not ignored", async () => {
  for (const answer of [undefined, null, "8", NaN, -1, [8]]) {
    const ends = await pair({ padding: none(answer), maxVersion: "TLSv1.3" });
    ends.server.handshake();
    await assertRejects(
      async () => {
        await ends.client.handshake();
        await ends.client.write(new Uint8Array(1));
      },
      TypeError,
      `"padding"`,
    );
    ends.client.abort();
    await ends.server.close();
  }
});

Deno.test("the error names random if it returns too few bytes", async () => {
  const random = (length: number) => new Uint8Array(length - 1);
  const ends = await pair({ random });
  await assertRejects(() => ends.client.handshake(), TypeError, `"random"`);
  await ends.server.close();
});

const weak = await certificate({ keyType: "rsa-2048" });
const weakOnes: Record<string, [ClientOptions, ServerOptions]> = {
  "a server's cert": [{}, { cert: weak.cert, key: weak.key }],
  "a server's certificates": [{}, { certificates: [weak.identity] }],
  "a server's sni": [{}, { sni: () => weak.identity }],
  "a client's cert": [{ cert: weak.cert, key: weak.key }, {}],
  "a client's onCertificateRequest": [
    { onCertificateRequest: () => weak.identity },
    { clientAuth: "request" },
  ],
};

for (const [what, [forClient, forServer]] of Object.entries(weakOnes)) {
  Deno.test(`${what} is refused where its key is below the security level`, async () => {
    const isServers = what.includes("server");
    const told = await outcomes(
      await pair(
        { ...forClient, ...(isServers ? {} : { securityLevel: 3 }) },
        { ...forServer, ...(isServers ? { securityLevel: 3 } : {}) },
      ),
    );
    const error = tlsError(isServers ? told.server : told.client);
    assertEquals([error.code, error.alert], ["weak_key", "internal_error"]);
    assertMatch(error.message, /our certificate.*level 2 would allow it/);
    // The same key is good enough by default, and by leave.
    await using _ = await connected(forClient, forServer);
    const leave = { securityLevel: 3, legacy: [weakKeys] };
    await using _also = await connected(
      { ...forClient, ...leave },
      { ...forServer, ...leave },
    );
  });
}

Deno.test("an identity whose key is of another certificate is refused", async () => {
  const identity = {
    ...other.identity,
    key: (await certificate()).identity.key,
  };
  for (
    const options of [{ certificates: [identity] }, { sni: () => identity }]
  ) {
    const told = await outcomes(await pair({}, options));
    assertEquals(tlsError(told.server).code, "key_mismatch");
  }
});
