/**
 * The readers of options that keep sessions, and of early data, which goes with
 * a session.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";
import type { TicketRequest } from "../../handshake/common/config.ts";
import type { ReplayStore } from "../../handshake/common/early_data_policy.ts";
import {
  checkTicketKeys,
  type TicketKeySource,
} from "../../handshake/session/ticket_keys.ts";
import type { EarlyDataFunction, EarlyDataSource } from "./early_data.ts";
import {
  bytes,
  integer,
  list,
  methods,
  type Parse,
  refuse,
  text,
} from "./values.ts";

/** A session ID context, as bytes. */
export const sessionIdContext: Parse<Uint8Array> = (value, name) => {
  const given = text(value, name);
  const read = typeof given === "string"
    ? new TextEncoder().encode(given)
    : new Uint8Array(given);
  if (read.length <= MAX_SESSION_ID_CONTEXT) return read;
  throw new RangeError(
    `Cannot use option "${name}": expected ${MAX_SESSION_ID_CONTEXT} bytes or fewer, got ${read.length}`,
  );
};

/** In bytes; OpenSSL's SSL_MAX_SID_CTX_LENGTH. */
const MAX_SESSION_ID_CONTEXT = 32;

/** Ticket keys: 48 or 32 bytes each, at least one; or what gives such. */
export const ticketKeys: Parse<readonly Uint8Array[] | TicketKeySource> = (
  value,
  name,
) => isTicketKeySource(value) ? value : ticketKeyList(value, name);

/** Ticket keys, as a list. */
export const ticketKeyList: Parse<readonly Uint8Array[]> = (value, name) =>
  checkTicketKeys(list(value, name), name);

function isTicketKeySource(value: unknown): value is TicketKeySource {
  return typeof value === "object" && value !== null && "current" in value &&
    typeof value.current === "function";
}

/** How many tickets a client asks for. */
export const ticketRequest: Parse<TicketRequest> = (value, name) => {
  const { newSession = 2, resumption = 1 } = readDictionary(
    value,
    `Cannot use option "${name}"`,
    new Set(["newSession", "resumption"]),
  );
  const count = integer(0, 255);
  return {
    newSessionCount: count(newSession, `${name}.newSession`),
    resumptionCount: count(resumption, `${name}.resumption`),
  };
};

/** The option `earlyData`. */
export const earlyDataOption: Parse<EarlyDataSource> = (value, name) => {
  if (typeof value === "function") return { give: value as EarlyDataFunction };
  if (value instanceof Uint8Array) {
    const copy = new Uint8Array(value);
    return { give: () => copy };
  }
  if (typeof value !== "object" || value === null) {
    return refuse(
      name,
      "a Uint8Array or a function at a client, an object at a server",
      value,
    );
  }
  const cannot = `Cannot use option "${name}"`;
  const { maxSize = 16_384, window = 10_000, replay } = readDictionary(
    value,
    cannot,
    EARLY_DATA_MEMBERS,
  );
  return {
    policy: {
      maxSize: integer(1, MAX_EARLY_DATA)(maxSize, `${name}.maxSize`),
      window: integer(1, MAX_EARLY_DATA_WINDOW)(window, `${name}.window`),
      replay: replay === undefined
        ? undefined
        : methods<ReplayStore>("compareAndSet")(replay, `${name}.replay`),
    },
  };
};

/** Reads what a client's function returned. */
export function earlyDataOf(given: unknown): Uint8Array | undefined {
  return given === undefined || given === null
    ? undefined
    : new Uint8Array(bytes(given, "earlyData"));
}

/** The error of a client with the option of a server. */
export function earlyDataOfServer(): TypeError {
  return new TypeError(
    `Cannot use option "earlyData": expected a Uint8Array or a function at a client, got an object`,
  );
}

/** The error of a server with the option of a client. */
export function earlyDataOfClient(): TypeError {
  return new TypeError(
    `Cannot use option "earlyData": expected an object at a server, such as { maxSize: 16384 }`,
  );
}

const EARLY_DATA_MEMBERS = new Set(["maxSize", "window", "replay"]);

/** Bytes that a connection may have us keep: 1 MiB. */
const MAX_EARLY_DATA = 1_048_576;

/** Milliseconds: ten minutes. */
const MAX_EARLY_DATA_WINDOW = 600_000;
