/**
 * The client-facing server of split mode (RFC 9849 section 3.1, "Topologies"): it
 * decrypts ClientHellos, and ends no TLS of its own.
 *
 * @module
 */

import { ownEchKeys } from "../connection/options/values.ts";
import type { Duplex } from "../connection/transport/duplex.ts";
import { kindOf, readDictionary } from "../dictionary.ts";
import { Lazy } from "../lazy.ts";
import type {
  OpenClientHelloOptions,
  OpenedClientHello,
} from "./opened_client_hello.ts";

/**
 * Reads a ClientHello, and decrypts it if one of the keys can: to pass a
 * connection on to a back end by the name that was encrypted, without ending its
 * TLS. The back end has `ech: "backend"` in its options.
 *
 * Where it was not decrypted, join the duplex with a server for the public name
 * that has the same keys: that one tells the client what they are.
 *
 * @param duplex The connection with the client. Neither stream may be locked.
 * @param options The keys, and a signal.
 * @returns What the client offers, and the duplex to go on with.
 * @throws {TypeError} If a stream is locked, or a key is none.
 * @throws {TlsError} `not_tls`, if the client does not speak TLS; of a key, if its
 * PEM text is malformed.
 * @throws {TlsProtocolError} If the client breaks a rule of RFC 9849 or of TLS; it
 * has got the alert.
 * @throws {TlsTruncatedError} If the client ends before its ClientHello does.
 * @throws {Error} If the transport fails, or with the reason of the signal.
 *
 * @example A client-facing server with two back ends
 * ```ts ignore
 * import { pipeDuplex, server } from "@x/tls";
 * import { openClientHello } from "@x/tls/ech";
 *
 * const keys = await Deno.readTextFile("ech.pem");
 * const cert = await Deno.readTextFile("public.pem");
 * const key = await Deno.readTextFile("public.key");
 *
 * async function route(socket: Deno.Conn): Promise<void> {
 *   const signal = AbortSignal.timeout(10_000);
 *   const { ech, info, duplex } = await openClientHello(socket, { keys, signal });
 *   if (ech !== "accepted") {
 *     await using conn = server(duplex, { cert, key, ech: { keys } });
 *     await conn.handshake();
 *     return;
 *   }
 *   const hostname = info.serverName === "a.example" ? "10.0.0.1" : "10.0.0.2";
 *   await pipeDuplex(duplex, await Deno.connect({ hostname, port: 443 }));
 * }
 *
 * for await (const socket of Deno.listen({ port: 443 })) {
 *   route(socket).catch((error) => console.error(error));
 * }
 * ```
 */
export async function openClientHello(
  duplex: Duplex,
  options: OpenClientHelloOptions,
): Promise<OpenedClientHello> {
  const given = readOptions(options);
  const { open } = await opening.load();
  return await open(duplex, given);
}

function readOptions(options: OpenClientHelloOptions): OpenClientHelloOptions {
  const { keys, keyLog, signal } = readDictionary(options, CANNOT, MEMBERS);
  if (keyLog !== undefined && typeof keyLog !== "function") {
    throw new TypeError(
      `${CANNOT}: expected a function as "keyLog", got ${kindOf(keyLog)}`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `${CANNOT}: expected an AbortSignal as "signal", got ${kindOf(signal)}`,
    );
  }
  // echKeys() checks the keys.
  return { keys: ownEchKeys(keys), keyLog, signal } as OpenClientHelloOptions;
}

/** What of it needs the handshake. */
const opening = new Lazy(
  "Encrypted ClientHello of a client-facing server",
  () => import("./opening.ts"),
);

const CANNOT = "Cannot use the options of openClientHello()";

const MEMBERS = new Set(["keys", "keyLog", "signal"]);
