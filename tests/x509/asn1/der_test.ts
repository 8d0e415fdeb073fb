import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import {
  bitString,
  boolean,
  checkDer,
  constructedTag,
  contextTag,
  derContext,
  DerReader,
  enumerated,
  explicit,
  generalizedTime,
  ia5String,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  Tag,
  tagName,
  time,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { seededRandom } from "../../_mutate.ts";

const context = derContext("the test", "malformed_key");

function hex(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(" ", "").match(/../g) ?? [],
    (byte) => parseInt(byte, 16),
  );
}

function read(bytes: Uint8Array | string): DerReader {
  return DerReader.of(typeof bytes === "string" ? hex(bytes) : bytes, context);
}

function refuses(
  bytes: Uint8Array | string,
  reads: (reader: DerReader) => unknown,
  fact: string,
) {
  const error = assertThrows(
    () => {
      const reader = read(bytes);
      reads(reader);
      reader.end();
    },
    TlsError,
    fact,
  );
  assertEquals(error.code, "malformed_key");
}

Deno.test("DerReader reads lengths in their shortest form alone", () => {
  const any = (reader: DerReader) => reader.element("x");
  assertEquals(read("04 02 0102").octetString("x"), hex("0102"));
  assertEquals(
    read(tlv(4, new Uint8Array(128))).octetString("x").length,
    128,
  );
  assertEquals(
    read(tlv(4, new Uint8Array(70000))).octetString("x").length,
    70000,
  );
  refuses("04 81 02 0102", any, "a length that is not minimal");
  refuses("04 82 0002 0102", any, "a length that is not minimal");
  refuses(
    Uint8Array.of(4, 0x82, 0, 200, ...new Uint8Array(200)),
    any,
    "a length that is not minimal",
  );
  refuses("04 85 0000000001 00", any, "a length of 5 bytes");
  refuses("04 84 01000000", any, "is cut short: 16777216 bytes");
  refuses("04 84 00ffffff", any, "a length that is not minimal");
  assertEquals(read(tlv(4, new Uint8Array(127))).octetString("x").length, 127);
  assertEquals(read(tlv(4, new Uint8Array(255))).octetString("x").length, 255);
  assertEquals(read(tlv(4, new Uint8Array(256))).octetString("x").length, 256);
  assertEquals(
    read(tlv(4, new Uint8Array(65536))).octetString("x").length,
    65536,
  );
  refuses("04 ff", any, "a length of 127 bytes");
});

Deno.test("DerReader refuses indefinite lengths", () => {
  refuses(
    "30 80 0000",
    (reader) => reader.sequence("x"),
    "an indefinite length (X.690 section 10.1)",
  );
});

Deno.test("DerReader refuses what is cut short, at every place", () => {
  const whole = sequence(octetString(new Uint8Array(300)), integer(5));
  for (let length = 0; length < whole.length; length++) {
    assertThrows(
      () => {
        const reader = read(whole.subarray(0, length)).sequence("x");
        reader.octetString("y");
        reader.integer("z");
      },
      TlsError,
      "Cannot read the test: x",
    );
  }
  const { message } = assertThrows(
    () => read(new Uint8Array()).element("x"),
    TlsError,
  );
  assertEquals(message, "Cannot read the test: x: is missing");
  refuses("04", (reader) => reader.element("x"), "the length is cut short");
  refuses("04 82 01", (reader) => reader.element("x"), "is cut short");
  refuses(
    "04 03 0102",
    (reader) => reader.element("x"),
    "is cut short: 3 bytes of contents, 2 there",
  );
});

Deno.test("DerReader refuses bytes after the last element", () => {
  refuses("05 00 00", (reader) => reader.null("x"), "1 bytes too many");
});

Deno.test("DerReader names both tags if another one comes", () => {
  refuses(
    "04 00",
    (reader) => reader.sequence("x"),
    "x: expected SEQUENCE, got OCTET STRING",
  );
  refuses(
    "a3 00",
    (reader) => reader.explicit(1, "x"),
    "x: expected [1] (constructed), got [3] (constructed)",
  );
  assertEquals(tagName(0x82), "[2]");
  assertEquals(tagName(0x65), "tag 0x65");
});

