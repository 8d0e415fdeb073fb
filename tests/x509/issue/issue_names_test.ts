import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeConstraint,
  encodeGeneralName,
} from "../../../x509/issue/issue_names.ts";

// RFC 5280 section 4.2.1.10: a name satisfies a constraint that it ends in.
Deno.test("encodeConstraint() takes a text of nothing for all DNS names", () => {
  assertEquals(encodeConstraint(""), Uint8Array.of(0x82, 0));
  assertEquals(encodeConstraint(".a"), Uint8Array.of(0x82, 2, 0x2e, 0x61));
  assertThrows(() => encodeConstraint("a b"), TypeError, '"a b" is not');
});

Deno.test("encodeGeneralName() refuses what is no name of a host, and says so", () => {
  assertThrows(() => encodeGeneralName("a b"), TypeError, '"a b" is not a DNS');
});
