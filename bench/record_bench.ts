/**
 * The record layer alone over loopback TCP, beside loops that do no more than
 * they must: MB/s of content, the peer in a process of its own. Rounds are
 * interleaved; medians are shown.
 *
 * deno run -A bench/record_bench.ts [MiB] [rounds]
 *
 * @module
 */

import { aes128gcm } from "../crypto/primitives/aead.ts";
import { protection } from "../crypto/suites/cipher_suite.ts";
import type { RecordCipher } from "../crypto/suites/cipher_suite.ts";
import type { AeadAlgorithm, AeadKey } from "../crypto/primitives/provider.ts";
import { joined } from "../crypto/primitives/sealed.ts";
import { RecordLayer, type RecordLayerOptions } from "../record/layer.ts";
import { AeadNonce } from "../record/nonce.ts";
import type { RecordProtection } from "../record/protection.ts";
import { protectTls12, writeKeyLengths } from "../record/protection_tls12.ts";
import { protectTls13 } from "../record/protection_tls13.ts";
import { ContentType, ProtocolVersion } from "../registry.ts";

/** What protects the records of one measurement. */
interface Form {
  readonly name: string;
  readonly version: number;
  readonly cipher: RecordCipher;
}

const { "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;
const FORMS: readonly Form[] = [
  form("AES-128-GCM", TLS13, protection.AES_128_GCM_SHA256.cipher),
  form("ChaCha20-Poly1305", TLS13, protection.CHACHA20_POLY1305_SHA256.cipher),
  form("1.2 AES-128-GCM", TLS12, protection.AES_128_GCM_SHA256.cipher),
  form("1.2 ChaCha20", TLS12, protection.CHACHA20_POLY1305_SHA256.cipher),
  form("1.2 AES-128-CBC-SHA", TLS12, protection.AES_128_CBC_SHA.cipher),
];
const FULL = 16384;
const WINDOW = 32;

function form(name: string, version: number, cipher: RecordCipher): Form {
  return { name, version, cipher };
}

function keys(algorithm: AeadAlgorithm) {
  return {
    key: new Uint8Array(algorithm.keyLength).fill(7),
    iv: new Uint8Array(12).fill(9),
  };
}

async function protect({ cipher, version }: Form): Promise<RecordProtection> {
  if (cipher.kind === "aead" && version === TLS13) {
    return await protectTls13(cipher.aead, keys(cipher.aead));
  }
  const lengths = writeKeyLengths(cipher, version);
  return await protectTls12(cipher, {
    macKey: new Uint8Array(lengths.macKey),
    key: new Uint8Array(lengths.key),
    iv: new Uint8Array(lengths.iv),
  }, { version, encryptThenMac: false });
}

async function layer(conn: Deno.TcpConn, form: Form) {
  const options: RecordLayerOptions = {
    source: conn,
    sink: { write: (bytes) => writeAll(conn, bytes) },
  };
  const layer = new RecordLayer(options);
  layer.reader.setProtection(await protect(form));
  layer.writer.setProtection(await protect(form));
  layer.setVersion(form.version);
  layer.reader.startReadAhead();
  return layer;
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
  }
}

/** Returns records one after another, as a peer that knows nothing else. */
async function bareReceive(conn: Deno.TcpConn, algorithm: AeadAlgorithm) {
  const { key, iv } = keys(algorithm);
  const aead = await algorithm.importKey(key);
  const nonce = new AeadNonce(iv);
  const opened: (Uint8Array | Promise<Uint8Array>)[] = [];
  const buffer = new Uint8Array(512 * 1024);
  let end = 0;
  let bytes = 0;
  for (;;) {
    const length = await conn.read(buffer.subarray(end));
    if (length === null) break;
    end += length;
    let start = 0;
    for (;;) {
      const next = start + 5 +
        (buffer[start + 3] as number) * 256 + (buffer[start + 4] as number);
      if (next > end || start + 5 > end) break;
      opened.push(
        aead.open(
          nonce.next(),
          buffer.subarray(start + 5, next),
          buffer.subarray(start, start + 5),
        ),
      );
      start = next;
      if (opened.length >= WINDOW) {
        const first = opened.shift() as Uint8Array | Promise<Uint8Array>;
        bytes += (first instanceof Promise ? await first : first).length - 1;
      }
    }
    buffer.copyWithin(0, start, end);
    end -= start;
  }
  for (const rest of opened) bytes += (await rest).length - 1;
  return bytes;
}

