import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  enumerated,
  explicit,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  tlv,
} from "../../../x509/asn1/der.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";
import { readBytes, readText } from "../_files.ts";
import { readMutations } from "../_hostile.ts";
import {
  certId,
  certificateOf,
  extension,
  makeOcspResponse,
  NOW,
  REVOKED,
  single,
  UNKNOWN,
  wrapBasic,
} from "../_revocation.ts";

const ca = await issueCertificate({ ca: true, subject: "CA" });
const leaf = certificateOf(
  await issueCertificate({ names: ["a.example.com"], issuer: ca }),
);
const id = certId(leaf, certificateOf(ca));

function refusal(der: Uint8Array, expected: RegExp): void {
  const error = assertThrows(() => OcspResponse.parse(der), TlsError);
  assertEquals(error.code, "malformed_ocsp_response", error.message);
  assertMatch(error.message, expected);
}

Deno.test("OcspResponse.parse() reads every field of OpenSSL's response", () => {
  const response = OcspResponse.parse(
    readBytes("revocation/ocsp-delegated.der"),
  );
  const [issuer] = Certificate.fromPem(readText("revocation/ca.pem"));
  assertEquals(response.status, "successful");
  assertEquals(response.producedAt, new Date("2026-11-21T21:20:30Z"));
  assert(response.responderId?.type === "name");
  assertEquals(response.responderId.name.toString(), "CN=responder");
  assertEquals(response.signatureAlgorithm, "ecdsa-with-SHA256");
  assertEquals(
    response.nonce,
    // deno-fmt-ignore
    Uint8Array.of(0x02, 0x26, 0xe0, 0xf6, 0x7f, 0xbf, 0xf4, 0x41,
      0x6a, 0xc0, 0x3c, 0x89, 0x8e, 0x81, 0x83, 0xa8),
  );
  assertEquals(
    response.certificates.map(({ subject }) => subject),
    ["CN=responder"],
  );
  const [only, ...others] = response.responses;
  assertEquals(others, []);
  assertEquals(only?.status, "good");
  assertEquals(only?.thisUpdate, new Date("2026-11-21T21:20:30Z"));
  assertEquals(only?.nextUpdate, new Date("2026-12-21T21:20:30Z"));
  assertEquals(only?.certId.hashAlgorithm, "SHA-1");
  assertEquals(only?.certId.serialNumber, "1000");
  assertEquals(
    only?.certId.issuerKeyHash,
    issuer?.extensionValues.subjectKeyIdentifier,
  );
});

Deno.test("OcspResponse.parse() reads all statuses of certificates", () => {
  const revoked = OcspResponse.parse(
    readBytes("revocation/ocsp-compromised-sha256.der"),
  );
  const [first] = revoked.responses;
  assertEquals(first?.status, "revoked");
  assertEquals(first?.revocationReason, "keyCompromise");
  assertEquals(first?.revocationTime, new Date("2026-11-21T21:20:30Z"));
  assertEquals(first?.certId.hashAlgorithm, "SHA-256");
  assertEquals(revoked.nonce, undefined);
  const unknown = OcspResponse.parse(readBytes("revocation/ocsp-unknown.der"));
  assertEquals(unknown.responses[0]?.status, "unknown");
  assertEquals(unknown.responderId?.type, "keyHash");
  const open = OcspResponse.parse(readBytes("revocation/ocsp-no-next.der"));
  assertEquals(open.responses[0]?.nextUpdate, undefined);
});

Deno.test("OcspResponse.parse() reads responders' refusals", () => {
  const statuses: [number, string][] = [
    [1, "malformedRequest"],
    [2, "internalError"],
    [3, "tryLater"],
    [5, "sigRequired"],
    [6, "unauthorized"],
  ];
  for (const [value, name] of statuses) {
    const response = OcspResponse.parse(sequence(enumerated(value)));
    assertEquals(response.status, name);
    assertEquals(response.responses, []);
    assertEquals(response.signatureAlgorithm, undefined);
  }
});

