/**
 * A session belongs to those who made it: over all pairs of servers that share
 * their ticket keys or their store, and over all pairs of clients that share a
 * session. Whatever is offered and taken, who is who comes out as it would
 * without the session.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { createContext } from "../../connection/options/create_context.ts";
import { TLS_ECDH_anon_WITH_AES_128_CBC_SHA } from "../../legacy.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { authority, certificate, pattern } from "../_pair.ts";
import { meet, type Meeting, type Way, ways } from "./_session_pairs.ts";
import { suite } from "./_tls12.ts";

const issuer = await authority;
const a = await identity(["localhost"]);
const b = await identity(["localhost", "b"]);
const alice = await identity(["alice"]);
const bob = await identity(["bob"]);
const stranger = await issueCertificate({ names: ["stranger"] });

async function identity(
  names: string[],
): Promise<{ cert: string; key: string }> {
  const { cert, key } = await certificate({ names });
  return { cert, key };
}

const trust = TrustStore.of(issuer.cert);
const otherTrust = TrustStore.of(issuer.cert, stranger.cert);
const keyA = pattern(32, 1);
const keyB = pattern(32, 2);
const knows = (name: string, key: Uint8Array) => (identity: Uint8Array) =>
  new TextDecoder().decode(identity) === name ? { key } : undefined;

/** Suites of both versions; what is not for certificates goes first. */
const cipherSuites = ["TLS_AES_128_GCM_SHA256", suite.dhePsk, suite.ecdhe];
const anonymous = {
  unsafelyAllowAnonymous: true,
  cipherSuites: [
    "TLS_AES_128_GCM_SHA256",
    TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
    suite.ecdhe,
  ],
};

const servers: Record<string, ServerOptions> = {
  "public": { ...a },
  "tenant b": { ...b },
  "of a name": { ...a, sni: () => b },
  "of a context": {
    ...a,
    onClientHello: () => createContext({ ...b, ticketKeys: [pattern(48, 7)] }),
  },
  "request": { ...a, trust, clientAuth: "request" },
  "require-any": { ...a, trust, clientAuth: "require-any" },
  "verify-if-given": { ...a, trust, clientAuth: "verify-if-given" },
  "require": { ...a, trust, clientAuth: "require" },
  "require, other trust": {
    ...a,
    trust: otherTrust,
    clientAuth: "require",
  },
  "require, refuses alice": {
    ...a,
    trust,
    clientAuth: "require",
    verify: ({ chain: [leaf] }) => leaf?.subject !== "CN=alice",
  },
  "psk a": { psk: knows("first", keyA), cipherSuites },
  "psk b": { psk: knows("first", keyB), cipherSuites },
  "psk a for all": { psk: () => ({ key: keyA }), cipherSuites },
  "psk taken back": { psk: () => undefined, cipherSuites },
  "psk a, or a certificate": {
    ...a,
    psk: knows("first", keyA),
    cipherSuites,
  },
  "psk a, or require": {
    ...a,
    psk: knows("first", keyA),
    cipherSuites,
    trust,
    clientAuth: "require",
  },
  "anonymous": { ...anonymous },
  "anonymous, or a certificate": { ...a, ...anonymous },
};

const pskA = { identity: "first", key: keyA };
const pskB = { identity: "first", key: keyB };

const clients: Record<string, ClientOptions> = {
  "without a certificate": {},
  "alice": { ...alice },
  "bob": { ...bob },
  "alice by callback": { onCertificateRequest: () => alice },
  "bob by callback": { onCertificateRequest: () => bob },
  "nobody by callback": { ...alice, onCertificateRequest: () => null },
  "stranger": { cert: stranger.cert, key: stranger.key },
  "psk a": { psk: pskA, cipherSuites },
  "psk b": { psk: pskB, cipherSuites },
  "psk a of another identity": {
    psk: { ...pskA, identity: "second" },
    cipherSuites,
  },
  "psk a and another": {
    psk: [pskA, { ...pskB, identity: "b" }],
    cipherSuites,
  },
  "psk a and nothing else": {
    psk: pskA,
    cipherSuites,
    trust: TrustStore.of(stranger.cert),
  },
  "psk a, and alice": { ...alice, psk: pskA, cipherSuites },
  "anonymous, too": { ...anonymous },
  "other trust": { trust: otherTrust },
  "verify refuses a": {
    verify: ({ chain: [leaf], serverName }) =>
      serverName === "localhost" && leaf?.subjectAltName.length === 2,
  },
  "verify accepts all": { verify: () => true },
};

/** Those that differ in what they can prove, and in what they ask for. */
const someClients = [
  "without a certificate",
  "alice",
  "psk a, and alice",
  "anonymous, too",
];
const someServers = [
  "public",
  "verify-if-given",
  "psk a",
  "psk a, or require",
  "anonymous, or a certificate",
];

for (const way of ways()) {
  for (const client of someClients) {
    Deno.test(`${way.name}: a server resumes a session of another server only if it authenticates the client alike, with a client ${client}`, async () => {
      // TLS 1.3 has nothing for a server that is nobody.
      const names = Object.keys(servers)
        .filter((name) => name !== "anonymous" || way.name !== "TLS 1.3");
      await checkAllPairs(names.map((server) => ({ client, server })), way);
    });
  }
}

// A client has one rule for tickets and session IDs.
for (const way of ways().slice(0, 2)) {
  for (const server of someServers) {
    Deno.test(`${way.name}: a client offers a session of another client only if it authenticates the server alike, with a server ${server}`, async () => {
      await checkAllPairs(
        Object.keys(clients).map((client) => ({ client, server })),
        way,
      );
    });
  }
}

/** Names in the tables above. */
interface Ends {
  readonly client: string;
  readonly server: string;
}

/** Each makes a session, and each session is used by all. */
async function checkAllPairs(all: readonly Ends[], way: Way): Promise<void> {
  const failures: string[] = [];
  const first: { ends: Ends; met: Meeting }[] = [];
  for (const ends of all) first.push({ ends, met: await go(way, ends) });
  const made = first.filter(({ met }) => met.session !== undefined);
  assert(made.length > 0, "nobody gets a session");
  for (const { ends: maker, met: { session, who } } of made) {
    for (const { ends: user, met: { who: expected } } of first) {
      const again = await go(way, user, { session });
      const isRight = again.resumed
        ? again.who === who &&
          (who === expected || await isAlsoRight(way, user, who))
        : again.who === expected && user !== maker;
      if (isRight) continue;
      failures.push(JSON.stringify({ maker, user, who, expected, again }));
    }
  }
  assertEquals(failures, []);
}

/**
 * Two ends that both have certificates beside a PSK or an anonymous suite are
 * content with either: what comes out by certificates alone is right, too.
 */
async function isAlsoRight(
  way: Way,
  ends: Ends,
  who: string,
): Promise<boolean> {
  const byCertificate = {
    psk: undefined,
    cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
  };
  return who === (await go(way, ends, byCertificate)).who;
}

async function go(
  way: Way,
  { client, server }: Ends,
  more: ClientOptions = {},
): Promise<Meeting> {
  return await meet(
    way,
    { ...clients[client], ...more },
    servers[server] ?? {},
  );
}
