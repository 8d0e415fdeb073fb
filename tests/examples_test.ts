/**
 * The examples run, each to its end, and print what they are there to show.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "./_tools/_graph.ts";

/** What each prints, in order; between these there may be more. */
const OUTPUT: Readonly<Record<string, readonly string[]>> = {
  client: [
    "TLSv1.3",
    "echo: hello",
    `hostname_mismatch, alert bad_certificate: Cannot accept`,
  ],
  connect_proxy: [
    "proxy: HTTP/1.1 200 OK",
    "inside: hello from the origin",
    "proxy.test TLSv1.3",
    "origin.test TLSv1.3",
  ],
  early_data: ["first none answer", "second accepted early answer"],
  ech: [
    "client: accepted",
    "client: ech_rejected by public.example",
    "client, at the second try: accepted",
    "on the wire public.example, inside secret.example: accepted",
    "on the wire public.example, inside public.example: rejected",
    "on the wire public.example, inside secret.example: accepted",
  ],
  exporter: ["client ", "server "],
  fetch: [
    "hello CN=alice, h2",
    "fetch failed as TlsCertificateError",
  ],
  key_log: ["client_hello", "write keys", "key log: CLIENT_TRAFFIC_SECRET_0"],
  mtls: [
    "client verified:",
    "alice@example.com",
    "server refused:",
    "client_certificate_refused certificate_required",
  ],
  pinning: [
    "pin of the authority: accepted",
    "pin of another: TlsCertificateError",
    "first use: accepted",
    "another certificate later: TlsCertificateError",
    "first use of a self-signed one: accepted",
  ],
  proxy_protocol: [
    "backend: client 127.0.0.1",
    "backend: TLSv1.3",
    "backend: alice.test",
    "client: hello",
  ],
  psk: [
    `"sensor-7" from 127.0.0.1`,
    "sensor-7 connected: TLSv1.3",
    "sensor-8 refused: TlsAlertError",
  ],
  resume: ["first full handshake", "second resumed"],
  revocation: [
    "good crls: verified, its staple is good",
    "good requireOcsp: verified, its staple is good",
    "revoked crls: certificate_revoked",
    "revoked requireOcsp: ocsp_response_required",
  ],
  scram: ["proof is right: true", "relayed proof is right: false"],
  serve: [
    "serving tcp",
    "GET: hello ?",
    "GET: hello CN=alice",
    "HTTP/1.0 200 OK",
  ],
  server: [
    "refused: TlsError",
    "the peer speaks HTTP",
    "greeting/1: hello, localhost",
    "The listener has ended",
  ],
  session_store: [
    "first: false rows in the store: 1",
    "second: true TLSv1.2",
  ],
  sni_hot_reload: [
    "a.test → CN=a.test",
    "x.b.test → CN=*.b.test",
    "default.test → CN=default.test",
    "c.test → CN=c.test",
    "new.test → CN=default.test",
    "kept: key_mismatch",
    "new.test → CN=default.test",
  ],
  sni_router: [
    "router: a.test is known",
    "client: CN=a.test",
    "client: CN=b.test",
    "router: c.test is unknown",
    "client: TlsTruncatedError",
  ],
  starttls: [
    "client heard, in the clear: 220 mail.test",
    "server heard, encrypted: EHLO client.test",
    "client heard, encrypted: 250 ok",
  ],
  websocket: ["echo: hello over a WebSocket", "TLSv1.3 verified"],
};

for (const [name, expected] of Object.entries(OUTPUT)) {
  Deno.test(`examples/${name}.ts`, async () => {
    const printed = await printedBy(name);
    let rest = printed;
    for (const part of expected) {
      assertStringIncludes(rest, part, `in order, of:\n${printed}`);
      rest = rest.slice(rest.indexOf(part) + part.length);
    }
  });
}

Deno.test("examples/exporter.ts shows one key at both ends", async () => {
  // A query makes it another module, which runs again.
  const [client, server] = (await printedBy("exporter", "?again")).split("\n");
  assertEquals(
    client?.slice("client ".length),
    server?.slice("server ".length),
  );
});

Deno.test("examples/demo.ts", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "examples/demo.ts"],
    cwd: ROOT,
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(success, said.join());
  assertEquals(said.join().match(/^ok /gm)?.length, 6);
});

Deno.test("every example is run", async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(new URL("examples", ROOT))) {
    if (name.endsWith(".ts")) names.push(name.replace(".ts", ""));
  }
  assertEquals(names.sort(), ["demo", ...Object.keys(OUTPUT)].sort());
});

/** Runs an example in this process, where the test sees what it leaves open. */
async function printedBy(name: string, query = ""): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...parts: unknown[]) => {
    lines.push(
      parts.map((part) => typeof part === "string" ? part : Deno.inspect(part))
        .join(" "),
    );
  };
  try {
    await import(new URL(`examples/${name}.ts${query}`, ROOT).href);
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}
