#!/usr/bin/env bash
# Package: deno 2.9.6 (npm).
#
# A stream of Node.js that is ended has its final() called, in which it tells the
# other end; destroy() comes after that.
#
# Expected: a TLS client over a Duplex of the program's own ends that stream when
# it is ended itself, as Node.js does: final() is called, and then destroy().
# What happens: with Deno's node:tls the Duplex is destroyed, and final() is never
# called. A stream that ends its transport there leaves it open, or cut.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >npm.log
npm install --no-audit --no-fund deno@2.9.6 >>npm.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -keyout key.pem -out cert.pem -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost 2>openssl.log

cat >run.mjs <<'EOF'
import { readFileSync } from "node:fs";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";

const cert = readFileSync("cert.pem");
const server = tls.createServer({ cert, key: readFileSync("key.pem") });
server.on("secureConnection", (socket) => socket.resume());
server.listen(0, "127.0.0.1", () => {
  const tcp = net.connect(server.address().port, "127.0.0.1");
  const calls = [];
  const duplex = new Duplex({
    read: () => tcp.resume(),
    write: (chunk, _, done) => tcp.write(chunk, done),
    final(done) {
      calls.push("final");
      tcp.end(done);
    },
    destroy(error, done) {
      calls.push("destroy");
      tcp.destroy();
      done(error);
    },
  });
  tcp.on("data", (chunk) => duplex.push(chunk) || tcp.pause());
  tcp.on("end", () => duplex.push(null));
  const options = { socket: duplex, ca: cert, servername: "localhost" };
  const socket = tls.connect(options, () => socket.end("hello"));
  socket.resume();
  socket.on("close", () => {
    setTimeout(() => {
      console.log(calls.join(", "));
      process.exit();
    }, 200);
  });
});
EOF
./node_modules/.bin/deno --version | tee version.txt
echo "Deno:    $(./node_modules/.bin/deno run -A run.mjs | tee deno.txt)"
echo "Node.js: $(node run.mjs | tee node.txt)"
grep -q '^deno 2\.9\.6 ' version.txt
grep -qx 'destroy' deno.txt
grep -qx 'final, destroy' node.txt
echo "As stated: Deno destroys the Duplex without ending it."
