/**
 * Dials a host by its addresses, where the caller has a say in them: found by a
 * function of the caller's, of one family alone, or from an address or port.
 *
 * @module
 */

import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import { builtin } from "../platform/builtin.ts";
import type { LocalPlace } from "../platform/runtime.ts";
import type { Lookup } from "./options/connect_options.ts";
import type { SocketConn } from "./transport/transport.ts";

/** A host, and how to find its addresses. */
export interface LookedUpHost {
  readonly hostname: string;
  readonly family: 4 | 6 | undefined;
  readonly lookup: Lookup | undefined;
  /** Where to dial from, if not from anywhere. */
  readonly local?: LocalPlace | undefined;
}

/**
 * Dials the addresses of a host, one after the other at short intervals, until
 * one answers.
 *
 * @param attempt Dials one address.
 * @throws {Error} With code `ENOTFOUND`, if there is no address; the error of the
 * first attempt, if all fail.
 */
export async function dialAddresses(
  host: LookedUpHost,
  attempt: (address: string, signal: AbortSignal) => Promise<SocketConn>,
  signal: AbortSignal,
): Promise<SocketConn> {
  const { hostname, lookup, local } = host;
  const family = host.family ?? familyOf(local?.address ?? "");
  const addresses = await addressesOf({ hostname, family, lookup }, signal);
  signal.throwIfAborted();
  // A port is free for one attempt at a time.
  const delay = local?.port === undefined ? ATTEMPT_DELAY : undefined;
  const socket = await race(byTurns(addresses), delay, attempt, signal);
  return local === undefined ? socket : requireLocal(socket, local);
}

/**
 * A runtime may not know the options, and dial from anywhere.
 *
 * @throws {TypeError} If a socket is not bound as it must be.
 */
function requireLocal(
  socket: SocketConn,
  { address, port }: LocalPlace,
): SocketConn {
  const bound = socket.localAddr as Deno.NetAddr | undefined;
  const wanted = parseIpAddress(address ?? "");
  const isBound = (port === undefined || bound?.port === port) &&
    // 0.0.0.0 and :: are any address of their family, which is dialled alone.
    (wanted === undefined || wanted.every((byte) => byte === 0) ||
      String(wanted) === String(parseIpAddress(bound?.hostname ?? "")));
  if (isBound) return socket;
  socket.close();
  throw new TypeError(
    `Cannot use option "${
      port === undefined || bound?.port === port ? "localAddress" : "localPort"
    }": this runtime does not bind the socket to it`,
  );
}

async function addressesOf(
  { hostname, family, lookup }: Omit<LookedUpHost, "local">,
  signal: AbortSignal,
): Promise<string[]> {
  const found = familyOf(hostname) !== undefined
    ? [hostname]
    : lookup === undefined
    ? await systemLookup(hostname, family)
    : readAddresses(await lookup(hostname, { family, signal }));
  const addresses = found.filter((address) =>
    family === undefined || familyOf(address) === family
  );
  if (addresses.length > 0) return addresses;
  throw Object.assign(
    new Error(
      `Cannot connect to ${hostname}: there is no ${
        family === undefined ? "" : `IPv${family} `
      }address`,
    ),
    { code: "ENOTFOUND" },
  );
}

function readAddresses(answer: unknown): string[] {
  const addresses: unknown[] = Array.isArray(answer) ? answer : [answer];
  return addresses.map((address) => {
    if (typeof address === "string" && familyOf(address) !== undefined) {
      return address;
    }
    throw new TypeError(
      `Cannot connect: option "lookup" must return IP addresses, got ${
        JSON.stringify(address)
      }`,
    );
  });
}

/** The look-up of the system, with its hosts file. */
async function systemLookup(
  hostname: string,
  family: 4 | 6 | undefined,
): Promise<string[]> {
  const dns = builtin<NodeDns>("node:dns");
  if (dns === undefined) {
    throw new TypeError(
      `Cannot use option "family": this runtime cannot look up addresses; give "lookup" as well`,
    );
  }
  const options = { all: true, family: family ?? 0 } as const;
  const found = await dns.promises.lookup(hostname, options);
  return found.map(({ address }) => address);
}

function familyOf(address: string): 4 | 6 | undefined {
  const length = parseIpAddress(address)?.length;
  return length === undefined ? undefined : length === 4 ? 4 : 6;
}

/** RFC 8305 section 4: the families by turns, beginning with the first one. */
function byTurns(addresses: readonly string[]): string[] {
  const first = familyOf(addresses[0] ?? "");
  const ofFirst = addresses.filter((each) => familyOf(each) === first);
  const others = addresses.filter((each) => familyOf(each) !== first);
  const turns = ofFirst.flatMap((each, at) => [each, others[at] ?? []].flat());
  return [...turns, ...others.slice(ofFirst.length)];
}

/**
 * RFC 8305 section 5: the next attempt begins when one has failed, or after the
 * Connection Attempt Delay, if there is one. The first that succeeds ends the others.
 */
function race(
  addresses: readonly string[],
  delay: number | undefined,
  attempt: (address: string, signal: AbortSignal) => Promise<SocketConn>,
  signal: AbortSignal,
): Promise<SocketConn> {
  const won = Promise.withResolvers<SocketConn>();
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const errors: unknown[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begun = 0;
  const begin = () => {
    clearTimeout(timer);
    const address = addresses[begun++];
    if (address === undefined || both.aborted) return;
    if (delay !== undefined) timer = setTimeout(begin, delay);
    attempt(address, both).then((socket) => {
      if (both.aborted) return void socket.close();
      clearTimeout(timer);
      over.abort();
      won.resolve(socket);
    }, (error) => {
      errors.push(error);
      if (errors.length < addresses.length && !both.aborted) return begin();
      clearTimeout(timer);
      won.reject(errors[0]);
    });
  };
  begin();
  return won.promise;
}

/** The part of `node:dns` that is used here. */
interface NodeDns {
  readonly promises: {
    lookup(
      hostname: string,
      options: { readonly all: true; readonly family: 0 | 4 | 6 },
    ): Promise<readonly { readonly address: string }[]>;
  };
}

/** Milliseconds, as RFC 8305 section 8 recommends. */
const ATTEMPT_DELAY = 250;
