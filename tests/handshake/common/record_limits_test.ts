/**
 * max_fragment_length (RFC 6066 section 4) as a client asks for it, and what
 * becomes of it beside record_size_limit (RFC 8449) and in resumption.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import { TlsError } from "../../../errors.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../../handshake/messages/message_kinds_tls12.ts";
import {
  SessionCache,
  type SessionStore,
} from "../../../handshake/session/session.ts";
import { ContentType } from "../../../registry.ts";
import {
  assertRefused,
  assertRefusedLater,
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
  misreading,
  type Peer,
} from "../../_hostile_peer.ts";
import { pattern, readBytes } from "../../_pair.ts";
import { renegotiateAsClient } from "../_renegotiation.ts";
import { suite } from "../_tls12.ts";

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
const LENGTHS = [512, 1024, 2048, 4096] as const;

/** Explicit nonce and tag (RFC 5288 section 3), in bytes. */
const GCM_OVERHEAD = 24;

type Version = typeof VERSIONS[number];
type Options = { client: ClientOptions; server: ServerOptions };

/** One version for both. */
function at(version: Version, more: Partial<Options> = {}): Options {
  const both = {
    minVersion: version,
    maxVersion: version,
    cipherSuites: [
      version === "TLSv1.3" ? "TLS_AES_128_GCM_SHA256" : suite.ecdheCbc,
    ],
  };
  return {
    client: { ...both, ...more.client },
    server: { ...both, tickets: 0, ...more.server },
  };
}

/** The lengths of the records that bring `total` bytes. */
async function lengthsOf(peer: Peer, total: number): Promise<number[]> {
  const lengths: number[] = [];
  for (let sum = 0; sum < total;) {
    const fragment = await peer.records.reader.read();
    if (fragment === undefined) break;
    if (fragment.type !== ContentType.application_data) continue;
    lengths.push(fragment.bytes.length);
    sum += fragment.bytes.length;
  }
  // TLS 1.0 sends one byte first (BEAST).
  return lengths[0] === 1 ? lengths.slice(1) : lengths;
}

type Peers = Awaited<ReturnType<typeof hostileClient>>;

/** Whether a session was resumed, and the largest records of each end. */
async function meet(
  { peer, conn, flow }: Peers,
): Promise<{ resumed: boolean; ours: number; theirs: number }> {
  using _ = peer;
  const [{ resumed }] = await Promise.all([conn.handshake(), flow()]);
  const bytes = pattern(20_000);
  const writing = conn.write(bytes);
  const ours = Math.max(...await lengthsOf(peer, bytes.length));
  await writing;
  const { recordsRead } = conn.stats;
  const [read] = await Promise.all([
    readBytes(conn, bytes.length),
    peer.sendRecord(ContentType.application_data, bytes),
  ]);
  assertEquals(read, bytes);
  const records = conn.stats.recordsRead - recordsRead;
  return { resumed, ours, theirs: Math.ceil(bytes.length / records) };
}

