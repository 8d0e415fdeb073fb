/**
 * External pre-shared keys, from options to what a handshake needs.
 *
 * @module
 */

import type { ClientPsk, PskConfig } from "../../handshake/config.ts";
import { isObject } from "./values.ts";
import type {
  ClientPskOption,
  ContextOptions,
  PskAnswer,
  PskInput,
  ServerPskOption,
} from "./options.ts";

type PskOption = ContextOptions["psk"];

/**
 * A client's keys.
 *
 * @throws {TypeError} If one that is given at once is none.
 */
export function clientPsk(psk: PskOption): PskConfig | undefined {
  if (psk === undefined) return undefined;
  if (typeof psk === "function") {
    const find = psk as Extract<ClientPskOption, (hint?: string) => unknown>;
    return { client: async (hint) => listOf(await find(hint)).map(readPsk) };
  }
  const keys = listOf(psk).map(readPsk);
  if (keys.length === 0) {
    throw new TypeError(`Cannot use option "psk": the list of keys is empty`);
  }
  return { client: () => keys };
}

/**
 * A server's look-up.
 *
 * @throws {TypeError} If it is no function.
 */
export function serverPsk(
  psk: PskOption,
  hint: string | undefined,
): PskConfig | undefined {
  if (psk === undefined) return undefined;
  if (typeof psk !== "function") {
    throw new TypeError(
      `Cannot use option "psk": a server looks a key up by its identity, so a function is wanted`,
    );
  }
  const find = psk as ServerPskOption;
  return {
    hint,
    server: async (identity) => {
      const answer = await find(identity);
      return answer === undefined || answer === null
        ? undefined
        : readKey(answer);
    },
  };
}

function listOf(
  psk: PskInput | readonly PskInput[] | undefined | null,
): readonly PskInput[] {
  if (psk === undefined || psk === null) return [];
  return Array.isArray(psk) ? psk : [psk as PskInput];
}

function readPsk(psk: PskInput): ClientPsk {
  isObject(psk, "psk");
  const identity = typeof psk.identity === "string"
    ? new TextEncoder().encode(psk.identity)
    : psk.identity;
  // RFC 8446 section 4.2.11: opaque identity<1..2^16-1>.
  if (
    !(identity instanceof Uint8Array) || identity.length === 0 ||
    identity.length > 65535
  ) {
    throw new TypeError(
      `Cannot use option "psk": an identity has 1 to 65535 bytes`,
    );
  }
  return { identity, ...readKey(psk) };
}

function readKey(answer: PskAnswer): Omit<ClientPsk, "identity"> {
  isObject(answer, "psk");
  const { key, hash = "SHA-256" } = answer;
  if (!(key instanceof Uint8Array) || key.length === 0) {
    throw new TypeError(
      `Cannot use option "psk": a key is a Uint8Array, and not empty`,
    );
  }
  if (hash !== "SHA-256" && hash !== "SHA-384") {
    throw new TypeError(
      `Cannot use option "psk": a hash is "SHA-256" or "SHA-384"`,
    );
  }
  return { key, hash };
}
