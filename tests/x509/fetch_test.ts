/**
 * Lists, responses and issuers that are fetched for a path.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { TlsError } from "../../errors.ts";
import {
  explicit,
  integer,
  oid,
  sequence,
  set,
  tlv,
} from "../../x509/asn1/der.ts";
import type { FetchCache, FetchOptions } from "../../x509/fetch/cache.ts";
import { fetchCrls } from "../../x509/fetch/fetch_crls.ts";
import { fetchIssuers } from "../../x509/fetch/fetch_issuers.ts";
import { fetchOcsp } from "../../x509/fetch/fetch_ocsp.ts";
import { Crl } from "../../x509/status/crl.ts";
import { OcspResponse } from "../../x509/status/ocsp.ts";
import type { IssuedCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  verifyChain,
  type VerifyChainOptions,
} from "../../x509/path/verify.ts";
import { authority, certificateOf, codes, server } from "./_authority.ts";
import { fileServer, rawServer, type TestServer } from "./_http.ts";
import {
  certId,
  type CrlOptions,
  daysFromNow,
  entry,
  GOOD,
  makeCrl,
  makeOcspResponse,
  NOW,
  reason,
  REVOKED,
  single,
  UNKNOWN,
} from "./_revocation.ts";

const valid = { notBefore: daysFromNow(-30), notAfter: daysFromNow(30) };
const root = await authority("Root", undefined, valid);
const sub = await authority("Sub", root, valid);

const local: FetchOptions = { allowPrivateAddresses: true };

/** authorityInfoAccess with an issuer's URL. */
function issuerAt(url: string) {
  return {
    extensions: [{
      oid: "1.3.6.1.5.5.7.1.1",
      value: sequence(sequence(
        oid("1.3.6.1.5.5.7.48.2"),
        tlv(0x86, new TextEncoder().encode(url)),
      )),
    }],
  };
}

function verify(
  chain: IssuedCertificate[],
  options: Partial<VerifyChainOptions>,
) {
  return verifyChain({
    chain: chain.map(certificateOf),
    trust: TrustStore.of(certificateOf(root)),
    name: "example.com",
    now: NOW,
    ...options,
  });
}

/** A leaf whose list is at a server, and that server. */
async function withList(
  list: (leaf: IssuedCertificate) => Promise<CrlOptions> | CrlOptions,
) {
  const files: Record<string, Uint8Array> = {};
  const http = fileServer(files);
  const leaf = await server(sub, {
    ...valid,
    crlUrls: [`${http.url}/sub.crl`],
  });
  files["/sub.crl"] = await makeCrl(sub, await list(leaf));
  return { http, leaf, files };
}

Deno.test("fetchCrls() gets the lists of a path, and keeps them", async () => {
  const { http, leaf } = await withList(() => ({}));
  await using _ = http;
  const crls = fetchCrls(local);
  const verdict = await verify([leaf, sub], { crls });
  assertEquals([verdict.status, verdict.warnings], ["verified", []]);
  assertEquals(http.requests, ["GET /sub.crl"]);
  await verify([leaf, sub], { crls });
  assertEquals(http.requests.length, 1);
  // Current until tomorrow.
  await verify([leaf, sub], { crls, now: daysFromNow(1.5) });
  assertEquals(http.requests.length, 2);
});

Deno.test("fetchCrls() has a revoked certificate refused", async () => {
  const { http, leaf } = await withList((leaf) => ({
    entries: [entry(certificateOf(leaf), reason(1))],
  }));
  await using _ = http;
  const verdict = await verify([leaf, sub], { crls: fetchCrls(local) });
  assertEquals(codes(verdict), ["certificate_revoked"]);
});

Deno.test("fetchCrls() asks once for those who ask at the same time", async () => {
  const { http, leaf } = await withList(() => ({}));
  await using _ = http;
  const crls = fetchCrls(local);
  const verdicts = await Promise.all(
    Array.from({ length: 5 }, () => verify([leaf, sub], { crls })),
  );
  assertEquals(verdicts.map(({ status }) => status), Array(5).fill("verified"));
  assertEquals(http.requests.length, 1);
});

