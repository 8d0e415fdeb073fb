/**
 * The runtimes that there are. The npm package has other lists in this one's
 * place where it is known which runtime it is: see `exports` conditions.
 *
 * @module
 */

import { deno } from "./deno.ts";
import { node } from "./node.ts";
import type { Candidate } from "./runtime.ts";
import { workerd } from "./workerd.ts";

/** The runtimes, which are asked in this order. */
export const platforms: readonly Candidate[] = [deno, workerd, node];
