/** A second connection resumes the session of the first. */

import { connect, listen, SessionCache } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
const listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  cert,
  key,
  tickets: 1,
  sessionTimeout: 3600, // seconds
  ticketKeys: [crypto.getRandomValues(new Uint8Array(48))], // share them
});
const serving = (async () => {
  for await (const conn of listener) {
    await conn.write(new TextEncoder().encode("hello"));
    await conn.close();
  }
})(); // until listener.close()

const options = {
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
  sessionCache: new SessionCache(100),
};
for (const name of ["first", "second"]) {
  await using conn = await connect(options);
  await new Response(conn.readable).text(); // tickets come with the data
  console.log(name, conn.info.resumed ? "resumed" : "full handshake");
}
listener.close();
await serving;
