import type { PublicKeyType } from "../../../crypto/signatures/public_key.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { cipherSuites } from "../../../crypto/suites/cipher_suites.ts";
import {
  finiteFieldStrength,
  keyStrength,
} from "../../../crypto/signatures/key_strength.ts";
import { namedGroups } from "../../../crypto/groups/named_groups.ts";
import {
  isPermitted,
  LegacyPermit,
  levelOfDigest,
  levelOfGroup,
  levelOfKey,
  levelOfSignatureScheme,
  levelOfStrength,
  levelOfSuite,
  minimumStrength,
  refusal,
  refusalOfDigest,
  refusalOfGroup,
  refusalOfKey,
  refusalOfSignatureScheme,
  refusalOfSuite,
  securityPolicy,
} from "../../../crypto/suites/security_level.ts";
import { weakCipherSuites as weak } from "../../../crypto/suites/weak_cipher_suites.ts";
import {
  weakDigests,
  weakGroups,
  weakKeys,
  weakSessions,
} from "../../../legacy.ts";
import { SignatureScheme } from "../../../registry.ts";
import { openssl, opensslTest } from "../_openssl.ts";

const LEVELS = [0, 1, 2, 3, 4, 5];

/** RSA_security_bits(3) of OpenSSL 3.0.19. */
const RSA: Record<number, number> = {
  8: 0,
  16: 8,
  128: 24,
  256: 40,
  384: 48,
  512: 56,
  640: 64,
  768: 72,
  1000: 80,
  1023: 80,
  1024: 80,
  1200: 88,
  1400: 96,
  1536: 96,
  1792: 104,
  1900: 104,
  2000: 112,
  2047: 112,
  2048: 112,
  2304: 120,
  2800: 128,
  3071: 128,
  3072: 128,
  3500: 136,
  3840: 144,
  4000: 152,
  4096: 152,
  4097: 152,
  5000: 160,
  5120: 168,
  6000: 176,
  6144: 176,
  7000: 192,
  7679: 192,
  7680: 192,
  7681: 200,
  8192: 200,
  9000: 208,
  10000: 216,
  12288: 240,
  15359: 256,
  15360: 256,
  16384: 272,
};

/** DH_security_bits(3) of OpenSSL 3.0.19. */
const DH: Record<number, number> = {
  512: 0,
  768: 0,
  1023: 0,
  1024: 80,
  1536: 80,
  2047: 80,
  2048: 112,
  3071: 112,
  3072: 128,
  4096: 128,
  6144: 128,
  7680: 192,
  8192: 192,
  15360: 256,
};

Deno.test("keyStrength() of an RSA key that is hardly one is 0", () => {
  for (const bits of [0, 1, 2, 7, 8]) {
    assertEquals(keyStrength({ type: "rsa", bits }), 0, `${bits}`);
  }
});

Deno.test("keyStrength() of RSA keys is OpenSSL's", () => {
  for (const [bits, strength] of Object.entries(RSA)) {
    const key = { type: "rsa", bits: Number(bits) } as const;
    assertEquals(keyStrength(key), strength, bits);
    assertEquals(keyStrength({ ...key, type: "rsa-pss" }), strength, bits);
  }
});

Deno.test("finiteFieldStrength() is OpenSSL's", () => {
  for (const [bits, strength] of Object.entries(DH)) {
    assertEquals(finiteFieldStrength(Number(bits)), strength, bits);
    const dsa = { type: "dsa", bits: Number(bits) } as const;
    assertEquals(keyStrength(dsa), strength, bits);
  }
});

Deno.test("keyStrength() of curves goes by the order", () => {
  const strengths = [112, 160, 192, 224, 256, 384, 521]
    .map((bits) => keyStrength({ type: "ec", bits }));
  assertEquals(strengths, [56, 80, 80, 112, 128, 192, 256]);
  assertEquals(keyStrength({ type: "ed25519", bits: 256 }), 128);
  assertEquals(keyStrength({ type: "ed448", bits: 456 }), 224);
  assertEquals(keyStrength({ type: "ml-dsa-65", bits: 15616 }), 192);
  assertEquals(keyStrength({ type: "unknown", bits: 9999 }), 0);
});

