/**
 * One TLS connection of a server of HTTP: from the client to the engine, and
 * what its requests are answered with.
 *
 * @module
 */

import type { Engine } from "../connection/engine/engine.ts";
import { engineOf, type TlsConn } from "../connection/conn.ts";
import { TlsAlertError, TlsProtocolError } from "../errors.ts";
import type { EarlyFirst, EarlyRequests } from "./early_requests.ts";
import type { EngineRequestInfo, Hop, HttpEngine, TakeOver } from "./engine.ts";
import { HeadClock, REQUEST_TIMEOUT } from "./head_clock.ts";
import { misdirected, misdirectedCheck } from "./misdirected.ts";
import type { FailedInfo, ServeHandler, ServeInfo } from "./options.ts";
import { prefaceCheck } from "./preface.ts";
import { pumpDown, pumpUp } from "./pump.ts";
import type { Rest, RestingConnections } from "./resting.ts";
import { type Origin, servedRequest } from "./request.ts";
import { Info } from "./request_info.ts";
import { type RequestTls, TlsInfoOf } from "./tls_info.ts";

/** How a server answers. */
export interface Serving {
  readonly http: HttpEngine;
  readonly handler: ServeHandler;
  readonly onError:
    | ((error: unknown, info: FailedInfo) => Response | Promise<Response>)
    | undefined;
  /** Takes over a connection whose client changes the protocol. */
  readonly onUpgrade?:
    | ((...args: [...NodeUpgrade, info: FailedInfo]) => void)
    | undefined;
  /** Passes on requests whatever name they are for. */
  readonly allowsMisdirected: boolean;
  /** What becomes of requests before the handshake is over. */
  readonly earlyRequests: EarlyRequests;
  /** Connections that keep the engine's end of them only while they need it. */
  readonly resting: RestingConnections;
  /** Milliseconds for the head of a request of HTTP/1.1; 0 for no limit. */
  readonly headersTimeout: number;
}

/** A connection that is being served. */
export class ServedConnection implements Origin {
  readonly #conn: TlsConn;
  readonly #engine: Engine;
  readonly #serving: Serving;
  readonly #tls: TlsInfoOf;
  readonly #isMisdirected: ((request: Request) => boolean) | undefined;
  readonly #clock: HeadClock;
  /** Whether the engine may do without it, with HTTP/1.1. */
  #rest: Rest | undefined;
  /** Settles when the engine has ended it, and not we to rest. */
  readonly #down = Promise.withResolvers<void>();
  #hop: Hop | undefined;
  #isRef = true;
  /** How many requests have no response, or not all of it. */
  #underWay = 0;
  /** Whether nothing has come from the engine since the client sent something. */
  #isUnanswered = false;
  /** Whether the engine has read the request that the client has sent last. */
  #isTaken = true;
  #onTaken: (() => void) | undefined;
  #isEnding = false;
  #hasNoEngine = false;
  /** The response to requests that come too early, once there can be some. */
  #tooEarly: (() => Response) | undefined;
  /** Whether it speaks another protocol by now, such as WebSocket. */
  isUpgraded = false;

