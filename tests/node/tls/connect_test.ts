/**
 * `tls.connect`: arguments, order of events, and what a refused server is.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import tls, { connect, type TLSSocket } from "../../../node/tls/mod.ts";
import { issueCertificate } from "../../../x509/mod.ts";
import { TlsCertificateError } from "../../../x509/mod.ts";
import { certificateFor, ended, failure, running, secured } from "./_ends.ts";

const identity = await certificateFor("localhost");

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`connect() emits Node's events in Node's order: ${maxVersion}`, async () => {
    await using there = await running(
      identity,
      (socket) => socket.end("hello"),
    );
    const events: string[] = [];
    const socket = connect({ ...there.dial, maxVersion });
    for (const event of ["connect", "secureConnect", "end", "close"]) {
      socket.on(event, () => events.push(event));
    }
    socket.on("session", () => events.push("session"));
    assertEquals(socket.connecting, true);
    const [chunk] = await once(socket, "data");
    await once(socket, "close");
    assertEquals(String(chunk), "hello");
    const others = events.filter((event) => event !== "session");
    assertEquals(others, ["connect", "secureConnect", "end", "close"]);
    assert(events.indexOf("session") > events.indexOf("secureConnect"));
    assertEquals(socket.authorized, true);
  });
}

Deno.test("connect() takes a port, a host, options and a listener", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const { port, ...options } = there.dial;
  const socket = await new Promise<TLSSocket>((resolve) => {
    const made = connect(
      Number(port),
      "127.0.0.1",
      options,
      () => resolve(made),
    );
  });
  assertEquals(socket.remotePort, port);
  await ended(socket);
});

Deno.test("connect() goes over a socket of node:net and over any Duplex", async () => {
  await using there = await running(identity, (socket) => socket.pipe(socket));
  const { port, host, ...options } = there.dial;
  const raw = dial(Number(port), host);
  const [inner, outer] = duplexPair();
  const other: Socket = dial(Number(port), host);
  outer.pipe(other).pipe(outer);
  for (const socket of [raw, inner]) {
    const tlsSocket = await secured({ ...options, socket });
    tlsSocket.write("ping");
    assertEquals(String((await once(tlsSocket, "data"))[0]), "ping");
    await ended(tlsSocket);
  }
  other.destroy();
});

Deno.test("connect() refuses a server by Node's code, with ours as cause", async () => {
  await using there = await running(identity);
  there.server.on("tlsClientError", () => {});
  const unknown = await failure({ ...there.dial, ca: undefined });
  assertEquals(unknown.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  assert(unknown.cause instanceof TlsCertificateError);
  const otherName = await failure({ ...there.dial, servername: "b.test" });
  assertEquals(otherName.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  const { cert, key } = await issueCertificate({ names: ["localhost"] });
  await using selfSigned = await running({ cert, key });
  selfSigned.server.on("tlsClientError", () => {});
  const own = await failure(selfSigned.dial);
  assertEquals(own.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
});

Deno.test("connect() lets no server see a handshake that it refuses", async () => {
  let connections = 0;
  await using there = await running(identity, () => connections++);
  const refused = once(there.server, "tlsClientError");
  await failure({ ...there.dial, ca: undefined });
  await refused;
  assertEquals(connections, 0);
});

Deno.test("connect() shows an unverified server where rejectUnauthorized is false", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const options = { ...there.dial, ca: undefined, rejectUnauthorized: false };
  const socket = await secured(options);
  assertEquals(socket.authorized, false);
  assertEquals(socket.authorizationError, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  await ended(socket);
});

Deno.test("connect() calls checkServerIdentity with the certificate", async () => {
  await using there = await running(identity, (socket) => socket.end());
  there.server.on("tlsClientError", () => {});
  const mine = Object.assign(new Error("not that one"), { code: "MINE" });
  let seen: string | undefined;
  const error = await failure({
    ...there.dial,
    checkServerIdentity: (host, cert) => {
      seen = `${host} ${cert.subjectaltname}`;
      return mine;
    },
  });
  assertEquals(error, mine);
  assertEquals(seen, "localhost DNS:localhost");
});

Deno.test("connect() reports an end before the handshake as ECONNRESET", async () => {
  const { createServer } = await import("node:net");
  const server = createServer((raw) => raw.destroy());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const error = await failure({ port, host: "127.0.0.1" });
  assertEquals(error.code, "ECONNRESET");
  assertEquals(
    error.message,
    "Client network socket disconnected before secure TLS connection was established",
  );
  assertEquals("port" in error && error.port, port);
  server.close();
});

Deno.test("connect() ends by its signal, before and after it dials", async () => {
  await using there = await running(identity);
  there.server.on("tlsClientError", () => {});
  const aborted = await failure({
    ...there.dial,
    signal: AbortSignal.abort(),
  });
  assertEquals(aborted.name, "AbortError");
  const controller = new AbortController();
  const failing = failure({ ...there.dial, signal: controller.signal });
  controller.abort();
  assertEquals((await failing).name, "AbortError");
});

Deno.test("connect() throws for options of a wrong type", () => {
  const wrong = (options: object, code: string) => {
    const error = assertThrows(() => connect({ port: 1, ...options }));
    assertEquals((error as { code?: string }).code, code);
  };
  wrong({ ciphers: 1 }, "ERR_INVALID_ARG_TYPE");
  wrong({ ciphers: "NO-SUCH-SUITE" }, "ERR_SSL_NO_CIPHER_MATCH");
  wrong({ minVersion: "TLSv9" }, "ERR_TLS_INVALID_PROTOCOL_VERSION");
  wrong({ secureProtocol: "SSLv3_method" }, "ERR_TLS_INVALID_PROTOCOL_METHOD");
  wrong({ checkServerIdentity: null }, "ERR_INVALID_ARG_TYPE");
  wrong({ minDHSize: 0 }, "ERR_OUT_OF_RANGE");
  wrong({ servername: "127.0.0.1" }, "ERR_INVALID_ARG_VALUE");
  wrong(
    { privateKeyEngine: "e", privateKeyIdentifier: "k" },
    "ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED",
  );
});

Deno.test("a key that belongs to no certificate is refused at once", async () => {
  const other = await certificateFor("other.test");
  const error = assertThrows(() =>
    tls.createSecureContext({ cert: identity.cert, key: other.key })
  );
  assertEquals(
    (error as { code?: string }).code,
    "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
  );
});

Deno.test("connect() calls the createSecureContext that a program put in its place", () => {
  const { createSecureContext } = tls;
  const stop = new Error("called");
  tls.createSecureContext = () => {
    throw stop;
  };
  try {
    assertEquals(assertThrows(() => connect({ port: 1 })), stop);
  } finally {
    tls.createSecureContext = createSecureContext;
  }
});

Deno.test("connect() takes null from checkServerIdentity for a right name", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const socket = await secured({
    ...there.dial,
    servername: "other.test",
    checkServerIdentity: () => null,
  });
  assertEquals(socket.authorized, true);
  await ended(socket);
});

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`a session of a connection with another name is not taken for verified: ${maxVersion}`, async () => {
    await using there = await running(identity, (socket) => socket.end("x"));
    there.server.on("tlsClientError", () => {});
    const options = { ...there.dial, servername: "other.test", maxVersion };
    const first = connect({ ...options, rejectUnauthorized: false });
    let session: Buffer | undefined;
    first.on("session", (bytes: Buffer) => session = bytes);
    await once(first, "data");
    await ended(first);
    assert(session !== undefined);
    await assertRejects(
      () => secured({ ...options, session }),
      Error,
      "does not match certificate's altnames",
    );
  });
}

Deno.test("connect() that throws for its servername leaves the socket alone", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const raw = dial(Number(there.dial.port), "127.0.0.1");
  await once(raw, "connect");
  const written = raw.bytesWritten;
  assertThrows(
    () => connect({ socket: raw, servername: "127.0.0.1" }),
    TypeError,
    "must not be an IP address",
  );
  raw.end();
  raw.resume();
  await once(raw, "close");
  assertEquals(raw.bytesWritten, written);
});
