/**
 * A machine of a fleet, as a program: a TLS server at a port that all machines
 * share, with ticket keys in Redis.
 *
 * Arguments: the port, that of Redis, the number of the machine, and a folder
 * with `ca.pem`, `cert.pem` and `key.pem`. It answers each client with its own
 * number and the client's name. A line of input sets the clock forward by that
 * many seconds.
 *
 * @module
 */

import { createClient } from "redis";
import { listen, type TlsConn } from "../../mod.ts";
import { sharedTicketKeys } from "../../stores/fleet.ts";
import { redisStore } from "../../stores/redis.ts";
import { TrustStore } from "../../x509/mod.ts";

const [port = "", redisPort, machine, folder] = Deno.args;
const redis = createClient({
  url: `redis://127.0.0.1:${redisPort}`,
  disableOfflineQueue: true,
});
redis.on("error", () => {});
await redis.connect();

let offset = 0;
const now = () => Date.now() + offset;
await using ticketKeys = await sharedTicketKeys({
  store: redisStore((words) => redis.sendCommand(words)),
  secret: new Uint8Array(32).fill(7),
  timeout: 300,
  now,
  onError: (error) => say(`error: ${error.message}`),
});
const listener = listen({
  hostname: "127.0.0.1",
  port: Number(port),
  reusePort: true,
  cert: await Deno.readTextFile(`${folder}/cert.pem`),
  key: await Deno.readTextFile(`${folder}/key.pem`),
  clientAuth: "require",
  trust: await TrustStore.fromFile(`${folder}/ca.pem`),
  ticketKeys,
  onHandshakeError: (error) => say(`handshake: ${error}`),
});
say("ready");

const commands = readCommands();
for await (const conn of listener) answer(conn).catch(() => {});
await commands;
redis.destroy();

async function answer(conn: TlsConn): Promise<void> {
  const name = conn.info.peerCertificates[0]?.subjectName.get("CN");
  await conn.write(new TextEncoder().encode(`${machine} ${name}`));
  await conn.close();
}

async function readCommands(): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const line of lines) {
    offset += Number(line) * 1000;
    await ticketKeys.refresh();
    say(`at ${offset}`);
  }
  listener.close();
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
