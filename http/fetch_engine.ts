/**
 * HTTP for a fetch, over our connections: undici has the semantics of
 * `fetch` and speaks HTTP/1.1, `node:http2` speaks HTTP/2.
 *
 * @module
 */

// The name of its file, as Bun has a stand-in for "undici" that knows no
// dispatchers: it would connect without any of our options.
import {
  Agent,
  Client,
  Dispatcher,
  fetch as undiciFetch,
} from "undici/index.js";
import type { EarlyDataSession } from "../handshake/common/callback_info.ts";
import type { H2Request } from "../node/h2_connection.ts";
import { H2Connection } from "../node/h2_connection.ts";
import { type NodeSocket, toNodeSocket } from "../node/socket.ts";
import type { TlsConn } from "../connection/conn.ts";
import type { Spoken } from "./early_socket.ts";
import { dial } from "./fetch_dial.ts";
import {
  type EarlyRequest,
  earlyRequest,
  EarlyStart,
  type FetchDispatchOptions,
  mayBeEarly,
} from "./fetch_early.ts";
import { Http1Connections } from "./fetch_http1.ts";
import type { TlsRequestInit } from "./fetch_options.ts";
import { toUndici } from "./fetch_request.ts";
import { isStale, markStale } from "./fetch_stale.ts";
import { sentAgain } from "./fetch_retry.ts";
import { toResponse } from "./fetch_response.ts";
import type { Route } from "./fetch_route.ts";
import { Watch } from "./fetch_watch.ts";

/** What sends the requests of one fetch. */
export class FetchEngine {
  readonly #connections: Connections;

  /** Connects to nothing yet. */
  constructor(route: Route) {
    this.#connections = new Connections(route);
  }

  /** Fetches, as the function of that name. */
  async fetch(
    input: string | URL | Request,
    init: TlsRequestInit | undefined,
  ): Promise<Response> {
    const { url, init: asked, early, cancel } = await toUndici(input, init);
    try {
      refuseOthers(new URL(url));
      const watch = new Watch(this.#connections, early);
      watch.onFailure(cancel);
      const response = await undiciFetch(url, { ...asked, dispatcher: watch });
      return toResponse(response, watch, asked.signal ?? undefined);
    } catch (error) {
      cancel(error);
      throw error;
    }
  }

  /** Ends the connections, each when its requests are done. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Ends the connections now. */
  destroy(): Promise<void> {
    return this.#connections.destroy();
  }
}

/** What is known of an origin. */
interface Place {
  readonly origin: URL;
  /** Connections of HTTP/2. */
  readonly shared: H2Connection[];
  /** It is being asked what it speaks. */
  connecting: Promise<void> | undefined;
  isHttp1: boolean;
  /** The connection that found out, until a request takes it. */
  spare: NodeSocket | undefined;
  /** Connections of HTTP/1.1, where requests may be early data. */
  readonly http1: Http1Connections;
}

/** The connections of one fetch, by origin. */
class Connections extends Dispatcher {
  readonly #route: Route;
  readonly #closing = new AbortController();
  readonly #places = new Map<string, Place>();
  readonly #http1Route: Route;
  readonly #http1Options: Client.Options;
  readonly #http1: Agent;
  /** Connections of HTTP/1.1 for one request each. */
  readonly #alone = new Map<Client, Promise<void>>();
  /** Requests that have no connection yet. */
  readonly #waiting = new Set<Promise<void>>();

  constructor(route: Route) {
    super();
    this.#route = route;
    const { context } = route;
    const speaksHttp1 = context.alpnProtocols.includes("http/1.1");
    const http1 = speaksHttp1
      ? context.with({ alpnProtocols: ["http/1.1"] }) as Route["context"]
      : context;
    this.#http1Route = { ...route, context: http1 };
    this.#http1Options = {
      ...LIMITS,
      connect: ({ hostname, port, protocol }, callback) => {
        const host = hostname.includes(":") ? `[${hostname}]` : hostname;
        const place = this.#placeOf(`${protocol}//${host}:${port}`);
        const { spare } = place;
        place.spare = undefined;
        const opened = spare === undefined || spare.destroyed
          ? this.#open(place.origin, this.#http1Route)
          : Promise.resolve(spare);
        opened.then(
          // What undici uses of a socket, ours has.
          (socket) => callback(null, socket.ref() as never),
          (error) => callback(asError(error), null),
        );
      },
    };
    this.#http1 = new Agent(this.#http1Options);
  }