  constructor(conn: TlsConn, serving: Serving) {
    this.#conn = conn;
    const engine = this.#engine = engineOf(conn);
    this.#serving = serving;
    this.#tls = new TlsInfoOf(conn);
    this.#clock = new HeadClock(
      serving.headersTimeout,
      () => this.#timeOut(),
    );
    const { names } = engine;
    if (names?.judgesByName && !serving.allowsMisdirected) {
      const { serverName } = engine.handshakes.settled ?? {};
      this.#isMisdirected = misdirectedCheck(names, serverName);
    }
  }

  /** The address of the client. */
  get remoteAddr(): Deno.Addr {
    return this.#conn.remoteAddr as Deno.Addr; // a listener's sockets have one
  }

  /** What handlers get to know about it. */
  get tls(): RequestTls {
    return this.#tls.current;
  }

  get engineUrl(): string {
    return this.#serving.http.ownUrl;
  }

  authority(): string {
    const { localAddr } = this.#conn;
    const { hostname, port } = localAddr !== undefined &&
        "hostname" in localAddr
      ? localAddr
      : { hostname: "localhost", port: HTTPS };
    const name = this.#engine.handshakes.settled?.serverName ??
      (hostname.includes(":") ? `[${hostname}]` : hostname);
    return port === HTTPS ? name : `${name}:${port}`;
  }

  /** Serves it to its end. Never rejects. */
  run(): Promise<void> {
    // Here and below: most connections wait for their client, and an async
    // function that waits keeps its frame, which is about a kilobyte.
    return this.#serve().then(
      () => this.#end(),
      (error) => {
        this.#tell(error);
        return this.#end();
      },
    );
  }

  async #end(): Promise<void> {
    this.#isEnding = true;
    this.#clock.end();
    this.#serving.resting.leave(this);
    this.#hop?.close();
    this.#taken();
    await this.#conn.close();
  }

  /**
   * Waits for the engine, which may drop a request that it has not begun to read
   * when it shuts down.
   *
   * @returns Resolves when it has; `undefined` if there is nothing for it.
   */
  whenTaken(): Promise<void> | undefined {
    if (this.#isTaken || this.isUpgraded) return undefined;
    return new Promise((resolve) => this.#onTaken = resolve);
  }

  #taken(): void {
    this.#isTaken = true;
    this.#onTaken?.();
    this.#onTaken = undefined;
  }

  /** Ends it if no request has come yet: the engine ends the others. */
  endIfIdle(): void {
    if (this.#hop !== undefined) return;
    this.#isEnding = true;
    this.#conn.close();
  }

  /** Ends it at once. */
  abort(reason: unknown): void {
    this.#isEnding = true;
    this.#hop?.close();
    this.#conn.abort(reason);
  }

  /** Keeps the process alive, or does not. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    for (const each of [this.#conn, this.#hop]) {
      if (isRef) each?.ref();
      else each?.unref();
    }
  }

  async #serve(): Promise<void> {
    const { settled } = this.#engine.handshakes;
    const { alpnProtocol } = settled ?? {};
    // Another protocol, such as acme-tls/1, was for the handshake alone.
    if (alpnProtocol !== undefined && !HTTP.has(alpnProtocol)) return;
    const isHttp1 = alpnProtocol !== "h2";
    if (isHttp1) this.#clock.start();
    // It is read to its end: while the engine takes what has come, nobody else
    // has to watch it.
    this.#engine.inbound.stop();
    const inbound = settled?.earlyData === "accepted"
      ? await this.#takeEarlyData()
      : this.#engine.inbound;
    const first = await inbound.next();
    if (first === null || this.#isEnding) return;
    this.#isTaken = false;
    await this.#open();
    return this.#pump(first, inbound, alpnProtocol);
  }

  #pump(
    first: Uint8Array,
    inbound: Pick<Engine["inbound"], "next">,
    alpnProtocol: string | undefined,
  ): Promise<void> {
    const isHttp1 = alpnProtocol !== "h2";
    const check = prefaceCheck(alpnProtocol);
    if (isHttp1) this.#rest = this.#serving.resting.enter(this);
    const over = () => {
      // The client sends no more: what is left is the engine's to end.
      this.#serving.resting.leave(this);
      if (this.#hop === undefined) this.#down.resolve();
    };
    const up = pumpUp(first, inbound, {
      write: (bytes) => this.#hop?.write(bytes) ?? this.#wake(bytes),
      closeWrite: async () => await this.#hop?.closeWrite(),
    }, (chunk) => {
      check(chunk);
      this.#isUnanswered = true;
      this.#rest?.onReceived(chunk);
      if (isHttp1 && this.#underWay === 0 && !this.isUpgraded) {
        this.#isTaken = false;
        this.#clock.start();
      }
    }).then(over, (error) => {
      // What fails ends the other direction, too; our own close() ends reading.
      if (!this.#isEnding) {
        this.#tell(error);
        this.#hop?.close();
        this.#conn.abort(error);
      }
      over();
    });
    this.#pumpDown();
    return this.#down.promise.then(() => {
      this.#isEnding = true;
      return Promise.all([this.#conn.close(), up]);
    }).then(ignore);
  }

  /** Passes on what the engine sends, up to its end, or until we rest. */
  async #pumpDown(): Promise<void> {
    const hop = this.#hop;
    try {
      if (hop !== undefined) await pumpDown(hop, this);
      if (this.#hop === hop) this.#down.resolve();
    } catch (error) {
      this.#down.reject(error);
    }
  }

  /** Sends the client what the engine has sent. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#isUnanswered = false;
    this.#taken();
    const room = this.#engine.outbound.write(bytes);
    return this.#rest === undefined ? room : this.#rest.onSent(room);
  }

  /**
   * Closes the connection to the engine until the client sends something, if
   * nothing is under way on it.
   *
   * @returns Whether it has.
   */
  rest(): boolean {
    const isBusy = this.#underWay > 0 || this.#isUnanswered ||
      this.isUpgraded || this.#isEnding;
    if (isBusy) return false;
    const hop = this.#hop;
    this.#hop = this.#rest = undefined;
    // It has a timer.
    this.#clock.end();
    hop?.close();
    return true;
  }

  async #wake(bytes: Uint8Array): Promise<number> {
    const hop = await this.#reopen(bytes);
    // What the engine answers is passed on meanwhile: it may read no more
    // before it has answered.
    return await hop.write(bytes);
  }

  async #reopen(bytes: Uint8Array): Promise<Hop> {
    try {
      const hop = await this.#open();
      this.#rest = this.#serving.resting.enter(this);
      this.#rest.onReceived(bytes);
      this.#pumpDown();
      return hop;
    } catch (error) {
      this.#tell(error);
      throw error;
    }
  }

  async #takeEarlyData(): Promise<EarlyFirst> {
    const { EarlyFirst, tooEarly } = await import("./early_requests.ts");
    this.#tooEarly = tooEarly;
    return new EarlyFirst(this.#engine);
  }

  async #open(): Promise<Hop> {
    try {
      const hop = this.#hop = await this.#serving.http.open(
        (request, info) => this.#answer(request, info),
        {
          isHttp2: this.#engine.handshakes.settled?.alpnProtocol === "h2",
          takeOver: this.#takeOver(),
        },
      );
      if (!this.#isRef) hop.unref();
      if (this.#isEnding) hop.close();
      return hop;
    } catch (error) {
      // Nobody can answer: the client may try again.
      this.#hasNoEngine = true;
      this.#conn.abort(error);
      throw error;
    }
  }

  #answer(
    engineRequest: Request,
    inner: EngineRequestInfo,
  ): Response | Promise<Response> {
    this.#clock.stop();
    this.#taken();
    this.#rest?.onRequest(engineRequest);
    const request = servedRequest(engineRequest, this);
    if (this.#isMisdirected?.(request)) return misdirected();
    const { isEarly } = this.#engine.handshakes;
    const { earlyRequests } = this.#serving;
    const refusal = this.#tooEarly;
    if (isEarly && earlyRequests === "refuse" && refusal) return refusal();
    this.#underWay++;
    const over = () => void this.#underWay--;
    inner.completed.then(over, over);
    if (isEarly && earlyRequests === "delay" && refusal) {
      return this.#engine.handshakes.first().then(
        () => this.#handle(request, new Info(this, inner, false)),
        // Nobody gets it: the connection has failed.
        refusal,
      );
    }
    return this.#handle(request, new Info(this, inner, isEarly));
  }

  /** For requests to change the protocol, on Node.js and Bun. */
  #takeOver(): TakeOver | undefined {
    const { onUpgrade, earlyRequests } = this.#serving;
    if (onUpgrade === undefined) return undefined;
    return async (engineRequest, { incoming, socket, head }) => {
      this.#clock.stop();
      this.#taken();
      const request = servedRequest(engineRequest, this);
      if (this.#isMisdirected?.(request)) return misdirected();
      const { handshakes } = this.#engine;
      const refusal = this.#tooEarly;
      if (handshakes.isEarly && refusal && earlyRequests !== "allow") {
        if (earlyRequests === "refuse") return refusal();
        try {
          await handshakes.first();
        } catch {
          // Nobody gets it: the connection has failed.
          return refusal();
        }
      }
      this.isUpgraded = true;
      const { remoteAddr, tls } = this;
      const info = { remoteAddr, tls, early: handshakes.isEarly };
      try {
        // What node:http gives is what onUpgrade declares to get.
        const args = [incoming, socket, head] as unknown as NodeUpgrade;
        await onUpgrade(...args, info);
        return undefined;
      } catch (error) {
        if (this.#serving.onError === undefined) throw error;
        return await this.#serving.onError(error, info);
      }
    };
  }

  #handle(request: Request, info: Info): Response | Promise<Response> {
    try {
      const response = this.#serving.handler(request, info);
      return response instanceof Promise
        ? response.then(
          (response) => this.#sees(response),
          (error) => this.#failed(error, info),
        )
        : this.#sees(response);
    } catch (error) {
      return this.#failed(error, info);
    }
  }

  #sees(response: Response): Response {
    // Undefined, say: the engine says what is wrong with it.
    if (response?.status === 101) this.isUpgraded = true;
    return response;
  }

  #failed(error: unknown, info: ServeInfo): Response | Promise<Response> {
    const { onError } = this.#serving;
    if (onError === undefined) throw error;
    return onError(error, info);
  }

  /**
   * RFC 9110 section 15.5.9 (408 Request Timeout): the server closes the
   * connection. A client that has sent nothing has asked nothing.
   */
  #timeOut(): void {
    if (this.#isEnding) return;
    if (this.#isUnanswered) {
      this.#engine.outbound.write(REQUEST_TIMEOUT);
      this.#tell(
        new DOMException(
          "The client sends a request too slowly",
          "TimeoutError",
        ),
      );
    }
    this.#isEnding = true;
    this.#hop?.close();
    this.#conn.close();
  }

  /** Tells what has ended the connection, unless that is how clients leave. */
  #tell(error: unknown): void {
    const { onError } = this.#serving;
    if (onError === undefined || this.#isEnding) return;
    this.#isEnding = true;
    const isFault = this.#underWay > 0 || this.#isUnanswered ||
      this.#hasNoEngine ||
      error instanceof TlsProtocolError || error instanceof TlsAlertError;
    if (!isFault) return;
    const { remoteAddr, tls } = this;
    try {
      Promise.resolve(onError(error, { remoteAddr, tls })).catch(ignore);
    } catch {
      // Its response would have gone nowhere.
    }
  }
}

/** A request to change the protocol, as `onUpgrade` declares it. */
type NodeUpgrade = [request: never, socket: never, head: never];

function ignore(): void {}

const HTTPS = 443;

/** The protocols that an engine speaks, by their names in ALPN. */
const HTTP: ReadonlySet<string> = new Set(["h2", "http/1.1", "http/1.0"]);
