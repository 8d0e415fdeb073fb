/**
 * Drivers of PostgreSQL, unpatched, against the real server.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import pg from "pg";
import postgres from "postgres";
import { scramBinding } from "../../mod.ts";
import { toNodeSocket } from "../../node/mod.ts";
import { Certificate } from "../../x509/mod.ts";
import { clientIdentity } from "../interop/_peers/material.ts";
import { driverTests } from "./_drivers.ts";
import {
  connectPostgres,
  PASSWORD,
  postgresMissing,
  startPostgres,
} from "./_postgresql.ts";

let server: Awaited<ReturnType<typeof startPostgres>>;
if (postgresMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startPostgres();
    const db = new pg.Client({
      ...USER,
      stream: () => toNodeSocket(connectPostgres(server.port)),
    });
    await db.connect();
    await db.query('create role "client.test" login');
    await db.end();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

const USERS = Array.from({ length: 5 }, () => "client.test");
const USER = { user: "alice", password: PASSWORD, database: "postgres" };

driverTests({
  server: "PostgreSQL",
  missing: postgresMissing,
  tests: {
    async "pg authenticates with SCRAM-SHA-256-PLUS"() {
      const db = new pg.Client({
        ...USER,
        enableChannelBinding: true,
        stream: () => toNodeSocket(connectPostgres(server.port)),
      });
      await db.connect();
      const { rows } = await db.query(
        "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
      );
      assertEquals(rows, [{ ssl: true, version: "TLSv1.3" }]);
      await db.end();
    },

    async "pg is refused with the channel binding of another certificate"() {
      const [other] = Certificate.fromPem((await clientIdentity()).cert);
      const db = new pg.Client({
        ...USER,
        enableChannelBinding: true,
        stream: () => {
          const socket = toNodeSocket(connectPostgres(server.port));
          Object.assign(socket, { getPeerCertificate: () => other });
          return socket;
        },
      });
      await assertRejects(() => db.connect(), Error, "channel binding");
    },

    async "pg's pool reuses connections, with a client certificate"() {
      const { cert, key } = await clientIdentity();
      let connections = 0;
      const pool = new pg.Pool({
        user: "client.test",
        database: "postgres",
        max: 2,
        stream: () => {
          connections++;
          return toNodeSocket(connectPostgres(server.port, { cert, key }));
        },
      });
      const found = await Promise.all(
        [1, 2, 3, 4, 5].map(() => pool.query("select current_user as name")),
      );
      assertEquals(
        found.map(
          (result: { rows: { name: string }[] }) => result.rows[0]?.name,
        ),
        USERS,
      );
      assertEquals(connections, 2);
      await pool.end();
    },

    async "pg tells that a client certificate is missing"() {
      const db = new pg.Client({
        user: "client.test",
        database: "postgres",
        stream: () => toNodeSocket(connectPostgres(server.port)),
      });
      await assertRejects(() => db.connect(), Error, "certificate");
    },

    async "pg moves large rows both ways"() {
      const db = new pg.Client({
        ...USER,
        stream: () => toNodeSocket(connectPostgres(server.port)),
      });
      await db.connect();
      const text = "x".repeat(3_000_000);
      const { rows } = await db.query("select $1::text as text", [text]);
      assertEquals(rows[0].text.length, text.length);
      await db.end();
    },

    async "postgres takes a socket, and leaves none behind"() {
      const sockets: ReturnType<typeof toNodeSocket>[] = [];
      const options = {
        ...USER,
        max: 3,
        socket: () => {
          const socket = toNodeSocket(connectPostgres(server.port));
          sockets.push(socket);
          return new Promise((resolve) =>
            socket.once("secureConnect", () => resolve(socket))
          );
        },
      };
      const sql = postgres(options);
      const sums = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((n) => sql`select ${n}::int + 1 as sum`),
      );
      assertEquals(sums.map(([row]) => row?.sum), [2, 3, 4, 5, 6, 7]);
      const closed = sockets.map((socket) =>
        new Promise((resolve) => socket.once("close", resolve))
      );
      await sql.end();
      await Promise.all(closed);
      assertEquals(sockets.map(({ readyState }) => readyState), [
        "closed",
        "closed",
        "closed",
      ]);
    },

    async "scramBinding() finds the binding that PostgreSQL has"() {
      await using conn = await connectPostgres(server.port);
      const binding = scramBinding(conn, ["tls-server-end-point"]);
      assertEquals(binding.flag, "p=tls-server-end-point");
      assertEquals(binding.data?.length, 32);
    },
  },
});
