import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { TlsError } from "../../../errors.ts";
import { client, server } from "../../../mod.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { Crl } from "../../../x509/status/crl.ts";
import {
  boolean,
  enumerated,
  explicit,
  generalizedTime,
  integer,
  sequence,
  time,
  tlv,
} from "../../../x509/asn1/der.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { formatPem, parsePem } from "../../../x509/asn1/pem.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import { readBytes, readText } from "../_files.ts";
import { withinCpuTime } from "../../_cpu_time.ts";
import { readMutations } from "../_hostile.ts";
import {
  certificateOf,
  type CrlOptions,
  daysFromNow,
  entry,
  extension,
  makeCrl,
  reason,
} from "../_revocation.ts";

const ca = await issueCertificate({ ca: true, subject: "CA" });
const leaf = certificateOf(
  await issueCertificate({ names: ["a.example.com"], issuer: ca }),
);

function refusal(input: string | Uint8Array, expected: RegExp): void {
  const error = assertThrows(() => Crl.parse(input), TlsError);
  assertEquals(error.code, "malformed_crl", error.message);
  assertMatch(error.message, expected);
}

Deno.test("Crl.parse() reads every field of OpenSSL's list", () => {
  const crl = Crl.parse(readText("revocation/ca.crl.pem"));
  assertEquals(crl.version, 2);
  assertEquals(crl.issuer, "CN=Revocation CA");
  assertEquals(crl.signatureAlgorithm, "ecdsa-with-SHA256");
  assertEquals(crl.thisUpdate, new Date("2026-11-21T21:20:30Z"));
  assertEquals(crl.nextUpdate, new Date("2026-12-21T21:20:30Z"));
  assertEquals(crl.crlNumber, 7n);
  assertEquals(crl.isDelta, false);
  assertEquals(crl.size, 3);
  assertEquals(crl.unhandledCriticalExtensions, []);
  assertEquals(crl.deviations, []);
  const [issuer] = Certificate.fromPem(readText("revocation/ca.pem"));
  assertEquals(
    crl.extensionValues.authorityKeyIdentifier?.keyIdentifier,
    issuer?.extensionValues.subjectKeyIdentifier,
  );
  const entries = [...crl].map((
    { serialNumber, reason, invalidityDate, revocationDate },
  ) => ({ serialNumber, reason, invalidityDate, revocationDate }));
  const revocationDate = new Date("2026-11-21T21:20:30Z");
  assertEquals(entries, [
    {
      serialNumber: "1001",
      reason: "certificateHold",
      invalidityDate: undefined,
      revocationDate,
    },
    {
      serialNumber: "1002",
      reason: "keyCompromise",
      invalidityDate: new Date("2026-01-01T00:00:00Z"),
      revocationDate,
    },
    {
      serialNumber: "1003",
      reason: undefined,
      invalidityDate: undefined,
      revocationDate,
    },
  ]);
});

// The slice() of a Buffer of Node is the same memory.
Deno.test("a list does not change with the Buffer that it came in", () => {
  const [block] = parsePem(readText("revocation/ca.crl.pem"));
  const bytes = Buffer.from(block?.der ?? []);
  const crl = Crl.parse(bytes);
  bytes.fill(0);
  assertEquals(crl.raw, block?.der);
});

Deno.test("Crl.parse() reads issuingDistributionPoint", () => {
  const crl = Crl.parse(readText("revocation/idp.crl.pem"));
  const scope = crl.extensionValues.issuingDistributionPoint;
  assertEquals(scope?.name?.fullName, [
    { type: "uri", value: "http://example.com/a.crl" },
  ]);
  assertEquals(scope?.onlyContainsUserCerts, true);
  assertEquals(scope?.onlyContainsCaCerts, false);
  assertEquals(scope?.indirectCrl, false);
  assertEquals(scope?.onlySomeReasons, undefined);
  assertEquals(crl.deviations.filter((text) => text.includes("FALSE")), []);
});

Deno.test("Crl.parse() notes where a flag's default is spelt out (X.690 section 11.5)", async () => {
  const idp = sequence(
    tlv(0x82, Uint8Array.of(0xff)),
    tlv(0x84, Uint8Array.of(0)),
  );
  const crl = Crl.parse(
    await makeCrl(ca, {
      extensions: [
        extension("2.5.29.20", integer(1)),
        extension("2.5.29.28", idp, true),
      ],
    }),
  );
  const scope = crl.extensionValues.issuingDistributionPoint;
  assertEquals([scope?.onlyContainsCaCerts, scope?.indirectCrl], [true, false]);
  assertEquals(
    crl.deviations.filter((text) => text.includes("FALSE is spelt out")).length,
    1,
  );
});

Deno.test("Crl.parse() passes over a certificateIssuer that is not critical", async () => {
  const value = sequence(explicit(4, leaf.issuerName.raw));
  for (const critical of [false, true]) {
    const crl = Crl.parse(
      await makeCrl(ca, {
        entries: [entry(leaf, extension("2.5.29.29", value, critical))],
      }),
    );
    assertEquals(
      crl.unhandledCriticalEntryExtensions,
      critical ? ["2.5.29.29"] : [],
    );
  }
});

