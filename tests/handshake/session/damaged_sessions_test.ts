/**
 * Sessions whose bytes were altered where they were kept, by chance or with a
 * checksum that fits: a typed error, or a session with which nothing is believed
 * that would not be believed without it.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import { TlsError } from "../../../errors.ts";
import { Session } from "../../../handshake/session/session.ts";
import {
  FRAME_LENGTH,
  frameSession,
  readTicketState,
  TicketStates,
} from "../../../handshake/session/session_codec.ts";
import { SERVER_SESSION } from "../../../handshake/session/session_state.ts";
import { issueCertificate, TrustStore } from "../../../x509/mod.ts";
import { mutations, seededRandom } from "../../_mutate.ts";
import {
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
} from "../../_pair.ts";
import { delegate, issued, key as delegated } from "../_delegation.ts";
import { sessionsOf, ticketKeys } from "../_resumption.ts";

const me = await certificate({ names: ["me"] });
const { identity } = await certificate();
const rawKey = {
  client: {
    trust: undefined,
    peerCertificateTypes: ["RawPublicKey"],
    trustedPublicKeys: [identity.key.publicKey.spki],
  },
  server: {
    cert: undefined,
    key: undefined,
    certificates: [{ rawPublicKey: true, key: identity.key }],
  },
} as const;

/** What leaves a session, by its kind. */
const kinds: Readonly<
  Record<string, { client?: ClientOptions; server?: ServerOptions }>
> = {
  "TLS 1.3": {},
  "TLS 1.3 with a client's certificate, a staple and SCTs": {
    client: { cert: me.cert, key: me.key, alpnProtocols: ["h2"] },
    server: {
      clientAuth: "require",
      alpnProtocols: ["h2"],
      ocspResponse: pattern(40),
      signedCertificateTimestamps: [pattern(40)],
    },
  },
  "TLS 1.3 with early data": { server: { earlyData: {} } },
  "TLS 1.3 with a raw public key": rawKey,
  "TLS 1.3 with a delegated credential": {
    client: { delegatedCredentials: true },
    server: {
      cert: undefined,
      key: undefined,
      certificates: [{
        cert: issued.cert,
        key: delegated,
        delegatedCredential: await delegate(),
      }],
    },
  },
  "TLS 1.3 with a PSK": {
    client: { psk: { identity: "me", key: pattern(32) } },
    server: { psk: () => ({ key: pattern(32) }) },
  },
  "TLS 1.3, not verified": {
    client: { verify: () => true, serverName: "other.test" },
  },
  "TLS 1.2": { client: { maxVersion: "TLSv1.2" } },
  "TLS 1.2 by session ID": {
    client: { maxVersion: "TLSv1.2" },
    server: {
      ticketKeys: undefined,
      tickets: 0,
      sessionStore: new Map<string, Uint8Array>(),
    },
  },
};

/** Reads one; `undefined` for what is refused, as it must be. */
function imported(bytes: Uint8Array): Session | undefined {
  let session: Session;
  try {
    session = Session.import(bytes);
  } catch (error) {
    assertInstanceOf(error, TlsError);
    assertEquals(error.code, "decode_error");
    return undefined;
  }
  // What is read can be read again, and says what it is.
  assertEquals(Session.import(session.export()).export(), session.export());
  assertEquals(
    typeof session.version + typeof session.cipherSuite,
    "stringstring",
  );
  assert(
    session.expires instanceof Date && session.ticket instanceof Uint8Array,
  );
  return session;
}

/** How both sides see a handshake: its error, or what was proved. */
async function outcome(client: ClientOptions, server: ServerOptions) {
  const ends = await pair(client, {
    ticketKeys,
    ...server,
  });
  const errors = await outcomes(ends);
  const { client: error } = errors;
  for (const each of Object.values(errors)) {
    if (each !== undefined) assertInstanceOf(each, TlsError);
  }
  const result = error === undefined
    ? {
      status: ends.client.info.authorization.status,
      resumed: ends.client.info.resumed,
    }
    : { status: "failed", resumed: false };
  await Promise.allSettled([ends.client.close(), ends.server.close()]);
  return result;
}

const stranger = await issueCertificate({ names: ["Stranger"], ca: true });

/** Clients that must refuse the server. */
function strangers(client: ClientOptions): ClientOptions[] {
  const { verify: _verify, psk: _psk, trustedPublicKeys, ...rest } = client;
  if (trustedPublicKeys !== undefined) {
    const { spki } = stranger.identity.key.publicKey;
    return [{ ...rest, trustedPublicKeys: [spki] }];
  }
  return [
    { ...rest, trust: TrustStore.of(stranger.cert) },
    { ...rest, serverName: "another.test" },
  ];
}

