/**
 * The key shares of a ClientHello (RFC 9846 section 4.3.8).
 *
 * @module
 */

import type {
  KeyExchangeGroup,
  KeyShareOffer,
  RandomBytes,
} from "../../crypto/primitives/provider.ts";

/**
 * Key shares that are made while the transport is dialled. They can be taken once,
 * and then nothing else holds their ephemeral private keys: what belongs to a
 * connection would keep them as long as it is open.
 */
export class EarlyShares {
  #shares: Promise<ReadonlyMap<number, KeyShareOffer>> | undefined;

  /** Starts to make those of these groups. */
  constructor(groups: readonly KeyExchangeGroup[]) {
    this.#shares = makeShares(groups);
    // The handshake gets the error, if there is one.
    this.#shares.catch(() => {});
  }

  /** The shares, for the first caller. */
  take(): Promise<ReadonlyMap<number, KeyShareOffer>> | undefined {
    const shares = this.#shares;
    this.#shares = undefined;
    return shares;
  }
}

/** Makes the ephemeral keys of these groups, by group. */
export async function makeShares(
  groups: readonly KeyExchangeGroup[],
  random?: RandomBytes,
): Promise<Map<number, KeyShareOffer>> {
  const shares = new Map<number, KeyShareOffer>();
  for (const group of groups) {
    if (shares.has(group.id)) continue;
    const share = await group.offer(random);
    shares.set(group.id, share);
    // A hybrid's classical half serves as a share of its own too: one key pair
    // less (RFC 9954 section 3.2).
    const { classical } = share;
    if (classical !== undefined && has(groups, classical.group)) {
      shares.set(classical.group, classical.offer);
    }
  }
  return shares;
}

function has(groups: readonly KeyExchangeGroup[], id: number): boolean {
  return groups.some((group) => group.id === id);
}
