/** TLS in TLS: through an HTTP proxy that itself speaks TLS, by CONNECT. */

import {
  client,
  connect,
  listen,
  type TlsConn,
  type TlsListener,
} from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const trust = TrustStore.of(ca.cert);
async function listenAs(name: string): Promise<TlsListener> {
  const { cert, key } = await issueCertificate({ names: [name], issuer: ca });
  return listen({ hostname: "127.0.0.1", port: 0, cert, key });
}
const proxy = await listenAs("proxy.test");
const origin = await listenAs("origin.test");

/** Reads to the empty line, byte by byte: what follows is not HTTP. */
async function head(conn: TlsConn): Promise<string> {
  const byte = new Uint8Array(1);
  let text = "";
  while (!text.endsWith("\r\n\r\n") && await conn.read(byte) !== null) {
    text += String.fromCharCode(...byte);
  }
  return text;
}

/** Serves one CONNECT, without seeing into what it carries. */
async function tunnel(conn: TlsConn): Promise<void> {
  const [, port] = /^CONNECT [^ ]*:(\d+) /.exec(await head(conn)) ?? [];
  const onward = await Deno.connect({ port: Number(port) });
  await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
  // A socket of Deno's that has ended one way takes nothing more, either.
  await Promise.allSettled([
    conn.readable.pipeTo(onward.writable),
    onward.readable.pipeTo(conn.writable),
  ]);
}
const tunneling = proxy.accept().then(tunnel);
const greeting = origin.accept().then(async (conn) => {
  await conn.write(new TextEncoder().encode("hello from the origin"));
  await conn.close();
});

const { port } = origin.addr as Deno.NetAddr;
const outer = await connect({
  port: (proxy.addr as Deno.NetAddr).port,
  serverName: "proxy.test",
  trust,
});
const request = `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
await outer.write(new TextEncoder().encode(request));
console.log("proxy:", (await head(outer)).trim());

const inner = client(outer, { serverName: "origin.test", trust });
console.log("inside:", await new Response(inner.readable).text());
for (const conn of [outer, inner]) {
  console.log(conn.info.serverName, conn.info.version);
}
await inner.close();
await Promise.all([tunneling, greeting]);
proxy.close();
origin.close();
