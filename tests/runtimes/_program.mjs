/**
 * What a user's program does with the package, run by a runtime in the folder
 * that it was installed in. Prints one line of JSON a check: its name, and what
 * went wrong if something did.
 */

import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import tls from "node:tls";
import {
  client,
  connect,
  keyLogFile,
  listCipherSuites,
  listen,
  listGroups,
  listSignatureSchemes,
  SessionCache,
} from "@x/tls";
import { fromNodeSocket, toNodeSocket } from "@x/tls/node";
import { issueCertificate, loadKeyPair, TrustStore } from "@x/tls/x509";
import { check, say } from "./_checks.mjs";
import { closeBoth, exchange, matrix, pair, take } from "./_matrix.mjs";

const MEBIBYTES = 16;
const warnings = [];
process.on("warning", ({ message }) => warnings.push(message));

const ca = await issueCertificate({ names: ["Test CA"], ca: true });
const trust = TrustStore.of(ca.cert);
const ecdsa = await issueCertificate({ names: ["a.test"], issuer: ca });
const forClient = { serverName: "a.test", trust };
const forServer = { cert: ecdsa.cert, key: ecdsa.key };
const folder = mkdtempSync(join(tmpdir(), "x-tls-"));

await matrix(check, true);

await check("connect() and listen() over TCP", async () => {
  const listener = listen({ hostname: "127.0.0.1", port: 0, ...forServer });
  await listener.ready;
  const { hostname, port } = listener.addr;
  assert.equal(hostname, "127.0.0.1");
  const [there, here] = await Promise.all([
    listener.accept(),
    connect({ hostname, port, ...forClient }),
  ]);
  assert.equal(here.remoteAddr.port, port);
  assert.equal(there.remoteAddr.port, here.localAddr.port);
  await Promise.all([flood(here, there), flood(there, here)]);
  await closeBoth(here, there);
  const waiting = listener.accept();
  listener.close();
  await assert.rejects(waiting, { name: "BadResource" });
  await assert.rejects(listener.accept(), { name: "BadResource" });
  await assert.rejects(
    connect({ hostname, port, ...forClient }),
    { code: "ECONNREFUSED" },
  );
});

await check(
  "connect() from an address, and listen() with ipv6Only",
  async () => {
    const listener = listen({
      hostname: "::",
      port: 0,
      ipv6Only: true,
      ...forServer,
    });
    await listener.ready;
    const { port } = listener.addr;
    const there = listener.accept();
    const here = await connect({
      hostname: "::1",
      port,
      localAddress: "::1",
      ...forClient,
    });
    assert.equal((await there).remoteAddr.hostname, "::1");
    await closeBoth(here, await there);
    await assert.rejects(
      connect({ hostname: "127.0.0.1", port, ...forClient }),
      { code: "ECONNREFUSED" },
    );
    listener.close();
    const other = listen({ hostname: "127.0.0.1", port: 0, ...forServer });
    await other.ready;
    const [server, client] = await Promise.all([
      other.accept(),
      connect({
        hostname: "127.0.0.1",
        port: other.addr.port,
        localAddress: "127.0.0.9",
        localPort: port,
        ...forClient,
      }),
    ]);
    assert.equal(server.remoteAddr.hostname, "127.0.0.9");
    assert.equal(server.remoteAddr.port, port);
    await closeBoth(client, server);
    other.close();
  },
);

await check("connect() and listen() over a unix socket", async () => {
  const path = join(folder, "socket");
  const listener = listen({ path, ...forServer });
  await listener.ready;
  const accepted = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })();
  const here = await connect({ path, ...forClient });
  assert.deepEqual(here.remoteAddr, { transport: "unix", path });
  while (accepted.length === 0) await new Promise((go) => setTimeout(go, 1));
  await closeBoth(here, accepted[0]);
  listener.close();
  await accepting;
});

await check("listen() on a port that is in use", async () => {
  const first = listen({ hostname: "127.0.0.1", port: 0, ...forServer });
  await first.ready;
  const { port } = first.addr;
  const second = listen({ hostname: "127.0.0.1", port, ...forServer });
  await assert.rejects(second.accept(), { code: "EADDRINUSE" });
  await assert.rejects(second.ready, { code: "EADDRINUSE" });
  first.close();
});

for (const version of ["TLSv1.3", "TLSv1.2"]) {
  const limits = { minVersion: version, maxVersion: version };

  await check(`connect() to the runtime's own server, ${version}`, async () => {
    const own = tls.createServer({
      cert: ecdsa.cert,
      key: ecdsa.key,
      ...limits,
    }, (socket) => socket.on("error", () => {}).pipe(socket));
    const port = await listening(own);
    const here = await connect({
      hostname: "127.0.0.1",
      port,
      ...forClient,
      ...limits,
    });
    assert.equal(here.info.version, version);
    await flood(here, here);
    await here.close();
    own.close();
  });

  await check(`listen() for the runtime's own client, ${version}`, async () => {
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      ...forServer,
      ...limits,
    });
    await listener.ready;
    const socket = tls.connect({
      host: "127.0.0.1",
      port: listener.addr.port,
      servername: "a.test",
      ca: ca.cert,
    });
    const echoing = listener.accept().then((there) =>
      there.readable.pipeTo(there.writable)
    );
    let received = 0;
    const all = new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        received += chunk.length;
        if (received === MEBIBYTES << 20) socket.end();
      });
      socket.on("end", resolve);
      socket.on("close", resolve);
    });
    socket.on("secureConnect", () => {
      for (let sent = 0; sent < MEBIBYTES; sent++) {
        socket.write(new Uint8Array(1 << 20).fill(sent));
      }
    });
    await Promise.all([all, echoing]);
    assert.equal(received, MEBIBYTES << 20);
    listener.close();
  });

  await check(`a session is resumed, ${version}`, async () => {
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      ...forServer,
      ...limits,
    });
    await listener.ready;
    const sessionCache = new SessionCache(10);
    const resumed = [];
    for (let time = 0; time < 2; time++) {
      const [there, here] = await Promise.all([
        listener.accept(),
        connect({
          hostname: "127.0.0.1",
          port: listener.addr.port,
          ...forClient,
          sessionCache,
        }),
      ]);
      await exchange(there, here);
      resumed.push(here.info.resumed, there.info.resumed);
      await closeBoth(here, there);
    }
    assert.deepEqual(resumed, [false, false, true, true]);
    listener.close();
  });
}

