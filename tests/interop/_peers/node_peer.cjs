// The interoperability tests' peer on Node's tls: what arrives goes to
// standard output, what comes on standard input is sent, and what was
// negotiated goes to standard error as one line of JSON a connection. Bytes
// below 0x80 on standard input are commands: q ends the connection, w ends
// writing.
"use strict";
const fs = require("node:fs");
const tls = require("node:tls");
const { SSL_OP_NO_TICKET } = require("node:constants");

const options = Object.fromEntries(
  process.argv.slice(2).map((arg) => {
    const at = arg.indexOf("=");
    return [arg.slice(0, at), arg.slice(at + 1)];
  }),
);

const curves = {
  secp256r1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
  x25519: "X25519",
  x448: "X448",
};
const names = {
  prime256v1: "secp256r1",
  secp384r1: "secp384r1",
  secp521r1: "secp521r1",
  X25519: "x25519",
  X448: "x448",
};

const tell = (facts) => fs.writeSync(2, JSON.stringify(facts) + "\n");

function print(data) {
  for (let at = 0; at < data.length;) at += fs.writeSync(1, data, at);
}

const read = (path) => path === undefined ? undefined : fs.readFileSync(path);

const config = {
  allowHalfOpen: true,
  minVersion: options.min,
  maxVersion: options.max,
  // What it calls insecure has to be asked for.
  ciphers: options.max === "TLSv1.3"
    ? options.suites?.replaceAll(",", ":")
    : `${options.openssl?.replaceAll(",", ":") ?? "DEFAULT"}:@SECLEVEL=0`,
  ecdhCurve: options.groups === undefined
    ? "auto"
    : options.groups.split(",").map((name) => curves[name]).join(":"),
  ALPNProtocols: options.alpn?.split(","),
  certificateCompression: options.compression?.split(","),
  cert: read(options.cert),
  key: read(options.key),
  ca: read(options.ca),
};
for (const [name, value] of Object.entries(config)) {
  if (value === undefined) delete config[name];
}

let ocspResponse = null;
const waiting = [];
let current;
// Connections whose turn comes when the one before them has ended: a command
// may be late, and is for the one that was there when it was given.
const later = [];

process.stdin.on("data", (data) => {
  waiting.push(data);
  pump();
});
process.stdin.on("end", () => process.exit());

function pump() {
  while (current !== undefined && waiting.length > 0) {
    const data = waiting.shift();
    const at = data.findIndex((byte) => byte < 0x80);
    if (at < 0) {
      if (!current.write(data)) {
        process.stdin.pause();
        current.once("drain", () => process.stdin.resume());
      }
      continue;
    }
    if (at > 0) current.write(data.subarray(0, at));
    current.end();
    if (data[at] === 0x71) {
      // The other end may go on sending: it is taken until that ends too.
      if (options.role === "client") {
        current.once("close", () => process.exit());
      }
      current = later.shift();
    }
    if (at + 1 < data.length) waiting.unshift(data.subarray(at + 1));
  }
}

/** The first Finished: in an abbreviated handshake it is the server's. */
function tlsUnique(socket) {
  if (socket.getProtocol() === "TLSv1.3") return undefined;
  const ours = (options.role === "client") !== socket.isSessionReused();
  return (ours ? socket.getFinished() : socket.getPeerFinished())
    .toString("hex");
}

function report(socket) {
  const { label, context } = options;
  const length = Number(options.length);
  const peer = socket.getPeerCertificate();
  tell({
    established: {
      version: socket.getProtocol(),
      cipherSuite: socket.getCipher().standardName,
      group: names[socket.getEphemeralKeyInfo()?.name],
      alpnProtocol: socket.alpnProtocol || null,
      serverName: socket.servername || null,
      resumed: socket.isSessionReused(),
      peerName: peer?.subject?.CN ?? null,
      exported: socket.exportKeyingMaterial(length, label).toString("hex"),
      exportedWithContext: socket
        .exportKeyingMaterial(length, label, Buffer.from(context))
        .toString("hex"),
      tlsUnique: tlsUnique(socket),
      ocspResponse,
    },
  });
}

function carry(socket) {
  report(socket);
  let ended = false;
  const end = (clean, error) => {
    if (!ended) tell({ ended: clean, error });
    ended = true;
  };
  socket.on("data", print);
  socket.on("end", () => end(true));
  socket.on("error", (error) => end(false, String(error)));
  socket.on("close", () => {
    end(false, "closed");
    if (current === socket) current = later.shift();
    pump();
  });
  if (current === undefined) current = socket;
  else later.push(socket);
  pump();
}

if (options.role === "server") {
  const server = tls.createServer({
    ...config,
    dhparam: "auto",
    secureOptions: options.tickets === "false" ? SSL_OP_NO_TICKET : 0,
    requestCert: (options.clientauth ?? "none") !== "none",
    rejectUnauthorized: options.clientauth === "require",
  }, carry);
  const sessions = new Map();
  server.on("newSession", (id, data, done) => {
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id, done) => {
    done(null, sessions.get(id.toString("hex")) ?? null);
  });
  if (options.staple !== undefined) {
    const staple = read(options.staple);
    server.on("OCSPRequest", (_cert, _issuer, done) => done(null, staple));
  }
  server.on("tlsClientError", (error) => tell({ failed: String(error) }));
  server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
} else {
  config.host = "127.0.0.1";
  config.port = Number(options.port);
  config.requestOCSP = options.requeststaple === "true";
  if (options.servername !== undefined) config.servername = options.servername;
  if (options.resume === "true") resume();
  else connect();
}

function connect(session) {
  const fail = (error) => tell({ failed: String(error) });
  const socket = tls.connect({ ...config, session }, () => {
    socket.off("error", fail);
    carry(socket);
  });
  socket.on("OCSPResponse", (response) => {
    ocspResponse = response?.toString("hex") ?? null;
  });
  socket.on("error", fail);
}

function resume() {
  let session;
  const first = tls.connect(
    config,
    () => first.write(new Uint8Array([0x80, 0x0a])),
  );
  first.on("session", (made) => session = made);
  const fail = (error) => tell({ failed: String(error) });
  first.on("error", fail);
  first.once("data", () => {
    // It has what it came for.
    first.off("error", fail);
    first.on("error", () => {});
    first.end();
  });
  first.once("close", () => connect(session));
  first.once("end", () => first.destroy());
}