Deno.test("minimumStrength() and levelOfStrength() are each other's inverse", () => {
  assertEquals(LEVELS.map(minimumStrength), [0, 80, 112, 128, 192, 256]);
  for (const level of LEVELS) {
    assertEquals(levelOfStrength(minimumStrength(level)), level);
    if (level > 0) {
      assertEquals(levelOfStrength(minimumStrength(level) - 1), level - 1);
    }
  }
});

Deno.test("levelOfKey() of the usual keys", () => {
  const level = (type: PublicKeyType, bits: number) =>
    levelOfKey({ type, bits });
  assertEquals(level("rsa", 512), 0);
  assertEquals(level("rsa", 1024), 1);
  assertEquals(level("rsa", 2048), 2);
  assertEquals(level("rsa", 3072), 3);
  assertEquals(level("rsa", 8192), 4);
  assertEquals(level("ec", 256), 3);
  assertEquals(level("ec", 384), 4);
  assertEquals(level("ec", 521), 5);
  assertEquals(level("ed25519", 256), 3);
});

opensslTest(
  "levelOfSuite() is that of `openssl ciphers -s` at every level",
  () => {
    const anonymous = Object.values(weak)
      .filter((suite) => suite.encryption.startsWith("AES"));
    const rows = [...cipherSuites, ...anonymous];
    const all13 = cipherSuites.filter((suite) => suite.authentication === "any")
      .map((suite) => suite.name).join(":");
    for (const level of LEVELS) {
      const list = openssl(
        ..."ciphers -s -psk -tls1_3 -ciphersuites".split(" "),
        all13,
        `ALL:@SECLEVEL=${level}`,
      );
      const older = openssl(
        ..."ciphers -s -psk -tls1_2 -ciphersuites".split(" "),
        all13,
        `ALL:@SECLEVEL=${level}`,
      );
      assert(list !== undefined && older !== undefined);
      const allowed = new Set(`${list}:${older}`.split(/[:\s]+/));
      for (const suite of rows) {
        assertEquals(
          levelOfSuite(suite) >= level,
          allowed.has(suite.opensslName),
          `${suite.opensslName} at level ${level}`,
        );
      }
    }
  },
);

Deno.test("levelOfSuite() of suites that OpenSSL is rarely built with", () => {
  assertEquals(levelOfSuite(weak.TLS_ECDHE_RSA_WITH_RC4_128_SHA), 1);
  assertEquals(levelOfSuite(weak.TLS_RSA_WITH_RC4_128_MD5), 0);
  assertEquals(levelOfSuite(weak.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA), 2);
  assertEquals(levelOfSuite(weak.TLS_DH_anon_WITH_AES_256_GCM_SHA384), 0);
});

Deno.test("levelOfGroup() allows all groups by default, DHE of 1023 bits never", () => {
  for (const group of namedGroups) {
    assert(levelOfGroup(group) >= 2, group.name);
    if (group.kind === "ffdh") {
      assertEquals(group.strength, finiteFieldStrength(group.bits), group.name);
    }
  }
  const ffdh = (bits: number) =>
    levelOfGroup({ kind: "ffdh", strength: finiteFieldStrength(bits) });
  assertEquals([1023, 1024, 2047, 2048, 3072].map(ffdh), [-1, 1, 1, 2, 3]);
  assertEquals(levelOfGroup({ kind: "ecdh", strength: 79 }), 0);
});

Deno.test("levelOfDigest() and levelOfSignatureScheme() by half the digest", () => {
  assertEquals(levelOfDigest("MD5"), 0);
  assertEquals(levelOfDigest("SHA-1"), 0);
  assertEquals(levelOfDigest("SHA-224"), 2);
  assertEquals(levelOfDigest("SHA-256"), 3);
  assertEquals(levelOfDigest("SHA-384"), 4);
  assertEquals(levelOfDigest("SHA-512"), 5);
  for (const [name, id] of Object.entries(SignatureScheme)) {
    const isWeak = name.endsWith("sha1");
    assertEquals(levelOfSignatureScheme(id) >= 2, !isWeak, name);
  }
  assertEquals(levelOfSignatureScheme(SignatureScheme.ed448), 4);
  assertEquals(levelOfSignatureScheme(0x0101), 0);
});

