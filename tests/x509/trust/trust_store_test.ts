import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { TlsError, type TlsErrorCode } from "../../../errors.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { sequence, utf8String } from "../../../x509/asn1/der.ts";
import { formatPem } from "../../../x509/asn1/pem.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { certificateDer, ecKey, nameOf } from "../_certificate.ts";
import { opensslPem, opensslTexts } from "../_openssl_certificates.ts";
import { certBag, derOf, keyBag, plainPfx } from "../_pfx.ts";
import { der, malformed, pem, subjects } from "../_trust.ts";

Deno.test("TrustStore.of() accepts PEM, DER and certificates", () => {
  const store = TrustStore.of(
    pem("a") + pem("b"),
    der("c"),
    new TextEncoder().encode(pem("d")),
    Certificate.parse(der("e")),
  );
  assertEquals(subjects(store), ["a", "b", "c", "d", "e"]);
  assertEquals(store.size, 5);
  assertEquals(store.problems, []);
});

Deno.test("TrustStore.of() has each certificate once", () => {
  const store = TrustStore.of(pem("a"), pem("a") + pem("b"), der("a"));
  assertEquals(subjects(store), ["a", "b"]);
});

Deno.test("TrustStore.of() refuses nothing, and says what to do", () => {
  const error = assertThrows(() => TrustStore.of(), TlsError);
  assertEquals(error.code, "empty_trust_store");
  assertStringIncludes(error.hint ?? "", "TrustStore.mozilla()");
});

Deno.test("TrustStore.of() refuses an item without a readable certificate", () => {
  const refuses = (item: string | Uint8Array, code: string, fact: string) => {
    const error = assertThrows(
      () => TrustStore.of(pem("a"), item),
      TlsError,
      fact,
    );
    assertEquals(error.code, code);
  };
  refuses(
    "/etc/ssl/cert.pem",
    "malformed_certificate",
    "not the path of a file",
  );
  for (
    const nothing of ["", " \r\n\t", new Uint8Array(), new Uint8Array([10])]
  ) {
    refuses(nothing, "empty_trust_store", "the text is empty");
  }
  refuses(opensslTexts.request, "malformed_certificate", "a signing request");
  refuses(malformed("b"), "malformed_certificate", "certificate 1 (CN=b)");
  refuses(
    "-----BEGIN CERTIFICATE-----\nAAAA",
    "malformed_pem",
    "BEGIN CERTIFICATE has no END",
  );
  refuses(
    Uint8Array.of(0x30, 0),
    "malformed_certificate",
    "Cannot read certificate 1: ",
  );
  assertThrows(
    // @ts-expect-error: a caller without types may say anything
    () => TrustStore.of([pem("a")]),
    TypeError,
    "each as an argument of its own",
  );
});

Deno.test("TrustStore keeps the others when one of a bundle is malformed", () => {
  const bundle = pem("a") + malformed("b") +
    "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n" +
    formatPem("CERTIFICATE", Uint8Array.of(0x30, 0)) + pem("c");
  const store = TrustStore.of(bundle);
  assertEquals(subjects(store), ["a", "c"]);
  assertEquals(store.size, 2);
  assertEquals(
    store.problems.map(({ index, subject, error }) => [
      index,
      subject,
      error.code,
    ]),
    [
      [1, "CN=b", "malformed_certificate"],
      [2, undefined, "malformed_pem"],
      [3, undefined, "malformed_certificate"],
    ],
  );
  const [problem] = store.problems;
  assertStringIncludes(
    problem?.error.message ?? "",
    "Cannot read certificate 2 (CN=b): tbsCertificate.version: 6",
  );
  assertEquals(
    store.findBySubject(Certificate.parse(der("c")).subjectName).length,
    1,
  );
  assertEquals(
    store.findBySubject(Certificate.parse(der("b")).subjectName),
    [],
  );
});