for (const version of VERSIONS) {
  for (const maxFragmentLength of LENGTHS) {
    Deno.test(`max_fragment_length of ${maxFragmentLength} bytes holds for both ends in ${version}`, async () => {
      for (const peers of [hostileServer, hostileClient]) {
        const { ours, theirs } = await meet(
          await peers({}, at(version, { client: { maxFragmentLength } })),
        );
        assertEquals(ours, maxFragmentLength);
        assert(theirs <= maxFragmentLength, `${theirs}`);
      }
    });
  }

  // Its first byte comes alone, so that the first read is content.
  if (version === "TLSv1") continue;

  Deno.test(`a client has the server keep to max_fragment_length in ${version}: record_overflow`, async () => {
    await assertRefusedLater(
      "record_overflow",
      await hostileServer(
        {},
        at(version, { client: { maxFragmentLength: 512 } }),
      ),
      async ({ peer }) => {
        peer.records.writer.maxFragmentSize = 513;
        await peer.sendRecord(ContentType.application_data, pattern(513));
      },
    );
  });

  Deno.test(`a server has the client keep to max_fragment_length in ${version}: record_overflow`, async () => {
    await assertRefusedLater(
      "record_overflow",
      await hostileClient(
        {},
        at(version, { client: { maxFragmentLength: 512 } }),
      ),
      async ({ peer }) => {
        peer.records.writer.maxFragmentSize = 513;
        await peer.sendRecord(ContentType.application_data, pattern(513));
      },
    );
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  // RFC 8449 section 4: "An endpoint that receives a record larger than its
  // advertised limit MUST generate a fatal "record_overflow" alert." In TLS 1.3
  // the limit counts the content type as well.
  const limit = 600;
  const most = version === "TLSv1.3" ? limit - 1 : limit;
  const both = { recordSizeLimit: limit };
  const overflow = async ({ peer }: { peer: Peer }) => {
    peer.records.writer.recordSizeLimit = 2 ** 14 + 1;
    await peer.sendRecord(ContentType.application_data, pattern(most + 1));
  };

  Deno.test(`a client has the server keep to record_size_limit in ${version}: record_overflow`, async () => {
    const options = at(version, { client: both, server: both });
    await assertRefusedLater(
      "record_overflow",
      await hostileServer({}, options),
      overflow,
    );
  });

  Deno.test(`a server has the client keep to record_size_limit in ${version}: record_overflow`, async () => {
    const options = at(version, { client: both, server: both });
    await assertRefusedLater(
      "record_overflow",
      await hostileClient({}, options),
      overflow,
    );
  });

  Deno.test(`both ends accept records of record_size_limit in ${version}`, async () => {
    const options = at(version, { client: both, server: both });
    for (const hostile of [hostileClient, hostileServer]) {
      const { peer, conn, flow } = await hostile({}, options);
      using _ = peer;
      await Promise.all([conn.handshake(), flow()]);
      const reading = readBytes(conn, most);
      peer.records.writer.recordSizeLimit = 2 ** 14 + 1;
      await peer.sendRecord(ContentType.application_data, pattern(most));
      assertEquals(await reading, pattern(most));
    }
  });
}

/** What a server answers, in the message of its version. */
const answers = {
  "TLSv1.2": (extensions: Answer) =>
    editing(tls12.serverHello, (hello) => ({
      ...hello,
      extensions: { ...hello.extensions, ...extensions },
    })),
  "TLSv1.3": (extensions: Answer) =>
    editing(tls13.encryptedExtensions, (message) => ({
      extensions: { ...message.extensions, ...extensions },
    })),
};

interface Answer {
  max_fragment_length?: number;
  record_size_limit?: number;
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const answer = answers[version];

  Deno.test(`a client refuses another max_fragment_length than it asked for in ${version}`, async () => {
    for (const max_fragment_length of [1, 3, 4]) {
      await assertRefused(
        "illegal_parameter",
        await hostileServer(
          answer({ max_fragment_length }),
          at(version, { client: { maxFragmentLength: 1024 } }),
        ),
      );
    }
  });

  Deno.test(`a client refuses a max_fragment_length that it did not ask for in ${version}`, async () => {
    await assertRefused(
      "unsupported_extension",
      await hostileServer(answer({ max_fragment_length: 1 }), at(version)),
    );
  });

  Deno.test(`a client refuses max_fragment_length beside record_size_limit in ${version} (RFC 8449 section 5)`, async () => {
    const client = { maxFragmentLength: 512, recordSizeLimit: 600 } as const;
    const server = { recordSizeLimit: 700 };
    await assertRefused(
      "illegal_parameter",
      await hostileServer(
        answer({ max_fragment_length: 1, record_size_limit: 700 }),
        at(version, { client, server }),
      ),
    );
  });

  Deno.test(`a client continues with a server without max_fragment_length in ${version}`, async () => {
    const server = misreading(tls13.clientHello, (hello) => ({
      ...hello,
      extensions: { ...hello.extensions, max_fragment_length: undefined },
    }));
    const { ours, theirs } = await meet(
      await hostileServer(
        server,
        at(version, { client: { maxFragmentLength: 512 } }),
      ),
    );
    assertEquals([ours, theirs], [16_384, 10_000]);
  });

  Deno.test(`record_size_limit goes before max_fragment_length in ${version} (RFC 8449 section 5)`, async () => {
    const client = { maxFragmentLength: 512, recordSizeLimit: 2001 } as const;
    const server = { recordSizeLimit: 3001 };
    // The limit includes the content type of TLS 1.3.
    const type = version === "TLSv1.3" ? 1 : 0;
    assertEquals(
      (await meet(await hostileServer({}, at(version, { client, server }))))
        .ours,
      3001 - type,
    );
    assertEquals(
      (await meet(await hostileClient({}, at(version, { client, server }))))
        .ours,
      2001 - type,
    );
    const other = await meet(await hostileClient({}, at(version, { client })));
    assertEquals(other.ours, 512);
  });

  Deno.test(`maxFragmentSize may be less than max_fragment_length in ${version}`, async () => {
    const client = { maxFragmentLength: 1024, maxFragmentSize: 100 } as const;
    const peers = await hostileServer({}, at(version, { client }));
    assertEquals((await meet(peers)).ours, 100);
  });
}

Deno.test("max_fragment_length holds after a HelloRetryRequest", async () => {
  const client = { maxFragmentLength: 512, keyShares: [] } as const;
  for (const peers of [hostileServer, hostileClient]) {
    const lengths: unknown[] = [];
    const look = peers === hostileServer
      ? misreading(tls13.clientHello, (hello) => {
        lengths.push(hello.extensions.max_fragment_length);
        return hello;
      })
      : editing(tls13.clientHello, (hello) => {
        lengths.push(hello.extensions.max_fragment_length);
        return hello;
      });
    const { ours, theirs } = await meet(
      await peers(look, at("TLSv1.3", { client })),
    );
    assertEquals(lengths, [1, 1]);
    assertEquals(ours, 512);
    assert(theirs <= 512, `${theirs}`);
  }
});

// RFC 8449 section 4: "Records are subject to the limits that were set in the
// handshake that produces the keys that are used to protect those records."

for (const isLater of [false, true]) {
  const what = isLater ? "another" : "no";
  Deno.test(`a renegotiation with ${what} record_size_limit has its own limits under its own keys`, async () => {
    const cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
    const both = at("TLSv1.2", {
      client: { cipherSuites, recordSizeLimit: 64 },
      server: { cipherSuites, recordSizeLimit: 100, renegotiation: "freely" },
    });
    const { peer, conn, flow } = await hostileClient({}, both);
    using _ = peer;
    const [, previous] = await Promise.all([conn.handshake(), flow()]);
    const bytes = pattern(1000);
    const reading = readBytes(conn, bytes.length);
    const recordSizeLimit = isLater ? 512 : undefined;
    // Flights of the renegotiation are under the keys from before it.
    const flight: number[] = [];
    peer.records.reader.onRecord = (_, { type, length }) => {
      if (type === ContentType.handshake) flight.push(length - GCM_OVERHEAD);
    };
    await renegotiateAsClient(
      peer,
      previous,
      await clientConfig({ ...both.client, recordSizeLimit }),
    );
    assert(flight.length > 10, `${flight}`);
    assertEquals(Math.max(...flight.slice(0, -1)), 64);
    peer.records.writer.recordSizeLimit = Infinity;
    await peer.sendRecord(
      ContentType.application_data,
      bytes.subarray(0, isLater ? 100 : 1000),
    );
    if (isLater) {
      await peer.sendRecord(ContentType.application_data, bytes.subarray(100));
      const error = await assertRejects(() => reading, TlsError);
      assertEquals(error.alert, "record_overflow");
      return;
    }
    assertEquals(await reading, bytes);
    const writing = conn.write(bytes);
    assertEquals(await lengthsOf(peer, 1000), [1000]);
    await writing;
  });
}

Deno.test("a renegotiation without max_fragment_length ends it", async () => {
  const both = at("TLSv1.2", {
    client: { maxFragmentLength: 512 },
    server: { renegotiation: "freely" },
  });
  const { peer, conn, flow } = await hostileClient({}, both);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const bytes = pattern(1000);
  const reading = readBytes(conn, bytes.length);
  const client = { ...both.client, maxFragmentLength: undefined };
  await renegotiateAsClient(peer, previous, await clientConfig(client));
  peer.records.writer.maxFragmentSize = bytes.length;
  await peer.sendRecord(ContentType.application_data, bytes);
  assertEquals(await reading, bytes);
});

class Store extends Map<string, Uint8Array> implements SessionStore {}

const ways: [string, () => ServerOptions][] = [
  ["ticket", () => ({ tickets: 1, ticketKeys: [pattern(48)] })],
  ["session ID", () => ({ tickets: 0, sessionStore: new Store() })],
];

for (const [way, options] of ways) {
  const resumable = () =>
    at("TLSv1.2", {
      client: { maxFragmentLength: 512, sessionCache: new SessionCache() },
      server: options(),
    });

  Deno.test(`max_fragment_length holds in a session that is resumed by ${way}, and is not said again`, async () => {
    for (const peers of [hostileServer, hostileClient]) {
      const both = resumable();
      const answered: unknown[] = [];
      const look = peers === hostileServer
        ? editing(tls12.serverHello, (hello) => {
          answered.push(hello.extensions.max_fragment_length);
          return hello;
        })
        : misreading(tls13.serverHello, (hello) => {
          answered.push(hello.extensions.max_fragment_length);
          return hello;
        });
      for (const resumed of [false, true, true]) {
        const met = await meet(await peers(look, both));
        assertEquals([met.resumed, met.ours], [resumed, 512]);
        assert(met.theirs <= 512);
      }
      assertEquals(answered, [1, undefined, undefined]);
    }
  });

  Deno.test(`a client accepts the same max_fragment_length again when a session is resumed by ${way}, and no other`, async () => {
    const both = resumable();
    const say = (max_fragment_length: number) =>
      hostileServer(answers["TLSv1.2"]({ max_fragment_length }), both);
    assertEquals((await meet(await say(1))).resumed, false);
    const { resumed, ours } = await meet(await say(1));
    assertEquals([resumed, ours], [true, 512]);
    await assertRefused("illegal_parameter", await say(2));
  });

  Deno.test(`a session by ${way} is not offered with another max_fragment_length`, async () => {
    const both = resumable();
    const go = async (
      maxFragmentLength: typeof LENGTHS[number] | undefined,
    ) => {
      const client = { ...both.client, maxFragmentLength };
      const { resumed, ours } = await meet(
        await hostileServer({}, { ...both, client }),
      );
      return [resumed, ours];
    };
    assertEquals(await go(512), [false, 512]);
    assertEquals(await go(1024), [false, 1024]);
    assertEquals(await go(1024), [true, 1024]);
    assertEquals(await go(undefined), [false, 16_384]);
    assertEquals(await go(undefined), [true, 16_384]);
    // The first session is still there.
    assertEquals(await go(512), [true, 512]);
  });

  Deno.test(`a session by ${way} is offered again to a server that knows no max_fragment_length`, async () => {
    const both = resumable();
    const server = misreading(tls13.clientHello, (hello) => ({
      ...hello,
      extensions: { ...hello.extensions, max_fragment_length: undefined },
    }));
    for (const resumed of [false, true]) {
      const met = await meet(await hostileServer(server, both));
      assertEquals([met.resumed, met.ours], [resumed, 16_384]);
    }
  });

  Deno.test(`a server goes by the session that is resumed by ${way}, not by the ClientHello`, async () => {
    const both = resumable();
    await meet(await hostileClient({}, both));
    const other = editing(tls12.clientHello, (hello) => ({
      ...hello,
      extensions: { ...hello.extensions, max_fragment_length: 2 },
    }));
    const { resumed, ours } = await meet(await hostileClient(other, both));
    assertEquals([resumed, ours], [true, 512]);
  });
}
