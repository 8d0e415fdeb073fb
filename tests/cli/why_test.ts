/**
 * `why`: one server for each thing that can be wrong.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ListenOptions } from "../../mod.ts";
import {
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
} from "../../legacy.ts";
import {
  Certificate,
  issueCertificate,
  type IssueOptions,
} from "../../x509/mod.ts";
import { oid, sequence, tlv } from "../../x509/asn1/der_writer.ts";
import { run, runJson } from "./_run.ts";
import { authority, echo, files, identity, plainServer } from "./_servers.ts";

const DAY = 86_400_000;

const intermediate = await issueCertificate({
  names: ["Intermediate CA"],
  ca: true,
  issuer: authority,
});

Deno.test("why says that all is well, in one paragraph", async () => {
  await using server = echo();
  const { code, out, err } = await run(
    ["why", server.at, "--ca-file", "ca.pem"],
    { files },
  );
  assertEquals([code, err], [0, ""]);
  const text = out.replaceAll("\n", " ");
  assert(text.startsWith(`All is well: ${server.at} speaks TLSv1.3 with TLS_`));
  assertStringIncludes(text, "is trusted and valid for 89 days more.");
  assert(out.split("\n").every((line) => line.length <= 80));

  const { cert, key } = await issued({ notAfter: new Date(Date.now() + DAY) });
  await using soon = echo({ cert, key });
  const { json } = await runJson(["why", soon.at, "--ca-file", "ca.pem"], {
    files,
  });
  assertEquals([json.exitCode, json.result.code], [0, "ok"]);
  assertEquals(json.result.todo, "Renew it soon.");
});

Deno.test("why names what is wrong with a certificate", async () => {
  const past = [new Date(0), new Date(DAY)] as const;
  const future = new Date(Date.now() + DAY);
  const alone = await issued({
    issuer: intermediate,
    extensions: [caIssuers("http://ca.test/intermediate.der")],
  });
  const cases: readonly (readonly [
    string,
    Partial<ListenOptions>,
    RegExp,
    RegExp,
  ])[] = [
    [
      "certificate_expired",
      await issued({ notBefore: past[0], notAfter: past[1] }),
      /expired on 1970-01-02 00:00:00 UTC, \d+ days ago/,
      /Renew it/,
    ],
    [
      "certificate_not_yet_valid",
      await issued({ notBefore: future }),
      /valid only from/,
      /clock/,
    ],
    [
      "hostname_mismatch",
      await issued({ names: ["a.test", "b.test"] }),
      /is for a\.test, b\.test, and not for "127\.0\.0\.1"/,
      /default host/,
    ],
    [
      "self_signed",
      await issueCertificate({ names: ["127.0.0.1"] }),
      /self-signed/,
      /--ca-file/,
    ],
    [
      "missing_intermediate",
      // The leaf alone, without the intermediate that it comes with.
      { cert: leafOf(alone.cert), key: alone.key },
      /not the intermediate "CN=Intermediate CA"/,
      /http:\/\/ca\.test\/intermediate\.der/,
    ],
    [
      "unknown_issuer",
      await issueCertificate({
        names: ["127.0.0.1"],
        issuer: await issueCertificate({ names: ["Other CA"], ca: true }),
      }),
      /the authority "CN=Other CA", which is not trusted/,
      /--ca-file/,
    ],
  ];
  for (const [name, { cert, key }, wrong, todo] of cases) {
    await using server = echo({ cert, key } as Partial<ListenOptions>);
    const { code, json } = await runJson(
      ["why", server.at, "--ca-file", "ca.pem"],
      { files },
    );
    assertEquals([code, json.error.kind, json.result.code], [
      5,
      "certificate",
      name,
    ]);
    assert(wrong.test(json.result.wrong), json.result.wrong);
    assert(todo.test(json.result.todo), json.result.todo);
  }
});

Deno.test("why tells two faults of one certificate apart", async () => {
  const { cert, key } = await issued({
    names: ["other.test"],
    notBefore: new Date(0),
    notAfter: new Date(DAY),
  });
  await using server = echo({ cert, key });
  const { out } = await run(["why", server.at, "--ca-file", "ca.pem"], {
    files,
  });
  assertStringIncludes(out, "expired");
  assertStringIncludes(out.replaceAll("\n", " "), "and not for");
});

Deno.test("why finds servers that have nothing but what is weak", async () => {
  const { cert, key } = identity;
  await using old = echo({
    cert,
    key,
    minVersion: "TLSv1",
    maxVersion: "TLSv1",
  });
  const version = await runJson(["why", old.at]);
  assertEquals([version.code, version.json.result.code], [4, "old_version"]);
  assertStringIncludes(version.json.result.wrong, "TLSv1 at most");

  await using weak = echo({
    cert,
    key,
    maxVersion: "TLSv1.2",
    cipherSuites: [
      TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
      TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
    ],
    securityLevel: 0,
  });
  const suite = await runJson(["why", weak.at]);
  assertEquals([suite.code, suite.json.result.code], [4, "nothing_in_common"]);
  assertStringIncludes(suite.json.result.wrong, "3DES");
});

Deno.test("why knows servers that ask for more, and those that speak something else", async () => {
  await using demanding = echo({
    clientAuth: "require",
    caCerts: [authority.cert],
  });
  for (const version of ["1.2", "1.3"]) {
    const { code, json } = await runJson([
      "why",
      demanding.at,
      "--ca-file",
      "ca.pem",
      "--max-version",
      version,
    ], { files });
    assertEquals([code, json.result.wrong.includes("client certificate")], [
      4,
      true,
    ], json.result.wrong);
  }
  for (
    const [said, wrong, todo] of [
      ["HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP", "443"],
      ["220 mail.test ESMTP\r\n", "SMTP", "--starttls smtp"],
      ["* OK IMAP4rev1 ready\r\n", "IMAP", "--starttls imap"],
    ]
  ) {
    await using other = plainServer(async (socket) => {
      await socket.write(new TextEncoder().encode(said));
      const buffer = new Uint8Array(4096);
      while (await socket.read(buffer) !== null);
    });
    const { code, json } = await runJson(["why", other.at]);
    assertEquals([code, json.result.code], [4, "not_tls"]);
    assertStringIncludes(json.result.wrong, wrong ?? "");
    assertStringIncludes(json.result.todo, todo ?? "");
  }
  const nobody = await runJson(["why", "no-such-host.invalid"]);
  assertEquals([nobody.code, nobody.json.result.code], [3, "no_such_host"]);
});

/** A certificate for 127.0.0.1 of the trusted authority, with changes. */
function issued(options: IssueOptions) {
  return issueCertificate({
    names: ["127.0.0.1"],
    issuer: authority,
    ...options,
  });
}

function leafOf(chain: string): string {
  return Certificate.fromPem(chain)[0]?.toPem() ?? "";
}

/** authorityInfoAccess with the place of the issuer's certificate. */
function caIssuers(url: string) {
  const location = tlv(0x86, new TextEncoder().encode(url));
  const description = sequence(oid("1.3.6.1.5.5.7.48.2"), location);
  return { oid: "1.3.6.1.5.5.7.1.1", value: sequence(description) };
}
