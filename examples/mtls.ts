/** Both sides show certificates, each of an authority that the other trusts. */

import { connect, listen } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Servers CA"], ca: true });
const localhost = await issueCertificate({ names: ["localhost"], issuer: ca });
const clientsCa = await issueCertificate({ names: ["Clients CA"], ca: true });
const alice = await issueCertificate({
  names: ["alice@example.com"],
  issuer: clientsCa,
  extendedKeyUsage: ["clientAuth"],
});

using listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  certificates: [localhost.identity],
  clientAuth: "require",
  caCerts: [clientsCa.cert], // of a server: these authorities and no other
  onHandshakeError: (error) => console.log("server refused:", String(error)),
});
const to = {
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
};

const accepted = listener.accept();
const known = await connect({ ...to, cert: alice.cert, key: alice.key });
const { info, ...there } = await accepted.then((conn) => ({
  info: conn.info,
  close: () => conn.close(),
}));
const [{ subjectAltName } = { subjectAltName: [] }] = info.peerCertificates;
console.log(`client ${info.authorization.status}:`, subjectAltName);
await Promise.all([known.close(), there.close()]);

// Without a certificate. TLS 1.3 tells a client after its own handshake.
listener.accept().catch(() => {}); // none will come
const unknown = await connect(to);
await unknown.read(new Uint8Array(1)).catch((error) => {
  console.log(`client learns: ${error.code} ${error.alert}`);
});
