/** Pins, and trust on first use: `verify` has the last word on a verdict. */

import { connect, listen, type PeerVerdict } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const issued = await issueCertificate({ names: ["localhost"], issuer: ca });
const selfSigned = await issueCertificate({ names: ["localhost"] });

const pair = ({ cert, key }: typeof issued) => ({ cert, key });

/** A pin besides all else: of a key in the path, the authority's say. */
function pinned(spki: Uint8Array) {
  return ({ status, path }: PeerVerdict) =>
    status === "verified" &&
    path.some(({ publicKey }) => publicKey.spki.toHex() === spki.toHex());
}

/** In place of authorities: what was shown first stays, as with SSH. */
function onFirstUse(known: Map<string, string>) {
  return ({ chain: [leaf], serverName = "" }: PeerVerdict) => {
    const shown = leaf?.fingerprint("SHA-256");
    if (shown === undefined) return false; // a raw public key, or nothing
    if (!known.has(serverName)) known.set(serverName, shown);
    return known.get(serverName) === shown;
  };
}

const listener = listen({ hostname: "127.0.0.1", port: 0, ...pair(issued) });
const serving = (async () => {
  for await (const conn of listener) await conn.close();
})(); // until listener.close()

async function attempt(
  what: string,
  verify: (verdict: PeerVerdict) => boolean,
): Promise<void> {
  const { port } = listener.addr as Deno.NetAddr;
  const trust = TrustStore.of(ca.cert);
  try {
    await using _conn = await connect({
      hostname: "localhost",
      port,
      trust,
      verify,
    });
    console.log(`${what}: accepted`);
  } catch (error) {
    console.log(`${what}: ${error}`);
  }
}
await attempt("pin of the authority", pinned(ca.identity.key.publicKey.spki));
await attempt("pin of another", pinned(selfSigned.identity.key.publicKey.spki));
const known = new Map<string, string>();
await attempt("first use", onFirstUse(known));
await listener.setContext(pair(selfSigned));
await attempt("another certificate later", onFirstUse(known));
await attempt("first use of a self-signed one", onFirstUse(new Map()));
listener.close();
await serving;