Deno.test("DerReader refuses tag numbers above 30", () => {
  refuses("1f 01 00", (reader) => reader.element("x"), "a tag number above 30");
});

Deno.test("DerReader names the way to the field", () => {
  const bytes = sequence(explicit(2, sequence(boolean(true))));
  refuses(
    bytes,
    (reader) =>
      reader.sequence("outer").explicit(2, "middle").sequence("inner")
        .integer("field"),
    "Cannot read the test: outer.middle.inner.field: expected INTEGER, got BOOLEAN",
  );
});

Deno.test("DerReader stops at a depth and a size", () => {
  let deep: Uint8Array = nullValue();
  for (let depth = 0; depth < 100; depth++) deep = sequence(deep);
  refuses(deep, (reader) => {
    for (let at = reader; at.has(Tag.SEQUENCE);) at = at.sequence("");
  }, "is nested deeper than 48 levels");
  refuses(deep, (reader) => checkDer(reader), "is nested deeper than");
  let allowed: Uint8Array = nullValue();
  for (let depth = 0; depth < 48; depth++) allowed = sequence(allowed);
  checkDer(read(allowed));
  refuses(sequence(allowed), checkDer, "is nested deeper than 48 levels");
  const small = derContext("the test", "malformed_key", 10);
  assertThrows(
    () => DerReader.of(new Uint8Array(11), small),
    TlsError,
    "11 bytes are more than 10",
  );
  DerReader.of(new Uint8Array(10), small);
});

Deno.test("checkDer() walks over everything inside", () => {
  checkDer(read(sequence(set(integer(1)), explicit(0, nullValue()))));
  refuses("30 04 31 02 04 05", checkDer, "is cut short");
  refuses("30 03 31 80 00", checkDer, "an indefinite length");
});

Deno.test("integer(), bigint() and unsigned() read minimal INTEGERs", () => {
  for (const value of [0, 1, 127, 128, 255, 256, 65535, 2 ** 31 - 1]) {
    assertEquals(read(integer(value)).integer("x"), value);
  }
  for (const value of [0n, -1n, -128n, -129n, 2n ** 64n, -(2n ** 200n)]) {
    assertEquals(read(integer(value)).bigint("x"), value);
  }
  assertEquals(read("02 02 0080").unsigned("x"), hex("80"));
  assertEquals(read("02 01 00").unsigned("x"), hex("00"));
  const plain = (reader: DerReader) => reader.integerBytes("x");
  refuses("02 00", plain, "an INTEGER without contents");
  refuses("02 02 0001", plain, "a superfluous leading byte");
  refuses("02 02 ff80", plain, "a superfluous leading byte");
  refuses("02 01 80", (reader) => reader.unsigned("x"), "a negative INTEGER");
  refuses("02 01 ff", (reader) => reader.integer("x"), "a negative INTEGER");
  for (const bytes of ["02 05 0080000000", "02 06 010000000000"]) {
    refuses(bytes, (reader) => reader.integer("x"), "above 2147483647");
  }
  assertEquals(read(enumerated(6)).enumerated("x"), 6);
});

Deno.test("boolean() reads 00 and FF alone", () => {
  assert(read(boolean(true)).boolean("x"));
  assertFalse(read(boolean(false)).boolean("x"));
  for (const bytes of ["01 01 01", "01 00", "01 02 ffff"]) {
    refuses(bytes, (reader) => reader.boolean("x"), "neither 00 nor FF");
  }
});

Deno.test("null() has no contents", () => {
  read(nullValue()).null("x");
  refuses("05 01 00", (reader) => reader.null("x"), "a NULL with contents");
});

