import { assert, assertEquals } from "@std/assert";
import {
  cipherSuites,
  defaultCipherSuites,
  isTls13CipherSuite,
  tls13CipherSuites,
} from "../../../crypto/suites/cipher_suites.ts";
import { isCipherSuite } from "../../../crypto/suites/cipher_suite.ts";
import { weakCipherSuiteNames } from "../../../crypto/suites/suite_names.ts";
import { weakCipherSuites } from "../../../crypto/suites/weak_cipher_suites.ts";
import {
  CipherSuite as CipherSuiteId,
  ProtocolVersion,
} from "../../../registry.ts";

const rows = [...cipherSuites, ...Object.values(weakCipherSuites)];

Deno.test("cipherSuites and weakCipherSuites are the registry's, each once", () => {
  const names = rows.map((row) => row.name);
  assertEquals(
    [...names, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_FALLBACK_SCSV"].sort(),
    Object.keys(CipherSuiteId).sort(),
  );
  for (const { id, name } of rows) {
    assertEquals(Reflect.get(CipherSuiteId, name), id);
  }
  assertEquals(
    Object.keys(weakCipherSuites).sort(),
    Object.keys(weakCipherSuiteNames).sort(),
  );
});

Deno.test("a suite's hash and cipher are those of its name", () => {
  for (const { name, hash, cipher, keyBits } of rows) {
    assertEquals(hash.name, /384$/.test(name) ? "SHA-384" : "SHA-256", name);
    if (cipher.kind === "aead") {
      const { keyLength, tagLength, nonceLength } = cipher.aead;
      assertEquals(keyLength, /_128_/.test(name) ? 16 : 32, name);
      assertEquals(tagLength, /CCM_8/.test(name) ? 8 : 16, name);
      assertEquals(nonceLength, 12, name);
      assertEquals(keyBits, keyLength * 8, name);
      assertEquals(
        cipher.fixedIvLength + cipher.recordIvLength,
        nonceLength,
        name,
      );
      assertEquals(cipher.fixedIvLength, /CHACHA/.test(name) ? 12 : 4, name);
      const mode = /GCM|CCM|CHACHA20/.exec(name)?.[0];
      assert(
        mode !== undefined && cipher.aead.name.toUpperCase().includes(mode),
      );
      continue;
    }
    const mac = /_(MD5|SHA)(\d*)$/.exec(name);
    assertEquals(
      cipher.mac.name,
      mac?.[1] === "MD5" ? "MD5" : mac?.[2] ? `SHA-${mac[2]}` : "SHA-1",
      name,
    );
    assertEquals(cipher.kind, /_CBC_/.test(name) ? "cbc" : "stream", name);
    const keyLength = /3DES/.test(name) ? 24 : /_128_/.test(name) ? 16 : 32;
    assertEquals(cipher.cipher.keyLength, keyLength, name);
  }
});

Deno.test("a suite's versions are one from 1.3, or up to 1.2", () => {
  for (const row of rows) {
    const isTls13 = tls13CipherSuites.some((each) => each === row);
    assertEquals(isTls13CipherSuite(row), isTls13, row.name);
    assertEquals(
      row.maxVersion,
      ProtocolVersion[isTls13 ? "TLSv1.3" : "TLSv1.2"],
    );
    assert(row.minVersion <= row.maxVersion, row.name);
    if (row.cipher.kind === "aead") {
      assertEquals(row.minVersion, row.maxVersion, row.name);
    }
    // RFC 5246 appendix A.5: SHA-256 came with TLS 1.2, but for PSK.
    if (row.cipher.kind === "cbc" && row.cipher.mac.name !== "SHA-1") {
      const first = row.name.includes("PSK") ? "TLSv1" : "TLSv1.2";
      assertEquals(row.minVersion, ProtocolVersion[first], row.name);
    }
  }
});

Deno.test("defaultCipherSuites() adds AES-CBC for the old versions alone", () => {
  const names = (version: keyof typeof ProtocolVersion) =>
    defaultCipherSuites(ProtocolVersion[version]).map((row) => row.opensslName);
  const modern = names("TLSv1.2");
  assertEquals(names("TLSv1.3"), modern);
  const added = [
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
  ];
  assertEquals(names("TLSv1.1"), [...modern, ...added]);
  assertEquals(names("TLSv1"), [...modern, ...added]);
});

Deno.test("defaultCipherSuites() puts ChaCha20 first where AES-GCM is on another thread, TLS 1.3 before the others", () => {
  const modern = ProtocolVersion["TLSv1.2"];
  const inRuntime = (navigator: unknown) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", {
      value: navigator,
      configurable: true,
    });
    try {
      return defaultCipherSuites(modern).map((row) => row.opensslName);
    } finally {
      if (before) Object.defineProperty(globalThis, "navigator", before);
    }
  };
  const chaCha20 = (names: string[]) =>
    names.flatMap((name, at) => name.includes("CHACHA20") ? [at] : []);
  const inDeno = inRuntime({ userAgent: "Deno/2.9.6" });
  const tls13 = inDeno.filter((name) => name.startsWith("TLS_")).length;
  assertEquals(tls13, 3);
  assertEquals(
    inDeno.slice(0, tls13).filter((name) => name.startsWith("TLS_")),
    [
      "TLS_CHACHA20_POLY1305_SHA256",
      ...inDeno.slice(1, tls13),
    ],
  );
  assertEquals(chaCha20(inDeno), [0, tls13, tls13 + 1]);
  for (const navigator of [undefined, {}, { userAgent: "Node.js/24" }]) {
    const elsewhere = inRuntime(navigator);
    assertEquals(elsewhere.toSorted(), inDeno.toSorted());
    assert(!chaCha20(elsewhere).includes(0));
    assert(!chaCha20(elsewhere).includes(tls13));
    assert(elsewhere.slice(0, tls13).every((name) => name.startsWith("TLS_")));
  }
});

Deno.test("isCipherSuite() accepts the frozen rows, and no copies", () => {
  for (const row of rows) {
    assert(isCipherSuite(row));
    assert(Object.isFrozen(row));
    assert(!isCipherSuite({ ...row }));
  }
  for (const value of [undefined, null, 0x1301, "TLS_AES_128_GCM_SHA256", {}]) {
    assert(!isCipherSuite(value));
  }
});
