/** Encrypted ClientHello: the network sees the public name alone. */

import { connect, peekClientHello, server, TlsEchRejectedError } from "@x/tls";
import { echConfig } from "@x/tls/ech";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const issuer = await issueCertificate({ ca: true, names: ["Example CA"] });
const certificate = async (name: string) =>
  (await issueCertificate({ names: [name], issuer })).identity;
const certificates = [
  await certificate("public.example"),
  await certificate("secret.example"),
];
const trust = TrustStore.of(issuer.cert);

// The file is the server's; the list is for the DNS: … HTTPS 1 . ech="AEn+…"
const now = await echConfig({ publicName: "public.example", configId: 2 });
const before = await echConfig({ publicName: "public.example", configId: 1 });

const seen: string[] = [];
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const serving = (async () => {
  for await (const socket of listener) {
    // What anyone on the way may read.
    const { info, duplex } = await peekClientHello(socket);
    const conn = server(duplex, { certificates, ech: { keys: now.pem } });
    await conn.handshake().catch(() => {});
    const { serverName, ech } = conn.info;
    seen.push(`on the wire ${info.serverName}, inside ${serverName}: ${ech}`);
    await conn.close().catch(() => {});
  }
})(); // until listener.close()

const { port } = listener.addr;
const where = { port, serverName: "secret.example", trust };
{
  await using conn = await connect({
    ...where,
    ech: { configList: now.configList },
  });
  console.log("client:", conn.info.ech);
}
// A list from the DNS may be older than the keys of the server.
const { configList } = before;
try {
  await connect({ ...where, ech: { configList } });
} catch (error) {
  if (!(error instanceof TlsEchRejectedError)) throw error;
  console.log("client:", error.code, "by", error.publicName);
}
{
  await using conn = await connect({
    ...where,
    ech: { configList, retry: "keys" },
  });
  console.log("client, at the second try:", conn.info.ech);
}
listener.close();
await serving;
console.log(seen.join("\n"));
