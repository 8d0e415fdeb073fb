/** The key log, the trace and the events: for debugging, never in production. */

import { connect, keyLogFile, listen } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

const ca = await issueCertificate({ names: ["Example CA"], ca: true });
const { cert, key } = await issueCertificate({
  names: ["localhost"],
  issuer: ca,
});
using listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
const accepted = listener.accept();
const path = await Deno.makeTempFile(); // SSLKEYLOGFILE is the default
const conn = await connect({
  hostname: "localhost",
  port: (listener.addr as Deno.NetAddr).port,
  trust: TrustStore.of(ca.cert),
  keyLog: keyLogFile(path), // Wireshark decrypts a capture with it
  trace: (line) => console.log("trace:", line),
  onEvent: (event, { id }) => {
    if (event.type === "key_change") console.log(id, event.direction, "keys");
  },
});
const there = await accepted;
for (const line of (await Deno.readTextFile(path)).trim().split("\n")) {
  console.log("key log:", line.split(" ")[0]);
}
await Promise.all([conn.close(), there.close()]);
await Deno.remove(path);
