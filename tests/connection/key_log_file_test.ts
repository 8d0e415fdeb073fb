import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { keyLogFile } from "../../connection/key_log_file.ts";
import { connected } from "../_pair.ts";

const VARIABLE = "SSLKEYLOGFILE";

/** Runs a test with a directory of its own, and the variable set or not. */
async function within(
  test: (directory: string) => Promise<void> | void,
  value?: (directory: string) => string,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const before = Deno.env.get(VARIABLE);
  if (value === undefined) Deno.env.delete(VARIABLE);
  else Deno.env.set(VARIABLE, value(directory));
  try {
    await test(directory);
  } finally {
    if (before === undefined) Deno.env.delete(VARIABLE);
    else Deno.env.set(VARIABLE, before);
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("keyLogFile() appends the same lines at both ends, readable by the owner only", async () => {
  await within(async (directory) => {
    const path = `${directory}/keys.log`;
    const lines: string[] = [];
    for (const file of [path, new URL(`file://${path}`)]) {
      await using _ = await connected(
        { keyLog: keyLogFile(file) },
        { keyLog: (line) => lines.push(line) },
      );
    }
    const text = await Deno.readTextFile(path);
    assert(text.endsWith("\n"));
    assertEquals(text.trimEnd().split("\n").sort(), lines.sort());
    for (const line of lines) {
      assertMatch(line, /^[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]{64,}$/);
    }
    const { mode } = await Deno.stat(path);
    if (mode !== null) assertEquals(mode & 0o777, 0o600);
  });
});

Deno.test("keyLogFile() uses the path of SSLKEYLOGFILE", async () => {
  await within(async (directory) => {
    keyLogFile()("a line");
    assertEquals(
      await Deno.readTextFile(`${directory}/by-environment`),
      "a line\n",
    );
  }, (directory) => `${directory}/by-environment`);
});

Deno.test("keyLogFile() says where to is not said", async () => {
  await within(() => {
    assertThrows(() => keyLogFile(), TypeError, VARIABLE);
    assertThrows(() => keyLogFile(""), TypeError, VARIABLE);
    for (const none of [5, true, {}, ["keys.log"]]) {
      assertThrows(() => keyLogFile(none as never), TypeError, "a path");
    }
  });
  await within(
    () => void assertThrows(() => keyLogFile(), TypeError, VARIABLE),
    () => "",
  );
});
