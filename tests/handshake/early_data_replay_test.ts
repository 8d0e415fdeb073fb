/**
 * Replays of early data (RFC 9846 section 8): the bytes of a first flight, sent
 * to a server once more.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { Session } from "../../handshake/session/session.ts";
import { server } from "../../connection/wrap.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { recordUse } from "../../handshake/tls13/anti_replay.ts";
import { redisStore } from "../../stores/redis.ts";
import {
  crossed,
  pattern,
  pipe,
  readBytes,
  serverOptions,
  utf8,
} from "../_pair.ts";
import {
  earlyPair,
  earlySession,
  memoryStore,
  REQUEST,
  shakeEarly,
} from "./_early_data.ts";
import { ticketKeys } from "./_resumption.ts";

const USED = "the ticket has carried early data before, or nobody can tell";

/** A connection with early data, and the bytes that its client sent. */
async function recorded(
  session: Session,
  options: ServerOptions = {},
  client: ClientOptions = {},
): Promise<{ early: string; bytes: Uint8Array[]; refusals: string[] }> {
  const bytes: Uint8Array[] = [];
  const toServer = pipe({
    transform: (chunk, controller) => {
      bytes.push(chunk.slice());
      controller.enqueue(chunk);
    },
  });
  await using ends = await earlyPair(
    { session, ...client },
    options,
    crossed({ toServer }),
  );
  const early = await shakeEarly(ends);
  // An honest connection goes on, whatever becomes of early data.
  await ends.client.write(utf8("data"));
  assertEquals(await readBytes(ends.server, 4), utf8("data"));
  return { early, bytes, refusals: ends.refusals.server };
}

/** Sends bytes to a server, as an attacker would; what it takes for early data. */
async function replayed(
  bytes: readonly Uint8Array[],
  options: ServerOptions = {},
): Promise<{ early: string; refusals: string[] }> {
  const refusals: string[] = [];
  const refused = Promise.withResolvers<string>();
  const { forClient, forServer } = crossed();
  const conn = server(
    forServer,
    await serverOptions({
      ticketKeys,
      earlyData: {},
      onEvent: (event: HandshakeEvent) => {
        if (event.type !== "early_data_refused") return;
        refusals.push(event.reason);
        refused.resolve("");
      },
      ...options,
    }),
  );
  conn.handshake().catch(() => {});
  const writer = forClient.writable.getWriter();
  for (const each of bytes) writer.write(each).catch(() => {});
  const reader = conn.earlyData.getReader();
  const first = reader.read().then(({ value }) =>
    new TextDecoder().decode(value)
  );
  const early = await Promise.race([first, refused.promise]);
  first.catch(() => {});
  conn.abort();
  return { early, refusals };
}

const TEXT = new TextDecoder().decode(REQUEST);

Deno.test("servers of one process accept early data of a ticket once", async () => {
  const session = await earlySession();
  const { early, bytes } = await recorded(session);
  assertEquals(early, TEXT);
  // Each server has a context of its own.
  assertEquals(await replayed(bytes), { early: "", refusals: [USED] });
  // So has a client that comes with the ticket again.
  const again = await recorded(session);
  assertEquals([again.early, again.refusals], ["", [USED]]);
});

Deno.test("servers with one store accept early data of a ticket once", async () => {
  const replay = memoryStore();
  const { early, bytes } = await recorded(await earlySession(), {
    earlyData: { replay },
  });
  assertEquals(early, TEXT);
  assertEquals(replay.kept.size, 1);
  assertEquals(await replayed(bytes, { earlyData: { replay } }), {
    early: "",
    refusals: [USED],
  });
  // The store is what the others know it from.
  const other = { earlyData: { replay: memoryStore() } };
  assertEquals(await replayed(bytes, other), { early: TEXT, refusals: [] });
});

Deno.test("redisStore() is a store that servers can share", async () => {
  const kept = new Map<string, string>();
  const sent: string[] = [];
  const replay = redisStore((words) => {
    sent.push(words.toSpliced(1, 2).join(" "));
    const [, key = "", value = ""] = words;
    if (kept.has(key)) return Promise.resolve(null);
    kept.set(key, value);
    return Promise.resolve("OK");
  }, { expireIn: 20_000 });
  const { early, bytes } = await recorded(await earlySession(), {
    earlyData: { replay },
  });
  assertEquals(early, TEXT);
  assertEquals((await replayed(bytes, { earlyData: { replay } })).early, "");
  assertEquals(sent, ["SET PX 20000 NX", "SET PX 20000 NX"]);
});

Deno.test("early data is rejected where nobody can tell a replay", async () => {
  for (
    const compareAndSet of [
      () => {
        throw new Error("out of order");
      },
      () => Promise.reject(new Error("out of order")),
      () => "OK" as unknown as boolean,
    ]
  ) {
    const failures: unknown[] = [];
    const { early } = await recorded(await earlySession(), {
      earlyData: { replay: { compareAndSet } },
      onEvent: (event) => {
        if (event.type === "callback_failed") failures.push(event.callback);
      },
    });
    assertEquals(early, "");
    assertEquals(failures.length <= 1, true);
  }
});

Deno.test("early data is rejected where the store does not answer", async () => {
  const failures: unknown[] = [];
  const { early } = await recorded(await earlySession(), {
    earlyData: { replay: { compareAndSet: () => new Promise(() => {}) } },
    onEvent: (event) => {
      if (event.type === "callback_failed") failures.push(String(event.error));
    },
  });
  assertEquals(early, "");
  assertEquals(failures, [
    'Error: The store of option "earlyData" did not answer within 1000 ms',
  ]);
});

Deno.test("early data is rejected whose ticket is older than its client tells", async () => {
  const start = Date.now();
  for (
    const [late, window, isAccepted] of [
      [9_000, undefined, true],
      [11_000, undefined, false],
      [-11_000, undefined, false],
      [59_000, 60_000, true],
      [61_000, 60_000, false],
    ] as const
  ) {
    // The one clock is right in both connections, the other leaps.
    const now = () => start;
    const session = await earlySession({ now }, { now });
    const { early, refusals } = await recorded(session, {
      now: () => start + late,
      earlyData: { window, replay: memoryStore() },
    }, { now });
    assertEquals(early, isAccepted ? TEXT : "", `${late} ms late`);
    assertEquals(
      refusals,
      isAccepted ? [] : [`the age of the ticket is off by ${-late} ms`],
    );
  }
});

Deno.test("recordUse() rejects tickets from before the process", async () => {
  const now = Date.now();
  const use = {
    ticket: pattern(50, 11),
    createdAt: now - performance.now() - 1000,
    ticketAgeSkew: 0,
  };
  const policy = { maxSize: 1, window: 600_000, replay: undefined };
  const io = { tell: undefined as never };
  assertEquals(
    await recordUse(io, policy, now, use),
    "the ticket is older than the record of early data",
  );
  // A store outlasts the process.
  const replay = memoryStore();
  const shared = { ...policy, replay };
  assertEquals(await recordUse(io, shared, now, use), undefined);
  assertEquals(await recordUse(io, shared, now, use), USED);
});
