/**
 * What goes wrong around a socket of `node:tls`, and whom it concerns: nothing
 * that Node survives ends the process.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { constants } from "node:crypto";
import { once } from "node:events";
import { connect as dial, Socket } from "node:net";
import process from "node:process";
import { Duplex } from "node:stream";
import { issueCertificate } from "../../../x509/mod.ts";
import tls, {
  connect,
  createSecureContext,
  TLSSocket,
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

Deno.test("a socket that is destroyed already fails as one that was lost", async () => {
  await using there = await running(identity);
  const gone = new Socket().destroy();
  const error = await failure({ ...there.dial, socket: gone });
  assertEquals(error.code, "ECONNRESET");
  const told = once(there.server, "tlsClientError");
  there.server.emit("connection", gone);
  assertEquals((await told)[0].code, "ECONNRESET");
  const socket = new TLSSocket(gone, { isServer: true });
  assertEquals((await once(socket, "error"))[0].code, "ECONNRESET");
});

Deno.test("a reset is ECONNRESET, and a write behind the peer's end is EPIPE", async () => {
  const lower: Socket[] = [];
  await using there = await running(identity, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      if (String(chunk) === "reset") lower.pop()?.resetAndDestroy();
      else lower.pop()?.end();
    });
  });
  there.server.on("connection", (socket: Socket) => lower.push(socket));
  const reset = await secured(there.dial);
  reset.resume().write("reset");
  assertEquals((await once(reset, "error"))[0].code, "ECONNRESET");

  const socket = await secured({ ...there.dial, allowHalfOpen: true });
  socket.resume().write("end");
  await once(socket, "end");
  const failed = once(socket, "error");
  const told = new Promise((resolve) => socket.write("more", resolve));
  const [error] = await failed;
  assertEquals(
    [error.code, error.syscall, error.message, error.cause.code],
    ["EPIPE", "write", "write EPIPE", "truncated"],
  );
  assertEquals(await told, error);
});

Deno.test("a stream below that fails and closes at once is no end without a word", async () => {
  await using there = await running(identity);
  const wire = dial(Number(there.dial.port), "127.0.0.1");
  const raw = new Duplex({
    read() {},
    write: (chunk, _encoding, callback) => void wire.write(chunk, callback),
  });
  wire.on("data", (chunk) => void raw.push(chunk));
  const socket = await secured({ ...there.dial, socket: raw });
  const reset = Object.assign(new Error("read ECONNRESET"), {
    code: "ECONNRESET",
  });
  const told = Promise.race([once(socket, "error"), once(socket, "close")]);
  // Its close comes before the read that is under way can reject.
  raw.destroy(reset);
  assertEquals(await told, [reset]);
  wire.destroy();
});

Deno.test("an error of an accepted socket ends that connection alone", async () => {
  await using there = await running(identity, (socket) => {
    socket.once("data", (chunk) => {
      if (String(chunk) === "fail") socket.destroy(new Error("on purpose"));
      else socket.end(chunk);
    });
  });
  const [first, second] = [
    await secured(there.dial),
    await secured(there.dial),
  ];
  first.on("error", () => {});
  first.write("fail");
  await once(first.resume(), "close");
  second.write("hello");
  assertEquals(String((await once(second, "data"))[0]), "hello");
  await ended(second);
});

Deno.test("what a listener throws is an uncaught exception, and the socket reads on", async () => {
  await using there = await running(identity, (socket) => socket.pipe(socket));
  const socket = await secured(there.dial);
  const uncaught = new Promise<Error>((resolve) =>
    process.once("uncaughtException", resolve)
  );
  socket.once("data", () => {
    throw new Error("on purpose");
  });
  socket.write("a");
  assertEquals((await uncaught).message, "on purpose");
  const next = once(socket, "data");
  socket.write("b");
  assertEquals(String((await next)[0]), "b");
  await ended(socket);
});

Deno.test("authorized is false until the server has proved its key", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const seen: boolean[] = [];
  const socket: TLSSocket = connect({
    ...there.dial,
    checkServerIdentity: () => void seen.push(socket.authorized),
  });
  await once(socket, "secureConnect");
  seen.push(socket.authorized);
  assertEquals(seen, [false, true]);
  await ended(socket);
});

Deno.test("renegotiate() calls back when the peer refuses, and the connection goes on", async () => {
  const secureOptions = constants.SSL_OP_NO_RENEGOTIATION;
  await using there = await running(
    { ...identity, maxVersion: "TLSv1.2", secureOptions },
    (socket) => socket.pipe(socket),
  );
  const socket = await secured(there.dial);
  const error = await new Promise<Error & { code?: string } | null>((resolve) =>
    assert(socket.renegotiate({}, resolve))
  );
  assertEquals(error?.code, "ERR_SSL_NO_RENEGOTIATION");
  socket.write("still here");
  assertEquals(String((await once(socket, "data"))[0]), "still here");
  await ended(socket);
  const own = await secured({ ...there.dial, secureOptions });
  const refused = await new Promise<Error & { code?: string } | null>(
    (resolve) => assertEquals(own.renegotiate({}, resolve), false),
  );
  assertEquals(refused?.code, "ERR_SSL_NO_RENEGOTIATION");
  await ended(own);
});

for (const limit of [0, 2]) {
  Deno.test(`CLIENT_RENEG_LIMIT counts: ${limit}`, async () => {
    const before = tls.CLIENT_RENEG_LIMIT;
    tls.CLIENT_RENEG_LIMIT = limit;
    try {
      const attacked = Promise.withResolvers<Error & { code?: string }>();
      await using there = await running(
        { ...identity, maxVersion: "TLSv1.2" },
        (socket) => socket.on("error", attacked.resolve).resume(),
      );
      const socket = await secured(there.dial);
      let count = 0;
      const again = (): unknown =>
        socket.renegotiate({}, (error) => {
          assertEquals(error, null);
          count++;
          again();
        });
      again();
      socket.on("error", () => {});
      assertEquals((await attacked.promise).code, "ERR_TLS_SESSION_ATTACK");
      await once(socket.resume(), "close");
      assertEquals(count, limit);
      await socket.conn?.closed;
    } finally {
      tls.CLIENT_RENEG_LIMIT = before;
    }
  });
}

Deno.test("CLIENT_RENEG_LIMIT and its window are numbers", () => {
  const wrong = "3" as unknown as number;
  for (const name of ["CLIENT_RENEG_LIMIT", "CLIENT_RENEG_WINDOW"] as const) {
    assertThrows(() => tls[name] = wrong, TypeError, name);
  }
});

Deno.test("secureOptions that cannot be honoured are refused by name", () => {
  for (
    const [name, bit] of [
      ["SSL_OP_NO_ENCRYPT_THEN_MAC", constants.SSL_OP_NO_ENCRYPT_THEN_MAC],
      ["SSL_OP_ALLOW_NO_DHE_KEX", constants.SSL_OP_ALLOW_NO_DHE_KEX],
      ["SSL_OP_TLS_ROLLBACK_BUG", constants.SSL_OP_TLS_ROLLBACK_BUG],
      ["unknown bits: 0x20", 0x20],
    ] as const
  ) {
    assertThrows(
      () => createSecureContext({ secureOptions: bit }),
      TypeError,
      name,
    );
  }
  // A sum of flags with the highest bit is negative in JavaScript.
  const { SSL_OP_ALL, SSL_OP_NO_TLSv1, SSL_OP_LEGACY_SERVER_CONNECT } =
    constants;
  const secureOptions = SSL_OP_ALL | SSL_OP_NO_TLSv1 |
    SSL_OP_LEGACY_SERVER_CONNECT;
  assert(secureOptions < 0);
  createSecureContext({ secureOptions });
});

Deno.test("SSL_OP_CIPHER_SERVER_PREFERENCE lets the server's order decide", async () => {
  const ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";
  const theirs = ciphers.split(":").toReversed().join(":");
  const chosen: (string | undefined)[] = [];
  for (
    const secureOptions of [0, constants.SSL_OP_CIPHER_SERVER_PREFERENCE]
  ) {
    await using there = await running({
      ...identity,
      ciphers,
      secureOptions,
      honorCipherOrder: false,
      maxVersion: "TLSv1.2",
    }, (socket) => socket.end());
    const socket = await secured({ ...there.dial, ciphers: theirs });
    chosen.push(socket.getCipher()?.name);
    await ended(socket);
  }
  assertEquals(chosen, [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
  ]);
});

Deno.test("addCACert() counts at a server that has served already", async () => {
  const other = await issueCertificate({ names: ["Other CA"], ca: true });
  const client = await issueCertificate({
    names: ["person"],
    issuer: other,
    extendedKeyUsage: ["clientAuth"],
  });
  const secureContext = createSecureContext({ ...identity, ca: ca.cert });
  const seen: boolean[] = [];
  await using there = await running({
    ...identity,
    requestCert: true,
    rejectUnauthorized: false,
    SNICallback: (_, callback) => callback(null, secureContext),
  }, (socket) => {
    seen.push(socket.authorized);
    socket.end();
  });
  const options = { ...there.dial, cert: client.cert, key: client.key };
  await ended(await secured(options));
  secureContext.context.addCACert(other.cert);
  await ended(await secured(options));
  assertEquals(seen, [false, true]);
});

Deno.test("certificateCompression goes over the wire, and has Node's checks", async () => {
  const options = { certificateCompression: ["zlib"] };
  await using there = await running(
    { ...identity, ...options },
    (socket) => socket.end(),
  );
  const lines: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (line: unknown) => lines.push(String(line)) > 0;
  try {
    const socket = await secured({
      ...there.dial,
      ...options,
      enableTrace: true,
    });
    await ended(socket);
  } finally {
    process.stderr.write = write;
  }
  assert(lines.some((line) => line.includes("compressed_certificate")));
  for (const certificateCompression of [["x"], "zlib"]) {
    assertThrows(
      () =>
        createSecureContext(
          { certificateCompression } as { certificateCompression: string[] },
        ),
      TypeError,
      "certificateCompression",
    );
  }
  assert(tls.getCertificateCompressionAlgorithms().includes("zlib"));
});

Deno.test("noDelay and keepAlive reach the socket that is dialled", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const calls: unknown[] = [];
  const { setNoDelay, setKeepAlive } = Socket.prototype;
  Object.assign(Socket.prototype, {
    setNoDelay(...args: unknown[]) {
      calls.push(["noDelay", ...args]);
      return Reflect.apply(setNoDelay, this, args);
    },
    setKeepAlive(...args: unknown[]) {
      calls.push(["keepAlive", ...args]);
      return Reflect.apply(setKeepAlive, this, args);
    },
  });
  try {
    const socket = await secured({
      ...there.dial,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5000,
    });
    await ended(socket);
  } finally {
    Object.assign(Socket.prototype, { setNoDelay, setKeepAlive });
  }
  assertEquals(calls, [["noDelay", true], ["keepAlive", true, 5000]]);
});

Deno.test("a socket that is dialled and lost before the handshake is ECONNRESET", async () => {
  await using there = await running(identity);
  there.server.on("tlsClientError", () => {});
  const raw = dial(Number(there.dial.port), "127.0.0.1");
  await once(raw, "connect");
  const failed = failure({ ...there.dial, socket: raw });
  raw.destroy();
  assertEquals((await failed).code, "ECONNRESET");
});

Deno.test("a pskCallback without a key ends the client with unknown_psk_identity", async () => {
  const ciphers = "PSK-AES128-GCM-SHA256";
  await using there = await running({ ciphers, pskCallback: () => null });
  const told = once(there.server, "tlsClientError");
  const error = await failure({
    ...there.dial,
    ciphers,
    maxVersion: "TLSv1.2",
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: new Uint8Array(16), identity: "nobody" }),
  });
  assertEquals(error.code, "ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY");
  assertEquals((await told)[0].code, "ERR_SSL_PSK_IDENTITY_NOT_FOUND");
});

Deno.test("the system's authorities are listed, and trusted when the user says so", async () => {
  const system = tls.getCACertificates("system");
  assertEquals(tls.getCACertificates("system"), system);
  const url = new URL("../../../node/tls/mod.ts", import.meta.url);
  const count = async (env: Record<string, string>) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import tls from "${url}"; console.log(tls.getCACertificates().length)`,
      ],
      env: { NODE_EXTRA_CA_CERTS: "", ...env },
    }).output();
    return Number(new TextDecoder().decode(stdout));
  };
  assertEquals(
    await count({ NODE_USE_SYSTEM_CA: "1" }),
    tls.rootCertificates.length + system.length,
  );
});

Deno.test("Server.connections counts those that are open", async () => {
  await using there = await running(identity, (socket) => socket.pipe(socket));
  const count = () => Reflect.get(there.server, "connections");
  const socket = await secured(there.dial);
  socket.write("a");
  await once(socket, "data");
  assertEquals(count(), 1);
  const accepted = once(there.server, "connection");
  const other = await secured(there.dial);
  await accepted;
  assertEquals(count(), 2);
  await ended(other);
  await ended(socket);
});

Deno.test("what the socket below cannot do is refused by name", async () => {
  await using there = await running(identity, (socket) => socket.end());
  const socket = await secured(there.dial);
  const has = "getTypeOfService" in Socket.prototype;
  if (has) assertEquals(socket.getTypeOfService(), 0);
  else {
    assertThrows(() => socket.getTypeOfService(), Error, "getTypeOfService");
    assertThrows(() => socket.setTypeOfService(1), Error, "setTypeOfService");
  }
  await ended(socket);
});

Deno.test("what a listener throws in a handshake is an uncaught exception", async () => {
  const thrown: string[] = [];
  const note = ({ message }: Error) => thrown.push(message);
  process.on("uncaughtException", note);
  const fail = (name: string) => () => {
    throw new Error(name);
  };
  const secureOptions = 0x4000; // SSL_OP_NO_TICKET: sessions go by their IDs.
  await using there = await running(
    { ...identity, ca: ca.cert, secureOptions },
    (socket) => socket.end("x"),
  );
  const names = ["newSession", "resumeSession", "OCSPRequest", "keylog"];
  for (const name of names) there.server.on(name, fail(name));
  const options = {
    ...there.dial,
    maxVersion: "TLSv1.2",
    requestOCSP: true,
  } as const;
  const first = connect(options);
  first.on("keylog", fail("keylog here"));
  first.on("OCSPResponse", fail("OCSPResponse"));
  await once(first, "secureConnect");
  const session = first.getSession();
  await ended(first);
  await ended(await secured({ ...options, session }));
  process.off("uncaughtException", note);
  const all = [...names, "keylog here", "OCSPResponse"];
  assertEquals([...new Set(thrown)].sort(), all.sort());
});