Deno.test("fetchCrls() says what could not be fetched, and lets it be for a while", async () => {
  const { http, leaf, files } = await withList(() => ({}));
  await using _ = http;
  delete files["/sub.crl"];
  const crls = fetchCrls(local);
  const verdict = await verify([leaf, sub], { crls });
  assertEquals(codes(verdict), ["revocation_unknown"]);
  assertEquals(verdict.warnings.map(({ code }) => code), [
    "revocation_unknown",
  ]);
  assertMatch(
    verdict.warnings[0]?.message ?? "",
    /Cannot fetch http:\/\/127.0.0.1:\d+\/sub.crl: it answers 404/,
  );
  const allowed = await verify([leaf, sub], {
    crls,
    allowUnknownRevocation: true,
  });
  assertEquals([allowed.status, allowed.warnings.length], ["verified", 1]);
  assertEquals(http.requests.length, 1);
  files["/sub.crl"] = await makeCrl(sub);
  await verify([leaf, sub], { crls });
  assertEquals(http.requests.length, 1);
  const later = new Date(NOW.getTime() + 61_000);
  assertEquals(codes(await verify([leaf, sub], { crls, now: later })), []);
});

Deno.test("fetchCrls() treats anything but a list as missing", async () => {
  const { http, leaf, files } = await withList(() => ({}));
  await using _ = http;
  files["/sub.crl"] = new TextEncoder().encode("<html>Not today</html>");
  const verdict = await verify([leaf, sub], { crls: fetchCrls(local) });
  assertEquals(codes(verdict), ["revocation_unknown"]);
  assertMatch(verdict.warnings[0]?.message ?? "", /Cannot use what is at/);
});

Deno.test("fetchCrls() asks neither for a path without an anchor, nor private hosts", async () => {
  const { http, leaf } = await withList(() => ({}));
  await using _ = http;
  const stranger = await authority("Stranger");
  const lost = await verify([leaf, sub], {
    trust: TrustStore.of(certificateOf(stranger)),
    crls: fetchCrls(local),
  });
  assertEquals(codes(lost), ["unknown_issuer"]);
  // Signed by nobody that is trusted, though the names fit.
  const twin = await authority("Sub", undefined, valid);
  const forged = await server(twin, {
    ...valid,
    crlUrls: [`${http.url}/forged.crl`],
  });
  await verify([forged, sub], { crls: fetchCrls(local) });
  const verdict = await verify([leaf, sub], { crls: fetchCrls() });
  assertEquals(codes(verdict), ["revocation_unknown"]);
  assertMatch(
    verdict.warnings[0]?.message ?? "",
    /which is not a public address/,
  );
  assertEquals(http.requests, []);
});

