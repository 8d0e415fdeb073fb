/**
 * The driver of FTP, unpatched, against vsftpd, with TLS on both connections.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "basic-ftp";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import {
  client,
  type ClientOptions,
  SessionCache,
  type TlsConn,
} from "../../mod.ts";
import { type NodeSocket, toNodeSocket } from "../../node/mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { trust } from "../interop/_peers/material.ts";
import { asSocket, driverTests } from "./_drivers.ts";
import { missingOf, startProgram } from "./_programs.ts";

const vsftpdMissing = missingOf("vsftpd") ??
  (Deno.uid() === 0 ? undefined : "no root, whom vsftpd wants");

let server: Awaited<ReturnType<typeof startVsftpd>>;
if (vsftpdMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startVsftpd();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "vsftpd",
  missing: vsftpdMissing,
  tests: {
    async "basic-ftp moves files, on data connections that resume the session"() {
      const options = await clientOptions(new SessionCache(10));
      const ftp = await ftpOver(options);
      const body = "f".repeat(1_000_000);
      await ftp.uploadFrom(Readable.from([body]), "up/file");
      const into = new PassThrough();
      const [read] = await Promise.all([
        text(into),
        ftp.downloadTo(into, "up/file"),
      ]);
      assertEquals(read.length, body.length);
      const names = (await ftp.list("up")).map(({ name }) => name);
      assertEquals(names, ["file"]);
      ftp.close();
    },

    async "basic-ftp is refused on a data connection that resumes nothing"() {
      const ftp = await ftpOver(await clientOptions(undefined));
      await assertRejects(() => ftp.list("/"));
      ftp.close();
    },
  },
});

/** A client whose both connections are ours. */
async function ftpOver(options: ClientOptions): Promise<Client> {
  const ftp = new Client();
  const socket = asSocket(toNodeSocket(authTls(options)));
  ftp.ftp.socket = socket;
  Object.assign(ftp.ftp, { _newSocket: () => dataSocket(options) });
  await ftp.login("anonymous", "guest");
  await ftp.useDefaultSettings();
  await ftp.send("PBSZ 0");
  await ftp.send("PROT P");
  return ftp;
}

/** AUTH TLS of RFC 4217 section 4. */
async function authTls(options: ClientOptions): Promise<TlsConn> {
  const socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: server.port,
  });
  await readLine(socket);
  await socket.write(new TextEncoder().encode("AUTH TLS\r\n"));
  const initialData = await readLine(socket);
  return client(socket, { ...options, initialData });
}

/**
 * A data connection. The server begins its handshake behind the command that
 * uses the connection, so that the driver must not wait for the handshake: it
 * is connected when TCP is.
 */
function dataSocket(options: ClientOptions): NodeSocket {
  const opened = Promise.withResolvers<TlsConn>();
  const socket = toNodeSocket(opened.promise);
  const connect = (address: Address, connected: () => void) => {
    const { host: hostname, port } = address;
    Deno.connect({ hostname, port }).then((tcp) => {
      opened.resolve(client(tcp, options));
      connected();
    }, opened.reject);
    return socket;
  };
  return Object.assign(socket, { connect });
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads one line; returns what came behind it. */
async function readLine(socket: Deno.Conn): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  while (true) {
    const end = bytes.indexOf(0x0a);
    if (end >= 0) return bytes.subarray(end + 1);
    const chunk = new Uint8Array(1024);
    const length = await socket.read(chunk);
    if (length === null) throw new Error("The server has gone");
    bytes = new Uint8Array([...bytes, ...chunk.subarray(0, length)]);
  }
}

async function clientOptions(
  sessionCache: SessionCache | undefined,
): Promise<ClientOptions> {
  return {
    serverName: "peer.test",
    trust: TrustStore.of((await trust()).pem),
    sessionCache,
  };
}

function startVsftpd(): ReturnType<typeof startProgram> {
  return startProgram({
    prepare: async ({ folder, port }) => {
      await Deno.chmod(folder, 0o755);
      await Deno.mkdir(`${folder}/empty`, { mode: 0o755 });
      await Deno.mkdir(`${folder}/root`, { mode: 0o755 });
      await Deno.mkdir(`${folder}/root/up`);
      await Deno.chmod(`${folder}/root/up`, 0o777);
      await Deno.writeTextFile(
        `${folder}/vsftpd.conf`,
        [
          "listen=YES",
          "background=NO",
          "listen_address=127.0.0.1",
          `listen_port=${port}`,
          "pasv_address=127.0.0.1",
          `secure_chroot_dir=${folder}/empty`,
          "nopriv_user=nobody",
          "ftp_username=ftp",
          "anonymous_enable=YES",
          `anon_root=${folder}/root`,
          "no_anon_password=YES",
          "write_enable=YES",
          "anon_upload_enable=YES",
          "anon_umask=022",
          "chown_uploads=NO",
          // Where a container lets it make no namespaces.
          "seccomp_sandbox=NO",
          "isolate=NO",
          "isolate_network=NO",
          "ssl_enable=YES",
          "allow_anon_ssl=YES",
          "force_anon_logins_ssl=YES",
          "force_anon_data_ssl=YES",
          "require_ssl_reuse=YES",
          "ssl_ciphers=HIGH",
          `rsa_cert_file=${folder}/cert.pem`,
          `rsa_private_key_file=${folder}/key.pem`,
          "",
        ].join("\n"),
      );
    },
    command: ({ folder }) => ["vsftpd", `${folder}/vsftpd.conf`],
  });
}
