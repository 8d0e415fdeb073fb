/**
 * `cert`: inspect, verify, lint, needs-renewal, diff.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Certificate, issueCertificate } from "../../x509/mod.ts";
import { opensslTest, opensslText } from "../x509/_openssl.ts";
import { run, runJson } from "./_run.ts";
import { authority, echo, files, identity } from "./_servers.ts";

const [leaf] = Certificate.fromPem(identity.cert);
assert(leaf !== undefined);

Deno.test("cert inspect reads PEM, DER, standard input and servers", async () => {
  await using server = echo({
    clientAuth: "require",
    caCerts: [authority.cert],
  });
  const given = {
    files: { ...files, "cert.der": leaf.raw },
    stdin: `some words\n${identity.cert}`,
  };
  for (const source of ["cert.pem", "cert.der", "-", server.at]) {
    const { code, json } = await runJson(["cert", "inspect", source], given);
    assertEquals(code, 0, source);
    const [first] = json.result.certificates;
    assertEquals(first.sha256, leaf.fingerprint());
    assertEquals(first.names, ["localhost", "ip:127.0.0.1"]);
    assertEquals(first.key, "EC secp256r1");
    assertEquals(first.daysLeft, 89);
    assertEquals(Certificate.fromPem(json.result.pem)[0]?.equals(leaf), true);
  }
  const { out } = await run(["cert", "inspect", "cert.pem"], given);
  for (const part of ["CN=localhost", "SHA-256", "digitalSignature"]) {
    assertStringIncludes(out, part);
  }
  const pem = await run(["cert", "inspect", "cert.pem", "--pem"], given);
  assertEquals(Certificate.fromPem(pem.out)[0]?.equals(leaf), true);
});

Deno.test("cert inspect shows what a certificate says without its control characters", async () => {
  const { cert } = await issueCertificate({
    names: ["a.test"],
    subject: { CN: "a\x1b[2Jb\u202e" },
  });
  const { out } = await run(["cert", "inspect", "c"], { files: { c: cert } });
  assert(!out.includes("\x1b") && !out.includes("\u202e"));
  assertStringIncludes(out, "\\x1b[2J");
});

Deno.test("cert verify says why not, and exits with 5", async () => {
  const args = ["cert", "verify", "cert.pem", "--ca-file", "ca.pem"];
  const good = await run([...args, "--name", "localhost"], { files });
  assertEquals([good.code, good.err], [0, ""]);
  assertStringIncludes(good.out, "Verdict: verified");
  const cases: readonly (readonly [string[], string])[] = [
    [[...args, "--name", "other.test"], "hostname_mismatch"],
    [[...args, "--at", "2001-01-01"], "certificate_not_yet_valid"],
    [[...args, "--at", "2101-01-01"], "certificate_expired"],
    [["cert", "verify", "cert.pem"], "unknown_issuer"],
  ];
  for (const [words, expected] of cases) {
    const { code, json } = await runJson(words, { files });
    assertEquals([code, json.error.kind], [5, "certificate"]);
    const { errors } = json.result.verdict;
    assert(
      errors.some(({ code }: { code: string }) => code === expected),
      expected,
    );
  }
});

Deno.test("cert lint and needs-renewal answer by 0 or 1", async () => {
  const old = await issueCertificate({
    names: ["a.test"],
    notBefore: new Date(0),
    notAfter: new Date(1),
  });
  const given = { files: { ...files, old: old.cert } };
  const lint = await runJson(["cert", "lint", "cert.pem"], given);
  assertEquals(lint.code, 1);
  const [first] = lint.json.result.certificates;
  assert(first.violations.length > 0);
  assert(
    first.violations.every((each: { rule: string }) => /^\w+$/.test(each.rule)),
  );
  const cases: readonly (readonly [string[], number])[] = [
    [["cert.pem"], 0],
    [["cert.pem", "--within", "80d"], 0],
    [["cert.pem", "--within", "91d"], 1],
    [["cert.pem", "--within", "3000h"], 1],
    [["cert.pem", "--within", "100%"], 1],
    [["old"], 1],
    [["cert.pem", "--within", "soon"], 2],
    [["key.pem"], 6],
    [["nothing"], 6],
  ];
  for (const [words, expected] of cases) {
    const { code, err } = await run(["cert", "needs-renewal", ...words], given);
    assertEquals(code, expected, words.join(" ") + err);
  }
});

Deno.test("cert diff names the fields that differ, and exits with 1", async () => {
  const { cert } = await issueCertificate({
    names: ["localhost", "b.test"],
    issuer: authority,
    key: identity.key,
  });
  const given = { files: { ...files, new: cert } };
  const same = await run(["cert", "diff", "cert.pem", "cert.pem"], given);
  assertEquals([same.code, same.out], [0, "The certificates are the same.\n"]);
  const { code, json } = await runJson(
    ["cert", "diff", "cert.pem", "new"],
    given,
  );
  assertEquals(code, 1);
  const fields = json.result.differences.map(
    ({ field }: { field: string }) => field,
  );
  assert(fields.includes("names") && fields.includes("serial number"));
  assert(!fields.includes("key") && !fields.includes("issuer"), fields.join());
});

Deno.test("--json has no character that a terminal obeys, and the same values", async () => {
  const evil = "a\x9b2J\u202e\u{e0041}b";
  const { cert } = await issueCertificate({
    names: ["a.test"],
    subject: { CN: evil },
  });
  const args = ["cert", "inspect", "c", "--json"];
  const { out } = await run(args, { files: { c: cert } });
  assertEquals(/[\p{Cc}\p{Cf}]/u.test(out.trimEnd()), false);
  assertStringIncludes(out, "a\\u009b2J\\u202e\\udb40\\udc41b");
});

opensslTest("cert inspect says what OpenSSL says", async () => {
  const said = await opensslText(
    ["x509", "-noout", "-serial", "-fingerprint", "-sha256", "-enddate"],
    identity.cert,
  );
  const { json } = await runJson(["cert", "inspect", "cert.pem"], { files });
  const [{ serialNumber, sha256, notAfter }] = json.result.certificates;
  assertStringIncludes(said, `serial=${serialNumber}\n`);
  assertStringIncludes(said, `Fingerprint=${sha256}\n`);
  const [, end = ""] = /notAfter=(.*)/.exec(said) ?? [];
  assertEquals(new Date(end).toISOString(), notAfter);
});
