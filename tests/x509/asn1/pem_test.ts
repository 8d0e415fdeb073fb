import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { assert } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { formatPem, isPem, parsePem, readPem } from "../../../x509/asn1/pem.ts";

const der = Uint8Array.from({ length: 100 }, (_, at) => at);

function refuses(text: string, fact: string) {
  const error = assertThrows(() => parsePem(text), TlsError, fact);
  assertEquals(error.code, "malformed_pem");
}

Deno.test("formatPem() writes lines of 64 characters that parsePem() reads", () => {
  const text = formatPem("CERTIFICATE", der);
  const lines = text.split("\n");
  assertEquals(lines[0], "-----BEGIN CERTIFICATE-----");
  assertEquals(lines[1]?.length, 64);
  assertEquals(lines.at(-2), "-----END CERTIFICATE-----");
  assertEquals(lines.at(-1), "");
  const [block, ...others] = parsePem(text);
  assertEquals(others, []);
  assertEquals(block?.label, "CERTIFICATE");
  assertEquals(block?.der, der);
  assertEquals(block?.headers.size, 0);
});

// RFC 1421 section 4.4: a blank line ends the header fields.
Deno.test("formatPem() puts a blank line behind header fields", () => {
  assertEquals(
    formatPem("X", Uint8Array.of(1), [["A", "b"], ["C", "d"]]),
    "-----BEGIN X-----\nA: b\nC: d\n\nAQ==\n-----END X-----\n",
  );
});

Deno.test("parsePem() ignores text around blocks", () => {
  const text = `Some text: with a colon
${formatPem("A", Uint8Array.of(1))}
between - dashes -- and ---
${formatPem("B-C D", Uint8Array.of(2))}trailing`;
  assertEquals(parsePem(text).map(({ label, der }) => [label, ...der]), [
    ["A", 1],
    ["B-C D", 2],
  ]);
});

Deno.test("parsePem() reads LF, CRLF, CR, indentation and bytes", () => {
  const text = formatPem("A", der) + formatPem("B", der);
  const variants = [
    text.replaceAll("\n", "\r\n"),
    text.replaceAll("\n", "\r"),
    text.replaceAll("\n", "\n   "),
    text.replaceAll("\n", "  \n"),
    `\ufeff${text}`.slice(1),
    text.trimEnd(),
  ];
  for (const variant of variants) {
    assertEquals(parsePem(variant).map(({ der }) => der), [der, der]);
  }
  assertEquals(parsePem(new TextEncoder().encode(text)).length, 2);
});

Deno.test("parsePem() reads a text with a byte order mark", () => {
  assertEquals(parsePem(`\ufeff${formatPem("A", der)}`).length, 1);
});

Deno.test("parsePem() reads header lines and their continuations", () => {
  const text = formatPem("RSA PRIVATE KEY", der, [
    ["Proc-Type", "4,ENCRYPTED"],
    ["DEK-Info", "AES-128-CBC,00112233"],
  ]);
  const [block] = parsePem(text);
  assertEquals([...block?.headers ?? []], [
    ["Proc-Type", "4,ENCRYPTED"],
    ["DEK-Info", "AES-128-CBC,00112233"],
  ]);
  assertEquals(block?.der, der);
  const folded = text.replace(
    "AES-128-CBC,00112233",
    "AES-128-CBC,\n 00112233",
  );
  assertEquals(
    parsePem(folded)[0]?.headers.get("DEK-Info"),
    "AES-128-CBC,00112233",
  );
});

Deno.test("parsePem() returns nothing for a text without a block", () => {
  assertEquals(parsePem(""), []);
  assertEquals(parsePem("hello\nworld"), []);
  assertEquals(parsePem("-----END A-----"), []);
});

Deno.test("parsePem() names the line of what is malformed", () => {
  refuses("text\n-----BEGIN A-----\nAAAA\n", "line 2: BEGIN A has no END A");
  refuses(
    "-----BEGIN A-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----",
    "line 1: BEGIN A has no END A",
  );
  refuses(
    "-----BEGIN A-----\nAAAA\n-----END B-----",
    "line 3: END B where END A belongs: that is how line 1 begins",
  );
  refuses(
    "-----BEGIN A-----\nAAAA\nAA*A\n-----END A-----",
    "line 3: the A block is not base64",
  );
  refuses(
    "-----BEGIN A-----\nAAAA\nAAA\n-----END A-----",
    "line 3: the A block is not base64: its length or padding is wrong",
  );
  refuses(
    "-----BEGIN A-----\nAA==\nAAAA\n-----END A-----",
    "the A block is not base64",
  );
  // Header lines are no base64, and no offence.
  refuses(
    "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\nAA*A\n-----END A-----",
    "line 5: the A block is not base64",
  );
  refuses("-----BEGIN A-----\n-----END A-----", "the A block is empty");
});

