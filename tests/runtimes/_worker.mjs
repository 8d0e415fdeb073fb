/**
 * A Worker: `/` checks everything in memory, `/?port=N` fetches a file of a server
 * there, `/?port=N&size=…&size=…` exchanges so many bytes with it, a connection
 * each. The body has the options of `connect()` that files would hold.
 */

import { connect, SessionCache } from "@x/tls";
import { TrustStore } from "@x/tls/x509";
import { checkAll } from "./_web.mjs";

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const port = Number(searchParams.get("port"));
    if (port === 0) return Response.json(await checkAll(true));
    const { ca, ...rest } = await request.json();
    const sizes = searchParams.getAll("size").map(Number);
    const options = {
      hostname: "127.0.0.1",
      port,
      serverName: "a.test",
      trust: TrustStore.of(ca),
      sessionCache: new SessionCache(4),
      ...rest,
    };
    try {
      return Response.json(
        sizes.length === 0
          ? await get(options)
          : await exchangeAll(options, sizes),
      );
    } catch (error) {
      return Response.json({ error: error.code ?? String(error) });
    }
  },
};

/** Sends ones and reads as many bytes, at the same time. */
async function exchangeAll(options, sizes) {
  const outcomes = [];
  for (const size of sizes) {
    const conn = await connect(options);
    const [received] = await Promise.all([
      receive(conn, size),
      send(conn, size),
    ]);
    await conn.close();
    const { version, resumed } = conn.info;
    outcomes.push({ version, resumed, received });
  }
  return outcomes;
}

async function send(conn, size) {
  const chunk = new Uint8Array(Math.min(size, 1 << 16)).fill(1);
  for (let left = size; left > 0;) {
    left -= await conn.write(chunk.subarray(0, Math.min(left, chunk.length)));
  }
}

async function receive(conn, size) {
  const into = new Uint8Array(1 << 16);
  let received = 0;
  while (received < size) {
    const length = await conn.read(into);
    if (length === null) break;
    if (into.subarray(0, length).some((byte) => byte !== 1)) {
      throw new Error(`another byte than was sent, behind ${received}`);
    }
    received += length;
  }
  return received;
}

/** Fetches a file by HTTP, and says what was negotiated and what came. */
async function get(options) {
  const conn = await connect(options);
  await conn.write(new TextEncoder().encode("GET /file HTTP/1.0\r\n\r\n"));
  const text = await textOf(conn);
  await conn.close();
  const { version, cipherSuite } = conn.info;
  const [head, body] = text.split("\r\n\r\n");
  return {
    version,
    cipherSuite,
    status: head.split("\r\n")[0],
    isFile: body === "x".repeat(1 << 20),
    resumed: conn.info.resumed,
    closed: await conn.closed,
    remote: conn.remoteAddr,
  };
}

/** Reads to the end. */
async function textOf(conn) {
  const decoder = new TextDecoder();
  const into = new Uint8Array(1 << 16);
  let text = "";
  for (;;) {
    const length = await conn.read(into);
    if (length === null) return text;
    text += decoder.decode(into.subarray(0, length));
  }
}
