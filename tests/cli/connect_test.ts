/**
 * `connect`, within this process.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { issueCertificate } from "../../x509/mod.ts";
import { run, runJson } from "./_run.ts";
import { echo, files, identity, plainServer } from "./_servers.ts";

Deno.test("connect pipes standard input, half-closes, and reports on standard error", async () => {
  await using server = echo({ alpnProtocols: ["h2", "http/1.1"] });
  const args = [
    "connect",
    server.at,
    "--ca-file",
    "ca.pem",
    "--alpn",
    "foo,h2",
  ];
  const { code, out, err } = await run(args, { files, stdin: "hello\n" });
  assertEquals([code, out], [0, "hello\n"]);
  assert(err.startsWith(`Connected to ${server.at} at ${server.at}\n`));
  for (
    const part of [
      "TLSv1.3",
      "X25519MLKEM768",
      "h2",
      "Certificate 0",
      "CN=Test CA",
      "Verdict: verified",
    ]
  ) assertStringIncludes(err, part);
});

Deno.test("connect --quiet prints the data alone", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--ca-file", "ca.pem", "-q"];
  const given = { files, stdin: "a\nb\r\n" };
  assertEquals(await run([...args, "--crlf"], given), {
    code: 0,
    out: "a\r\nb\r\n",
    err: "",
    files: new Map(),
  });
});

Deno.test("connect --json prints one object, and tries resumption", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--ca-file", "ca.pem", "--resume"];
  const { code, json } = await runJson(args, { files });
  assertEquals(code, 0);
  assertEquals(json.format, 1);
  assertEquals(json.command, "connect");
  assertEquals(json.error, null);
  const { connection, chain, verdict, resumption, address } = json.result;
  assertEquals(address, server.at);
  assertEquals(connection.version, "TLSv1.3");
  assertEquals(connection.resumed, true);
  assertEquals(chain[0].names, ["localhost", "ip:127.0.0.1"]);
  assertEquals(verdict.status, "verified");
  assertEquals(resumption, "resumed");
});

Deno.test("connect shows the chain that it refuses, with all reasons", async () => {
  const { cert, key } = await issueCertificate({
    names: ["other.test"],
    notBefore: new Date(0),
    notAfter: new Date(86_400_000),
  });
  await using server = echo({ cert, key });
  const human = await run(["connect", server.at]);
  assertEquals(human.code, 5);
  assertStringIncludes(human.out, "No connection to");
  assertStringIncludes(human.out, "Verdict: not verified");
  assertStringIncludes(human.err, "error: Cannot accept");
  const { code, json } = await runJson(["connect", server.at]);
  assertEquals([code, json.exitCode, json.error.kind], [5, 5, "certificate"]);
  const codes = json.result.verdict.errors.map(
    ({ code }: { code: string }) => code,
  );
  assertEquals(codes.sort(), [
    "certificate_expired",
    "hostname_mismatch",
    "unknown_issuer",
  ]);
  const anyway = ["connect", server.at, "--unsafely-ignore-certificate-errors"];
  const ignored = await runJson(anyway);
  assertEquals([ignored.code, ignored.json.result.verdict.status], [
    0,
    "unverified",
  ]);
});

Deno.test("connect keeps a session in a file, and offers it later", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--ca-file", "ca.pem"];
  const first = await run([...args, "--no-pipe", "--session-out", "s"], {
    files,
  });
  assertEquals(first.code, 0, first.err);
  const session = first.files.get("s") ?? new Uint8Array();
  assert(session.length > 100);
  const kept = { ...files, s: session };
  const { json } = await runJson([...args, "--session-in", "s"], {
    files: kept,
  });
  assertEquals(json.result.connection.resumed, true);
  const bad = await run([...args, "--session-in", "ca.pem"], { files });
  assertEquals(bad.code, 6);
  await using without = echo({ tickets: 0 });
  const none = await run([
    "connect",
    without.at,
    "--ca-file",
    "ca.pem",
    "--session-out",
    "s",
    "-q",
  ], { files });
  assertEquals(none.code, 4);
  assertStringIncludes(none.err, "the server gave none");
});

Deno.test("connect sends early data once, whether or not it is accepted early", async () => {
  for (const isAccepted of [true, false]) {
    await using server = echo(
      isAccepted ? { earlyData: {} } : {},
      async (conn) => {
        if (conn.info.earlyData === "accepted") {
          for await (const bytes of conn.earlyData) await conn.write(bytes);
        }
        await conn.readable.pipeTo(conn.writable);
      },
    );
    const args = ["connect", server.at, "--ca-file", "ca.pem", "--resume"];
    const { code, out, err } = await run([...args, "--early-data", "early"], {
      files: { ...files, early: "early, " },
      stdin: "late",
    });
    assertEquals([code, out], [0, "early, late"], err);
    assertEquals(/early data +accepted/.test(err), isAccepted, err);
  }
  const none = await run(["connect", "a.test", "--early-data", "ca.pem"], {
    files,
  });
  assertEquals(none.code, 2);
});

Deno.test("connect offers what it is given: version, group, certificate, key", async () => {
  const { cert, key } = identity;
  await using server = echo({
    clientAuth: "require",
    caCerts: [files["ca.pem"] ?? ""],
  });
  const args = ["connect", server.at, "--ca-file", "ca.pem", "--ca-only"];
  const ours = ["--cert", "cert.pem", "--key", "key.pem"];
  const { json } = await runJson([
    ...args,
    ...ours,
    "--max-version",
    "1.2",
    "--groups",
    "secp256r1",
    "--cipher-suites",
    "ECDHE+CHACHA20",
    "--server-name",
    "localhost",
  ], { files: { ...files, cert, key } });
  const { connection } = json.result;
  assertEquals(connection.version, "TLSv1.2");
  assertEquals(connection.group, "secp256r1");
  assertEquals(connection.opensslName, "ECDHE-ECDSA-CHACHA20-POLY1305");
  assertEquals(connection.serverName, "localhost");
  assertEquals(connection.clientCertificate, "CN=localhost");
  // TLS 1.3 refuses behind the handshake, where the pipe reads it.
  const none = await run([...args], { files, stdin: "hello" });
  assertEquals(none.code, 4);
  assertStringIncludes(none.err, "certificate");
});

Deno.test("connect has pre-shared keys, from a file or a variable", async () => {
  const psk = Uint8Array.from({ length: 32 }, (_, at) => at);
  const hex = psk.toHex();
  await using server = echo({
    psk: (identity) =>
      new TextDecoder().decode(identity) === "me" ? { key: psk } : undefined,
  });
  const args = ["connect", server.at, "--psk-identity", "me", "--psk"];
  for (const source of ["file:k", "env:K"]) {
    const { code, json } = await runJson([...args, source], {
      files: { k: `${hex}\n` },
      variables: { K: hex },
    });
    assertEquals(code, 0);
    assertEquals(json.result.connection.pskIdentity, "6d65");
    assertEquals(json.result.chain, []);
  }
  const open = await run([...args, hex], {});
  assertEquals(open.code, 2);
  assertStringIncludes(open.err, "file:PATH or env:NAME");
});

Deno.test("connect logs keys where SSLKEYLOGFILE says, and traces", async () => {
  await using server = echo();
  const path = await Deno.makeTempFile();
  try {
    const args = [
      "connect",
      server.at,
      "--ca-file",
      "ca.pem",
      "--trace-fields",
    ];
    const { code, err } = await run(args, {
      files,
      variables: { SSLKEYLOGFILE: path },
    });
    assertEquals(code, 0);
    assertStringIncludes(err, "client -> client_hello");
    assertStringIncludes(err, "client <-       supported_versions: TLSv1.3\n");
    const log = await Deno.readTextFile(path);
    assertStringIncludes(log, "CLIENT_TRAFFIC_SECRET_0 ");
    await run(["why", server.at, "--ca-file", "ca.pem"], {
      files,
      variables: { SSLKEYLOGFILE: path },
    });
    assert((await Deno.readTextFile(path)).length > log.length);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("connect goes through a proxy, over a unix socket, and by a family", async () => {
  await using server = echo();
  await using proxy = plainServer(async (socket) => {
    const request = new Uint8Array(1024);
    const length = await socket.read(request);
    const text = new TextDecoder().decode(request.subarray(0, length ?? 0));
    if (!text.startsWith(`CONNECT 127.0.0.1:${server.port} `)) {
      await socket.write(
        new TextEncoder().encode("HTTP/1.1 403 Forbidden\r\n\r\n"),
      );
      return socket.close();
    }
    await socket.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    const behind = await Deno.connect({ port: server.port });
    await Promise.all([
      socket.readable.pipeTo(behind.writable),
      behind.readable.pipeTo(socket.writable),
    ]);
  });
  const trust = ["--ca-file", "ca.pem"];
  const by = ["--proxy", `http://${proxy.at}`];
  const through = await run(["connect", server.at, ...trust, ...by], {
    files,
    stdin: "by proxy",
  });
  assertEquals([through.code, through.out], [0, "by proxy"]);
  const forbidden = await run(["connect", "a.test", ...trust, ...by], {
    files,
  });
  assertEquals(forbidden.code, 3);
  assertStringIncludes(forbidden.err, "403 Forbidden");

  const four = await run([
    "connect",
    `localhost:${server.port}`,
    "-4",
    ...trust,
  ], {
    files,
    stdin: "four",
  });
  assertEquals([four.code, four.out], [0, "four"], four.err);

  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  try {
    await using _ = echo({ path, hostname: undefined, port: undefined });
    const unix = ["connect", "localhost", "--unix", path, ...trust];
    const { code, out } = await run(unix, { files, stdin: "unix" });
    assertEquals([code, out], [0, "unix"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