await check("files: loadKeyPair(), keyLogFile(), TrustStore", async () => {
  const [cert, key, log] = ["cert.pem", "key.pem", "keys.log"].map((name) =>
    join(folder, name)
  );
  writeFileSync(cert, ecdsa.cert);
  writeFileSync(key, ecdsa.key);
  const identity = await loadKeyPair(cert, key);
  assert.equal(identity.chain[0].subject, "CN=a.test");
  const [here, there] = pair(
    { ...forClient, keyLog: keyLogFile(log) },
    { certificates: [identity] },
  );
  await Promise.all([here.handshake(), there.handshake()]);
  await closeBoth(here, there);
  assert.match(readFileSync(log, "utf8"), /^CLIENT_HANDSHAKE_TRAFFIC_SECRET /m);
  const found = await TrustStore.fromDirectory(folder);
  assert.equal(found.certificates.length, 1);
  await assert.rejects(loadKeyPair(join(folder, "none"), key), {
    code: "ENOENT",
  });
  await assert.rejects(TrustStore.fromFile(join(folder, "none")), {
    code: "ENOENT",
  });
});

await check("the store of acme() in a folder", async () => {
  const { DirectoryStore } = await import("./directory_store.mjs");
  const store = new DirectoryStore(join(folder, "store"));
  const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
  assert.equal(await store.get("key"), undefined);
  assert.equal(await store.compareAndSet("key", undefined, one), true);
  assert.equal(await store.compareAndSet("key", undefined, two), false);
  assert.equal(await store.compareAndSet("key", one, two), true);
  assert.deepEqual(await store.get("key"), two);
  await store.set("key", one);
  await store.delete("key");
  await store.delete("key");
  assert.equal(await store.get("key"), undefined);
});

await check("the default store has NODE_EXTRA_CA_CERTS", async () => {
  const store = await TrustStore.default();
  const subjects = store.certificates.map(({ subject }) => subject);
  assert.ok(subjects.includes("CN=Extra CA"));
  assert.ok(subjects.length > 50);
});

await check("toNodeSocket() and fromNodeSocket()", async () => {
  const own = tls.createServer(
    { cert: ecdsa.cert, key: ecdsa.key },
    (socket) => socket.on("error", () => {}).pipe(socket),
  );
  const port = await listening(own);
  const { connect: dial } = await import("node:net");
  const socket = toNodeSocket(
    client(fromNodeSocket(dial(port, "127.0.0.1")), forClient),
  );
  socket.write("hello");
  const chunk = await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.once("data", resolve);
  });
  assert.equal(String(chunk), "hello");
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  own.close();
});

await check("lists say what does the work here", async () => {
  const options = { implementations: true };
  const [suites, groups, schemes] = await Promise.all([
    listCipherSuites(options),
    listGroups(options),
    listSignatureSchemes(options),
  ]);
  const of = (rows, wanted) =>
    rows.find(({ name }) => name === wanted).implementations
      .map(({ by }) => by);
  const node = "node:crypto";
  assert.deepEqual(of(suites, "TLS_AES_128_GCM_SHA256"), [node, node]);
  assert.deepEqual(of(groups, "secp256r1"), [node]);
  assert.deepEqual(of(schemes, "ecdsa_secp256r1_sha256"), [node, node]);
  const { encapsulate } = process.getBuiltinModule("node:crypto");
  const kem = encapsulate ? node : process.versions.bun ? "WebCrypto" : "noble";
  assert.deepEqual(of(groups, "X25519MLKEM768"), [node, kem]);
});

await check("no warning of an experiment", () => {
  const kems = warnings.filter((text) => text.includes("ML-KEM"));
  assert.deepEqual(kems, []);
});

rmSync(folder, { recursive: true });
say({ name: "end" });

/** Sends much from one end, and reads it at the other. */
async function flood(from, to) {
  const sending = (async () => {
    for (let sent = 0; sent < MEBIBYTES; sent++) {
      const chunk = new Uint8Array(1 << 20).fill(sent);
      for (let at = 0; at < chunk.length;) {
        at += await from.write(chunk.subarray(at));
      }
    }
  })();
  for (let taken = 0; taken < MEBIBYTES; taken++) {
    const chunk = await take(to, 1 << 20);
    assert.ok(chunk.every((byte) => byte === taken), `mebibyte ${taken}`);
  }
  await sending;
}

function listening(own) {
  return new Promise((resolve, reject) => {
    own.on("error", reject);
    own.listen(0, "127.0.0.1", () => resolve(own.address().port));
  });
}
