/**
 * Raw public keys (RFC 7250) of both sides with GnuTLS, and with the OpenSSL 3.5
 * that psycopg's package for Python carries.
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
import { temporaryFolder, writeFile } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { ownFile } from "./_peers/path.ts";
import { missing } from "./_peers/peer.ts";
import { listeningPort } from "./_peers/port.ts";
import { PeerProcess } from "./_peers/process.ts";
import { python } from "./_peers/python.ts";

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

/** The package cannot be imported alone. */
const FIND = "import importlib.util as u; print(u.find_spec('psycopg_binary'))";
const libsslMissing = missing(python, ["-c", FIND], /origin/);

if (libsslMissing !== undefined) absent("raw public keys", libsslMissing);
else {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    test(`@x/tls → OpenSSL 3.5: ${version} raw public keys`, async () => {
      await toLibssl(version);
    });
    test(`OpenSSL 3.5 → @x/tls: ${version} raw public keys`, async () => {
      await fromLibssl(version);
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
  const { listener, port } = listening(version, keys);
  await using program = new PeerProcess("stdbuf", [
    ...["-oL", "gnutls-cli", "--port", `${port}`],
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

async function toLibssl(version: TlsVersion): Promise<void> {
  const keys = await makeKeys();
  await using program = libssl("server", version, keys);
  const [, port] = await program.said(/"port": (\d+)/g);
  await using conn = await connect({
    port: Number(port),
    ...ours(version, keys),
  });
  check(conn, version, keys);
  await program.said(keyOf(keys.ours));
  await conn.write(DATA);
  assertEquals(await conn.read(new Uint8Array(100)), DATA.length);
}

async function fromLibssl(version: TlsVersion): Promise<void> {
  const keys = await makeKeys();
  const { listener, port } = listening(version, keys);
  await using program = libssl("client", version, keys, `port=${port}`);
  try {
    await using conn = await listener.accept();
    check(conn, version, keys);
    await program.said(keyOf(keys.ours));
    const length = await conn.read(new Uint8Array(100)) ?? 0;
    await conn.write(DATA.subarray(0, length));
    await program.said(/"data": "hello"/g);
  } finally {
    listener.close();
  }
}

/** A server that asks clients for their keys. */
function listening(version: TlsVersion, keys: Keys) {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...ours(version, keys),
    clientAuth: "require",
  });
  const { addr } = listener;
  return { listener, port: "port" in addr ? addr.port : 0 };
}

function libssl(
  role: "client" | "server",
  version: TlsVersion,
  { files, ours }: Keys,
  ...more: string[]
): PeerProcess {
  const pin = writeFile(`${crypto.randomUUID()}.pub`, pemOf(ours));
  return new PeerProcess(python, [
    ...[ownFile("libssl_peer.py"), `role=${role}`, `version=${version}`],
    ...[`key=${files.key}`, `pin=${pin}`, ...more],
  ]);
}

/** It says which key it was shown. */
function keyOf({ publicKey }: Signer): RegExp {
  return new RegExp(`"key": "${publicKey.spki.toHex()}"`, "g");
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
