/** What readers do with 10,000 inputs that are nearly right. */

import { TlsError } from "../../errors.ts";
import { withinCpuTime } from "../_cpu_time.ts";
import { mutations } from "../_mutate.ts";

/**
 * Passes seeded mutations of inputs to a reader; each must be read or refused
 * with a `TlsError` within {@linkcode LIMIT} milliseconds.
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
    const work = () => attemptRead(input, read);
    const what = () => `reading ${input.toHex()}`;
    if (await withinCpuTime(LIMIT, work, what)) parsed++;
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
    throw new Error(`not a TlsError for ${input.toHex()}`, { cause: error });
  }
}

/** Milliseconds. */
const LIMIT = 50;
