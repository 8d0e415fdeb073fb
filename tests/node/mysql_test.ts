/**
 * The driver of MySQL, unpatched, against MariaDB behind a TLS terminator.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import mysql from "mysql2/promise";
import { connect, listen, pipeDuplex } from "../../mod.ts";
import { toNodeSocket } from "../../node/mod.ts";
import { clientOptions, serverOptions } from "../_pair.ts";
import { driverTests } from "./_drivers.ts";
import { missingOf, startProgram } from "./_programs.ts";

const mariadbMissing = missingOf("mariadbd", "mariadb-install-db", "setpriv");

let server: Awaited<ReturnType<typeof startMariadb>>;
if (mariadbMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startMariadb();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "MariaDB",
  missing: mariadbMissing,
  tests: {
    async "mysql2 runs over TLS that pipeDuplex() ends before the server"() {
      await using terminator = await startTerminator();
      const dial = terminator.dial;
      const db = await mysql.createConnection({ ...USER, stream: dial });
      const [[row]] = await db.execute<mysql.RowDataPacket[]>(
        "select ? + 1 as sum, repeat('x', 2000000) as text",
        [41],
      );
      assertEquals(Number(row?.sum), 42);
      assertEquals(row?.text.length, 2_000_000);
      await db.end();
    },

    async "mysql2 begins TLS of its own over our connection"() {
      // TLS of the runtime destroys what it runs over, which sends no
      // close_notify.
      await using terminator = await startTerminator({ isCut: true });
      const db = await mysql.createConnection({
        ...USER,
        stream: terminator.dial,
        ssl: { ca: await Deno.readTextFile(`${server.folder}/ca.pem`) },
      });
      const [[row]] = await db.query<mysql.RowDataPacket[]>(
        "show session status like 'Ssl_version'",
      );
      assertMatch(row?.Value, /^TLSv1\.[23]$/);
      const [[large]] = await db.execute<mysql.RowDataPacket[]>(
        "select repeat('x', 2000000) as text",
      );
      assertEquals(large?.text.length, 2_000_000);
      await db.end();
    },

    async "mysql2's pool closes what it opened"() {
      await using terminator = await startTerminator();
      const pool = mysql.createPool({
        ...USER,
        connectionLimit: 2,
        stream: terminator.dial,
      });
      const found = await Promise.all(
        [1, 2, 3, 4].map((n) =>
          pool.query<mysql.RowDataPacket[]>(`select ${n} as n`)
        ),
      );
      assertEquals(found.map(([[row]]) => row?.n), [1, 2, 3, 4]);
      await pool.end();
      assertEquals(terminator.count(), 2);
    },
  },
});

const USER = { user: "alice", password: "open sesame", database: "test" };

/** TLS in front of the server, which speaks plain on a socket of its own. */
async function startTerminator({ isCut = false } = {}): Promise<
  AsyncDisposable & {
    dial: () => ReturnType<typeof toNodeSocket>;
    count: () => number;
  }
> {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
  });
  const piping: Promise<void>[] = [];
  const serving = (async () => {
    for await (const conn of listener) {
      const path = `${server.folder}/mariadb.sock`;
      const backend = await Deno.connect({ transport: "unix", path });
      piping.push(pipeDuplex(conn, backend));
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const options = { hostname: "127.0.0.1", port, ...await clientOptions() };
  return {
    dial: () => toNodeSocket(connect(options)),
    count: () => piping.length,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      if (isCut) await Promise.allSettled(piping);
      else await Promise.all(piping);
    },
  };
}

function startMariadb(): ReturnType<typeof startProgram> {
  return startProgram({
    asNobody: true,
    prepare: async ({ folder }) => {
      await Deno.writeTextFile(
        `${folder}/init.sql`,
        `create database test;
         create user '${USER.user}'@'%' identified by '${USER.password}';
         grant all on test.* to '${USER.user}'@'%';`,
      );
    },
    before: ({ folder }) => [
      ...["mariadb-install-db", "--no-defaults", "--skip-test-db"],
      ...[`--datadir=${folder}/data`, "--skip-name-resolve"],
      ...["--auth-root-authentication-method=normal"],
    ],
    command: ({ folder, port }) => [
      ...["mariadbd", "--no-defaults", `--datadir=${folder}/data`],
      ...[`--port=${port}`, "--bind-address=127.0.0.1"],
      ...[`--socket=${folder}/mariadb.sock`, `--init-file=${folder}/init.sql`],
      ...["--skip-name-resolve", "--max-allowed-packet=16M"],
      ...[`--ssl-cert=${folder}/cert.pem`, `--ssl-key=${folder}/key.pem`],
    ],
  });
}
