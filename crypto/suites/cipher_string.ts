/**
 * OpenSSL's cipher strings (ciphers(1), "CIPHER LIST FORMAT"), with the same
 * result as OpenSSL 3.0, limited to the suites that we have.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";
import { ProtocolVersion } from "../../registry.ts";
import {
  both,
  type Criteria,
  exactly,
  keyword,
  macName,
  satisfies,
} from "./cipher_keywords.ts";
import {
  type CipherSuite,
  type CipherSuiteValue,
  isCipherSuite,
} from "./cipher_suite.ts";
import { tls12CipherSuites, tls13CipherSuites } from "./cipher_suites.ts";
import { isName, namesWeakSuite, weakSuiteName } from "./suite_names.ts";

/** The meaning of a cipher string. */
export interface CipherString {
  /** The suites in order of preference, those of TLS 1.3 first. */
  readonly cipherSuites: readonly CipherSuiteValue[];
  /** The level that `@SECLEVEL=n` sets, if the string has that. */
  readonly securityLevel: number | undefined;
}

/** Options of {@linkcode parseCipherString}. */
export interface CipherStringOptions {
  /**
   * Suites of `./legacy` that the string may select too.
   *
   * @default {[]}
   */
  readonly legacySuites?: readonly CipherSuiteValue[];
}

/** The meaning of a cipher string or list of suites, with all details. */
export interface CipherSelection extends CipherString {
  readonly cipherSuites: readonly CipherSuite[];
}

/**
 * Reads an OpenSSL cipher string.
 *
 * It has OpenSSL's grammar: keywords and names of suites, joined by `+` into
 * "all of these", each adding suites at the end, or with `-` removing them,
 * with `!` removing them for good, with `+` moving them to the end; separated
 * by `:`, `,`, `;` or a space; `DEFAULT` at the beginning; `@STRENGTH` and
 * `@SECLEVEL=n`. Names may be OpenSSL's or IANA's, without regard to case.
 *
 * As in OpenSSL, keywords do not touch the suites of TLS 1.3: those are the
 * default ones, or where the string names some of them, those.
 *
 * Unlike OpenSSL, which skips what it does not know, a word that is neither a
 * keyword nor looks like the name of a suite is an error. A keyword of suites
 * that this module does not have, such as `CAMELLIA`, selects nothing.
 *
 * @param text The cipher string.
 * @param options What else may be selected.
 * @returns The suites, and the security level.
 * @throws {TypeError} If the string has a word that is not understood, asks
 * for an insecure suite, or selects no suite; the message names the word.
 *
 * @example Select suites
 * ```ts
 * import { parseCipherString } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const { cipherSuites } = parseCipherString("ECDHE+AESGCM:!aRSA:@STRENGTH");
 * assertEquals(cipherSuites.map((suite) => suite.opensslName), [
 *   "TLS_AES_256_GCM_SHA384",
 *   "TLS_CHACHA20_POLY1305_SHA256",
 *   "TLS_AES_128_GCM_SHA256",
 *   "ECDHE-ECDSA-AES256-GCM-SHA384",
 *   "ECDHE-ECDSA-AES128-GCM-SHA256",
 * ]);
 * ```
 */
export function parseCipherString(
  text: string,
  options: CipherStringOptions = {},
): CipherString {
  readDictionary(
    options,
    "Cannot read cipher string",
    new Set(["legacySuites"]),
  );
  const { legacySuites = [] } = options;
  if (typeof text !== "string" || !legacySuites.every(isCipherSuite)) {
    throw new TypeError(
      typeof text !== "string"
        ? "Cannot read cipher string: it is not a string"
        : `Cannot read "legacySuites": values from "@x/tls/legacy" belong in it`,
    );
  }
  return selectCipherSuites(text, legacySuites);
}

/** As {@linkcode parseCipherString}, of checked arguments. */
export function selectCipherSuites(
  text: string,
  legacySuites: readonly CipherSuite[] = [],
): CipherSelection {
  const known = [...tls12CipherSuites, ...legacySuites].sort(byPreference);
  const state: State = {
    known,
    items: known.map((suite) => ({ suite, active: false })),
    tls13: undefined,
    securityLevel: undefined,
  };
  for (const rule of rulesOf(text)) apply(state, rule);
  const tls12 = state.items.filter((item) => item.active);
  if (tls12.length === 0 && !state.tls13?.length) {
    throw new TypeError(
      `Cannot read cipher string: ${JSON.stringify(text)} selects no suite`,
    );
  }
  return {
    cipherSuites: [
      ...state.tls13 ?? opensslDefaultTls13CipherSuites,
      ...tls12.map((item) => item.suite),
    ],
    securityLevel: state.securityLevel,
  };
}

