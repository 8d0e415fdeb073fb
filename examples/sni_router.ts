/** A router by server name that ends no TLS: it has no keys, and reads nothing. */

import { connect, listen, peekClientHello, pipeDuplex } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const backends = new Map<string, ReturnType<typeof listen>>();
for (const name of ["a.test", "b.test"]) {
  const { cert, key } = await issueCertificate({ names: [name], issuer: ca });
  backends.set(name, listen({ hostname: "127.0.0.1", port: 0, cert, key }));
}

async function route(socket: Deno.TcpConn): Promise<void> {
  const signal = AbortSignal.timeout(10_000); // for a client that says nothing
  const { info, duplex } = await peekClientHello(socket, { signal });
  const backend = backends.get(info.serverName ?? "");
  console.log(
    `router: ${info.serverName} ${backend ? "is known" : "is unknown"}`,
  );
  if (backend === undefined) return socket.close();
  const { port } = backend.addr as Deno.NetAddr;
  await pipeDuplex(duplex, await Deno.connect({ port }));
}

const router = Deno.listen({ hostname: "127.0.0.1", port: 0 });
for (const serverName of ["a.test", "b.test", "c.test"]) {
  const routed = router.accept().then(route);
  const served = backends.get(serverName)?.accept()
    .then((conn) => conn.close());
  try {
    await using conn = await connect({
      port: router.addr.port,
      serverName,
      trust: TrustStore.of(ca.cert),
    });
    await conn.read(new Uint8Array(1));
    console.log("client:", conn.info.peerCertificates[0]?.subject);
  } catch (error) {
    console.log("client:", String(error));
  }
  await Promise.all([routed, served]);
}
router.close();
for (const backend of backends.values()) backend.close();