Deno.test("TrustStore.fromPfx() takes certificates alone", async () => {
  const store = await TrustStore.fromPfx(
    plainPfx([certBag(der("a")), certBag(der("b")), certBag(der("a"))]),
  );
  assertEquals(subjects(store), ["a", "b"]);
  assertEquals(store.problems, []);
  const half = await TrustStore.fromPfx(
    plainPfx([certBag(der("a")), certBag(derOf(malformed("b")))]),
  );
  assertEquals(subjects(half), ["a"]);
  assertEquals(half.problems.map(({ source, index }) => [source, index]), [
    ["the PFX file", 1],
  ]);
  const refused: [Uint8Array, TlsErrorCode, string][] = [
    [
      plainPfx([keyBag(sequence()), certBag(der("a"))]),
      "malformed_pfx",
      "it has a private key",
    ],
    [plainPfx([]), "empty_trust_store", "the PFX file has no certificates"],
    [
      plainPfx([certBag(derOf(malformed("b")))]),
      "malformed_certificate",
      "Cannot read certificate 1 of the PFX file",
    ],
  ];
  for (const [bytes, code, fact] of refused) {
    const error = await assertRejects(
      () => TrustStore.fromPfx(bytes),
      TlsError,
      fact,
    );
    assertEquals(error.code, code);
  }
  const unknown = { password: "x" } as object;
  await assertRejects(
    () => TrustStore.fromPfx(plainPfx([certBag(der("a"))]), unknown),
    TypeError,
    "password",
  );
});

Deno.test("TrustStore with() returns another store", () => {
  const first = TrustStore.of(pem("a"));
  const second = first.with(
    pem("b"),
    TrustStore.of(pem("c"), pem("a")),
    der("d"),
  );
  assertEquals(subjects(first), ["a"]);
  assertEquals(subjects(second), ["a", "b", "c", "d"]);
  assertThrows(() => first.with("nothing"), TlsError);
  assertEquals(subjects(first.with()), ["a"]);
});

Deno.test("TrustStore findBySubject() compares names as RFC 5280 says", () => {
  const store = TrustStore.of(
    pem("Example  CA"),
    pem("example ca", 2),
    pem("other"),
  );
  const name = Certificate.parse(
    certificateDer({ subject: nameOf(utf8String("EXAMPLE CA")) }),
  ).subjectName;
  assertEquals(
    store.findBySubject(name).map(({ serialNumber }) => serialNumber),
    ["01", "02"],
  );
  assertEquals(
    store.findBySubject(
      Certificate.parse(der("missing")).subjectName,
    ),
    [],
  );
});

Deno.test("TrustStore findByKey() and has() look at bytes", () => {
  const point = Uint8Array.of(4, ...new Uint8Array(64).fill(9));
  const other = certificateDer({ subjectPublicKeyInfo: ecKey(point) });
  const store = TrustStore.of(pem("a"), pem("b"), other);
  assertEquals(store.findByKey(ecKey()).length, 2);
  assertEquals(store.findByKey(ecKey(point)).length, 1);
  assertEquals(store.findByKey(new Uint8Array(5)), []);
  assert(store.has(Certificate.parse(der("a"))));
  assert(!store.has(Certificate.parse(der("a", 2))));
});

Deno.test("TrustStore honours the settings of TRUSTED CERTIFICATE", () => {
  const [plain] = Certificate.fromPem(opensslPem("names of every kind"));
  assert(plain);
  const uses = (text: string) => {
    const store = TrustStore.of(text);
    const { subjectName: name, publicKey: { spki } } = plain;
    return (["server", "client"] as const).map((usage) => {
      const found = store.findBySubject(name, usage).length === 1;
      assertEquals(store.findByKey(spki, usage).length === 1, found);
      assertEquals(store.has(plain, usage), found);
      return found;
    });
  };
  assertEquals(uses(plain.toPem()), [true, true]);
  assertEquals(uses(opensslTexts.withoutSettings), [true, true]);
  assertEquals(uses(opensslTexts.trusted), [true, false]);
  assertEquals(uses(opensslTexts.rejected), [false, true]);
  // The same certificate without settings does not lift them.
  assertEquals(uses(plain.toPem() + opensslTexts.rejected), [false, true]);
  assertEquals(uses(opensslTexts.rejected + plain.toPem()), [false, true]);
  // Without a usage, settings play no part.
  assert(TrustStore.of(opensslTexts.rejected).has(plain));
});

Deno.test("TrustStore leaves out a TRUSTED CERTIFICATE with malformed settings", () => {
  const bytes = Uint8Array.of(...der("a"), 0x04, 0x00);
  const store = TrustStore.of(
    pem("b") + formatPem("TRUSTED CERTIFICATE", bytes),
  );
  assertEquals(subjects(store), ["b"]);
  assertStringIncludes(
    store.problems[0]?.error.message ?? "",
    "expected SEQUENCE, got OCTET STRING",
  );
});
