import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ConnectionInfo, listen, type ListenOptions } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { absent } from "./_peers/matrix.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  SERVER_NAME,
  serverIdentity,
  temporaryFolder,
  trust,
} from "./_peers/material.ts";
import { missing, payload } from "./_peers/peer.ts";

/** curl as a client: it speaks HTTP, so our server answers with the body. */
interface Row {
  readonly name: string;
  readonly server?: Partial<ListenOptions>;
  readonly args?: readonly string[];
  /** Asks for the client's certificate, and has curl show it. */
  readonly withCertificate?: boolean;
  /** curl's exit code. */
  readonly code?: number;
  check(info: ConnectionInfo | undefined): void;
}

const SIZE = 3 * 2 ** 20;

const rows: readonly Row[] = [
  {
    name: "TLS 1.3, ALPN, server name",
    args: ["--tlsv1.3"],
    check(info) {
      assertEquals(info?.version, "TLSv1.3");
      assertEquals(info?.alpnProtocol, "http/1.1");
      assertEquals(info?.serverName, SERVER_NAME);
    },
  },
  {
    name: "TLS 1.2",
    args: ["--tls-max", "1.2"],
    check: (info) => assertEquals(info?.version, "TLSv1.2"),
  },
  {
    name: "HelloRetryRequest",
    server: { groups: ["secp384r1"] },
    args: ["--curves", "X25519:P-384"],
    check: (info) => assertEquals(info?.group, "secp384r1"),
  },
  {
    name: "TLS_CHACHA20_POLY1305_SHA256",
    args: ["--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"],
    check: (info) =>
      assertEquals(info?.cipherSuite, "TLS_CHACHA20_POLY1305_SHA256"),
  },
  {
    name: "a client certificate in TLS 1.3",
    args: ["--tlsv1.3"],
    withCertificate: true,
    check: (info) =>
      assertEquals(info?.peerCertificates[0]?.subject, `CN=${CLIENT_NAME}`),
  },
  {
    name: "a client certificate in TLS 1.2",
    args: ["--tls-max", "1.2"],
    withCertificate: true,
    check: (info) =>
      assertEquals(info?.peerCertificates[0]?.subject, `CN=${CLIENT_NAME}`),
  },
  {
    name: "an authority that it does not know",
    args: ["--cacert", "/dev/null"],
    // CURLE_PEER_FAILED_VERIFICATION, or CURLE_SSL_CACERT_BADFILE.
    code: 77,
    check: (info) => assertEquals(info, undefined),
  },
];

const reason = missing("curl", ["--version"], /OpenSSL/);
if (reason !== undefined) absent("curl", reason);
else for (const row of rows) Deno.test(`curl: ${row.name}`, () => run(row));

async function run(
  { server, args = [], withCertificate, code = 0, check }: Row,
): Promise<void> {
  const { cert, key } = await serverIdentity();
  const { file: ca, pem } = await trust();
  let info: ConnectionInfo | undefined;
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    cert,
    key,
    alpnProtocols: ["http/1.1"],
    ...(withCertificate
      ? { clientAuth: "require", trust: TrustStore.of(pem) }
      : {}),
    ...server,
  });
  const serving = (async () => {
    for await (const conn of listener) {
      info = conn.info;
      await answer(conn.readable, conn.writable);
      await conn.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const sent = payload(SIZE);
  const folder = temporaryFolder();
  const [from, to] = [`${folder}/curl-in`, `${folder}/curl-out`];
  await Deno.writeFile(from, sent);
  const client = withCertificate ? await clientIdentity() : undefined;
  const result = await new Deno.Command("curl", {
    args: [
      ["--silent", "--show-error", "--http1.1", "--max-time", "20"],
      ["--resolve", `${SERVER_NAME}:${port}:127.0.0.1`, "--cacert", ca],
      client ? ["--cert", client.certFile, "--key", client.keyFile] : [],
      ["--header", "Expect:", "--data-binary", `@${from}`, "--output", to],
      [...args, `https://${SERVER_NAME}:${port}/`],
    ].flat(),
    stderr: "piped",
  }).output();
  listener.close();
  await serving;
  const words = new TextDecoder().decode(result.stderr);
  assertEquals(result.code, code, words);
  check(info);
  if (code === 0) assertEquals(await Deno.readFile(to), sent);
  else assertStringIncludes(words, "curl:");
}

/** One request of HTTP/1.1, answered with its own body. */
async function answer(
  readable: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  let head = "";
  let length = 0;
  const body: Uint8Array[] = [];
  for await (const chunk of readable.values({ preventCancel: true })) {
    let rest = chunk;
    if (!head.includes("\r\n\r\n")) {
      head += String.fromCharCode(...chunk.subarray(0, 4096));
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) continue;
      // The head comes by itself, or with the body's first bytes behind it.
      rest = chunk.subarray(Math.min(chunk.length, end + 4));
    }
    body.push(rest);
    length += rest.length;
    const wanted = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (length >= wanted) break;
  }
  const writer = writable.getWriter();
  await writer.write(
    new TextEncoder().encode(
      `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`,
    ),
  );
  for (const part of body) await writer.write(part);
  writer.releaseLock();
}
