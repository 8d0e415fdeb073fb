/**
 * `https.Server`: requests, settings, upgrades, errors, the end.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Agent, IncomingMessage, ServerResponse } from "node:http";
import https, { request } from "../../../node/https/mod.ts";
import {
  connect,
  Server as TlsServer,
  type TLSSocket,
} from "../../../node/tls/mod.ts";
import { issueCertificate } from "../../../x509/mod.ts";
import { ca, certificateFor } from "../tls/_ends.ts";
import { answer, serving, socketOf, test } from "./_https.ts";

const identity = await certificateFor("localhost");

test("https.Server hands a request its client's certificate", async () => {
  const { cert, key } = await issueCertificate({
    names: ["person"],
    issuer: ca,
    extendedKeyUsage: ["clientAuth"],
  });
  const options = { ...identity, ca: ca.cert, requestCert: true };
  await using there = await serving(options, (incoming, response) => {
    const socket = socketOf(incoming);
    const { authorized, encrypted } = socket;
    const { subject } = socket.getPeerCertificate();
    response.end(JSON.stringify({ authorized, encrypted, subject }));
  });
  const { text, statusCode } = await answer({ ...there.to, cert, key });
  assertEquals(statusCode, 200);
  const { subject, ...seen } = JSON.parse(text);
  assertEquals(subject.CN, "person");
  assertEquals(seen, { authorized: true, encrypted: true });
});

test("https.Server offers http/1.1 unless the options say otherwise", async () => {
  await using there = await serving(identity);
  const { host, port, servername } = there.to;
  const socket = connect({
    host: String(host),
    port: Number(port),
    servername: String(servername),
    ca: ca.cert,
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await once(socket, "secureConnect");
  assertEquals(socket.alpnProtocol, "http/1.1");
  socket.destroy();
  const ALPNCallback = () => undefined;
  assertEquals(https.createServer({ ALPNCallback }).ALPNProtocols, undefined);
  const one = https.createServer({ ALPNProtocols: ["x"] });
  assertEquals(String(one.ALPNProtocols), "\x01x");
});

test("https.Server makes requests and responses of the classes of its options", async () => {
  class OwnRequest extends IncomingMessage {
    get twice() {
      return `${this.url}${this.url}`;
    }
  }
  class OwnResponse<R extends IncomingMessage> extends ServerResponse<R> {
    say(text: string) {
      this.end(text);
    }
  }
  const options = {
    ...identity,
    IncomingMessage: OwnRequest,
    ServerResponse: OwnResponse,
  };
  await using there = await serving(options, (incoming, response) => {
    assert(incoming instanceof OwnRequest && response instanceof OwnResponse);
    response.say(incoming.twice);
  });
  assertEquals((await answer({ ...there.to, path: "/a" })).text, "/a/a");
});

test("https.Server applies what is set on it", async () => {
  await using there = await serving(identity, (incoming, response) => {
    response.end(String(Object.keys(incoming.headers).length));
  });
  const { server } = there;
  server.maxHeadersCount = 2;
  const headers = { host: "localhost", a: "1", b: "2", c: "3" };
  assertEquals((await answer({ ...there.to, headers })).text, "2");
  server.maxRequestsPerSocket = 1;
  const agent = new https.Agent({ keepAlive: true });
  const response = await answer({ ...there.to, agent });
  assertEquals(response.headers.connection, "close");
  agent.destroy();
  assertEquals(server.timeout, 0);
  server.headersTimeout = 5;
  server.requestTimeout = 6;
  server.keepAliveTimeout = 7;
  assertEquals(
    [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout],
    [5, 6, 7],
  );
});

test("https.Server emits timeout with the socket, which its listener ends", async () => {
  await using there = await serving(identity, () => {});
  const timeout = new Promise<TLSSocket>((resolve) =>
    there.server.setTimeout(20, resolve)
  );
  const failed = answer(there.to).catch(({ code }) => code);
  const socket = await timeout;
  assertEquals(there.sockets, [socket]);
  socket.destroy();
  assertEquals(await failed, "ECONNRESET");
});

test("https.Server lets a listener of upgrade speak another protocol", async () => {
  await using there = await serving(identity, (_, response) => response.end());
  const headers = { connection: "upgrade", upgrade: "echo" };
  // Without a listener it is a request like any other.
  assertEquals((await answer({ ...there.to, headers })).statusCode, 200);
  there.server.on("upgrade", (_, socket) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n",
    );
    socket.pipe(socket);
  });
  const outgoing = request({ ...there.to, headers });
  outgoing.end();
  const [, socket] = await once(outgoing, "upgrade");
  socket.write("ping");
  assertEquals(String((await once(socket, "data"))[0]), "ping");
  socket.destroy();
});

test("https.Server emits clientError for what is no HTTP and what is no TLS", async () => {
  await using there = await serving(identity, (_, response) => response.end());
  const { host, port } = there.to;
  const target = { host: String(host), port: Number(port) };
  const errors = [];
  for (const rejectUnauthorized of [true, false]) {
    const told = once(there.server, "clientError");
    const socket = connect({ ...target, rejectUnauthorized });
    socket.on("error", () => {});
    socket.on("secureConnect", () => socket.write("no HTTP\r\n\r\n"));
    const [error, its] = await told;
    its.destroy(error);
    errors.push(error.code.replace("SSL/TLS", "SSLV3"));
    socket.destroy();
  }
  assertEquals(errors, [
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "HPE_INVALID_METHOD",
  ]);
  // Where nobody listens, the server ends that connection alone.
  there.server.removeAllListeners("clientError");
  const socket = connect(target);
  await once(socket, "error");
  assertEquals((await answer(there.to)).statusCode, 200);
});

test("https.Server.close() ends idle connections, and waits for the others", async () => {
  const held: ServerResponse[] = [];
  await using there = await serving(identity, (incoming, response) => {
    if (incoming.url === "/held") held.push(response);
    else response.end();
  });
  const agent = new https.Agent({ keepAlive: true });
  await answer({ ...there.to, agent });
  const late = answer({ ...there.to, path: "/held" });
  while (held.length === 0) await once(there.server, "request");
  let isClosed = false;
  const closed = once(there.server, "close").then(() => isClosed = true);
  there.server.close();
  await there.sockets[0]?.conn?.closed;
  assertEquals(isClosed, false);
  for (const response of held) response.end("late");
  assertEquals((await late).text, "late");
  await closed;
  agent.destroy();
});

test("https.Server takes sockets of others, and is one of tls", async () => {
  await using there = await serving(identity, (incoming, response) => {
    response.end(String(Reflect.get(incoming.socket, "server") === server));
  });
  const { server } = there;
  assert(server instanceof TlsServer);
  // A server of node:http has no agent for TLS: this one dials with TLS.
  const agent = new Agent();
  const { host, port, servername } = there.to;
  agent.createConnection = () =>
    connect({
      host: String(host),
      port: Number(port),
      servername: String(servername),
      ca: ca.cert,
    });
  const response = await answer({ ...there.to, protocol: "http:", agent });
  assertEquals(response.text, "true");
});

Deno.test("https.Server refuses options of a wrong type by Node's code", () => {
  for (const options of ["x", [], 1]) {
    const { code } = assertThrows(
      () => https.createServer(options as object),
      TypeError,
    ) as TypeError & { code?: string };
    assertEquals(code, "ERR_INVALID_ARG_TYPE");
  }
  const Callable = https.Server as unknown as () => TlsServer;
  assert(Callable() instanceof https.Server);
  assert(Buffer.isBuffer(https.createServer().ALPNProtocols));
});
