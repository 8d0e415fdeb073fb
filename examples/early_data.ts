/** A second connection sends its request with the first message. */

import { connect, listen, SessionCache, type TlsConn } from "@x/tls";
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
  earlyData: { maxSize: 4096 },
});

/** What does no harm twice is answered at once; anything else has to wait. */
async function answer(conn: TlsConn): Promise<void> {
  let isAnswered = false;
  for await (const bytes of conn.earlyData) {
    if (new TextDecoder().decode(bytes) !== "read") continue;
    await conn.write(new TextEncoder().encode("early answer"));
    isAnswered = true;
  }
  await conn.handshake(); // no replay gets beyond this
  if (!isAnswered) {
    await conn.read(new Uint8Array(100));
    await conn.write(new TextEncoder().encode("answer"));
  }
  await conn.close();
}

const serving = (async () => {
  for await (const conn of listener) await answer(conn);
})(); // until listener.close()

const request = new TextEncoder().encode("read");
const options = {
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
  sessionCache: new SessionCache(100),
  earlyData: request, // it may be replayed
};
for (const name of ["first", "second"]) {
  await using conn = await connect(options);
  if (conn.info.earlyData !== "accepted") await conn.write(request);
  const text = await new Response(conn.readable).text();
  console.log(name, conn.info.earlyData, text);
}
listener.close();
await serving;