Deno.test("fetchCrls() does not wait for a server that says nothing", async () => {
  await using http = rawServer(async (_request, _write, signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const leaf = await server(sub, { ...valid, crlUrls: [`${http.url}/x`] });
  const crls = fetchCrls({ ...local, timeout: 50 });
  const verdict = await verify([leaf, sub], { crls });
  assertEquals(codes(verdict), ["revocation_unknown"]);
  assertMatch(verdict.warnings[0]?.message ?? "", /no answer within 50 ms/);
});

Deno.test("fetchCrls() uses the caller's cache, with any content", async () => {
  const { http, leaf, files } = await withList(() => ({}));
  await using _ = http;
  const kept = new Map<string, { bytes: Uint8Array; until: Date }>();
  const cache: FetchCache = {
    get: (key) => Promise.resolve(kept.get(key)?.bytes),
    set(key, bytes, until) {
      kept.set(key, { bytes, until });
    },
  };
  const options = { ...local, cache };
  await verify([leaf, sub], { crls: fetchCrls(options) });
  const url = `${http.url}/sub.crl`;
  assertEquals(kept.get(url)?.bytes, files["/sub.crl"]);
  assertEquals(kept.get(url)?.until, daysFromNow(1));
  await verify([leaf, sub], { crls: fetchCrls(options) });
  assertEquals(http.requests.length, 1);
  kept.set(url, { bytes: new Uint8Array(3), until: daysFromNow(1) });
  const verdict = await verify([leaf, sub], { crls: fetchCrls(options) });
  assertEquals(codes(verdict), []);
  assertEquals(http.requests.length, 2);
});

/** A responder that answers with what `status` gives, and what it was asked. */
async function responder(
  leafOptions: object,
  status: Uint8Array,
): Promise<{ http: TestServer; leaf: IssuedCertificate }> {
  let answer = new Uint8Array();
  const http = fileServer({ "*": () => answer });
  const leaf = await server(sub, {
    ...valid,
    ocspUrls: [`${http.url}/ocsp/`],
    ...leafOptions,
  });
  const id = certId(certificateOf(leaf), certificateOf(sub));
  answer = new Uint8Array(
    await makeOcspResponse({ singles: [single(id, status)], responder: sub }),
  );
  return { http, leaf };
}

Deno.test("fetchOcsp() asks the responder of the leaf, once", async () => {
  const { http, leaf } = await responder({}, GOOD);
  await using _ = http;
  const ocsp = fetchOcsp(local);
  const verdict = await verify([leaf, sub], { ocsp, requireOcsp: true });
  assertEquals([verdict.status, verdict.warnings], ["verified", []]);
  await verify([leaf, sub], { ocsp });
  assertEquals(http.requests.length, 1);
  // RFC 5019 section 5: the request in base64, as part of the path.
  const [request = ""] = http.requests;
  assertMatch(request, /^GET \/ocsp\/[A-Za-z0-9%]+$/);
  const der = Uint8Array.fromBase64(
    decodeURIComponent(request.slice("GET /ocsp/".length)),
  );
  const asked = certId(certificateOf(leaf), certificateOf(sub));
  assert(der.toHex().includes(asked.subarray(-20).toHex()));
  // A server staples the same.
  assert(await ocsp({ chain: [leaf, sub].map(certificateOf) }, { now: NOW }));
  assertEquals(http.requests.length, 1);
});

Deno.test("fetchOcsp() has a revoked certificate refused", async () => {
  const { http, leaf } = await responder({}, REVOKED);
  await using _ = http;
  const verdict = await verify([leaf, sub], { ocsp: fetchOcsp(local) });
  assertEquals(codes(verdict), ["certificate_revoked"]);
});

Deno.test("fetchOcsp() stands in for a staple that the leaf demands", async () => {
  const { http, leaf } = await responder({ mustStaple: true }, GOOD);
  await using _ = http;
  const bare = await verify([leaf, sub], {});
  assertEquals(codes(bare), ["ocsp_response_required"]);
  const asked = await verify([leaf, sub], { ocsp: fetchOcsp(local) });
  assertEquals(codes(asked), []);
});

Deno.test("fetchOcsp() is asked where what was stapled does not tell, and not where it does", async () => {
  const leaf = await server(sub, valid);
  const id = certId(certificateOf(leaf), certificateOf(sub));
  const stapled = async (status: Uint8Array) =>
    OcspResponse.parse(
      await makeOcspResponse({
        singles: [single(id, status)],
        responder: sub,
      }),
    );
  let asked = 0;
  const ocsp = () => {
    asked++;
    return undefined;
  };
  const good = await verify([leaf, sub], {
    ocsp,
    ocspResponse: await stapled(GOOD),
  });
  assertEquals([good.status, asked], ["verified", 0]);
  await verify([leaf, sub], { ocsp, ocspResponse: await stapled(UNKNOWN) });
  assertEquals(asked, 1);
  await verify([leaf, sub], { ocsp });
  assertEquals(asked, 2);
});

Deno.test("fetchOcsp() that gets nothing is a warning, unless there must be a response", async () => {
  await using http = fileServer({ "*": Uint8Array.of(0x30, 3, 10, 1, 3) });
  const leaf = await server(sub, { ...valid, ocspUrls: [http.url] });
  const ocsp = fetchOcsp(local);
  const verdict = await verify([leaf, sub], { ocsp });
  assertEquals(verdict.status, "verified");
  assertMatch(verdict.warnings[0]?.message ?? "", /responder says tryLater/);
  assertEquals(codes(await verify([leaf, sub], { ocsp, requireOcsp: true })), [
    "ocsp_response_required",
  ]);
  const problems: TlsError[] = [];
  const context = { now: NOW, onProblem: (e: TlsError) => problems.push(e) };
  const chain = [leaf, sub].map(certificateOf);
  assertEquals(await ocsp({ chain }, context), undefined);
  assertEquals(problems.map(({ code }) => code), ["fetch_failed"]);
  assertEquals(await ocsp({ chain }), undefined);
  assertEquals(await ocsp({ chain: chain.slice(0, 1) }), undefined);
});

Deno.test("fetchOcsp() reads no response of more than 64 KiB", async () => {
  for (const [length, isTooLarge] of [[65_536, false], [65_537, true]]) {
    await using http = fileServer({ "*": new Uint8Array(length as number) });
    const leaf = await server(sub, { ...valid, ocspUrls: [http.url] });
    const problems: TlsError[] = [];
    const chain = [leaf, sub].map(certificateOf);
    await fetchOcsp(local)({ chain }, {
      onProblem: (error: TlsError) => problems.push(error),
    });
    assertEquals(problems.length, 1);
    assertEquals(
      problems[0]?.message.includes("more than 65536 bytes"),
      isTooLarge,
    );
  }
});

Deno.test("fetchIssuers() finds the intermediates that a server forgot", async () => {
  const files: Record<string, Uint8Array> = {};
  await using http = fileServer(files);
  const upper = await authority("Upper", root, valid);
  const lower = await authority("Lower", upper, {
    ...valid,
    ...issuerAt(`${http.url}/upper.cer`),
  });
  const leaf = await server(lower, {
    ...valid,
    ...issuerAt(`${http.url}/lower.cer`),
  });
  files["/lower.cer"] = certificateOf(lower).raw;
  files["/upper.cer"] = new TextEncoder().encode(certificateOf(upper).toPem());
  assertEquals(codes(await verify([leaf], {})), ["unknown_issuer"]);
  assertEquals(http.requests, []);
  const issuers = fetchIssuers(local);
  const verdict = await verify([leaf], { issuers });
  assertEquals([verdict.status, verdict.path.length], ["verified", 4]);
  assertEquals(http.requests, ["GET /lower.cer", "GET /upper.cer"]);
  await verify([leaf], { issuers });
  assertEquals(http.requests.length, 2);
  // Where all was sent there is nothing to ask.
  await verify([leaf, lower, upper], { issuers: fetchIssuers(local) });
  assertEquals(http.requests.length, 2);
  // RFC 5280 section 4.2.2.1: also as a "certs-only" message.
  files["/lower.cer"] = sequence(
    oid("1.2.840.113549.1.7.2"),
    explicit(
      0,
      sequence(
        integer(1),
        set(),
        sequence(oid("1.2.840.113549.1.7.1")),
        tlv(0xa0, certificateOf(upper).raw, certificateOf(lower).raw),
        set(),
      ),
    ),
  );
  const cms = await verify([leaf], { issuers: fetchIssuers(local) });
  assertEquals(cms.status, "verified");
});

Deno.test("fetchIssuers() trusts nothing that it finds, and does not go on for ever", async () => {
  const files: Record<string, Uint8Array> = {};
  await using http = fileServer(files);
  const other = await authority("Sub", undefined, valid);
  const leaf = await server(other, {
    ...valid,
    ...issuerAt(`${http.url}/0.cer`),
  });
  files["/0.cer"] = certificateOf(other).raw;
  const verdict = await verify([leaf], { issuers: fetchIssuers(local) });
  assert(codes(verdict).includes("unknown_issuer"));
  // Each one is issued by one more.
  let issuer = await authority("CA 9", undefined, valid);
  for (let at = 8; at >= 0; at--) {
    files[`/${at}.cer`] = certificateOf(issuer).raw;
    issuer = await authority(`CA ${at}`, issuer, {
      ...valid,
      ...issuerAt(`${http.url}/${at}.cer`),
    });
  }
  const endless = await server(issuer, {
    ...valid,
    ...issuerAt(`${http.url}/top.cer`),
  });
  files["/top.cer"] = certificateOf(issuer).raw;
  http.requests.length = 0;
  await verify([endless], { issuers: fetchIssuers(local) });
  assertEquals(http.requests.length, 4);
  // Nor does what is no certificate help.
  files["/top.cer"] = new Uint8Array(100);
  const lost = await verify([endless], { issuers: fetchIssuers(local) });
  assertEquals(codes(lost)[0], "unknown_issuer");
  assertMatch(lost.warnings[0]?.message ?? "", /Cannot use what is at/);
  const shy = await verify([endless], { issuers: fetchIssuers() });
  assertMatch(shy.warnings[0]?.message ?? "", /not a public address/);
});

/** An `AuthorityInfoAccessSyntax` of those URLs, all of one method. */
function accessTo(method: string, urls: readonly string[]) {
  return {
    extensions: [{
      oid: "1.3.6.1.5.5.7.1.1",
      value: sequence(
        ...urls.map((url) =>
          sequence(oid(method), tlv(0x86, new TextEncoder().encode(url)))
        ),
      ),
    }],
  };
}

Deno.test("fetchOcsp() and fetchIssuers() try two places of a certificate, of their own method", async () => {
  await using http = fileServer({});
  const urls = [1, 2, 3].map((at) => `${http.url}/${at}`);
  const context = { now: NOW };
  for (const method of ["1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"]) {
    const leaf = await server(sub, { ...valid, ...accessTo(method, urls) });
    http.requests.length = 0;
    const chain = [leaf, sub].map(certificateOf);
    assertEquals(await fetchOcsp(local)({ chain }, context), undefined);
    assertEquals(await fetchIssuers(local)(certificateOf(leaf), context), []);
    assertEquals(http.requests.length, 2);
    assertEquals(
      http.requests.map((request) => request.split("/")[1]),
      ["1", "2"],
    );
  }
});

Deno.test("fetchIssuers() takes the first eight certificates of an answer", async () => {
  const files: Record<string, Uint8Array> = {};
  await using http = fileServer(files);
  const { raw } = certificateOf(sub);
  const text = certificateOf(sub).toPem();
  files["/pem"] = new TextEncoder().encode(text.repeat(9));
  const signedData = (type: string, ...list: Uint8Array[]) =>
    sequence(
      oid(type),
      explicit(
        0,
        sequence(
          integer(1),
          set(),
          sequence(oid("1.2.840.113549.1.7.1")),
          tlv(0xa0, ...list),
          set(),
        ),
      ),
    );
  files["/nine"] = signedData("1.2.840.113549.1.7.2", ...Array(9).fill(raw));
  files["/three"] = signedData("1.2.840.113549.1.7.2", raw, raw, raw);
  files["/other"] = signedData("1.2.840.113549.1.7.3", raw);
  const expected = { "/pem": 8, "/nine": 8, "/three": 3, "/other": 0 };
  for (const [path, count] of Object.entries(expected)) {
    const problems: TlsError[] = [];
    const leaf = await server(sub, {
      ...valid,
      ...issuerAt(`${http.url}${path}`),
    });
    const found = await fetchIssuers(local)(certificateOf(leaf), {
      now: NOW,
      onProblem: (problem) => problems.push(problem),
    });
    assertEquals(found.length, count, path);
    assertEquals(problems.length, count === 0 ? 1 : 0);
  }
});

Deno.test("fetchCrls() tries three places of a list, and asks for few lists", async () => {
  await using http = fileServer({});
  const names = (...urls: string[]) =>
    sequence(
      explicit(
        0,
        explicit(
          0,
          ...urls.map((url) => tlv(0x86, new TextEncoder().encode(url))),
        ),
      ),
    );
  const withPoints = (points: Uint8Array[]) =>
    server(sub, {
      ...valid,
      extensions: [{ oid: "2.5.29.31", value: sequence(...points) }],
    });
  const requests = async (...path: IssuedCertificate[]) => {
    http.requests.length = 0;
    await fetchCrls(local)(path.map(certificateOf), { now: NOW });
    return http.requests.map((request) => request.replace("GET /", "")).sort();
  };
  const at = (name: string | number) => `${http.url}/${name}`;
  const one = await withPoints([names(...[1, 2, 3, 4].map(at))]);
  assertEquals(await requests(one, sub), ["1", "2", "3"]);
  const five = await withPoints([1, 2, 3, 4, 5].map((name) => names(at(name))));
  assertEquals(await requests(five, sub), ["1", "2", "3", "4"]);
  // The same list of two certificates is asked for once, the anchor's not.
  assertEquals(await requests(five, five, one), ["1", "2", "3", "4"]);
  const many = await Promise.all(
    ["a", "b", "c", "d"].map((letter) =>
      withPoints([1, 2, 3, 4].map((name) => names(at(`${letter}${name}`))))
    ),
  );
  assertEquals((await requests(...many, sub)).length, 12);
});

Deno.test("fetchCrls() and fetchOcsp() pass on what the caller's cache throws", async () => {
  const fault = new Error("the cache is broken");
  const cache: FetchCache = {
    get: () => Promise.reject(fault),
    set: () => {},
  };
  const leaf = await server(sub, {
    ...valid,
    crlUrls: ["http://127.0.0.1:1/list"],
    ocspUrls: ["http://127.0.0.1:1/"],
  });
  const path = [leaf, sub, root].map(certificateOf);
  const context = { now: NOW, onProblem: () => {} };
  const options = { ...local, cache };
  for (
    const fetched of [
      fetchCrls(options)(path, context),
      fetchOcsp(options)({ chain: path }, context),
    ]
  ) {
    const thrown = await Promise.resolve(fetched).catch((error) => error);
    assertEquals(thrown, fault);
  }
});

Deno.test("fetchCrls(), fetchOcsp() and fetchIssuers() check their options", () => {
  for (const make of [fetchCrls, fetchOcsp, fetchIssuers]) {
    for (const timeout of [0, -1, 1.5, NaN, 2 ** 31]) {
      assertThrows(() => make({ timeout }), RangeError, "timeout");
    }
    assertThrows(() => make({ maxBytes: 0 }), RangeError, "maxBytes");
    const text: object = { timeout: "10" };
    assertThrows(() => make(text), TypeError, "timeout");
    const unknown: object = { retries: 3 };
    assertThrows(() => make(unknown), TypeError, "retries");
    const bad = { cache: new Map<never, never>().keys() };
    assertThrows(() => make(bad as object), TypeError, "cache");
  }
});

Deno.test("verifyChain() has a path's lists fetched, and those of the path that takes its place", async () => {
  const other = await authority("Other root", undefined, valid);
  // Of one name and key: the newer one is tried first.
  const newer = await authority("Middle", root, valid);
  const older = await authority("Middle", other, {
    ...valid,
    key: newer.key,
    notBefore: daysFromNow(-31),
  });
  const leaf = await server(newer, valid);
  const revoking = Crl.parse(
    await makeCrl(root, { entries: [entry(certificateOf(newer))] }),
  );
  const asked: string[][] = [];
  const verdict = await verify([leaf, newer, older], {
    trust: TrustStore.of(...[root, other].map(certificateOf)),
    crls: (path) => {
      asked.push(path.map(({ subject }) => subject));
      return path.some(({ subject }) => subject === "CN=Root")
        ? [revoking]
        : [];
    },
    allowUnknownRevocation: true,
  });
  const start = ["CN=example.com", "CN=Middle"];
  assertEquals(verdict.status, "verified");
  assertEquals(asked, [[...start, "CN=Root"], [...start, "CN=Other root"]]);
});

Deno.test("verifyChain() checks the results of functions", async () => {
  const leaf = await server(sub, valid);
  const nonsense = () => "nothing" as unknown as never;
  for (const option of ["crls", "ocsp"] as const) {
    let error: unknown;
    await verify([leaf, sub], { [option]: nonsense }).catch((e) => error = e);
    assert(error instanceof TypeError, option);
    assertMatch(error.message, new RegExp(`^Cannot use what "${option}" retu`));
  }
  for (const given of ["nothing", [1], [certificateOf(leaf), 1]]) {
    let error: unknown;
    const issuers = () => given as unknown as never;
    await verify([leaf], { issuers }).catch((e) => error = e);
    assert(error instanceof TypeError);
    assertMatch(error.message, /^Cannot use what "issuers" returned: expected/);
  }
  let error: unknown;
  await verify([leaf], { issuers: nonsense }).catch((e) => error = e);
  assert(error instanceof TypeError);
});
