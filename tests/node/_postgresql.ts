/**
 * PostgreSQL, with TLS alone, and its request for TLS.
 *
 * @module
 */

import { client, type ClientOptions, type TlsConn } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { trust } from "../interop/_peers/material.ts";
import { missing, startProgram } from "./_programs.ts";

/** The folder of PostgreSQL's programs; empty if they are on PATH. */
const BIN = findPrograms();

/** Why there is no PostgreSQL, if so. */
export const postgresMissing = missing(`${BIN}postgres`, ["--version"]) ??
  missing(`${BIN}initdb`, ["--version"]) ??
  missing("setpriv", ["--version"]);

/** `alice` has a password, the user `client.test` a certificate. */
export function startPostgres(): ReturnType<typeof startProgram> {
  return startProgram({
    asNobody: true,
    ready: /ready to accept connections/g,
    prepare: async ({ folder }) => {
      await Deno.writeTextFile(`${folder}/password`, PASSWORD);
      await Deno.writeTextFile(`${folder}/hba.conf`, ACCESS);
    },
    before: ({ folder }) => [
      ...[`${BIN}initdb`, "--no-sync", "--pgdata", `${folder}/data`],
      ...["--username", "alice", "--pwfile", `${folder}/password`],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"],
    ],
    command: ({ folder, port }) => [
      ...[`${BIN}postgres`, "-D", `${folder}/data`, "-p", String(port)],
      ...settings({
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        fsync: "off",
        hba_file: `${folder}/hba.conf`,
        ssl: "on",
        ssl_ca_file: `${folder}/ca.pem`,
        ssl_cert_file: `${folder}/cert.pem`,
        ssl_key_file: `${folder}/key.pem`,
      }),
    ],
  });
}

/**
 * A connection of TLS with PostgreSQL: SSLRequest of its protocol first, which
 * the server answers with one byte. What followed that byte in the clear would
 * be a stranger's: TLS begins with it, and fails.
 */
export async function connectPostgres(
  port: number,
  options: ClientOptions = {},
): Promise<TlsConn> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(SSL_REQUEST);
  const answer = new Uint8Array(1);
  if (await socket.read(answer) !== 1 || answer[0] !== 0x53) {
    socket.close();
    throw new Error("PostgreSQL does not speak TLS");
  }
  const conn = client(socket, {
    serverName: "peer.test",
    trust: TrustStore.of((await trust()).pem),
    ...options,
  });
  await conn.handshake();
  return conn;
}

/** The password of `alice`. */
export const PASSWORD = "open sesame";

function findPrograms(): string {
  if (missing("postgres", ["--version"]) === undefined) return "";
  try {
    const versions = [...Deno.readDirSync("/usr/lib/postgresql")];
    const newest = versions.map(({ name }) => Number(name)).sort().at(-1);
    return `/usr/lib/postgresql/${newest}/bin/`;
  } catch {
    return "";
  }
}

function settings(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
}

const ACCESS = [
  "hostssl all alice all scram-sha-256",
  "hostssl all client.test all cert",
  "",
].join("\n");

/** Length 8, and the code 80877103 in the place of a version. */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);
