/** STARTTLS, as in SMTP, in both roles: TLS over a socket that is in use. */

import { client, server } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["mail.test"],
  issuer: ca,
});
type Wire = Pick<Deno.Conn, "read" | "write">;

async function say(wire: Wire, line: string): Promise<void> {
  await wire.write(new TextEncoder().encode(`${line}\r\n`));
}

/** One line, byte by byte: what follows it may be TLS already. */
async function hear(wire: Wire): Promise<string> {
  const byte = new Uint8Array(1);
  let line = "";
  while (!line.endsWith("\r\n")) {
    if (await wire.read(byte) === null) throw new Error("The peer has gone");
    line += String.fromCharCode(...byte);
  }
  return line.trimEnd();
}

async function serve(socket: Deno.TcpConn): Promise<void> {
  await say(socket, "220 mail.test");
  while (await hear(socket) !== "STARTTLS") await say(socket, "250 STARTTLS");
  await say(socket, "220 go ahead");
  await using conn = server(socket, { cert, key });
  console.log("server heard, encrypted:", await hear(conn));
  await say(conn, "250 ok");
}

using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const serving = listener.accept().then(serve);

const socket = await Deno.connect({ port: listener.addr.port });
console.log("client heard, in the clear:", await hear(socket));
await say(socket, "EHLO client.test");
console.log("client heard, in the clear:", await hear(socket));
await say(socket, "STARTTLS");
console.log("client heard, in the clear:", await hear(socket));
await using conn = client(socket, {
  serverName: "mail.test",
  trust: TrustStore.of(ca.cert),
});
await say(conn, "EHLO client.test");
console.log("client heard, encrypted:", await hear(conn));
await serving;
