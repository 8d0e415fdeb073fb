/**
 * Asks the DNS over HTTPS (RFC 8484) for the HTTPS records of a server (RFC 9460),
 * and with them for its configurations of Encrypted ClientHello (RFC 9848).
 *
 * @module
 */

import { kindOf, readDictionary } from "../dictionary.ts";
import { TlsError, TlsProtocolError } from "../errors.ts";
import { Lazy } from "../lazy.ts";
import {
  type DnsAnswer,
  httpsQuery,
  readAnswer,
  RecordType,
  ResponseCode,
} from "./dns_message.ts";
import { encodeName } from "./domain_name.ts";
import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import type { ServiceBinding } from "./service_binding.ts";
import { parseServiceBinding } from "./service_bindings.ts";

/** Options of {@linkcode lookupHttps}. */
export interface LookupHttpsOptions {
  /** The URL of a server for DNS over HTTPS, such as `https://dns.example/dns-query`. */
  readonly resolver: string | URL;
  /** The port of the server that is looked up. @default {443} */
  readonly port?: number | undefined;
  /**
   * Sends the questions.
   *
   * @default {`createFetch()` of this module, for this call alone}
   */
  readonly fetch?:
    | ((url: string, init: RequestInit) => Promise<Response>)
    | undefined;
  /** Aborts the look-up, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A service binding that was found. */
export interface HttpsService extends ServiceBinding {
  /** The host to connect to, and never empty. */
  readonly targetName: string;
  /** How long it may be kept, in seconds. */
  readonly ttl: number;
}

/**
 * Looks up the HTTPS records of a server over HTTPS. It is not done by `connect`:
 * whom to ask is for you to decide, and the one who is asked learns the name.
 *
 * Aliases are followed; the target of the last one is the last to try, with
 * priority 65535 and no parameters, unless all others have `ech`. Records that this module cannot use, as they need a
 * parameter that it does not know, are left out (RFC 9460 section 8); if one is
 * malformed, none of its name is used (section 2.2). It sends each question as POST,
 * padded (RFC 8467).
 *
 * @param hostname The name of the server.
 * @param options Whom to ask.
 * @returns What to try, the best first; empty, if the server has no such records, or
 * they cannot be used.
 * @throws {TypeError} If the name or an option is not valid.
 * @throws {RangeError} If the port is out of range.
 * @throws {TlsError} `fetch_failed`, if there is no answer, or it says that the
 * DNS has failed: do not connect without Encrypted ClientHello then, as somebody
 * may want you to (RFC 9460 section 3.1). `decode_error`, if it is malformed.
 * @throws {Error} With the reason of the signal.
 *
 * @example Connect with Encrypted ClientHello where the DNS says so
 * ```ts ignore
 * import { connect } from "@x/tls";
 * import { lookupHttps } from "@x/tls/ech";
 *
 * const hostname = "secret.example";
 * const [service] = await lookupHttps(hostname, {
 *   resolver: "https://dns.example/dns-query",
 * });
 * const configList = service?.params.ech;
 * await using conn = await connect({
 *   hostname: service?.targetName ?? hostname,
 *   port: service?.params.port ?? 443,
 *   serverName: hostname,
 *   ech: configList && { configList, retry: "keys" },
 * });
 * ```
 */
export async function lookupHttps(
  hostname: string,
  options: LookupHttpsOptions,
): Promise<HttpsService[]> {
  const { resolver, port, fetch, signal } = readOptions(options);
  if (typeof hostname !== "string" || hostname === "") {
    throw new TypeError(
      `Cannot look up a server: expected a host name, got ${kindOf(hostname)}`,
    );
  }
  const owner = hostname.replace(/\.$/, "").toLowerCase();
  // An address has no such records, and the resolver need not learn of it.
  if (/^$|\.$|:/.test(owner) || parseIpAddress(owner) !== undefined) {
    throw new TypeError(
      `Cannot look up a server: expected a host name, got "${hostname}"`,
    );
  }
  // Section 9.1: of other ports, "Port Prefix Naming".
  const name = port === 443 ? owner : `_${port}._https.${owner}`;
  encodeName(name);
  if (fetch !== undefined) {
    return await new LookUp(resolver, fetch, signal).of(name);
  }
  const { createFetch } = await ownFetch.load();
  const own = createFetch();
  try {
    return await new LookUp(resolver, own, signal).of(name);
  } finally {
    await own[Symbol.asyncDispose]();
  }
}

type Fetch = NonNullable<LookupHttpsOptions["fetch"]>;

interface ReadLookup {
  readonly resolver: string;
  readonly port: number;
  readonly fetch: Fetch | undefined;
  readonly signal: AbortSignal | undefined;
}

function readOptions(options: LookupHttpsOptions): ReadLookup {
  const { resolver, port = 443, fetch, signal } = readDictionary(
    options,
    CANNOT,
    MEMBERS,
  );
  const isUrl = typeof resolver === "string" || resolver instanceof URL;
  if (!isUrl || !URL.canParse(resolver)) {
    throw new TypeError(`${CANNOT}: expected a URL as "resolver"`);
  }
  if (typeof port !== "number") {
    throw new TypeError(`${CANNOT}: expected a number as "port"`);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(
      `${CANNOT}: expected a whole number from 1 to 65535 as "port", got ${port}`,
    );
  }
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError(`${CANNOT}: expected a function as "fetch"`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`${CANNOT}: expected an AbortSignal as "signal"`);
  }
  const { href } = new URL(resolver);
  return { resolver: href, port, fetch: fetch as Fetch | undefined, signal };
}

