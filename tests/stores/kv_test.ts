import { assertEquals } from "@std/assert";

Deno.test("kvStore() keeps values in Deno KV, and one of many comparisons succeeds", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const script = new URL("./_kv.ts", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--unstable-kv", script, `${folder}/kv`],
    }).output();
    const decoder = new TextDecoder();
    assertEquals(
      decoder.decode(stdout).trim(),
      "checked",
      decoder.decode(stderr),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
