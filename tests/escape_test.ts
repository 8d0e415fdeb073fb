import { assertEquals } from "@std/assert";
import { TlsError, TlsProtocolError } from "../errors.ts";
import { escapeText } from "../escape.ts";

Deno.test("escapeText() escapes what is obeyed or not seen, and nothing else", () => {
  const cases = {
    "\0": "\\x00",
    "\x1b[2J": "\\x1b[2J",
    "\r\n": "\\x0d\\x0a",
    "\x7f\x85\x9b": "\\x7f\\x85\\x9b",
    "\u202eevil": "\\u{202e}evil",
    "\u2066a\u2069": "\\u{2066}a\\u{2069}",
    "a\u200bb\u200dc\ufeff": "a\\u{200b}b\\u{200d}c\\u{feff}",
    "\u2028\u2029": "\\u{2028}\\u{2029}",
    "\xad": "\\xad",
    "\u{e0041}": "\\u{e0041}",
    "\ufe0f": "\\u{fe0f}",
    "\u3164": "\\u{3164}",
    "\ud800": "\\u{d800}",
    "Größe 🔒 例え مثال": "Größe 🔒 例え مثال",
    "CN=a\\, b": "CN=a\\, b",
  };
  for (const [text, escaped] of Object.entries(cases)) {
    assertEquals(escapeText(text), escaped);
    assertEquals(escapeText(escaped), escaped);
  }
});

Deno.test("TlsError escapes its message and hint", () => {
  const error = new TlsProtocolError("internal_error", "a\nb", {
    hint: "c\u202ed",
  });
  assertEquals(error.message, "a\\x0ab. c\\u{202e}d");
  assertEquals(error.hint, "c\\u{202e}d");
  assertEquals(new TlsError("closed", "x\x1by").message, "x\\x1by");
  assertEquals(String(error.stack).includes("\u202e"), false);
});