async function bareSend(
  conn: Deno.TcpConn,
  algorithm: AeadAlgorithm,
  total: number,
) {
  const { key, iv } = keys(algorithm);
  const aead: AeadKey = await algorithm.importKey(key);
  const nonce = new AeadNonce(iv);
  const content = new Uint8Array(FULL + 1);
  content[FULL] = ContentType.application_data;
  const header = Uint8Array.of(23, 3, 3, (FULL + 17) >> 8, (FULL + 17) & 255);
  const batch = new Uint8Array(WINDOW * (FULL + 17 + 5));
  const next = () =>
    Array.from(
      { length: WINDOW },
      () => joined(aead.seal(nonce.next(), content, header)),
    );
  let sealing = next();
  let writing = Promise.resolve();
  for (let sent = 0; sent < total; sent += WINDOW * FULL) {
    const sealed = sealing[0] instanceof Promise
      ? await Promise.all(sealing)
      : sealing as Uint8Array[];
    await writing;
    let at = 0;
    for (const body of sealed) {
      batch.set(header, at);
      batch.set(body, at + 5);
      at += 5 + body.length;
    }
    writing = writeAll(conn, batch);
    sealing = next();
  }
  await writing;
}

async function layerReceive(conn: Deno.TcpConn, form: Form) {
  const records = await layer(conn, form);
  let bytes = 0;
  for (;;) {
    const next = records.reader.read();
    const fragment = next instanceof Promise ? await next : next;
    if (fragment === undefined) return bytes;
    bytes += fragment.bytes.length;
  }
}

async function layerSend(
  conn: Deno.TcpConn,
  form: Form,
  total: number,
  size: number,
) {
  const records = await layer(conn, form);
  const content = new Uint8Array(size);
  for (let sent = 0; sent < total; sent += size) {
    const full = records.writer.write(ContentType.application_data, content);
    if (full !== undefined) await full;
  }
  await records.writer.flush();
}

async function layerEcho(
  conn: Deno.TcpConn,
  form: Form,
  size: number,
  count: number,
) {
  const records = await layer(conn, form);
  const content = new Uint8Array(size);
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    records.writer.write(ContentType.application_data, content);
    for (let left = size; left > 0;) {
      const next = records.reader.read();
      const fragment = next instanceof Promise ? await next : next;
      left -= fragment?.bytes.length ?? left;
    }
  }
  return (performance.now() - start) / count * 1000;
}

async function bareEcho(conn: Deno.TcpConn, size: number, count: number) {
  const content = new Uint8Array(size + 22);
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    await conn.write(content);
    for (let left = content.length; left > 0;) {
      left -= await conn.read(content) ?? left;
    }
  }
  return (performance.now() - start) / count * 1000;
}

/** The other end: sends what it sealed beforehand, swallows, or echoes. */
async function peer([what, name, total]: readonly string[]) {
  const form = FORMS.find((row) => row.name === name) ?? FORMS[0] as Form;
  let records = new Uint8Array(0);
  if (what === "blast") records = await sealed(form, Number(total));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await Deno.stdout.write(
    new TextEncoder().encode(`${listener.addr.port}\n`),
  );
  for await (const conn of listener) {
    conn.setNoDelay();
    if (what === "blast") {
      await writeAll(conn, records).catch(() => {});
      conn.close();
    } else if (what === "echo") {
      echo(conn);
    } else {
      swallow(conn);
    }
  }
}

