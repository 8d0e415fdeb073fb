#!/usr/bin/env bash
# Packages: deno 2.9.6 and node 26.10.0 (npm, which installs the programs).
#
# RFC 5246 section 7.4.9 (Finished): verify_data of TLS 1.2 has 12 octets, unless the
# cipher suite says otherwise. RFC 5929 section 3.1 (tls-unique) takes it as a binding
# of the channel. By the documentation of Node.js, getFinished() of a TLSSocket is the
# last Finished message that was sent, and getPeerFinished() the one that was received.
#
# Expected: getFinished() of a client in Deno's node:tls is getPeerFinished() of the
# server, or undefined.
# What happens: it has 32 octets, which are not in any Finished message. Between two
# ends in Deno they agree, and with another peer they never do.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 node@26.10.0 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log

cat >client.cjs <<'EOF'
const { readFileSync } = require("node:fs");
const tls = require("node:tls");
const options = { host: "127.0.0.1", servername: "localhost", ca: readFileSync("cert.pem") };
const socket = tls.connect({ ...options, port: Number(process.argv[2]) }, () => {
  console.log(socket.getFinished()?.toString("hex"));
});
socket.resume();
EOF
cat >run.mjs <<'EOF'
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { promisify } from "node:util";

const options = { key: readFileSync("key.pem"), cert: readFileSync("cert.pem") };
let received;
const server = tls.createServer({ ...options, maxVersion: "TLSv1.2" }, (socket) => {
  received = socket.getPeerFinished();
  socket.end("done");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const bin = "node_modules/.bin/";
for (const [name, ...command] of [["node"], ["deno", "run", "-A"]]) {
  const line = [...command, "client.cjs", String(server.address().port)];
  const { stdout } = await promisify(execFile)(bin + name, line);
  const sent = Buffer.from(stdout.trim(), "hex");
  console.log(`${name}: ${sent.length} octets, the server got ${received.length},`, sent.equals(received));
}
server.close();
EOF
node_modules/.bin/node --version
node_modules/.bin/deno --version | head -n 1
node_modules/.bin/node run.mjs | tee output.txt
diff output.txt - <<'EXPECTED'
node: 12 octets, the server got 12, true
deno: 32 octets, the server got 12, false
EXPECTED
echo "As stated: Deno's getFinished() is no Finished message."
