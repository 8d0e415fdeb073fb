/** OCSP staples and revocation lists. What is in `revocation/` OpenSSL made. */

import { connect, listen, TlsError, type TlsListener } from "@x/tls";
import { Crl, OcspResponse, TrustStore } from "@x/tls/x509";

const read = (name: string) =>
  Deno.readFile(new URL(`revocation/${name}`, import.meta.url));
const text = async (name: string) => new TextDecoder().decode(await read(name));
const now = () => new Date("2027-01-01T00:00:00Z"); // the files are of then

async function serve(name: string): Promise<TlsListener> {
  const pem = await text(`${name}.pem`); // certificate and key
  return listen({
    hostname: "127.0.0.1",
    port: 0,
    cert: pem,
    key: pem,
    // Asked for each handshake, so that a fresh one can take its place.
    onOcspRequest: async () =>
      name === "good" ? await read("good.ocsp") : undefined,
  });
}

const crls = [Crl.parse(await text("crl.pem"))];
const trust = TrustStore.of(await text("ca.pem"));
for (const name of ["good", "revoked"]) {
  using listener = await serve(name);
  const { port } = listener.addr as Deno.NetAddr;
  const to = { port, serverName: `${name}.test`, trust, now };
  for (const how of [{ crls }, { requireOcsp: true }]) {
    const what = `${name} ${Object.keys(how)}`;
    listener.accept().then((conn) => conn.close()).catch(() => {}); // or refused
    try {
      await using conn = await connect({ ...to, ...how });
      const { ocspResponse = new Uint8Array(), authorization } = conn.info;
      const [staple] = OcspResponse.parse(ocspResponse).responses;
      console.log(
        `${what}: ${authorization.status}, its staple is ${staple?.status}`,
      );
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      console.log(`${what}: ${error.code}: ${error.message}`);
    }
  }
}
