/**
 * What a shim does once the handshake is over: it sends back each byte with all
 * its bits turned, until the peer ends.
 *
 * @module
 */

import {
  type TlsConn,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../../mod.ts";
import { Unexpected } from "./expectations.ts";
import type { Flags } from "./flags.ts";
import type { Observer } from "./observer.ts";
import { initialWrite } from "./settings.ts";

/** Runs the data phase to its end: the peer's, or ours if we are to be first. */
export async function runDataPhase(
  conn: TlsConn,
  flags: Flags,
  observer: Observer,
): Promise<void> {
  await sendSecrets(conn, flags, observer);
  if (flags.has("send-alert")) {
    await conn.handshake(); // nobody begins with an alert
    conn.abort(new TlsProtocolError("decompression_failure", "send-alert"));
    return;
  }
  // What has gone early is known then.
  if (flags.has("enable-early-data")) await conn.handshake();
  let unfinished: Promise<unknown> | undefined;
  if (flags.has("write-different-record-sizes")) {
    await writeDifferentSizes(conn);
  } else {
    if (conn.side === "client" && conn.info.earlyData === "accepted") {
      const rest = initialWrite(flags).subarray(observer.earlySize);
      if (flags.has("shim-writes-first")) await conn.write(rest);
    } else if (flags.has("read-with-unfinished-write")) {
      unfinished = conn.write(initialWrite(flags));
    } else if (flags.has("shim-writes-first")) {
      await conn.write(initialWrite(flags));
    }
    if (!flags.has("shim-shuts-down")) await echo(conn, flags);
  }
  await unfinished;
}

/** Early data is answered before the handshake is over. */
export async function echoEarlyData(
  conn: TlsConn,
  flags: Flags,
): Promise<void> {
  if (!flags.has("server") || !flags.has("enable-early-data")) return;
  try {
    for await (const bytes of conn.earlyData) {
      await conn.write(bytes.map((byte) => byte ^ 0xff));
    }
  } catch {
    // The handshake fails with the same error.
  }
}

async function echo(conn: TlsConn, flags: Flags): Promise<void> {
  const buffer = new Uint8Array(flags.number("read-size") || 512);
  const reader = flags.has("peek-then-read") ? new PeekingReader(conn) : conn;
  for (;;) {
    if (flags.has("key-update-before-read")) await conn.updateKeys();
    const length = await readOrEnd(reader, buffer, flags);
    if (flags.has("use-exporter-between-reads")) {
      conn.exportKeyingMaterial("EXPERIMENTAL", new Uint8Array(), 1);
    }
    if (length === null) return;
    if (flags.has("key-update")) await conn.updateKeys();
    await conn.write(buffer.subarray(0, length).map((byte) => byte ^ 0xff));
  }
}

/** What can be read. */
interface Readable {
  read(into: Uint8Array): Promise<number | null>;
}

/** Looks at what comes before it takes it, out of a buffer of its own. */
class PeekingReader implements Readable {
  readonly #from: Readable;
  #ahead: Uint8Array = new Uint8Array();

  constructor(from: Readable) {
    this.#from = from;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const seen = await this.#peek(into.length);
    if (seen === null) return null;
    into.set(seen);
    this.#ahead = this.#ahead.subarray(seen.length);
    return seen.length;
  }

  async #peek(length: number): Promise<Uint8Array | null> {
    if (this.#ahead.length === 0) {
      const ahead = new Uint8Array(length);
      const count = await this.#from.read(ahead);
      if (count === null) return null;
      this.#ahead = ahead.subarray(0, count);
    }
    return this.#ahead.subarray(0, length);
  }
}

/** An end without close_notify is one too, unless close_notify is asked for. */
async function readOrEnd(
  from: Readable,
  buffer: Uint8Array,
  flags: Flags,
): Promise<number | null> {
  try {
    return await from.read(buffer);
  } catch (error) {
    if (error instanceof TlsTruncatedError && error.stage === "data") {
      if (!flags.has("check-close-notify")) return null;
      throw new Unexpected("Unexpected SSL_shutdown result: -1 != 1");
    }
    throw error;
  }
}

/** Ends the connection, and waits for the peer to, if a test wants that. */
export async function shutDown(conn: TlsConn, flags: Flags): Promise<void> {
  if (flags.has("shim-shuts-down") && flags.has("check-close-notify")) {
    await conn.closeWrite();
    if (await readOrEnd(conn, new Uint8Array(1), flags) !== null) {
      throw new Unexpected("application_data_on_shutdown");
    }
  }
  await conn.close();
}

async function sendSecrets(
  conn: TlsConn,
  flags: Flags,
  observer: Observer,
): Promise<void> {
  const length = flags.number("export-keying-material");
  if (length) {
    const context = flags.text("export-context") ?? "";
    const secret = conn.exportKeyingMaterial(
      flags.text("export-label") ?? "",
      flags.has("use-export-context")
        ? new TextEncoder().encode(context)
        : undefined,
      length,
    );
    await conn.write(secret);
  }
  if (flags.has("export-traffic-secrets")) {
    await sendTrafficSecrets(conn, flags, observer);
  }
  if (flags.has("tls-unique")) {
    const unique = tlsUnique(conn);
    if (unique.length !== 12) throw new Unexpected("tls-unique is not 12 long");
    await conn.write(unique);
  }
}

function tlsUnique(conn: TlsConn): Uint8Array {
  try {
    return conn.channelBinding("tls-unique");
  } catch (cause) {
    throw new Unexpected("failed to get tls-unique", { cause });
  }
}

async function sendTrafficSecrets(
  conn: TlsConn,
  flags: Flags,
  { secrets }: Observer,
): Promise<void> {
  const client = secrets.get("CLIENT_TRAFFIC_SECRET_0") ?? new Uint8Array();
  const server = secrets.get("SERVER_TRAFFIC_SECRET_0") ?? new Uint8Array();
  const [read, write] = flags.has("server")
    ? [client, server]
    : [server, client];
  await conn.write(Uint8Array.of(read.length & 0xff, read.length >> 8));
  await conn.write(read);
  await conn.write(write);
}

async function writeDifferentSizes(conn: TlsConn): Promise<void> {
  for (
    const size of [
      0,
      1,
      255,
      256,
      257,
      16383,
      16384,
      16385,
      32767,
      32768,
      32769,
    ]
  ) {
    await conn.write(new Uint8Array(size).fill(0x42));
  }
}