Deno.test("bitString() checks padding", () => {
  assertEquals(read("03 02 04 f0").bitString("x"), {
    unusedBits: 4,
    bytes: hex("f0"),
  });
  assertEquals(read("03 01 00").bitString("x").bytes.length, 0);
  const bits = (reader: DerReader) => reader.bitString("x");
  refuses("03 00", bits, "an empty BIT STRING");
  refuses("03 02 08 00", bits, "a BIT STRING with 8 unused bits");
  assertEquals(read("03 02 07 80").bitString("x").unusedBits, 7);
  refuses("03 01 01", bits, "a BIT STRING with 1 unused bits");
  refuses("03 02 04 f1", bits, "padding that is not zero");
  refuses(
    "03 02 04 f0",
    (reader) => reader.bitStringBytes("x"),
    "a BIT STRING with 4 unused bits",
  );
});

Deno.test("oid() reads minimal sub-identifiers of any size", () => {
  const all = [
    "0.0",
    "0.39",
    "1.39.1",
    "2.5.29.15",
    "2.40",
    "2.999.3",
    "1.2.840.113549.1.1.11",
    "2.25.329800735698586629295641978511506172918",
    "1.3.6.1.4.1.9007199254740993",
  ];
  for (const text of all) assertEquals(read(oid(text)).oid("x"), text);
  const id = (reader: DerReader) => reader.oid("x");
  refuses("06 00", id, "an OBJECT IDENTIFIER without contents");
  refuses("06 02 2a86", id, "an OBJECT IDENTIFIER that is cut short");
  refuses("06 03 2a8180", id, "an OBJECT IDENTIFIER that is cut short");
  refuses("06 03 2a8180 0500", id, "an OBJECT IDENTIFIER that is cut short");
  refuses("06 03 2a8001", id, "an OBJECT IDENTIFIER that is not minimal");
  refuses("06 02 8001", id, "an OBJECT IDENTIFIER that is not minimal");
  refuses(tlv(6, new Uint8Array(129)), id, "that is too long");
  assertEquals(
    read(tlv(6, new Uint8Array(128))).oid("x"),
    ["0.0", ...new Array(127).fill("0")].join("."),
  );
  // Seven bytes are the most that a number holds exactly.
  assertEquals(
    read("06 08 2a ff ff ff ff ff ff 7f").oid("x"),
    `1.2.${2n ** 49n - 1n}`,
  );
  assertEquals(
    read("06 09 2a ff ff ff ff ff ff ff 7f").oid("x"),
    `1.2.${2n ** 56n - 1n}`,
  );
});

Deno.test("oid() refuses to write anything but an object identifier", () => {
  for (const text of ["", "1", "3.1", "1.40", "1.2.", "1.02", "a.b", "1.-2"]) {
    assertThrows(() => oid(text), TypeError);
  }
});

Deno.test("time() reads the forms of RFC 5280 alone", () => {
  const utc = (text: string) =>
    tlv(Tag.UTC_TIME, new TextEncoder().encode(text));
  const general = (text: string) =>
    tlv(Tag.GENERALIZED_TIME, new TextEncoder().encode(text));
  const iso = (bytes: Uint8Array) => read(bytes).time("x").toISOString();
  assertEquals(iso(utc("491231235959Z")), "2049-12-31T23:59:59.000Z");
  assertEquals(iso(utc("500101000000Z")), "1950-01-01T00:00:00.000Z");
  assertEquals(iso(utc("000229120000Z")), "2000-02-29T12:00:00.000Z");
  assertEquals(iso(general("20500101000000Z")), "2050-01-01T00:00:00.000Z");
  assertEquals(iso(general("99991231235959Z")), "9999-12-31T23:59:59.000Z");
  assertEquals(iso(general("00500101000000Z")), "0050-01-01T00:00:00.000Z");
  const any = (reader: DerReader) => reader.time("x");
  const malformed = [
    "2401010000Z",
    "240101000000",
    "240101000000+0100",
    "2401010000000Z",
    "24010100000aZ",
    " 40101000000Z",
    "",
  ];
  for (const text of malformed) {
    refuses(utc(text), any, "is not YYMMDDHHMMSSZ");
  }
  // The characters before "0" and behind "9", in the place of each digit.
  for (let at = 0; at < 12; at++) {
    for (const other of ["/", ":"]) {
      const digits = "000101000000";
      const text = `${digits.slice(0, at)}${other}${digits.slice(at + 1)}Z`;
      refuses(utc(text), any, "is not YYMMDDHHMMSSZ");
      refuses(general(`20${text}`), any, "is not YYYYMMDDHHMMSSZ");
    }
  }
  for (const text of ["20240101000000.5Z", "240101000000Z", "2024010100Z"]) {
    refuses(general(text), any, "is not YYYYMMDDHHMMSSZ");
  }
  const absent = [
    "240230000000Z",
    "230229000000Z",
    "241301000000Z",
    "240001000000Z",
    "240100000000Z",
    "240132000000Z",
    "240101240000Z",
    "240101006000Z",
    "240101000060Z",
  ];
  for (const text of absent) refuses(utc(text), any, "does not exist");
  refuses(octetString(), any, "expected GeneralizedTime");
});

