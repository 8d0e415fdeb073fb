import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { encodeBase64 } from "../../../encoding.ts";
import { TlsError } from "../../../errors.ts";
import { sha256 } from "../../../crypto/primitives/hash.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { octetString, sequence } from "../../../x509/asn1/der.ts";
import {
  type ExtensionInput,
  issueCertificate,
  type IssuedCertificate,
} from "../../../x509/issue/issue.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";
import { formatPem } from "../../../x509/asn1/pem.ts";
import type { PrivateKey } from "../../../x509/keys/private_key.ts";
import { precertTbs, readTimestampList } from "../../../x509/status/sct.ts";
import { type CtLog, CtLogs } from "../../../x509/path/ct_logs.ts";
import {
  checkTimestamps,
  type TimestampStatus,
} from "../../../x509/path/sct_check.ts";
import {
  certId,
  certificateOf,
  daysFromNow,
  extension,
  GOOD,
  makeOcspResponse,
  NOW,
  single,
} from "../_revocation.ts";
import { vectors } from "../../vectors/_folder.ts";

const EMBEDDED = "1.3.6.1.4.1.11129.2.4.2";
const IN_OCSP = "1.3.6.1.4.1.11129.2.4.5";

const years = {
  notBefore: new Date("2020-01-01T00:00:00Z"),
  notAfter: new Date("2040-01-01T00:00:00Z"),
};
const ca = await issueCertificate({ ca: true, subject: "CA", ...years });
const issuer = certificateOf(ca);
const logPair = await issueCertificate({ names: ["log"], keyType: "P-256" });
const logKey = logPair.identity.key;
const spki = logKey.publicKey.spki;
const logs = new CtLogs([{ key: spki, name: "test log" }]);