/** The questions of one look-up. */
class LookUp {
  readonly #resolver: string;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal | undefined;

  constructor(resolver: string, fetch: Fetch, signal: AbortSignal | undefined) {
    this.#resolver = resolver;
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** The records of a name, or of what it is an alias of. */
  async of(name: string): Promise<HttpsService[]> {
    let [owner, ttl] = [name, Infinity];
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const answer = await this.#ask(owner);
      const found = servicesIn(answer, owner);
      const alias = found.find(({ priority }) => priority === 0);
      // Section 2.4.1: where there is one in AliasMode, the others are ignored.
      if (alias === undefined) {
        return aliases === 0 ? found : withTarget(found, owner, ttl);
      }
      // Section 2.5.1: "." says that the service is not available.
      if (alias.targetName === "") return [];
      owner = alias.targetName;
      ttl = Math.min(ttl, alias.ttl);
    }
    // Section 3.1: a client that ends at its limit "MUST fall back to the authority
    // endpoint, as if the service's SVCB record did not exist".
    return [];
  }

  async #ask(name: string): Promise<DnsAnswer> {
    const answer = await this.#post(httpsQuery(name));
    const { code } = answer;
    const { NoError, NXDomain } = ResponseCode;
    if (code === NoError || code === NXDomain) return answer;
    throw failed(`the resolver answers for ${name} with RCODE ${code}`);
  }

  async #post(body: Uint8Array<ArrayBuffer>): Promise<DnsAnswer> {
    const bytes = await this.#exchange(body);
    try {
      return readAnswer(bytes);
    } catch (cause) {
      if (!(cause instanceof TlsProtocolError)) throw cause;
      throw new TlsError("decode_error", "Cannot read the DNS answer", {
        cause,
      });
    }
  }

  async #exchange(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    try {
      const response = await this.#fetch(this.#resolver, {
        method: "POST",
        headers: { "content-type": MEDIA_TYPE, accept: MEDIA_TYPE },
        body,
        // The question is for the one that was named.
        redirect: "error",
        ...this.#signal && { signal: this.#signal },
      });
      const type = response.headers.get("content-type") ?? "";
      if (!response.ok || type.split(";")[0]?.trim() !== MEDIA_TYPE) {
        await response.body?.cancel();
        throw failed(
          `the resolver answers with status ${response.status} and type "${type}"`,
        );
      }
      return await contentOf(response);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      if (cause instanceof TlsError) throw cause;
      throw failed("the resolver cannot be reached", cause);
    }
  }
}

