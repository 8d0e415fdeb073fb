/**
 * Hosts that do not answer, speak something else or never end, and outputs that
 * nobody reads: a sentence and an exit code each.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Command, Option } from "commander";
import { denoSystem } from "../../cli/deno.ts";
import { makeProgram } from "../../cli/program.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { run, runJson } from "./_run.ts";
import { echo, files, keepOpen, plainServer } from "./_servers.ts";

Deno.test("arguments that are wrong exit with 2, before anything is dialled", async () => {
  for (
    const args of [
      ["conect", "a.test"],
      ["connect"],
      ["connect", "a.test", "b.test"],
      ["connect", "a.test", "--no-such-option"],
      ["connect", "a.test", "--starttls", "gopher"],
      ["connect", "a.test", "--min-version", "SSLv3"],
      ["connect", "a.test", "--timeout", "soon"],
      ["connect", "a.test", "--groups", "x25518"],
      ["connect", "a.test", "--cert", "cert.pem"],
      ["connect", "a.test", "--psk-identity", "me"],
      ["connect", "a.test", "--ca-only"],
      ["connect", "a.test", "--proxy", "ftp://a.test"],
      ["connect", "a.test", "-4", "-6"],
      ["connect", "a.test", "-4", "--unix", "s"],
      ["connect", "a.test:0"],
      ["connect", "a.test:99999"],
      ["connect", "a b"],
      ["connect", ""],
      ["connect", "a..b", "--unix", "/no/such/path"],
    ]
  ) {
    const { code, out, err } = await run(args, { files });
    assertEquals([code, out], [2, ""], args.join(" "));
    assert(err.startsWith("error: "), err);
    // The groups that there are take four lines.
    assert(err.trimEnd().split("\n").length <= 4, err);
  }
  const { code, json } = await runJson(["connect", "a b"]);
  assertEquals([code, json.error.kind], [2, "usage"]);
});

Deno.test("an option takes no other option and no host as its value in silence", async () => {
  const page = await run(["connect", "a.test", "--page", "--crlf"], { files });
  assertEquals(page.code, 2);
  assertStringIncludes(
    page.err,
    "Cannot use --page: expected <file>, got the option --crlf",
  );
  const host = await run(["connect", "--page", "a.test"], { files });
  assertEquals(host.code, 2);
  assertStringIncludes(
    host.err.replace(/\s+/g, " "),
    `Missing required argument 'host': "a.test" is the value of --page`,
  );
  // This one has no value.
  const json = await runJson(["cert", "diff", "--json", "a.pem"], { files });
  assertStringIncludes(json.json.error.message, "argument 'after'. See");
});

Deno.test("no option has a value that may be left out", () => {
  // Such a one takes the argument that follows for its value.
  const program = makeProgram(() => () => Promise.resolve(), {
    width: 80,
    say: () => {},
  });
  const options = allOptions(program);
  assert(options.length > 100, `${options.length} options`);
  assertEquals(
    options.filter(({ optional, variadic }) => optional || variadic),
    [],
  );
});

function allOptions({ options, commands }: Command): readonly Option[] {
  return [...options, ...commands.flatMap(allOptions)];
}

Deno.test("a file that cannot be written is noticed before the work begins", async () => {
  for (const option of ["--page", "--session-out", "--key-log"]) {
    await using server = plainServer(() => Promise.resolve());
    const { code, err } = await run(["connect", server.at, option, "x"], {
      unwritable: "x",
    });
    assertEquals([code, err], [
      6,
      `error: Cannot write "x": the operating system denies access\n`,
    ]);
  }
  for (
    const [unwritable = "", ...args] of [
      ["a.html", "handshake-page", "--out", "a.html"],
      ["d/ca-key.pem", "ca", "init", "--out", "d"],
      ["b", "ech", "make", "a.test", "--out", "a", "--config-out", "b"],
      ["k", "serve", "--port", "0", "--key-log", "k"],
    ]
  ) {
    const { code, err, files } = await run(args, { unwritable });
    assertEquals([code, files.size], [6, 0], args.join(" ") + err);
    assertStringIncludes(err, `Cannot write "${unwritable}"`);
  }
});

Deno.test("one file for two outputs is refused before the work begins", async () => {
  for (
    const args of [
      ["ech", "make", "a.test", "--out", "a", "--config-out", "./a", "--force"],
      ["connect", "a.test", "--page", "b//a", "--session-out", "./b/./a"],
    ]
  ) {
    const { code, err, files } = await run(args);
    assertEquals([code, files.size], [2, 0], err);
    assertStringIncludes(err, "twice: name another file");
  }
});

Deno.test("a folder that cannot be made is named", async () => {
  const path = await Deno.makeTempFile();
  try {
    const { makeFolder } = denoSystem;
    const args = ["ca", "init", "--out", path];
    const { code, err } = await run(args, { makeFolder });
    assertEquals(code, 6);
    assertStringIncludes(
      err.replace(/\s+/g, " "),
      `Cannot make the folder "${path}": it is a file`,
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the check of a file changes nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { checkWritable } = denoSystem;
    await checkWritable(`${folder}/new`);
    await Deno.writeTextFile(`${folder}/old`, "text");
    await checkWritable(`${folder}/old`, { replace: true });
    await assertRejects(
      () => checkWritable(`${folder}/old`),
      Deno.errors.AlreadyExists,
    );
    await assertRejects(
      () => checkWritable(`${folder}/none/new`),
      Deno.errors.NotFound,
    );
    await assertRejects(() => checkWritable(folder, { replace: true }));
    if (Deno.build.os !== "windows") {
      // It leads to a file that writing makes.
      await Deno.symlink(`${folder}/new`, `${folder}/link`);
      await checkWritable(`${folder}/link`, { replace: true });
      await assertRejects(() => checkWritable(`${folder}/link`));
      await Deno.remove(`${folder}/link`);
    }
    const names = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(names.map(({ name }) => name), ["old"]);
    assertEquals(await Deno.readTextFile(`${folder}/old`), "text");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("files that are not there or hold something else exit with 6", async () => {
  for (
    const args of [
      ["--ca-file", "no/such/file"],
      ["--session-in", "no/such/file"],
      ["--passphrase", "file:no/such/file", "--pfx", "key.pem"],
      ["--crl-file", "cert.pem"],
      ["--ca-file", "key.pem"],
    ]
  ) {
    const { code, err } = await run(["connect", "127.0.0.1:1", ...args], {
      files,
    });
    assertEquals(code, 6, args.join(" ") + err);
  }
});

Deno.test("keys that do not open or do not match exit with 6", async () => {
  await using server = echo();
  const other = await issueCertificate({ names: ["other"] });
  const locked = await Deno.readTextFile(
    new URL("../x509/testdata/keys/ec.pbes2.pem", import.meta.url),
  );
  const given = { files: { ...files, "other.key": other.key, locked } };
  const args = ["connect", server.at, "--ca-file", "ca.pem"];
  const mismatch = await runJson(
    [...args, "--cert", "cert.pem", "--key", "other.key"],
    given,
  );
  assertEquals([mismatch.code, mismatch.json.error.code], [6, "key_mismatch"]);
  const closed = await runJson(
    [...args, "--cert", "cert.pem", "--key", "locked"],
    given,
  );
  assertEquals([closed.code, closed.json.error.code], [
    6,
    "passphrase_required",
  ]);
  const host = await run(["cert", "inspect", "www.example.com"]);
  assertEquals(host.code, 6);
  assertStringIncludes(
    host.err.replaceAll("\n", " "),
    "For a server write www.example.com:443",
  );
});

Deno.test("hosts without a server or a name exit with 3", async () => {
  const port = freedPort();
  const refused = await runJson(["connect", `127.0.0.1:${port}`]);
  assertEquals(refused.code, 3);
  assertEquals(refused.json.error.code, "connection_refused");
  for (const family of [[], ["-4"], ["-6"]]) {
    const args = ["connect", "no-such-host.invalid", ...family];
    const { code, json } = await runJson(args);
    assertEquals([code, json.error.code], [3, "no_such_host"]);
  }
  const unix = await runJson(["connect", "a.test", "--unix", "/no/such/path"]);
  assertEquals([unix.code, unix.json.error.code], [3, "no_such_socket"]);
});

Deno.test("a host that is silent, or speaks something else, is named", async () => {
  await using silent = plainServer(async (socket) => {
    const buffer = new Uint8Array(4096);
    while (await socket.read(buffer) !== null);
  });
  const late = await runJson(["connect", silent.at, "--timeout", "0.2"]);
  assertEquals([late.code, late.json.error.code], [3, "handshake_timeout"]);
  for (
    const [said, name] of [
      ["HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"],
      ["SSH-2.0-OpenSSH_9.9\r\n", "SSH"],
      ["220 mail.test ESMTP\r\n", "SMTP"],
    ]
  ) {
    await using other = plainServer(async (socket) => {
      await socket.write(new TextEncoder().encode(said));
      await socket.read(new Uint8Array(2048));
    });
    const { code, json } = await runJson(["connect", other.at]);
    assertEquals([code, json.error.code], [4, "not_tls"]);
    assertStringIncludes(json.error.message, name ?? "");
  }
  await using gone = plainServer((socket) => {
    socket.close();
    return Promise.resolve();
  });
  const closed = await run(["connect", gone.at]);
  assert([3, 4].includes(closed.code));
});

Deno.test("a server that never ends is read until the reader has gone", async () => {
  await using endless = echo();
  let total = 0;
  const { code, err } = await run(
    ["connect", endless.at, "--ca-file", "ca.pem", "-q"],
    {
      files,
      stdin: {
        isTerminal: false,
        read: (into) => Promise.resolve(into.length),
      },
      onOutput: (text) => {
        total += text.length;
        if (total > 300_000) throw new Deno.errors.BrokenPipe("gone");
      },
    },
  );
  assertEquals(code, 6);
  assertEquals(err, "error: Cannot write the output: its reader has gone\n");
});

Deno.test("a terminal that is closed, and a server that stays, end the pipe", async () => {
  await using server = echo();
  const args = ["connect", server.at, "--ca-file", "ca.pem"];
  const closed = await run([...args, "-q"], {
    files,
    isTerminal: true,
    stdin: {
      isTerminal: true,
      read: () => Promise.reject(new Error("Input/output error (os error 5)")),
    },
  });
  assertEquals(closed.code, 6);
  assertStringIncludes(closed.err, "Cannot read standard input");

  await using staying = echo({ allowHalfOpen: true }, keepOpen);
  const left = await run([...args.with(1, staying.at), "--timeout", "0.2"], {
    files,
  });
  assertEquals(left.code, 0);
  assertStringIncludes(left.err, "sent nothing for 0.2 s");
});

Deno.test("colours are for terminals, and not where NO_COLOR is", async () => {
  const args = ["connect", `127.0.0.1:${freedPort()}`];
  const red = "\x1b[31m";
  assert((await run(args, { isTerminal: true })).err.includes(red));
  for (
    const given of [
      {},
      { isTerminal: true, variables: { NO_COLOR: "1" } },
      { isTerminal: true, variables: { TERM: "dumb" } },
    ]
  ) assert(!(await run(args, given)).err.includes("\x1b"));
  const flagged = await run([...args, "--no-color"], { isTerminal: true });
  assert(!flagged.err.includes("\x1b"));
});

/** A port at which nothing listens. */
function freedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}
