#!/usr/bin/env bash
# Package: read-tls-client-hello 2.0.0 (npm).
#
# RFC 9846 section 5.1 (Record Layer): a handshake message may be sent in several
# records. A ClientHello with a key share of ML-KEM has more than 1,200 bytes, and
# clients that shape their traffic split it.
#
# Expected: readTlsClientHello() reads a ClientHello in two records as it reads
# the same bytes in one.
# What happens: it rejects with "Unexpected client hello length", since it takes
# the first record for the whole message.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund read-tls-client-hello@2.0.0 >>npm.log

cat >run.mjs <<'EOF'
import { deepStrictEqual, match } from "node:assert";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { readTlsClientHello } from "read-tls-client-hello";

/** What `use` makes of the first connection that `connect` opens. */
async function accept(connect, use) {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(server.address().port).on("error", () => {});
  const [socket] = await once(server, "connection");
  try {
    return await use(socket);
  } finally {
    socket.destroy();
    client.destroy();
    server.close();
  }
}

const record = (body) =>
  Buffer.concat([Buffer.from([22, 3, 1, body.length >> 8, body.length & 255]), body]);
const read = (bytes) =>
  accept(
    (port) => net.connect(port, "127.0.0.1").on("connect", function () { this.write(bytes); }),
    (socket) => readTlsClientHello(socket).then(({ tlsVersion }) => tlsVersion ?? "read", String),
  );

const whole = await accept(
  (port) => tls.connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"] }),
  async (socket) => (await once(socket, "data"))[0],
);
const message = whole.subarray(5);
deepStrictEqual(record(message), whole, "Node.js sends more than one record");
const one = await read(whole);
const two = await read(Buffer.concat([record(message.subarray(0, 100)), record(message.subarray(100))]));
console.log("one record: ", one);
console.log("two records:", two);
match(two, /^Error: Unexpected client hello length: \d+ \(of 100\)$/);
deepStrictEqual(one.startsWith("Error"), false, "One record is not read either");
EOF
timeout 60 node run.mjs
echo "As stated: a ClientHello in two records is refused."
