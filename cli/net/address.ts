/**
 * Where an argument leads: `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or a URL.
 *
 * @module
 */

import { Failure } from "../base/exit.ts";

/** A host with its port. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads an address.
 *
 * @param text What the user wrote.
 * @param defaultPort The port, where there is none in it.
 * @throws {Failure} If it is none.
 */
export function parseAddress(text: string, defaultPort: number): Address {
  const bare = text.replace(/^https:\/\/(?:[^/@]*@)?/i, "")
    .replace(/(?<=.)[/?#].*$/, "");
  const [, bracketed, name, digits] =
    /^(?:\[([0-9a-f:.%\w-]+)\]|([^:\s[\]/]+))(?::(\d{1,5}))?$/i.exec(bare) ??
      [];
  const host = bracketed ?? name;
  // An IPv6 address without brackets has colons, but no port.
  if (host === undefined && /^[0-9a-f.]*:[0-9a-f:.]+$/i.test(bare)) {
    return { host: bare, port: defaultPort };
  }
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Failure(
      "usage",
      `Cannot use "${text}": expected HOST, HOST:PORT or [ADDRESS]:PORT`,
    );
  }
  return { host, port };
}

/** An address, as it is written. */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