Deno.test("parsePem() names the very line that is not base64, the first one too", () => {
  const lines = ["-----BEGIN X-----", "AQID", "AQID", "-----END X-----"];
  for (const at of [1, 2]) {
    const changed = lines.with(at, "AQ!D").join("\n");
    const error = assertThrows(() => parsePem(changed), TlsError);
    assertEquals(
      error.message,
      `Cannot read the PEM text: line ${at + 1}: the X block is not base64`,
    );
  }
  const short = assertThrows(
    () => parsePem(lines.with(2, "AQI").join("\n")),
    TlsError,
  );
  assertEquals(
    short.message,
    "Cannot read the PEM text: line 3: the X block is not base64: its length or padding is wrong",
  );
});

Deno.test("parsePem() says so when the line breaks have been lost", () => {
  const text = formatPem("A", der);
  assert(
    assertThrows(() => parsePem(text.replaceAll("\n", "\\n")), TlsError)
      .message.includes(String.raw`the two characters "\n"`),
  );
  assert(
    assertThrows(() => parsePem(text.replaceAll("\n", " ")), TlsError)
      .message.includes("The line breaks of the text have been lost"),
  );
});

Deno.test("readPem() returns the error of a block in its place", () => {
  const text = `${formatPem("A", der)}-----BEGIN B-----\n${
    formatPem("C", der)
  }-----BEGIN D-----\n*\n-----END D-----\n${formatPem("E", der)}`;
  assertEquals(
    readPem(text).map((block) =>
      block instanceof TlsError ? block.code : block.label
    ),
    ["A", "malformed_pem", "C", "malformed_pem", "E"],
  );
});

Deno.test("readPem() refuses what is neither a text nor bytes", () => {
  for (const [value, got] of [[null, "null"], [1, "number"]] as const) {
    assertThrows(() => readPem(value as never), TypeError, `, got ${got}`);
  }
});

Deno.test("isPem() distinguishes PEM from DER", () => {
  assert(isPem(new TextEncoder().encode(formatPem("A", der))));
  assert(isPem(new TextEncoder().encode(`0 text\n${formatPem("A", der)}`)));
  assertFalse(isPem(Uint8Array.of(0x30, 3, 2, 1, 1)));
  // Text that goes on for long before the first block, and longer still.
  const behind = (length: number) =>
    new TextEncoder().encode("0" + " ".repeat(length) + formatPem("A", der));
  assert(isPem(behind(65_000)));
  assertFalse(isPem(behind(66_000)));
});

Deno.test("parsePem() reads files that were joined without a newline", () => {
  const [one, two, three] = ["A", "B-C D", "X509 CRL"].map((label, at) =>
    formatPem(label, Uint8Array.of(at, 1, 2)).trim()
  );
  const blocks = parsePem(`${one}${two} ${three}`);
  assertEquals(blocks.map(({ label }) => label), ["A", "B-C D", "X509 CRL"]);
  assertEquals(blocks.map(({ der }) => der[0]), [0, 1, 2]);
  // Lines keep their numbers.
  const cut = `${one}${two?.replace("-----END B-C D-----", "")}`;
  assertThrows(() => parsePem(cut), TlsError, "line 3: BEGIN B-C D has no END");
});

Deno.test("parsePem() reads UTF-16 as bytes, with and without a mark, and as text read wrongly", () => {
  const text = formatPem("X", Uint8Array.of(1, 2, 3)).replaceAll("\n", "\r\n");
  const little = new Uint8Array(2 * text.length);
  for (let at = 0; at < text.length; at++) {
    little[2 * at] = text.charCodeAt(at);
  }
  const big = Uint8Array.from(little, (_, at) => little[at ^ 1] ?? 0);
  const forms = {
    little,
    big,
    "little with a mark": Uint8Array.of(0xff, 0xfe, ...little),
    "big with a mark": Uint8Array.of(0xfe, 0xff, ...big),
  };
  for (const [name, bytes] of Object.entries(forms)) {
    assert(isPem(bytes), name);
    assertEquals(parsePem(bytes)[0]?.der, Uint8Array.of(1, 2, 3), name);
    const wrong = new TextDecoder().decode(bytes).replaceAll("\ufffd", "");
    assertEquals(parsePem(wrong)[0]?.der, Uint8Array.of(1, 2, 3), name);
  }
});

Deno.test("parsePem() takes bytes for UTF-16 by a whole mark alone, or by the zeros between", () => {
  const text = new TextEncoder().encode(formatPem("X", der));
  for (
    const start of [[0xff, 0x0a], [0xfe, 0x0a], [0xfe, 0xfe, 0x0a], [0, 0]]
  ) {
    const [block] = parsePem(Uint8Array.of(...start, ...text));
    assertEquals(block?.der, new Uint8Array(der), `${start}`);
  }
});

Deno.test("parsePem() ignores invisible characters", () => {
  const text = formatPem("X", new Uint8Array(60));
  const invisible = [
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u202a",
  ];
  for (const character of invisible) {
    for (const at of [0, 3, 12, 17, 40, text.length - 8, text.length - 1]) {
      const copied = text.slice(0, at) + character + text.slice(at);
      assertEquals(parsePem(copied)[0]?.der, new Uint8Array(60));
    }
  }
});
