/**
 * Punycode (RFC 3492): decodes A-labels. The platform's own, behind
 * `URL`, refuses what IDNA does not allow too, which BR 7.1.2.7.12 does not.
 *
 * @module
 */

/**
 * Decodes a label without its "xn--" (section 6.2).
 *
 * @returns The label in Unicode, or `undefined` if it is not Punycode.
 */
export function decodePunycode(label: string): string | undefined {
  const delimiter = label.lastIndexOf("-");
  const output = Array.from(label.slice(0, Math.max(delimiter, 0)), codePoint);
  let [n, i, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  let at = delimiter > 0 ? delimiter + 1 : 0;
  while (at < label.length) {
    const from = i;
    for (let weight = 1, k = BASE;; k += BASE) {
      const digit = digitOf(label.charCodeAt(at++));
      if (digit === undefined) return undefined;
      i += digit * weight;
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    bias = adapt(i - from, output.length + 1, from === 0);
    n += Math.floor(i / (output.length + 1));
    i %= output.length + 1;
    if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return undefined;
    output.splice(i++, 0, n);
  }
  return output.length === 0 ? undefined : String.fromCodePoint(...output);
}

/** Section 6.1. */
function adapt(delta: number, points: number, isFirst: boolean): number {
  let left = Math.floor(delta / (isFirst ? DAMP : 2));
  left += Math.floor(left / points);
  let k = 0;
  for (; left > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) {
    left = Math.floor(left / (BASE - T_MIN));
  }
  return k + Math.floor((BASE - T_MIN + 1) * left / (left + SKEW));
}

/** Section 5: letters of either case, then digits. */
function digitOf(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 26 ? letter : undefined;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Section 5, parameter values. */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 0x80;
