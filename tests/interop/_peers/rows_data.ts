/**
 * The rows that are the same in every version: data both ways, and the end.
 *
 * @module
 */

import { assert } from "@std/assert";
import {
  type Conversation,
  converse,
  exchange,
  has,
  type Row,
} from "./conversation.ts";
import type { Version } from "./peer.ts";

/** Both ends have that version alone. */
export function at(version: Version): Conversation {
  const versions: [Version, Version] = [version, version];
  return { client: { versions }, server: { versions }, expect: { version } };
}

/** As much each way as the slower of the two can do in time. */
export function bulkRow(version: Version): Row {
  return {
    name: titled(version, "several MiB each way"),
    applies: () => true,
    run: (pair) =>
      converse(pair, {
        ...at(version),
        then: (ends) =>
          exchange(
            pair,
            ends,
            Math.min(pair.client.client.bulk, pair.server.server.bulk),
          ),
      }),
  };
}

/** The end by one of the two, of which the other tells. */
export function closeRows(version: Version): Row[] {
  return (["client", "server"] as const).map((side) => ({
    name: titled(version, `close_notify by the ${side}`),
    applies: ({ client, server }) =>
      has(side === "client" ? client.client : server.server, "close notify") &&
      has(side === "client" ? server.server : client.client, "end report"),
    run: (pair) =>
      converse(pair, {
        ...at(version),
        async then(ends) {
          await ends[side].close();
          const other = side === "client" ? ends.server : ends.client;
          assert(await other.ended(), "the end was not clean");
        },
      }),
  }));
}

/** The matrix of TLS 1.3 does not name its version. */
function titled(version: Version, name: string): string {
  return version === "TLSv1.3" ? name : `${version} ${name}`;
}
