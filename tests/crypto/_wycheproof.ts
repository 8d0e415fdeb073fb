/** Reads Project Wycheproof's files, where they are. */

import { assert } from "@std/assert";
import { vectors } from "../vectors/_folder.ts";

const { url: FOLDER, missing } = vectors("wycheproof/");

/** One test case; the fields differ from file to file. */
export interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "acceptable" | "invalid";
  readonly [field: string]: unknown;
}

/** A group of cases with what they have in common. */
export interface WycheproofGroup {
  readonly tests: readonly WycheproofCase[];
  readonly [field: string]: unknown;
}

/**
 * Registers a test that gets every group of a file. Without the folder it is
 * shown as ignored; a file without cases fails.
 */
export function wycheproof(
  name: string,
  file: string,
  run: (groups: WycheproofGroup[]) => void | Promise<void>,
): void {
  Deno.test({
    name: `${name} (${missing ?? `Wycheproof ${file}`})`,
    ignore: missing !== undefined,
    async fn() {
      const text = await Deno.readTextFile(new URL(file, FOLDER));
      const { testGroups } = JSON.parse(text) as {
        testGroups: WycheproofGroup[];
      };
      assert(
        testGroups.some((group) => group.tests.length > 0),
        `${file} has no cases`,
      );
      await run(testGroups);
    },
  });
}

/** A field in hexadecimal. */
export function hex(of: WycheproofCase | WycheproofGroup, field: string) {
  const value = of[field];
  assert(typeof value === "string", `no field ${field}`);
  return Uint8Array.fromHex(value);
}

/** How a failed assertion names its case. */
export function label(test: WycheproofCase): string {
  return `case ${test.tcId}, ${test.result}: ${test.comment} [${test.flags}]`;
}
