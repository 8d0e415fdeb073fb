/**
 * Early data (RFC 9846 section 2.3) with OpenSSL, GnuTLS, NSS and rustls. Their
 * clients connect once for a ticket, and once more with early data.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  connect,
  createFetch,
  listen,
  type Session,
  SessionCache,
  type TlsConn,
  type TlsListener,
} from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { gnutlsMissing } from "./_peers/gnutls.ts";
import {
  serverIdentity,
  temporaryFolder,
  trust,
  writeFile,
} from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { opensslMissing } from "./_peers/openssl.ts";
import { missing } from "./_peers/peer.ts";
import { listeningPort } from "./_peers/port.ts";
import { PeerProcess } from "./_peers/process.ts";
import { rustlsMissing, rustlsProgram } from "./_peers/rustls.ts";

const EARLY = "EARLY-BYTES";
/** tstclnt says how to use it, and fails. */
const nssMissing = missing("sh", ["-c", "tstclnt -h 2>&1 | cat"], /Usage/);

if (opensslMissing !== undefined) absent("early data", opensslMissing);
else {
  test("OpenSSL → own", async () => {
    await using server = await ownServer();
    const { port } = server;
    const session = `${temporaryFolder()}/early-session.pem`;
    const start = (...more: string[]) =>
      new PeerProcess("openssl", [
        ...["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_3"],
        ...more,
      ]);
    await using first = start("-sess_out", session);
    await server.serve(first, "none");
    await using second = start(
      ...["-sess_in", session, "-early_data", earlyFile()],
    );
    await server.serve(second, "accepted");
    await second.said(/^Early data was accepted$/gm);
  });

  test("own → OpenSSL", async () => {
    const { certFile, keyFile } = await serverIdentity();
    await using server = new PeerProcess("openssl", [
      ...["s_server", "-accept", "127.0.0.1:0", "-early_data", "-tls1_3"],
      ...["-cert", certFile, "-key", keyFile],
    ]);
    const [, port] = await server.said(/^ACCEPT .*:(\d+)$/gm);
    await ownClient(Number(port), async () => {
      await server.said(/^End of early data$/gm);
      await server.said(new RegExp(`^${EARLY}$`, "gm"));
    });
  });

  test("createFetch() → OpenSSL", async () => {
    const { certFile, keyFile } = await serverIdentity();
    await using server = new PeerProcess("openssl", [
      ...["s_server", "-accept", "127.0.0.1:0", "-early_data", "-tls1_3"],
      ...["-cert", certFile, "-key", keyFile],
    ]);
    const [, port] = await server.said(/^ACCEPT .*:(\d+)$/gm);
    const sessionCache = new SessionCache();
    const options = {
      trust: TrustStore.of((await trust()).pem),
      earlyData: true,
      sessionCache,
    };
    for (const path of ["/first", "/early"]) {
      const fetch = createFetch(options);
      const response = fetch(`https://localhost:${port}${path}`);
      await server.said(new RegExp(`^GET ${path} HTTP/1.1`, "gm"));
      await server.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      assertEquals(await (await response).text(), "ok");
      // OpenSSL forgets the session of a connection that is cut off.
      await fetch.close();
    }
    await server.said(/^Early data received:$/gm);
  });
}

if (gnutlsMissing !== undefined) absent("early data", gnutlsMissing);
else {
  test("GnuTLS → own", async () => {
    await using server = await ownServer();
    // -r connects twice; the second time with early data.
    await using client = new PeerProcess("gnutls-cli", [
      ...["-r", "--earlydata", earlyFile(), "--x509cafile"],
      ...[(await trust()).file, "--verify-hostname", "localhost"],
      ...["-p", `${server.port}`, "127.0.0.1"],
    ]);
    await server.serve(undefined, "none");
    await server.serve(client, "accepted");
    await client.said(/^\*\*\* This is a resumed session$/gm);
  });

  test("own → GnuTLS", async () => {
    const { certFile, keyFile } = await serverIdentity();
    await using server = new PeerProcess("gnutls-serv", [
      ...["--echo", "--earlydata", "--maxearlydata", "16384"],
      ...["--x509certfile", certFile, "--x509keyfile", keyFile],
      ...["-p", "0"],
    ]);
    await server.said(/^HTTP Server listening.*|^Echo Server listening.*/gm);
    await ownClient(await listeningPort(server.pid), async () => {
      // It does not show what came early.
      await server.said(/^\*\*\* This is a resumed session$/gm);
    });
  });
}

