import { assertEquals } from "@std/assert";
import { decodePunycode } from "../../../x509/lint/punycode.ts";

Deno.test("decodePunycode() returns no surrogates, and what is beside them", () => {
  assertEquals(decodePunycode("hb9b"), "\ud7ff");
  assertEquals(decodePunycode("ib9b"), undefined);
  assertEquals(decodePunycode("zy0c"), undefined);
  assertEquals(decodePunycode("0y0c"), "\ue000");
});

Deno.test("decodePunycode() knows no digits but letters and 0 to 9", () => {
  assertEquals(decodePunycode("za"), decodePunycode("ZA"));
  for (const label of ["{a", "[a", "@a", "`a", "/a", ":a"]) {
    assertEquals(decodePunycode(label), undefined, label);
  }
});
