/**
 * The flows of a handshake and what follows it, each loaded when it is needed:
 * a connection has one side and one version.
 *
 * @module
 */

import { Lazy } from "../lazy.ts";
import { ProtocolVersion } from "../registry.ts";
import type { AfterHandshake } from "./common/after_handshake.ts";
import type { ClientConfig, ServerConfig } from "./common/config.ts";
import type { ServerConnection } from "./common/server_connection.ts";
import type { Established } from "./common/established.ts";
import type { HandshakeIO } from "./io/message_stream.ts";

/** The handshake of a client. */
export const clientFlow = new Lazy(
  "the handshake of a client",
  () => import("./client.ts"),
);

/** The handshake of a server. */
export const serverFlow = new Lazy(
  "the handshake of a server",
  () => import("./server.ts"),
);

/** The flow of a side, if it was loaded. */
export function loadedFlow(
  side: "client" | "server",
): Pick<ServerFlow, "connectionInfo" | "explain"> | undefined {
  return (side === "client" ? clientFlow : serverFlow).loaded;
}

const postHandshake = new Lazy(
  "the messages after the handshake",
  () => import("./tls13/post_handshake.ts"),
);

const inquiries = new Lazy(
  "requests for a client's certificate",
  () => import("./tls13/certificate_inquiry.ts"),
);

const renegotiation = new Lazy(
  "renegotiation",
  () => import("./renegotiation.ts"),
);

/** Makes what handles the messages after a handshake. */
export type MakeAfterHandshake = (
  io: HandshakeIO,
  config: ClientConfig | ServerConfig,
  server?: {
    readonly initial: ServerConfig;
    readonly connection: ServerConnection;
  },
) => AfterHandshake;

/** Loads what handles the messages after a handshake of a version. */
export async function loadAfterHandshake(
  side: "client" | "server",
  established: Established,
): Promise<MakeAfterHandshake> {
  if (established.version === ProtocolVersion["TLSv1.3"]) {
    const { PostHandshake } = postHandshake.loaded ??
      await postHandshake.load();
    const Inquiry = side === "client"
      ? undefined
      : (inquiries.loaded ?? await inquiries.load()).CertificateInquiry;
    return (io, config) => new PostHandshake(io, config, established, Inquiry);
  }
  const { Renegotiation } = await renegotiation.load();
  return (io, config, server) =>
    new Renegotiation(
      io,
      config,
      established,
      server && {
        ...server,
        renegotiate: serverRenegotiation,
      },
    );
}

/**
 * Loads what the handshakes of a server go through. A listener waits for it: at a
 * time when file descriptors are short, a runtime cannot open a module's file.
 *
 * @throws {TlsError} `module_unavailable`.
 */
export async function loadServerFlow(config: ServerConfig): Promise<void> {
  const hasTls13 = config.maxVersion >= ProtocolVersion["TLSv1.3"];
  const hasTls12 = config.minVersion < ProtocolVersion["TLSv1.3"];
  const { loadServerParts } = await serverFlow.load();
  await Promise.all([
    loadServerParts(config, { hasTls13, hasTls12 }),
    ...hasTls13 ? [postHandshake.load(), inquiries.load()] : [],
    ...hasTls12 ? [renegotiation.load()] : [],
  ]);
}

/** A server that renegotiates has loaded its handshake before. */
const serverRenegotiation: ServerFlow["serverRenegotiation"] = async (
  ...args
) => await (await serverFlow.load()).serverRenegotiation(...args);

type ServerFlow = typeof import("./server.ts");
