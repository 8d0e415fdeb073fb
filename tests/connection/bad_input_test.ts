/**
 * Bytes that are no TLS, or TLS with something wrong: each gives a typed error,
 * sends its alert, frees what it held, and leaves everything else running.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import type { TlsConn } from "../../connection/conn.ts";
import { client, server } from "../../connection/wrap.ts";
import { TlsError, TlsTruncatedError } from "../../errors.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import { assertRefused, editing, hostileServer } from "../_hostile_peer.ts";
import {
  certificate,
  clientOptions,
  crossed,
  outcomes,
  type Pair,
  pair,
  pattern,
  pipe,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";

const sides = ["client", "server"] as const;

async function lone(side: "client" | "server") {
  const wires = crossed();
  const [ours, theirs] = side === "client"
    ? [wires.forClient, wires.forServer]
    : [wires.forServer, wires.forClient];
  const conn = side === "client"
    ? client(ours, await clientOptions())
    : server(ours, await serverOptions());
  return { conn, theirs };
}

/** What a peer gets that says some bytes: our error, and all that we answered. */
async function say(
  side: "client" | "server",
  bytes: Uint8Array,
  { ends = false } = {},
): Promise<{ error: TlsError; answer: Uint8Array }> {
  const { conn, theirs } = await lone(side);
  const shaking = conn.handshake();
  shaking.catch(() => {});
  const writer = theirs.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(bytes);
  if (ends) await writer.close();
  const answer: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of theirs.readable) answer.push(chunk);
  })().catch(() => {});
  const error = tlsError(await shaking.catch((error) => error));
  assertEquals(error.side, side);
  assertEquals(error.stage, "handshake");
  assertEquals(await conn.closed, { clean: false, error });
  await reading;
  return { error, answer: concat(answer) };
}

/** The alert at the end of an answer in the clear. */
function alertAtEnd(answer: Uint8Array): number[] {
  return [...answer.subarray(-7)];
}

