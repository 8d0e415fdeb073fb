/**
 * What a socket of TLS has of the one below: addresses, settings, dialling.
 *
 * @module
 */

import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Duplex as Transport } from "../../platform/socket.ts";
import {
  NodeSocket,
  type NodeSocketOptions,
  type NodeSocketSource,
} from "../socket.ts";
import { nodeError } from "./errors.ts";
import type { OnReadOptions } from "./socket_options.ts";
import { takeSocket } from "./take_socket.ts";

/**
 * A socket over another stream, which it may dial itself: the part of
 * `TLSSocket` that knows that stream.
 *
 * @example Where a socket comes from
 * ```ts ignore
 * import { connect } from "@x/tls/node/tls";
 *
 * const socket = connect(443, "example.com", { servername: "example.com" });
 * socket.once("connect", () => console.log(socket.remoteAddress));
 * ```
 */
export class CarriedSocket extends NodeSocket {
  #raw: Duplex | undefined;
  #isDialling = false;
  readonly #onread: OnReadOptions | undefined;
  /** Where the caller's own reader wants the next bytes. */
  #into: Uint8Array | undefined;

  /**
   * Starts without a stream below.
   *
   * @param source The connection that will be.
   * @param options The options of the stream.
   * @param onread What reads in the place of the stream's events.
   */
  constructor(
    source: NodeSocketSource,
    options: NodeSocketOptions,
    onread: OnReadOptions | undefined,
  ) {
    super(source, options);
    this.#onread = onread;
    this.#into = nextBuffer(onread);
  }

  /** The stream below. */
  get _parent(): Duplex | undefined {
    return this.#raw;
  }

  /** Whether the socket below is being connected. */
  override get connecting(): boolean {
    return this.#isDialling || (this.#net?.connecting ?? false);
  }

  /** The same as `connecting`. */
  override get pending(): boolean {
    return this.#net?.pending ?? this.connecting;
  }

  /** The addresses that were tried. */
  override get autoSelectFamilyAttemptedAddresses(): string[] {
    return this.#net?.autoSelectFamilyAttemptedAddresses ?? [];
  }

  /** Our IP address. */
  override get localAddress(): string | undefined {
    return this.#net?.localAddress;
  }

  /** Our port. */
  override get localPort(): number | undefined {
    return this.#net?.localPort;
  }

  /** `"IPv4"` or `"IPv6"`. */
  override get localFamily(): string | undefined {
    return this.#net?.localFamily;
  }

  /** The peer's IP address. */
  override get remoteAddress(): string | undefined {
    return this.#net?.remoteAddress;
  }

  /** The peer's port. */
  override get remotePort(): number | undefined {
    return this.#net?.remotePort;
  }

  /** `"IPv4"` or `"IPv6"`. */
  override get remoteFamily(): string | undefined {
    return this.#net?.remoteFamily;
  }

  /**
   * Our address.
   *
   * @returns It; an object without members if there is none.
   */
  override address(): ReturnType<NodeSocket["address"]> {
    const { localAddress, localPort, localFamily } = this;
    return localAddress === undefined || localPort === undefined
      ? {}
      : { address: localAddress, port: localPort, family: localFamily ?? "" };
  }

