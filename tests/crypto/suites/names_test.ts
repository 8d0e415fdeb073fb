import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  aliasesOf,
  parseCipherSuites,
  parseGroups,
  parseProtocolVersion,
  parseSignatureSchemes,
} from "../../../crypto/suites/names.ts";
import { namedGroups } from "../../../crypto/groups/named_groups.ts";
import { weakCipherSuiteNames } from "../../../crypto/suites/suite_names.ts";
import { weakCipherSuites as weak } from "../../../crypto/suites/weak_cipher_suites.ts";
import {
  NamedGroup,
  nameOf,
  ProtocolVersion,
  SignatureScheme,
} from "../../../registry.ts";

function groupNames(value: string | string[]): string[] {
  return parseGroups(value).map((group) => group.name);
}

function schemeNames(value: string | string[]): string[] {
  return parseSignatureSchemes(value).map((id) => nameOf(SignatureScheme, id));
}

function suiteNames(value: Parameters<typeof parseCipherSuites>[0]): string[] {
  return parseCipherSuites(value).cipherSuites.map((suite) => suite.name);
}

Deno.test("parseGroups() accepts every name of the registry, in any case", () => {
  const names = Object.keys(NamedGroup);
  assertEquals(groupNames(names), names);
  assertEquals(groupNames(names.join(":").toUpperCase()), names);
  assertEquals(groupNames(names.join(":").toLowerCase()), names);
  assertEquals(names.sort(), namedGroups.map((group) => group.name).sort());
});

Deno.test("parseGroups() accepts aliases and lists with colons", () => {
  assertEquals(groupNames("X25519:P-256:P-384:P-521"), [
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
  ]);
  assertEquals(groupNames(["prime256v1", "p256", "secp256r1"]), ["secp256r1"]);
  assertEquals(groupNames("curve448"), ["x448"]);
});

Deno.test("parseSignatureSchemes() accepts every name of the registry", () => {
  const names = Object.keys(SignatureScheme)
    .filter((name) => name !== "rsa_pkcs1_md5_sha1");
  assertEquals(schemeNames(names), names);
  assertEquals(schemeNames(names.join(":").toUpperCase()), names);
});

Deno.test("parseSignatureSchemes() has no scheme without a number on the wire", () => {
  assertThrows(() => schemeNames("rsa_pkcs1_md5_sha1"), TypeError);
});

Deno.test("parseSignatureSchemes() accepts OpenSSL's strings", () => {
  assertEquals(
    schemeNames("ECDSA+SHA256:RSA-PSS+SHA256:rsa+sha384:ed25519:PSS+SHA512"),
    [
      "ecdsa_secp256r1_sha256",
      "rsa_pss_rsae_sha256",
      "rsa_pkcs1_sha384",
      "ed25519",
      "rsa_pss_rsae_sha512",
    ],
  );
});

