/**
 * Raw public keys (RFC 7250) of both sides with GnuTLS.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  connect,
  listen,
  type TlsConn,
  type TlsOptions,
  type TlsVersion,
} from "../../mod.ts";
import {
  formatPem,
  issueCertificate,
  PrivateKey,
  type Signer,
} from "../../x509/mod.ts";
import { gnutlsMissing } from "./_peers/gnutls.ts";
import { temporaryFolder } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { listeningPort } from "./_peers/port.ts";
import { PeerProcess } from "./_peers/process.ts";

if (gnutlsMissing !== undefined) absent("raw public keys", gnutlsMissing);
else {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    test(`@x/tls → GnuTLS: ${version} raw public keys`, async () => {
      await toServer(version);
    });
    test(`GnuTLS → @x/tls: ${version} raw public keys`, async () => {
      await toClient(version);
    });
  }
}

function test(name: string, run: () => Promise<void>): void {
  Deno.test(name, UNSANITIZED, () => attempt(run));
}

async function toServer(version: TlsVersion): Promise<void> {
  const keys = await makeKeys();
  await using program = new PeerProcess("stdbuf", [
    ...["-oL", "gnutls-serv", "--port", "0", "--echo", "--crlf"],
    ...["--require-client-cert", ...argumentsFor(version, keys)],
  ]);
  await program.said(/IPv4 .*done$/gm);
  await using conn = await connect({
    port: await listeningPort(program.pid),
    ...ours(version, keys),
  });
  check(conn, version, keys);
  await conn.write(DATA);
  assertEquals(await conn.read(new Uint8Array(100)), DATA.length);
  await program.said(/^- Got 1 Raw public-key\(s\)\.$/gm);
}

async function toClient(version: TlsVersion): Promise<void> {
  const keys = await makeKeys();
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...ours(version, keys),
    clientAuth: "require",
  });
  const { addr } = listener;
  await using program = new PeerProcess("stdbuf", [
    ...["-oL", "gnutls-cli", "--port", "port" in addr ? `${addr.port}` : ""],
    ...["--no-ca-verification", ...argumentsFor(version, keys), "127.0.0.1"],
  ]);
  try {
    await using conn = await listener.accept();
    check(conn, version, keys);
    await conn.write(DATA);
    await program.said(/^hello$/gm);
    await program.said(/^- Got 1 Raw public-key\(s\)\.$/gm);
  } finally {
    listener.close();
  }
}

const DATA = new TextEncoder().encode("hello\n");

interface Keys {
  readonly ours: Signer;
  readonly theirs: Signer;
  /** Paths of their key. */
  readonly files: { readonly key: string; readonly pub: string };
}

async function makeKeys(): Promise<Keys> {
  const ours = await PrivateKey.parse(
    (await issueCertificate({ names: ["a.test"] })).key,
  );
  const { key } = await issueCertificate({ names: ["b.test"] });
  const theirs = await PrivateKey.parse(key);
  const path = `${temporaryFolder()}/raw-${crypto.randomUUID()}`;
  const files = { key: `${path}.key`, pub: `${path}.pub` };
  await Deno.writeTextFile(files.key, key);
  await Deno.writeTextFile(files.pub, pemOf(theirs));
  return { ours, theirs, files };
}

function pemOf({ publicKey }: Signer): string {
  return formatPem("PUBLIC KEY", publicKey.spki);
}

function ours(
  version: TlsVersion,
  keys: Keys,
): Pick<
  TlsOptions,
  | "minVersion"
  | "maxVersion"
  | "certificates"
  | "peerCertificateTypes"
  | "trustedPublicKeys"
> {
  return {
    minVersion: version,
    maxVersion: version,
    certificates: [{ rawPublicKey: true, key: keys.ours }],
    peerCertificateTypes: ["RawPublicKey"],
    trustedPublicKeys: [pemOf(keys.theirs)],
  };
}

function argumentsFor(version: TlsVersion, { files }: Keys): string[] {
  const name = version.replace("TLSv", "TLS");
  const types = "+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK";
  return [
    ...["--rawpkkeyfile", files.key, "--rawpkfile", files.pub],
    ...["--priority", `NORMAL:-VERS-ALL:+VERS-${name}:${types}`],
  ];
}

function check(conn: TlsConn, version: TlsVersion, keys: Keys): void {
  const { info } = conn;
  assertEquals(info.version, version);
  assertEquals(info.authorization, { status: "verified" });
  assertEquals(info.peerRawPublicKey?.spki, keys.theirs.publicKey.spki);
  assertEquals(info.localRawPublicKey, keys.ours.publicKey.spki);
}
