/**
 * `ca`, `key`, `pfx`, `crl`, `ocsp`, `ciphers`, `completion`: what works on files.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Certificate } from "../../x509/mod.ts";
import {
  openssl,
  opensslTest,
  opensslText,
  withDirectory,
} from "../x509/_openssl.ts";
import { run, runJson } from "./_run.ts";
import { authority, echo, files, identity } from "./_servers.ts";

Deno.test("ca init and ca issue write files that connect accepts", async () => {
  const init = await run(["ca", "init", "--out", "d", "--name", "My CA"]);
  assertEquals([init.code, init.out], [0, "d/ca.pem\nd/ca-key.pem\n"]);
  const given = { files: Object.fromEntries(init.files) };
  const args = ["ca", "issue", "*.a.test", "127.0.0.1", "--ca", "d"];
  const issue = await run([...args, "--out", "e", "--type", "P-384"], given);
  assertEquals(issue.code, 0, issue.err);
  assertEquals(
    issue.out,
    "e/_wildcard.a.test.pem\ne/_wildcard.a.test-key.pem\n",
  );
  const text = (path: string) =>
    new TextDecoder().decode(issue.files.get(path));
  const cert = text("e/_wildcard.a.test.pem");
  await using server = echo({ cert, key: text("e/_wildcard.a.test-key.pem") });
  const { code, json } = await runJson(
    ["connect", server.at, "--ca-file", "d/ca.pem", "--ca-only"],
    given,
  );
  assertEquals(code, 0);
  assertEquals(json.result.chain[0].names, ["*.a.test", "ip:127.0.0.1"]);
  assertEquals(json.result.chain[0].extendedKeyUsage, ["serverAuth"]);

  const hint = await run(["ca", "install-hint", "--ca", "d"], given);
  assertEquals(hint.code, 0);
  assertStringIncludes(hint.out, "sudo cp d/ca.pem /usr/local/share/");
  const [root] = Certificate.fromPem(
    new TextDecoder().decode(init.files.get("d/ca.pem")),
  );
  assertStringIncludes(hint.out, root?.fingerprint() ?? "-");
});

Deno.test("ca init --permit makes an authority for one domain", async () => {
  const init = await run(["ca", "init", "--out", "d", "--permit", "a.test"]);
  const given = { files: Object.fromEntries(init.files) };
  for (const [name, expected] of [["x.a.test", 0], ["b.test", 5]] as const) {
    const args = ["ca", "issue", name, "--ca", "d", "--out", "e"];
    const issue = await run([...args, "--days", "1"], given);
    assertEquals(issue.code, 0, issue.err);
    const verify = await run(
      ["cert", "verify", `e/${name}.pem`, "--ca-file", "d/ca.pem"],
      { files: { ...given.files, ...Object.fromEntries(issue.files) } },
    );
    assertEquals(verify.code, expected, verify.out);
  }
});

Deno.test("ca refuses what cannot be issued, and files that are there", async () => {
  await withDirectory(async (folder) => {
    // By the real file system, which knows what is there.
    const command = (...args: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", MAIN, "ca", "init", "--out", folder, ...args],
        stderr: "piped",
        stdout: "null",
        env: { NO_COLOR: "1" },
      }).output();
    assertEquals((await command()).code, 0);
    const { mode } = await Deno.stat(`${folder}/ca-key.pem`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
    const again = await command();
    assertEquals(again.code, 6);
    assertStringIncludes(
      new TextDecoder().decode(again.stderr).replaceAll("\n", " "),
      "it exists already; --force replaces it",
    );
  });
  const given = {
    files: { "c/ca.pem": identity.cert, "c/ca-key.pem": identity.key },
  };
  const cases: readonly (readonly [string[], number])[] = [
    [["--ca", "c"], 2],
    [["a.test", "--ca", "c"], 2],
    [["a.test", "--ca", "none"], 6],
    [["a.test", "--ca", "c", "--days", "-1"], 2],
  ];
  for (const [words, expected] of cases) {
    const { code } = await run(["ca", "issue", ...words, "--out", "e"], given);
    assertEquals(code, expected, words.join(" "));
  }
});

Deno.test("ca issue does not write over the authority, --force or not", async () => {
  const given = {
    files: {
      "d/ca.pem": authority.cert,
      "d/ca-key.pem": authority.key,
      // Other names of the same files.
      "./d/ca.pem": authority.cert,
      "link/CA.pem": authority.cert,
      "e/ca.pem": "something else",
    },
  };
  for (
    const [name, out, expected] of [
      ["ca", "d", 2],
      ["ca", "./d", 2],
      ["ca-key", "d", 2],
      ["CA", "link", 2],
      ["ca", "e", 0],
    ] as const
  ) {
    for (const force of [[], ["--force"]]) {
      const { code, err, files } = await run(
        ["ca", "issue", name, "--ca", "d", "--out", out, ...force],
        given,
      );
      assertEquals(code, expected, `${name} ${out}: ${err}`);
      assertEquals(files.size, expected === 0 ? 2 : 0);
      if (code !== 0) assertStringIncludes(err, "a file of the authority");
    }
  }
});

Deno.test("--out - is standard output, with --quiet too, and in JSON with --json", async () => {
  for (
    const [args, start, member] of [
      [["key", "make"], "-----BEGIN PRIVATE KEY-----", "pem"],
      [["ech", "make", "a.test"], "-----BEGIN PRIVATE KEY-----", "pem"],
      [["handshake-page"], "<!doctype html>", "page"],
    ] as const
  ) {
    const out = [...args, "--out", "-"];
    const ran = await run([...out, "--quiet"]);
    assertEquals([ran.code, ran.err, ran.files.size], [0, "", 0], args[0]);
    assertEquals(ran.out.slice(0, start.length), start);
    const { code, json } = await runJson(out);
    assertEquals(code, 0);
    assertEquals(json.result[member].slice(0, start.length), start);
  }
  // What openssl and others read, and nothing behind it.
  const made = await run(["key", "make", "--out", "-"]);
  const back = await run(["key", "inspect", "-"], { stdin: made.out });
  assertEquals([back.code, back.err], [0, ""]);
  assertEquals(made.out.trimEnd().split("\n").at(-1), END);
});

Deno.test("where - cannot be standard output it is refused, and no file gets that name", async () => {
  const given = {
    files: { "ca/ca.pem": authority.cert, "ca/ca-key.pem": authority.key },
  };
  for (
    const args of [
      ["ca", "init", "--out", "-"],
      ["ca", "issue", "a.test", "--ca", "ca", "--out", "-"],
      ["ech", "make", "a.test", "--config-out", "-"],
      ["connect", "127.0.0.1:1", "--page", "-"],
      ["connect", "127.0.0.1:1", "--session-out", "-"],
      ["connect", "127.0.0.1:1", "--key-log", "-"],
      ["serve", "--key-log", "-"],
    ]
  ) {
    const { code, err, files } = await run(args, given);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(err.replaceAll("\n", " "), 'expected a path ("./-"');
    assertEquals(files.size, 0);
  }
  const { code, files } = await run(["key", "make", "--out", "./-"]);
  assertEquals([code, [...files.keys()]], [0, ["./-"]]);
});

Deno.test("key makes, inspects and matches keys", async () => {
  const make = await run(["key", "make", "--out", "k", "--type", "ed25519"]);
  assertEquals([make.code, make.out], [0, "k: Ed25519\n"]);
  const given = { files: { ...files, ...Object.fromEntries(make.files) } };
  const { json } = await runJson(["key", "inspect", "k"], given);
  assertEquals(json.result.signatureSchemes, ["ed25519"]);
  const same = await run(["key", "match", "key.pem", "cert.pem"], given);
  assertEquals(same.code, 0);
  const other = await run(["key", "match", "k", "cert.pem"], given);
  assertEquals(other.code, 1);
  const none = await run(["key", "inspect", "cert.pem"], given);
  assertEquals(none.code, 6);
});

opensslTest("key and pfx open what OpenSSL encrypted", async () => {
  await withDirectory(async (folder) => {
    const [cert, key, pfx] = ["c", "k", "p"].map((name) => `${folder}/${name}`);
    assert(cert !== undefined && key !== undefined && pfx !== undefined);
    await Deno.writeTextFile(cert, identity.cert);
    await Deno.writeTextFile(key, identity.key);
    await openssl([
      ...["pkcs12", "-export", "-out", pfx, "-passout", "pass:secret"],
      ...["-in", cert, "-inkey", key],
    ]);
    const locked = await opensslText([
      ...["pkcs8", "-topk8", "-in", key, "-passout", "pass:secret"],
    ]);
    const given = {
      files: { locked, word: "secret\nmore\n" },
      variables: { WORD: "secret", WRONG: "x" },
    };
    const pass = ["--passphrase", "file:word"];
    const open = await runJson(["key", "inspect", "locked", ...pass], given);
    assertEquals(open.json.result.key, "EC secp256r1");
    const pin = open.json.result.pin;
    const inspect = await runJson(["pfx", "inspect", pfx, ...pass], given);
    assertEquals(inspect.json.result.certificates[0].names[0], "localhost");
    const extract = await run([
      ...["pfx", "extract", pfx, "--out", "d", "--passphrase", "env:WORD"],
    ], given);
    assertEquals(extract.code, 0, extract.err);
    const { json } = await runJson(["key", "inspect", "d/key.pem"], {
      files: Object.fromEntries(extract.files),
    });
    assertEquals(json.result.pin, pin);
    const wrong = await runJson(
      ["pfx", "inspect", pfx, "--passphrase", "env:WRONG"],
      given,
    );
    assertEquals([wrong.code, wrong.json.error.code], [6, "wrong_passphrase"]);
    const absent = await run(
      ["pfx", "inspect", pfx, "--passphrase", "env:ABSENT"],
      given,
    );
    assertEquals(absent.code, 2);
  });
});

opensslTest("crl and ocsp read what OpenSSL's authority says", async () => {
  await withDirectory(async (folder) => {
    const { serial, crl, ocsp } = await revoked(folder);
    const given = { files: { ...files, crl, ocsp } };
    const list = await runJson(["crl", "crl"], given);
    assertEquals(list.code, 0);
    assertEquals(list.json.result.lists[0].issuer, "CN=Test CA");
    assertEquals(list.json.result.lists[0].size, 1);
    const listed = await runJson(["crl", "crl", "--cert", "cert.pem"], given);
    assertEquals(listed.code, 1);
    assertEquals(listed.json.result.revoked[0].serialNumber, serial);
    const colons = serial.replace(/..(?=.)/g, "$&:").toLowerCase();
    assertEquals(
      (await run(["crl", "crl", "--serial", colons], given)).code,
      1,
    );
    assertEquals((await run(["crl", "crl", "--serial", "01"], given)).code, 0);
    const verify = ["cert", "verify", "cert.pem", "--ca-file", "ca.pem"];
    const { code, json } = await runJson(
      [...verify, "--crl-file", "crl"],
      given,
    );
    assertEquals([code, json.error.code], [5, "certificate_revoked"]);

    const response = await runJson(["ocsp", "ocsp"], given);
    assertEquals(response.code, 1);
    assertEquals(response.json.result.responses[0].status, "revoked");
    await using server = echo({ ocspResponse: ocsp });
    const staple = await runJson(["ocsp", server.at], given);
    assertEquals(staple.json.result, response.json.result);
    await using without = echo();
    const none = await runJson(["ocsp", without.at], given);
    assertEquals([none.code, none.json.error.code], [4, "no_staple"]);
  });
});

opensslTest("ciphers lists what openssl ciphers -v lists", async () => {
  for (const text of ["ECDHE+AESGCM", "ALL:!aNULL:!PSK:!SRP:@STRENGTH"]) {
    const said = await opensslText(["ciphers", "-v", text]);
    const ours = await run(["ciphers", text]);
    assertEquals(ours.code, 0);
    const known = new Set(
      ours.out.trimEnd().split("\n").map((line) => line.split(" ")[0]),
    );
    const theirs = said.trimEnd().split("\n")
      .filter((line) => known.has(line.split(" ")[0] ?? ""));
    assertEquals(squeezed(ours.out), squeezed(theirs.join("\n")));
  }
  const { code, json } = await runJson(["ciphers", "--protocol", "1.3"]);
  assertEquals(code, 0);
  assert(json.result.cipherSuites.length >= 3);
  const weak = await run(["ciphers", "RC4", "--legacy", "--names", "iana"]);
  assertStringIncludes(weak.out, "TLS_RSA_WITH_RC4_128_SHA ");
  for (const words of [["NO-SUCH-SUITE"], ["RC4"], ["--protocol", "2"]]) {
    assertEquals((await run(["ciphers", ...words])).code, 2, words.join());
  }
});

Deno.test("completion makes scripts that bash runs", async () => {
  const { code, out } = await run(["completion", "bash"]);
  assertEquals(code, 0);
  const complete = async (...words: string[]) => {
    const line = words.map((word) => `'${word}'`).join(" ");
    const command = new Deno.Command("bash", {
      args: [
        "-c",
        `${out}\nCOMP_WORDS=(tls ${line}); COMP_CWORD=${words.length}
_tls_complete; echo "\${COMPREPLY[@]}"`,
      ],
    });
    return new TextDecoder().decode((await command.output()).stdout).trim();
  };
  assertEquals(await complete("cert", "v"), "verify");
  assertEquals(
    await complete("connect", "--starttls", "x"),
    "xmpp xmpp-server",
  );
  assertEquals(await complete("why", "a.test", "--unsa"), UNSAFELY);
  for (const shell of ["zsh", "fish"]) {
    const other = await run(["completion", shell, "--command", "x-tls"]);
    assertStringIncludes(other.out, "x-tls");
    assertStringIncludes(other.out, "needs-renewal");
  }
  assertEquals((await run(["completion", "csh"])).code, 2);
});

Deno.test("help of every command fits into 80 columns", async () => {
  const { json } = await runJson(["completion", "bash"]);
  const [, list = ""] = /\n {6}(.*)\) at=/.exec(json.result.script) ?? [];
  const paths = [...list.matchAll(/' ([^']+)'/g)].map(([, path = ""]) =>
    path.split(" ")
  );
  assert(paths.length > 15);
  for (const path of [[], ...paths]) {
    const { code, out } = await run([...path, "--help"], { isTerminal: true });
    assertEquals(code, 0);
    assertStringIncludes(out, `Usage: tls ${path.join(" ")}`);
    for (const line of out.split("\n")) assert(line.length <= 80, line);
  }
  assertEquals((await run([])).code, 2);
  assertEquals((await run(["cert"])).code, 2);
});

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;

const UNSAFELY = "--unsafely-ignore-certificate-errors";

/** OpenSSL's columns are as wide as its longest name. */
function squeezed(text: string): string[] {
  return text.trim().split("\n").map((line) =>
    line.trim().replace(/\s+/g, " ")
  );
}

