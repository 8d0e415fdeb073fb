/** A Worker: `/` checks everything in memory, `/?port=N` dials. */

import { connect } from "@x/tls";
import { TrustStore } from "@x/tls/x509";
import { checkAll } from "./_web.mjs";

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const port = Number(searchParams.get("port"));
    return Response.json(
      port === 0 ? await checkAll(true) : await get(port, await request.text()),
    );
  },
};

/** Fetches a file by HTTP, and says what was negotiated and what came. */
async function get(port, ca) {
  const conn = await connect({
    hostname: "127.0.0.1",
    port,
    serverName: "a.test",
    trust: TrustStore.of(ca),
  });
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
