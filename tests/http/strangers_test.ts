import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Hop } from "../../http/engine.ts";
import { LoopbackEngine } from "../../http/loopback_engine.ts";
import { UnixEngine } from "../../http/unix_engine.ts";

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

Deno.test("UnixEngine leaves no path that a stranger could find", async () => {
  const engine = new UnixEngine(OPTIONS);
  await withDials(async (dials) => {
    const opening = engine.open(() => new Response("secret"));
    // Neither does a process leave one that is killed from here on.
    assertEquals(dials.map(isThere), [false]);
    // While it was there, nobody else could enter.
    assertEquals(dials[0]?.mode, 0o700);
    assertEquals(await answerOf(await opening), "secret");
  });
  await engine.shutdown();
});

Deno.test("UnixEngine waits for dials in a runtime that does not dial at once", async () => {
  const engine = new UnixEngine(OPTIONS);
  await withDials(async (dials) => {
    for (const body of ["first", "second"]) {
      assertEquals(
        await answerOf(await engine.open(() => new Response(body))),
        body,
      );
    }
    // The first of them found nothing, and was made again.
    assertEquals(dials.length, 3);
    assertEquals(dials.map(isThere), [false, false, false]);
  }, () => Promise.resolve());
  await engine.shutdown();
});

Deno.test("UnixEngine makes each of many sockets again in a runtime that does not dial at once", async () => {
  const engine = new UnixEngine(OPTIONS);
  const bodies = ["first", "second", "third"];
  await withDials(async (dials) => {
    const hops = await Promise.all(
      bodies.map((body) => engine.open(() => new Response(body))),
    );
    assertEquals(await Promise.all(hops.map(answerOf)), bodies);
    assertEquals(dials.map(isThere), dials.map(() => false));
  }, () => Promise.resolve());
  await engine.shutdown();
});

Deno.test("UnixEngine has its sockets on the disk if it has none in memory", async () => {
  const engine = new UnixEngine(OPTIONS);
  const { makeTempDirSync } = Deno;
  Deno.makeTempDirSync = (options) => {
    if (options?.dir !== undefined) throw new Deno.errors.NotFound();
    return makeTempDirSync(options);
  };
  try {
    await withDials(async (dials) => {
      const opening = engine.open(() => new Response("answer"));
      assertEquals(dials.map(isThere), [false]);
      assertEquals(dials[0]?.path.startsWith("/dev/"), false);
      assertEquals(await answerOf(await opening), "answer");
    });
  } finally {
    Deno.makeTempDirSync = makeTempDirSync;
  }
  await engine.shutdown();
});

Deno.test("UnixEngine tells why a connection was not opened", async () => {
  const engine = new UnixEngine(OPTIONS);
  await withDials(async (dials) => {
    const error = await assertRejects(
      () => engine.open(() => new Response()),
      Deno.errors.NotFound,
    );
    assertStringIncludes(error.message, "none");
    assertEquals(dials.map(isThere), [false, false]);
  }, () => Promise.reject(new Deno.errors.NotFound("none")));
  await engine.shutdown();
});

/** A dial of a unix socket. */
interface Dial {
  readonly path: string;
  /** Of the folder. */
  readonly mode: number;
}

/** Runs a test which sees what is dialled, after what `delay` waits for. */
async function withDials(
  test: (dials: readonly Dial[]) => Promise<void>,
  delay?: () => Promise<void>,
): Promise<void> {
  const { connect } = Deno;
  const dials: Dial[] = [];
  Deno.connect = ((options: Deno.UnixConnectOptions) => {
    const { mode } = Deno.statSync(
      options.path.slice(0, options.path.lastIndexOf("/")),
    );
    dials.push({ path: options.path, mode: (mode ?? 0) & 0o777 });
    return delay === undefined
      ? connect(options)
      : delay().then(() => connect(options));
  }) as typeof connect; // of its overloads, the one that is called
  try {
    await test(dials);
  } finally {
    Deno.connect = connect;
  }
}

/** Whether the folder of a dial's socket is there. */
function isThere({ path }: Dial): boolean {
  try {
    Deno.statSync(path.slice(0, path.lastIndexOf("/")));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The body of the answer to a request. */
async function answerOf(hop: Hop): Promise<string> {
  await hop.write(REQUEST);
  const text = await read(hop);
  hop.close();
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}
