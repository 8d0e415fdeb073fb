/**
 * `node:tls` and `node:https` by their own names, by a user's program in the
 * folder that the package was installed in. Prints one line of JSON a check.
 */

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import nodeHttps from "node:https";
import net from "node:net";
import process from "node:process";
import { text } from "node:stream/consumers";
import https from "@x/tls/node/https";
import tls from "@x/tls/node/tls";
import { issueCertificate } from "@x/tls/x509";
import { check, say } from "./_checks.mjs";

const isBun = process.versions.bun !== undefined;
const ca = await issueCertificate({ names: ["Test CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost", "127.0.0.1"],
  issuer: ca,
});

await check(
  "tls: an echo in TLS 1.2 and 1.3, and a session resumed",
  async () => {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"]) {
      const server = tls.createServer({ cert, key, maxVersion }, (socket) => {
        socket.pipe(socket);
      });
      const port = await listening(server);
      const options = { host: "127.0.0.1", port, ca: ca.cert };
      let session;
      for (const isReused of [false, true]) {
        const socket = tls.connect({ ...options, session });
        socket.once("session", (given) => session = given);
        await once(socket, "secureConnect");
        assert.equal(socket.getProtocol(), maxVersion);
        assert.equal(socket.isSessionReused(), isReused);
        assert.equal(socket.authorized, true);
        socket.write("hello");
        assert.equal(String((await once(socket, "data"))[0]), "hello");
        socket.resume().end();
        await once(socket, "close");
      }
      await closed(server);
    }
  },
);

await check("tls: a refused server, and a socket that is gone", async () => {
  const server = tls.createServer({ cert, key });
  const port = await listening(server);
  const told = once(server, "tlsClientError");
  const socket = tls.connect({ host: "127.0.0.1", port });
  const [error] = await once(socket, "error");
  assert.equal(error.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  await told;
  const gone = new net.Socket().destroy();
  const lost = tls.connect({ socket: gone });
  assert.equal((await once(lost, "error"))[0].code, "ECONNRESET");
  await closed(server);
});

await check("tls: what a listener throws is uncaught", async () => {
  const server = tls.createServer({ cert, key }, (socket) => socket.end("a"));
  const port = await listening(server);
  const uncaught = once(process, "uncaughtException");
  const socket = tls.connect({ host: "127.0.0.1", port, ca: ca.cert });
  socket.once("data", () => {
    throw new Error("on purpose");
  });
  assert.equal((await uncaught)[0].message, "on purpose");
  socket.resume().end();
  if (!socket.closed) await once(socket, "close");
  await closed(server);
});

await check("https: requests by an agent, and the runtime's own", async () => {
  const server = https.createServer(
    { cert, key },
    async (incoming, response) => {
      const { length } = await text(incoming);
      const { socket } = incoming;
      response.end(`${incoming.url} ${length} ${socket.isSessionReused()}`);
    },
  );
  const port = await listening(server);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const to = { host: "127.0.0.1", port, ca: ca.cert, method: "POST" };
  const body = "x".repeat(200_000);
  const ask = (options, module = https) =>
    answer(module, { ...to, ...options }, body);
  assert.equal(await ask({ path: "/1", agent }), "/1 200000 false");
  assert.equal(await ask({ path: "/2", agent }), "/2 200000 false");
  agent.destroy();
  assert.equal(await ask({ path: "/3", agent: false }), "/3 200000 false");
  const other = await ask({ path: "/4", agent: false }, nodeHttps);
  assert.match(other, /^\/4 200000/);
  const again = new https.Agent();
  again._sessionCache = agent._sessionCache;
  assert.equal(await ask({ path: "/5", agent: again }), "/5 200000 true");
  await closed(server);
});

await check("https: an upgrade, and what is no HTTP", async () => {
  const server = https.createServer({ cert, key });
  server.on("upgrade", (_, socket) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n",
    );
    socket.pipe(socket);
  });
  const port = await listening(server);
  const to = { host: "127.0.0.1", port, ca: ca.cert };
  const outgoing = https.request({
    ...to,
    agent: false,
    headers: { connection: "upgrade", upgrade: "echo" },
  });
  outgoing.end();
  const [, socket] = await once(outgoing, "upgrade");
  socket.write("ping");
  assert.equal(String((await once(socket, "data"))[0]), "ping");
  socket.destroy();
  // Bun's parser answers by itself.
  if (!isBun) {
    const told = once(server, "clientError");
    const raw = tls.connect(to, () => raw.write("no HTTP\r\n\r\n"));
    const [error, its] = await told;
    assert.equal(error.code, "HPE_INVALID_METHOD");
    its.destroy();
    raw.destroy();
  }
  await closed(server);
});

await check("https.Agent.getName() is as the runtime's", () => {
  const options = {
    host: "a",
    port: 1,
    ca: "x",
    servername: "b",
    ciphers: "c",
  };
  const theirs = new nodeHttps.Agent().getName(options);
  const ours = new https.Agent().getName(options);
  // Bun has its own.
  if (isBun) assert.ok(ours.startsWith(new http.Agent().getName(options)));
  else assert.equal(ours, theirs);
});

// Bun finds its own modules before any loader.
if (!isBun) {
  await check("the loader of the docs, for a whole program", async () => {
    const args = ["--require", "./own_tls.cjs", "own.cjs"];
    const program = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.equal(await text(program.stdout), "true true\ntrue true\n");
  });
}

say({ name: "end" });
process.exit();

async function listening(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
}

async function closed(server) {
  const done = once(server, "close");
  server.close();
  server.closeAllConnections?.();
  await done;
}

async function answer({ request }, options, body) {
  const outgoing = request(options);
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  return await text(response);
}
