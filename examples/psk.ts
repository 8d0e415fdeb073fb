/** External pre-shared keys: no certificate on either side. */

import { connect, listen } from "@x/tls";

const keys = new Map([
  ["sensor-7", crypto.getRandomValues(new Uint8Array(32))],
]);
const listener = listen({
  hostname: "127.0.0.1",
  port: 0,
  psk(identity, { remoteAddr }) {
    const name = new TextDecoder().decode(identity);
    console.log(`"${name}" from ${(remoteAddr as Deno.NetAddr).hostname}`);
    const key = keys.get(name);
    return key && { key };
  },
  pskIdentityHint: "sensors", // sent to clients of TLS 1.2
  onHandshakeError: (error) => console.log("server:", String(error)),
});
const serving = (async () => {
  for await (const conn of listener) await conn.close();
})(); // until listener.close()

const { port } = listener.addr as Deno.NetAddr;
for (const identity of ["sensor-7", "sensor-8"]) {
  const key = keys.get(identity) ?? new Uint8Array(32).fill(7);
  try {
    await using conn = await connect({ port, psk: { identity, key } });
    console.log(identity, "connected:", conn.info.version);
  } catch (error) {
    console.log(identity, "refused:", String(error));
  }
}
listener.close();
await serving;
