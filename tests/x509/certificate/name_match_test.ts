import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  isDnsName,
  isWildcardDnsName,
  matchesDnsName,
  matchesMailbox,
  normalizeDnsName,
  parseMailbox,
  parseReferenceName,
} from "../../../x509/certificate/name_match.ts";
import { withinCpuTime } from "../../_cpu_time.ts";

Deno.test("matchesDnsName() follows RFC 9525 section 6.3", () => {
  const long = "a".repeat(63);
  const cases: [presented: string, reference: string, matches: boolean][] = [
    ["example.com", "example.com", true],
    ["EXAMPLE.com", "example.com", true],
    ["localhost", "localhost", true],
    ["my_service", "my_service", true],
    [`${long}.example.com`, `${long}.example.com`, true],
    ["example.com", "www.example.com", false],
    ["www.example.com", "example.com", false],
    ["example.com", "example.co", false],
    // RFC 1034 section 3.5 has no trailing dot, and no empty label.
    ["example.com.", "example.com", false],
    [".example.com", "example.com", false],
    ["", "example.com", false],
    // The complete left-most label and nothing else (RFC 9525 section 6.3).
    ["*.example.com", "www.example.com", true],
    ["*.EXAMPLE.com", "www.example.com", true],
    ["*.example.com", "xn--bcher-kva.example.com", true],
    ["*.example.com", "example.com", false],
    ["*.example.com", "a.b.example.com", false],
    ["*.example.com", ".example.com", false],
    ["w*.example.com", "www.example.com", false],
    ["*w.example.com", "www.example.com", false],
    ["w*w.example.com", "www.example.com", false],
    ["xn--*-kva.example.com", "xn--bcher-kva.example.com", false],
    ["www.*.com", "www.example.com", false],
    ["*.*.com", "www.example.com", false],
    ["**.example.com", "www.example.com", false],
    ["*", "localhost", false],
    ["*", "example.com", false],
    ["*.", "example.com", false],
    ["*.com", "example.com", false],
    ["*.localhost", "a.localhost", false],
    ["*.example.com.", "www.example.com", false],
    ["*.example..com", "www.example..com", false],
    // What is an IP address as text is none as bytes.
    ["192.0.2.1", "192.0.2.1", false],
    ["b\u00fccher.example", "xn--bcher-kva.example", false],
  ];
  for (const [presented, reference, matches] of cases) {
    assertEquals(
      matchesDnsName(presented, reference),
      matches,
      `${presented} against ${reference}`,
    );
  }
});

Deno.test("parseReferenceName() distinguishes DNS names, IP addresses and mailboxes", () => {
  assertEquals(parseReferenceName("WWW.Example.com."), {
    type: "dns",
    value: "www.example.com",
  });
  assertEquals(parseReferenceName("[::1]"), {
    type: "ip",
    value: "[::1]",
    bytes: new Uint8Array([...new Uint8Array(15), 1]),
  });
  assertEquals(parseReferenceName("192.0.2.1"), {
    type: "ip",
    value: "192.0.2.1",
    bytes: Uint8Array.of(192, 0, 2, 1),
  });
  assertEquals(parseReferenceName({ email: "Me@B\u00fccher.Example" }), {
    type: "email",
    value: "Me@xn--bcher-kva.example",
  });
});

