/**
 * How much memory one connection may use to stream: all connections share it.
 * A connection alone reads and writes in large pieces, which is fastest; with
 * a thousand that do so at once, large pieces take a gigabyte, miss every
 * cache, and keep each connection waiting for all the others.
 *
 * @module
 */

import {
  BUFFER_POOLS,
  type BufferPool,
  LARGE_BUFFERS,
  MEDIUM_BUFFERS,
} from "./buffers.ts";

/** One connection's direction, as its share sees it. */
export interface Streamer {
  /** How many of the last pieces were its own. */
  pieces: number;
}

/**
 * Shares out memory by who has streamed lately: those that moved the last
 * pieces. That takes no clock and no farewell, so a connection that was
 * dropped without an end takes nothing from the others for long.
 */
export class Share {
  readonly #last: (Streamer | undefined)[] = Array(PIECES);
  #at = 0;
  #streaming = 0;

  /** How many connections have streamed lately. */
  get streaming(): number {
    return this.#streaming;
  }

  /** A connection has moved a piece. */
  note(streamer: Streamer): void {
    const forgotten = this.#last[this.#at];
    this.#last[this.#at] = streamer;
    this.#at = (this.#at + 1) % PIECES;
    if (streamer.pieces++ === 0) this.#streaming++;
    if (forgotten !== undefined && --forgotten.pieces === 0) this.#streaming--;
  }

  /**
   * How many records one connection may have under way. None gets less than
   * two, so none can be starved by others.
   */
  get records(): number {
    const share = Math.floor(RECORDS / Math.max(1, this.#streaming));
    return Math.min(MOST_RECORDS, Math.max(LEAST_RECORDS, share));
  }

  /** The largest buffers that one connection may use: an index of the pools. */
  get largestPool(): number {
    return this.#streaming > FEW ? MEDIUM_BUFFERS : LARGE_BUFFERS;
  }

  /** Bytes of the largest buffer that one connection may use. */
  get bufferSize(): number {
    return (BUFFER_POOLS[this.largestPool] as BufferPool).size;
  }
}

/** A piece has at least this many bytes: what moves less does not stream. */
export const PIECE_LENGTH = 4096;

/** The pieces that count as late. */
const PIECES = 64;

/** The number of connections up to which each uses large buffers. */
const FEW = 16;

/**
 * Records under way, all connections together while they are few: they keep
 * WebCrypto's threads busy while this one does the rest.
 */
const RECORDS = 64;

/** Enough for one connection alone to keep WebCrypto busy. */
const MOST_RECORDS = 32;

/** One that is being opened while the application has the other. */
const LEAST_RECORDS = 2;

/** Of what all connections read. */
export const readShare: Share = new Share();

/** Of what all connections write. */
export const writeShare: Share = new Share();
