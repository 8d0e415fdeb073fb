/**
 * The main job on real sockets: a server and clients of this module on
 * loopback, streams of some MiB both ways, and what it says when something is
 * wrong.
 *
 * ```sh
 * deno task demo                   # offline; ends after the last step
 * deno task demo example.com:443   # connects to a real host
 * ```
 *
 * @module
 */

import {
  client,
  connect,
  type ConnectionInfo,
  type Duplex,
  listen,
  server,
  SessionCache,
  TlsError,
  type TlsListener,
} from "../mod.ts";
import { issueCertificate, TrustStore } from "../x509/mod.ts";

/** The demo ends by then, whatever hangs. */
const TIME_LIMIT = 10_000;

if (import.meta.main) {
  const watchdog = setTimeout(() => {
    console.error("failed: the demo took longer than 10 s");
    Deno.exit(1);
  }, TIME_LIMIT);
  const failed = Deno.args[0] === undefined
    ? await loopback()
    : await remote(Deno.args[0]);
  clearTimeout(watchdog);
  if (failed) Deno.exit(1);
}

/** Runs one step. Returns whether it failed. */
async function step(
  name: string,
  run: () => Promise<string | ConnectionInfo>,
): Promise<boolean> {
  try {
    const outcome = await run();
    const text = typeof outcome === "string" ? outcome : describe(outcome);
    console.log(`ok      ${name}\n        ${text}`);
    return false;
  } catch (error) {
    console.error(`FAILED  ${name}\n        ${error}`);
    return true;
  }
}

/** What was negotiated, in a line. */
function describe(info: ConnectionInfo): string {
  const { version, cipherSuite, group, peerCertificates, authorization } = info;
  const [certificate] = peerCertificates;
  return [
    version,
    cipherSuite,
    group,
    certificate === undefined
      ? "no peer certificate"
      : `certificate ${certificate.subject} (${authorization.status})`,
    info.resumed ? "resumed" : "full handshake",
  ].join(", ");
}

/** All that needs no network. */
async function loopback(): Promise<boolean> {
  const ca = await issueCertificate({ names: ["Demo CA"], ca: true });
  const { cert, key } = await issueCertificate({
    names: ["localhost", "127.0.0.1"],
    issuer: ca,
  });
  const trust = TrustStore.of(ca.cert);
  const stranger = await issueCertificate({ names: ["Another CA"], ca: true });
  const strangers = TrustStore.of(stranger.cert);
  const listener = listen({ port: 0, hostname: "127.0.0.1", cert, key });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = echo(listener);
  console.log(`listening on 127.0.0.1:${port}\n`);

  const to = { hostname: "127.0.0.1", serverName: "localhost", port, trust };
  const sessionCache = new SessionCache();
  const failures = [
    await step("a file both ways through pipeTo", async () => {
      await using conn = await connect({ ...to, sessionCache });
      return `${describe(conn.info)}; ${await roundTrip(conn)}`;
    }),
    await step("a second connection resumes the first", async () => {
      await using conn = await connect({ ...to, sessionCache });
      if (!conn.info.resumed) throw new Error("it was not resumed");
      return conn.info;
    }),
    await step(
      "client() and server() over streams that are no sockets",
      () => overStreams(trust, { cert, key }),
    ),
    await step(
      "a certificate of an unknown authority is refused",
      () => refused(() => connect({ ...to, trust: strangers })),
    ),
    await step(
      "a certificate for another name is refused",
      () => refused(() => connect({ ...to, serverName: "example.com" })),
    ),
    await step("openssl s_client talks to it", () => openssl(port, ca.cert)),
  ];
  listener.close();
  await serving;
  return failures.includes(true);
}

/** Sends back what comes, on every connection. */
async function echo(listener: TlsListener): Promise<void> {
  for await (const conn of listener) {
    conn.readable.pipeTo(conn.writable).catch(() => {});
  }
}

/** Pipes a file of some MiB there and back, and compares. */
async function roundTrip(duplex: Duplex): Promise<string> {
  const path = await Deno.makeTempFile();
  try {
    const sent = new Uint8Array(8 * 2 ** 20);
    for (let at = 0; at < sent.length; at += 65536) {
      crypto.getRandomValues(sent.subarray(at, at + 65536));
    }
    await Deno.writeFile(path, sent);
    using file = await Deno.open(path);
    const [received] = await Promise.all([
      new Response(duplex.readable).bytes(),
      file.readable.pipeTo(duplex.writable),
    ]);
    if (
      received.length !== sent.length ||
      !received.every((byte, at) => byte === sent[at])
    ) throw new Error("what came back is not what was sent");
    return `${sent.length / 2 ** 20} MiB each way, equal`;
  } finally {
    await Deno.remove(path);
  }
}

/** TLS over two streams in memory. */
async function overStreams(
  trust: TrustStore,
  identity: { cert: string; key: string },
): Promise<ConnectionInfo> {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  await using right = server(
    { readable: up.readable, writable: down.writable },
    identity,
  );
  await using left = client(
    { readable: down.readable, writable: up.writable },
    { serverName: "localhost", trust },
  );
  right.readable.pipeTo(right.writable).catch(() => {});
  await left.write(new TextEncoder().encode("hello"));
  const bytes = new Uint8Array(16);
  const length = await left.read(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  if (text !== "hello") throw new Error(`"${text}" came back`);
  return left.info;
}

/** Expects a refusal, and gives its text. */
async function refused(dial: () => Promise<AsyncDisposable>): Promise<string> {
  let conn;
  try {
    conn = await dial();
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return `${error.name} ${error.code}, alert ${error.alert}: ${error.message}`;
  }
  await conn[Symbol.asyncDispose]();
  throw new Error("it was accepted");
}

/** A client that others wrote. */
async function openssl(port: number, ca: string): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await Deno.writeTextFile(path, ca);
    const args = [
      ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", path],
      ["-servername", "localhost", "-verify_hostname", "localhost"],
      ["-verify_return_error", "-brief", "-quiet"],
    ].flat();
    const child = new Deno.Command("openssl", {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("hello openssl\n"));
    const { value } = await child.stdout.values().next();
    await writer.close();
    child.kill();
    await child.status;
    if (new TextDecoder().decode(value) !== "hello openssl\n") {
      throw new Error(`no echo: ${await stderr}`);
    }
    const lines = (await stderr).split("\n")
      .filter((line) =>
        /^(Protocol|Ciphersuite|Verification|Server Temp Key|Negotiated)/.test(
          line,
        )
      );
    return lines.join(", ") || "echo of its line came back";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return "skipped: there is no openssl on PATH";
    }
    throw error;
  } finally {
    await Deno.remove(path);
  }
}

/** A real host: what is negotiated, and its first line of HTTP. */
async function remote(address: string): Promise<boolean> {
  const [, hostname = address, port = "443"] =
    /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  return await step(`connect to ${hostname}:${port}`, async () => {
    await using conn = await connect({
      hostname,
      port: Number(port),
      alpnProtocols: ["http/1.1"],
    });
    const request =
      `HEAD / HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`;
    await conn.write(new TextEncoder().encode(request));
    const bytes = new Uint8Array(256);
    const length = await conn.read(bytes) ?? 0;
    const [line] = new TextDecoder().decode(bytes.subarray(0, length))
      .split("\r\n");
    return `${describe(conn.info)}; ${line}`;
  });
}
