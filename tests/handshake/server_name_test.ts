/**
 * Whether a server says that it has gone by the name (RFC 6066 section 3).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import { decode } from "../../record/codec.ts";
import { connected, type Pair, pattern } from "../_pair.ts";
import { passTickets } from "./_resumption.ts";

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

type Version = typeof VERSIONS[number];

/** A connection, and whether its server acknowledged the name. */
async function observe(
  maxVersion: Version,
  client: ClientOptions,
  server: ServerOptions,
): Promise<{ ends: Pair; isAcknowledged: boolean }> {
  const kind = maxVersion === "TLSv1.2"
    ? tls12.serverHello
    : tls13.encryptedExtensions;
  let isAcknowledged = false;
  const ends = await connected({
    ...client,
    maxVersion,
    onEvent: (event) => {
      if (event.type !== "message" || event.bytes[0] !== kind.type) return;
      const { extensions } = decode<{ extensions: object }>(
        kind.codec,
        event.bytes.subarray(4),
        kind.name,
      );
      isAcknowledged = "server_name" in extensions;
    },
  }, server);
  return { ends, isAcknowledged };
}

for (const maxVersion of VERSIONS) {
  Deno.test(`acknowledgeServerName says whether a server of ${maxVersion} goes by the name`, async () => {
    for (const acknowledgeServerName of [undefined, true, false]) {
      const { ends, isAcknowledged } = await observe(maxVersion, {}, {
        acknowledgeServerName,
      });
      assertEquals(isAcknowledged, acknowledgeServerName ?? true);
      assertEquals(ends.server.info.serverName, "localhost");
      await ends[Symbol.asyncDispose]();
    }
  });

  Deno.test(`a server of ${maxVersion} acknowledges no name that a client does not send`, async () => {
    const { ends, isAcknowledged } = await observe(maxVersion, {
      serverName: false,
      verify: () => true,
    }, {});
    assertEquals(isAcknowledged, false);
    await ends[Symbol.asyncDispose]();
  });

  Deno.test(`a server of ${maxVersion} that resumes a session does not acknowledge the name`, async () => {
    const sessionCache = new SessionCache();
    const ticketKeys = [pattern(48)];
    for (const resumed of [false, true]) {
      const { ends, isAcknowledged } = await observe(maxVersion, {
        sessionCache,
      }, {
        ticketKeys,
      });
      assertEquals(ends.client.info.resumed, resumed);
      assertEquals(isAcknowledged, !resumed);
      await passTickets(ends);
      await ends[Symbol.asyncDispose]();
    }
  });
}
