// A peer on Node's tls that only reads: it says how many bytes came on each
// connection, one line of JSON a connection. As a client it ends its own
// direction first, where it can.
"use strict";

const fs = require("node:fs");
const tls = require("node:tls");

const options = Object.fromEntries(
  process.argv.slice(2).map((argument) => argument.split("=")),
);
const version = { minVersion: options.version, maxVersion: options.version };
// Below TLS 1.3 OpenSSL takes no data behind a close_notify of its own.
const endsFirst = options.version === "TLSv1.3";
let left = Number(options.count);

function say(what) {
  process.stdout.write(JSON.stringify(what) + "\n");
}

function count(socket, done) {
  let bytes = 0;
  let error;
  socket.on("data", (chunk) => bytes += chunk.length);
  socket.on("error", (thrown) => error = String(thrown));
  socket.on("close", () => {
    say({ bytes, error });
    done();
  });
}

function serve() {
  const server = tls.createServer({
    ...version,
    cert: fs.readFileSync(options.cert),
    key: fs.readFileSync(options.key),
  }, (socket) => {
    count(socket, () => {
      if (--left === 0) server.close();
    });
  });
  server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
}

function connect() {
  if (left-- === 0) return;
  const socket = tls.connect({
    ...version,
    host: "127.0.0.1",
    port: Number(options.port),
    servername: "localhost",
    ca: fs.readFileSync(options.ca),
    allowHalfOpen: endsFirst,
  }, () => {
    if (endsFirst) socket.end();
  });
  count(socket, connect);
}

if (options.role === "server") serve();
else connect();
