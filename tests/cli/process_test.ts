/**
 * The command line as a process of its own: pipes that break, and a terminal.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main, type Output } from "../../cli/main.ts";
import { missing, peersAreRequired } from "../interop/_peers/peer.ts";
import { authority, echo } from "./_servers.ts";

const PROGRAM = [
  Deno.execPath(),
  "run",
  "-A",
  new URL("../../cli/main.ts", import.meta.url).pathname,
];

Deno.test("the process pipes, and says in one sentence that its reader has gone", async () => {
  await using server = echo();
  await using folder = await temporaryFolder();
  const ca = `${folder.path}/ca.pem`;
  await Deno.writeTextFile(ca, authority.cert);
  const child = new Deno.Command(PROGRAM[0] ?? "", {
    args: [...PROGRAM.slice(1), "connect", server.at, "--ca-file", ca, "-q"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  await writer.write(new TextEncoder().encode("hello\n"));
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), "hello\n");
  await reader.cancel();
  await writer.write(new TextEncoder().encode("again\n"));
  const stderr = await new Response(child.stderr).text();
  const { code } = await child.status;
  assertEquals([code, stderr], [
    6,
    "error: Cannot write the output: its reader has gone\n",
  ]);
  await writer.close().catch(() => {});
});

Deno.test("the process ends behind the last line of its trace", async () => {
  await using server = echo();
  await using folder = await temporaryFolder();
  const ca = `${folder.path}/ca.pem`;
  await Deno.writeTextFile(ca, authority.cert);
  const options = ["--ca-file", ca, "--trace-fields", "--no-pipe", "--json"];
  const args = [...PROGRAM.slice(1), "connect", server.at, ...options];
  const { code, stderr } = await new Deno.Command(PROGRAM[0] ?? "", { args })
    .output();
  assertEquals(code, 0);
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assertEquals(lines.at(-1), "client -- closed");
});

Deno.test("main() ends behind the last line of a trace", async () => {
  await using server = echo();
  let written = "";
  let last = Promise.resolve();
  const stderr: Output = {
    isTerminal: false,
    columns: undefined,
    // As slow as a terminal that scrolls.
    write: (bytes) =>
      last = last.then(async () => {
        await new Promise((done) => setTimeout(done, 1));
        written += new TextDecoder().decode(bytes);
      }),
  };
  const stdout = { ...stderr, write: () => Promise.resolve() };
  const code = await main(
    [
      "connect",
      server.at,
      "--unsafely-ignore-certificate-errors",
      "--trace",
      "--no-pipe",
      "--json",
    ],
    { stdout, stderr },
  );
  assertEquals(code, 0);
  assertStringIncludes(written, "client -- closed\n");
});

const noScript = missing("script", ["--version"]);

Deno.test({
  name: `the process has a terminal: colours, lines that are typed, its end${
    noScript === undefined ? "" : ` (ignored: ${noScript})`
  }`,
  ignore: noScript !== undefined && !peersAreRequired(),
  async fn() {
    await using server = echo();
    await using folder = await temporaryFolder();
    const ca = `${folder.path}/ca.pem`;
    await Deno.writeTextFile(ca, authority.cert);
    const words = [...PROGRAM, "connect", server.at, "--ca-file", ca];
    // The terminal is made by script(1), which passes on what is typed.
    const child = new Deno.Command("script", {
      args: ["-qec", words.map(quoted).join(" "), "/dev/null"],
      stdin: "piped",
      stdout: "piped",
      env: { TERM: "xterm", NO_COLOR: "" },
    }).spawn();
    const writer = child.stdin.getWriter();
    let text = "";
    const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        async write(piece) {
          const before = text;
          text += piece;
          const says = (word: string) =>
            text.includes(word) && !before.includes(word);
          if (says("Verdict")) await writer.write(encode("typed\n"));
          // Control-D ends standard input.
          else if (
            /typed\r\ntyped/.test(text) && !/typed\r\ntyped/.test(before)
          ) {
            await writer.write(encode("\x04"));
          }
        },
      }),
    );
    const [{ code }] = await Promise.all([child.status, reading]);
    assertEquals(code, 0, text);
    assertStringIncludes(text, "\x1b[32mConnected\x1b[0m");
    assert(text.split("\r\n").every((line) => width(line) <= 100), text);
    await writer.close().catch(() => {});
  },
});

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function width(line: string): number {
  // deno-lint-ignore no-control-regex -- colours take no room
  return line.replace(/\x1b\[\d+m/g, "").length;
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