const strangers: readonly [
  side: "client" | "server",
  bytes: string,
  name: string,
][] = [
  ["client", "HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"],
  ["client", "SSH-2.0-OpenSSH_9.6\r\n", "SSH"],
  ["client", "220 mail.example.com ESMTP Postfix\r\n", "SMTP"],
  ["client", "220 ProFTPD FTP Server ready\r\n", "FTP"],
  ["client", "+OK POP3 ready\r\n", "POP3"],
  ["client", "* OK IMAP4rev1 ready\r\n", "IMAP"],
  ["server", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP"],
  ["server", "POST /x HTTP/1.0\r\n\r\n", "HTTP"],
  ["server", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"],
  ["server", "SSH-2.0-PuTTY_0.80\r\n", "SSH"],
  ["server", "EHLO client.example.com\r\n", "SMTP"],
  ["server", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", "PROXY"],
];

for (const [side, text, name] of strangers) {
  Deno.test(`${side} names a peer that speaks ${name}: ${text.slice(0, 12).trim()}`, async () => {
    const { error } = await say(side, utf8(text));
    assertEquals(error.code, "not_tls");
    assertStringIncludes(error.message, name);
    const five = [...utf8(text.slice(0, 5))]
      .map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    assertStringIncludes(error.message, five);
  });
}

Deno.test("client and server report an end that comes at once, and after a few bytes", async () => {
  for (const side of sides) {
    for (const bytes of [[], [22], [22, 3, 1], [22, 3, 1, 0, 5, 1]]) {
      const { error } = await say(side, Uint8Array.from(bytes), { ends: true });
      assert(error instanceof TlsTruncatedError, error.message);
    }
  }
});

const records: readonly [name: string, bytes: number[], alert: number][] = [
  ["an unknown type", [24, 3, 1, 0, 1, 0], 10],
  ["application data", [23, 3, 3, 0, 5, 1, 2, 3, 4, 5], 10],
  ["change_cipher_spec first", [20, 3, 3, 0, 1, 1], 10],
  ["a version of another major number", [22, 9, 1, 0, 5, 1, 0, 0, 1, 0], 70],
  ["more than 2^14 bytes", [22, 3, 1, 0x40, 1, 1, 0, 0x40, 0], 22],
  ["no content", [22, 3, 1, 0, 0], 10],
  ["an alert of one byte", [21, 3, 1, 0, 1, 2], 50],
  ["an alert of three bytes", [21, 3, 1, 0, 3, 2, 40, 0], 50],
  ["a message of an unknown type", [22, 3, 1, 0, 4, 77, 0, 0, 0], 10],
  ["a Finished", [22, 3, 1, 0, 4, 20, 0, 0, 0], 10],
];

for (const side of sides) {
  for (const [name, bytes, alert] of records) {
    Deno.test(`${side} answers a record with ${name}`, async () => {
      const isFirstAndStrange = name === "an unknown type";
      const { error, answer } = await say(side, Uint8Array.from(bytes));
      if (isFirstAndStrange) {
        // The first byte of all: no TLS.
        assertEquals(error.code, "not_tls");
        return;
      }
      const [type, , , high, low, level, description] = alertAtEnd(answer);
      assertEquals([type, high, low, level], [ContentType.alert, 0, 2, 2]);
      assertEquals(description, alert, error.message);
    });
  }
}

Deno.test("server refuses a ClientHello larger than any can be, by its header", async () => {
  const { error, answer } = await say(
    "server",
    Uint8Array.of(22, 3, 1, 0, 4, HandshakeType.client_hello, 0xff, 0xff, 0xff),
  );
  assertEquals(error.alert, "decode_error");
  assertEquals(alertAtEnd(answer).at(-1), 50);
});

Deno.test("client refuses a Certificate of 16 MiB by its header, before it has come", async () => {
  const error = await assertRefused(
    "illegal_parameter",
    await hostileServer({
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.certificate
          ? [[
            type,
            Uint8Array.of(HandshakeType.certificate, 0xff, 0xff, 0xff, 0),
          ]]
          : undefined,
    }),
  );
  assertStringIncludes(error.message, "got 16777215");
});

Deno.test("client accepts a Certificate up to maxCertificateSize, and no larger one", async () => {
  const { identity } = await certificate();
  const size = 4 +
    identity.chain.reduce((sum, { raw }) => sum + 5 + raw.length, 0);
  for (const isTaken of [true, false]) {
    const maxCertificateSize = 1024;
    const filler = maxCertificateSize - size - 5 - (isTaken ? 0 : -1);
    const hostile = await hostileServer(
      editing(tls13.certificate, (message) => ({
        ...message,
        certificateList: [
          ...message.certificateList,
          { certData: pattern(filler), extensions: {} },
        ],
      })),
      { client: { maxCertificateSize } },
    );
    if (isTaken) {
      // What is no DER behind the leaf does no harm (RFC 9846 section 4.5.1).
      using _ = hostile.peer;
      const [ours] = await Promise.allSettled([
        hostile.conn.handshake(),
        hostile.flow(),
      ]);
      assertEquals(ours.status, "fulfilled");
      hostile.conn.abort();
      continue;
    }
    await assertRefused("illegal_parameter", hostile);
  }
});

/** A recorded conversation: all that each side sent in a handshake. */
interface Recording {
  readonly toServer: Uint8Array;
  readonly toClient: Uint8Array;
}

const { cert, key } = await certificate({ keyType: "ed25519" });
/** A server whose flight always has the same length: so are its signatures. */
const steady = { cert, key, tickets: 0 };

/** How a handshake goes whose bytes one way are altered. */
async function tamper(
  direction: "toServer" | "toClient",
  alter: (chunk: Uint8Array, at: number) => Uint8Array,
  end?: number,
): Promise<{ errors: { client: unknown; server: unknown }; ends: Pair }> {
  let at = 0;
  const wire = pipe({
    transform(chunk, controller) {
      const altered = alter(chunk, at);
      at += chunk.length;
      if (end !== undefined && at >= end) {
        const part = altered.subarray(0, altered.length - (at - end));
        if (part.length > 0) controller.enqueue(part);
        controller.terminate();
        return;
      }
      controller.enqueue(altered);
    },
  });
  // A length that has grown has ours wait for what does not come; an end does
  // not.
  const handshakeTimeout = end === undefined ? 100 : 10_000;
  const ends = await pair(
    { handshakeTimeout },
    { ...steady, handshakeTimeout },
    crossed({ [direction]: wire }),
  );
  return { errors: await outcomes(ends), ends };
}

async function record(): Promise<Recording> {
  const sent: { toServer: Uint8Array[]; toClient: Uint8Array[] } = {
    toServer: [],
    toClient: [],
  };
  const tap = (direction: keyof typeof sent) =>
    pipe({
      transform(chunk, controller) {
        sent[direction].push(chunk.slice());
        controller.enqueue(chunk);
      },
    });
  const ends = await pair(
    {},
    steady,
    crossed({
      toServer: tap("toServer"),
      toClient: tap("toClient"),
    }),
  );
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  const recording = {
    toServer: concat(sent.toServer),
    toClient: concat(sent.toClient),
  };
  await ends[Symbol.asyncDispose]();
  return recording;
}

const recording = await record();

/** Reads that must not wait for ever, of ends that may be whole still. */
async function firstError(conn: TlsConn): Promise<unknown> {
  try {
    await conn.read(new Uint8Array(10));
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const direction of ["toServer", "toClient"] as const) {
  const { length } = recording[direction];
  const victim = direction === "toServer" ? "server" : "client";

  Deno.test(`a bit flipped anywhere ${direction} ends the handshake with an error of TLS`, async () => {
    // Every byte of the headers, and a sample of the rest: a different bit each.
    const step = Math.max(1, Math.floor(length / 150));
    let refused = 0;
    for (let at = 0; at < length; at += at < 60 ? 1 : step) {
      const { errors, ends } = await tamper(direction, (chunk, from) => {
        if (at < from || at >= from + chunk.length) return chunk;
        const flipped = chunk.slice();
        flipped[at - from] = (flipped[at - from] as number) ^ (1 << (at % 8));
        return flipped;
      });
      // The client's last flight is judged behind its own handshake.
      const error = errors.client ?? errors.server;
      if (error === undefined) {
        // legacy_record_version alone may be anything (section 5.1).
        const isVersion = isRecordVersion(recording[direction], at);
        assert(isVersion, `byte ${at} was not noticed`);
      } else {
        refused++;
        assert(
          [errors.client, errors.server].some((each) =>
            each instanceof TlsError
          ),
          `byte ${at}: ${error}`,
        );
      }
      ends.client.abort();
      ends.server.abort();
      await Promise.all([ends.client.closed, ends.server.closed]);
    }
    assert(refused > 50);
  });

  Deno.test(`a handshake cut at every byte ${direction} ends with truncation at the ${victim}`, async () => {
    const step = Math.max(1, Math.floor(length / 120));
    for (
      let at = 0;
      at < length;
      at += at < 80 || length - at < 40 ? 1 : step
    ) {
      const { errors, ends } = await tamper(
        direction,
        (chunk) => chunk,
        Math.max(at, 1),
      );
      const error = errors[victim] ?? await firstError(ends[victim]);
      assert(error instanceof TlsError, `byte ${at}: ${error}`);
      assert(
        error instanceof TlsTruncatedError || error.code === "not_tls" ||
          error.code === "closed",
        `byte ${at}: ${error}`,
      );
      ends.client.abort();
      ends.server.abort();
    }
  });

  Deno.test(`a handshake may come in pieces of any size ${direction}`, async () => {
    for (const size of [1, 2, 3, 5, 64, 1000]) {
      const wire = pipe({
        transform(chunk, controller) {
          for (let at = 0; at < chunk.length; at += size) {
            controller.enqueue(chunk.slice(at, at + size));
          }
        },
      });
      const ends = await pair({}, {}, crossed({ [direction]: wire }));
      assertEquals(await outcomes(ends), {
        client: undefined,
        server: undefined,
      });
      await ends.client.write(utf8("x"));
      assertEquals(await ends.server.read(new Uint8Array(5)), 1);
      await ends[Symbol.asyncDispose]();
    }
  });
}

/** Whether a byte is one of the two of a record's legacy_record_version. */
function isRecordVersion(stream: Uint8Array, at: number): boolean {
  for (let start = 0; start < stream.length;) {
    if (at === start + 1 || at === start + 2) return true;
    start += 5 + ((stream[start + 3] as number) << 8) +
      (stream[start + 4] as number);
  }
  return false;
}

Deno.test("records swapped, repeated or dropped end the handshake with an error of TLS", async () => {
  const cut = (stream: Uint8Array) => {
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const length = 5 + ((stream[at + 3] as number) << 8) +
        (stream[at + 4] as number);
      found.push(stream.subarray(at, at + length));
      at += length;
    }
    return found;
  };
  const count = cut(recording.toClient).length;
  assert(count >= 3);
  const kinds = ["swap", "repeat", "drop"] as const;
  for (const kind of kinds) {
    for (let index = 0; index < count; index++) {
      let seen = 0;
      let kept: Uint8Array | undefined;
      const wire = pipe({
        transform(chunk, controller) {
          for (const one of cut(chunk)) {
            const at = seen++;
            if (at === index && kind === "drop") continue;
            if (at === index && kind === "repeat") {
              controller.enqueue(one.slice());
            }
            if (at === index && kind === "swap") {
              kept = one.slice();
              continue;
            }
            controller.enqueue(one.slice());
            if (kept !== undefined) controller.enqueue(kept);
            kept = undefined;
          }
        },
      });
      const ends = await pair(
        { handshakeTimeout: 150 },
        { tickets: 0, handshakeTimeout: 150 },
        crossed({ toClient: wire }),
      );
      const errors = await outcomes(ends);
      const isDummy = cut(recording.toClient)[index]?.[0] ===
        ContentType.change_cipher_spec;
      const next = cut(recording.toClient)[index + 1]?.[0];
      const isHarmless = isDummy ||
        kind === "swap" && next === ContentType.change_cipher_spec;
      if (!isHarmless) {
        // What comes too much is noticed when something is read.
        const error = errors.client ?? await firstError(ends.client);
        assert(error instanceof TlsError, `${kind} ${index}: ${error}`);
      }
      ends.client.abort();
      ends.server.abort();
      await Promise.all([ends.client.closed, ends.server.closed]);
    }
  }
});

Deno.test("a transport that returns anything but bytes is refused", async () => {
  const { readable, writable } = new TransformStream<unknown, unknown>();
  const conn = client(
    {
      readable: readable as ReadableStream<Uint8Array>,
      writable: new WritableStream(),
    },
    await clientOptions(),
  );
  const shaking = conn.handshake();
  shaking.catch(() => {});
  writable.getWriter().write("text").catch(() => {});
  const error = await shaking.catch((error) => error);
  assert(error instanceof TypeError, String(error));
  assertStringIncludes(error.message, "Uint8Array");
});

Deno.test("a printed TlsError shows code, alert, side and stage", async () => {
  const { error } = await say(
    "server",
    Uint8Array.of(22, 3, 1, 0, 4, 20, 0, 0, 0),
  );
  const printed = Deno.inspect(error);
  for (
    const part of [
      "TlsProtocolError",
      `code: "unexpected_message"`,
      `alert: "unexpected_message"`,
      `side: "server"`,
      `stage: "handshake"`,
      "expected ClientHello",
    ]
  ) assertStringIncludes(printed, part);
});
