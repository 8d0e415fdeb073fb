/**
 * `acme()` with `serve()`, by a user's program: prints its port, reads a line with
 * the directory of a CA and its certificate, and gets a certificate there.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { strict as assert } from "node:assert";
import { acme, connect, createFetch, serve } from "@x/tls";
import { check, say } from "./_checks.mjs";

let certificates;
const server = serve({
  hostname: "127.0.0.1",
  port: 0,
  sni: (name) => certificates?.sni(name),
  onClientHello: (info) => certificates?.onClientHello(info),
}, () => new Response("ok"));
await server.ready;
const { port } = server.addr;
console.log(port);
const lines = createInterface({ input: process.stdin });
const { directory, caCert } = JSON.parse(await lines.question(""));
lines.close();
const store = mkdtempSync(join(tmpdir(), "x-tls-acme-"));
const events = [];

await check("acme() obtains a certificate, and serve() shows it", async () => {
  const fetch = createFetch({ caCerts: [caCert] });
  certificates = acme({
    directory,
    domains: ["a.example", "127.0.0.1"],
    termsOfServiceAgreed: true,
    store,
    fetch,
    onEvent: ({ type }) => events.push(type),
  });
  await certificates.ready;
  for (const serverName of ["a.example", false]) {
    const conn = await connect({
      hostname: "127.0.0.1",
      port,
      serverName,
      verify: () => true,
    });
    const [leaf] = conn.info.peerCertificates;
    const names = leaf.subjectAltName.map(({ value }) => value).sort();
    assert.deepEqual(names, ["127.0.0.1", "a.example"]);
    assert.equal(leaf.isSelfIssued, false);
    await conn.close();
  }
  assert.ok(events.includes("issued"), String(events));
  await certificates.close();
  await fetch.close();
});

await check("acme() takes its certificate from the folder", async () => {
  const again = acme({
    directory,
    domains: ["a.example", "127.0.0.1"],
    termsOfServiceAgreed: true,
    store,
    fetch: () => Promise.reject(new Error("nobody is asked")),
  });
  await again.ready;
  assert.equal(again.sni("a.example").chain[0].isSelfIssued, false);
  await again.close();
});

await server.shutdown();
rmSync(store, { recursive: true });
say({ name: "end" });
