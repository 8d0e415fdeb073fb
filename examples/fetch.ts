/** A fetch with a client certificate and a pin, beside serve(). */

import { createFetch, serve } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const localhost = await issueCertificate({ names: ["localhost"], issuer: ca });
const { cert, key } = await issueCertificate({
  names: ["alice"],
  issuer: ca,
  extendedKeyUsage: ["clientAuth"],
});
await using server = serve(
  {
    port: 0,
    certificates: [localhost.identity],
    clientAuth: "require",
    caCerts: [ca.cert],
  },
  (_request, { tls }) =>
    new Response(
      `hello ${tls.peerCertificates[0]?.subject}, ${tls.alpnProtocol}`,
    ),
);

const trust = TrustStore.of(ca.cert);
const url = `https://localhost:${server.addr.port}/`;
await using fetch = createFetch({ trust, cert, key });
console.log(await (await fetch(url)).text());

// Its own connections: the other fetch has a verified one already.
await using pinned = createFetch({ trust, cert, key, verify: () => false });
const error = await pinned(url).catch((error) => error);
console.log(error.message, "as", error.cause.name);