/**
 * What an alias has led to. Section 3: if there was one, clients "SHALL append to
 * the list of endpoints an endpoint consisting of the final value of $QNAME, the
 * authority endpoint's port number, and no SvcParams", as the target may have
 * addresses and no such records. RFC 9848 section 5.1: not where all others have
 * "ech", which would be given up.
 */
function withTarget(
  found: readonly HttpsService[],
  targetName: string,
  ttl: number,
): HttpsService[] {
  const services = found.map((each) => ({
    ...each,
    ttl: Math.min(each.ttl, ttl),
  }));
  const hidesAll = found.length > 0 &&
    found.every(({ params }) => params.ech !== undefined);
  return hidesAll ? services : [
    ...services,
    { priority: LAST_PRIORITY, targetName, params: {}, ttl },
  ];
}

/** RFC 1035 section 4.2.2: no message is longer than 2^16-1 octets. */
async function contentOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_MESSAGE) throw failed("the answer is too long");
    chunks.push(chunk);
  }
  const message = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    message.set(chunk, at);
    at += chunk.length;
  }
  return message;
}

/**
 * What can be used of an answer, the best first; an alias has priority 0. Section
 * 2.2: "If any RRs are malformed, the client MUST reject the entire RRset".
 */
function servicesIn(
  { records }: DnsAnswer,
  asked: string,
): HttpsService[] {
  const { owner, ttl: most } = canonical(records, asked);
  const services: HttpsService[] = [];
  for (const { name, type, ttl, data } of records) {
    if (type !== RecordType.HTTPS || name !== owner) continue;
    const binding = bindingOf(data);
    if (binding === undefined) return [];
    if (!isUsable(binding)) continue;
    const { priority } = binding;
    // Section 2.5.2: "." is "the owner name of this record".
    const targetName = priority > 0 && binding.targetName === ""
      ? owner
      : binding.targetName;
    services.push({ ...binding, targetName, ttl: Math.min(ttl, most) });
  }
  return shuffled(services).toSorted((a, b) => a.priority - b.priority);
}

/** The name at the end of the CNAMEs of an answer. */
function canonical(
  records: DnsAnswer["records"],
  asked: string,
): { owner: string; ttl: number } {
  let [owner, ttl] = [asked, Infinity];
  for (let aliases = 0; aliases < MAX_ALIASES; aliases++) {
    const alias = records.find(({ name, target }) =>
      name === owner && target !== undefined
    );
    if (alias?.target === undefined) break;
    owner = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  return { owner, ttl };
}

/** What a record says; `undefined`, if it is malformed. */
function bindingOf(data: Uint8Array): ServiceBinding | undefined {
  try {
    return parseServiceBinding(data);
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

/** Section 8: not with a mandatory parameter that we do not know. */
function isUsable({ params: { mandatory = [] } }: ServiceBinding): boolean {
  return !mandatory.some((key) => /^key[0-9]/.test(key));
}

/** Section 2.4.1: those of the same priority in random order. */
function shuffled(services: readonly HttpsService[]): HttpsService[] {
  return services.map((service) => ({ service, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ service }) => service);
}

function failed(why: string, cause?: unknown): TlsError {
  return new TlsError(
    "fetch_failed",
    `Cannot look up the server: ${why}`,
    cause === undefined ? {} : { cause },
  );
}

const ownFetch = new Lazy(
  "DNS over HTTPS",
  () => import("../http/create_fetch.ts"),
);

/** RFC 8484 section 6. */
const MEDIA_TYPE = "application/dns-message";

/** Stops a circle of names (section 2.4.2); resolvers follow as many. */
const MAX_ALIASES = 8;

/** The priority of what no record is about: behind all records. */
const LAST_PRIORITY = 65_535;

/** In octets. */
const MAX_MESSAGE = 65_535;

const CANNOT = "Cannot use the options of lookupHttps()";

const MEMBERS = new Set(["resolver", "port", "fetch", "signal"]);
