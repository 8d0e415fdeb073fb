/**
 * A server by `node:tls` that sends back what it gets: `node tls_server.mjs
 * [persons]`. With `persons` a client must have a certificate. Prints its port.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import tls from "node:tls";

const own = readFileSync("own.pem", "utf8");
const isForPersons = process.argv[2] === "persons";
const server = tls.createServer({
  cert: own,
  key: own,
  ca: readFileSync("ca.pem", "utf8"),
  requestCert: isForPersons,
  rejectUnauthorized: isForPersons,
}, (socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
