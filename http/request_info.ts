/**
 * What a handler gets beside the request.
 *
 * @module
 */

import type { EngineRequestInfo } from "./engine.ts";
import type { ServeInfo } from "./options.ts";
import type { RequestTls } from "./tls_info.ts";

/** The connection that a request came on. */
export interface ClientOf {
  readonly remoteAddr: Deno.Addr;
  readonly tls: RequestTls;
}

/** What a handler gets beside the request. */
export class Info implements ServeInfo {
  readonly #connection: ClientOf;
  readonly #inner: EngineRequestInfo;
  readonly early: boolean;

  constructor(
    connection: ClientOf,
    inner: EngineRequestInfo,
    early: boolean,
  ) {
    this.#connection = connection;
    this.#inner = inner;
    this.early = early;
  }

  get remoteAddr(): Deno.Addr {
    return this.#connection.remoteAddr;
  }

  get completed(): Promise<void> {
    return this.#inner.completed;
  }

  get tls(): RequestTls {
    return this.#connection.tls;
  }
}
