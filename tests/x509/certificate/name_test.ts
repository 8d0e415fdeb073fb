import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import {
  bitString,
  derContext,
  DerReader,
  ia5String,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  Tag,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { DistinguishedName } from "../../../x509/certificate/name.ts";

const context = derContext("the name", "malformed_certificate");

/** A name of levels, each of attributes of type and value. */
function name(...levels: [type: string, value: Uint8Array][][]) {
  const rdns = levels.map((level) =>
    set(...level.map(([type, value]) => sequence(oid(type), value)))
  );
  return parse(sequence(...rdns));
}

function parse(der: Uint8Array): DistinguishedName {
  return DistinguishedName.read(DerReader.of(der, context), "name");
}

const CN = "2.5.4.3";
const O = "2.5.4.10";
const C = "2.5.4.6";
const common = (value: Uint8Array) => name([[CN, value]]);

Deno.test("DistinguishedName toString() is RFC 4514's", () => {
  assertEquals(
    name(
      [[C, printableString("US")]],
      [[O, utf8String("Example, Inc.")]],
      [[CN, utf8String("example.com")]],
    ).toString(),
    "CN=example.com,O=Example\\, Inc.,C=US",
  );
  assertEquals(name().toString(), "");
  // RFC 4514 section 4 has these.
  assertEquals(
    common(utf8String('James "Jim" Smith, III')).toString(),
    'CN=James \\"Jim\\" Smith\\, III',
  );
  assertEquals(
    name([["0.9.2342.19200300.100.1.25", ia5String("net")]]).toString(),
    "DC=net",
  );
  assertEquals(
    name([["1.3.6.1.4.1.1466.0", octetString(new TextEncoder().encode("Hi"))]])
      .toString(),
    "1.3.6.1.4.1.1466.0=#04024869",
  );
});

Deno.test("DistinguishedName toString() escapes what RFC 4514 section 2.4 says", () => {
  const cases = {
    "#a": "\\#a",
    " a ": "\\ a\\ ",
    " ": "\\ ",
    "a#b c": "a#b c",
    'a+b"c\\d<e>f;g,h': 'a\\+b\\"c\\\\d\\<e\\>f\\;g\\,h',
    "a\0b": "a\\00b",
    "a=b": "a=b",
    "Größe": "Größe",
  };
  for (const [value, text] of Object.entries(cases)) {
    assertEquals(common(utf8String(value)).toString(), `CN=${text}`);
  }
});

Deno.test("DistinguishedName toString() joins attributes of a level with +", () => {
  const both = name([[CN, utf8String("a")], [O, utf8String("b")]]);
  assertEquals(both.toString(), "CN=a+O=b");
  assertEquals(both.rdns.length, 1);
  assertEquals(both.rdns[0]?.length, 2);
});

Deno.test("DistinguishedName returns values that are no strings as DER", () => {
  const odd = name([["2.5.4.45", bitString(Uint8Array.of(1))]]);
  assertEquals(odd.get("x500UniqueIdentifier"), "#03020001");
  assertEquals(odd.toString(), "x500UniqueIdentifier=#03020001");
});

Deno.test("DistinguishedName get() finds by short name and by identifier", () => {
  const both = name([[CN, utf8String("a")]], [[CN, utf8String("b")]], [[
    "1.2.3",
    utf8String("c"),
  ]]);
  assertEquals(both.get("CN"), "b");
  assertEquals(both.get(CN), "b");
  assertEquals(both.get("1.2.3"), "c");
  assertEquals(both.get("O"), undefined);
});

Deno.test("DistinguishedName equals() compares as RFC 5280 section 7.1 says", () => {
  const reference = common(utf8String("Example Name"));
  const same = [
    printableString("Example Name"),
    printableString("EXAMPLE NAME"),
    utf8String("  example   name "),
    tlv(
      Tag.BMP_STRING,
      new TextEncoder().encode("\0E\0x\0a\0m\0p\0l\0e\0 \0N\0a\0m\0e"),
    ),
    tlv(Tag.T61_STRING, new TextEncoder().encode("Example Name")),
    // NFKC makes an ASCII letter of a full-width one.
    utf8String("Ｅxample Name"),
  ];
  for (const value of same) {
    assert(reference.equals(common(value)));
    assertEquals(common(value).key, reference.key);
  }
  const others = [
    name([[CN, utf8String("ExampleName")]]),
    name([[O, utf8String("Example Name")]]),
    name([[CN, utf8String("Example Name")]], [[CN, utf8String("x")]]),
    name([[CN, utf8String("Example Name")], [O, utf8String("x")]]),
    name(),
    common(octetString(new TextEncoder().encode("Example Name"))),
  ];
  for (const other of others) assertFalse(reference.equals(other));
  assert(
    common(utf8String("Größe")).equals(common(utf8String("GRÖSSE"))) === false,
  );
  assert(common(utf8String("GRÖẞE")).equals(common(utf8String("größe"))));
});

Deno.test("DistinguishedName equals() has no regard for order in a level", () => {
  const first = sequence(tlv(
    Tag.SET,
    sequence(oid(CN), utf8String("a")),
    sequence(oid(O), utf8String("b")),
  ));
  const second = sequence(tlv(
    Tag.SET,
    sequence(oid(O), utf8String("b")),
    sequence(oid(CN), utf8String("a")),
  ));
  assert(parse(first).equals(parse(second)));
  assertFalse(
    name([[CN, utf8String("a")]], [[O, utf8String("b")]])
      .equals(name([[O, utf8String("b")]], [[CN, utf8String("a")]])),
  );
});

Deno.test("DistinguishedName key cannot be forged by a value", () => {
  // What would look like two levels, or two attributes, if keys were joined
  // with characters that a value may have.
  const one = common(utf8String('a"13:2.5.4.10="b'));
  const two = name([[CN, utf8String("a")]], [[O, utf8String("b")]]);
  assertFalse(one.equals(two));
  const level = name([[CN, utf8String("a")], [O, utf8String("b")]]);
  for (const separator of ["\0", "+", ",", "12:"]) {
    const joined = name([[O, utf8String(`b${separator}2.5.4.3="a`)]]);
    assertFalse(joined.equals(level));
  }
});

Deno.test("DistinguishedName read() refuses malformed names", () => {
  const refuses = (der: Uint8Array, fact: string) =>
    assertThrows(() => parse(der), TlsError, fact);
  refuses(sequence(set()), "a SET without attributes");
  refuses(
    sequence(set(sequence(oid(CN)))),
    "name.RelativeDistinguishedName.AttributeTypeAndValue.value: is missing",
  );
  refuses(
    sequence(set(sequence(oid(CN), utf8String("a"), utf8String("b")))),
    "3 bytes too many",
  );
  refuses(sequence(sequence()), "expected SET, got SEQUENCE");
  refuses(
    sequence(set(sequence(oid(CN), tlv(0x30, Uint8Array.of(4, 9))))),
    "is cut short",
  );
});

// RFC 4514 section 2.4: "If the AttributeType is of the dotted-decimal form, the
// AttributeValue is represented by an number sign" and its encoding.
Deno.test("DistinguishedName shows the values of types without a name in hexadecimal", () => {
  const subject = name(
    [["2.5.4.3", utf8String("a")]],
    [["1.2.3.4", utf8String("b")]],
  );
  assertEquals(subject.toString().includes("CN=a"), true);
  assertEquals(subject.toString().includes("1.2.3.4=#0c0162"), true);
});
