/**
 * TLS over any two streams.
 *
 * @module
 */

import type { ClientConfig, ServerConfig } from "../handshake/config.ts";
import { TlsConn } from "./conn.ts";
import { type Context, contextOf, definedOnly } from "./options/context.ts";
import { Engine } from "./engine.ts";
import type { EngineOptions } from "./options/engine_options.ts";
import { checkOptions } from "./options/table.ts";
import type {
  ClientOptions,
  ContextOptions,
  ServerOptions,
  TlsOptions,
} from "./options/options.ts";
import { clientPsk, serverPsk } from "./options/psk.ts";
import { type Duplex, type Transport, transportOf } from "./transport.ts";

/**
 * A client over a duplex that exists already: a socket, a WebSocket stream,
 * another TLS connection, a pair in memory. Returns at once; the handshake runs
 * at `handshake()` or the first read or write.
 *
 * @param duplex The streams; neither may be locked.
 * @param options What is wanted. Without `serverName` no name is verified, so
 * it must be there unless the options say how the peer is judged.
 * @returns The connection.
 * @throws {TypeError} If a stream is locked, or an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example STARTTLS
 * ```ts ignore
 * import { client } from "@x/tls";
 *
 * const socket = await Deno.connect({ hostname: "mail.example.com", port: 587 });
 * // … EHLO, STARTTLS, 220 …
 * await using conn = client(socket, { serverName: "mail.example.com" });
 * await conn.handshake();
 * ```
 */
export function client(duplex: Duplex, options: ClientOptions): TlsConn {
  checkOptions(options, "client", "client()");
  const context = contextOf(options);
  requireName(options, context);
  return new TlsConn(clientEngine(carrierOf(duplex), context, options));
}

/**
 * A server over a duplex that exists already. Returns at once; the handshake
 * runs at `handshake()` or the first read or write.
 *
 * @param duplex The streams; neither may be locked.
 * @param options What is wanted; a certificate with its key, or `psk`, at least.
 * @returns The connection.
 * @throws {TypeError} If a stream is locked, or an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example A socket that begins in the clear
 * ```ts ignore
 * import { server } from "@x/tls";
 *
 * const cert = await Deno.readTextFile("cert.pem");
 * const key = await Deno.readTextFile("key.pem");
 * for await (const socket of Deno.listen({ port: 5432 })) {
 *   // … the protocol's own request for TLS …
 *   await using conn = server(socket, { cert, key });
 *   await conn.handshake();
 * }
 * ```
 */
export function server(duplex: Duplex, options: ServerOptions): TlsConn {
  checkOptions(options, "server", "server()");
  const context = contextOf(options);
  requireIdentity(context);
  return new TlsConn(serverEngine(carrierOf(duplex), context, options));
}

/** Makes a client's engine. */
export function clientEngine(
  transport: Transport,
  context: Context,
  options: ContextOptions & { hostname?: string; sessionKey?: string },
  more: Partial<EngineOptions> = {},
): Engine {
  const own = definedOnly(options);
  return new Engine(
    transport,
    "client",
    (): Promise<ClientConfig> => context.client(own),
    { ...engineOptions({ ...context.options, ...own }), ...more },
  );
}

/** Makes a server's engine. */
export function serverEngine(
  transport: Transport,
  context: Context,
  options: ContextOptions,
  more: Partial<EngineOptions> = {},
): Engine {
  const all = { ...context.options, ...definedOnly(options) };
  return new Engine(
    transport,
    "server",
    (): Promise<ServerConfig> => context.server(),
    { ...engineOptions(all), ...more },
  );
}

function engineOptions(options: TlsOptions): EngineOptions {
  const { padding } = options;
  return {
    handshakeTimeout: options.handshakeTimeout ?? DEFAULT_HANDSHAKE_TIMEOUT,
    readTimeout: options.readTimeout,
    writeTimeout: options.writeTimeout,
    signal: options.signal,
    allowHalfOpen: options.allowHalfOpen ?? true,
    endsWithCloseNotify: false,
    initialData: options.initialData,
    dynamicRecordSizing: options.dynamicRecordSizing ?? false,
    maxFragmentSize: options.maxFragmentSize,
    padding: padding && ((_type, length) => zeros(padding(length))),
    maxCertificateSize: options.maxCertificateSize,
    onEvent: options.onEvent,
    trace: options.trace,
  };
}

/** What `padding` gave: silence would be taken for padding. */
function zeros(given: unknown): number {
  if (typeof given === "number" && given >= 0) return given;
  throw new TypeError(
    `Cannot use what option "padding" gave: a number of zeros is wanted`,
  );
}

/** The carrier of a duplex that nobody else holds. */
function carrierOf(duplex: Duplex): Transport {
  const { readable, writable } = duplex ?? {};
  if (
    !(readable instanceof ReadableStream) ||
    !(writable instanceof WritableStream)
  ) {
    throw new TypeError(
      "Cannot use the transport: an object with a ReadableStream and a WritableStream is wanted",
    );
  }
  for (const [name, stream] of Object.entries({ readable, writable })) {
    if (stream.locked) {
      throw new TypeError(
        `Cannot use the transport: its ${name} is locked; whoever has its ${
          name === "readable" ? "reader" : "writer"
        } must release it (releaseLock()), or its pipe must end, first`,
      );
    }
  }
  return transportOf(duplex);
}

/** No certificate is good for no name: that must be said. */
export function requireName(options: ContextOptions, context: Context): void {
  const all = { ...context.options, ...definedOnly(options) };
  clientPsk(all.psk);
  if (
    typeof all.serverName === "string" || all.psk !== undefined ||
    all.verify !== undefined || all.unsafelyIgnoreCertificateErrors ||
    all.unsafelyDisableHostnameVerification
  ) return;
  throw new TypeError(
    `Cannot verify the server: "serverName" says for which name its certificate must be; where that is not to be checked, say unsafelyDisableHostnameVerification: true`,
  );
}

/** A server must have something to show. */
export function requireIdentity(context: Context): void {
  const { cert, pfx, certificates, sni, onClientHello, psk, cipherSuites } =
    context.options;
  const has = cert ?? pfx ?? sni ?? onClientHello ?? psk ??
    (certificates?.length ? certificates : undefined);
  const anonymous = Array.isArray(cipherSuites) &&
    cipherSuites.flat().some((suite) => typeof suite === "object");
  serverPsk(psk, undefined);
  if (has === undefined && !anonymous) {
    throw new TypeError(
      `Cannot be a server: it has no certificate; give "cert" and "key", "pfx", "certificates", "sni" or "psk"`,
    );
  }
}

/** Milliseconds: shorter than most peers wait, long enough for slow signers. */
const DEFAULT_HANDSHAKE_TIMEOUT = 60_000;