  override dispatch(
    options: FetchDispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const [first, watched] = sentAgain(options, handler, {
      isStale: (error) => !this.#closing.signal.aborted && isStale(error),
      send: (options) => this.#sendAgain(options, handler),
    });
    this.#start(first, watched);
    return true;
  }

  override async close(): Promise<void> {
    await Promise.all(this.#waiting);
    const places = [...this.#places.values()];
    for (const { spare } of places) spare?.end();
    await Promise.all([
      this.#http1.close(),
      ...this.#alone.values(),
      ...places.flatMap(({ shared }) => shared.map((each) => each.close())),
      ...places.map(({ http1 }) => http1.close()),
    ]);
    this.#closing.abort(closed());
  }

  override async destroy(): Promise<void> {
    this.#closing.abort(closed());
    for (const { spare, shared } of this.#places.values()) {
      spare?.destroy();
      for (const each of shared) each.destroy(closed());
    }
    await Promise.all([
      ...[this.#http1, ...this.#alone.keys()].map((each) =>
        each.destroy(closed())
      ),
      ...[...this.#places.values()].map(({ http1 }) => http1.destroy(closed())),
    ]);
  }

  /** Other idle connections may be as stale: this goes by a new one. */
  #sendAgain(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { origin, isHttp1 } = this.#placeOf(String(options.origin));
    if (!isHttp1) return this.#start(options, handler);
    const client = new Client(origin, this.#http1Options);
    client.dispatch(options, handler);
    // In order: behind the response.
    const closed = client.close().finally(() => this.#alone.delete(client));
    this.#alone.set(client, closed);
  }

  #start(
    options: FetchDispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const sending = this.#route.early
      ? this.#sendEarly(options, handler)
      : this.#send(options, handler);
    const sent = sending.catch((error) => handler.onError?.(asError(error)));
    this.#waiting.add(sent);
    sent.finally(() => this.#waiting.delete(sent));
  }

  /** Of many requests that begin at once, one finds out what is spoken. */
  async #send(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): Promise<void> {
    const place = this.#placeOf(String(options.origin));
    refuseOthers(place.origin);
    while (true) {
      const open = place.shared.find((each) => each.isOpen);
      if (open !== undefined) return open.send(requestOf(options), handler);
      if (place.isHttp1) {
        this.#http1.dispatch(options, handler);
        return;
      }
      place.connecting ??= this.#connect(place).finally(() =>
        place.connecting = undefined
      );
      await place.connecting;
    }
  }

  /** The same where a new connection may take the request with its first message. */
  async #sendEarly(
    options: FetchDispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): Promise<void> {
    const place = this.#placeOf(String(options.origin));
    refuseOthers(place.origin);
    const request = earlyRequest(
      options,
      handler,
      () => this.#start({ ...options, early: false }, handler),
    );
    while (true) {
      const open = place.shared.find((each) => each.isOpen);
      if (open !== undefined) return open.send(requestOf(options), handler);
      const { idle } = place.http1;
      if (idle !== undefined) return idle.send(options, handler);
      if (place.isHttp1) {
        return await this.#connectWith(place, this.#http1Route, request)
          .catch((error) => tellOnce(request, error));
      }
      if (place.connecting === undefined) {
        place.connecting = this.#connectWith(place, this.#route, request)
          .finally(() => place.connecting = undefined);
        // The others that wait for it hear of its failure as well.
        return await place.connecting
          .catch((error) => tellOnce(request, error));
      }
      await place.connecting;
    }
  }

  /** Opens a connection with a request, which goes early if it may. */
  async #connectWith(
    place: Place,
    route: Route,
    request: EarlyRequest,
  ): Promise<void> {
    const begin = (protocol: Spoken, socket: NodeSocket) => {
      const { options, handler } = request;
      if (protocol === "http/1.1") {
        place.http1.add(socket).send(options, handler);
        return undefined;
      }
      const connection = new H2Connection(place.origin, socket);
      connection.send(requestOf(options), handler);
      return connection;
    };
    let early: H2Connection | undefined;
    const start = new EarlyStart((protocol, socket) => {
      early = begin(protocol, watched(socket));
    });
    const isEarly = mayBeEarly(request.options);
    try {
      const conn = await this.#dial(place.origin, route, isEarly && start);
      const { alpnProtocol, earlyData } = conn.info;
      place.isHttp1 = alpnProtocol !== "h2";
      request.wasEarly = earlyData === "accepted";
      if (await start.open(conn)) {
        // No sooner: what other requests send must not be early data.
        if (early !== undefined) share(place, early);
        return;
      }
      const socket = watched(toNodeSocket(conn));
      if (!start.hasBegun) {
        const shared = begin(place.isHttp1 ? "http/1.1" : "h2", socket);
        if (shared !== undefined) share(place, shared);
        return;
      }
      // The request is sent again.
      if (place.isHttp1) place.http1.add(socket.unref());
      else share(place, new H2Connection(place.origin, socket));
    } catch (error) {
      request.isTold = start.fail(error);
      throw error;
    }
  }

