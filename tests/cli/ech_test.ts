/**
 * Encrypted ClientHello and raw public keys on the command line.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatPem } from "../../x509/asn1/pem.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { run, runJson } from "./_run.ts";
import { authority, echo, files, identity } from "./_servers.ts";

const decoded = (bytes: Uint8Array | undefined) =>
  new TextDecoder().decode(bytes);

Deno.test("ech make without a file gives the key, also as JSON", async () => {
  const { json } = await runJson(["ech", "make", "public.test"]);
  assertStringIncludes(json.result.pem, "-----BEGIN PRIVATE KEY-----");
  assertStringIncludes(json.result.pem, "-----BEGIN ECHCONFIG-----");
  const kept = await runJson(["ech", "make", "public.test", "--out", "e.pem"]);
  assertEquals(kept.json.result.pem, null);
});

Deno.test("ech make does not write the configuration over the key", async () => {
  const { code, err, files } = await run(
    "ech make public.test --out a --config-out a --force".split(" "),
  );
  assertEquals(code, 2);
  assertStringIncludes(err, `Cannot write "a" twice`);
  assertEquals(files.has("a"), false);
});

Deno.test("ech inspect reads a file whose path could be base64", async () => {
  const path =
    "/home/someone/projects/certificates/ech/configurations/of/mine/1";
  assertEquals(path.length, 64);
  const made = await run(["ech", "make", "public.test", "--config-out", "c"]);
  const config = decoded(made.files.get("c"));
  const { code, out } = await run(["ech", "inspect", path], {
    files: { [path]: config },
  });
  assertEquals(code, 0);
  assertStringIncludes(out, "public.test");
});

Deno.test("ech make makes keys with which connect hides the name", async () => {
  const made = await run([
    ..."ech make public.test --out ech.pem --config-out public.pem".split(" "),
    ..."--config-id 7 --maximum-name-length 32".split(" "),
  ]);
  assertEquals(made.code, 0, made.err);
  const [param = "", ...paths] = made.out.trim().split("\n");
  assertEquals(paths, ["ech.pem", "public.pem"]);
  const pem = decoded(made.files.get("ech.pem"));
  const config = decoded(made.files.get("public.pem"));
  assertStringIncludes(pem, "-----BEGIN PRIVATE KEY-----");
  assert(!config.includes("PRIVATE KEY"));

  const { cert, key } = await issueCertificate({
    names: ["secret.test", "public.test"],
    issuer: authority,
  });
  await using server = echo({ cert, key, ech: { keys: pem } });
  const args = ["connect", server.at, "--ca-file", "ca.pem"];
  const name = ["--server-name", "secret.test"];
  const value = param.slice('ech="'.length, -1);
  const given = { ...files, "public.pem": config, "value": `${value}\n` };
  for (const source of ["public.pem", "value", value, param]) {
    const { code, json } = await runJson(
      [...args, ...name, "--ech", source],
      { files: given },
    );
    assertEquals(code, 0, source);
    assertEquals(json.result.connection.ech, "accepted", source);
    assertEquals(json.result.connection.serverName, "secret.test");
  }
  const grease = await runJson([...args, ...name, "--ech", "grease"], {
    files,
  });
  assertEquals(grease.json.result.connection.ech, "grease");

  const inspected = await runJson(["ech", "inspect", "public.pem"], {
    files: given,
  });
  assertEquals(inspected.json.result, [{
    publicName: "public.test",
    configId: 7,
    kem: "DHKEM(X25519, HKDF-SHA256)",
    cipherSuites: [
      "HKDF-SHA256, AES-128-GCM",
      "HKDF-SHA256, ChaCha20Poly1305",
      "HKDF-SHA256, AES-256-GCM",
    ],
    maximumNameLength: 32,
    unusable: null,
  }]);
});

Deno.test("connect --ech never falls back to a name that all can read", async () => {
  const { json } = await runJson(["ech", "make", "public.test"]);
  const { cert, key } = await issueCertificate({
    names: ["secret.test", "public.test"],
    issuer: authority,
  });
  await using server = echo({ cert, key });
  const args = ["connect", server.at, "--ca-file", "ca.pem", "--ech"];
  const name = ["--server-name", "secret.test"];
  const refused = await runJson([...args, json.result.svcParam, ...name], {
    files,
  });
  assertEquals([refused.code, refused.json.error.code], [4, "ech_rejected"]);
  for (const source of ["ca.pem", "no.pem", "AAAA"]) {
    const wrong = await run([...args, source, ...name], { files });
    assert(wrong.code !== 0 && wrong.err.startsWith("error: Cannot "), source);
  }
});

Deno.test("ech make refuses what is no host name, and replaces no file", async () => {
  const wrong = await run(["ech", "make", "127.0.0.1"]);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, "expected a host name");
  const number = await run(["ech", "make", "a.test", "--config-id", "256"]);
  assertEquals(number.code, 2);
  const key = await run(["ech", "make", "a.test"]);
  assertStringIncludes(key.out, "-----BEGIN ECHCONFIG-----");
});

Deno.test("connect --trust-key verifies a raw public key, and --raw-key shows one", async () => {
  const [certificate] = Certificate.fromPem(identity.cert);
  const { spki } = certificate?.publicKey ?? {};
  const own = formatPem("PUBLIC KEY", spki ?? new Uint8Array());
  const other = await issueCertificate({ names: ["other"] });
  const [another] = Certificate.fromPem(other.cert);
  const foreign = formatPem(
    "PUBLIC KEY",
    another?.publicKey.spki ?? new Uint8Array(),
  );
  await using server = echo({
    cert: undefined,
    key: undefined,
    certificates: [{ rawPublicKey: true, key: identity.key }],
    clientAuth: "require",
    peerCertificateTypes: ["RawPublicKey"],
    trustedPublicKeys: [foreign],
  });
  const given = { files: { own, foreign, "raw.pem": other.key } };
  const args = ["connect", server.at, "--raw-key", "raw.pem", "--trust-key"];
  const { code, json } = await runJson([...args, "own"], given);
  assertEquals([code, json.error], [0, null]);
  assertEquals(json.result.connection.authorization, "verified");
  assertEquals(json.result.connection.rawPublicKey, spki?.toHex());
  const human = await run([...args, "own", "--no-pipe"], given);
  assertStringIncludes(human.out, "a raw public key (RFC 7250)");
  const refused = await run([...args, "foreign"], given);
  assertEquals(refused.code, 5, refused.err);
});
