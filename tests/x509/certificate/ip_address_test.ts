import { assertEquals } from "@std/assert";
import {
  formatIpAddress,
  parseIpAddress,
} from "../../../x509/certificate/ip_address.ts";

const v6 = (...groups: number[]) =>
  Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));

Deno.test("parseIpAddress() reads IPv4 and IPv6", () => {
  const cases: [string, Uint8Array][] = [
    ["192.0.2.1", Uint8Array.of(192, 0, 2, 1)],
    ["0.0.0.0", new Uint8Array(4)],
    ["255.255.255.255", new Uint8Array(4).fill(255)],
    ["::", new Uint8Array(16)],
    ["::1", v6(0, 0, 0, 0, 0, 0, 0, 1)],
    ["1::", v6(1, 0, 0, 0, 0, 0, 0, 0)],
    ["[2001:db8::1]", v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)],
    ["2001:DB8:0:0:1:0:0:1", v6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1)],
    ["1:2:3:4:5:6:7:8", v6(1, 2, 3, 4, 5, 6, 7, 8)],
    ["1:2:3:4:5:6:7::", v6(1, 2, 3, 4, 5, 6, 7, 0)],
    ["::2:3:4:5:6:7:8", v6(0, 2, 3, 4, 5, 6, 7, 8)],
    ["::ffff:192.0.2.1", v6(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201)],
    ["1:2:3:4:5:6:192.0.2.1", v6(1, 2, 3, 4, 5, 6, 0xc000, 0x0201)],
    ["fe80::1%eth0", v6(0xfe80, 0, 0, 0, 0, 0, 0, 1)],
    ["[fe80::1%25eth0]", v6(0xfe80, 0, 0, 0, 0, 0, 0, 1)],
  ];
  for (const [text, bytes] of cases) {
    assertEquals(parseIpAddress(text), bytes, text);
  }
});

Deno.test("parseIpAddress() returns undefined for what is not an IP literal", () => {
  for (
    const text of [
      "",
      "example.com",
      "192.0.2",
      "192.0.2.1.",
      "192.0.2.256",
      "192.0.2.01",
      "0xc0.0.2.1",
      "3221225985",
      "192.0.2.1/24",
      "[192.0.2.1]",
      " 192.0.2.1",
      "192.0.2.-1",
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7:",
      ":1:2:3:4:5:6:7",
      "12345::",
      "g::",
      "192.0.2.1::",
      "::192.0.2.1:1",
      "::192.0.2",
      "[::1",
      "::1]",
      "::1%",
      "１::",
    ]
  ) assertEquals(parseIpAddress(text), undefined, text);
});

Deno.test("formatIpAddress() writes what RFC 5952 section 4 recommends", () => {
  const cases: [Uint8Array, string][] = [
    [Uint8Array.of(192, 0, 2, 1), "192.0.2.1"],
    [new Uint8Array(16), "::"],
    [v6(0x2001, 0xdb8, 0, 0, 0, 0, 2, 1), "2001:db8::2:1"],
    [v6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), "2001:db8:0:1:1:1:1:1"],
    [v6(0x2001, 0, 0, 1, 0, 0, 0, 1), "2001:0:0:1::1"],
    [v6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1"],
    [v6(1, 0, 0, 0, 0, 0, 0, 0), "1::"],
    [v6(0, 0, 0, 0, 0, 0, 0, 0xabcd), "::abcd"],
    [Uint8Array.of(1, 0xff), "01ff"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatIpAddress(bytes), text);
});

Deno.test("formatIpAddress() and parseIpAddress() are inverse", () => {
  for (let zeros = 0; zeros < 256; zeros++) {
    const address = v6(
      ...Array.from({ length: 8 }, (_, at) => zeros >> at & 1 ? 0 : 0x100 + at),
    );
    assertEquals(parseIpAddress(formatIpAddress(address)), address);
  }
});
