/**
 * `tls.TLSSocket`: what it shows, how it ends, and what it goes over.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { constants, X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  type AddressInfo,
  connect as dial,
  createServer as createNetServer,
} from "node:net";
import tls, {
  checkServerIdentity,
  connect,
  convertALPNProtocols,
  createSecureContext,
  createSecurePair,
  getCACertificates,
  getCiphers,
  setDefaultCACertificates,
  TLSSocket,
} from "../../../node/tls/mod.ts";
import { Certificate } from "../../../x509/mod.ts";
import { ca, certificateFor, ended, running, secured } from "./_ends.ts";

const identity = await certificateFor("localhost");

Deno.test("TLSSocket is a server over a socket that has been read before", async () => {
  const server = createNetServer((raw) => {
    raw.once("data", (request) => {
      assertEquals(String(request), "STARTTLS");
      new TLSSocket(raw, { isServer: true, ...identity }).end("hello");
      raw.write("go");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const raw = dial(port, "127.0.0.1").setNoDelay();
  raw.write("STARTTLS");
  await once(raw, "readable");
  assertEquals(String(raw.read()), "go");
  const here = connect({ socket: raw, servername: "localhost", ca: ca.cert });
  assertEquals(String((await once(here, "data"))[0]), "hello");
  await ended(here);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("createSecurePair() gives records for what carries them", async () => {
  const context = tls.createSecureContext(identity);
  const there = createSecurePair(context, true, false, true, {
    ALPNProtocols: ["a"],
  });
  const here = connect({
    socket: there.encrypted,
    servername: "localhost",
    ca: ca.cert,
    ALPNProtocols: ["b", "a"],
  });
  there.cleartext.write("hello");
  assertEquals(String((await once(here, "data"))[0]), "hello");
  assertEquals(here.alpnProtocol, "a");
  there.destroy();
  here.destroy();
});

Deno.test("TLSSocket shows group, schemes, certificates and finished messages", async () => {
  await using there = await running({
    ...identity,
    ecdhCurve: "prime256v1",
    ca: ca.cert,
  });
  const accepted = once(there.server, "secureConnection");
  const socket = await secured(there.dial);
  const [server] = await accepted as [TLSSocket];
  assertEquals(socket.getEphemeralKeyInfo(), {
    type: "ECDH",
    name: "prime256v1",
    size: 256,
  });
  const peer = socket.getPeerX509Certificate();
  assert(peer instanceof X509Certificate);
  const { issuerCertificate } = socket.getPeerCertificate(true);
  assertEquals(issuerCertificate?.subject?.CN, "Test CA");
  assertEquals(server.getEphemeralKeyInfo(), null as never);
  assert(server.getSharedSigalgs().includes("ECDSA+SHA256"));
  assertEquals(socket.getFinished(), server.getPeerFinished());
  assertEquals(
    socket.exportKeyingMaterial(16, "EXPERIMENTAL test"),
    server.exportKeyingMaterial(16, "EXPERIMENTAL test"),
  );
  server.end();
  await ended(socket);
  assertEquals(socket.getProtocol(), null);
});

Deno.test("setMaxSendFragment() keeps records within its size", async () => {
  await using there = await running(identity, (socket) => {
    assertEquals(socket.setMaxSendFragment(511), false);
    assertEquals(socket.setMaxSendFragment(768), true);
    socket.end(Buffer.alloc(5000));
  });
  const socket = await secured(there.dial);
  let length = 0;
  socket.on("data", (chunk: Buffer) => length += chunk.length);
  await once(socket, "close");
  assertEquals(length, 5000);
  const { recordsRead = 0 } = socket.conn?.stats ?? {};
  assert(recordsRead >= 5000 / 768);
});

Deno.test("onread reads into the caller's buffer", async () => {
  await using there = await running(identity, (socket) => socket.end("hello"));
  const buffer = Buffer.alloc(2);
  let text = "";
  const socket = connect({
    ...there.dial,
    onread: {
      buffer,
      callback: (length) => void (text += buffer.toString("latin1", 0, length)),
    },
  });
  await once(socket, "close");
  assertEquals(text, "hello");
});

Deno.test("a listener of readable gets all, though it reads one chunk a time", async () => {
  const sent = Buffer.alloc(2 ** 20, "x");
  await using there = await running(identity, (socket) => {
    socket.end(sent);
    socket.destroySoon();
  });
  const socket = await secured(there.dial);
  let length = 0;
  socket.on("readable", () => length += socket.read()?.length ?? 0);
  await once(socket, "close");
  assertEquals(length, sent.length);
});

Deno.test("an end without close_notify is an end, and conn.closed tells", async () => {
  await using there = await running(identity, (socket) => socket.destroy());
  const socket = await secured(there.dial);
  await Promise.all([once(socket.resume(), "end"), once(socket, "close")]);
  assertEquals((await socket.conn?.closed)?.clean, false);
});

Deno.test("a socket that is destroyed below its TLS closes", async () => {
  await using there = await running(identity);
  const socket = await secured(there.dial);
  const closed = once(socket, "close");
  socket._parent?.destroy();
  await closed;
});

Deno.test("checkServerIdentity() tells names from addresses and patterns", () => {
  const reason = (host: string, cert: object) => {
    const error = checkServerIdentity(host, cert);
    return error && "reason" in error ? error.reason : undefined;
  };
  const cert = { subjectaltname: "DNS:a.test, IP Address:192.0.2.1" };
  assertEquals(reason("a.test", cert), undefined);
  assertEquals(reason("A.TEST.", cert), undefined);
  assertEquals(reason("192.0.2.1", cert), undefined);
  assertEquals(
    reason("b.test", cert),
    "Host: b.test. is not in the cert's altnames: DNS:a.test, IP Address:192.0.2.1",
  );
  assertEquals(
    reason("192.0.2.2", cert),
    "IP: 192.0.2.2 is not in the cert's list: 192.0.2.1",
  );
  // A quoted value is one name, whatever it has in it.
  const quoted = { subjectaltname: 'DNS:"good.test\\u002c DNS:a.test"' };
  assert(reason("a.test", quoted) !== undefined);
  assertEquals(reason("x.a.test", { subject: { CN: "*.a.test" } }), undefined);
  assert(reason("a.test", { subject: { CN: "*.test" } }) !== undefined);
});

Deno.test("convertALPNProtocols() takes names of up to 255 bytes", () => {
  const out: { ALPNProtocols?: unknown } = {};
  convertALPNProtocols(["a", "bc"], out);
  assertEquals(out.ALPNProtocols, Buffer.from("\x01a\x02bc"));
  assertThrows(() => convertALPNProtocols(["x".repeat(256)], out), RangeError);
});

Deno.test("setDefaultCACertificates() changes whom connections trust", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const before = getCACertificates();
  assertEquals(tls.rootCertificates, getCACertificates("bundled"));
  setDefaultCACertificates([ca.cert]);
  try {
    const [only] = Certificate.fromPem(ca.cert);
    assertEquals([...getCACertificates()], [only?.toPem() ?? ""]);
    await ended(await secured({ ...there.dial, ca: undefined }));
  } finally {
    setDefaultCACertificates(before);
  }
});

Deno.test("classes may be called without new, as Node's", () => {
  const server = Reflect.apply(tls.Server as never, undefined, [{}]);
  assert(server instanceof tls.Server);
  assert(getCiphers().includes("ecdhe-rsa-aes128-gcm-sha256"));
  assertEquals(tls.DEFAULT_MAX_VERSION, "TLSv1.3");
});

Deno.test("secureOptions takes versions away, also in the middle", () => {
  const { SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3 } = constants;
  const secureContext = createSecureContext({
    minVersion: "TLSv1",
    secureOptions: SSL_OP_NO_TLSv1_1,
  });
  assertEquals(secureContext.versions, {
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
  });
  const secureOptions = SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
  assertThrows(
    () => createSecureContext({ secureOptions }),
    TypeError,
    "no protocols available",
  );
});

Deno.test("TLSSocket that is paused when its connection closes gives all that has come", async () => {
  await using end = await running(
    identity,
    (socket) => socket.end(Buffer.alloc(40_000, 1)),
  );
  const raw = dial(end.dial.port as number, "127.0.0.1");
  const client = connect({ ...end.dial, socket: raw });
  const closed = once(raw, "close");
  let length = 0;
  client.on("data", (chunk) => length += chunk.length);
  client.once("data", () => client.pause().end());
  await closed;
  assert(length < 40_000);
  assert(!client.destroyed);
  const over = once(client, "end");
  client.resume();
  await over;
  assertEquals(length, 40_000);
  if (!client.closed) await once(client, "close");
});