  /** The socket of `node:net` below, if it is one. */
  get #net(): Socket | undefined {
    return this.#raw instanceof Socket ? this.#raw : undefined;
  }

  /**
   * Dials, as `net.Socket` does, and begins the handshake.
   *
   * @param args As for `net.Socket.connect()`.
   * @returns This socket.
   */
  override connect(...args: unknown[]): this {
    if (this.#raw !== undefined) return super.connect(...args);
    if (this.destroyed) return this;
    const raw = new Socket();
    this.#isDialling = true;
    const listener = typeof args.at(-1) === "function" ? args.pop() : undefined;
    if (typeof listener === "function") {
      this.once("connect", () => listener.call(this));
    }
    const [first] = args;
    // TLS reads it, and a signal destroys this socket, not that one.
    const dialled = typeof first === "object" && first !== null &&
        !Array.isArray(first)
      ? [{ ...first, ...NOT_FOR_DIALLING }]
      : args;
    this.carry(raw);
    if (isSettings(first)) raw.once("connect", () => apply(first, raw));
    Reflect.apply(raw.connect, raw, dialled);
    return this;
  }

  /**
   * Takes a stream to go over.
   *
   * @param raw The stream.
   * @returns What carries the records.
   */
  protected carry(raw: Duplex): Transport {
    const transport = takeSocket(raw);
    this.#raw = raw;
    for (const event of FORWARDED) {
      raw.on(event, (...args: unknown[]) => this.emit(event, ...args));
    }
    raw.once("connect", () => {
      this.#isDialling = false;
      this.emit("connect");
      this.emit("ready");
    });
    return transport;
  }

  /**
   * Calls the caller's own reader, where there is one.
   *
   * @param chunk The bytes.
   * @param encoding Of text.
   * @returns Whether to read on.
   */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    const onread = this.#onread;
    if (onread === undefined || !(chunk instanceof Uint8Array)) {
      return super.push(chunk, encoding);
    }
    let goesOn = true;
    for (let start = 0; start < chunk.length && !this.destroyed;) {
      const into = this.#into;
      if (into === undefined || into.length === 0) return true;
      const part = chunk.subarray(start, start + into.length);
      into.set(part);
      start += part.length;
      if (onread.callback(part.length, into) === false) goesOn = false;
      this.#into = nextBuffer(onread);
    }
    return goesOn;
  }

  /**
   * Goes on reading.
   *
   * @returns This socket.
   */
  override resume(): this {
    if (this.#onread !== undefined) this._read();
    return super.resume();
  }

  /**
   * Keeps the process alive while it is open.
   *
   * @returns This socket.
   */
  override ref(): this {
    this.#net?.ref();
    return this;
  }

  /**
   * Lets the process exit while it is open.
   *
   * @returns This socket.
   */
  override unref(): this {
    this.#net?.unref();
    return this;
  }

  /**
   * Sends small segments at once, or not.
   *
   * @param noDelay Whether to do so.
   * @returns This socket.
   */
  override setNoDelay(noDelay?: boolean): this {
    this.#net?.setNoDelay(noDelay);
    return this;
  }

  /**
   * Turns keep-alive probes on or off.
   *
   * @param enable Whether to send them.
   * @param initialDelay Milliseconds before the first.
   * @returns This socket.
   */
  override setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#net?.setKeepAlive(enable, initialDelay);
    return this;
  }

  /**
   * Sets the type of service in the packets of IP.
   *
   * @param typeOfService 0 to 255.
   * @returns This socket.
   * @throws {Error} If the socket below cannot: Node.js has it since version 26.
   */
  setTypeOfService(typeOfService: number): this {
    this.#callBelow("setTypeOfService", typeOfService);
    return this;
  }

  /**
   * The type of service in the packets of IP.
   *
   * @returns 0 to 255.
   * @throws {Error} If the socket below has none: Node.js has it since version 26.
   */
  getTypeOfService(): number {
    return Number(this.#callBelow("getTypeOfService"));
  }

  #callBelow(method: string, ...args: unknown[]): unknown {
    const raw = this.#raw;
    const found = raw && Reflect.get(raw, method);
    if (typeof found === "function") return Reflect.apply(found, raw, args);
    throw nodeError(
      "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
      `Cannot call ${method}(): the socket below does not have it`,
    );
  }
}

/** What `net.connect` sets on a socket that it makes. */
interface SocketSettings {
  readonly noDelay?: unknown;
  readonly keepAlive?: unknown;
  readonly keepAliveInitialDelay?: unknown;
}

function isSettings(value: unknown): value is SocketSettings {
  return typeof value === "object" && value !== null;
}

function apply(settings: SocketSettings, raw: Socket): void {
  const { noDelay, keepAlive, keepAliveInitialDelay } = settings;
  if (noDelay) raw.setNoDelay(true);
  if (keepAlive) raw.setKeepAlive(true, Number(keepAliveInitialDelay ?? 0));
}

function nextBuffer(onread: OnReadOptions | undefined): Uint8Array | undefined {
  const { buffer } = onread ?? {};
  return typeof buffer === "function" ? buffer() : buffer;
}

/** What this socket has, or sets on that one: some runtimes do so in `connect()`. */
const NOT_FOR_DIALLING = {
  onread: undefined,
  signal: undefined,
  timeout: undefined,
  noDelay: undefined,
  keepAlive: undefined,
};

const FORWARDED = [
  "lookup",
  "connectionAttempt",
  "connectionAttemptFailed",
  "connectionAttemptTimeout",
];
