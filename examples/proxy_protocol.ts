/**
 * A proxy that ends TLS in front of a plain server, and tells it in a header of
 * PROXY protocol version 2 who the client is.
 */

import { connect, listen, pipeDuplex, type TlsConn } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const utf8 = new TextEncoder();
const SIGNATURE = utf8.encode("\r\n\r\n\0\r\nQUIT\n");

/** The header: addresses, then what is known of TLS (PP2_TYPE_SSL). */
function proxyHeader(conn: TlsConn): Uint8Array<ArrayBuffer> {
  const { hostname, port } = conn.remoteAddr as Deno.NetAddr;
  const local = conn.localAddr as Deno.NetAddr;
  const { version = "", peerCertificates, authorization } = conn.info;
  const ipv4 = (address: string) => address.split(".").map(Number);
  const uint16 = (value: number) => [value >> 8, value & 0xff];
  const tlv = (type: number, value: Iterable<number>) => {
    const bytes = [...value];
    return [type, ...uint16(bytes.length), ...bytes];
  };
  const isVerified = authorization.status === "verified";
  const PP2_CLIENT_SSL = 1, PP2_CLIENT_CERT_CONN = 2;
  const commonName = peerCertificates[0]?.subjectName.get("CN") ?? "";
  const ssl = tlv(0x20, [
    PP2_CLIENT_SSL | (isVerified ? PP2_CLIENT_CERT_CONN : 0),
    ...[0, 0, 0, isVerified ? 0 : 1], // verify: zero if it was verified
    ...tlv(0x21, utf8.encode(version)),
    ...(isVerified ? tlv(0x22, utf8.encode(commonName)) : []),
  ]);
  const addresses = [
    ...[...ipv4(hostname), ...ipv4(local.hostname)],
    ...[...uint16(port), ...uint16(local.port)],
  ];
  const rest = [...addresses, ...ssl];
  // Version 2, command PROXY; TCP over IPv4.
  const head = [0x21, 0x11, ...uint16(rest.length)];
  return new Uint8Array([...SIGNATURE, ...head, ...rest]);
}

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const [{ cert, key }, alice] = [
  await issueCertificate({ names: ["localhost"], issuer: ca }),
  await issueCertificate({ names: ["alice.test"], issuer: ca }),
];

/** The plain server, which reads the header and echoes the rest. */
const backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const served = backend.accept().then(async (socket) => {
  const header = new Uint8Array(16);
  await socket.read(header);
  const rest = new Uint8Array(new DataView(header.buffer).getUint16(14));
  await socket.read(rest);
  const text = new TextDecoder("latin1").decode(rest.subarray(12));
  console.log("backend: client", rest.subarray(0, 4).join("."));
  console.log("backend:", text.includes("TLSv1.3") && "TLSv1.3");
  console.log("backend:", text.includes("alice.test") && "alice.test");
  await socket.readable.pipeTo(socket.writable);
});

const proxy = listen({
  hostname: "127.0.0.1",
  port: 0,
  cert,
  key,
  clientAuth: "require",
  trust: TrustStore.of(ca.cert),
});
const proxied = proxy.accept().then(async (conn) => {
  const socket = await Deno.connect({ port: backend.addr.port });
  await socket.write(proxyHeader(conn));
  await pipeDuplex(conn, socket);
});

const conn = await connect({
  hostname: "localhost",
  port: (proxy.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
  cert: alice.cert,
  key: alice.key,
});
await conn.write(utf8.encode("hello"));
await conn.closeWrite();
console.log("client:", await new Response(conn.readable).text());
await Promise.all([served, proxied]);
proxy.close();
backend.close();
