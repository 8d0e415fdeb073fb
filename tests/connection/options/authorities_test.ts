import { assertEquals } from "@std/assert";
import { fitsAuthorities } from "../../../connection/options/authorities.ts";

// RFC 9846 section 4.3.4: DistinguishedName authorities<3..2^16-1>, each with a
// length of two bytes.
Deno.test("fitsAuthorities() allows 65,535 bytes, with the lengths of the names", () => {
  const names = (...lengths: number[]) =>
    lengths.map((length) => new Uint8Array(length));
  for (
    const [lengths, expected] of [
      [[], true],
      [[65_533], true],
      [[65_534], false],
      [[30_000, 35_531], true],
      [[30_000, 35_532], false],
    ] as const
  ) assertEquals(fitsAuthorities(names(...lengths)), expected);
});
