/** Sessions that outlive the process: a client's file, a server's store. */

import { connect, listen, Session } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
// Stands for Redis and its kin; with several servers behind one name.
const rows = new Map<string, Uint8Array>();
const listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  cert,
  key,
  maxVersion: "TLSv1.2", // sessions by ID are of TLS 1.2 and below
  tickets: 0,
  sessionIdContext: "example",
  sessionStore: {
    get: (id) => Promise.resolve(rows.get(id)),
    set: (id, session) => Promise.resolve(rows.set(id, session)),
    delete: (id) => Promise.resolve(rows.delete(id)),
  },
});
const serving = (async () => {
  for await (const conn of listener) conn.close(); // the next may come
})(); // until listener.close()

const to = {
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
};
const path = await Deno.makeTempFile(); // as secret as a key
const first = await connect({
  ...to,
  onSession: (session) => Deno.writeFileSync(path, session.export()),
});
console.log("first:", first.info.resumed, "rows in the store:", rows.size);
const second = await connect({
  ...to,
  session: Session.import(await Deno.readFile(path)),
});
console.log("second:", second.info.resumed, second.info.version);
await Promise.all([first.close(), second.close(), Deno.remove(path)]);
listener.close();
await serving;
