/**
 * What `serve()` cannot do without in this runtime, and nothing else: the calls
 * of the platform, by the fastest that there are, with no TLS around them. For
 * each connection: a key exchange, a signature, the HMACs of the key schedule and
 * an engine; for each request: two reads, two writes, one record opened and one
 * sealed. What comes in is plain HTTP.
 *
 * @module
 */

import {
  createCipheriv,
  createDecipheriv,
  diffieHellman,
  generateKeyPairSync,
} from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Serves on loopback; says on which port. */
export async function serveFloor(handler: Deno.ServeHandler): Promise<void> {
  const signing = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  );
  const folder = await Deno.makeTempDir();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  let last = 0;
  for await (const conn of listener) {
    conn.setNoDelay(true);
    const path = `${folder}/${++last}`;
    serveOne(conn, { key: signing.privateKey, path, handler }).catch(() => {});
  }
}

async function serveOne(
  conn: Deno.TcpConn,
  { key, path, handler }: {
    key: CryptoKey;
    path: string;
    handler: Deno.ServeHandler;
  },
): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  diffieHellman({ privateKey, publicKey });
  const sign = { name: "ECDSA", hash: "SHA-256" };
  await crypto.subtle.sign(sign, key, new Uint8Array(130));
  for (let at = 0; at < HMACS; at++) hmac(sha256, KEY, NONCE);
  const server = Deno.serve({ path, onListen: () => {} }, handler);
  const hop = await Deno.connect({ transport: "unix", path });
  Deno.removeSync(path);
  const up = async () => {
    const into = new Uint8Array(4096);
    let sealed: Sealed | undefined;
    for (let length = await conn.read(into); length !== null;) {
      const bytes = into.subarray(0, length);
      open(sealed ??= seal(bytes));
      await hop.write(bytes);
      length = await conn.read(into);
    }
    hop.close();
  };
  const down = async () => {
    const into = new Uint8Array(4096);
    for (let length = await hop.read(into); length !== null;) {
      seal(into.subarray(0, length));
      await conn.write(into.subarray(0, length));
      length = await hop.read(into);
    }
  };
  await Promise.allSettled([up(), down()]);
  conn.close();
  await server.shutdown();
}

interface Sealed {
  readonly bytes: Uint8Array;
  readonly tag: Uint8Array;
}

function seal(plaintext: Uint8Array): Sealed {
  const cipher = createCipheriv(CIPHER, KEY, NONCE, OPTIONS);
  cipher.setAAD(HEADER, { plaintextLength: plaintext.length });
  const bytes = cipher.update(plaintext);
  cipher.final();
  return { bytes, tag: cipher.getAuthTag() };
}

function open({ bytes, tag }: Sealed): Uint8Array {
  const decipher = createDecipheriv(CIPHER, KEY, NONCE, OPTIONS);
  decipher.setAAD(HEADER, { plaintextLength: bytes.length });
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(bytes);
  decipher.final();
  return plaintext;
}

const [KEY, NONCE, HEADER] = [
  new Uint8Array(32),
  new Uint8Array(12),
  new Uint8Array(5),
];
/** The faster one here, with which our suites begin in Deno. */
const CIPHER = "chacha20-poly1305";
const OPTIONS = { authTagLength: 16 };

/** Of a full handshake of TLS 1.3, tickets included. */
const HMACS = 24;