/** Big-endian, as in TLS. */
function uint(size: number, value: number): number[] {
  return Array.from(
    { length: size },
    (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256,
  );
}

interface SctOptions {
  timestamp?: number;
  key?: PrivateKey;
  version?: number;
  logId?: Uint8Array;
  scheme?: number;
}

/** A list of one timestamp, written out by hand to RFC 6962 section 3.2. */
async function makeList(
  entry: number[],
  options: SctOptions = {},
): Promise<Uint8Array> {
  const {
    timestamp = daysFromNow(-5).getTime(),
    key = logKey,
    version = 0,
    logId = sha256.digest(spki),
    scheme = 0x0403,
  } = options;
  const time = uint(8, timestamp);
  const signed = [0, 0, ...time, ...entry, 0, 0];
  const name = key.publicKey.type === "rsa"
    ? "rsa_pkcs1_sha256"
    : "ecdsa_secp256r1_sha256";
  const signature = await key.sign(name, Uint8Array.from(signed));
  const sct = [version, ...logId, ...time, 0, 0, ...uint(2, scheme)];
  sct.push(...uint(2, signature.length), ...signature);
  return Uint8Array.from([
    ...uint(2, sct.length + 2),
    ...uint(2, sct.length),
    ...sct,
  ]);
}

function x509Entry(certificate: Certificate): number[] {
  return [0, 0, ...uint(3, certificate.raw.length), ...certificate.raw];
}

/** The certificate with the list that a log gave for it without. */
async function withEmbedded(options?: SctOptions): Promise<Certificate> {
  const { key } = await issueCertificate({ names: ["a.example.com"] });
  const issue = (extensions: ExtensionInput[]) =>
    issueCertificate({
      names: ["a.example.com"],
      issuer: ca,
      key,
      serialNumber: Uint8Array.of(0x12, 0x34),
      extensions,
      ...years,
    });
  const { tbsCertificate } = certificateOf(await issue([]));
  const entry = [
    ...[0, 1, ...sha256.digest(issuer.publicKey.spki)],
    ...uint(3, tbsCertificate.length),
    ...tbsCertificate,
  ];
  const list = await makeList(entry, options);
  return certificateOf(
    await issue([{ oid: EMBEDDED, value: octetString(list) }]),
  );
}

const plain: IssuedCertificate = await issueCertificate({
  names: ["a.example.com"],
  issuer: ca,
  ...years,
});
const leaf = certificateOf(plain);

async function statuses(
  extensionList: Uint8Array | undefined,
  certificate = leaf,
  known = logs,
): Promise<TimestampStatus[]> {
  const verdicts = await checkTimestamps({
    certificate,
    issuer,
    logs: known,
    now: NOW,
    extension: extensionList,
  });
  return verdicts.map(({ status }) => status);
}

Deno.test("readTimestampList() reads every field", async () => {
  const list = await makeList(x509Entry(leaf));
  const [timestamp, ...others] = readTimestampList(list);
  assertEquals(others, []);
  assertEquals(timestamp?.version, 0);
  assertEquals(timestamp?.logId, sha256.digest(spki));
  assertEquals(timestamp?.timestamp, daysFromNow(-5).getTime());
  assertEquals(timestamp?.signatureScheme, 0x0403);
  assertEquals(timestamp?.extensions, new Uint8Array(0));
});

Deno.test("readTimestampList() refuses lists that are cut short, empty or too long", async () => {
  const list = await makeList(x509Entry(leaf));
  for (let length = 0; length < list.length; length++) {
    assertThrows(() => readTimestampList(list.slice(0, length)), TlsError);
  }
  assertThrows(() => readTimestampList(Uint8Array.of(...list, 0)), TlsError);
  assertThrows(() => readTimestampList(Uint8Array.of(0, 0)), TlsError);
});

Deno.test("precertTbs() removes the list and keeps the rest", async () => {
  const certificate = await withEmbedded();
  const { tbsCertificate } = certificateOf(
    await issueCertificate({
      names: ["a.example.com"],
      issuer: ca,
      key: plain.key,
      ...years,
    }),
  );
  const tbs = precertTbs(certificate);
  assert(tbs.length < certificate.tbsCertificate.length);
  // Without a list in it nothing changes.
  assertEquals(precertTbs(leaf), leaf.tbsCertificate);
  assertEquals(tbsCertificate[0], tbs[0]);
});

Deno.test("checkTimestamps() finds timestamps of all three places valid", async () => {
  const certificate = await withEmbedded();
  const list = await makeList(x509Entry(certificate));
  const ocspResponse = OcspResponse.parse(
    await makeOcspResponse({
      responder: ca,
      singles: [
        single(certId(certificate, issuer), GOOD, {
          extensions: [extension(IN_OCSP, octetString(list))],
        }),
        single(certId(issuer, issuer), GOOD, {
          extensions: [extension(IN_OCSP, octetString(list))],
        }),
      ],
    }),
  );
  const verdicts = await checkTimestamps({
    certificate,
    issuer,
    logs,
    now: NOW,
    extension: list,
    ocspResponse,
  });
  assertEquals(
    verdicts.map(({ source, status, log }) => [source, status, log?.name]),
    [
      ["certificate", "valid", "test log"],
      ["tls", "valid", "test log"],
      ["ocsp", "valid", "test log"],
    ],
  );
});

Deno.test("checkTimestamps() returns nothing for a certificate without timestamps", async () => {
  assertEquals(await statuses(undefined), []);
});

Deno.test("checkTimestamps() refuses a timestamp of another certificate", async () => {
  const other = certificateOf(await issueCertificate({ names: ["b"] }));
  assertEquals(await statuses(await makeList(x509Entry(other))), [
    "bad_signature",
  ]);
  // The right certificate, as the wrong kind of entry.
  const entry = x509Entry(leaf);
  entry[1] = 1;
  assertEquals(await statuses(await makeList(entry)), ["bad_signature"]);
});

Deno.test("checkTimestamps() requires the issuer's key for embedded timestamps", async () => {
  const certificate = await withEmbedded();
  const verdicts = await checkTimestamps({
    certificate,
    issuer: leaf,
    logs,
    now: NOW,
  });
  assertEquals(verdicts.map(({ status }) => status), ["bad_signature"]);
});

Deno.test("checkTimestamps() looks at log, time, version and signature", async () => {
  const entry = x509Entry(leaf);
  const rsa = await issueCertificate({ names: ["log"], keyType: "rsa-2048" });
  const wrong: [SctOptions, TimestampStatus][] = [
    [{ logId: new Uint8Array(32) }, "unknown_log"],
    [{ version: 1 }, "unknown_version"],
    [{ timestamp: daysFromNow(1).getTime() }, "in_the_future"],
    [{ timestamp: 2 ** 60 }, "in_the_future"],
    [{ key: plain.identity.key }, "bad_signature"],
    [{ scheme: 0x0401 }, "bad_signature"],
    [{ scheme: 0x0807 }, "bad_signature"],
    [{ scheme: 0xffff }, "bad_signature"],
    [{ key: rsa.identity.key, scheme: 0x0401 }, "bad_signature"],
    // Five minutes are left to the clocks.
    [{ timestamp: NOW.getTime() + 300_000 }, "valid"],
    [{ timestamp: NOW.getTime() + 300_001 }, "in_the_future"],
  ];
  for (const [options, status] of wrong) {
    assertEquals(await statuses(await makeList(entry, options)), [status]);
  }
  const altered = await makeList(entry);
  altered[45] = (altered[45] ?? 0) ^ 1; // in the timestamp
  assertEquals((await statuses(altered))[0] === "valid", false);
  assertEquals(await statuses(Uint8Array.of(1, 2, 3)), ["malformed"]);
});

Deno.test("checkTimestamps() knows RSA logs", async () => {
  const { identity } = await issueCertificate({
    names: ["log"],
    keyType: "rsa-2048",
  });
  const { spki: key } = identity.key.publicKey;
  const list = await makeList(x509Entry(leaf), {
    key: identity.key,
    logId: sha256.digest(key),
    scheme: 0x0401,
  });
  assertEquals(await statuses(list, leaf, new CtLogs([{ key }])), ["valid"]);
});

Deno.test("checkTimestamps() wants P-256 and SHA-256 of logs (RFC 6962 section 2.1.4)", async () => {
  const { identity } = await issueCertificate({
    names: ["log"],
    keyType: "P-384",
  });
  const { spki: key } = identity.key.publicKey;
  const logId = sha256.digest(key);
  for (const scheme of [0x0403, 0x0503]) {
    const options = { key: identity.key, logId, scheme };
    const list = await makeList(x509Entry(leaf), options);
    assertEquals(await statuses(list, leaf, new CtLogs([{ key }])), [
      "bad_signature",
    ]);
  }
});

Deno.test("checkTimestamps() honours a log's end and interval", async () => {
  const list = await makeList(x509Entry(leaf));
  const expected: [Partial<CtLog>, TimestampStatus][] = [
    [{ retiredAt: daysFromNow(-4) }, "valid"],
    [{ retiredAt: daysFromNow(-5) }, "log_retired"],
    [{ retiredAt: daysFromNow(-6) }, "log_retired"],
    [{ notAfterStart: years.notAfter }, "valid"],
    [{ notAfterStart: new Date(2100, 1) }, "outside_of_interval"],
    [{ notAfterEnd: years.notAfter }, "outside_of_interval"],
    [{ notAfterEnd: new Date(2100, 1) }, "valid"],
  ];
  for (const [options, status] of expected) {
    const known = new CtLogs([{ key: spki, ...options }]);
    assertEquals(await statuses(list, leaf, known), [status]);
  }
});

Deno.test("checkTimestamps() bounds how many signatures it checks", async () => {
  const one = (await makeList(x509Entry(leaf))).subarray(2);
  const many = Array.from({ length: 100 }, () => [...one]).flat();
  const list = Uint8Array.from([...uint(2, many.length), ...many]);
  assertEquals((await statuses(list)).length, 16);
});

Deno.test("checkTimestamps() reads one list of an OCSP response", async () => {
  const list = await makeList(x509Entry(leaf));
  const again = single(certId(leaf, issuer), GOOD, {
    extensions: [extension(IN_OCSP, octetString(list))],
  });
  const verdicts = await checkTimestamps({
    certificate: leaf,
    issuer,
    logs,
    now: NOW,
    ocspResponse: OcspResponse.parse(
      await makeOcspResponse({
        responder: ca,
        singles: Array(50).fill(again),
      }),
    ),
  });
  assertEquals(verdicts.map(({ status }) => status), ["valid"]);
});

Deno.test("checkTimestamps() takes no list of a response about another certificate", async () => {
  const list = await makeList(x509Entry(leaf));
  const extensions = [extension(IN_OCSP, octetString(list))];
  const other = single(certId(issuer, issuer), GOOD, { extensions });
  const own = single(certId(leaf, issuer), GOOD);
  for (const singles of [[other], [other, own], [own, other]]) {
    const verdicts = await checkTimestamps({
      certificate: leaf,
      issuer,
      logs,
      now: NOW,
      ocspResponse: OcspResponse.parse(
        await makeOcspResponse({ responder: ca, singles }),
      ),
    });
    assertEquals(verdicts, []);
  }
});

Deno.test("CtLogs reads keys as DER, base64 and PEM", () => {
  const id = sha256.digest(spki);
  for (
    const key of [spki, encodeBase64(spki), formatPem("PUBLIC KEY", spki)]
  ) {
    const log = { key, id, name: "x" };
    const known = new CtLogs([log]);
    assertStrictEquals(known.find(id)?.log, log);
    assertEquals(known.size, 1);
  }
});

Deno.test("CtLogs refuses what is no log", () => {
  const wrong: CtLog[] = [
    { key: new Uint8Array(3) },
    { key: "not base64!" },
    { key: formatPem("CERTIFICATE", spki) },
    { key: sequence() },
    { key: spki, id: new Uint8Array(32) },
    { key: spki, id: "AAAA" },
  ];
  for (const log of wrong) {
    assertThrows(() => new CtLogs([log]), TypeError, "Cannot use ctLogs[0]: ");
  }
  assertThrows(
    () => new CtLogs([{ key: spki, id: "not base64!" }]),
    TypeError,
    "its id is not the SHA-256 of its key",
  );
});

const { url, missing } = vectors("x509-limbo.json");

/** Keys of public logs, whose identifiers are their digests. */
const PUBLIC_LOGS: CtLog[] = [
  {
    name: "Let's Encrypt Oak2023",
    id: "tz77JN+cTbp18jnFulj0bF38Qs96nzXEnh0JgSXttJk=",
    key:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz0OeL7jrVxEXJu+o4QWQYLKyokXHiPOOKVUL3/TNFFquVzDSer7kZ3gijxzBp98ZTgRgMSaWgCmZ8OD74mFUQ==",
  },
  {
    name: "Cloudflare Nimbus2023",
    id: "ejKMVNi3LbYg6jjgUh7phBZwMhOFTTvSK8E6V6NS61I=",
    key:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi/8tkhjLRp0SXrlZdTzNkTd6HqmcmXiDJz3fAdWLgOhjmv4mohvRhwXul9bgW0ODgRwC9UGAgH/vpGHPvIS1qA==",
  },
  {
    name: "Google Xenon2026h1",
    id: "lpdkv1VYl633Q4doNwhCd+nwOtX2pPM2bkakPw/KqcY=",
    key:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOh/Iu87VkEc0ysoBBCchHOIpPZK7kUXHWj6l1PIS5ujmQ7rze8I4r/wjigVW6wMKMMxjbNk8vvV7lLqU07+ITA==",
  },
  {
    name: "DigiCert Wyvern2026h1",
    id: "ZBHEbKQS7KeJHKICLgC8q08oB9QeNSer6v7VA8l9zfA=",
    key:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7Lw0OeKajbeZepHxBXJS2pOJXToHi5ntgKUW2nMhIOuGlofFxtkXum65TBNY1dGD+HrfHge8Fc3ASs0qMXEHVQ==",
  },
];

interface LimboCase {
  id: string;
  peer_certificate: string;
  untrusted_intermediates: string[];
}

async function readCases(): Promise<LimboCase[]> {
  return JSON.parse(await Deno.readTextFile(url)).testcases;
}

Deno.test({
  name: `checkTimestamps() finds public certificates logged (${
    missing ?? "x509-limbo"
  })`,
  ignore: missing !== undefined,
  async fn() {
    const known = new CtLogs(PUBLIC_LOGS);
    const found = new Map<string, number>();
    for (const limbo of await readCases()) {
      if (!/^(online::|webpki::cryptographydotio-chain$)/.test(limbo.id)) {
        continue;
      }
      const [certificate] = Certificate.fromPem(limbo.peer_certificate);
      const issuers = limbo.untrusted_intermediates.flatMap((pem) =>
        Certificate.fromPem(pem)
      );
      const issuer = issuers.find(({ subjectName }) =>
        certificate && subjectName.equals(certificate.issuerName)
      );
      if (certificate === undefined || issuer === undefined) continue;
      const verdicts = await checkTimestamps({
        certificate,
        issuer,
        logs: known,
        now: certificate.notAfter,
      });
      for (const { status, log } of verdicts) {
        assert(["valid", "unknown_log"].includes(status), limbo.id);
        if (status === "valid" && log?.name !== undefined) {
          found.set(log.name, (found.get(log.name) ?? 0) + 1);
        }
      }
    }
    for (const { name = "" } of PUBLIC_LOGS) {
      assert(found.has(name), `no timestamp of ${name}`);
    }
  },
});
