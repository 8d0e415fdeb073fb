/**
 * Connections to measure, of either kind, and the process at their other end.
 *
 * @module
 */

import { connect, type ConnectOptions, type TlsConn } from "../mod.ts";
import { issueCertificate, TrustStore } from "../x509/mod.ts";
import { CBC_SUITES } from "./peer.ts";

/** What both kinds of connection have. */
export type Conn = TlsConn | Deno.TlsConn;

/** Which connections: ours, the native ones, or variants of our own. */
export type Kind = "ours" | "native" | keyof typeof variants;

/** Our connections that are compared with one another. */
const variants = {
  "1.3 GCM": { cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
  "1.2 GCM": {
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  },
  "1.3 ChaCha20": { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] },
  "1.2 ChaCha20": {
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
  },
  // The group of both, as TLS 1.2 has no hybrids; and our server, as the native
  // one's flights wait for acknowledgements in TLS 1.2.
  "1.3 x25519": {
    ownPeer: true,
    minVersion: "TLSv1.3",
    groups: ["x25519", "secp256r1"],
  },
  "1.2 x25519": {
    ownPeer: true,
    maxVersion: "TLSv1.2",
    groups: ["x25519", "secp256r1"],
  },
  "own peer, GCM": {
    ownPeer: true,
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  },
  "own peer, CBC with SHA-1": {
    ownPeer: true,
    cipherSuites: [CBC_SUITES[0]],
  },
  "own peer, CBC with SHA-256": {
    ownPeer: true,
    cipherSuites: [CBC_SUITES[1]],
  },
} as const satisfies Record<
  string,
  Partial<ConnectOptions> & { ownPeer?: boolean }
>;

export const folder = await Deno.makeTempDir();
export const ca = await issueCertificate({ names: ["Bench CA"], ca: true });
export const leaf = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
/** A chain of RSA: the client verifies two signatures of it, one each time. */
const rsaCa = await issueCertificate({
  names: ["Bench RSA CA"],
  ca: true,
  keyType: "rsa-2048",
});
const rsaLeaf = await issueCertificate({
  names: ["localhost"],
  issuer: rsaCa,
  keyType: "rsa-2048",
});
const trust = TrustStore.of(ca.cert);
await Deno.writeTextFile(`${folder}/ca.pem`, ca.cert);
await Deno.writeTextFile(`${folder}/cert.pem`, leaf.cert);
await Deno.writeTextFile(`${folder}/key.pem`, leaf.key);
await Deno.writeTextFile(`${folder}/rsa_ca.pem`, rsaCa.cert);
await Deno.writeTextFile(`${folder}/rsa_cert.pem`, rsaLeaf.cert);
await Deno.writeTextFile(`${folder}/rsa_key.pem`, rsaLeaf.key);

const peer = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "--quiet",
    new URL("./peer.ts", import.meta.url).href,
    folder,
  ],
  stdin: "piped",
  stdout: "piped",
}).spawn();
export const answers = peer.stdout.pipeThrough(new TextDecoderStream())
  .getReader();
export const orders = peer.stdin.getWriter();
export const [port = 0, ownPeerPort = 0, rsaPort = 0] =
  (await answers.read()).value
    ?.split(" ").map(Number) ?? [];

export async function dial(kind: Kind): Promise<Conn> {
  if (kind !== "native") {
    const { ownPeer = false, ...variant } = kind === "ours"
      ? {}
      : { ownPeer: false, ...variants[kind] };
    return await connect({
      ...variant,
      hostname: "127.0.0.1",
      serverName: "localhost",
      port: ownPeer ? ownPeerPort : port,
      trust,
    });
  }
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  tcp.setNoDelay(true);
  return await Deno.startTls(tcp, {
    hostname: "localhost",
    caCerts: [ca.cert],
  });
}

/** As `Deno.connectTls` comes: with Nagle's algorithm. */
export async function dialAsShipped(): Promise<Conn> {
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  return conn;
}

export async function close(conn: Conn): Promise<void> {
  try {
    await conn.close();
  } catch {
    // Native: its stream has closed it already.
  }
}

/** Ends the other process and this one. */
export async function end(): Promise<never> {
  peer.kill();
  await Deno.remove(folder, { recursive: true });
  Deno.exit(0);
}
