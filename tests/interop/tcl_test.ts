import { assert, assertEquals } from "@std/assert";
import { connect, type ConnectionInfo, listen } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { absent } from "./_peers/matrix.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  SERVER_NAME,
  serverIdentity,
  temporaryFolder,
  trust,
} from "./_peers/material.ts";
import { payload } from "./_peers/peer.ts";

/**
 * The package `tls` of Tcl, which stands on OpenSSL. As a server it has a
 * context of its own for each connection, so there is nothing to resume.
 */
const PACKAGE = "package require tls";

const SIZE = 2 ** 20;

const versions = ["TLSv1.3", "TLSv1.2"] as const;

function tclMissing(): string | undefined {
  const path = `${temporaryFolder()}/probe.tcl`;
  Deno.writeTextFileSync(path, PACKAGE);
  try {
    const { success } = new Deno.Command("tclsh", { args: [path] })
      .outputSync();
    return success ? undefined : "no package tls for tclsh";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "no tclsh on PATH";
    throw error;
  }
}

/** Only one version, in the words of the package. */
function only(version: typeof versions[number]): string {
  return ["tls1", "tls1.1", "tls1.2", "tls1.3"]
    .map((name) =>
      `-${name} ${name === version.toLowerCase().replace("v", "") ? 1 : 0}`
    )
    .join(" ");
}

function start(script: string, name: string, ...args: string[]) {
  const path = `${temporaryFolder()}/${name}.tcl`;
  Deno.writeTextFileSync(path, script);
  return new Deno.Command("tclsh", {
    args: [path, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Sends a file, reads as much back, writes it to another. */
const CLIENT = `
${PACKAGE}
lassign $argv port name ca in out certfile keyfile
set in [open $in rb]; set bytes [read $in]; close $in
set own {}
if {$certfile ne ""} { set own [list -certfile $certfile -keyfile $keyfile] }
set s [tls::socket -cafile $ca -require 1 -servername $name VERSION {*}$own 127.0.0.1 $port]
fconfigure $s -translation binary -blocking 1 -buffersize 65536
tls::handshake $s
puts -nonewline $s [string range $bytes 0 99]; flush $s
set back [read $s 100]
puts -nonewline $s [string range $bytes 100 end]; flush $s
append back [read $s [expr {[string length $bytes] - 100}]]
set out [open $out wb]; puts -nonewline $out $back; close $out
puts [dict get [tls::status $s] cipher]
close $s
`;

/** Sends back what comes, connection after connection. */
const SERVER = `
${PACKAGE}
lassign $argv cert key ca require
proc echo {s} {
  if {[catch {read $s} bytes] || [eof $s]} { close $s; return }
  puts -nonewline $s $bytes; flush $s
}
proc shake {s} {
  if {[eof $s] || [catch {tls::handshake $s} done]} { close $s; return }
  if {$done} { fileevent $s readable [list echo $s] }
}
proc accept {s host port} {
  fconfigure $s -translation binary -blocking 0
  fileevent $s readable [list shake $s]
}
set l [tls::socket -server accept -myaddr 127.0.0.1 -certfile $cert -keyfile $key -cafile $ca -request $require -require $require VERSION 0]
puts [lindex [fconfigure $l -sockname] 2]; flush stdout
vwait forever
`;

const reason = tclMissing();
if (reason !== undefined) absent("Tcl", reason);
else {
  for (const version of versions) {
    for (const certificate of [false, true]) {
      const with_ = certificate ? " with a client certificate" : "";
      Deno.test(
        `Tcl's client, our server: ${version}${with_}`,
        () => tclClient(version, certificate),
      );
      Deno.test(
        `our client, Tcl's server: ${version}${with_}`,
        () => tclServer(version, certificate),
      );
    }
  }
}

async function tclClient(
  version: typeof versions[number],
  certificate: boolean,
): Promise<void> {
  const { cert, key } = await serverIdentity();
  const { file: ca, pem } = await trust();
  const own = await clientIdentity();
  let info: ConnectionInfo | undefined;
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    cert,
    key,
    trust: TrustStore.of(pem),
    clientAuth: certificate ? "require" : "none",
  });
  const serving = (async () => {
    for await (const conn of listener) {
      info = conn.info;
      await conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const folder = temporaryFolder();
  const [from, to] = [`${folder}/tcl-in`, `${folder}/tcl-out`];
  const sent = payload(SIZE);
  await Deno.writeFile(from, sent);
  const { success, stderr } = await start(
    CLIENT.replace("VERSION", only(version)),
    "client",
    ...[String(port), SERVER_NAME, ca, from, to],
    ...(certificate ? [own.certFile, own.keyFile] : ["", ""]),
  ).output();
  listener.close();
  await serving;
  assert(success, new TextDecoder().decode(stderr));
  assertEquals(info?.version, version);
  assertEquals(info?.serverName, SERVER_NAME);
  assertEquals(
    info?.peerCertificates[0]?.subject,
    certificate ? `CN=${CLIENT_NAME}` : undefined,
  );
  assertEquals(await Deno.readFile(to), sent);
}

async function tclServer(
  version: typeof versions[number],
  certificate: boolean,
): Promise<void> {
  const identity = await serverIdentity();
  const { file: ca, pem } = await trust();
  const own = await clientIdentity();
  const server = start(
    SERVER.replace("VERSION", only(version)),
    "server",
    ...[identity.certFile, identity.keyFile, ca, certificate ? "1" : "0"],
  );
  const lines = server.stdout.getReader();
  const words = new Response(server.stderr).text();
  try {
    const { value } = await lines.read();
    const port = Number(new TextDecoder().decode(value));
    await using conn = await connect({
      hostname: "127.0.0.1",
      port,
      serverName: SERVER_NAME,
      trust: TrustStore.of(pem),
      ...(certificate ? { cert: own.cert, key: own.key } : {}),
    });
    assertEquals(conn.info.version, version);
    const sent = payload(SIZE);
    const back = new Uint8Array(SIZE);
    const writing = conn.write(sent);
    for (let at = 0; at < SIZE;) {
      const length = await conn.read(back.subarray(at));
      assert(length !== null, "Tcl has ended early");
      at += length;
    }
    await writing;
    assertEquals(back, sent);
  } finally {
    server.kill();
    await lines.cancel();
    await server.status;
    await words;
  }
}
