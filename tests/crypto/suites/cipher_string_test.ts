import { assert, assertEquals, assertThrows } from "@std/assert";
import { cipherSuites } from "../../../crypto/suites/cipher_suites.ts";
import { parseCipherString } from "../../../crypto/suites/cipher_string.ts";
import { weakCipherSuites as weak } from "../../../crypto/suites/weak_cipher_suites.ts";
import frozen from "../cipher_strings_openssl_3_0.json" with { type: "json" };
import { openssl, opensslTest } from "../_openssl.ts";

/** Those that OpenSSL has where it is built without weak ciphers. */
const anonymous = Object.values(weak)
  .filter((suite) => suite.encryption.startsWith("AES"));

const TLS13 = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
];

function names(text: string, legacySuites = anonymous): string[] {
  return parseCipherString(text, { legacySuites }).cipherSuites
    .map((suite) => suite.opensslName);
}

Deno.test("parseCipherString() returns the lists frozen of OpenSSL 3.0", () => {
  const cases = Object.entries(frozen);
  assert(cases.length >= 60);
  for (const [text, expected] of cases) {
    const own13 = text.split(/[:, ]/).filter((word) => TLS13.includes(word));
    assertEquals(
      names(text),
      [...own13.length > 0 ? own13 : TLS13, ...expected.split(":")],
      text,
    );
  }
});

opensslTest("parseCipherString() gives the lists of `openssl ciphers`", () => {
  const known = new Set(
    [...cipherSuites, ...anonymous].map((suite) => suite.opensslName),
  );
  for (const text of Object.keys(frozen)) {
    const list = openssl("ciphers", "-ciphersuites", "", "--", text);
    assert(list !== undefined, text);
    const expected = list.trim().split(":").filter((name) => known.has(name));
    assertEquals(
      names(text).filter((name) => !TLS13.includes(name)),
      expected,
      text,
    );
  }
});

Deno.test("parseCipherString() keeps the suites of TLS 1.3 apart", () => {
  const tls13 = (text: string) =>
    names(text).filter((name) => name.startsWith("TLS_"));
  assertEquals(tls13("AES128-SHA"), TLS13);
  assertEquals(tls13("!ALL:AES128-SHA:TLS_AES_128_CCM_SHA256"), [
    "TLS_AES_128_CCM_SHA256",
  ]);
  assertEquals(names("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"), [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
  ]);
  assertEquals(names("TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256"), [
    "TLS_AES_128_GCM_SHA256",
  ]);
  assertEquals(tls13("AES128-SHA:-TLS_AES_256_GCM_SHA384"), TLS13.slice(1));
  assertEquals(tls13("AES128-SHA:!TLS_AES_256_GCM_SHA384"), TLS13.slice(1));
  assertEquals(tls13("AES128-SHA:+TLS_AES_256_GCM_SHA384"), [
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
  ]);
  assertEquals(
    tls13("AES128-SHA:-TLS_AES_128_CCM_SHA256:+TLS_AES_128_CCM_SHA256"),
    TLS13,
  );
});

Deno.test("parseCipherString() accepts IANA's names, in any case", () => {
  const text = "tls_rsa_with_aes_128_cbc_sha:aes256-sha:ecdhe+aesgcm";
  assertEquals(
    names(text),
    names("AES128-SHA:AES256-SHA:ECDHE+AESGCM"),
  );
  assertEquals(names("default@strength"), names("DEFAULT@STRENGTH"));
  assertEquals(names("adh"), names("ADH"));
});

Deno.test("parseCipherString() returns the security level, the last one", () => {
  const level = (text: string) => parseCipherString(text).securityLevel;
  assertEquals(level("ALL"), undefined);
  assertEquals(level("ALL:@SECLEVEL=0"), 0);
  assertEquals(level("@SECLEVEL=5:ALL"), 5);
  assertEquals(level("DEFAULT@SECLEVEL=1"), 1);
  assertEquals(level("DEFAULT:@SECLEVEL=1:@seclevel=3"), 3);
});

