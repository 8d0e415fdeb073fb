/**
 * What a session remembers of those who made it, and what is asked again before
 * it is resumed. `session_pairs_test.ts` goes over all pairs.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import type {
  CertificateRequestInfo,
  PeerVerdict,
} from "../../handshake/common/callback_info.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { CertificateInquiry } from "../../handshake/tls13/certificate_inquiry.ts";
import { resumableByClient } from "../../handshake/common/resumable.ts";
import { Session } from "../../handshake/session/session.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { clientConfig, hostileServer, serverConfig } from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";
import { passTickets, resumes, sessionsOf } from "./_resumption.ts";
import { only, suite } from "./_tls12.ts";
import { CertificateType } from "../../registry.ts";

const alice = await identity("alice");
const bob = await identity("bob");
const stranger = await issueCertificate({ names: ["stranger"] });

async function identity(name: string): Promise<{ cert: string; key: string }> {
  const { cert, key } = await certificate({ names: [name] });
  return { cert, key };
}

const versions = {
  "TLS 1.3": { minVersion: "TLSv1.3" },
  "TLS 1.2": { maxVersion: "TLSv1.2" },
} as const;

/** The first session that a client gets; fails without one. */
async function sessionOf(
  client: ClientOptions,
  server: ServerOptions = {},
): Promise<Session> {
  const [session] = await sessionsOf(client, server);
  assert(session !== undefined);
  return session;
}

