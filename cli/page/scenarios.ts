/**
 * Handshakes to show: a client and a server of this module, in memory.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { client, server } from "../../connection/wrap.ts";
import { echConfig } from "../../ech/make.ts";
import type { Session } from "../../handshake/session/session.ts";
import {
  issueCertificate,
  type IssuedCertificate,
} from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { Capture } from "./capture.ts";

/** Runs all handshakes, each a connection of its own. */
export async function captureAll(): Promise<Capture[]> {
  const ca = await issueCertificate({ names: ["Example CA"], ca: true });
  const people = await parties(ca);
  const { capture, session } = await full(people);
  return [
    capture,
    await resumed(people, session),
    await retried(people),
    await mutual(people),
    await encrypted(people),
    ...await tls12(people),
  ];
}

/** Who takes part: what the client trusts, and who each is. */
interface Parties {
  readonly forClient: ClientOptions;
  readonly forServer: ServerOptions;
  readonly clientIdentity: IssuedCertificate;
  readonly ca: IssuedCertificate;
}

async function parties(ca: IssuedCertificate): Promise<Parties> {
  const { cert, key } = await issueCertificate({
    names: ["server.example", "public.example"],
    issuer: ca,
  });
  return {
    ca,
    forClient: {
      serverName: "server.example",
      trust: TrustStore.of(ca.cert),
      alpnProtocols: ["http/1.1"],
    },
    forServer: {
      cert,
      key,
      alpnProtocols: ["http/1.1"],
      tickets: 1,
      ticketKeys: [new Uint8Array(48).fill(1)],
      earlyData: {},
    },
    clientIdentity: await issueCertificate({
      names: ["Alice"],
      extendedKeyUsage: ["clientAuth"],
      issuer: ca,
    }),
  };
}

async function full({ forClient, forServer }: Parties): Promise<{
  readonly capture: Capture;
  readonly session: Session | undefined;
}> {
  const capture = new Capture(
    "TLS 1.3",
    "The usual handshake: one round trip, and the client knows the server. Only the two hellos can be read on the way.",
  );
  return { capture, ...await exchange(capture, forClient, forServer) };
}

async function resumed(
  { forClient, forServer }: Parties,
  session: Session | undefined,
): Promise<Capture> {
  const capture = new Capture(
    "TLS 1.3, resumed",
    "The client has a ticket of the connection before. Neither certificate nor signature is needed, and the first request leaves with the ClientHello as early data.",
  );
  const earlyData = new TextEncoder().encode(REQUEST);
  await exchange(capture, { ...forClient, session, earlyData }, forServer);
  return capture;
}

async function retried({ forClient, forServer }: Parties): Promise<Capture> {
  const capture = new Capture(
    "TLS 1.3, HelloRetryRequest",
    "The client guessed a group that the server does not use. The server says which one it wants; that costs a round trip.",
  );
  await exchange(
    capture,
    { ...forClient, groups: ["x25519", "secp256r1"], keyShares: ["x25519"] },
    { ...forServer, groups: ["secp256r1"] },
  );
  return capture;
}

async function mutual(parties: Parties): Promise<Capture> {
  const { forClient, forServer, clientIdentity, ca } = parties;
  const capture = new Capture(
    "TLS 1.3, client certificate",
    "The server wants to know who the client is, too. The client's certificate is encrypted: nobody on the way sees the name.",
  );
  const { cert, key } = clientIdentity;
  await exchange(
    capture,
    { ...forClient, cert, key },
    { ...forServer, clientAuth: "require", caCerts: [ca.cert] },
  );
  return capture;
}

async function encrypted({ forClient, forServer }: Parties): Promise<Capture> {
  const capture = new Capture(
    "TLS 1.3, Encrypted ClientHello",
    "Everybody can read a ClientHello that asks for public.example. Another one is hidden in it: that asks for server.example, and the server answers that one.",
  );
  const { pem, configList } = await echConfig({
    publicName: "public.example",
    maximumNameLength: 32,
  });
  await exchange(
    capture,
    { ...forClient, ech: { configList } },
    { ...forServer, ech: { keys: pem } },
  );
  return capture;
}

async function tls12({ forClient, forServer }: Parties): Promise<Capture[]> {
  const full = new Capture(
    "TLS 1.2",
    "The older handshake: two round trips, and all up to Finished can be read on the way, the certificate and the names in it included.",
  );
  const { earlyData: _, ...server } = forServer;
  const options = { ...forClient, maxVersion: "TLSv1.2" } as const;
  const { session } = await exchange(full, options, server);
  const resumed = new Capture(
    "TLS 1.2, resumed",
    "The client shows the ticket of the connection before, and one round trip is left. The main secret is the same as before.",
  );
  await exchange(resumed, { ...options, session }, server);
  return [full, resumed];
}

/** Connects, says something, and closes. */
async function exchange(
  capture: Capture,
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<{ readonly session: Session | undefined }> {
  const up = capture.pipe("client");
  const down = capture.pipe("server");
  let session: Session | undefined;
  const there = server(
    { readable: up.readable, writable: down.writable },
    forServer,
  );
  const here = client({ readable: down.readable, writable: up.writable }, {
    ...forClient,
    keyLog: (line) => capture.keyLog.push(line),
    onSession: (each) => session = each,
  });
  const serving = answer(there);
  if (forClient.earlyData === undefined) {
    await here.write(new TextEncoder().encode(REQUEST));
  }
  await here.closeWrite();
  const buffer = new Uint8Array(1024);
  while (await here.read(buffer) !== null);
  await serving;
  await here.close();
  return { session };
}

/** Reads a request, early or not, and answers it. */
async function answer(conn: TlsConn): Promise<void> {
  const buffer = new Uint8Array(1024);
  for await (const _ of conn.earlyData);
  while (await conn.read(buffer) !== null);
  await conn.write(new TextEncoder().encode(ANSWER));
  await conn.close();
}

const REQUEST = "GET / HTTP/1.1\r\nHost: server.example\r\n\r\n";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
