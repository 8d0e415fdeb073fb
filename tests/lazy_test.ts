import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { TlsError } from "../errors.ts";
import { Lazy } from "../lazy.ts";

Deno.test("Lazy loads when it is first needed, and once", async () => {
  let times = 0;
  const part = new Lazy("a test", () => {
    times++;
    return Promise.resolve({ answer: 42 });
  });
  assertEquals([times, part.loaded], [0, undefined]);
  part.prepare();
  const [first, second] = await Promise.all([part.load(), part.load()]);
  assertEquals(first, { answer: 42 });
  assertStrictEquals(second, first);
  // At once from now on: no promise comes between.
  assertStrictEquals(part.load(), first);
  assertStrictEquals(part.loaded, first);
  part.prepare();
  assertEquals(times, 1);
});

Deno.test("Lazy fails with a TlsError, and tries again", async () => {
  const cause = new TypeError("Module not found");
  let fails = true;
  const part = new Lazy(
    "a test",
    () => fails ? Promise.reject(cause) : Promise.resolve("module"),
  );
  const error = await assertRejects(async () => await part.load(), TlsError);
  assertEquals(error.code, "module_unavailable");
  assert(error.message.startsWith("Cannot load the module for a test"));
  assertStrictEquals(error.cause, cause);
  assertEquals(part.loaded, undefined);
  fails = false;
  assertEquals(await part.load(), "module");
});

Deno.test("Lazy.prepare() leaves its error to those that need the module", async () => {
  const part = new Lazy("a test", () => Promise.reject(new Error("offline")));
  part.prepare();
  // An unhandled rejection would fail this test.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await assertRejects(async () => await part.load(), TlsError);
});
