/**
 * The driver of MySQL, unpatched, against MariaDB behind a TLS terminator.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Duplex } from "node:stream";
import { Connection } from "mysql2";
import mysql from "mysql2/promise";
import {
  client,
  connect,
  listen,
  pipeDuplex,
  type TlsConn,
} from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { fromNodeSocket, toNodeSocket } from "../../node/mod.ts";
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

    async "mysql2 begins our TLS in the middle of its handshake"() {
      const conns: TlsConn[] = [];
      const options = {
        serverName: "peer.test",
        trust: await TrustStore.fromFile(`${server.folder}/ca.pem`),
      };
      using _ = startingTls((socket) => {
        const conn = client(fromNodeSocket(socket), options);
        conns.push(conn);
        return conn;
      });
      const { port } = server;
      const where = { ...USER, host: "127.0.0.1", port, ssl: {} };
      const db = await mysql.createConnection(where);
      const [[row]] = await db.query<mysql.RowDataPacket[]>(
        "show session status like 'Ssl_version'",
      );
      assertEquals(row?.Value, "TLSv1.3");
      const [[large]] = await db.execute<mysql.RowDataPacket[]>(
        "select repeat('x', 2000000) as text",
      );
      assertEquals(large?.text.length, 2_000_000);
      await db.end();
      const pool = mysql.createPool({ ...where, connectionLimit: 2 });
      await Promise.all([1, 2, 3, 4].map(() => pool.query("select sleep(0)")));
      await pool.end();
      assertEquals(conns.length, 3);
      for (const conn of conns) {
        assertEquals(conn.info.version, "TLSv1.3");
        await conn.closed;
      }
    },

    async "mysql2 fails where our TLS refuses the server"() {
      using _ = startingTls((socket) =>
        client(fromNodeSocket(socket), { serverName: "peer.test" })
      );
      const { port } = server;
      const error = await assertRejects(() =>
        mysql.createConnection({ ...USER, host: "127.0.0.1", port, ssl: {} })
      );
      const { code, cause } = error as { code?: unknown; cause?: unknown };
      assertEquals(code, "HANDSHAKE_SSL_ERROR");
      assertEquals((cause as { code?: unknown }).code, "unknown_issuer");
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

/** The recipe of docs/drivers.md, undone at the end. */
function startingTls(secure: (socket: Duplex) => TlsConn): Disposable {
  const prototype = Connection.prototype as unknown as StartsTls;
  const before = prototype.startTLS;
  prototype.startTLS = function (onSecure) {
    this.stream.removeAllListeners("data");
    const socket = toNodeSocket(secure(this.stream));
    let isSecure = false;
    socket.on("secureConnect", () => {
      isSecure = true;
      onSecure();
    });
    socket.on("error", (cause: Error) => {
      if (isSecure) this._handleNetworkError(cause);
      else onSecure(new Error(cause.message, { cause }));
    });
    socket.on("data", (data: Uint8Array) => this.packetParser.execute(data));
    this.stream = socket;
  };
  return {
    [Symbol.dispose]: () => void (prototype.startTLS = before),
  };
}

/** What the driver calls, and has there. */
interface StartsTls {
  stream: Duplex;
  readonly packetParser: { execute(data: Uint8Array): void };
  _handleNetworkError(error: Error): void;
  startTLS(onSecure: (error?: Error) => void): void;
}

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
