/**
 * The options of a client, as ours.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import type { ClientOptions } from "../../connection/options/options.ts";
import { Session } from "../../handshake/session/session.ts";
import { unguarded } from "../ends.ts";
import { invalidArgType, requireString } from "./errors.ts";
import type { SecureContext } from "./secure_context.ts";
import { bytesOf } from "./server_context.ts";
import type { PskClientAnswer, TLSSocketOptions } from "./socket_options.ts";
import type { HookedSocket } from "./hooks.ts";

/** What a client's options are made of. */
export interface ClientSource {
  readonly options: TLSSocketOptions;
  readonly alpnProtocols: readonly Uint8Array[];
  readonly socket: HookedSocket;
  readonly servername: string | false | null;
  readonly session: Buffer | undefined;
}

/** The options of a client, as ours. */
export async function clientOptions(
  context: SecureContext,
  { options, alpnProtocols, socket, servername, session }: ClientSource,
): Promise<ClientOptions> {
  const { pskCallback, requestOCSP } = options;
  const offered = session && readSession(session);
  if (offered !== undefined) socket.noteTicket(offered.ticket);
  const result: ClientOptions = {
    ...await context.load(),
    // RFC 6066 section 3: addresses are no names.
    serverName: servername && isIP(servername) === 0 ? servername : false,
    handshakeTimeout: 0,
    alpnProtocols,
    requestOcsp: requestOCSP === true,
    requestScts: false,
    postHandshakeAuth: false,
    // Node counts those of clients alone.
    renegotiation: context.bits.noRenegotiation ? "never" : "freely",
    renegotiationLimit: 2 ** 31 - 1,
    // More than that is asked for behind the handshake, as in Node.
    minDhSize: 1024,
    verify: (verdict) => socket.judge(verdict),
    onSession: (given) => socket.noteSession(given),
    onEvent: (event) => socket.noteEvent(event),
  };
  if (offered !== undefined) result.session = offered;
  if (socket.listenerCount("keylog") > 0) {
    result.keyLog = (line) =>
      unguarded(() => socket.emit("keylog", Buffer.from(`${line}\n`)));
  }
  if (pskCallback !== undefined) {
    result.psk = (hint) => readPsk(pskCallback, socket, hint);
  }
  return result;
}

/** What is none is not offered, as in Node. */
function readSession(bytes: Buffer): Session | undefined {
  try {
    return Session.import(bytes);
  } catch {
    return undefined;
  }
}

function readPsk(
  callback: (...args: never[]) => unknown,
  socket: HookedSocket,
  hint: string | undefined,
): { identity: string; key: Uint8Array } | undefined {
  const answer: unknown = Reflect.apply(callback, socket, [hint ?? null]);
  if (answer === undefined || answer === null) return undefined;
  if (typeof answer !== "object") {
    throw invalidArgType("ret", "of type object", answer);
  }
  const { psk, identity } = answer as Partial<PskClientAnswer>;
  if (!ArrayBuffer.isView(psk)) {
    throw invalidArgType(
      "psk",
      "an instance of Buffer, TypedArray, or DataView",
      psk,
    );
  }
  requireString(identity, "identity");
  return { identity, key: bytesOf(psk) };
}
