/** TLS from end to end over WebSockets, whatever is between them. */

import { client, type Duplex, server } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

/** A WebSocket as two streams. */
function duplexOf(socket: WebSocket): Duplex {
  socket.binaryType = "arraybuffer";
  const opened = new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("The WebSocket failed"));
  });
  return {
    readable: new ReadableStream({
      start(controller) {
        socket.onmessage = ({ data }) =>
          controller.enqueue(new Uint8Array(data));
        socket.onclose = () => controller.close();
      },
      cancel() {
        socket.onclose = null; // there is nobody to tell any more
        socket.close();
      },
    }),
    writable: new WritableStream({
      start: () => opened,
      write: (chunk) => socket.send(chunk),
      close: () => socket.close(),
      abort: () => socket.close(),
    }),
  };
}

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({ names: ["a.test"], issuer: ca });
const { promise: serving, resolve } = Promise.withResolvers<void>();
const http = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const conn = server(duplexOf(socket), { cert, key });
    resolve(conn.readable.pipeTo(conn.writable));
    return response;
  },
);

const socket = new WebSocket(`ws://127.0.0.1:${http.addr.port}`);
const gone = new Promise((resolve) =>
  socket.addEventListener("close", resolve)
);
const conn = client(duplexOf(socket), {
  serverName: "a.test",
  trust: TrustStore.of(ca.cert),
});
await conn.write(new TextEncoder().encode("hello over a WebSocket"));
await conn.closeWrite();
console.log("echo:", await new Response(conn.readable).text());
console.log(conn.info.version, conn.info.authorization.status);
await Promise.all([serving, conn.close(), gone]);
await http.shutdown();
