/**
 * What is measured in a Worker: the package, or the TLS that its sockets have.
 */

import { connect as connectSocket } from "cloudflare:sockets";
import { connect, createContext } from "@x/tls";
import { TrustStore } from "@x/tls/x509";

const MIB = 1 << 20;
const CHUNK = new Uint8Array(65536);

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const of = (name) => searchParams.get(name);
    const port = Number(of("port"));
    const open = of("kind") === "ours"
      ? ours(port, await request.text())
      : () => native(port);
    try {
      await measures[of("what")](open, Number(of("count")));
      return new Response();
    } catch (error) {
      return new Response(String(error?.stack ?? error));
    }
  },
};

/** Both kinds are streams; `read()` and `write()` are of ours alone. */
const measures = {
  async receive(open, size) {
    const conn = await open();
    await write(conn, Uint8Array.of(0x53, size));
    const into = CHUNK.slice();
    for (let left = size * 16 * MIB; left > 0;) left -= await read(conn, into);
    await conn.close();
  },
  async receiveStream(open, size) {
    const conn = await open();
    await write(conn, Uint8Array.of(0x53, size));
    const reader = conn.readable.getReader();
    for (let left = size * 16 * MIB; left > 0;) {
      left -= (await reader.read()).value.length;
    }
    reader.releaseLock();
    await conn.close();
  },
  async send(open, size) {
    const conn = await open();
    await write(conn, Uint8Array.of(0x52, size));
    for (let left = size * 16 * MIB; left > 0; left -= CHUNK.length) {
      await write(conn, CHUNK);
    }
    await read(conn, new Uint8Array(1));
    await conn.close();
  },
  async sendStream(open, size) {
    const conn = await open();
    await write(conn, Uint8Array.of(0x52, size));
    const writer = conn.writable.getWriter();
    for (let left = size * 16 * MIB; left > 0; left -= CHUNK.length) {
      await writer.ready;
      writer.write(CHUNK).catch(() => {});
    }
    await writer.ready;
    writer.releaseLock();
    await read(conn, new Uint8Array(1));
    await conn.close();
  },
  async handshake(open, count) {
    for (let nth = 0; nth < count; nth++) await (await open()).close();
  },
};

async function write(conn, bytes) {
  if (conn.write !== undefined) {
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
    return;
  }
  const writer = conn.writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}

async function read(conn, into) {
  if (conn.read !== undefined) return await conn.read(into);
  const reader = conn.readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value.length;
}

function ours(port, ca) {
  const context = createContext({
    trust: TrustStore.of(ca),
    cipherSuites: ["TLS_AES_128_GCM_SHA256"],
  });
  return () =>
    connect({ hostname: "127.0.0.1", port, serverName: "localhost", context });
}

/** The certificate is for this name, and workerd is told to trust its CA. */
async function native(port) {
  const socket = connectSocket({ hostname: "localhost", port }, {
    secureTransport: "on",
  });
  await socket.opened;
  return socket;
}
