/**
 * The other end of the measurements of other runtimes: TLS of Node.js, server
 * and client, in a process of its own. Prints the ports of its servers, with TLS
 * and with the least that it takes; a line on standard input has it dial a port
 * so many times.
 *
 *     node _runtime_peer.mjs FOLDER
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { serveFloor, shake as shakeFloor } from "./_runtime_floor.mjs";

const MIB = 1 << 20;
const [folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}.pem`, "utf8");
const CIPHERS = "TLS_AES_128_GCM_SHA256";

const server = tls.createServer({
  cert: read("cert"),
  key: read("key"),
  ciphers: CIPHERS,
  minVersion: "TLSv1.3",
}, (socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.once("data", (chunk) => {
    const bytes = chunk[1] * 16 * MIB;
    if (chunk[0] === 0x53) send(socket, bytes);
    else receive(socket, bytes - (chunk.length - 2));
  });
});
const floor = createServer({ noDelay: true }, serveFloor);
server.listen(0, "127.0.0.1", () =>
  floor.listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({
      native: server.address().port,
      floor: floor.address().port,
    }));
  }));

const secureContext = tls.createSecureContext({ ca: read("ca") });
createInterface({ input: process.stdin }).on("line", async (line) => {
  const [kind, ...numbers] = line.split(" ");
  const [port, count] = numbers.map(Number);
  const dial = kind === "floor" ? shakeFloor : shake;
  for (let nth = 0; nth < count; nth++) await dial(port);
  console.log("done");
}).on("close", () => process.exit());

/** One handshake; the server says that its half is over with a byte. */
function shake(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      secureContext,
    });
    socket.on("error", reject);
    socket.once("data", () => socket.end());
    socket.once("close", resolve);
  });
}

function send(socket, bytes) {
  const chunk = new Uint8Array(256 * 1024);
  const more = () => {
    while (bytes > 0) {
      bytes -= chunk.length;
      if (!socket.write(chunk)) return void socket.once("drain", more);
    }
  };
  more();
}

function receive(socket, bytes) {
  socket.on("data", (chunk) => {
    bytes -= chunk.length;
    if (bytes === 0) socket.write("!");
  });
}
