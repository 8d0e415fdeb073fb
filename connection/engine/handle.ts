/**
 * The handle by which callbacks tell connections apart.
 *
 * @module
 */

import type {
  ClientHelloInfo,
  ConnectionHandle,
} from "../../handshake/common/callback_info.ts";
import type { Socket } from "../transport/transport.ts";

/** The handle of one connection. */
export class Handle implements ConnectionHandle {
  readonly id: number = ++connections;
  readonly side: "client" | "server";
  readonly #socket: Socket | undefined;
  readonly #serverName: string | undefined;
  #clientHello: ClientHelloInfo | undefined;

  /** `serverName` is the name that a client sends. */
  constructor(
    side: "client" | "server",
    socket: Socket | undefined,
    serverName?: string,
  ) {
    this.side = side;
    this.#socket = socket;
    this.#serverName = serverName;
  }

  get localAddr(): Deno.Addr | undefined {
    return this.#socket?.localAddr;
  }

  get remoteAddr(): Deno.Addr | undefined {
    return this.#socket?.remoteAddr;
  }

  get serverName(): string | undefined {
    return this.#serverName ?? this.#clientHello?.serverName;
  }

  get clientHello(): ClientHelloInfo | undefined {
    return this.#clientHello;
  }

  /** A server has read the ClientHello. */
  sawClientHello(info: ClientHelloInfo): void {
    this.#clientHello = info;
  }
}

let connections = 0;