for (const [version, both] of Object.entries(versions)) {
  Deno.test(`${version}: verify is asked about the server of a session before it is offered`, async () => {
    const asked: PeerVerdict[] = [];
    let pinned = true;
    // Another function each time: it counts by what it says.
    const options = (): ClientOptions => ({
      ...both,
      verify: (verdict) => {
        asked.push(verdict);
        return pinned || !verdict.resumed ? undefined : false;
      },
    });
    const session = await sessionOf(options());
    assert(await resumes({ ...options(), session }));
    pinned = false;
    assertEquals(await resumes({ ...options(), session }), false);
    assertEquals(asked.map(({ resumed }) => resumed), [
      false,
      true,
      true,
      false,
    ]);
    const [full, again] = asked.map((verdict) => ({
      ...verdict,
      resumed: undefined,
      path: verdict.path.map((certificate) => certificate.toPem()),
      chain: verdict.chain.map((certificate) => certificate.toPem()),
    }));
    assertEquals(again, full);
    assertEquals(full?.path.length, 2);
  });

  Deno.test(`${version}: verify is asked about the client of a session before it is taken`, async () => {
    const asked: boolean[] = [];
    const blocked = new Set<string>();
    const options = (): ServerOptions => ({
      ...both,
      clientAuth: "require",
      verify({ resumed, chain: [leaf], side }) {
        assertEquals(side, "server");
        asked.push(resumed);
        return blocked.has(leaf?.subject ?? "") ? false : undefined;
      },
    });
    const session = await sessionOf({ ...both, ...alice }, options());
    assert(await resumes({ ...both, ...alice, session }, options()));
    assertEquals(asked, [false, true]);
    blocked.add("CN=alice");
    await using ends = await pair({ ...both, ...alice, session }, {
      ...options(),
      ticketKeys: [pattern(48, 77)],
    });
    const { server } = await outcomes(ends);
    assertEquals(tlsError(server).code, "certificate_refused");
    assertEquals(asked, [false, true, true, false]);
  });

  Deno.test(`${version}: verify that throws refuses a session, and then the handshake`, async () => {
    const session = await sessionOf(both);
    const thrown = new Error("revoked");
    const ends = await pair({
      ...both,
      session,
      verify: () => {
        throw thrown;
      },
    }, { ticketKeys: [pattern(48, 77)] });
    const error = tlsError((await outcomes(ends)).client);
    assertEquals([error.code, error.cause], ["certificate_refused", thrown]);
  });

  Deno.test(`${version}: what verify accepted without a reason must be accepted again`, async () => {
    const server = { cert: stranger.cert, key: stranger.key };
    const accepts = { ...both, verify: () => true };
    const session = await sessionOf(accepts, server);
    assert(await resumes({ ...accepts, session }, server));
    // Without verify the verdict of the session refuses it.
    const ends = await pair({ ...both, session }, {
      ...server,
      ticketKeys: [pattern(48, 77)],
    });
    const { client } = await outcomes(ends);
    assertEquals(tlsError(client).code, "unknown_issuer");
  });

  Deno.test(`${version}: info.authorization.error of a resumed connection keeps its reason`, async () => {
    const client = {
      ...both,
      cert: stranger.cert,
      key: stranger.key,
      unsafelyIgnoreCertificateErrors: true,
      trust: TrustStore.of((await issueCertificate({ ca: true })).cert),
    };
    const server: ServerOptions = { clientAuth: "request" };
    const seen: unknown[] = [];
    let session: Session | undefined;
    for (const resumed of [false, true]) {
      const ends = await connected({
        ...client,
        session,
        onSession: (given) => session = given,
      }, { ...server, ticketKeys: [pattern(48, 77)] });
      await passTickets(ends);
      seen.push(
        [ends.client, ends.server].map(({ info }) => {
          assertEquals(info.resumed, resumed);
          assertEquals(info.authorization.status, "unverified");
          const { error } = info.authorization;
          assert(error instanceof TlsError);
          const { name, code, message, alert } = error;
          return { name, code, message, alert };
        }),
      );
      await ends[Symbol.asyncDispose]();
      session = session && Session.import(session.export());
    }
    assertEquals(seen[1], seen[0]);
  });

  Deno.test(`${version}: a client whose onCertificateRequest chooses another certificate now shows it`, async () => {
    const server: ServerOptions = { clientAuth: "require" };
    const asked: CertificateRequestInfo[] = [];
    const by = (chosen: typeof alice): ClientOptions => ({
      ...both,
      onCertificateRequest(info) {
        asked.push(info);
        return chosen;
      },
    });
    const session = await sessionOf(by(alice), server);
    assert(await resumes({ ...by(alice), session }, server));
    assertEquals(asked.map(({ resumed }) => resumed), [false, true]);
    assertEquals({ ...asked[1], resumed: false }, { ...asked[0] });
    await using ends = await connected({ ...by(bob), session }, {
      ...server,
      ticketKeys: [pattern(48, 77)],
    });
    await readByte(ends);
    assertEquals(ends.server.info.peerCertificates[0]?.subject, "CN=bob");
    assertEquals(ends.client.info.localCertificate?.subject, "CN=bob");
  });

  Deno.test(`${version}: a client that has a certificate only now shows it`, async () => {
    const server: ServerOptions = { clientAuth: "verify-if-given" };
    const session = await sessionOf(both, server);
    assert(await resumes({ ...both, session }, server));
    await using ends = await connected({ ...both, ...alice, session }, {
      ...server,
      ticketKeys: [pattern(48, 77)],
    });
    await readByte(ends);
    assertEquals(ends.server.info.peerCertificates[0]?.subject, "CN=alice");
  });

  Deno.test(`${version}: a client is asked by a server that did not ask when the session was made`, async () => {
    const client = { ...both, ...alice };
    const session = await sessionOf(client);
    await using ends = await connected({ ...client, session }, {
      clientAuth: "request",
      ticketKeys: [pattern(48, 77)],
    });
    await readByte(ends);
    assertEquals(ends.server.info.peerCertificates[0]?.subject, "CN=alice");
  });

  Deno.test(`${version}: a server resumes a session only if it finds its PSK again`, async () => {
    const key = pattern(32, 3);
    const client: ClientOptions = {
      ...both,
      psk: { identity: "device", key },
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.dhePsk],
    };
    const asked: string[] = [];
    const finds = (found: Uint8Array | undefined): ServerOptions => ({
      cipherSuites: client.cipherSuites,
      psk(identity) {
        asked.push(new TextDecoder().decode(identity));
        return found && { key: found };
      },
    });
    const session = await sessionOf(client, finds(key));
    asked.length = 0;
    assert(await resumes({ ...client, session }, finds(key)));
    assertEquals(asked, ["device"]);
    for (const found of [undefined, pattern(32, 4)]) {
      await using ends = await pair({ ...client, session }, {
        ...finds(found),
        cert: undefined,
        key: undefined,
        ticketKeys: [pattern(48, 77)],
      });
      const { server } = await outcomes(ends);
      assertEquals(tlsError(server).side, "server");
    }
  });

  Deno.test(`${version}: psk that throws about a session fails the handshake`, async () => {
    const key = pattern(32, 3);
    const options = {
      ...both,
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.dhePsk],
    };
    const client = { ...options, psk: { identity: "device", key } };
    const session = await sessionOf(client, {
      ...options,
      psk: () => ({ key }),
    });
    const thrown = new Error("the database is gone");
    const ends = await pair({ ...client, session }, {
      ...options,
      ticketKeys: [pattern(48, 77)],
      psk: () => Promise.reject(thrown),
    });
    const error = tlsError((await outcomes(ends)).server);
    assertEquals([error.code, error.cause], ["callback_failed", thrown]);
  });

  Deno.test(`${version}: info.pskIdentity and authorization say who has which PSK, also when resumed`, async () => {
    const key = pattern(32, 3);
    const options = {
      ...both,
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.dhePsk],
    };
    let session: Session | undefined;
    for (const resumed of [false, true]) {
      await using ends = await connected({
        ...options,
        session,
        psk: { identity: Uint8Array.of(0xff, 0), key },
        onSession: (given) => session = given,
      }, { ...options, psk: () => ({ key }), ticketKeys: [pattern(48, 77)] });
      await passTickets(ends);
      for (const { info } of [ends.client, ends.server]) {
        assertEquals(info.resumed, resumed);
        assertEquals(info.pskIdentity, Uint8Array.of(0xff, 0));
        assertEquals(info.authorization, { status: "psk" });
      }
    }
  });

  Deno.test(`${version}: info.pskIdentity is not there without a PSK`, async () => {
    await using ends = await connected(both, {});
    assertEquals(ends.client.info.pskIdentity, undefined);
    assertEquals(ends.server.info.pskIdentity, undefined);
  });
}