/** The authority revokes the leaf: a list and a response that say so. */
async function revoked(folder: string) {
  const path = (name: string) => `${folder}/${name}`;
  const [leaf] = Certificate.fromPem(identity.cert);
  assert(leaf !== undefined);
  const serial = leaf.serialNumber;
  await Deno.writeTextFile(path("ca.pem"), authority.cert);
  await Deno.writeTextFile(path("ca.key"), authority.key);
  await Deno.writeTextFile(path("cert.pem"), identity.cert);
  await Deno.writeTextFile(
    path("index"),
    `R\t991231235959Z\t260101000000Z\t${serial}\tunknown\t/CN=localhost\n`,
  );
  await Deno.writeTextFile(path("index.attr"), "unique_subject = no\n");
  await Deno.writeTextFile(
    path("conf"),
    `[ca]\ndefault_ca=a\n[a]\ndatabase=${path("index")}\ndefault_md=sha256\n`,
  );
  const signer = ["-cert", path("ca.pem"), "-keyfile", path("ca.key")];
  await openssl([
    ...["ca", "-config", path("conf"), "-gencrl", "-crldays", "3650"],
    ...[...signer, "-out", path("crl")],
  ]);
  await openssl([
    ...["ocsp", "-index", path("index"), "-CA", path("ca.pem")],
    ...["-rsigner", path("ca.pem"), "-rkey", path("ca.key"), "-ndays", "3"],
    ...["-issuer", path("ca.pem"), "-cert", path("cert.pem"), "-no_nonce"],
    ...["-respout", path("ocsp"), "-noverify"],
  ]);
  return {
    serial,
    crl: await Deno.readFile(path("crl")),
    ocsp: await Deno.readFile(path("ocsp")),
  };
}

const END = "-----END PRIVATE KEY-----";
