/** A server: listen, serve each connection, see failed handshakes, and end. */

import { connect, listen, type TlsConn } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
const end = new AbortController();
const listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  cert,
  key,
  alpnProtocols: ["greeting/1"],
  handshakeTimeout: 10_000,
  maxPendingHandshakes: 100,
  signal: end.signal,
  onHandshakeError: (error) => console.log("refused:", String(error)),
});
await listener.ready; // certificate and key can serve

async function greet(conn: TlsConn): Promise<void> {
  await conn.write(new TextEncoder().encode(`hello, ${conn.info.serverName}`));
  await conn.close();
}
const serving = (async () => {
  for await (const conn of listener) {
    greet(conn).catch((error) => console.log("lost:", String(error)));
  }
  console.log("The listener has ended");
})();

// Two clients: one that the server does not understand, and one that it does.
const { port } = listener.addr as Deno.NetAddr;
const plain = await Deno.connect({ port });
await plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
await new Response(plain.readable).bytes();
await using conn = await connect({
  hostname: "localhost",
  port,
  trust: TrustStore.of(ca.cert),
  alpnProtocols: ["greeting/1"],
});
console.log(
  `${conn.info.alpnProtocol}:`,
  await new Response(conn.readable).text(),
);
end.abort(new Error("the service is going down"));
await serving;