/** In TLS 1.3 the client does not wait for the server's verdict. */
async function readByte(
  { client, server }: Awaited<ReturnType<typeof connected>>,
): Promise<void> {
  await client.write(utf8("x"));
  await readBytes(server, 1);
}

Deno.test("RSA_PSK: a client knows the server by certificate and PSK, and asks for both again", async () => {
  const key = pattern(32, 3);
  const { cert, key: rsa } = await certificate({ keyType: "rsa-2048" });
  const client = {
    ...only(suite.rsaPsk),
    psk: { identity: "device", key },
  };
  const server: ServerOptions = {
    ...only(suite.rsaPsk),
    cert,
    key: rsa,
    psk: () => ({ key }),
    ticketKeys: [pattern(48, 77)],
  };
  let session: Session | undefined;
  for (const resumed of [false, true]) {
    await using ends = await connected({
      ...client,
      session,
      onSession: (given) => session = given,
    }, server);
    assertEquals(ends.client.info.resumed, resumed);
    assertEquals(ends.client.info.authorization, { status: "verified" });
    assertEquals(ends.server.info.authorization, { status: "psk" });
    assertEquals(ends.client.info.pskIdentity, utf8("device"));
    session = session && Session.import(session.export());
  }
  const other = { identity: "device", key: pattern(32, 4) };
  assert(session !== undefined);
  const { state } = { state: Session.stateOf(session) };
  const config = await clientConfig(client);
  assert(await resumableByClient(config, state) !== undefined);
  for (
    const changed of [
      { ...client, psk: other },
      { ...client, trust: TrustStore.of(stranger.cert) },
    ]
  ) {
    const config = await clientConfig(changed);
    assertEquals(await resumableByClient(config, state), undefined);
  }
});

