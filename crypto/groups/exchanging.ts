/**
 * The exchange of a group, which is loaded when the first key is made.
 *
 * @module
 */

import { Lazy } from "../../lazy.ts";
import type {
  KeyExchangeGroup,
  KeyShareAnswer,
  KeyShareOffer,
  RandomBytes,
} from "../primitives/provider.ts";

type Exchange = typeof import("./hybrid_exchange.ts");

/**
 * Both sides of an exchange.
 *
 * @param offer The side that speaks first.
 * @param accept The side that answers.
 */
export function exchanging(
  offer: (exchange: Exchange, random?: RandomBytes) => Promise<KeyShareOffer>,
  accept: (
    exchange: Exchange,
    peerShare: Uint8Array,
    random?: RandomBytes,
  ) => Promise<KeyShareAnswer>,
): Pick<KeyExchangeGroup, "offer" | "accept"> {
  return {
    offer: (random) => withExchange((loaded) => offer(loaded, random)),
    accept(peerShare, random) {
      const own = exchange.loaded === undefined ? peerShare.slice() : peerShare;
      return withExchange((loaded) => accept(loaded, own, random));
    },
  };
}

/** Once it is loaded, there are no more promises than the exchange itself has. */
function withExchange<T>(use: (exchange: Exchange) => Promise<T>): Promise<T> {
  const { loaded } = exchange;
  return loaded === undefined ? load().then(use) : use(loaded);
}

async function load(): Promise<Exchange> {
  return await exchange.load();
}

const exchange = new Lazy("key exchange", () => import("./hybrid_exchange.ts"));
