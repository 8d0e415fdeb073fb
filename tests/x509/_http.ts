/**
 * HTTP servers for tests: good ones, and some that misbehave byte by byte.
 *
 * @module
 */

/** A server on a port of its own. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Method and path of every request. */
  readonly requests: string[];
}

/** What stands for a request: its head and what follows. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly head: string;
  readonly body: Uint8Array;
}

/** Answers each connection's one request by writing whatever it likes. */
export function rawServer(
  answer: (
    request: RawRequest,
    write: (data: string | Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>,
): TestServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const requests: string[] = [];
  const over = new AbortController();
  const open = new Set<Promise<void>>();
  async function serve(conn: Deno.Conn) {
    try {
      const request = await readRequest(conn);
      requests.push(`${request.method} ${request.path}`);
      await answer(request, async (data) => {
        const bytes = typeof data === "string"
          ? new TextEncoder().encode(data)
          : data;
        for (let at = 0; at < bytes.length;) {
          at += await conn.write(bytes.subarray(at));
        }
      }, over.signal);
    } catch {
      // The client has had enough.
    } finally {
      conn.close();
    }
  }
  const accepting = (async () => {
    for await (const conn of listener) {
      const serving = serve(conn);
      open.add(serving);
      serving.finally(() => open.delete(serving));
    }
  })();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      over.abort();
      listener.close();
      await accepting;
      await Promise.all(open);
    },
  };
}

/** Serves what a table has for a path, and 404 for the rest. */
export function fileServer(
  files: Record<string, Uint8Array | ((request: RawRequest) => Uint8Array)>,
): TestServer {
  return rawServer(async (request, write) => {
    const file = files[request.path] ?? files["*"];
    if (file === undefined) {
      return await write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
    const body = typeof file === "function" ? file(request) : file;
    await write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    await write(body);
  });
}

async function readRequest(conn: Deno.Conn): Promise<RawRequest> {
  let bytes = new Uint8Array();
  const buffer = new Uint8Array(4096);
  for (;;) {
    const head = new TextDecoder("latin1").decode(bytes).split("\r\n\r\n")[0] ??
      "";
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const end = head.length + 4;
    if (end <= bytes.length && bytes.length >= end + length) {
      const [method = "", path = ""] = head.split(" ");
      return { method, path, head, body: bytes.subarray(end, end + length) };
    }
    const count = await conn.read(buffer);
    if (count === null) throw new Error("The request ends early");
    const more = new Uint8Array(bytes.length + count);
    more.set(bytes);
    more.set(buffer.subarray(0, count), bytes.length);
    bytes = more;
  }
}