Deno.test("a PSK of TLS 1.2 is asked for by the hint that the server had sent", async () => {
  const hints: unknown[] = [];
  const psk = (hint?: string) => {
    hints.push(hint);
    return { identity: `of ${hint}`, key: pattern(16) };
  };
  const options = only(suite.dhePsk);
  const server: ServerOptions = {
    ...options,
    psk: () => ({ key: pattern(16) }),
    pskIdentityHint: "garden",
  };
  const session = await sessionOf({ ...options, psk }, server);
  assert(await resumes({ ...options, psk, session }, server));
  assertEquals(hints, ["garden", "garden"]);
});

Deno.test("a ticket after post-handshake authentication keeps the certificate that was shown", async () => {
  const sessions: Session[] = [];
  const options: ClientOptions = {
    ...alice,
    minVersion: "TLSv1.3",
    onSession: (session) => sessions.push(session),
  };
  const { peer, conn, flow } = await hostileServer({}, {
    client: options,
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const ticket = {
    ticketLifetime: 1000,
    ticketAgeAdd: 0,
    ticketNonce: new Uint8Array(),
    ticket: pattern(32),
    extensions: {},
  };
  const reading = conn.read(new Uint8Array(1));
  await peer.send(tls13.newSessionTicket, ticket);
  const transcript = peer.io.transcript.clone();
  new CertificateInquiry(
    peer.io,
    await serverConfig(),
    transcript,
    CertificateType.X509,
  );
  await peer.send(tls13.newSessionTicket, ticket);
  await peer.sendRecord(23, utf8("x"));
  assertEquals(await reading, 1);
  assertEquals(sessions.length, 2);
  const shownTo = async (session: Session | undefined, who: ClientOptions) => {
    assert(session !== undefined);
    const imported = Session.import(session.export());
    const config = await clientConfig({ minVersion: "TLSv1.3", ...who });
    const found = await resumableByClient(config, Session.stateOf(imported));
    return found && found.localIdentity?.chain[0]?.subject;
  };
  const [before, behind] = sessions;
  assertEquals(await shownTo(before, {}), undefined);
  assertEquals(await shownTo(behind, alice), "CN=alice");
  for (const who of [{}, bob, { onCertificateRequest: () => bob }]) {
    assertEquals(await shownTo(behind, who), undefined);
  }
  conn.abort();
});

Deno.test("a session of a renegotiation that asks for no certificate keeps the client's identity", async () => {
  const sessions: Session[] = [];
  const client: ClientOptions = {
    ...alice,
    maxVersion: "TLSv1.2",
    renegotiation: "freely",
    onSession: (session) => sessions.push(session),
  };
  const server: ServerOptions = {
    clientAuth: "require",
    ticketKeys: [pattern(48, 77)],
  };
  const ends = await connected(client, server);
  const reading = ends.client.read(new Uint8Array(1));
  await ends.server.renegotiate({ clientAuth: "none" });
  await ends.server.write(utf8("x"));
  await reading;
  assertEquals(ends.server.info.peerCertificates[0]?.subject, "CN=alice");
  await ends[Symbol.asyncDispose]();
  const [, second] = sessions;
  assert(second !== undefined);
  const { onSession: _, ...again } = client;
  assert(await resumes({ ...again, session: second }, server));
  for (const other of [{ cert: undefined, key: undefined }, bob]) {
    const config = await clientConfig({ ...again, ...other });
    const found = await resumableByClient(config, Session.stateOf(second));
    assertEquals(found, undefined);
  }
});

Deno.test("a client of no name offers no session by certificate to a server that it knows by a PSK", async () => {
  const { trust } = { trust: TrustStore.of((await authority).cert) };
  const nameless: ClientOptions = {
    serverName: undefined,
    trust,
    maxVersion: "TLSv1.2",
  };
  const session = await sessionOf({ ...nameless, verify: () => true });
  const psk = { identity: "device", key: pattern(32) };
  const state = Session.stateOf(session);
  const accepts = await clientConfig({ ...nameless, verify: () => true });
  assert(await resumableByClient(accepts, state) !== undefined);
  await using ends = await pair({ ...nameless, psk, session }, {
    ticketKeys: [pattern(48, 77)],
  });
  const { client } = await outcomes(ends);
  assertEquals(tlsError(client).code, "hostname_mismatch");
});
