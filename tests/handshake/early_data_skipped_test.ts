/**
 * 0-RTT data that a server does not accept (RFC 9846 section 4.3.10): skipped,
 * with and without a HelloRetryRequest, up to a limit.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ServerOptions } from "../../connection/options/options.ts";
import type { TlsAlertName } from "../../errors.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import { edited, hostileClient, type Mischief } from "../_hostile_peer.ts";
import { pattern, readBytes, tlsError, utf8 } from "../_pair.ts";

const { handshake, application_data, change_cipher_spec } = ContentType;

/** Offers early data, and sends `records` records of it. */
function early(records: number, size = 1000): Mischief {
  let hellos = 0;
  return {
    message: ({ name, raw }) =>
      name === "client_hello" && hellos === 0
        ? edited(tls13.clientHello, raw, (hello) => ({
          ...hello,
          extensions: { ...hello.extensions, early_data: true as const },
        }))
        : undefined,
    record: (type, bytes) => {
      if (type !== handshake || bytes[0] !== HandshakeType.client_hello) return;
      if (hellos++ > 0) return;
      return [
        [type, bytes],
        [change_cipher_spec, Uint8Array.of(1)],
        ...Array.from(
          { length: records },
          (_, at) => [application_data, pattern(size, at + 1)] as const,
        ),
      ];
    },
  };
}

/** The second ClientHello of an honest client has no early_data. */
function withoutIt(mischief: Mischief): Mischief {
  let hellos = 0;
  return {
    ...mischief,
    message: (message) => {
      if (message.name !== "client_hello" || ++hellos === 1) {
        return mischief.message?.(message);
      }
      return undefined;
    },
  };
}

for (
  const [name, server] of [
    ["at once", {}],
    ["after a HelloRetryRequest", { groups: ["secp384r1"] }],
    ["after a cookie", { helloRetry: "cookie" }],
  ] as readonly [string, ServerOptions][]
) {
  Deno.test(`server skips early data that it does not accept, ${name}`, async () => {
    const { peer, conn, flow } = await hostileClient(withoutIt(early(3)), {
      client: { minVersion: "TLSv1.3" },
      server,
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(conn.info.earlyData, "rejected");
    await peer.sendRecord(application_data, utf8("in time"));
    assertEquals(await readBytes(conn, 7), utf8("in time"));
    conn.abort();
  });

  Deno.test(`server skips early data as large as tickets usually allow, ${name}`, async () => {
    for (const [records, size] of [[1, 16_384], [16, 1024], [1024, 16]]) {
      const { peer, conn, flow } = await hostileClient(
        withoutIt(early(records as number, size)),
        { client: { minVersion: "TLSv1.3" }, server },
      );
      using _ = peer;
      await Promise.all([conn.handshake(), flow()]);
      assertEquals(conn.info.earlyData, "rejected");
      conn.abort();
    }
    for (const [records, size] of [[1025, 1], [17, 1024]]) {
      await fails(
        "unexpected_message",
        await hostileClient(withoutIt(early(records as number, size)), {
          client: { minVersion: "TLSv1.3" },
          server,
        }),
      );
    }
  });

  Deno.test(`server skips early data up to a limit, ${name}`, async () => {
    await fails(
      "unexpected_message",
      await hostileClient(withoutIt(early(40, 16_000)), {
        client: { minVersion: "TLSv1.3" },
        server,
      }),
    );
  });
}

Deno.test("server refuses records in the place of Finished that early_data did not announce", async () => {
  const { record } = early(2);
  await fails(
    "bad_record_mac",
    await hostileClient(record === undefined ? {} : { record }, {
      client: { minVersion: "TLSv1.3" },
    }),
  );
});

/** The alert itself may be lost on a client that is still sending. */
async function fails(
  alert: TlsAlertName,
  { peer, conn, flow }: Awaited<ReturnType<typeof hostileClient>>,
): Promise<void> {
  using _ = peer;
  const sending = flow().catch(() => {});
  const error = tlsError(await conn.handshake().catch((error) => error));
  assertEquals(error.alert, alert, error.message);
  await sending;
}
