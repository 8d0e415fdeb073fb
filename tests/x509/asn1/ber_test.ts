import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { berToDer } from "../../../x509/asn1/ber.ts";
import { derContext } from "../../../x509/asn1/der.ts";
import { parsePfx } from "../../../x509/keys/pfx.ts";
import { readBytes } from "../_files.ts";
import { readMutations } from "../_hostile.ts";

const CONTEXT = derContext("the test", "malformed_pfx");

function convert(...bytes: number[]): number[] {
  return [...berToDer(Uint8Array.from(bytes), CONTEXT)];
}

Deno.test("berToDer() leaves DER as it is", () => {
  const der = readBytes("keys/ec.modern.pfx");
  assertEquals(berToDer(der, CONTEXT), der);
});

Deno.test("berToDer() makes lengths definite and minimal", () => {
  assertEquals(convert(0x30, 0x80, 0, 0), [0x30, 0]);
  assertEquals(convert(0x30, 0x80, 5, 0, 0, 0), [0x30, 2, 5, 0]);
  assertEquals(
    convert(0x30, 0x80, 0x31, 0x80, 2, 1, 7, 0, 0, 0, 0),
    [0x30, 5, 0x31, 3, 2, 1, 7],
  );
  assertEquals(convert(0x04, 0x82, 0, 1, 9), [0x04, 1, 9]);
  assertEquals(convert(0xa0, 0x80, 4, 1, 9, 0, 0), [0xa0, 3, 4, 1, 9]);
  // End-of-contents is two zeros, not one.
  assertEquals(convert(0x30, 0x80, 0, 1, 9, 0, 0), [0x30, 3, 0, 1, 9]);
});

Deno.test("berToDer() joins the pieces of octet strings", () => {
  assertEquals(convert(0x24, 0x80, 4, 1, 1, 4, 2, 2, 3, 0, 0), [4, 3, 1, 2, 3]);
  assertEquals(convert(0x24, 0), [4, 0]);
  assertEquals(
    convert(0x24, 0x80, 0x24, 0x80, 4, 1, 1, 0, 0, 4, 1, 2, 0, 0),
    [4, 2, 1, 2],
  );
});

/** That many sequences around two bytes. */
function nested(depth: number): number[] {
  return Array.from({ length: depth }, (_, at) => [0x30, 2 * (depth - at)])
    .flat();
}

Deno.test("berToDer() takes lengths of four bytes, and 48 levels", () => {
  assertEquals(convert(0x04, 0x84, 0, 0, 0, 1, 9), [4, 1, 9]);
  const deep = [...nested(48), 5, 0];
  assertEquals(convert(...deep), deep);
});

Deno.test("berToDer() refuses anything but BER", () => {
  const broken: [number[], RegExp][] = [
    [[], /is cut short/],
    [[0x30], /is cut short/],
    [[0x30, 0x80], /is cut short/],
    [[0x30, 0x80, 5, 0], /is cut short/],
    [[0x30, 3, 5, 0], /is cut short/],
    [[0x30, 1, 5, 0], /longer than the one around it/],
    [[0x04, 0x80, 0, 0], /a primitive of indefinite length/],
    [[0x04, 0x85, 0, 0, 0, 0, 0], /a length of 5 bytes/],
    [[0x1f, 1, 0], /a tag number above 30/],
    [[0x24, 0x80, 2, 1, 1, 0, 0], /expected OCTET STRING, got INTEGER/],
    [[5, 0, 0], /1 bytes too many/],
    [Array(200).fill([0x30, 0x80]).flat(), /nested deeper than 48 levels/],
    [[0x30, 0x85, 0, 0, 0, 0, 0], /a length of 5 bytes/],
    [[0x04, 0xff], /a length of 127 bytes/],
    [[0x30, 0x80, 0, 1], /is cut short/],
    [[0x30, 2, 0x30, 1, 5], /is cut short/],
    [[...nested(49), 5, 0], /nested deeper than 48 levels/],
  ];
  for (const [bytes, expected] of broken) {
    const error = assertThrows(() => convert(...bytes), TlsError);
    assertEquals(error.code, "malformed_pfx");
    assertMatch(error.message, expected);
  }
});

