/** A client: connect, write, read, and what an error says. */

import { connect, listen, TlsError } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

// The other side: a server that echoes.
const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
const serving = (async () => {
  for await (const conn of listener) conn.readable.pipeTo(conn.writable);
})(); // until listener.close()

const { port } = listener.addr as Deno.NetAddr;
const trust = TrustStore.of(ca.cert); // without: Mozilla's list of authorities
{
  await using conn = await connect({ hostname: "localhost", port, trust });
  console.log(conn.info.version, conn.info.cipherSuite, conn.info.group);
  await conn.write(new TextEncoder().encode("hello"));
  await conn.closeWrite();
  console.log("echo:", await new Response(conn.readable).text());
}
try {
  await connect({ hostname: "localhost", serverName: "a.test", port, trust });
} catch (error) {
  if (!(error instanceof TlsError)) throw error; // no route, refused, …
  console.log(`${error.code}, alert ${error.alert}: ${error.message}`);
}
listener.close();
await serving;