if (nssMissing !== undefined) absent("early data", nssMissing);
else {
  test("NSS → own", async () => {
    // tstclnt may read ServerHello before it writes: then nothing comes early.
    let isEarly = false;
    for (let nth = 0; nth < 10 && !isEarly; nth++) isEarly = await visitOfNss();
    assertEquals(isEarly, true);
  });
}

if (rustlsMissing !== undefined) absent("early data", rustlsMissing);
else {
  test("rustls → own", async () => {
    await using server = await ownServer();
    await using client = new PeerProcess(rustlsProgram, [
      ...["role=client", `port=${server.port}`, "servername=localhost"],
      ...[`ca=${(await trust()).file}`, "resume=true", `early=${EARLY}`],
    ]);
    await server.serve(undefined, "none");
    await server.serve(client, "accepted");
    await client.said(/"resumed":true.*"earlyAccepted":true/g);
  });

  test("own → rustls", async () => {
    const { certFile, keyFile } = await serverIdentity();
    await using server = new PeerProcess(rustlsProgram, [
      ...["role=server", `cert=${certFile}`, `key=${keyFile}`],
      "maxearly=16384",
    ]);
    const [, port] = await server.said(/"port":(\d+)/g);
    // It takes the second connection when it has ended the first.
    const first = server.said(/"established"/g).then(() => server.write("q"));
    await ownClient(Number(port), async () => {
      await first;
      await server.said(new RegExp(`"resumed":true.*"early":"${EARLY}`, "g"));
    });
  });
}

/** Whether the second connection of tstclnt had its bytes in early data. */
async function visitOfNss(): Promise<boolean> {
  await using server = await ownServer();
  // -L 2 connects twice, -o accepts any certificate.
  await using client = new PeerProcess("tstclnt", [
    ...["-4", "-h", "localhost", "-p", `${server.port}`, "-D", "-o", "-Z"],
    ...["-L", "2", "-A", earlyFile(), "-V", "tls1.3:tls1.3"],
  ]);
  await server.serve(undefined, "none");
  return await server.serve(client, "accepted", { mayBeLate: true });
}

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`early data, ${name}`, UNSANITIZED, () => attempt(run));
}

function earlyFile(): string {
  return writeFile("early.txt", EARLY);
}

/** Our server, for one client after another. */
class OwnServer implements AsyncDisposable {
  readonly #listener: TlsListener;
  readonly #open: TlsConn[] = [];

  constructor(listener: TlsListener) {
    this.#listener = listener;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /**
   * Answers early data before all else; the client shows the answer.
   *
   * @returns Whether it came early, or there was to be none.
   */
  async serve(
    client: PeerProcess | undefined,
    earlyData: "none" | "accepted",
    { mayBeLate = false } = {},
  ): Promise<boolean> {
    const conn = await this.#listener.accept();
    this.#open.push(conn);
    assertEquals(conn.info.earlyData, earlyData);
    const early = await new Response(conn.earlyData).text();
    if (mayBeLate && early === "") return false;
    assertEquals(early, earlyData === "accepted" ? EARLY : "");
    await conn.write(new TextEncoder().encode(`answer to "${early}"\n`));
    await client?.said(new RegExp(`answer to "${early}"$`, "gm"));
    assertEquals((await conn.handshake()).resumed, earlyData === "accepted");
    conn.close();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) conn.abort();
    await Promise.all(this.#open.map(({ closed }) => closed));
  }
}

async function ownServer(): Promise<OwnServer> {
  const { cert, key } = await serverIdentity();
  return new OwnServer(
    listen({ hostname: "127.0.0.1", port: 0, cert, key, earlyData: {} }),
  );
}

/** Our client, twice. */
async function ownClient(
  port: number,
  arrived: () => Promise<void>,
): Promise<void> {
  const got = Promise.withResolvers<Session>();
  const options = {
    hostname: "127.0.0.1",
    serverName: "localhost",
    port,
    trust: TrustStore.of((await trust()).pem),
    earlyData: new TextEncoder().encode(`${EARLY}\n`),
    onSession: got.resolve,
  };
  const first = await connect(options);
  assertEquals(first.info.earlyData, "none");
  // A ticket comes before data, or nobody reads it.
  const reading = first.read(new Uint8Array(1)).catch(() => {});
  const session = await got.promise;
  first.abort();
  await reading;
  const second = await connect({ ...options, session });
  assertEquals(second.info.earlyData, "accepted");
  await arrived();
  second.abort();
}
