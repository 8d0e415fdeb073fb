/**
 * Who is at both ends of a connection, for tests of sessions that go from one
 * configuration to another.
 *
 * @module
 */

import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { Session } from "../../handshake/session/session.ts";
import {
  clientOptions,
  crossed,
  outcomes,
  type Pair,
  pattern,
  readBytes,
  utf8,
} from "../_pair.ts";
import { client, server } from "../../connection/wrap.ts";

/** A version, and how a session of it is kept. */
export interface Way {
  readonly name: string;
  readonly both: Pick<
    ClientOptions,
    "minVersion" | "maxVersion" | "groups"
  >;
  /** Of all servers: tickets under the same keys, or one store. */
  readonly server: ServerOptions;
}

// There are thousands of meetings: the group is the fastest; the other one is
// that of the certificates.
const groups = ["x25519", "secp256r1"];
const tls13 = { groups, minVersion: "TLSv1.3" } as const;
const tls12 = { groups, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
const ticketKeys = [pattern(48, 7)];

/** All of them. */
export function ways(): Way[] {
  return [
    { name: "TLS 1.3", both: tls13, server: { ticketKeys } },
    { name: "TLS 1.2 by ticket", both: tls12, server: { ticketKeys } },
    {
      name: "TLS 1.2 by session ID",
      both: tls12,
      server: { tickets: 0, sessionStore: new Map<string, Uint8Array>() },
    },
  ];
}

/** One connection: who is known to be at its ends, and what it left. */
export interface Meeting {
  /** By what each side was proved to the other; how it failed, if it did. */
  readonly who: string;
  readonly resumed: boolean;
  readonly session: Session | undefined;
}

/** Lets two ends meet. */
export async function meet(
  way: Way,
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<Meeting> {
  const { forClient: near, forServer: far } = crossed();
  let session: Session | undefined;
  const options = await clientOptions({
    ...way.both,
    onSession: (given) => session = given,
    ...forClient,
  });
  const ends: Pair = {
    client: client(near, options),
    server: server(far, { ...way.both, ...way.server, ...forServer }),
    async [Symbol.asyncDispose]() {
      await Promise.all([ends.client.close(), ends.server.close()]);
    },
  };
  const failed = await outcomes(ends);
  const isRefused = failed.client !== undefined || failed.server !== undefined;
  if (isRefused || !await passData(ends)) {
    ends.client.abort();
    ends.server.abort();
    return { who: "nobody", resumed: false, session: undefined };
  }
  const who = describe(ends);
  const { resumed } = ends.client.info;
  await ends[Symbol.asyncDispose]();
  return { who, resumed, session };
}

/** Tickets come before data; a client's certificate may be refused behind. */
async function passData({ client, server }: Pair): Promise<boolean> {
  try {
    await server.write(utf8("!"));
    return (await readBytes(client, 1)).length === 1;
  } catch {
    return false;
  }
}

/** How the two know one another. */
function describe({ client, server }: Pair): string {
  return [client, server].map(({ info }) =>
    [
      info.authorization.status,
      info.peerCertificates[0]?.serialNumber,
      info.pskIdentity && new TextDecoder().decode(info.pskIdentity),
      info.localCertificate?.serialNumber,
    ].join("/")
  ).join(" | ");
}
