/**
 * A bridge from WebSockets to TCP that knows nothing of TLS: it passes bytes on.
 *
 * It is safe to leave running: it listens on loopback, dials what its user has
 * named and nothing else, and answers no page but its own. Without that any page
 * in the browser could reach whatever this machine can.
 *
 * @module
 */

/** A server that pages may reach. */
export interface Target {
  /** What it is called, which its certificate must be for. */
  readonly name: string;
  /** Where it is dialled. */
  readonly hostname: string;
  readonly port: number;
}

/** Options of {@linkcode startBridge}. */
export interface BridgeOptions {
  readonly targets: readonly Target[];
  /** The files of the page. */
  readonly folder: string;
  /** @default {0}, which is any that is free */
  readonly port?: number;
}

/** A bridge that runs. */
export interface Bridge {
  /** Where its page is. */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Reads `HOST:PORT`, or `HOST:PORT=ADDRESS:PORT` where the server is dialled at
 * another place than its name says.
 *
 * @throws {TypeError} If it is neither.
 */
export function parseTarget(text: string): Target {
  const [named = "", dialled = named] = text.split("=");
  const [name] = hostAndPort(named);
  const [hostname, port] = hostAndPort(dialled);
  return { name, hostname, port };
}

/** Starts a bridge on loopback. */
export function startBridge(
  { targets, folder, port = 0 }: BridgeOptions,
): Bridge {
  const open = new Set<WebSocket>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    (request) => {
      const { pathname, searchParams } = new URL(request.url);
      // A name that was made to point to this machine is not this page.
      if (request.headers.get("host") !== here()) return refuse("host");
      if (pathname === "/targets") {
        return Response.json(targets.map(({ name }) => name), { headers });
      }
      if (pathname !== "/bridge") return fileOf(folder, pathname);
      // Pages of other origins may open WebSockets, but not say that they do not.
      const origin = request.headers.get("origin");
      if (origin !== `http://${here()}`) return refuse("origin");
      const name = searchParams.get("to");
      const target = targets.find((each) => each.name === name);
      if (target === undefined) return refuse("target");
      if (open.size >= MOST_SOCKETS) return new Response(null, { status: 503 });
      if (request.headers.get("upgrade") !== "websocket") {
        return new Response(null, { status: 426 });
      }
      const { socket, response } = Deno.upgradeWebSocket(request);
      open.add(socket);
      bridge(socket, target).finally(() => open.delete(socket));
      return response;
    },
  );
  const here = () => `127.0.0.1:${server.addr.port}`;
  return {
    url: `http://${here()}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.close();
      await server.shutdown();
    },
  };
}

/** Passes bytes on until one end closes. */
async function bridge(socket: WebSocket, target: Target): Promise<void> {
  socket.binaryType = "arraybuffer";
  const closed = new Promise<void>((resolve) =>
    socket.onclose = () => resolve()
  );
  const { hostname, port } = target;
  // What the page sends meanwhile waits here: the first flight, and no more.
  let writing = Deno.connect({ hostname, port });
  let waiting = 0;
  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return socket.close(1003);
    waiting += data.byteLength;
    if (waiting > MOST_WAITING) return socket.close(1009);
    writing = writing.then(async (tcp) => {
      for (let bytes = new Uint8Array(data); bytes.length > 0;) {
        bytes = bytes.subarray(await tcp.write(bytes));
      }
      waiting -= data.byteLength;
      return tcp;
    });
    writing.catch(() => socket.close(1011));
  };
  try {
    const tcp = await writing;
    closed.then(() => close(tcp));
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const length = await tcp.read(buffer);
      if (length === null) break;
      socket.send(buffer.slice(0, length));
      // A page that does not read keeps the server from sending.
      while (socket.bufferedAmount > MOST_WAITING) await pause();
    }
    socket.close(1000);
  } catch {
    // The server is not there, has gone, or the page has.
    if (socket.readyState === WebSocket.OPEN) socket.close(1011);
  }
  await closed;
}

function close(tcp: Deno.TcpConn): void {
  try {
    tcp.close();
  } catch {
    // It is closed.
  }
}

/** A file of the page; there are no folders in it. */
async function fileOf(folder: string, pathname: string): Promise<Response> {
  const [, name] = /^\/([\w.-]*)$/.exec(pathname) ?? [];
  const path = name === "" ? "index.html" : name ?? "";
  const type = TYPES[path.slice(path.lastIndexOf("."))];
  if (type === undefined) return new Response(null, { status: 404 });
  try {
    const file = await Deno.readFile(`${folder}/${path}`);
    return new Response(file, {
      headers: { ...headers, "content-type": type },
    });
  } catch {
    return new Response(null, { status: 404 });
  }
}

function refuse(what: string): Response {
  return new Response(`No such ${what}\n`, { status: 403 });
}

/** @throws {TypeError} If it is not `HOST:PORT`. */
function hostAndPort(text: string): [string, number] {
  const [, host, port] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new TypeError(`Cannot read "${text}": expected HOST:PORT`);
  }
  return [host, Number(port)];
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** The page runs its own files, and talks to this bridge. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** Pages that are open at a time, and bytes that wait for a slow end. */
const MOST_SOCKETS = 32;
const MOST_WAITING = 1 << 20;