interface State {
  /** All suites of TLS 1.2 and below that may be named. */
  readonly known: readonly CipherSuite[];
  /** Those not killed yet; the ones not selected keep a place too. */
  items: readonly Item[];
  /** The suites of TLS 1.3, once one was named. */
  tls13: readonly CipherSuite[] | undefined;
  securityLevel: number | undefined;
}

interface Item {
  readonly suite: CipherSuite;
  readonly active: boolean;
}

/** One element of a cipher string. */
interface Rule {
  readonly operator: "" | (typeof OPERATORS)[number];
  /** The word after the operator. */
  readonly body: string;
}

/**
 * Splits a string into its rules. `DEFAULT` stands for other rules, and only
 * at the beginning; what follows it need not be separated.
 */
function rulesOf(text: string): Rule[] {
  const suiteB = Object.hasOwn(SUITE_B, text) ? SUITE_B[text] : undefined;
  const [, isDefault, rest = ""] =
    /^(DEFAULT(?![\w.=]))?(.*)$/is.exec(suiteB ?? text) ?? [];
  return [
    ...isDefault === undefined ? [] : split(DEFAULT_RULES),
    ...split(rest),
  ];
}

function split(text: string): Rule[] {
  return text.split(/[:;, ]/).filter((element) => element !== "")
    // OpenSSL needs no separator before these: "ALL!PSK@STRENGTH".
    .flatMap((element) => element.split(/(?<=.)(?=[@!])/s))
    .map((part) => {
      const operator = OPERATORS.find((each) => part.startsWith(each)) ?? "";
      return { operator, body: part.slice(operator.length) };
    });
}

function apply(state: State, { operator, body }: Rule): void {
  if (operator === "@") return applyCommand(state, body);
  const suite = tls13CipherSuites.find((each) => isName(each, body));
  if (suite !== undefined) {
    state.tls13 = appliedToTls13(state.tls13, operator, suite);
    return;
  }
  const criteria = criteriaOf(body, state.known);
  if (operator === "") refuseWeak(body, state.known);
  state.items = applied(state.items, operator, criteria);
}

function applyCommand(state: State, command: string): void {
  const level = /^SECLEVEL=([0-5])$/i.exec(command)?.[1];
  if (level !== undefined) {
    state.securityLevel = Number(level);
  } else if (command.toUpperCase() === "STRENGTH") {
    state.items = sortedByStrength(state.items);
  } else {
    throw new TypeError(
      `Cannot read cipher string: "@${command}" is not a command; there are "@STRENGTH" and "@SECLEVEL=n" with n from 0 to 5`,
    );
  }
}

/** The first suite of TLS 1.3 that is added takes the place of the defaults. */
function appliedToTls13(
  current: readonly CipherSuite[] | undefined,
  operator: Rule["operator"],
  suite: CipherSuite,
): readonly CipherSuite[] {
  const adds = operator === "";
  const list = current ?? (adds ? [] : opensslDefaultTls13CipherSuites);
  const others = list.filter((each) => each !== suite);
  const isListed = others.length < list.length;
  if (adds) return isListed ? list : [...list, suite];
  return operator === "+" && isListed ? [...others, suite] : others;
}

/** What each operator does to the list; the order of the rest stays. */
function applied(
  items: readonly Item[],
  operator: Rule["operator"],
  criteria: Criteria,
): readonly Item[] {
  const isMeant = (item: Item) => satisfies(item.suite, criteria);
  if (operator === "!") return items.filter((item) => !isMeant(item));
  const adds = operator === "";
  const isTouched = (item: Item) => item.active !== adds && isMeant(item);
  const touched = items.filter(isTouched)
    .map(({ suite }) => ({ suite, active: operator !== "-" }));
  const rest = items.filter((item) => !isTouched(item));
  // The suite that was removed last comes back first.
  return operator === "-" ? [...touched, ...rest] : [...rest, ...touched];
}

function sortedByStrength(items: readonly Item[]): readonly Item[] {
  return [
    ...items.filter((item) => !item.active),
    ...items.filter((item) => item.active)
      .sort((a, b) => b.suite.strength - a.suite.strength),
  ];
}

/** The criteria of a name, a keyword, or several joined by `+`. */
function criteriaOf(body: string, known: readonly CipherSuite[]): Criteria {
  return body.split("+").map((word) => criteriaOfWord(word, body, known))
    .reduce(both);
}

