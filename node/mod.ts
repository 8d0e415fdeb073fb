/**
 * Sockets for Node's drivers: a TLS connection as a `stream.Duplex` that looks
 * like a `tls.TLSSocket`, and a socket of `node:net` as a transport.
 *
 * @example A driver that takes a stream
 * ```ts
 * import { toNodeSocket } from "@x/tls/node";
 * import { client, server } from "@x/tls";
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 *
 * const ca = await issueCertificate({ names: ["Test CA"], ca: true });
 * const { cert, key } = await issueCertificate({ names: ["a.test"], issuer: ca });
 * const [up, down] = [new TransformStream(), new TransformStream()];
 * const there = toNodeSocket(
 *   server({ readable: up.readable, writable: down.writable }, { cert, key }),
 * );
 * const here = toNodeSocket(
 *   client(
 *     { readable: down.readable, writable: up.writable },
 *     { serverName: "a.test", trust: TrustStore.of(ca.cert) },
 *   ),
 * );
 * there.write("hello");
 * const [chunk] = await once(here, "data");
 * assertEquals(String(chunk), "hello");
 * assertEquals(here.authorized, true);
 * here.end();
 * await Promise.all([once(here, "close"), once(there, "close")]);
 * ```
 *
 * @module
 */

export type { Duplex } from "../connection/transport/duplex.ts";
export { fromNodeSocket } from "./from_node_socket.ts";
export type { AddressInfo, CipherInfo, EphemeralKeyInfo } from "./views.ts";
export {
  type NodeSocketOptions,
  type NodeSocketSource,
  toNodeSocket,
} from "./socket.ts";
export * from "./tls/mod.ts";
