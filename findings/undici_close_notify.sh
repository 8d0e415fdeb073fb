#!/usr/bin/env bash
# Packages: undici 7.30.2 (npm); OpenSSL is the server (seen with 3.0.19).
#
# RFC 9112 section 9.8 (TLS Connection Closure): clients must send a closure alert
# before they close the connection. RFC 9846 section 6.1 has it for either side.
#
# Expected: Client.close() of undici, which ends idle connections in order, sends
# close_notify, as `tls.connect().end()` of Node.js does.
# What happens: it sends none. The connection just ends, as if it had been cut, and
# the server reports an unexpected end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund undici@7.30.2 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log

cat >run.mjs <<'EOF'
import { deepStrictEqual } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { Client } from "undici";

const ca = readFileSync("cert.pem");
const REQUEST = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** The alerts that a server of one connection gets, and how it ends. */
async function heard(use) {
  const options = ["-accept", "localhost:0", "-naccept", "1", "-msg"];
  const server = spawn("openssl", ["s_server", "-key", "key.pem", "-cert", "cert.pem", ...options]);
  let text = "";
  let errors = "";
  server.stderr.on("data", (part) => errors += part);
  server.stdout.on("data", (part) => {
    text += part;
    if (part.includes("GET / ")) server.stdin.write(RESPONSE);
  });
  const ended = once(server, "close");
  let port;
  while ((port = /ACCEPT .*:(\d+)/.exec(text)?.[1]) === undefined) await once(server.stdout, "data");
  await use(Number(port));
  await ended;
  return {
    alerts: text.split("\n").filter((line) => /^<<< .* Alert/.test(line)),
    unexpected: errors.includes("unexpected eof"),
  };
}

const node = await heard(async (port) => {
  const socket = tls.connect({ port, host: "localhost", ca });
  socket.write(REQUEST);
  await once(socket, "data");
  socket.end();
  await once(socket, "close");
});
const undici = await heard(async (port) => {
  const client = new Client(`https://localhost:${port}`, { connect: { ca } });
  const { body } = await client.request({ path: "/", method: "GET" });
  await body.text();
  await client.close();
});
console.log("Node.js", process.version, node);
console.log("undici", undici);
const alerts = ["<<< TLS 1.3, Alert [length 0002], warning close_notify"];
deepStrictEqual(node, { alerts, unexpected: false });
deepStrictEqual(undici, { alerts: [], unexpected: true });
EOF
timeout 60 node run.mjs
echo "As stated: undici sends no close_notify."