function criteriaOfWord(
  word: string,
  body: string,
  known: readonly CipherSuite[],
): Criteria {
  const suite = known.find((each) => isName(each, word));
  if (suite !== undefined) return exactly(suite);
  const criteria = keyword(word);
  if (criteria !== undefined) return criteria;
  const isAbsent = weakSuiteName(word) !== undefined ||
    ABSENT_SUITE.test(word) || MISNOMERS.has(word.toUpperCase());
  if (isAbsent) return { id: [] };
  throw notUnderstood(word, body);
}

function notUnderstood(word: string, body: string): TypeError {
  if (word === "") {
    return new TypeError(
      body === ""
        ? "Cannot read cipher string: an operator stands without a word"
        : `Cannot read cipher string: a word is missing in "${body}"`,
    );
  }
  return new TypeError(
    `Cannot read cipher string: ${
      word.toUpperCase() === "DEFAULT"
        ? `"${word}" stands at the beginning only`
        : `"${word}" is neither a keyword nor a cipher suite`
    }`,
  );
}

/** A suite that is asked for by name must not be silently left out. */
function refuseWeak(body: string, known: readonly CipherSuite[]): void {
  const absent = body.split("+").find((word) => {
    const isWeak = WEAK_KEYWORD.test(word) || weakSuiteName(word) !== undefined;
    const criteria = criteriaOfWord(word, body, known);
    return isWeak && !known.some((suite) => satisfies(suite, criteria));
  });
  if (absent !== undefined) throw namesWeakSuite("cipher string", absent);
}

/**
 * The order in which OpenSSL adds suites: ephemeral key exchange with an AEAD,
 * ephemeral, other AEADs, the rest; in each those that need TLS 1.2 first, the
 * stronger first; then what it thinks less of last, RC4 to MD5; then by cipher,
 * by key exchange, and the higher number first.
 */
function byPreference(a: CipherSuite, b: CipherSuite): number {
  const left = ranksOf(a);
  const right = ranksOf(b);
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return (left[at] ?? 0) - (right[at] ?? 0);
}

function ranksOf(suite: CipherSuite): number[] {
  const { keyExchange, authentication, cipher, encryption } = suite;
  const isEphemeral = keyExchange === "ECDHE" || keyExchange === "DHE";
  return [
    (isEphemeral ? 0 : 2) + (cipher.kind === "aead" ? 0 : 1),
    Number(suite.minVersion !== ProtocolVersion["TLSv1.2"]),
    -suite.strength,
    Number(encryption === "RC4"),
    Number(keyExchange === "PSK"),
    Number(keyExchange === "RSA"),
    Number(authentication === "anon"),
    Number(macName(suite) === "MD5"),
    cipherRank(encryption),
    keyExchange !== "ECDHE" ? 2 : authentication === "ECDSA" ? 0 : 1,
    -suite.id,
  ];
}

function cipherRank(encryption: string): number {
  if (encryption === "AESGCM") return 0;
  return encryption === "CHACHA20/POLY1305" ? 1 : 2;
}

/** The rules that `DEFAULT` stands for; eNULL we have none of. */
const DEFAULT_RULES = "ALL:!COMPLEMENTOFDEFAULT";

/**
 * The suites of RFC 6460; the curves and signatures are options of their own.
 */
const SUITE_B: Readonly<Record<string, string>> = {
  SUITEB128: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
  SUITEB128ONLY: "ECDHE-ECDSA-AES128-GCM-SHA256",
  SUITEB128C2: "ECDHE-ECDSA-AES256-GCM-SHA384",
  SUITEB192: "ECDHE-ECDSA-AES256-GCM-SHA384",
};

/** The default suites of TLS 1.3 in the order that OpenSSL has. */
const opensslDefaultTls13CipherSuites: readonly CipherSuite[] = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
].flatMap((name) => tls13CipherSuites.filter((suite) => suite.name === name));

const OPERATORS = ["-", "+", "!", "@"] as const;

/** Keywords that name nothing but suites of `./legacy`. */
const WEAK_KEYWORD = /^(aNULL|ADH|AECDH|3DES|RC4)$/i;

/** Names of suites that OpenSSL has or had, and we do not, by their parts. */
const ABSENT_SUITE =
  /^(?=.*[-_])(.*[-_])?(CAMELLIA\d*|ARIA\d*|SEED|IDEA|DES|3DES|RC2|RC4|NULL|EXP\d*|GOST\w*|SRP|DSS|KRB5)([-_].*)?$|^(ECDH|DH)-(RSA|ECDSA)-/i;

/** In Node's default string, though there never were such suites. */
const MISNOMERS: ReadonlySet<string> = new Set([
  "DHE-RSA-AES256-SHA384",
  "ECDHE-RSA-AES256-SHA256",
]);