Deno.test("normalizeDnsName() turns U-labels into A-labels", () => {
  const cases: [string, string][] = [
    ["b\u00fccher.example", "xn--bcher-kva.example"],
    ["B\u00dcCHER.Example.", "xn--bcher-kva.example"],
    ["bu\u0308cher.example", "xn--bcher-kva.example"],
    ["fa\u00df.de", "xn--fa-hia.de"],
    // IDEOGRAPHIC FULL STOP separates labels (RFC 3490 section 3.1).
    ["\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["XN--BCHER-KVA.example", "xn--bcher-kva.example"],
  ];
  for (const [name, ascii] of cases) {
    assertEquals(normalizeDnsName(name), ascii, name);
  }
});

Deno.test("parseReferenceName() throws TypeError for an invalid name", () => {
  for (
    const name of [
      "",
      ".",
      "..",
      ".example.com",
      "example..com",
      "example.com..",
      "exa mple.com",
      "example.com:443",
      "https://example.com",
      "user@example.com",
      "example.com/",
      "-example.com",
      "example-.com",
      "1.2.3",
      "1.2.3.4.5",
      "256.0.0.1",
      "192.0.2.01",
      "a.0x1f",
      "[example.com]",
      "a\u0000.com",
      "a".repeat(64) + ".com",
      ("a".repeat(49) + ".").repeat(5) + "abcd",
      "b\u00fccher.example/path",
      "b\u00fccher.example:443",
      "a%41\u00fc.example",
      "\uff11\uff12\uff17.0.0.1",
      "\u200d.example",
    ]
  ) {
    assertThrows(() => parseReferenceName(name), TypeError, "Cannot verify");
  }
  assertThrows(
    () => parseReferenceName("*.example.com"),
    TypeError,
    "wildcard",
  );
  for (
    const email of ["", "a", "@example.com", "a@", "a@b@example.com", "a b@c.d"]
  ) assertThrows(() => parseReferenceName({ email }), TypeError, "mailbox");
  assertThrows(() => parseReferenceName({ email: "a@-.com" }), TypeError);
  for (const wrong of [undefined, null, 1, {}, { email: 1 }]) {
    // What an untyped caller can pass.
    const name = wrong as unknown as string;
    assertThrows(() => parseReferenceName(name), TypeError, "Cannot verify");
  }
});

Deno.test("matchesMailbox() compares the local part with case, the domain without", () => {
  const cases: [presented: string, reference: string, matches: boolean][] = [
    ["me@example.com", "me@example.com", true],
    ["me@EXAMPLE.com", "me@example.com", true],
    ["Me@example.com", "me@example.com", false],
    ["me@sub.example.com", "me@example.com", false],
    ["*@example.com", "me@example.com", false],
    ["example.com", "me@example.com", false],
    ["me@me@example.com", "me@example.com", false],
  ];
  for (const [presented, reference, matches] of cases) {
    assertEquals(matchesMailbox(presented, reference), matches, presented);
  }
});

Deno.test("parseMailbox() understands quoted local parts", () => {
  assertEquals(parseMailbox('"a@b"@example.com'), {
    localPart: '"a@b"',
    domain: "example.com",
  });
  for (const text of ['"a"b"@example.com', ".a@b", "a.@b", "a..a@b", "<a@b>"]) {
    assertEquals(parseMailbox(text), undefined, text);
  }
});

Deno.test("isDnsName() takes no longer than its input is long", async () => {
  await withinCpuTime(500, () => {
    for (
      const text of [
        "a-".repeat(50_000),
        "a.".repeat(50_000),
        "-".repeat(100_000),
      ]
    ) {
      assertEquals(isDnsName(text), false);
    }
    assertEquals(parseMailbox(`${"a.".repeat(50_000)}@b`), undefined);
    assertEquals(parseMailbox(`"${"\\a".repeat(50_000)}@b`), undefined);
  });
});

Deno.test("isWildcardDnsName() knows the one form, of three labels or more", () => {
  assert(isWildcardDnsName("*.example.com"));
  assert(isWildcardDnsName("*.a.example.com"));
  for (
    const other of [
      "*.com",
      "*",
      "*.",
      "w*.example.com",
      "*.*.example.com",
      "www.example.com",
      "xxhost.example.com",
      "*xhost.example.com",
      "*.-.example.com",
    ]
  ) assertFalse(isWildcardDnsName(other), other);
});

// RFC 1035 section 2.3.4: 255 octets with the lengths of the labels, which are
// 253 characters with the dots between them.
Deno.test("isDnsName() takes names of up to 253 characters", () => {
  const label = "a".repeat(63);
  const longest = [label, label, label, "a".repeat(61)].join(".");
  assertEquals(longest.length, 253);
  assertEquals(isDnsName(longest), true);
  assertEquals(isDnsName(`${longest}a`), false);
});
