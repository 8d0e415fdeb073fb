/**
 * One build of the npm package for all tests that need it.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { installedPackage } from "./_installed.ts";

Deno.test("installedPackage() installs once for those who ask at a time", async () => {
  const cache = await Deno.makeTempDir();
  try {
    let installs = 0;
    const install = async (folder: string) => {
      installs++;
      await Deno.writeTextFile(`${folder}/package.json`, "{}");
    };
    const failing = () => Promise.reject(new Error("no network"));
    await assertRejects(
      () => installedPackage(cache, failing),
      Error,
      "no network",
    );
    const folders = await Promise.all(
      [1, 2, 3].map(() => installedPackage(cache, install)),
    );
    assertEquals(new Set(folders).size, 1);
    assertEquals(installs, 1);
    const names = [...Deno.readDirSync(cache)].map(({ name }) => name);
    // What failed has left nothing.
    assertEquals(names.length, 2);
    await Deno.utime(folders[0] ?? "", 0, 0);
    await Deno.mkdir(`${cache}/old`);
    await Deno.utime(`${cache}/old`, 0, 0);
    await Deno.remove(folders[0] ?? "", { recursive: true });
    await installedPackage(cache, install);
    assertEquals(installs, 2);
    assertEquals([...Deno.readDirSync(cache)].length, 2);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
