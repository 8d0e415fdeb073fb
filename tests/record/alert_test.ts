import { assertEquals } from "@std/assert";
import { Alert } from "../../record/alert.ts";
import { decode, encode } from "../../record/codec.ts";
import { rejectsWith } from "./_ends.ts";

Deno.test("Alert codec is level and description", () => {
  assertEquals(
    encode(Alert, { level: 2, description: 40 }),
    Uint8Array.of(2, 40),
  );
  assertEquals(decode(Alert, Uint8Array.of(1, 255), "Alert"), {
    level: 1,
    description: 255,
  });
});

Deno.test("Alert codec refuses any other length", async () => {
  for (const length of [0, 1, 3]) {
    await rejectsWith(
      "decode_error",
      () => decode(Alert, new Uint8Array(length), "Alert"),
    );
  }
});
