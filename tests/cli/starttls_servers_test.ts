/**
 * `--starttls` with the real servers: Dovecot, PostgreSQL, MariaDB, OpenLDAP,
 * vsftpd, and smtp-server of npm.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SMTPServer } from "smtp-server";
import { peersAreRequired } from "../interop/_peers/peer.ts";
import { serverIdentity, trust } from "../interop/_peers/material.ts";
import { postgresMissing, startPostgres } from "../node/_postgresql.ts";
import { missingOf, type Plan, startProgram } from "../node/_programs.ts";
import { runJson } from "./_run.ts";

/** A server, and what it speaks. */
interface Row {
  readonly name: string;
  readonly missing: string | undefined;
  readonly start: () => Promise<AsyncDisposable & { readonly port: number }>;
  readonly protocol: string;
}

const ROWS: readonly Row[] = [
  {
    name: "PostgreSQL",
    missing: postgresMissing,
    start: startPostgres,
    protocol: "postgres",
  },
  {
    name: "MariaDB",
    missing: missingOf("mariadbd", "mariadb-install-db", "setpriv"),
    start: () => startProgram(MARIADB),
    protocol: "mysql",
  },
  {
    name: "OpenLDAP",
    missing: missingOf("slapd", "setpriv"),
    start: () => startProgram(SLAPD),
    protocol: "ldap",
  },
  {
    name: "vsftpd",
    missing: missingOf("vsftpd"),
    start: () => startProgram(VSFTPD),
    protocol: "ftp",
  },
  {
    name: "Dovecot",
    missing: missingOf("dovecot"),
    start: () => startProgram(DOVECOT),
    protocol: "imap",
  },
  {
    name: "smtp-server",
    missing: undefined,
    start: startSmtp,
    protocol: "smtp",
  },
];

for (const { name, missing, start, protocol } of ROWS) {
  const isAbsent = missing !== undefined && !peersAreRequired();
  Deno.test({
    name: `--starttls ${protocol} talks to ${name}${
      isAbsent ? ` (ignored: ${missing})` : ""
    }`,
    ignore: isAbsent,
    // The programs have files and sockets of their own.
    sanitizeResources: false,
    async fn() {
      await using server = await start();
      const { file } = await trust();
      const { code, json } = await runJson([
        ...["connect", `127.0.0.1:${server.port}`, "--starttls", protocol],
        ...["--ca-file", file, "--server-name", "peer.test"],
      ]);
      assertEquals(code, 0, JSON.stringify(json.error));
      assertEquals(json.result.verdict.status, "verified");
    },
  });
}

const MARIADB: Plan = {
  asNobody: true,
  before: ({ folder }) => [
    ...["mariadb-install-db", "--no-defaults", "--skip-test-db"],
    ...[`--datadir=${folder}/data`, "--skip-name-resolve"],
    ...["--auth-root-authentication-method=normal"],
  ],
  command: ({ folder, port }) => [
    ...["mariadbd", "--no-defaults", `--datadir=${folder}/data`],
    ...[`--port=${port}`, "--bind-address=127.0.0.1", "--skip-name-resolve"],
    ...[`--socket=${folder}/mariadb.sock`, `--ssl-cert=${folder}/cert.pem`],
    ...[`--ssl-key=${folder}/key.pem`, `--ssl-ca=${folder}/ca.pem`],
  ],
};

const SLAPD: Plan = {
  asNobody: true,
  prepare: ({ folder }) =>
    Deno.writeTextFile(
      `${folder}/slapd.conf`,
      [
        "include /etc/ldap/schema/core.schema",
        `TLSCertificateFile ${folder}/cert.pem`,
        `TLSCertificateKeyFile ${folder}/key.pem`,
        "",
      ].join("\n"),
    ),
  command: ({ folder, port }) => [
    ...["slapd", "-d", "0", "-f", `${folder}/slapd.conf`],
    ...["-h", `ldap://127.0.0.1:${port}/`],
  ],
};

const VSFTPD: Plan = {
  prepare: async ({ folder, port }) => {
    await Deno.chmod(folder, 0o755);
    await Deno.mkdir(`${folder}/empty`, { mode: 0o755 });
    await Deno.writeTextFile(
      `${folder}/vsftpd.conf`,
      [
        "listen=YES",
        "background=NO",
        "listen_address=127.0.0.1",
        `listen_port=${port}`,
        `secure_chroot_dir=${folder}/empty`,
        "nopriv_user=nobody",
        "anonymous_enable=YES",
        "seccomp_sandbox=NO",
        "isolate=NO",
        "isolate_network=NO",
        "ssl_enable=YES",
        "allow_anon_ssl=YES",
        "ssl_ciphers=HIGH",
        `rsa_cert_file=${folder}/cert.pem`,
        `rsa_private_key_file=${folder}/key.pem`,
        "",
      ].join("\n"),
    );
  },
  command: ({ folder }) => ["vsftpd", `${folder}/vsftpd.conf`],
};

const DOVECOT: Plan = {
  prepare: async ({ folder, port }) => {
    await Deno.chmod(folder, 0o755);
    await Deno.writeTextFile(
      `${folder}/dovecot.conf`,
      `
      base_dir = ${folder}/run
      state_dir = ${folder}/state
      log_path = /dev/stderr
      protocols = imap
      listen = 127.0.0.1
      ssl = required
      ssl_cert = <${folder}/cert.pem
      ssl_key = <${folder}/key.pem
      default_login_user = nobody
      default_internal_user = nobody
      default_internal_group = nogroup
      passdb {
        driver = static
        args = password=x
      }
      userdb {
        driver = static
        args = uid=nobody gid=nogroup home=${folder}
      }
      service imap-login {
        inet_listener imap {
          port = ${port}
        }
        inet_listener imaps {
          port = 0
        }
      }
      `,
    );
  },
  command: ({ folder }) => ["dovecot", "-F", "-c", `${folder}/dovecot.conf`],
};

/** In this process. */
async function startSmtp(): Promise<
  AsyncDisposable & { readonly port: number }
> {
  const { cert, key } = await serverIdentity();
  const server = new SMTPServer({ cert, key, logger: false });
  server.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  const listening = server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = listening.address() as { port: number };
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => server.close(() => resolve())),
  };
}
