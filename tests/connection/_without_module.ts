/**
 * A handshake in memory in a program that lacks a module, in a process of its
 * own: the argument is the highest version. Prints how both ends came out.
 *
 * @module
 */

import { client, server } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import type { TlsVersion } from "../../connection/options/negotiation_options.ts";
import { clientOptions, crossed, serverOptions } from "../_pair.ts";

/** How an end came out. */
export interface Outcome {
  readonly code?: string;
  readonly alert?: string | undefined;
  readonly error?: string;
}

if (import.meta.main) {
  const [maxVersion] = Deno.args as TlsVersion[];
  if (maxVersion === undefined) throw new TypeError("expected a version");
  const { forClient, forServer } = crossed();
  const ends = [
    client(forClient, await clientOptions({ maxVersion })),
    server(forServer, await serverOptions({ maxVersion })),
  ];
  const outcomes = await Promise.all(ends.map(async (end): Promise<Outcome> => {
    try {
      await end.handshake();
      await end.close();
      return {};
    } catch (error) {
      return error instanceof TlsError
        ? { code: error.code, alert: error.alert }
        : { error: String(error) };
    }
  }));
  await Promise.all(ends.map((end) => end.closed));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcomes)));
}