Deno.test("parseCipherSuites() accepts a list of names and values", () => {
  assertEquals(
    suiteNames([
      "TLS_AES_128_GCM_SHA256",
      "ecdhe-rsa-aes128-gcm-sha256",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      weak.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
    ]),
    [
      "TLS_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    ],
  );
  assertEquals(parseCipherSuites("AES128-SHA:@SECLEVEL=1").securityLevel, 1);
});

Deno.test("parseCipherSuites() accepts lists of suites that are of equal preference", () => {
  const [a, b, c] = [
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_CHACHA20_POLY1305_SHA256",
  ];
  const { cipherSuites, equalCipherSuites } = parseCipherSuites(
    [[a], [b, c], "AES128-SHA"],
  );
  assertEquals(
    cipherSuites.map(({ name }) => name),
    [a, b, c, "TLS_RSA_WITH_AES_128_CBC_SHA"],
  );
  assertEquals(
    equalCipherSuites.map((suites) => suites.map(({ name }) => name)),
    [[b, c]],
  );
  assertEquals(parseCipherSuites("AES128-SHA").equalCipherSuites, []);
  assertThrows(() => parseCipherSuites([[]]), TypeError, "no cipher suite");
});

Deno.test("parseCipherSuites() says where a weak suite is", () => {
  for (const name of Object.entries(weakCipherSuiteNames).flat()) {
    const error = assertThrows(
      () => parseCipherSuites([name]),
      TypeError,
      `"@x/tls/legacy"`,
    );
    assert(error.message.includes(JSON.stringify(name)), error.message);
  }
  assertThrows(
    () => parseCipherSuites(["ADH-RC4-MD5"]),
    TypeError,
    '"ADH-RC4-MD5" names a suite that is insecure. Import TLS_DH_anon_WITH_RC4_128_MD5 from',
  );
  assertThrows(
    () => parseCipherSuites("ALL:aNULL"),
    TypeError,
    '"aNULL" names suites that are insecure. Import each of them by its name from',
  );
});

Deno.test("parse…() of names refuses what there is not, and names it", () => {
  for (
    const [parse, value, message] of [
      [parseGroups, "P-265", `there is no group "P-265"; there are secp256r1`],
      [parseGroups, ["x25519", ""], `there is no group ""`],
      [parseGroups, ["constructor"], `there is no group "constructor"`],
      [parseGroups, [29], `there is no group 29`],
      [parseGroups, [], `"groups": it names no group`],
      [parseGroups, ":", `"groups": it names no group`],
      [parseGroups, 29, `"groups": 29 is neither a string nor a list`],
      [parseGroups, null, `"groups": null is neither`],
      [parseSignatureSchemes, "DSA+SHA256", `signature scheme "DSA+SHA256"`],
      [parseSignatureSchemes, "ECDSA+SHA256+", `"ECDSA+SHA256+"`],
      [parseSignatureSchemes, {}, `"signatureSchemes": an object is neither`],
      [parseCipherSuites, ["HIGH"], `"HIGH". A list has names of suites`],
      [parseCipherSuites, [], `"cipherSuites": it names no cipher suite`],
      [parseCipherSuites, [0x1301], `"cipherSuites": 4865 is neither a name`],
      [
        parseCipherSuites,
        [{ ...weak.TLS_RSA_WITH_RC4_128_SHA }],
        `"cipherSuites": an object is neither a name nor a value`,
      ],
      [parseCipherSuites, undefined, `undefined is neither`],
    ] as const
  ) {
    assertThrows(
      () => Reflect.apply(parse, undefined, [value]),
      TypeError,
      message,
    );
  }
});

Deno.test("parseProtocolVersion() accepts names of versions", () => {
  const version = (name: string) => parseProtocolVersion("minVersion", name);
  assertEquals(version("TLSv1.3"), ProtocolVersion["TLSv1.3"]);
  assertEquals(version("tlsv1.2"), ProtocolVersion["TLSv1.2"]);
  assertEquals(version("TLS 1.1"), ProtocolVersion["TLSv1.1"]);
  assertEquals(version("TLSv1_2"), ProtocolVersion["TLSv1.2"]);
  assertEquals(version("VersionTLS13"), ProtocolVersion["TLSv1.3"]);
  assertEquals(version("TLSv1"), ProtocolVersion.TLSv1);
  assertEquals(version("TLSv1.0"), ProtocolVersion.TLSv1);
});

Deno.test("parseProtocolVersion() says why there is no SSL", () => {
  for (const name of ["SSLv3", "sslv2", "SSLv23"]) {
    assertThrows(
      () => parseProtocolVersion("minVersion", name),
      TypeError,
      "RFC 7568 section 3",
    );
  }
  for (const value of ["TLSv1.4", "", 0x0303, undefined, null, {}]) {
    assertThrows(
      () => parseProtocolVersion("maxVersion", value),
      TypeError,
      `as "maxVersion": there are "TLSv1.3"`,
    );
  }
});

Deno.test("aliasesOf() returns names that are read as the thing itself", () => {
  for (const id of Object.values(NamedGroup)) {
    for (const alias of aliasesOf("group", id)) {
      assertEquals(parseGroups(alias).map((group) => group.id), [id]);
    }
  }
  for (const id of Object.values(SignatureScheme)) {
    for (const alias of aliasesOf("scheme", id)) {
      assertEquals(parseSignatureSchemes(alias), [id]);
    }
  }
  assert(aliasesOf("group", NamedGroup.secp256r1).includes("P-256"));
  assert(
    aliasesOf("scheme", SignatureScheme.rsa_pss_rsae_sha256)
      .includes("RSA-PSS+SHA256"),
  );
});
