/**
 * Service bindings in text and on the wire: the vectors of RFC 9460 appendix D,
 * and each rule broken.
 *
 * @module
 */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  encodeServiceBinding,
  formatServiceBinding,
  parseServiceBinding,
  type ServiceBinding,
} from "../../ech/mod.ts";
import { tlsError } from "../_pair.ts";
import { current } from "../handshake/ech/_ends.ts";

const FOO_COM = "03666f6f076578616d706c6503636f6d00";
const FOO_ORG = "03666f6f076578616d706c65036f726700";

/** Appendices D.1 and D.2. */
const vectors: [text: string, wire: string][] = [
  ["0 foo.example.com.", `0000${FOO_COM}`],
  ["1 .", "000100"],
  ["16 foo.example.com. port=53", `0010${FOO_COM}000300020035`],
  [
    "1 foo.example.com. key667=hello",
    `0001${FOO_COM}029b000568656c6c6f`,
  ],
  [
    '1 foo.example.com. key667="hello\\210qoo"',
    `0001${FOO_COM}029b000968656c6c6fd2716f6f`,
  ],
  [
    '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    `0001${FOO_COM}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
  ],
  [
    '1 foo.example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    `0001${FOO_COM}0006001020010db8012203440000 0000c0000221`.replace(" ", ""),
  ],
  [
    "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
    `0010${FOO_ORG}000000040001000400010009026832056833 2d313900040004c0000201`
      .replace(" ", ""),
  ],
  [
    '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    `0010${FOO_ORG}0001000c08665c6f6f2c62617202683 2`.replace(" ", ""),
  ],
  [
    "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
    `0010${FOO_ORG}0001000c08665c6f6f2c62617202683 2`.replace(" ", ""),
  ],
];

for (const [text, wire] of vectors) {
  Deno.test(`parseServiceBinding() reads ${text}`, () => {
    const read = parseServiceBinding(text);
    const bytes = Uint8Array.fromHex(wire);
    assertEquals(encodeServiceBinding(read).toHex(), wire);
    assertEquals(parseServiceBinding(bytes), read);
    assertEquals(parseServiceBinding(formatServiceBinding(read)), read);
  });
}

const base64 = current.svcParam;

Deno.test("parseServiceBinding() gives each parameter", () => {
  const read = parseServiceBinding(
    `1 Svc.example. alpn="h2,h3" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ` +
      `ech=${base64} ipv6hint=2001:db8::1 mandatory=alpn,port key65000=a\\"b`,
  );
  const expected: ServiceBinding = {
    priority: 1,
    targetName: "svc.example",
    params: {
      mandatory: ["alpn", "port"],
      alpn: ["h2", "h3"],
      noDefaultAlpn: true,
      port: 8443,
      ipv4hint: ["192.0.2.1", "192.0.2.2"],
      ech: current.configList,
      ipv6hint: ["2001:db8::1"],
      others: new Map([[65000, new TextEncoder().encode('a"b')]]),
    },
  };
  assertEquals(read, expected);
  assertEquals(parseServiceBinding(encodeServiceBinding(expected)), expected);
  assertEquals(parseServiceBinding(formatServiceBinding(expected)), expected);
});

/** RFC 9460 section 2.4.2. */
Deno.test("parseServiceBinding() ignores the parameters of an alias", () => {
  const expected = { priority: 0, targetName: "a.example", params: {} };
  assertEquals(parseServiceBinding("0 a.example. port=53"), expected);
  const wire = Uint8Array.fromHex("0000" + "0161076578616d706c6500" + "0003ff");
  assertEquals(parseServiceBinding(wire), expected);
});

Deno.test("formatServiceBinding() and encodeServiceBinding() refuse what is no service binding", () => {
  const good = { priority: 1, targetName: "a.example", params: {} };
  const wrong: [unknown, typeof TypeError | typeof RangeError][] = [
    [undefined, TypeError],
    [null, TypeError],
    [{ ...good, priority: "1" }, TypeError],
    [{ ...good, priority: NaN }, RangeError],
    [{ ...good, priority: 1.5 }, RangeError],
    [{ ...good, priority: 65_536 }, RangeError],
    [{ ...good, targetName: undefined }, TypeError],
    [{ ...good, targetName: "a b" }, TypeError],
    [{ ...good, targetName: 'a"\nb' }, TypeError],
    [{ ...good, params: null }, TypeError],
    [{ ...good, params: { port: "1" } }, TypeError],
    [{ ...good, params: { port: 65_536 } }, RangeError],
    [{ ...good, params: { alpn: "h2" } }, TypeError],
    [{ ...good, params: { alpn: [""] } }, RangeError],
    [{ ...good, params: { ech: "abc" } }, TypeError],
    [{ ...good, params: { ech: new Uint8Array(2) } }, TypeError],
    [{ ...good, params: { ipv4hint: ["::1"] } }, TypeError],
    [{ ...good, params: { mandatory: ["port"] } }, TypeError],
    [{ ...good, params: { noDefaultAlpn: true } }, TypeError],
  ];
  for (const make of [formatServiceBinding, encodeServiceBinding]) {
    for (const [binding, type] of wrong) {
      assertThrows(() => make(binding as ServiceBinding), type);
    }
  }
});

