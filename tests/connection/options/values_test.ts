import { assertEquals, assertThrows } from "@std/assert";
import { oneOf, passphrase } from "../../../connection/options/values.ts";

Deno.test("passphrase() takes text, bytes and a function", () => {
  const call = () => "secret";
  for (const value of ["secret", new Uint8Array(3), call]) {
    assertEquals(passphrase(value, "passphrase"), value);
  }
  for (const value of [1, null, [1], {}]) {
    assertThrows(() => passphrase(value, "passphrase"), TypeError, "a string");
  }
});

Deno.test("oneOf() names the values that there are, and the one that came", () => {
  const parse = oneOf("one", "two");
  assertEquals(parse("two", "x"), "two");
  const refuses = (value: unknown, got: string) =>
    assertThrows(
      () => parse(value, "x"),
      TypeError,
      `Cannot use option "x": expected "one", "two", got ${got}`,
    );
  refuses("three", '"three"');
  refuses(3, "a number");
});
