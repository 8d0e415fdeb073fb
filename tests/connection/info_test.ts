/**
 * What a live connection reports about itself.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  authority,
  certificate,
  clientOptions,
  connected,
  pair,
  readBytes,
  serverOptions,
  utf8,
} from "../_pair.ts";

Deno.test("info is empty before the handshake, but for the side", async () => {
  await using ends = await pair();
  for (const side of ["client", "server"] as const) {
    const { info } = ends[side];
    assertEquals(info.side, side);
    assertEquals(info.version, undefined);
    assertEquals(info.authorization, { status: "none" });
    assertEquals(info.peerCertificates, []);
    assertEquals(info.timings, []);
    assertEquals(await info.verifiedChains(), []);
  }
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
});

Deno.test("info has the side and the bits of the group", async () => {
  const groups = [
    ["X25519MLKEM768", 768],
    ["x25519", 253],
    ["secp384r1", 384],
    ["ffdhe2048", 2048],
  ] as const;
  for (const [group, bits] of groups) {
    await using ends = await connected({ groups: [group] }, {
      groups: [group],
    });
    for (const side of ["client", "server"] as const) {
      const { info } = ends[side];
      assertEquals([info.side, info.group, info.groupBits], [
        side,
        group,
        bits,
      ]);
    }
  }
});

Deno.test("info has encrypt-then-MAC where both have it, with CBC alone", async () => {
  const cbc = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256";
  const gcm = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  for (const [suite, expected] of [[cbc, true], [gcm, false]] as const) {
    const both = { maxVersion: "TLSv1.2", cipherSuites: [suite] } as const;
    await using ends = await connected(both, both);
    assertEquals(ends.client.info.encryptThenMac, expected);
    assertEquals(ends.server.info.encryptThenMac, expected);
  }
  await using ends = await connected();
  assertEquals(ends.client.info.encryptThenMac, false);
});

Deno.test("info has the session ID of TLS 1.2, the same at both ends and when resumed", async () => {
  const store = new Map<string, Uint8Array>();
  const sessionStore = {
    get: (key: string) => store.get(key),
    set: (key: string, value: Uint8Array) => void store.set(key, value),
    delete: (key: string) => store.delete(key),
  };
  const sessionCache = new SessionCache();
  const ids: string[] = [];
  for (const resumed of [false, true]) {
    await using ends = await connected(
      { maxVersion: "TLSv1.2", sessionCache },
      { tickets: 0, sessionStore },
    );
    const { client, server } = ends;
    assertEquals(client.info.resumed, resumed);
    assertEquals(client.info.sessionId?.length, 32);
    assertEquals(server.info.sessionId, client.info.sessionId);
    ids.push(String(client.info.sessionId));
    // The session is the connection's, where no new one has come, too.
    assertEquals(client.session?.version, "TLSv1.2");
    assertEquals(client.session?.ticket.length, 0);
    assertEquals(server.session, undefined);
  }
  assertEquals(ids[0], ids[1]);
  await using ends = await connected();
  assertEquals(ends.client.info.sessionId, undefined);
  assertEquals(ends.server.info.sessionId, undefined);
});

Deno.test("session is the newest of the connection, with its ticket", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const given: unknown[] = [];
    await using ends = await connected({
      maxVersion,
      onSession: (session) => void given.push(session),
    });
    await ends.server.write(utf8("x"));
    await readBytes(ends.client, 1);
    const { session } = ends.client;
    assert(session !== undefined);
    assertEquals(session, given.at(-1));
    assertEquals(session.version, maxVersion);
    assert(session.ticket.length > 100);
    await using again = await connected({ maxVersion, session }, {
      ticketKeys: [new Uint8Array(48).fill(1)],
    });
    // Another server, which cannot open the ticket.
    assertEquals(again.client.info.resumed, false);
  }
  await using plain = await connected();
  assertEquals(plain.client.session, undefined);
});

Deno.test("info has the authorities that the peer named", async () => {
  const ca = Certificate.fromPem((await authority).cert)[0];
  assert(ca !== undefined);
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using ends = await connected({ maxVersion }, {
      clientAuth: "request",
    });
    assertEquals(ends.client.info.certificateAuthorities, [
      ca.subjectName.raw,
    ]);
    // Our clients name none.
    assertEquals(ends.server.info.certificateAuthorities, []);
  }
});

Deno.test("info has the name of the certificate that matched", async () => {
  const { cert, key } = await certificate({
    names: ["a.test", "*.wild.test", "127.0.0.1"],
  });
  const names = [
    ["a.test", "a.test"],
    ["one.wild.test", "*.wild.test"],
    ["127.0.0.1", "127.0.0.1"],
  ] as const;
  for (const [serverName, matched] of names) {
    await using ends = await connected({ serverName }, { cert, key });
    assertEquals(ends.client.info.matchedName, matched);
    assertEquals(ends.server.info.matchedName, undefined);
  }
  await using ends = await connected({
    serverName: "b.test",
    unsafelyDisableHostnameVerification: true,
  }, { cert, key });
  assertEquals(ends.client.info.matchedName, undefined);
});

Deno.test("verifiedChains() has every path, the one of the verdict first", async () => {
  const old = await issueCertificate({ ca: true, names: ["Old root"] });
  const young = await issueCertificate({ ca: true, names: ["Young root"] });
  // The same name and key under both roots.
  const one = await issueCertificate({
    ca: true,
    names: ["Issuing CA"],
    issuer: old,
  });
  const other = await issueCertificate({
    ca: true,
    names: ["Issuing CA"],
    issuer: young,
    key: one.key,
  });
  const leaf = await issueCertificate({ names: ["localhost"], issuer: one });
  const cert = leaf.cert + other.cert;
  const trust = TrustStore.of(old.cert, young.cert);
  await using ends = await connected({ trust }, { cert, key: leaf.key });
  const { info } = ends.client;
  const chains = await info.verifiedChains();
  const subjects = (chain: readonly Certificate[]) =>
    chain.map(({ subject }) => subject);
  assertEquals(chains[0], info.verifiedChain);
  assertEquals(chains.map(subjects).toSorted().map(String), [
    "CN=localhost,CN=Issuing CA,CN=Old root",
    "CN=localhost,CN=Issuing CA,CN=Young root",
  ]);
  await using single = await connected(
    { trust: TrustStore.of(young.cert) },
    { cert, key: leaf.key },
  );
  assertEquals((await single.client.info.verifiedChains()).length, 1);
  await using unverified = await connected(
    { unsafelyIgnoreCertificateErrors: true },
    { cert, key: leaf.key },
  );
  assertEquals(await unverified.client.info.verifiedChains(), []);
});

Deno.test("info has the time of each step, from the dialling on", async () => {
  using listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
  });
  const before = performance.now();
  const [client, server] = await Promise.all([
    connect({
      hostname: "127.0.0.1",
      port: (listener.addr as Deno.NetAddr).port,
      ...await clientOptions(),
    }),
    listener.accept(),
  ]);
  await using _client = client;
  await using _server = server;
  const steps = (conn: typeof client) =>
    conn.info.timings.map(({ step, direction }) =>
      direction === undefined ? step : `${direction} ${step}`
    );
  assertEquals(steps(client), [
    "dial",
    "handshake_start",
    "write client_hello",
    "read server_hello",
    "read encrypted_extensions",
    "read certificate",
    "read certificate_verify",
    "read finished",
    "write finished",
    "handshake_done",
  ]);
  assertEquals(steps(server), [
    "handshake_start",
    "read client_hello",
    "write server_hello",
    "write encrypted_extensions",
    "write certificate",
    "write certificate_verify",
    "write finished",
    "read finished",
    "handshake_done",
  ]);
  const times = [
    before,
    ...client.info.timings.map(({ time }) => time),
    performance.now(),
  ];
  assertEquals(times, times.toSorted((a, b) => a - b));
  // What follows the handshake is no part of it.
  await client.updateKeys();
  assertEquals(client.info.timings.length, 10);
});
