import { assertEquals } from "@std/assert";
import { ROOT } from "../_tools/_files.ts";
import { attacks } from "./_attacks.ts";

const read = (file: string) => Deno.readTextFile(new URL(file, ROOT));

for (const { name, test, flaw } of attacks) {
  Deno.test(`${name}: its test and its guard are where the table says`, async () => {
    const tests = await read(test.file);
    assertEquals(tests.includes(test.title), true, test.title);
    const count = (await read(flaw.file)).split(flaw.from).length - 1;
    assertEquals(count, 1, `times in ${flaw.file}: ${flaw.from}`);
  });
}
