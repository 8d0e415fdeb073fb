import { assert, assertEquals } from "@std/assert";
import punycode from "node:punycode";
import { parseIpAddress } from "../../../x509/certificate/ip_address.ts";
import { isCountryCode } from "../../../x509/lint/countries.ts";
import { decodePunycode } from "../../../x509/lint/punycode.ts";
import { areConsistent } from "../../../x509/lint/purposes.ts";
import {
  isReservedAddress,
  meetsReservedAddresses,
} from "../../../x509/lint/reserved_addresses.ts";
import { quoted } from "../../../x509/lint/text.ts";
import { isTopLevelDomain } from "../../../x509/lint/top_level_domains.ts";

function bytes(...addresses: string[]): Uint8Array {
  return Uint8Array.from(
    addresses.flatMap((address) => [...parseIpAddress(address) ?? []]),
  );
}

Deno.test("decodePunycode() decodes the samples of RFC 3492 section 7.1", () => {
  for (
    const [encoded, text] of [
      ["ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"],
      ["4dbcagdahymbxekheh6e0a7fei0b", "למההםפשוטלאמדבריםעברית"],
      ["b1abfaaepdrnnbgefbadotcwatmq2g4l", "почемужеонинеговорятпорусски"],
      ["3B-ww4c5e180e575a65lsy2b", "3年B組金八先生"],
      [
        "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n",
        "安室奈美恵-with-SUPER-MONKEYS",
      ],
      ["mnchen-3ya", "münchen"],
    ] as const
  ) {
    assertEquals(decodePunycode(encoded), text);
  }
  // As Node has it, for lengths and gaps of all sizes.
  for (let start = 0; start < 40; start++) {
    for (const point of [0x80, 0xe9, 0x4e2d, 0xf954, 0x1f600, 0x10ffff]) {
      const text = "x".repeat(start) +
        String.fromCodePoint(point, 0xa0 + start * 7, point - start, point);
      assertEquals(decodePunycode(punycode.encode(text)), text);
    }
  }
  for (let point = 63600; point < 64100; point++) {
    const text = `abc${String.fromCodePoint(point, point + 3)}`;
    assertEquals(decodePunycode(punycode.encode(text)), text);
  }
  for (const wrong of ["", "999999999", "a-!", "mnchen-3", "0000"]) {
    assertEquals(decodePunycode(wrong), undefined, wrong);
  }
});

Deno.test("isReservedAddress() distinguishes reserved from public addresses", () => {
  for (
    const reserved of [
      "0.0.0.1",
      "10.255.255.255",
      "100.64.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.0.1",
      "198.19.0.1",
      "203.0.113.9",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "::ffff:8.8.8.8",
      "2001:db8::1",
      "2002::1",
      "4000::1",
      "8000::1",
      "fd00::1",
      "fe80::1",
      "ff02::1",
    ]
  ) assert(isReservedAddress(bytes(reserved)), reserved);
  for (
    const good of [
      "1.1.1.1",
      "8.8.8.8",
      "11.0.0.1",
      "100.128.0.1",
      "172.32.0.1",
      "192.0.1.1",
      "198.20.0.1",
      "223.255.255.255",
      "2001:4860:4860::8888",
      "2606:4700:4700::1111",
      "2a00::1",
      "3ffe::1",
    ]
  ) assert(!isReservedAddress(bytes(good)), good);
});

Deno.test("meetsReservedAddresses() finds subnets within and around", () => {
  const meets = (address: string, mask: string) =>
    meetsReservedAddresses(bytes(address, mask));
  assert(meets("10.1.0.0", "255.255.0.0"));
  assert(meets("8.0.0.0", "252.0.0.0"));
  assert(meets("96.0.0.0", "224.0.0.0"));
  assert(meets("fe00::", "fe00::"));
  assert(meets("2000::", "e000::"));
  assert(meets("fe80::", "ffff::"));
  assert(!meets("8.8.8.0", "255.255.255.0"));
  assert(!meets("0.0.0.0", "0.0.0.0"), "no claim to any of them");
  assert(!meets("2606:4700::", "ffff:ffff::"));
});

Deno.test("isTopLevelDomain() knows those of today and of former days", () => {
  for (
    const label of ["com", "COM", "de", "onion", "xn--p1ai", "abarth", "arpa"]
  ) assert(isTopLevelDomain(label), label);
  for (
    const label of ["internal", "local", "corp", "lan", "localhost", "test", ""]
  ) assert(!isTopLevelDomain(label), label);
});

Deno.test("isCountryCode() knows ISO 3166-1 and XX", () => {
  for (const code of ["US", "DE", "GB", "XX"]) assert(isCountryCode(code));
  for (const code of ["UK", "us", "ZZ", "EU", "", "USA", "A D"]) {
    assert(!isCountryCode(code), code);
  }
});

Deno.test("areConsistent() asks for a bit for each purpose that is known", () => {
  const { serverAuth, clientAuth } = {
    serverAuth: "1.3.6.1.5.5.7.3.1",
    clientAuth: "1.3.6.1.5.5.7.3.2",
  };
  assert(areConsistent(["digitalSignature"], [serverAuth, clientAuth]));
  assert(
    areConsistent(
      ["digitalSignature", "keyEncipherment"],
      [serverAuth, clientAuth],
    ),
  );
  assert(areConsistent(["cRLSign"], ["1.2.3"]));
  assert(!areConsistent(["dataEncipherment"], [serverAuth]));
  assert(!areConsistent(["digitalSignature", "cRLSign"], [serverAuth]));
  assert(!areConsistent(["keyEncipherment"], [clientAuth]));
});

Deno.test("quoted() escapes and cuts what a certificate holds", () => {
  assertEquals(quoted("www.example.com"), '"www.example.com"');
  assertEquals(quoted("a\n\x1b[2J"), '"a\\x0a\\x1b[2J"');
  assertEquals(quoted("\u202eé"), '"\\u{202e}é"');
  assertEquals(quoted("x".repeat(500)), `"${"x".repeat(100)}..."`);
});
