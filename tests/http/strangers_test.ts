import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LoopbackEngine } from "../../http/loopback_engine.ts";
import { UnixEngine } from "../../http/unix_engine.ts";
import { until } from "./_server.ts";

const OPTIONS = { automaticCompression: false };
const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 127.0.0.1\r\n\r\n",
);

async function read(
  conn: { read(into: Uint8Array): Promise<number | null> },
): Promise<string> {
  const into = new Uint8Array(4096);
  const length = await conn.read(into) ?? 0;
  return new TextDecoder().decode(into.subarray(0, length));
}

Deno.test("LoopbackEngine answers none but its own connections", async () => {
  const engine = new LoopbackEngine(OPTIONS);
  let asked = 0;
  const answer = () => (asked++, new Response("secret"));
  const own = await engine.open(answer);
  for (const hostname of ["127.0.0.1", "localhost"]) {
    using stranger = await Deno.connect({ hostname, port: engine.addr.port });
    await stranger.write(REQUEST);
    const text = await read(stranger);
    assertStringIncludes(text, "HTTP/1.1 403 ");
    assertEquals(text.includes("secret"), false);
  }
  assertEquals(asked, 0);
  await own.write(REQUEST);
  assertStringIncludes(await read(own), "secret");
  assertEquals(asked, 1);
  own.close();
  await engine.shutdown();
});

Deno.test("LoopbackEngine answers a connection by its own function", async () => {
  const engine = new LoopbackEngine(OPTIONS);
  const hops = await Promise.all(
    Array.from(
      { length: 8 },
      (_, at) => engine.open(() => new Response(`<${at}>`)),
    ),
  );
  for (const [at, hop] of hops.entries()) {
    await hop.write(REQUEST);
    assertStringIncludes(await read(hop), `<${at}>`);
    hop.close();
  }
  await engine.shutdown();
});

Deno.test("LoopbackEngine does not use a connection that it got while it shut down", async () => {
  const engine = new LoopbackEngine(OPTIONS);
  const { connect } = Deno;
  let shutdown: Promise<void> | undefined;
  try {
    Deno.connect = (async (options: Deno.ConnectOptions) => {
      const conn = await connect(options);
      shutdown = engine.shutdown();
      return conn;
    }) as typeof connect; // of its overloads, the one that is called
    await assertRejects(
      () => engine.open(() => new Response("secret")),
      Deno.errors.BadResource,
    );
  } finally {
    Deno.connect = connect;
  }
  await shutdown;
});

Deno.test("UnixEngine goes on when its folder was removed", () =>
  withTempDir(async (folder) => {
    const engine = new UnixEngine(OPTIONS);
    const opening = engine.open(() => new Response("first"));
    Deno.removeSync(folder, { recursive: true });
    Deno.mkdirSync(folder);
    await opening.then((hop) => hop.close(), () => {});
    const hop = await engine.open(() => new Response("second"));
    await hop.write(REQUEST);
    assertStringIncludes(await read(hop), "second");
    hop.close();
    await engine.shutdown();
  }));

Deno.test("UnixEngine leaves nothing that a stranger could find", () =>
  withTempDir(async (folder) => {
    const engine = new UnixEngine(OPTIONS);
    const opening = engine.open(() => new Response("secret"));
    const [{ name } = { name: "" }, ...others] = [...Deno.readDirSync(folder)];
    assertEquals(others, []);
    // While it is there, nobody else may enter.
    const { mode } = Deno.statSync(`${folder}/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o700);
    const hop = await opening;
    assertEquals([...Deno.readDirSync(`${folder}/${name}`)], []);
    await hop.write(REQUEST);
    assertStringIncludes(await read(hop), "secret");
    hop.close();
    await engine.shutdown();
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("UnixEngine removes its folder when the process exits", () =>
  withTempDir(async (folder) => {
    const engine = new URL("../../http/unix_engine.ts", import.meta.url);
    const program = `
      import { UnixEngine } from "${engine.href}";
      const engine = new UnixEngine({ automaticCompression: false });
      await engine.open(() => new Response());
      console.log([...Deno.readDirSync("${folder}")].length);
      Deno.exit();`;
    const path = `${await Deno.makeTempDir({ dir: folder })}/program.ts`;
    await Deno.writeTextFile(path, program);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", path],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "2");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("UnixEngine removes a folder that it does not use", () =>
  withTempDir(async (folder) => {
    const engine = new UnixEngine(OPTIONS);
    const hop = await engine.open(() => new Response("first"));
    await until(() => [...Deno.readDirSync(folder)].length === 0);
    const next = await engine.open(() => new Response("second"));
    await next.write(REQUEST);
    assertStringIncludes(await read(next), "second");
    hop.close();
    next.close();
    await engine.shutdown();
  }));

/** Runs a test with a folder of its own for what is temporary. */
async function withTempDir(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", folder);
  try {
    await test(folder);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(folder, { recursive: true });
  }
}
