/** HTTP over TLS, with the client's certificate in the handler. */

import { connect, serve } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const localhost = await issueCertificate({ names: ["localhost"], issuer: ca });
const alice = await issueCertificate({
  names: ["alice"],
  issuer: ca,
  extendedKeyUsage: ["clientAuth"],
});

await using server = serve({
  hostname: "127.0.0.1",
  port: 0,
  certificates: [localhost.identity],
  clientAuth: "verify-if-given",
  caCerts: [ca.cert],
}, (request, { tls }) => {
  const [client] = tls.peerCertificates;
  return new Response(`${request.method}: hello ${client?.subject ?? "?"}`);
});
console.log("serving", server.addr.transport);

// The runtime's fetch, without and with a certificate.
for (const identity of [{}, { cert: alice.cert, key: alice.key }]) {
  using client = Deno.createHttpClient({ caCerts: [ca.cert], ...identity });
  const url = `https://localhost:${server.addr.port}/`;
  console.log(await (await fetch(url, { client })).text());
}

// The same by hand.
await using conn = await connect({
  hostname: "localhost",
  port: server.addr.port,
  trust: TrustStore.of(ca.cert),
});
await conn.write(new TextEncoder().encode("HEAD / HTTP/1.0\r\n\r\n"));
const [status] = (await new Response(conn.readable).text()).split("\r\n");
console.log(status);