Deno.test("securityPolicy() lowers the level of what is permitted alone", () => {
  assertEquals(securityPolicy(), {
    level: 2,
    keys: 2,
    groups: 2,
    digests: 2,
  });
  assertEquals(securityPolicy(3, [weakKeys]), {
    level: 3,
    keys: 0,
    groups: 3,
    digests: 3,
  });
  assertEquals(securityPolicy(1, [weakGroups, weakDigests]), {
    level: 1,
    keys: 1,
    groups: 0,
    digests: 0,
  });
  for (const level of [-1, 6, 1.5, NaN]) {
    assertThrows(() => securityPolicy(level), RangeError, "0 to 5");
  }
});

Deno.test("isPermitted() says what was permitted", () => {
  assert(isPermitted([weakKeys, weakSessions], "sessions"));
  assert(!isPermitted([weakKeys], "sessions"));
  assert(!isPermitted(undefined, "keys"));
  assertEquals(securityPolicy(2, [weakSessions]), securityPolicy());
});

Deno.test("LegacyPermit.isLegacyPermit() refuses a look-alike", () => {
  assert(LegacyPermit.isLegacyPermit(weakKeys));
  assert(!LegacyPermit.isLegacyPermit({ kind: "keys" }));
  assert(!LegacyPermit.isLegacyPermit(Object.create(LegacyPermit.prototype)));
  assert(!LegacyPermit.isLegacyPermit(undefined));
});

Deno.test("refusal…() say the level, what would allow it, and the permit", () => {
  const policy = securityPolicy();
  assertEquals(
    refusalOfKey({ type: "rsa", bits: 1024 }, policy),
    `RSA key of 1024 bits is below security level 2; level 1 would allow it, as would weakKeys of "@x/tls/legacy"`,
  );
  assertEquals(
    refusalOfKey({ type: "ed25519", bits: 256 }, securityPolicy(4)),
    `ED25519 key of 256 bits is below security level 4; level 3 would allow it, as would weakKeys of "@x/tls/legacy"`,
  );
  assertEquals(
    refusalOfDigest("SHA-1", policy),
    `signature with SHA-1 is below security level 2; level 0 would allow it, as would weakDigests of "@x/tls/legacy"`,
  );
  assertEquals(
    refusalOfSignatureScheme(SignatureScheme.ecdsa_sha1, policy),
    `signature scheme ecdsa_sha1 is below security level 2; level 0 would allow it, as would weakDigests of "@x/tls/legacy"`,
  );
  const dh = (bits: number) => ({
    name: "DHE",
    kind: "ffdh",
    strength: finiteFieldStrength(bits),
    bits,
  });
  assertEquals(
    refusalOfGroup(dh(1024), policy),
    `group DHE of 1024 bits is below security level 2; level 1 would allow it, as would weakGroups of "@x/tls/legacy"`,
  );
  assertEquals(
    refusalOfGroup(dh(512), securityPolicy(0, [weakGroups])),
    "group DHE of 512 bits is too weak for any security level",
  );
  assertEquals(refusal("it", 2, 2), undefined);
});

Deno.test("refusal…() are undefined for what was permitted", () => {
  const policy = securityPolicy(2, [weakKeys, weakGroups, weakDigests]);
  assertEquals(refusalOfKey({ type: "rsa", bits: 512 }, policy), undefined);
  assertEquals(refusalOfDigest("MD5", policy), undefined);
  const rsa_pkcs1_sha1 = SignatureScheme.rsa_pkcs1_sha1;
  assertEquals(refusalOfSignatureScheme(rsa_pkcs1_sha1, policy), undefined);
});

Deno.test("refusalOfSuite() lets a suite of ./legacy pass up to level 2", () => {
  const suite = weak.TLS_DH_anon_WITH_AES_256_GCM_SHA384;
  assertEquals(refusalOfSuite(suite, securityPolicy()), undefined);
  assertEquals(
    refusalOfSuite(suite, securityPolicy(3)),
    "cipher suite TLS_DH_anon_WITH_AES_256_GCM_SHA384 is below security level 3; level 0 would allow it",
  );
  for (const each of cipherSuites) {
    assertEquals(refusalOfSuite(each, securityPolicy()), undefined, each.name);
  }
});