Deno.test("Crl.parse() reads DER, PEM text and its bytes alike", () => {
  const text = readText("revocation/ca.crl.pem");
  const crl = Crl.parse(text);
  assertEquals(Crl.parse(crl.raw).raw, crl.raw);
  assertEquals(Crl.parse(readBytes("revocation/ca.crl.pem")).raw, crl.raw);
  assertEquals(Crl.parse(`text\r\n${text}`).raw, crl.raw);
});

Deno.test("Crl find() looks up by serial number", async () => {
  const crl = Crl.parse(
    await makeCrl(ca, { entries: [entry(leaf, reason(4))] }),
  );
  assertEquals(crl.find(leaf.serialNumber)?.reason, "superseded");
  assertEquals(crl.find(leaf.serialNumber.toLowerCase())?.reason, "superseded");
  assertEquals(crl.find(leaf.serialNumberBytes)?.reason, "superseded");
  assertEquals(crl.find("1000"), undefined);
  assertThrows(() => crl.find("xyz"), TypeError);
  assertThrows(() => crl.find(""), TypeError);
});

Deno.test("Crl find() knows serial numbers with a high bit, zero and negative ones", async () => {
  const serials: [Uint8Array, string][] = [
    [Uint8Array.of(0, 0x80), "80"],
    [Uint8Array.of(0), "0"],
    [Uint8Array.of(0xff), "-01"],
    [Uint8Array.of(0x0f, 0xff), "0FFF"],
  ];
  const crl = Crl.parse(
    await makeCrl(ca, {
      entries: serials.map(([contents]) =>
        sequence(tlv(2, contents), time(daysFromNow(-1)))
      ),
    }),
  );
  for (const [contents, text] of serials) {
    assertEquals(crl.find(text)?.serialNumber, text);
    assertEquals(crl.find(contents)?.serialNumber, text);
  }
});

Deno.test("Crl.parse() notes what RFC 5280 asks for and lists in use lack", async () => {
  const crl = Crl.parse(
    await makeCrl(ca, { version: null, extensions: [], nextUpdate: null }),
  );
  assertEquals(crl.version, 1);
  assertEquals(crl.nextUpdate, undefined);
  assertEquals(crl.deviations.length, 4, crl.deviations.join("\n"));
  const critical = Crl.parse(
    await makeCrl(ca, {
      extensions: [extension("2.5.29.20", integer(1), true)],
    }),
  );
  assert(critical.deviations.some((text) => text.includes("is critical")));
});

Deno.test("Crl.parse() keeps critical extensions that it does not know", async () => {
  const crl = Crl.parse(
    await makeCrl(ca, {
      entries: [
        entry(leaf, extension("1.2.3.4", integer(1), true)),
        entry(leaf, extension("1.2.3.4", integer(1), true)),
      ],
      extensions: [
        extension("1.2.3.5", integer(1), true),
        extension("1.2.3.6", integer(1)),
      ],
    }),
  );
  assertEquals(crl.unhandledCriticalExtensions, ["1.2.3.5"]);
  assertEquals(crl.unhandledCriticalEntryExtensions, ["1.2.3.4"]);
});

Deno.test("Crl.parse() refuses what breaks section 5", async () => {
  const idp = (...fields: Uint8Array[]) =>
    extension("2.5.29.28", sequence(...fields), true);
  const flag = (n: number) => tlv(0x80 | n, boolean(true).subarray(2));
  const broken: [CrlOptions, RegExp][] = [
    [{ version: 2 }, /version: 3/],
    [{ version: 0 }, /version: 1/],
    [{ version: null }, /crlExtensions: in a version 1 list/],
    [
      { version: null, extensions: [], entries: [entry(leaf, reason(1))] },
      /crlEntryExtensions: in a version 1 list/,
    ],
    [{ entries: [entry(leaf, reason(7))] }, /the reason 7/],
    [
      { entries: [entry(leaf, reason(1), reason(1))] },
      /cRLReason: appears twice/,
    ],
    [{ entries: [sequence(integer(1))] }, /revocationDate: is missing/],
    [{ extensions: [extension("2.5.29.20", integer(-1))] }, /negative/],
    [{ extensions: [idp(flag(1), flag(2))] }, /more than one kind/],
    [{ extensions: [idp(flag(7))] }, /too many/],
    [
      {
        entries: [
          entry(leaf, extension("2.5.29.24", enumerated(1))),
        ],
      },
      /invalidityDate/,
    ],
  ];
  for (const [options, expected] of broken) {
    refusal(await makeCrl(ca, options), expected);
  }
});

Deno.test("Crl.parse() refuses different algorithms inside and out", async () => {
  const der = await makeCrl(ca);
  // ecdsa-with-SHA256 has 2 for its last arc: the outer one gets 3.
  const id = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
  const at = der.findLastIndex((_, i) =>
    id.every((byte, j) => der[i + j] === byte)
  );
  der[at + 7] = 3;
  refusal(der, /signature: differs from signatureAlgorithm/);
});

