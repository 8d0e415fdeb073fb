/**
 * `tls.Server`: names, sessions, client certificates, callbacks, renegotiation.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type AddressInfo, connect as dial } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { issueCertificate } from "../../../x509/mod.ts";
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type TLSSocket,
} from "../../../node/tls/mod.ts";
import {
  ca,
  certificateFor,
  ended,
  failure,
  running,
  secured,
} from "./_ends.ts";

const identity = await certificateFor("localhost");

Deno.test("Server.addContext() chooses by name, the one added last first", async () => {
  await using there = await running(identity, (socket) => socket.end());
  there.server.addContext("*.a.test", await certificateFor("x.a.test"));
  const last = await certificateFor("y.a.test");
  there.server.addContext("y.a.test", createSecureContext(last));
  for (const servername of ["x.a.test", "y.a.test"]) {
    const socket = await secured({ ...there.dial, servername });
    const { subjectaltname } = socket.getPeerCertificate();
    assertEquals(subjectaltname, `DNS:${servername}`);
    await ended(socket);
  }
});

Deno.test("an SNICallback that fails ends the connection, and nothing else", async () => {
  await using there = await running({
    ...identity,
    SNICallback: (name, callback) => callback(new Error(`no ${name}`)),
  });
  const told = once(there.server, "tlsClientError");
  const error = await failure({ ...there.dial, servername: "a.test" });
  assertEquals(error.code, "ECONNRESET");
  const [reason, socket] = await told;
  assertEquals(reason.message, "no a.test");
  assertEquals((socket as TLSSocket).servername, "a.test");
});

Deno.test("a server without a certificate refuses clients, and goes on", async () => {
  await using there = await running({});
  for (let round = 0; round < 2; round++) {
    const told = once(there.server, "tlsClientError");
    await failure(there.dial);
    const [error] = await told;
    assertEquals(error.code, "ERR_SSL_NO_SHARED_CIPHER");
  }
});

Deno.test("what is not TLS is a tlsClientError with OpenSSL's reason", async () => {
  await using there = await running(identity);
  const told = once(there.server, "tlsClientError");
  const raw = dial(Number(there.dial.port), "127.0.0.1");
  raw.on("error", () => {}).resume().write("GET / HTTP/1.1\r\n\r\n");
  const [error] = await told;
  assertEquals(error.code, "ERR_SSL_WRONG_VERSION_NUMBER");
  assertEquals(error.library, "SSL routines");
  assertEquals(error.cause.code, "not_tls");
  raw.destroy();
});

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`a session is resumed, and not under other ticket keys: ${maxVersion}`, async () => {
    await using there = await running(identity, (socket) => socket.end("x"));
    const options = { ...there.dial, maxVersion };
    const sessionOf = async (session?: Buffer) => {
      const socket = connect({ ...options, session });
      let given: Buffer | undefined;
      socket.on("session", (bytes: Buffer) => given = bytes);
      await once(socket, "data");
      const reused = socket.isSessionReused();
      const kept = given ?? socket.getSession();
      await ended(socket);
      return { reused, kept };
    };
    const first = await sessionOf();
    assertEquals(first.reused, false);
    assertEquals((await sessionOf(first.kept)).reused, true);
    const keys = there.server.getTicketKeys();
    assertEquals(keys.length, 48);
    const again = await sessionOf();
    there.server.setTicketKeys(Buffer.alloc(48, 1));
    assertNotEquals(there.server.getTicketKeys(), keys);
    assertEquals((await sessionOf(again.kept)).reused, false);
  });
}

Deno.test("newSession and resumeSession carry sessions by ID", async () => {
  const { constants } = await import("node:crypto");
  const options = { ...identity, secureOptions: constants.SSL_OP_NO_TICKET };
  await using there = await running(options, (socket) => socket.end("x"));
  const kept = new Map<string, Buffer>();
  there.server.on(
    "newSession",
    (id: Buffer, data: Buffer, done: () => void) => {
      kept.set(id.toString("hex"), data);
      done();
    },
  );
  there.server.on(
    "resumeSession",
    (id: Buffer, done: (error: null, data?: Buffer) => void) =>
      done(null, kept.get(id.toString("hex"))),
  );
  const client = { ...there.dial, maxVersion: "TLSv1.2" };
  const first = await secured(client);
  const session = first.getSession();
  await ended(first);
  assertEquals(kept.size, 1);
  const second = await secured({ ...client, session });
  assertEquals(second.isSessionReused(), true);
  await ended(second);
});

Deno.test("requestCert shows the client, and refuses one without a certificate", async () => {
  const options = { ...identity, ca: ca.cert, requestCert: true };
  const seen: unknown[] = [];
  await using there = await running(options, (socket) => {
    seen.push(socket.authorized, socket.getPeerCertificate().subjectaltname);
    socket.end();
  });
  const client = await secured({
    ...there.dial,
    ...await certificateFor("client.test"),
  });
  await ended(client);
  assertEquals(seen, [true, "DNS:client.test"]);
  const told = once(there.server, "tlsClientError");
  await failure({ ...there.dial, maxVersion: "TLSv1.2" });
  const [error] = await told;
  assertEquals(error.code, "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE");
});

Deno.test("ALPNCallback chooses, and may show another certificate", async () => {
  const challenge = await certificateFor("challenge.test");
  await using there = await running({
    ...identity,
    ALPNCallback(this: TLSSocket, { protocols }) {
      this.setKeyCert(challenge);
      return protocols.at(-1);
    },
  }, (socket) => socket.end());
  const socket = await secured({
    ...there.dial,
    ALPNProtocols: ["h2", "acme-tls/1"],
    servername: "challenge.test",
  });
  assertEquals(socket.alpnProtocol, "acme-tls/1");
  assertEquals(
    socket.getPeerCertificate().subjectaltname,
    "DNS:challenge.test",
  );
  await ended(socket);
});

Deno.test("ALPN protocols are bytes, and show a character for each", async () => {
  const given: string[][] = [];
  const name = Buffer.from([0xff, 0x80]);
  for (
    const options of [
      { ALPNProtocols: ["\u00e9"] },
      { ALPNProtocols: Buffer.from([2, 0xff, 0x80]) },
      {
        ALPNCallback({ protocols }: { protocols: string[] }) {
          given.push(protocols);
          return protocols[0];
        },
      },
    ]
  ) {
    await using there = await running({ ...identity, ...options });
    const accepted = once(there.server, "secureConnection");
    const ALPNProtocols = [name, "\u00e9"];
    const socket = await secured({ ...there.dial, ALPNProtocols });
    const isText = Array.isArray(options.ALPNProtocols);
    const expected = isText ? Buffer.from("\u00e9") : name;
    assertEquals(socket.alpnProtocol, expected.toString("latin1"));
    const bytes = socket.conn?.info.alpnProtocolBytes ?? [];
    assertEquals([...bytes], [...expected]);
    const [other] = await accepted;
    assertEquals(other.alpnProtocol, expected.toString("latin1"));
    await ended(socket);
  }
  assertEquals(given, [["\xff\x80", "\xc3\xa9"]]);
});

Deno.test("OCSPRequest staples, and OCSPResponse comes before secureConnect", async () => {
  const chain = { ...identity, ca: ca.cert };
  await using there = await running(chain, (socket) => socket.end());
  there.server.on("OCSPRequest", (cert: Buffer, issuer: Buffer, done) => {
    assert(Buffer.isBuffer(cert) && Buffer.isBuffer(issuer));
    done(null, Buffer.from("a response"));
  });
  const events: string[] = [];
  const socket = connect({ ...there.dial, requestOCSP: true });
  socket.on("OCSPResponse", (bytes) => events.push(String(bytes)));
  socket.on("secureConnect", () => events.push("secureConnect"));
  await once(socket, "secureConnect");
  await ended(socket);
  assertEquals(events, ["a response", "secureConnect"]);
});

Deno.test("pskCallback of both sides, with the socket", async () => {
  const psk = Buffer.alloc(32, 7);
  const seen: unknown[] = [];
  await using there = await running({
    ciphers: "PSK+HIGH",
    pskCallback: (socket, identity) => {
      seen.push(socket.encrypted, identity);
      return psk;
    },
  }, (socket) => socket.end());
  const socket = await secured({
    ...there.dial,
    ciphers: "PSK+HIGH",
    pskCallback: () => ({ psk, identity: "me" }),
    checkServerIdentity: () => undefined,
  });
  assertEquals(socket.authorized, true);
  assertEquals(seen, [true, "me"]);
  await ended(socket);
});

Deno.test("keylog has the same lines at both ends, each with its line end", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const lines: Record<string, string[]> = { here: [], there: [] };
  there.server.on("keylog", (line: Buffer, socket: TLSSocket) => {
    assertEquals(socket.encrypted, true);
    lines.there?.push(String(line));
  });
  const socket = connect(there.dial);
  socket.on("keylog", (line: Buffer) => lines.here?.push(String(line)));
  await once(socket, "secureConnect");
  await ended(socket);
  assert(lines.here?.every((line) => line.endsWith("\n")));
  assertEquals(lines.here?.toSorted(), lines.there?.toSorted());
});

Deno.test("renegotiate() runs another handshake; disableRenegotiation() ends such a client", async () => {
  let there: TLSSocket | undefined;
  await using end = await running(
    { ...identity, maxVersion: "TLSv1.2" },
    (socket) => there = socket.resume(),
  );
  const socket = await secured(end.dial);
  const again = once(socket, "secureConnect");
  await new Promise<void>((resolve, reject) => {
    socket.resume().renegotiate(
      {},
      (error) => error ? reject(error) : resolve(),
    );
  });
  await again;
  there?.disableRenegotiation();
  const told = once(there ?? socket, "error");
  const closed = once(socket, "close");
  assertEquals(socket.renegotiate({}), true);
  assertEquals((await told)[0].code, "ERR_TLS_RENEGOTIATION_DISABLED");
  await closed;
});

Deno.test("setSecureContext() is for the connections that follow", async () => {
  await using there = await running(identity, (socket) => socket.end());
  there.server.setSecureContext(await certificateFor("b.test"));
  const socket = await secured({ ...there.dial, servername: "b.test" });
  assertEquals(socket.getPeerCertificate().subjectaltname, "DNS:b.test");
  await ended(socket);
});

Deno.test("an SNICallback that gives a context without a certificate ends the connection", async () => {
  await using there = await running({
    SNICallback: (_, callback) => callback(null, createSecureContext()),
  });
  const told = once(there.server, "tlsClientError");
  const error = await failure({ ...there.dial, servername: "a.test" });
  assertMatch(error.code ?? "", /ALERT_HANDSHAKE_FAILURE$/);
  const [reason] = await told;
  assertEquals(reason.reason, "no suitable signature algorithm");
});

Deno.test("a renegotiation of the server's is no new secureConnection", async () => {
  let count = 0;
  let there: TLSSocket | undefined;
  await using end = await running(
    { ...identity, maxVersion: "TLSv1.2" },
    (socket) => {
      count++;
      there = socket.resume();
    },
  );
  const socket = await secured(end.dial);
  socket.resume();
  await new Promise<void>((resolve, reject) => {
    there?.renegotiate({}, (error) => error ? reject(error) : resolve());
  });
  assertEquals(count, 1);
  await ended(socket);
});

/** What a server that asks only in a renegotiation thinks of a client. */
async function askedLater(
  certificate: { cert: string; key: string },
  rejectUnauthorized: boolean,
) {
  let there: TLSSocket | undefined;
  await using end = await running(
    { ...identity, ca: ca.cert, maxVersion: "TLSv1.2" },
    (socket) => there = socket.on("error", () => {}).resume(),
  );
  const socket = await secured({ ...end.dial, ...certificate });
  socket.on("error", () => {}).resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  there?.renegotiate({ requestCert: true, rejectUnauthorized }, () => {
    resolve();
  });
  await Promise.race([isDone, closed]);
  const { authorized, authorizationError, destroyed } = there ?? socket;
  socket.destroy();
  await closed;
  return { authorized, authorizationError, destroyed };
}