/** Appendix D.3 and more. */
const wrongTexts: [text: string, says: string][] = [
  ["1 foo.example.com. key123=abc key123=def", "twice"],
  ["1 foo.example.com. mandatory", "empty"],
  ["1 foo.example.com. alpn", "empty"],
  ["1 foo.example.com. port", "not a port"],
  ["1 foo.example.com. ipv4hint", "address"],
  ["1 foo.example.com. ipv6hint", "address"],
  ["1 foo.example.com. no-default-alpn=abc", "has a value"],
  ["1 foo.example.com. mandatory=key123", "which is not there"],
  ["1 foo.example.com. mandatory=mandatory", "not in order"],
  ["1 foo.example.com. mandatory=key123,key123 key123=abc", "not in order"],
  ["1 . no-default-alpn", "without alpn"],
  ["1 . port=65536", "not a port"],
  ["1 . port=0x10", "not a port"],
  ["1 . alpn=h2,,h3", "empty"],
  ["1 . alpn=h2\\\\", "ends with a backslash"],
  ["1 . ipv4hint=2001:db8::1", "address"],
  ["1 . ipv4hint=01.2.3.4", "address"],
  ["1 . ech=!", "not base64"],
  ["1 . ech=AB\\065A", "not base64"],
  ["1 . ech=AAAA", "SvcParams.ech"],
  ["1 . key65535=a", "not a parameter"],
  ["1 . key0123=a", "not a parameter"],
  ["1 . other=a", "not a parameter"],
  ['1 . alpn="h2', "expected a space"],
  ['1 . "h2', "quote without its end"],
  ['1 . alpn="h2"port=1', "expected a space"],
  ["1 . key9=\\256", "not an octet"],
  ["1 . key9=\\25", "backslash"],
  ["1 . key9=\u00e9", "ASCII"],
  ["65536 .", "not a priority"],
  ["x .", "not a priority"],
  ["1", "expected a priority"],
  ["", "expected a priority"],
  ["1 a..example", "as a name"],
  [`1 ${"a".repeat(64)}.example`, "as a name"],
  [`1 ${"a.".repeat(127)}b`, "too long"],
];

for (const [text, says] of wrongTexts) {
  Deno.test(`parseServiceBinding() refuses the text "${text.slice(0, 60)}"`, () => {
    const error = assertThrows(() => parseServiceBinding(text), TypeError);
    assertStringIncludes(error.message, says);
  });
}

/** RFC 9460 section 2.2: "the RR is malformed". */
const wrongWires: Record<string, string> = {
  "nothing": "",
  "no target": "0001",
  "a name with a pointer": "0001" + "c000",
  "a label cut short": "0001" + "05616263",
  "a name that is too long": "0001" + ("3f" + "61".repeat(63)).repeat(4) + "00",
  "keys out of order": "000100" + "000300020035" +
    "000100030268 32".replace(" ", ""),
  "a key twice": "000100" + "000300020035" + "000300020035",
  "the reserved key": "000100" + "ffff0000",
  "a value cut short": "000100" + "0003000300",
  "a key cut short": "000100" + "0003",
  "a port of one octet": "000100" + "0003000135",
  "a port of three octets": "000100" + "00030003000035",
  "no ALPN protocol": "000100" + "00010000",
  "an empty ALPN protocol": "000100" + "0001000100",
  "an ALPN protocol cut short": "000100" + "000100020368",
  "no-default-alpn with a value": "000100" +
    "0001000302683200020001 00".replace(" ", ""),
  "no-default-alpn alone": "000100" + "00020000",
  "no IPv4 address": "000100" + "00040000",
  "half an IPv4 address": "000100" + "000400020102",
  "half an IPv6 address": "000100" + "000600080102030405060708",
  "an empty ech": "000100" + "00050000",
  "ech with an empty list": "000100" + "000500020000",
  "ech with something behind its list": "000100" +
    `0005${(current.configList.length + 1).toString(16).padStart(4, "0")}` +
    current.configList.toHex() + "00",
  "an empty mandatory": "000100" + "00000000",
  "mandatory out of order": "000100" + "0000000400030001" +
    "0001000302683200030002 0035".replace(" ", ""),
  "mandatory itself in mandatory": "000100" + "000000020000",
  "mandatory with what is not there": "000100" + "000000020003",
};

for (const [name, wire] of Object.entries(wrongWires)) {
  Deno.test(`parseServiceBinding() refuses octets with ${name}`, () => {
    const error = tlsError(
      assertThrows(() => parseServiceBinding(Uint8Array.fromHex(wire))),
    );
    assertEquals(error.code, "decode_error");
  });
}

Deno.test("parseServiceBinding() refuses every prefix of a record, or reads it", () => {
  const whole = encodeServiceBinding(
    parseServiceBinding(`1 a.example. alpn=h2 port=1 ech=${base64}`),
  );
  for (let length = 0; length < whole.length; length++) {
    try {
      parseServiceBinding(whole.subarray(0, length));
    } catch (error) {
      assertEquals(tlsError(error).code, "decode_error");
    }
  }
});

Deno.test("encodeServiceBinding() refuses what is not a parameter", () => {
  const encoded = (params: ServiceBinding["params"], targetName = "") => () =>
    encodeServiceBinding({ priority: 1, targetName, params });
  assertThrows(encoded({ mandatory: ["x"] }), TypeError, '"x"');
  assertThrows(encoded({ ipv4hint: ["::1"] }), TypeError, "IPv4");
  assertThrows(encoded({ ipv6hint: ["1.2.3.4"] }), TypeError, "IPv6");
  assertThrows(encoded({}, "a b"), TypeError, "as a name");
  assertThrows(encoded({ noDefaultAlpn: true }), TypeError, "without alpn");
  assertThrows(encoded({ mandatory: ["port"] }), TypeError, "not there");
  assertThrows(encoded({ ech: new Uint8Array(3) }), TypeError, "ech");
  assertThrows(encoded({ alpn: [] }), TypeError, "alpn");
  const others = new Map([[3, new Uint8Array(2)]]);
  assertThrows(encoded({ port: 1, others }), TypeError, "order");
  assertThrows(
    () => parseServiceBinding(1 as never),
    TypeError,
    "expected a string or a Uint8Array",
  );
});
