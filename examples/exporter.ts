/** Keying material for a protocol above, the same at both ends (RFC 5705). */

import { connect, listen } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
using listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
const accepted = listener.accept();
const conn = await connect({
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
});
const there = await accepted;

const context = new TextEncoder().encode("alice");
for (const [name, end] of Object.entries({ client: conn, server: there })) {
  const key = end.exportKeyingMaterial("EXPERIMENTAL my-app", context, 32);
  console.log(name, key.toHex());
}
await Promise.all([conn.close(), there.close()]);