Deno.test("Crl.parse() names what is no CRL", () => {
  refusal(readText("revocation/ca.pem"), /no X509 CRL, but CERTIFICATE/);
  refusal("hello", /no X509 CRL/);
  const [cert] = parsePem(readText("revocation/ca.pem"));
  assert(cert !== undefined);
  refusal(cert.der, /this looks like a certificate/);
  const text = readText("revocation/ca.crl.pem");
  refusal(text + text, /has 2 of them/);
  refusal(new Uint8Array(0), /no X509 CRL/);
  refusal(Uint8Array.of(0x30, 0), /tbsCertList: is missing/);
  // A caller without types.
  const parse = Crl.parse as (input: unknown) => Crl;
  assertThrows(() => parse(undefined), TypeError);
});

Deno.test("Crl.parse() refuses every truncation and an extra byte", () => {
  const [block] = parsePem(readText("revocation/ca.crl.pem"));
  assert(block !== undefined);
  for (let length = 1; length < block.der.length; length++) {
    refusal(block.der.slice(0, length), /./);
  }
  refusal(Uint8Array.of(...block.der, 0), /1 bytes too many/);
});

Deno.test("Crl reads and searches 20,000 entries in time", async () => {
  const entries = Array.from({ length: 20_000 }, (_, at) =>
    sequence(
      integer(0x4000_0000 + at * 7919),
      time(daysFromNow(-1)),
      sequence(reason(1)),
    ));
  const groups: Uint8Array[] = [];
  for (let at = 0; at < entries.length; at += 1000) {
    groups.push(sequence(...entries.slice(at, at + 1000)));
  }
  const joined = groups.flatMap((group) => [group.subarray(4)]);
  const der = await makeCrl(ca, { entries: joined });
  // Some 50 ms on the machine on which it was measured.
  await withinCpuTime(2000, () => {
    const crl = Crl.parse(der);
    assertEquals(crl.size, 20_000);
    assertEquals(
      crl.find((0x4000_0000 + 19_999 * 7919).toString(16))?.reason,
      "keyCompromise",
    );
  });
});

Deno.test("Crl.parse() answers 10,000 mutated lists with a list or a typed error within 50 ms each", async () => {
  const [plain] = parsePem(readText("revocation/ca.crl.pem"));
  const [scoped] = parsePem(readText("revocation/idp.crl.pem"));
  assert(plain !== undefined && scoped !== undefined);
  const full = await makeCrl(ca, {
    entries: [
      entry(
        leaf,
        reason(1),
        extension("2.5.29.24", generalizedTime(daysFromNow(-3))),
        extension(
          "2.5.29.29",
          sequence(explicit(4, leaf.issuerName.raw)),
          true,
        ),
      ),
    ],
  });
  const parsed = await readMutations(
    [plain.der, scoped.der, full],
    0x63726c,
    (bytes) => {
      const crl = Crl.parse(bytes);
      crl.find("1001");
      for (const { serialNumber } of crl) assert(serialNumber !== "");
      crl.issuer.toString();
    },
  );
  assert(parsed > 100 && parsed < 9000, `${parsed} parsed`);
});

Deno.test("Crl.parse() does not keep the caller's bytes", async () => {
  const der = await makeCrl(ca, { entries: [entry(leaf)] });
  const crl = Crl.parse(der);
  der.fill(0);
  assertEquals(crl.find(leaf.serialNumber)?.serialNumber, leaf.serialNumber);
  assertStringIncludes(formatPem("X509 CRL", crl.raw), "BEGIN X509 CRL");
});

Deno.test("Crl.parseAll() and the option crls accept several lists in one text", async () => {
  const text = readText("crls/crls.pem");
  const crls = Crl.parseAll(text);
  assertEquals(crls.length, 2);
  const error = assertThrows(() => Crl.parse(text), TlsError);
  assertStringIncludes(error.message, "Crl.parseAll()");
  const [der] = crls.map(({ raw }) => raw);
  assertEquals(Crl.parseAll(der ?? "").length, 1);

  const now = new Date("2026-11-30T12:00:00Z");
  const trust = TrustStore.of(readText("crls/root.pem"));
  const chain = Certificate.fromPem(readText("crls/chain.pem"));
  const name = "l.test";
  const verdict = await verifyChain({ chain, trust, crls, now, name });
  assertEquals(verdict.status, "verified");

  const [up, down] = [new TransformStream(), new TransformStream()];
  await using there = server(
    { readable: up.readable, writable: down.writable },
    { cert: readText("crls/chain.pem"), key: readText("crls/key.pem") },
  );
  await using here = client(
    { readable: down.readable, writable: up.writable },
    { serverName: "l.test", trust, crls: [text], now: () => now.getTime() },
  );
  const [info] = await Promise.all([here.handshake(), there.handshake()]);
  assertEquals(info.authorization.status, "verified");
});
