/**
 * The options of `TLSSocket`, `connect` and `createServer`.
 *
 * @module
 */

import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import type { NodeCertificate } from "../../x509/certificate/node_object.ts";
import type { BinaryLike } from "./credentials.ts";
import type { SecureContext, SecureContextOptions } from "./secure_context.ts";
import type { NodeSocket } from "../socket.ts";

/** A client's pre-shared key. */
export interface PskClientAnswer {
  /** The key. */
  readonly psk: ArrayBufferView;
  /** Its identity. */
  readonly identity: string;
}

/** What `ALPNCallback` gets. */
export interface AlpnCallbackInfo {
  /** The name that the client asks for. */
  readonly servername: string;
  /** The protocols that it offers. */
  readonly protocols: string[];
}

/** Calls back with the context for a name. */
export type SniCallback = (
  this: unknown,
  servername: string,
  callback: (error?: Error | null, context?: SecureContext | null) => void,
) => void;

/** Options of both sides. */
export interface CommonConnectionOptions {
  /** What `createSecureContext` gave. */
  secureContext?: SecureContext | undefined;
  /** Protocols of ALPN: names, or bytes in the form of the wire. */
  ALPNProtocols?:
    | readonly (string | Uint8Array)[]
    | ArrayBufferView
    | undefined;
  /** Whether a server asks for a certificate. */
  requestCert?: boolean | undefined;
  /** Whether a peer that was not verified is refused. @default {true} */
  rejectUnauthorized?: boolean | undefined;
  /** Writes records and messages to stderr. */
  enableTrace?: boolean | undefined;
}

/** Options of `TLSSocket`. */
export interface TLSSocketOptions
  extends CommonConnectionOptions, SecureContextOptions {
  /** Whether it is the server. */
  isServer?: boolean | undefined;
  /** The server that it belongs to. */
  server?: object | undefined;
  /** A session, as `getSession()` gives one. */
  session?: ArrayBufferView | undefined;
  /** Asks the server for an OCSP response. */
  requestOCSP?: boolean | undefined;
  /** Chooses among contexts by name. */
  SNICallback?: SniCallback | undefined;
  /** Chooses among protocols. */
  ALPNCallback?: ((info: AlpnCallbackInfo) => string | undefined) | undefined;
  /** Returns pre-shared keys. */
  pskCallback?: ((...args: never[]) => unknown) | undefined;
  /** The hint for clients of TLS 1.2. */
  pskIdentityHint?: string | undefined;
  /** Whether writing goes on when the peer has ended. */
  allowHalfOpen?: boolean | undefined;
  /** Whether it begins without reading. */
  pauseOnCreate?: boolean | undefined;
  /** The same. */
  pauseOnConnect?: boolean | undefined;
  /** How much may wait in either direction, in bytes. */
  highWaterMark?: number | undefined;
  /** Destroys the socket. */
  signal?: AbortSignal | undefined;
  /** Reads into a buffer of the caller's. */
  onread?: OnReadOptions | undefined;
  /** The smallest group for DHE to accept, in bits. */
  minDHSize?: number | undefined;
  /** Milliseconds that the handshake may take. */
  handshakeTimeout?: number | undefined;
}

/** Reads into a buffer of the caller's. */
export interface OnReadOptions {
  /** The buffer, or what gives one. */
  readonly buffer: Uint8Array | (() => Uint8Array);
  /** Called when bytes are in it; `false` pauses. */
  readonly callback: (length: number, buffer: Uint8Array) => boolean | void;
}

/** Options of `connect`. */
export interface ConnectionOptions
  extends CommonConnectionOptions, SecureContextOptions {
  /** The host to dial. @default {"localhost"} */
  host?: string | undefined;
  /** The port to dial. */
  port?: number | string | undefined;
  /** A unix socket to dial. */
  path?: string | undefined;
  /** A stream that is there already. */
  socket?: Duplex | undefined;
  /** The name to ask for (RFC 6066 section 3) and to verify. */
  servername?: string | undefined;
  /** Verifies the certificate's name. */
  checkServerIdentity?:
    | ((host: string, cert: NodeCertificate) => Error | undefined | null)
    | undefined;
  /** A session, as `getSession()` gives one. */
  session?: ArrayBufferView | undefined;
  /** Asks the server for an OCSP response. */
  requestOCSP?: boolean | undefined;
  /** The smallest group for DHE to accept, in bits. @default {1024} */
  minDHSize?: number | undefined;
  /** Returns a pre-shared key. */
  pskCallback?:
    | ((hint: string | null) => PskClientAnswer | null | undefined)
    | undefined;
  /** Milliseconds without activity after which `timeout` comes. */
  timeout?: number | undefined;
  /** Whether writing goes on when the peer has ended. */
  allowHalfOpen?: boolean | undefined;
  /** How much may wait in either direction, in bytes. */
  highWaterMark?: number | undefined;
  /** Destroys the socket. */
  signal?: AbortSignal | undefined;
  /** Reads into a buffer of the caller's. */
  onread?: OnReadOptions | undefined;
  /** Finds the address of the host. */
  lookup?: LookupFunction | undefined;
  /** Our address. */
  localAddress?: string | undefined;
  /** Our port. */
  localPort?: number | undefined;
  /** 4 or 6. */
  family?: number | undefined;
  /** Sends small segments at once. */
  noDelay?: boolean | undefined;
  /** Sends keep-alive probes. */
  keepAlive?: boolean | undefined;
  /** Milliseconds before the first of them. */
  keepAliveInitialDelay?: number | undefined;
  /** As in `dns.lookup()`. */
  hints?: number | undefined;
}

/** Options of `createServer`, besides those of `net.createServer`. */
export interface TlsServerOptions
  extends CommonConnectionOptions, SecureContextOptions {
  /** Milliseconds that a handshake may take. @default {120000} */
  handshakeTimeout?: number | undefined;
  /** Chooses among contexts by name. */
  SNICallback?: SniCallback | undefined;
  /** Chooses among protocols. */
  ALPNCallback?: ((info: AlpnCallbackInfo) => string | undefined) | undefined;
  /** Returns the pre-shared key of an identity. */
  pskCallback?:
    | ((
      socket: NodeSocket,
      identity: string,
    ) => ArrayBufferView | null | undefined)
    | undefined;
  /** The hint for clients of TLS 1.2. */
  pskIdentityHint?: string | undefined;
  /** Whether writing goes on when the client has ended. */
  allowHalfOpen?: boolean | undefined;
  /** Whether sockets begin without reading. */
  pauseOnConnect?: boolean | undefined;
  /** How much may wait in either direction, in bytes. */
  highWaterMark?: number | undefined;
  /** Authorities, and the rest of a context. */
  ca?: BinaryLike | readonly BinaryLike[] | null | undefined | false;
}