Deno.test("a server judges the certificate that it asks for in a renegotiation", async () => {
  const good = await certificateFor("client.test");
  assertEquals(await askedLater(good, true), {
    authorized: true,
    authorizationError: null,
    destroyed: false,
  });
  const stranger = await issueCertificate({ names: ["client.test"] });
  const unverified = {
    authorized: false,
    authorizationError: "DEPTH_ZERO_SELF_SIGNED_CERT",
  };
  assertEquals(await askedLater(stranger, false), {
    ...unverified,
    destroyed: false,
  });
  assertEquals(await askedLater(stranger, true), {
    ...unverified,
    destroyed: true,
  });
});

Deno.test("a server keeps no context that an SNICallback made and dropped", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const made: WeakRef<SecureContext>[] = [];
  const server = createServer({
    SNICallback: (_, callback) => {
      const context = createSecureContext(identity);
      made.push(new WeakRef(context));
      callback(null, context);
    },
  }, (socket) => socket.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const options = { port, host: "127.0.0.1", ca: ca.cert };
  for (let round = 0; round < 3; round++) {
    await ended(await secured({ ...options, servername: "localhost" }));
  }
  for (let round = 0; round < 20 && made[0]?.deref(); round++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
  }
  assertEquals(made.length, 3);
  assertEquals(made[0]?.deref(), undefined);
  await once(server.close(), "close");
});