  async #connect(place: Place): Promise<void> {
    const socket = await this.#open(place.origin, this.#route);
    if (socket.alpnProtocol !== "h2") {
      place.isHttp1 = true;
      place.spare = socket.unref();
      return;
    }
    share(place, new H2Connection(place.origin, socket));
  }

  async #open(origin: URL, route: Route): Promise<NodeSocket> {
    return watched(toNodeSocket(await this.#dial(origin, route, false)));
  }

  #dial(
    { hostname, port }: URL,
    route: Route,
    early: EarlyStart | false,
  ): Promise<TlsConn> {
    const { signal } = this.#closing;
    const host = hostname.replace(/^\[|\]$/g, "");
    return dial(route, host, Number(port) || 443, {
      signal,
      ...early &&
        { earlyData: (session: EarlyDataSession) => early.give(session) },
    });
  }

  #placeOf(text: string): Place {
    const origin = new URL(text);
    const known = this.#places.get(origin.origin);
    if (known !== undefined) return known;
    const place = {
      origin,
      shared: [],
      connecting: undefined,
      isHttp1: false,
      spare: undefined,
      http1: new Http1Connections(origin, LIMITS),
    };
    this.#places.set(origin.origin, place);
    return place;
  }
}

/** Passes on a failure that the request has not heard of. */
function tellOnce({ isTold }: EarlyRequest, error: unknown): void {
  if (!isTold) throw error;
}

/** Adds a connection of HTTP/2. */
function share({ shared }: Place, connection: H2Connection): void {
  const rest = shared.filter((each) => !each.isClosed);
  shared.splice(0, shared.length, ...rest, connection);
}

/** What takes a socket listens itself, or sees that it is destroyed. */
function watched(socket: NodeSocket): NodeSocket {
  return socket.on("error", (error) => markStale(error, socket));
}

/** A request of undici's `fetch`. */
function requestOf(
  { method, path, headers, body }: Dispatcher.DispatchOptions,
): H2Request {
  return {
    method,
    path,
    // undici's `fetch` gives the one and the other so.
    headers: headers as Record<string, string>,
    body: (body ?? undefined) as H2Request["body"],
  };
}

/** @throws {TypeError} If a URL is for something else than TLS. */
function refuseOthers({ protocol, href }: URL): void {
  if (protocol === "https:") return;
  throw new TypeError(
    `Cannot fetch ${href}: a fetch of createFetch() takes https: URLs only`,
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function closed(): TypeError {
  return new TypeError("Cannot fetch: this fetch was closed");
}

/** As the runtime's `fetch`, which leaves time limits to `signal`. */
const LIMITS = { headersTimeout: 0, bodyTimeout: 0 };
