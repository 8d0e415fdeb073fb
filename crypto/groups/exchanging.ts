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
} from "../primitives/provider.ts";

type Exchange = typeof import("./hybrid_exchange.ts");

/**
 * Both sides of an exchange.
 *
 * @param offer The side that speaks first.
 * @param accept The side that answers.
 */
export function exchanging(
  offer: (exchange: Exchange) => Promise<KeyShareOffer>,
  accept: (
    exchange: Exchange,
    peerShare: Uint8Array,
  ) => Promise<KeyShareAnswer>,
): Pick<KeyExchangeGroup, "offer" | "accept"> {
  return {
    // Once it is loaded, no more promises than the exchange itself has.
    offer() {
      const { loaded } = exchange;
      return loaded === undefined ? load().then(offer) : offer(loaded);
    },
    accept(peerShare) {
      const { loaded } = exchange;
      if (loaded !== undefined) return accept(loaded, peerShare);
      const own = peerShare.slice();
      return load().then((loaded) => accept(loaded, own));
    },
  };
}

async function load(): Promise<Exchange> {
  return await exchange.load();
}

const exchange = new Lazy("key exchange", () => import("./hybrid_exchange.ts"));
