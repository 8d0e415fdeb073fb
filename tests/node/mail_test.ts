/**
 * Drivers of mail, unpatched: against Dovecot, and a server of SMTP from npm.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ImapFlow } from "imapflow";
import { Buffer } from "node:buffer";
import { text } from "node:stream/consumers";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { client, connect, type ConnectOptions } from "../../mod.ts";
import { type NodeSocket, toNodeSocket } from "../../node/mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { serverIdentity, trust } from "../interop/_peers/material.ts";
import { asSocket, driverTests } from "./_drivers.ts";
import { freePort, missingOf, startProgram } from "./_programs.ts";

const dovecotMissing = missingOf("dovecot") ??
  (Deno.uid() === 0 ? undefined : "no root, whom Dovecot wants");

let server: Awaited<ReturnType<typeof startDovecot>>;
if (dovecotMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startDovecot();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "Dovecot",
  missing: dovecotMissing,
  tests: {
    async "imapflow keeps and fetches a message"() {
      const imap = imapOver(await clientOptions());
      await imap.connect();
      const message = `Subject: hello\r\n\r\n${"line\r\n".repeat(50_000)}`;
      await imap.append("INBOX", Buffer.from(message));
      await imap.mailboxOpen("INBOX");
      const found = await imap.fetchOne("*", { envelope: true, source: true });
      if (found === false) throw new Error("There is no message");
      assertEquals(found.envelope?.subject, "hello");
      assertEquals(found.source?.length, message.length);
      await imap.logout();
    },

    async "imapflow tells that the server is another"() {
      const imap = imapOver({
        ...await clientOptions(),
        serverName: "other.test",
      });
      const error = await assertRejects(() => imap.connect());
      assertEquals(Reflect.get(Object(error), "code"), "hostname_mismatch");
    },
  },
});

driverTests({
  server: "smtp-server",
  missing: undefined,
  tests: {
    async "nodemailer sends over TLS from the first byte"() {
      await using smtp = await startSmtp(true);
      const options = await clientOptions();
      await send(smtp, toNodeSocket(connect({ ...options, port: smtp.port })));
      assertEquals(smtp.secured, ["TLSv1.3"]);
      assertEquals(smtp.messages.map((text) => text.length > 300_000), [true]);
    },

    async "nodemailer sends behind STARTTLS that we have asked for"() {
      await using smtp = await startSmtp(false);
      const socket = toNodeSocket(startTls(smtp.port));
      // The server greets once, and the driver waits for it.
      socket.unshift(Buffer.from("220 peer.test\r\n"));
      await send(smtp, socket);
      assertEquals(smtp.secured, ["TLSv1.3"]);
      assertEquals(smtp.messages.length, 1);
    },
  },
});

function imapOver(options: ConnectOptions): ImapFlow {
  return new ImapFlow({
    host: "peer.test",
    port: server.port,
    secure: true,
    auth: { user: "alice", pass: PASSWORD },
    logger: false,
    transport: {
      connect(_options: unknown, connected: () => void) {
        const socket = toNodeSocket(connect({ ...options, port: server.port }));
        socket.once("secureConnect", connected);
        return asSocket(socket);
      },
    },
  });
}

async function send(smtp: { port: number }, socket: NodeSocket): Promise<void> {
  const transport = createTransport({
    host: "peer.test",
    port: smtp.port,
    getSocket: (_options: unknown, callback: GotSocket) => {
      socket.once("error", callback);
      socket.once(
        "secureConnect",
        () => callback(null, { connection: asSocket(socket), secured: true }),
      );
    },
  });
  await transport.sendMail({
    from: "alice@a.test",
    to: "bob@b.test",
    subject: "hello",
    text: "line\n".repeat(70_000),
  });
  transport.close();
}

type GotSocket = (
  error: Error | null,
  options?: { connection: ReturnType<typeof asSocket>; secured: boolean },
) => void;

/**
 * STARTTLS of SMTP (RFC 3207). What comes behind the go-ahead in the same
 * segment is TLS, or it is an attacker's: it goes to TLS as `initialData`, which
 * refuses what is no record.
 */
async function startTls(port: number) {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await readReply(socket);
  await socket.write(new TextEncoder().encode("EHLO client.test\r\n"));
  await readReply(socket);
  await socket.write(new TextEncoder().encode("STARTTLS\r\n"));
  const initialData = await readReply(socket);
  return client(socket, { ...TLS_OPTIONS, ...await onlyTrust(), initialData });
}

/** Reads a whole reply, which may have lines; returns what came behind it. */
async function readReply(socket: Deno.Conn): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  while (true) {
    const end = /^\d{3} .*\r\n/m.exec(new TextDecoder("latin1").decode(bytes));
    if (end !== null) return bytes.subarray(end.index + end[0].length);
    const chunk = new Uint8Array(1024);
    const length = await socket.read(chunk);
    if (length === null) throw new Error("The server has gone");
    bytes = new Uint8Array([...bytes, ...chunk.subarray(0, length)]);
  }
}

interface Smtp extends AsyncDisposable {
  readonly port: number;
  /** The protocol version of each connection that a message came on. */
  readonly secured: string[];
  readonly messages: string[];
}

/** A server of npm over the TLS of the runtime. */
async function startSmtp(secure: boolean): Promise<Smtp> {
  const { cert, key } = await serverIdentity();
  const [secured, messages]: string[][] = [[], []];
  const smtp = new SMTPServer({
    secure,
    cert,
    key,
    authOptional: true,
    onData(stream, session, callback) {
      const { tlsOptions } = session as { tlsOptions?: { version?: string } };
      secured?.push(tlsOptions?.version ?? String(session.secure));
      text(stream).then((text) => {
        messages?.push(text);
        callback();
      });
    },
  });
  const port = freePort();
  await new Promise<void>((resolve) => smtp.listen(port, "127.0.0.1", resolve));
  return {
    port,
    secured: secured ?? [],
    messages: messages ?? [],
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
}

const TLS_OPTIONS = { serverName: "peer.test" };

async function onlyTrust(): Promise<{ trust: TrustStore }> {
  return { trust: TrustStore.of((await trust()).pem) };
}

async function clientOptions(): Promise<ConnectOptions> {
  return { hostname: "127.0.0.1", ...TLS_OPTIONS, ...await onlyTrust() };
}

function startDovecot(): ReturnType<typeof startProgram> {
  return startProgram({
    prepare: async ({ folder, port }) => {
      await Deno.chmod(folder, 0o755);
      await Deno.mkdir(`${folder}/mail`, { mode: 0o777 });
      await Deno.chmod(`${folder}/mail`, 0o777);
      await Deno.writeTextFile(
        `${folder}/dovecot.conf`,
        `
        base_dir = ${folder}/run
        state_dir = ${folder}/state
        log_path = /dev/stderr
        protocols = imap
        listen = 127.0.0.1
        ssl = required
        ssl_min_protocol = TLSv1.2
        ssl_cert = <${folder}/cert.pem
        ssl_key = <${folder}/key.pem
        mail_location = maildir:${folder}/mail/%u
        default_login_user = nobody
        default_internal_user = nobody
        default_internal_group = nogroup
        first_valid_uid = 1
        passdb {
          driver = static
          args = password=${PASSWORD}
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home=${folder}/mail/%u
        }
        service imap-login {
          inet_listener imap {
            port = 0
          }
          inet_listener imaps {
            port = ${port}
            ssl = yes
          }
        }
        `,
      );
    },
    command: ({ folder }) => ["dovecot", "-F", "-c", `${folder}/dovecot.conf`],
  });
}

const PASSWORD = "open-sesame";
