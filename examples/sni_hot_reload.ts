/** Certificates by name, and others while the server runs. */

import { connect, listen } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
async function issue(...names: string[]) {
  const { cert, key } = await issueCertificate({ names, issuer: ca });
  return { cert, key };
}
const listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  ...await issue("default.test"),
  sni: {
    "a.test": await issue("a.test"),
    "*.b.test": { ...await issue("*.b.test"), alpnProtocols: ["b"] },
  },
});
const serving = (async () => {
  for await (const conn of listener) await conn.close();
})(); // until listener.close()

async function show(serverName: string): Promise<void> {
  const { port } = listener.addr as Deno.NetAddr;
  const trust = TrustStore.of(ca.cert);
  await using conn = await connect({ port, serverName, trust });
  const [leaf] = conn.info.peerCertificates;
  console.log(serverName, "→", leaf?.subject, leaf?.serialNumber.slice(0, 8));
}
for (const name of ["a.test", "x.b.test", "default.test"]) await show(name);

// A new name, and a new certificate for the others: from the next handshake on.
await listener.addContext("c.test", await issue("c.test"));
await listener.setContext(await issue("default.test", "new.test"));
for (const name of ["c.test", "default.test", "new.test"]) await show(name);

// What cannot serve is refused, and what was there goes on.
const { cert } = await issue("other.test");
const { key } = await issue("another.test");
await listener.setContext({ cert, key }).catch((error) => {
  console.log("kept:", error.code);
});
await show("new.test");
listener.close();
await serving;
