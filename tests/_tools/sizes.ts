/**
 * Writes the table of sizes in `docs/sizes.md`; `deno task docs` calls it.
 *
 * @module
 */

import { ROOT } from "./_files.ts";
import { exportSizes, sizeTable } from "./_sizes.ts";

/** Where the table stands. */
export const SIZES = new URL("docs/sizes.md", ROOT);

if (import.meta.main) {
  const text = await Deno.readTextFile(SIZES);
  const made = text.replace(/^\|[\s\S]*\|$/m, sizeTable(await exportSizes()));
  if (made !== text) {
    await Deno.writeTextFile(SIZES, made);
    console.log("docs/sizes.md is written anew");
  }
}