Deno.test("time() writes UTCTime through 2049", () => {
  for (
    const [text, tag] of [
      ["1950-01-01T00:00:00.000Z", Tag.UTC_TIME],
      ["2049-12-31T23:59:59.000Z", Tag.UTC_TIME],
      ["2050-01-01T00:00:00.000Z", Tag.GENERALIZED_TIME],
      ["1949-12-31T23:59:59.000Z", Tag.GENERALIZED_TIME],
    ] as const
  ) {
    const bytes = time(new Date(text));
    assertEquals(bytes[0], tag);
    assertEquals(read(bytes).time("x").toISOString(), text);
  }
  const date = new Date("2024-05-06T07:08:09.999Z");
  assertEquals(
    read(generalizedTime(date)).generalizedTime("x").toISOString(),
    "2024-05-06T07:08:09.000Z",
  );
  const first = new Date(0);
  first.setUTCFullYear(0, 0, 1);
  assertEquals(read(time(first)).time("x").toISOString(), first.toISOString());
  assertEquals(
    read(time(new Date("9999-12-31T23:59:59Z"))).time("x").getUTCFullYear(),
    9999,
  );
  assertThrows(() => time(new Date("-000001-12-31T23:59:59Z")), RangeError);
  assertThrows(() => time(new Date(NaN)), RangeError);
  assertThrows(() => time(new Date("+010000-01-01T00:00:00Z")), RangeError);
});

Deno.test("string() reads every type of names", () => {
  const string = (bytes: Uint8Array) => read(bytes).string("x");
  assertEquals(string(utf8String("Größe €")).value, "Größe €");
  assertEquals(string(printableString("a b")).value, "a b");
  assertEquals(
    string(tlv(Tag.BMP_STRING, hex("00470072 00f600df 00650020 20ac"))).value,
    "Größe €",
  );
  assertEquals(string(tlv(Tag.T61_STRING, hex("47f6"))).value, "Gö");
  assertEquals(
    string(tlv(Tag.UNIVERSAL_STRING, hex("0001f600 00000041"))).value,
    "\u{1f600}A",
  );
  assertEquals(string(tlv(Tag.NUMERIC_STRING, hex("31 20 32"))).value, "1 2");
  assertEquals(string(tlv(Tag.VISIBLE_STRING, hex("41"))).value, "A");
  assertEquals(string(tlv(Tag.UTF8_STRING)).value, "");
  for (const length of [4095, 4096, 4097, 8192]) {
    const text = "x".repeat(length);
    assertEquals(string(printableString(text)).value, text);
  }
  const long = "x".repeat(10000);
  assertEquals(string(printableString(long)).value, long);
});

Deno.test("string() reports characters that a type does not have", () => {
  const irregular = (bytes: Uint8Array) => read(bytes).string("x").irregular;
  assertFalse(irregular(printableString("A-z (0), '1'+2./:=?")));
  for (const text of ["@", "*", "&", "_", "ö"]) {
    assert(
      irregular(tlv(Tag.PRINTABLE_STRING, new TextEncoder().encode(text))),
    );
  }
  assert(irregular(tlv(Tag.IA5_STRING, hex("80"))));
  assert(irregular(tlv(Tag.NUMERIC_STRING, hex("41"))));
  assert(irregular(tlv(Tag.VISIBLE_STRING, hex("0a"))));
  assertFalse(irregular(tlv(Tag.T61_STRING, hex("ff"))));
});