Deno.test("OcspResponse.parse() keeps timestamps and critical extensions", async () => {
  const scts = extension(
    "1.3.6.1.4.1.11129.2.4.5",
    octetString(Uint8Array.of(0, 1, 2)),
  );
  const response = OcspResponse.parse(
    await makeOcspResponse({
      responder: ca,
      singles: [
        single(id, UNKNOWN, {
          extensions: [scts, extension("1.2.3.4", integer(1), true)],
        }),
      ],
      extensions: [
        extension("1.3.6.1.5.5.7.48.1.2", octetString(Uint8Array.of(9)), true),
        extension("1.2.3.5", integer(1), true),
      ],
    }),
  );
  assertEquals(
    response.responses[0]?.signedCertificateTimestamps,
    Uint8Array.of(0, 1, 2),
  );
  assertEquals(response.nonce, Uint8Array.of(9));
  assertEquals(response.unhandledCriticalExtensions, ["1.2.3.5", "1.2.3.4"]);
});

Deno.test("OcspResponse.parse() refuses what breaks section 4.2", async () => {
  const basic = (der: Uint8Array) => der; // names what stands in the list
  const good = await makeOcspResponse({ responder: ca, singles: [single(id)] });
  const many = await makeOcspResponse({
    responder: ca,
    singles: Array.from({ length: 257 }, () => single(id)),
  });
  const data = (...fields: Uint8Array[]) =>
    wrapBasic(sequence(sequence(...fields), sequence(oid("1.2.3"))));
  const broken: [Uint8Array, RegExp][] = [
    [basic(sequence(enumerated(0))), /responseBytes: is missing/],
    [sequence(enumerated(4)), /responseStatus: 4/],
    [sequence(enumerated(7)), /responseStatus: 7/],
    [sequence(integer(0)), /responseStatus: expected ENUMERATED/],
    [wrapBasic(sequence(), 1), /present with the status malformedRequest/],
    [wrapBasic(sequence()), /tbsResponseData: is missing/],
    [
      sequence(
        enumerated(0),
        explicit(0, sequence(oid("1.2.3"), octetString())),
      ),
      /expected id-pkix-ocsp-basic, got 1.2.3/,
    ],
    [data(explicit(0, integer(1))), /version: is not v1/],
    // v1 may be spelt out; what is wrong here comes behind.
    [
      data(
        explicit(0, integer(0)),
        explicit(2, octetString()),
        generalizedTime(NOW),
        sequence(),
      ),
      /signature: is missing/,
    ],
    [data(explicit(0, integer(0), integer(0))), /version: 3 bytes too many/],
    [data(explicit(3, integer(1))), /responderID/],
    [
      data(
        explicit(2, octetString()),
        generalizedTime(NOW),
        sequence(sequence(id, tlv(0x83))),
      ),
      /revoked: .*expected/,
    ],
    [many, /more than 256 responses/],
    [Uint8Array.of(...good, 0), /1 bytes too many/],
    [new TextEncoder().encode("hello"), /not DER/],
    [new Uint8Array(0), /is missing/],
  ];
  for (const [der, expected] of broken) refusal(der, expected);
  // A caller without types.
  const parse = OcspResponse.parse as (der: unknown) => OcspResponse;
  assertThrows(() => parse("text"), TypeError);
});

Deno.test("OcspResponse.parse() refuses every truncation", () => {
  const der = readBytes("revocation/ocsp-delegated.der");
  for (let length = 0; length < der.length; length++) {
    refusal(der.slice(0, length), /./);
  }
});

Deno.test("OcspResponse.parse() answers 10,000 mutated responses with a response or a typed error within 50 ms each", async () => {
  const files = ["compromised-sha1", "delegated", "unknown", "no-next"];
  const parsed = await readMutations(
    [
      ...files.map((file) => readBytes(`revocation/ocsp-${file}.der`)),
      await makeOcspResponse({
        responder: ca,
        byKey: true,
        certificates: [certificateOf(ca)],
        singles: [single(id, REVOKED)],
      }),
    ],
    0x6f637370,
    (bytes) => OcspResponse.parse(bytes).responses.length,
  );
  assert(parsed > 100 && parsed < 9000, `${parsed} parsed`);
});
