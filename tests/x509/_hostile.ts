/** What readers do with 10,000 inputs that are nearly right. */

import { assert } from "@std/assert";
import { TlsError } from "../../errors.ts";
import { mutations } from "../_mutate.ts";

/**
 * Gives a reader seeded mutations of inputs; each must be read or refused with
 * a `TlsError` within {@linkcode LIMIT} milliseconds.
 *
 * @returns How many were read.
 */
export async function readMutations(
  inputs: readonly Uint8Array[],
  seed: number,
  read: (input: Uint8Array) => unknown,
  count = 10_000,
): Promise<number> {
  let parsed = 0;
  for (const input of mutations(inputs, count, seed)) {
    let elapsed = Infinity;
    // More chances, since a test machine has other work as well.
    for (let attempt = 0; attempt < 10 && elapsed > LIMIT; attempt++) {
      const start = performance.now();
      const ok = await attemptRead(input, read);
      elapsed = performance.now() - start;
      if (ok && attempt === 0) parsed++;
    }
    assert(elapsed <= LIMIT, `${elapsed} ms for ${hex(input)}`);
  }
  return parsed;
}

async function attemptRead(
  input: Uint8Array,
  read: (input: Uint8Array) => unknown,
): Promise<boolean> {
  try {
    await read(input);
    return true;
  } catch (error) {
    if (error instanceof TlsError) return false;
    throw new Error(`not a TlsError for ${hex(input)}`, { cause: error });
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** Milliseconds. */
const LIMIT = 50;
