/**
 * `scan`: our own server as it is, one with all that is weak, and OpenSSL's.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
} from "../../legacy.ts";
import { serverIdentity, trust } from "../interop/_peers/material.ts";
import { opensslMissing } from "../interop/_peers/openssl.ts";
import { peersAreRequired } from "../interop/_peers/peer.ts";
import { PeerProcess } from "../interop/_peers/process.ts";
import { run, runJson } from "./_run.ts";
import { echo, files, plainServer } from "./_servers.ts";

interface Found {
  readonly id: string;
  readonly level: string;
}

Deno.test("scan lists what our server negotiates, and has nothing to repair", async () => {
  await using server = echo({ alpnProtocols: ["http/1.1"] });
  const { code, json } = await runJson(
    ["scan", server.at, "--ca-file", "ca.pem"],
    { files },
  );
  assertEquals(code, 0, JSON.stringify(json.result?.findings));
  const { versions, groups, signatureSchemes, findings, resumption } =
    json.result;
  assertEquals(
    versions.map(({ version }: { version: string }) => version),
    ["TLSv1.3", "TLSv1.2"],
  );
  assertEquals(versions[0].cipherSuites.length, 3);
  assert(groups.includes("X25519MLKEM768") && groups.includes("secp256r1"));
  // TLS 1.2 binds a scheme to no curve: the key signs with all three hashes.
  assertEquals(signatureSchemes[0], "ecdsa_secp256r1_sha256");
  assertEquals(resumption, { "TLSv1.3": "resumed", "TLSv1.2": "resumed" });
  assertEquals(json.result.alpnProtocol, "http/1.1");
  assertEquals(json.result.clientRenegotiation, false);
  const ids = findings.map(({ id }: Found) => id);
  for (const id of ["tls13", "post_quantum", "certificate"]) {
    assert(ids.includes(id), id);
  }
  assert(!findings.some(({ level }: Found) => level === "bad"));
});

Deno.test("scan finds what is weak, and exits with 1", async () => {
  await using server = echo({
    minVersion: "TLSv1",
    maxVersion: "TLSv1.2",
    cipherSuites: [
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
      TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
      TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
    ],
    unsafelyAllowAnonymous: true,
    preferServerCipherSuites: false,
    renegotiation: "freely",
    securityLevel: 0,
    tickets: 0,
  });
  const { code, json } = await runJson(["scan", server.at]);
  assertEquals(code, 1);
  const ids = json.result.findings.map(({ id }: Found) => id);
  for (
    const id of [
      "tls10",
      "tls11",
      "no_tls13",
      "triple_des",
      "anonymous",
      "cbc",
      "client_preference",
      "no_post_quantum",
      "client_renegotiation",
      "unknown_issuer",
    ]
  ) assert(ids.includes(id), `${id} is not among ${ids}`);
  assertEquals(json.result.fallbackScsv, true);
  assertEquals(json.result.resumption, { "TLSv1.2": "none" });
});

Deno.test({
  name: `scan reads the same of OpenSSL that it was given${
    opensslMissing === undefined ? "" : ` (ignored: ${opensslMissing})`
  }`,
  ignore: opensslMissing !== undefined && !peersAreRequired(),
  async fn() {
    const { certFile, keyFile } = await serverIdentity("RSA");
    const { file } = await trust();
    await using server = new PeerProcess("openssl", [
      ...["s_server", "-accept", "127.0.0.1:0", "-serverpref"],
      ...["-cert", certFile, "-key", keyFile, "-naccept", "1000"],
      ...["-cipher", "AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"],
      ...["-ciphersuites", "TLS_AES_128_GCM_SHA256", "-groups", "P-256:X25519"],
      ...["-min_protocol", "TLSv1.1"],
    ]);
    const [, port] = await server.said(/^ACCEPT .*:(\d+)$/gm);
    const args = ["scan", `127.0.0.1:${port}`, "--server-name", "peer.test"];
    const { code, json } = await runJson([...args, "--ca-file", file]);
    assertEquals(code, 1, JSON.stringify(json.error));
    const { versions, groups, findings, signatureSchemes } = json.result;
    assertEquals(versions, [
      {
        version: "TLSv1.3",
        cipherSuites: ["TLS_AES_128_GCM_SHA256"],
        preference: null,
      },
      {
        version: "TLSv1.2",
        cipherSuites: [
          "TLS_RSA_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ],
        preference: "server",
      },
      {
        version: "TLSv1.1",
        cipherSuites: ["TLS_RSA_WITH_AES_256_CBC_SHA"],
        preference: null,
      },
    ]);
    assertEquals(groups.sort(), ["secp256r1", "x25519"]);
    assert(signatureSchemes.includes("rsa_pss_rsae_sha256"));
    const ids = findings.map(({ id }: Found) => id);
    for (const id of ["tls11", "no_forward_secrecy", "cbc", "certificate"]) {
      assert(ids.includes(id), `${id} is not among ${ids}`);
    }
  },
});

Deno.test("scan ends where there is nothing to scan, and shows progress on terminals", async () => {
  await using other = plainServer(async (socket) => {
    await socket.write(new TextEncoder().encode("SSH-2.0-x\r\n"));
    const buffer = new Uint8Array(4096);
    while (await socket.read(buffer) !== null);
  });
  assertEquals((await run(["scan", other.at])).code, 4);
  const nobody = await run(["scan", "no-such-host.invalid"]);
  assertEquals(nobody.code, 3);
  await using server = echo({ maxVersion: "TLSv1.2" });
  const { code, err, out } = await run(["scan", server.at], {
    isTerminal: true,
  });
  assertEquals(code, 1);
  assertStringIncludes(err, "\r\x1b[Khandshake 12");
  assert(err.endsWith("\r\x1b[K"));
  assertStringIncludes(out, "\x1b[31mbad    \x1b[0m");
});