async function sealed(form: Form, total: number) {
  const pieces: Uint8Array[] = [];
  const sink = {
    write(bytes: Uint8Array) {
      pieces.push(bytes.slice());
      return Promise.resolve();
    },
  };
  const source = { read: () => Promise.resolve(null) };
  const records = new RecordLayer({ source, sink });
  records.writer.setProtection(await protect(form));
  const content = new Uint8Array(FULL);
  for (let at = 0; at < total; at += FULL) {
    await records.writer.write(ContentType.application_data, content);
  }
  await records.writer.flush();
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

async function echo(conn: Deno.TcpConn) {
  const buffer = new Uint8Array(65536);
  for (;;) {
    const length = await conn.read(buffer).catch(() => null);
    if (length === null) break;
    await writeAll(conn, buffer.subarray(0, length));
  }
  conn.close();
}

async function swallow(conn: Deno.TcpConn) {
  const buffer = new Uint8Array(1024 * 1024);
  while (await conn.read(buffer).catch(() => null) !== null);
  conn.close();
}

/** Starts a peer, gives how to reach it and how to end it. */
async function startPeer(...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.url, "peer", ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  const connect = async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    return conn;
  };
  const stop = async () => {
    await reader.cancel();
    child.kill();
    await child.status;
  };
  return { connect, stop };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

async function timed(
  total: number,
  what: () => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  await what();
  return total / (performance.now() - start) / 1000;
}

async function main(mebibytes: number, rounds: number) {
  const total = mebibytes * 1024 * 1024;
  const swallower = await startPeer("swallow");
  const echoer = await startPeer("echo");
  for (const form of FORMS) {
    const blaster = await startPeer("blast", form.name, `${total}`);
    const { cipher } = form;
    const algorithm = cipher.kind === "aead" ? cipher.aead : aes128gcm;
    const isBare = form.version === TLS13;
    const cases: Record<string, () => Promise<number>> = {
      "receive bare": async () => {
        const conn = await blaster.connect();
        const rate = await timed(total, () => bareReceive(conn, algorithm));
        conn.close();
        return rate;
      },
      "receive": async () => {
        const conn = await blaster.connect();
        const rate = await timed(total, () => layerReceive(conn, form));
        conn.close();
        return rate;
      },
      "send bare": async () => {
        const conn = await swallower.connect();
        const rate = await timed(total, () => bareSend(conn, algorithm, total));
        conn.close();
        return rate;
      },
      ...Object.fromEntries([16384, 65536].map((size) => [
        `send ${size}`,
        async () => {
          const conn = await swallower.connect();
          const rate = await timed(
            total,
            () => layerSend(conn, form, total, size),
          );
          conn.close();
          return rate;
        },
      ])),
      "echo bare 256 (µs)": async () => {
        const conn = await echoer.connect();
        const micros = await bareEcho(conn, 256, 3000);
        conn.close();
        return micros;
      },
      ...Object.fromEntries([32, 256].map((size) => [
        `echo ${size} (µs)`,
        async () => {
          const conn = await echoer.connect();
          const micros = await layerEcho(conn, form, size, 3000);
          conn.close();
          return micros;
        },
      ])),
    };
    const results = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(cases)) {
        if (name.includes("bare") && !isBare) continue;
        results.set(name, [...results.get(name) ?? [], await run()]);
      }
    }
    for (const [name, values] of results) {
      console.log(
        form.name.padEnd(20),
        name.padEnd(20),
        median(values).toFixed(1).padStart(8),
      );
    }
    await blaster.stop();
  }
  await swallower.stop();
  await echoer.stop();
}

if (Deno.args[0] === "peer") await peer(Deno.args.slice(1));
else await main(Number(Deno.args[0] ?? 128), Number(Deno.args[1] ?? 5));