Deno.test("parseCipherString() names the word that it does not understand", () => {
  for (
    const [text, message] of [
      ["FOO", `"FOO" is neither a keyword nor a cipher suite`],
      ["ALL:!FOO", `"FOO" is neither`],
      ["ALL:-FOO", `"FOO" is neither`],
      ["ECDHE+FOO:ALL", `"FOO" is neither`],
      ["ECDHE-RSA-AES128-GCM-SHA255", `"ECDHE-RSA-AES128-GCM-SHA255" is`],
      ["TLS_RSA_WITH_AES_128_CBC_SHB", `"TLS_RSA_WITH_AES_128_CBC_SHB" is`],
      ["TLS_AES_128_GCM_SHA256+AES", `"TLS_AES_128_GCM_SHA256" is neither`],
      ["ALL:%", `"%" is neither`],
      ["PROFILE=SYSTEM", `"PROFILE=SYSTEM" is neither`],
      ["ALL:!DEFAULT", `"DEFAULT" stands at the beginning only`],
      ["DEFAULTX", `"DEFAULTX" is neither`],
      ["ALL:!", "an operator stands without a word"],
      ["ALL:+:DHE", "an operator stands without a word"],
      ["ALL!!DHE", "an operator stands without a word"],
      ["ECDHE+:ALL", `a word is missing in "ECDHE+"`],
      ["ECDHE++AES", `a word is missing in "ECDHE++AES"`],
      ["ALL:@FOO", `"@FOO" is not a command`],
      ["ALL@SECLEVEL", `"@SECLEVEL" is not a command`],
      ["ALL:@SECLEVEL=6", `"@SECLEVEL=6" is not a command`],
      ["ALL:@SECLEVEL=10", `"@SECLEVEL=10" is not a command`],
      ["ALL:@STRENGTH+AES", `"@STRENGTH+AES" is not a command`],
      ["", `"" selects no suite`],
      [":::", `":::" selects no suite`],
      ["ALL:!ALL", `"ALL:!ALL" selects no suite`],
      ["LOW", `"LOW" selects no suite`],
      ["CAMELLIA", `"CAMELLIA" selects no suite`],
      ["TLSv1.3", `"TLSv1.3" selects no suite`],
      ["constructor", `"constructor" is neither`],
      ["__proto__", `"__proto__" is neither`],
    ] as const
  ) {
    assertThrows(() => parseCipherString(text), TypeError, message, text);
  }
});

Deno.test("parseCipherString() refuses what only ./legacy has", () => {
  for (
    const [text, message] of [
      ["DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
      ["EDH-RSA-DES-CBC3-SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"],
      ["AES128-SHA:RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA"],
      ["TLS_ECDHE_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_RC4_128_SHA"],
      ["ALL:aNULL", `"aNULL" names suites`],
      ["ADH", `"ADH" names suites`],
      ["AECDH+AES", `"AECDH" names suites`],
      ["HIGH:3DES", `"3DES" names suites`],
      ["kRSA+RC4", `"RC4" names suites`],
    ] as const
  ) {
    const error = assertThrows(
      () => parseCipherString(text),
      TypeError,
      message,
      text,
    );
    assert(error.message.includes(`"@x/tls/legacy"`));
  }
});

Deno.test("parseCipherString() lets weak suites be excluded", () => {
  const without = names("HIGH", []);
  assertEquals(
    names(
      "HIGH:!aNULL:!3DES:-RC4:!RC4-SHA:+ADH:!DES-CBC3-SHA:!ADH-AES128-SHA",
      [],
    ),
    without,
  );
  assert(!without.some((name) => /ADH|AECDH|RC4|DES/.test(name)));
});

Deno.test("parseCipherString() selects weak suites passed in as values", () => {
  const legacySuites = Object.values(weak);
  // By the rules of ciphers(1): OpenSSL is rarely built with these.
  assertEquals(names("TLS_AES_128_GCM_SHA256:3DES:RC4", legacySuites), [
    "TLS_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-DES-CBC3-SHA",
    "ECDHE-RSA-DES-CBC3-SHA",
    "DHE-RSA-DES-CBC3-SHA",
    "AECDH-DES-CBC3-SHA",
    "ADH-DES-CBC3-SHA",
    "DES-CBC3-SHA",
    "ECDHE-ECDSA-RC4-SHA",
    "ECDHE-RSA-RC4-SHA",
    "AECDH-RC4-SHA",
    "ADH-RC4-MD5",
    "RC4-SHA",
    "RC4-MD5",
  ]);
  assertEquals(
    names("DEFAULT", legacySuites),
    names("DEFAULT", []),
  );
});

Deno.test("parseCipherString() refuses anything but strings and suites", () => {
  for (const text of [undefined, null, 5, ["ALL"]]) {
    assertThrows(
      () => Reflect.apply(parseCipherString, undefined, [text]),
      TypeError,
      "it is not a string",
    );
  }
  const legacySuites = [{ ...weak.TLS_RSA_WITH_RC4_128_SHA }];
  assertThrows(
    () => parseCipherString("ALL", { legacySuites }),
    TypeError,
    `"legacySuites": values from "@x/tls/legacy" belong in it`,
  );
});
