/** SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): a password bound to this connection. */

import { connect, listen, type TlsConn } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const utf8 = new TextEncoder();
const salt = crypto.getRandomValues(new Uint8Array(16));
const ITERATIONS = 4096;

async function hmac(key: BufferSource, text: BufferSource) {
  const usage = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", key, usage, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, text));
}

/** ClientKey of RFC 5802 section 3; the server keeps its hash, StoredKey. */
async function clientKey(password: string) {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8.encode(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const params = { name: "PBKDF2", hash: "SHA-256", salt };
  const salted = await crypto.subtle
    .deriveBits({ ...params, iterations: ITERATIONS }, key, 256);
  return await hmac(salted, utf8.encode("Client Key"));
}

/** What both sides sign: `c=` has the channel binding, so nobody can relay it. */
function authMessage(conn: TlsConn, nonce: string): Uint8Array<ArrayBuffer> {
  const binding = conn.channelBinding("tls-exporter"); // RFC 9266
  const c = new Uint8Array([
    ...utf8.encode("p=tls-exporter,,"),
    ...binding,
  ]).toBase64();
  const first = `r=${nonce},s=${salt.toBase64()},i=${ITERATIONS}`;
  return utf8.encode(`n=alice,r=${nonce},${first},c=${c},r=${nonce}`);
}

const xor = (a: Uint8Array, b: Uint8Array) =>
  a.map((byte, at) => byte ^ (b[at] ?? 0));
const sha256 = async (bytes: BufferSource) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
using listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
const accepted = listener.accept();
const conn = await connect({
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
});
const there = await accepted;
const nonce = crypto.randomUUID();

// The client's proof …
const secret = await clientKey("pencil");
const signature = await hmac(await sha256(secret), authMessage(conn, nonce));
await conn.write(xor(secret, signature));

// … and what the server finds, which has no more than StoredKey.
const storedKey = await sha256(await clientKey("pencil"));
const proof = new Uint8Array(32);
await there.read(proof);
const expected = await hmac(storedKey, authMessage(there, nonce));
const proven = await sha256(xor(proof, expected));
console.log("proof is right:", proven.toHex() === storedKey.toHex());

// A proof that was made for another connection is worth nothing here.
const elsewhere = await hmac(storedKey, utf8.encode("c=another binding"));
const relayed = await sha256(xor(proof, elsewhere));
console.log("relayed proof is right:", relayed.toHex() === storedKey.toHex());
await Promise.all([conn.close(), there.close()]);
