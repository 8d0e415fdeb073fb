import { assertEquals } from "@std/assert";
import {
  AlertDescription,
  ExtensionType,
  NamedGroup,
  nameOf,
} from "../registry.ts";

Deno.test("nameOf() writes a number without a name in whole bytes", () => {
  assertEquals(nameOf(NamedGroup, NamedGroup.x25519), "x25519");
  // GREASE of RFC 8701 begins with 0x0a0a.
  assertEquals(nameOf(NamedGroup, 0x0a0a), "0x0a0a");
  assertEquals(nameOf(ExtensionType, 0xfafa), "0xfafa");
  assertEquals(nameOf(AlertDescription, 5), "0x05");
});
