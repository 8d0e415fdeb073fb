/**
 * `https.Agent`.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { Agent as HttpAgent } from "node:http";
import type { Duplex } from "node:stream";
import { connect } from "../tls/connect.ts";
import { nodeError } from "../tls/errors.ts";
import type { ConnectionOptions } from "../tls/socket_options.ts";
import { tlsName } from "./agent_name.ts";
import type { HttpsAgentOptions, HttpsRequestOptions } from "./options.ts";

/** The sessions of an agent, in the shape that Node's agents have. */
export interface SessionCache {
  /** A session by the name of its connection. */
  map: Record<string, Buffer>;
  /** Those names, the oldest first. */
  list: string[];
}

/**
 * Keeps connections to servers of HTTPS, and sessions to resume.
 *
 * @example An authority of one's own
 * ```ts
 * import { Agent } from "@x/tls/node/https";
 * import { issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert: ca } = await issueCertificate({ names: ["Test CA"], ca: true });
 * const agent = new Agent({ keepAlive: true, maxCachedSessions: 10, ca });
 * assertEquals(agent.maxCachedSessions, 10);
 * agent.destroy();
 * ```
 */
export class Agent extends HttpAgent {
  /** How many sessions it keeps. */
  maxCachedSessions: number;
  /** @internal Public, as agents that borrow the methods have it, too. */
  _sessionCache: SessionCache = { map: Object.create(null), list: [] };

  /**
   * Makes an agent.
   *
   * @param options The options of `http.Agent`, and those of `tls.connect` for
   * each connection.
   * @throws {Error} With `proxyEnv`: there is no tunnel through a proxy.
   */
  constructor(options: HttpsAgentOptions = {}) {
    refuseProxy(options);
    const all = { defaultPort: 443, protocol: "https:", ...options };
    super(all);
    // Not every runtime takes them from the options.
    Object.assign(this, {
      defaultPort: all.defaultPort,
      protocol: all.protocol,
    });
    this.maxCachedSessions = options.maxCachedSessions ?? 100;
  }

  /**
   * Dials a server of TLS.
   *
   * @param args The options; or a port, a host and options.
   * @returns The socket.
   */
  override createConnection(...args: unknown[]): Duplex {
    const given = readArguments(args);
    const { _agentKey: key } = given;
    if (key === undefined) return connect(given);
    const session = this._getSession(key);
    const socket = connect(session ? { session, ...given } : given);
    socket.on("session", (made: Buffer) => this._cacheSession(key, made));
    // Perhaps the session was to blame.
    socket.once("close", (hadError: boolean) => {
      if (hadError) this._evictSession(key);
    });
    return socket;
  }

  /**
   * The name of a connection: requests with the same name share connections.
   *
   * @param options The options of a request.
   * @returns The name. It contains keys, where the options do.
   */
  override getName(options: HttpsRequestOptions = {}): string {
    return super.getName(options) + tlsName(options);
  }

  /** @internal The session to resume. */
  _getSession(key: string): Buffer | undefined {
    return this._sessionCache.map[key];
  }

  /** @internal Keeps a session; the oldest makes room. */
  _cacheSession(key: string, session: Buffer): void {
    if (this.maxCachedSessions === 0) return;
    const { map, list } = this._sessionCache;
    if (map[key] === undefined) {
      if (list.length >= this.maxCachedSessions) {
        const oldest = list.shift();
        if (oldest !== undefined) delete map[oldest];
      }
      list.push(key);
    }
    map[key] = session;
  }

  /** @internal Forgets a session. */
  _evictSession(key: string): void {
    const { map, list } = this._sessionCache;
    const at = list.indexOf(key);
    if (at === -1) return;
    list.splice(at, 1);
    delete map[key];
  }
}

/** Options with the name that `http.Agent` gave the connection. */
interface KeyedOptions extends ConnectionOptions {
  _agentKey?: string;
}

/** Node: its `createConnection` has an order of arguments of its own. */
function readArguments(args: readonly unknown[]): KeyedOptions {
  const [port, host] = args;
  const found = args.slice(0, 3).find(isObject);
  const options: KeyedOptions = { ...found };
  if (typeof port === "number") options.port = port;
  if (typeof host === "string") options.host = host;
  return options;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function refuseProxy(options: object): void {
  if (!("proxyEnv" in options) || !options.proxyEnv) return;
  throw nodeError(
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    "Cannot use proxyEnv: this agent has no tunnel through a proxy",
    TypeError,
  );
}
