/** A router by server name that ends no TLS: it has no keys, and reads nothing. */

import { connect, listen, server } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const backends = new Map<string, ReturnType<typeof listen>>();
for (const name of ["a.test", "b.test"]) {
  const { cert, key } = await issueCertificate({ names: [name], issuer: ca });
  backends.set(name, listen({ hostname: "127.0.0.1", port: 0, cert, key }));
}

/** Lets a server see the ClientHello in a copy of the stream, and no more. */
async function serverNameIn(copy: ReadableStream<Uint8Array>) {
  let name: string | undefined;
  const looking = server({ readable: copy, writable: new WritableStream() }, {
    psk: () => undefined, // it needs no certificate, as it answers nothing
    onClientHello(info) {
      name = info.serverName;
      throw new Error("That is all there was to see");
    },
  });
  await looking.handshake().catch(() => {}); // by that throw, or because it is not TLS
  return name;
}

async function route(socket: Deno.TcpConn): Promise<void> {
  const [copy, whole] = socket.readable.tee();
  const name = await serverNameIn(copy);
  const backend = backends.get(name ?? "");
  console.log(`router: ${name} ${backend ? "is known" : "is unknown"}`);
  if (backend === undefined) return await whole.cancel();
  const { port } = backend.addr as Deno.NetAddr;
  const onward = await Deno.connect({ port });
  // A socket of Deno's that has ended one way takes nothing more, either.
  await Promise.allSettled([
    whole.pipeTo(onward.writable),
    onward.readable.pipeTo(socket.writable),
  ]);
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