/** Where the contents of an element start, in DER. */
function contentsAt(der: Uint8Array): number {
  const first = der[1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

/** The elements inside an element, in DER. */
function children(der: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let at = contentsAt(der); at < der.length;) {
    const rest = der.subarray(at);
    const start = contentsAt(rest);
    const length = start === 2
      ? rest[1] ?? 0
      : rest.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    elements.push(rest.subarray(0, start + length));
    at += start + length;
  }
  return elements;
}

/** An element of indefinite length. */
function open(tag: number, ...parts: Iterable<number>[]): number[] {
  return [tag, 0x80, ...parts.flatMap((part) => [...part]), 0, 0];
}

/** Octets in pieces of 100. */
function pieces(octets: Uint8Array): number[] {
  const parts: number[] = [];
  for (let at = 0; at < octets.length; at += 100) {
    const piece = octets.subarray(at, at + 100);
    parts.push(4, piece.length, ...piece);
  }
  return parts;
}

/** A PFX file as BER: its frame, and the string that the MAC is over. */
function openFrame(pfx: Uint8Array): Uint8Array<ArrayBuffer> {
  const [version, authSafe, ...macData] = children(pfx);
  const [contentType, content] = children(authSafe ?? new Uint8Array(0));
  const [octets] = children(content ?? new Uint8Array(0));
  const string = octets ?? new Uint8Array(2);
  const data = string.subarray(contentsAt(string));
  return Uint8Array.from(open(
    0x30,
    version ?? [],
    open(0x30, contentType ?? [], open(0xa0, open(0x24, pieces(data)))),
    ...macData,
  ));
}

Deno.test("parsePfx() reads files in BER, whose MAC is over the octets", async () => {
  for (const file of ["ec.modern.pfx", "ec.3des.pfx"]) {
    const bytes = openFrame(readBytes(`keys/${file}`));
    const identity = await parsePfx(bytes, { passphrase: "secret" });
    assertEquals(identity.chain[0]?.subject, "CN=key.example.com");
  }
});

Deno.test("parsePfx() reads encrypted contents in pieces", async () => {
  const [version, authSafe] = children(readBytes("keys/ec.modern.pfx"));
  const [contentType, content] = children(authSafe ?? new Uint8Array(0));
  const [octets] = children(content ?? new Uint8Array(0));
  const string = octets ?? new Uint8Array(2);
  const [safe, ...others] = children(string.subarray(contentsAt(string)));
  const [encryptedType, explicit] = children(safe ?? new Uint8Array(0));
  const [encryptedData] = children(explicit ?? new Uint8Array(0));
  const [dataVersion, info] = children(encryptedData ?? new Uint8Array(0));
  const [type, algorithm, ciphertext] = children(info ?? new Uint8Array(0));
  const encrypted = ciphertext ?? new Uint8Array(2);
  const reopened = open(
    0x30,
    open(
      0x30,
      encryptedType ?? [],
      open(
        0xa0,
        open(
          0x30,
          dataVersion ?? [],
          open(
            0x30,
            type ?? [],
            algorithm ?? [],
            open(0xa0, pieces(encrypted.subarray(contentsAt(encrypted)))),
          ),
        ),
      ),
    ),
    ...others,
  );
  // Without macData, since what it is over has changed.
  const bytes = Uint8Array.from(open(
    0x30,
    version ?? [],
    open(
      0x30,
      contentType ?? [],
      open(0xa0, open(0x24, pieces(Uint8Array.from(reopened)))),
    ),
  ));
  const identity = await parsePfx(bytes, { passphrase: "secret" });
  assertEquals(identity.chain[0]?.subject, "CN=key.example.com");
});

Deno.test("berToDer() answers 10,000 mutations with DER or a typed error", async () => {
  const inputs = ["ec.modern.pfx", "ec.3des.pfx"].map((file) =>
    openFrame(readBytes(`keys/${file}`))
  );
  await readMutations(inputs, 0x626572, (bytes) => berToDer(bytes, CONTEXT));
});