Deno.test("string() refuses what is not of its encoding", () => {
  const any = (reader: DerReader) => reader.string("x");
  refuses("0c 01 ff", any, "a UTF8String that is not UTF-8");
  refuses("0c 03 eda080", any, "a UTF8String that is not UTF-8");
  refuses("1e 01 41", any, "a BMPString with half a character");
  refuses("1c 03 000041", any, "a UniversalString with a part of a character");
  refuses("1c 04 0000d800", any, "that Unicode does not have");
  refuses("1c 04 00110000", any, "that Unicode does not have");
  refuses("1c 04 0000dfff", any, "that Unicode does not have");
  for (
    const [point, bytes] of [
      [0xd7ff, "0000d7ff"],
      [0xe000, "0000e000"],
      [0x10ffff, "0010ffff"],
    ] as const
  ) {
    assertEquals(
      read(`1c 04 ${bytes}`).string("x").value,
      String.fromCodePoint(point),
    );
  }
  refuses("02 01 00", any, "expected a character string, got INTEGER");
});

Deno.test("ia5String() reads ASCII alone", () => {
  assertEquals(read(ia5String("a@b")).ia5String("x"), "a@b");
  refuses(
    "16 02 41c3",
    (reader) => reader.ia5String("x"),
    `"A?" has a character that no IA5String has`,
  );
  assertThrows(() => ia5String("ö"), TypeError);
  assertThrows(() => printableString("*"), TypeError);
});

Deno.test("DerReader reads context tags, explicit and implicit", () => {
  const reader = read(sequence(
    explicit(0, integer(7)),
    implicit(1, octetString(hex("aa"))),
    implicit(2, sequence(nullValue())),
  )).sequence("x");
  const first = reader.optionalExplicit(0, "a");
  assertEquals(first?.integer("a"), 7);
  first?.end();
  assertEquals(reader.optionalExplicit(3, "b"), undefined);
  assertEquals(reader.octetString("c", contextTag(1)), hex("aa"));
  assertEquals(reader.peekRaw("d"), hex("a2 02 0500"));
  const inner = reader.sequence("d", constructedTag(2));
  inner.null("e");
  inner.end();
  assert(reader.done);
  assertEquals(reader.peek(), -1);
});

Deno.test("DerReader returns elements as they were received", () => {
  const bytes = sequence(integer(1), octetString(hex("aabb")));
  const reader = read(bytes).sequence("x");
  assertEquals(reader.raw("a"), hex("020101"));
  assertEquals(reader.element("b"), {
    tag: Tag.OCTET_STRING,
    contents: hex("aabb"),
    raw: hex("0402aabb"),
  });
  assertEquals(reader.contents(), hex("020101 0402aabb"));
});

Deno.test("deviation() is collected with the way to the field", () => {
  const deviations: string[] = [];
  const collecting = { ...context, deviations };
  const reader = DerReader.of(sequence(), collecting).sequence("a");
  reader.deviation("b", "fact");
  assertEquals(deviations, ["a.b: fact"]);
  for (let left = 100; left > 0; left--) reader.deviation("b", "fact");
  assertEquals(deviations.length, 50);
});

