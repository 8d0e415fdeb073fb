/**
 * What a peer chose, made safe to be shown.
 *
 * @module
 */

/**
 * Escapes what a terminal, a log or a reader would obey or not see: control
 * characters, line ends, bidirectional and other invisible formatting, and halves
 * of surrogate pairs become `\x1b` or `\u{202e}`. Everything else stays as it is,
 * and what was escaped already stays too.
 *
 * A name in a certificate, a protocol in ALPN or the host name of a client is
 * whatever the peer likes: without this it could clear a screen, forge a line of
 * a log, or show one name for another.
 *
 * @param text What may come from a peer.
 * @returns The text, on one line.
 */
export function escapeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(unsafe(), escapeCharacter);
}

/**
 * The same for what a console has made of an object: control characters in its
 * strings are escaped already, and those that are left are the console's own
 * line ends and colours.
 *
 * @param text What `inspect()` gave.
 * @returns The text, with nothing in it that is not seen.
 */
export function escapeInvisible(text: string): string {
  return text.replace(invisible(), escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = (character.codePointAt(0) as number).toString(16);
  return code.length < 3 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}

/** Printable ASCII, as nearly all texts are: the large classes wait for others. */
const PLAIN = /^[ -~]*$/;

/**
 * General categories of Unicode: Cf format (bidirectional controls, zero-width
 * characters, tags), Cs surrogates that stand alone, Zl and Zp line ends. The
 * rest are letters and marks that are not seen: U+034F, U+115F, U+1160, U+17B4,
 * U+17B5, U+2800, U+3164, U+FFA0 and the variation selectors.
 */
function invisible(): RegExp {
  return /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/gu;
}

/** And Cc, control characters. */
function unsafe(): RegExp {
  return made ??= new RegExp(`\\p{Cc}|${invisible().source}`, "gu");
}

let made: RegExp | undefined;
