/**
 * What is measured on Node.js and Bun, with the package as npm installs it, with
 * the runtime's own TLS, or with no more than the calls that TLS takes. An order
 * is a line of JSON on standard input, and a figure a line on standard output.
 *
 *     node _runtime_program.mjs ours|native|floor FOLDER PORT
 */

import { readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";
import tls from "node:tls";

const MIB = 1 << 20;
const CHUNK = new Uint8Array(65536);
const [kind, folder, peer] = process.argv.slice(2);
const pem = (name) => readFileSync(`${folder}/${name}.pem`, "utf8");
const port = Number(peer);

/** Each gives a function that does it. */
const kinds = {
  async ours() {
    const { connect, createContext, listen } = await import("@x/tls");
    const { TrustStore } = await import("@x/tls/x509");
    const context = createContext({
      trust: TrustStore.of(pem("ca")),
      cipherSuites: ["TLS_AES_128_GCM_SHA256"],
    });
    const open = async (command) => {
      const conn = await connect({
        hostname: "127.0.0.1",
        port,
        serverName: "localhost",
        context,
      });
      if (command !== undefined) await conn.write(command);
      return conn;
    };
    const take = async (conn, total) => {
      const into = new Uint8Array(65536);
      while (total > 0) {
        const count = await conn.read(into);
        if (count === null) throw new Error("it ended");
        total -= count;
      }
    };
    return {
      async receive(size) {
        const conn = await open(Uint8Array.of(0x53, size));
        await take(conn, size * 16 * MIB);
        await conn.close();
      },
      async receiveStream(size) {
        const conn = await open(Uint8Array.of(0x53, size));
        const reader = conn.readable.getReader();
        for (let left = size * 16 * MIB; left > 0;) {
          const { value } = await reader.read();
          left -= value.length;
        }
        reader.releaseLock();
        await conn.close();
      },
      async send(size) {
        const conn = await open(Uint8Array.of(0x52, size));
        for (let left = size * 16 * MIB; left > 0;) {
          left -= await conn.write(CHUNK);
        }
        await take(conn, 1);
        await conn.close();
      },
      async sendStream(size) {
        const conn = await open(Uint8Array.of(0x52, size));
        const writer = conn.writable.getWriter();
        for (let left = size * 16 * MIB; left > 0; left -= CHUNK.length) {
          await writer.ready;
          writer.write(CHUNK).catch(() => {});
        }
        await writer.ready;
        writer.releaseLock();
        await take(conn, 1);
        await conn.close();
      },
      async handshake(count) {
        for (let nth = 0; nth < count; nth++) await (await open()).close();
      },
      async listen() {
        const listener = listen({
          hostname: "127.0.0.1",
          port: 0,
          cert: pem("cert"),
          key: pem("key"),
          cipherSuites: ["TLS_AES_128_GCM_SHA256"],
        });
        await listener.ready;
        const serve = async (conn) => {
          await conn.write(Uint8Array.of(1));
          await conn.read(new Uint8Array(1));
          await conn.close();
        };
        (async () => {
          for await (const conn of listener) serve(conn).catch(() => {});
        })();
        return listener.addr.port;
      },
    };
  },
  async floor() {
    return (await import("./_runtime_floor.mjs")).floor(port);
  },
  native() {
    const secureContext = tls.createSecureContext({
      ca: pem("ca"),
      ciphers: "TLS_AES_128_GCM_SHA256",
    });
    const open = (command) =>
      new Promise((resolve, reject) => {
        const raw = connectTcp({ host: "127.0.0.1", port, noDelay: true });
        const socket = tls.connect({
          socket: raw,
          servername: "localhost",
          secureContext,
        }, () => {
          if (command !== undefined) socket.write(command);
          resolve(socket);
        });
        socket.on("error", reject);
      });
    const close = (socket) =>
      new Promise((resolve) => {
        socket.on("close", resolve);
        socket.end();
        socket.resume();
      });
    const take = (socket, total) =>
      new Promise((resolve) => {
        socket.on("data", (chunk) => {
          total -= chunk.length;
          if (total === 0) resolve();
        });
      });
    const receive = async (size) => {
      const socket = await open(Uint8Array.of(0x53, size));
      await take(socket, size * 16 * MIB);
      await close(socket);
    };
    const send = async (size) => {
      const socket = await open(Uint8Array.of(0x52, size));
      const answer = take(socket, 1);
      for (let left = size * 16 * MIB; left > 0; left -= CHUNK.length) {
        if (!socket.write(CHUNK)) {
          await new Promise((resolve) => socket.once("drain", resolve));
        }
      }
      await answer;
      await close(socket);
    };
    return {
      receive,
      receiveStream: receive,
      send,
      sendStream: send,
      async receiveWeb(size) {
        const socket = await open(Uint8Array.of(0x53, size));
        const reader = Duplex.toWeb(socket).readable.getReader();
        for (let left = size * 16 * MIB; left > 0;) {
          left -= (await reader.read()).value.length;
        }
        reader.releaseLock();
        socket.destroy();
      },
      async sendWeb(size) {
        const socket = await open(Uint8Array.of(0x52, size));
        const { readable, writable } = Duplex.toWeb(socket);
        const writer = writable.getWriter();
        for (let left = size * 16 * MIB; left > 0; left -= CHUNK.length) {
          await writer.ready;
          writer.write(CHUNK).catch(() => {});
        }
        await writer.ready;
        await readable.getReader().read();
        socket.destroy();
      },
      async handshake(count) {
        for (let nth = 0; nth < count; nth++) await close(await open());
      },
      async listen() {
        const server = tls.createServer({
          cert: pem("cert"),
          key: pem("key"),
          ciphers: "TLS_AES_128_GCM_SHA256",
        }, (socket) => {
          socket.on("error", () => {});
          socket.write("!");
          socket.on("end", () => socket.end());
          socket.resume();
        });
        await new Promise((done) => server.listen(0, "127.0.0.1", done));
        return server.address().port;
      },
    };
  },
};

const does = await kinds[kind]();
// Web Streams beside those that the runtime makes of its own socket.
does.receiveWeb ??= does.receiveStream;
does.sendWeb ??= does.sendStream;
say({ port: await does.listen() });
let before;
for await (const line of createInterface({ input: process.stdin })) {
  const { what, count } = JSON.parse(line);
  // Around "start" and "stop" the other end dials.
  if (what !== "stop") before = usage();
  if (what !== "start" && what !== "stop") await does[what](count);
  const after = usage();
  say({ wall: after.wall - before.wall, cpu: after.cpu - before.cpu });
}
process.exit();

/** Of this process, in milliseconds. */
function usage() {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

function say(figure) {
  console.log(JSON.stringify(figure));
}