Deno.test("tolerate(), refuse() and attempt() record problems where they are collected, and throw elsewhere", () => {
  const problems: string[] = [];
  const lenient = DerReader.of(hex("05 01 00 02 01 07"), {
    ...context,
    problems,
  });
  assert(lenient.collects);
  assertEquals(lenient.tolerate(() => 4, 5), 4);
  assertEquals(lenient.tolerate<number>(() => lenient.fail("x", "no"), 5), 5);
  assertEquals(problems, ["x: no"]);
  lenient.refuse("y", "not so");
  assertEquals(problems.pop(), "y: not so");
  // What is malformed is passed over as a whole.
  const given = lenient.attempt<unknown>(
    "z",
    () => lenient.null("z"),
    (raw) => raw.toHex(),
  );
  assertEquals(given, "050100");
  assertEquals(lenient.attempt("z", () => lenient.integer("z"), () => -1), 7);
  assert(lenient.done);
  assertThrows(
    () =>
      lenient.tolerate(() => {
        throw new RangeError("a bug");
      }, 5),
    RangeError,
  );
  for (let time = 0; time < 100; time++) lenient.refuse("", "again");
  assertEquals(problems.length, 50);

  const strict = read("05 01 00");
  assertFalse(strict.collects);
  assertThrows(() => strict.refuse("y", "not so"), TlsError, "y: not so");
  assertThrows(
    () => strict.attempt("z", () => strict.null("z"), () => undefined),
    TlsError,
    "a NULL with contents",
  );
});

Deno.test("end() passes over what is left where problems are collected", () => {
  const problems: string[] = [];
  const reader = DerReader.of(hex("0500"), { ...context, problems });
  reader.end();
  assert(reader.done);
  assertEquals(problems, ["2 bytes too many"]);
});

Deno.test("deviation() records a bounded number", () => {
  const deviations: string[] = [];
  const reader = DerReader.of(hex("0500"), { ...context, deviations });
  for (let time = 0; time < 100; time++) reader.deviation("x", "odd");
  assertEquals(deviations.length, 50);
});

Deno.test("set() writes elements in the order of their bytes", () => {
  assertEquals(
    set(octetString(hex("02")), octetString(hex("01")), integer(3)),
    hex("31 09 020103 040101 040102"),
  );
  assertEquals(
    set(octetString(hex("0101")), octetString(hex("01"))),
    hex("31 07 040101 04020101"),
  );
});

Deno.test("namedBits() leaves trailing zero bits out", () => {
  assertEquals(namedBits([0, 5]), hex("03 02 02 84"));
  assertEquals(namedBits([8]), hex("03 03 07 0080"));
  assertEquals(namedBits([]), hex("03 01 00"));
  assertEquals(bitString(hex("f0"), 4), hex("03 02 04 f0"));
});

Deno.test("integer() accepts bytes as a number that is not negative", () => {
  assertEquals(integer(hex("80")), hex("02 02 0080"));
  assertEquals(integer(hex("000001")), hex("02 01 01"));
  assertEquals(integer(hex("00")), hex("02 01 00"));
  assertEquals(integer(new Uint8Array()), hex("02 01 00"));
  assertEquals(integer(-128), hex("02 01 80"));
});

Deno.test("DerReader throws nothing but TlsError on random bytes", () => {
  const random = seededRandom(1);
  const reads: ((reader: DerReader) => unknown)[] = [
    (reader) => reader.bigint(""),
    (reader) => reader.integer(""),
    (reader) => reader.boolean(""),
    (reader) => reader.oid(""),
    (reader) => reader.time(""),
    (reader) => reader.string(""),
    (reader) => reader.bitString(""),
    (reader) => checkDer(reader),
  ];
  let refused = 0;
  for (let left = 20_000; left > 0; left--) {
    const bytes = Uint8Array.from(
      { length: random(20) },
      () => random(3) === 0 ? random(256) : random(32),
    );
    for (const reads_ of reads) {
      try {
        reads_(read(bytes));
      } catch (error) {
        if (!(error instanceof TlsError)) throw error;
        refused++;
      }
    }
  }
  assert(refused > 1000);
});

// X.690 section 8.19.4: the first sub-identifier of 2.n is n + 80.
Deno.test("DerReader reads object identifiers whose second arc has more than 49 bits", () => {
  const arc = 2n ** 60n;
  const digits: number[] = [];
  for (let left = arc + 80n; left > 0n; left >>= 7n) {
    digits.unshift(Number(left & 0x7fn) | (digits.length > 0 ? 0x80 : 0));
  }
  const bytes = tlv(Tag.OBJECT_IDENTIFIER, Uint8Array.from([...digits, 5]));
  assertEquals(read(bytes).oid("x"), `2.${arc}.5`);
});
