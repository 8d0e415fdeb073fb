/**
 * Split mode in memory: a client, a client-facing server, and a back end.
 *
 * @module
 */

import { openClientHello, type OpenedClientHello } from "../../ech/mod.ts";
import {
  client,
  type ClientOptions,
  type Duplex,
  pipeDuplex,
  server,
  type ServerOptions,
} from "../../mod.ts";
import { current, facing } from "../handshake/ech/_ends.ts";
import { clientOptions, crossed, type Pair, serverOptions } from "../_pair.ts";

/** Both ends of a connection, and what is between them. */
export interface Split extends Pair {
  /** What the client-facing server has seen. */
  readonly opened: OpenedClientHello;
  /** Ends when what it forwards has ended. */
  readonly forwarding: Promise<void>;
}

/** Joins a client with a back end, through a client-facing server. */
export async function split(
  forClient: ClientOptions,
  forBackend: ServerOptions = {},
  { wires = crossed(), behind = crossed() }: {
    wires?: { forClient: Duplex; forServer: Duplex };
    behind?: { forClient: Duplex; forServer: Duplex };
  } = {},
): Promise<Split> {
  const here = client(wires.forClient, await clientOptions(forClient));
  here.handshake().catch(() => {});
  const opened = await openClientHello(wires.forServer, { keys: current.pem });
  const there = server(
    behind.forServer,
    await serverOptions(facing({ ech: "backend", ...forBackend })),
  );
  const forwarding = pipeDuplex(opened.duplex, behind.forClient);
  forwarding.catch(() => {});
  return {
    client: here,
    server: there,
    opened,
    forwarding,
    async [Symbol.asyncDispose]() {
      await Promise.all([here.close(), there.close()]);
      await forwarding.catch(() => {});
    },
  };
}