for (const [name, { client = {}, server = {} }] of Object.entries(kinds)) {
  Deno.test(`a damaged session is refused: ${name}`, async () => {
    const bytes = (await made(client, server)).export();
    for (let length = 0; length < bytes.length; length++) {
      assertEquals(imported(bytes.subarray(0, length)), undefined);
    }
    const random = seededRandom(7);
    for (let at = 0; at < bytes.length; at++) {
      const bit = 1 << random(8);
      assertEquals(imported(bytes.with(at, (bytes[at] ?? 0) ^ bit)), undefined);
    }
  });

  Deno.test(`an altered session with a fitting checksum weakens nothing: ${name}`, async () => {
    const session = await made(client, server);
    const fields = session.export().subarray(FRAME_LENGTH);
    const altered = [...alterations(fields)]
      .map((each) => imported(frameSession(each)))
      .filter((each) => each !== undefined);
    assert(altered.length > 20);
    const random = seededRandom(9);
    for (let left = SHAKEN; left > 0; left--) {
      const session = altered[random(altered.length)];
      assert(session !== undefined);
      // With the same options what is proved is the same, or nothing.
      const usual = await outcome({ ...client, session }, server);
      assert(
        ["failed", await statusOf(name, client, server)].includes(usual.status),
      );
      // Who trusts somebody else, or wants another name, is not satisfied.
      for (const other of strangers(client)) {
        const met = await outcome({ ...other, session }, server);
        assertEquals(met.status, "failed");
      }
    }
  });
}

Deno.test("a ticket that is sealed and says something else is a session or none", async () => {
  const state = {
    ...Session.stateOf(await made({}, {})),
    side: SERVER_SESSION,
    localCertificate: pattern(32),
  };
  const bytes = new TicketStates(state).of(state);
  assert(readTicketState(bytes) !== undefined);
  for (const each of alterations(bytes)) {
    const read = readTicketState(each);
    assert(read === undefined || read.side === SERVER_SESSION);
  }
});

for (const isFramed of [false, true]) {
  Deno.test(`a server whose store gives ${isFramed ? "altered" : "damaged"} sessions shakes hands in full, or refuses`, async () => {
    const kept = new Map<string, Uint8Array>();
    const common = { ticketKeys: undefined, tickets: 0 };
    const old = { maxVersion: "TLSv1.2" } as const;
    const session = await made(old, { ...common, sessionStore: kept });
    const [[id, bytes] = ["", new Uint8Array()]] = kept;
    assert(bytes.length > 100);
    const inputs = isFramed ? [bytes.subarray(FRAME_LENGTH)] : [bytes];
    for (const each of mutations(inputs, SHAKEN, 3)) {
      const given = isFramed ? frameSession(each) : each;
      const sessionStore = {
        get: (key: string) => key === id ? given : undefined,
        set: () => {},
        delete: () => {},
      };
      const met = await outcome({ ...old, session }, {
        ...common,
        sessionStore,
      });
      const isSame = given.every((byte, at) => byte === bytes[at]);
      if (!isFramed && !isSame) {
        assertEquals(met, { status: "verified", resumed: false });
      } else assert(["verified", "failed"].includes(met.status));
    }
  });
}

/** Cuts, bytes with one bit changed, all along, and others. */
function* alterations(bytes: Uint8Array): Generator<Uint8Array> {
  const random = seededRandom(5);
  for (let at = 0; at < bytes.length; at += 1 + random(5)) {
    yield bytes.with(at, (bytes[at] ?? 0) ^ 1 << random(8));
    if (at % 16 === 0) yield bytes.subarray(0, at);
  }
  yield* mutations([bytes], 200, 11);
}

async function made(
  client: ClientOptions,
  server: ServerOptions,
): Promise<Session> {
  const [session] = await sessionsOf(client, server);
  assert(session !== undefined);
  return session;
}

/** What a full handshake of a kind proves. */
async function statusOf(
  name: string,
  client: ClientOptions,
  server: ServerOptions,
): Promise<string> {
  const known = statuses.get(name);
  if (known !== undefined) return known;
  await using ends = await connected(client, { ticketKeys, ...server });
  const { status } = ends.client.info.authorization;
  statuses.set(name, status);
  return status;
}

const statuses = new Map<string, string>();

/** How many of each kind go through handshakes. */
const SHAKEN = 6;
