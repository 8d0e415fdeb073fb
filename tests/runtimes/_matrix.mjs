/**
 * What is checked in memory on every runtime, with nothing but the package and
 * what all runtimes have.
 */

import { client, listCipherSuites, server } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";

/**
 * Runs all that both ends do in memory.
 *
 * @param check Takes the name of each check, and runs it.
 * @param decryptsRsa Whether something here decrypts with RSA, as node:crypto.
 */
export async function matrix(check, decryptsRsa) {
  const ca = await issueCertificate({ names: ["Test CA"], ca: true });
  const trust = TrustStore.of(ca.cert);
  const ecdsa = await issueCertificate({ names: ["a.test"], issuer: ca });
  const rsa = await issueCertificate({
    names: ["a.test"],
    issuer: ca,
    keyType: "rsa-2048",
  });
  const person = await issueCertificate({ names: ["person"], issuer: ca });
  const forClient = { serverName: "a.test", trust };
  const forServer = { cert: ecdsa.cert, key: ecdsa.key };

  for (const { name, protocols } of listCipherSuites()) {
    // They have a check of their own.
    if (name.includes("PSK")) continue;
    for (const version of protocols.filter((each) => each >= "TLSv1.2")) {
      await check(`${name} in memory, ${version}`, async () => {
        const limits = { minVersion: version, maxVersion: version };
        const { cert, key } = name.includes("_RSA_") ? rsa : ecdsa;
        const own = { ...limits, cipherSuites: [name] };
        const [here, there] = pair(
          { ...forClient, ...own },
          { cert, key, ...own },
        );
        if (name.startsWith("TLS_RSA_") && !decryptsRsa) {
          return await refusedForRsa(here, there);
        }
        await Promise.all([here.handshake(), there.handshake()]);
        assert.equal(here.info.cipherSuite, name);
        assert.equal(here.info.version, version);
        await manyRecords(here, there);
        await manyRecords(there, here);
        await closeBoth(here, there);
      });
    }
  }

  for (const group of ["x25519", "secp256r1", "secp384r1", "X25519MLKEM768"]) {
    await check(
      `${group} in memory, twice as often as node:crypto waits for`,
      async () => {
        for (let time = 0; time < 8; time++) {
          const own = { groups: [group] };
          const [here, there] = pair({ ...forClient, ...own }, {
            ...forServer,
            ...own,
          });
          await Promise.all([here.handshake(), there.handshake()]);
          assert.equal(here.info.group, group);
          await closeBoth(here, there);
        }
      },
    );
  }

  for (const version of ["TLSv1.3", "TLSv1.2"]) {
    const limits = { minVersion: version, maxVersion: version };

    await check(`a client has a certificate, ${version}`, async () => {
      const [here, there] = pair(
        { ...forClient, cert: person.cert, key: person.key, ...limits },
        { ...forServer, clientAuth: "require", caCerts: [ca.cert], ...limits },
      );
      await Promise.all([here.handshake(), there.handshake()]);
      await exchange(here, there);
      assert.equal(there.info.peerCertificates[0].subject, "CN=person");
      assert.equal(there.info.authorization.status, "verified");
      await closeBoth(here, there);
    });

    await check(`a pre-shared key, ${version}`, async () => {
      const key = new Uint8Array(32).fill(7);
      const [here, there] = pair(
        { psk: { identity: "me", key }, ...limits, serverName: false },
        { psk: () => ({ key }), ...limits },
      );
      await Promise.all([here.handshake(), there.handshake()]);
      await exchange(here, there);
      assert.equal(here.info.authorization.status, "psk");
      await closeBoth(here, there);
    });
  }

  await check("a record that was altered is bad_record_mac", async () => {
    const [here, there] = pair(forClient, forServer, (chunk, nth) => {
      if (nth < 80) return chunk;
      const altered = chunk.slice();
      altered[altered.length - 1] ^= 1;
      return altered;
    });
    await Promise.all([here.handshake(), there.handshake()]);
    await assert.rejects(manyRecords(here, there), { code: "bad_record_mac" });
    await Promise.all([here.closed, there.closed]);
  });
}

/** A server says why; its client gets no more than an alert. */
async function refusedForRsa(here, there) {
  const [, error] = await Promise.all(
    [here, there].map((conn) => conn.handshake().catch((error) => error)),
  );
  if (!error.message?.includes("this platform has no RSA decryption")) {
    throw error;
  }
}

/** Two ends in memory; `change` may alter what the client sends. */
export function pair(clientOptions, serverOptions, change = (chunk) => chunk) {
  let nth = 0;
  const up = new TransformStream({
    transform: (chunk, controller) => controller.enqueue(change(chunk, nth++)),
  });
  const down = new TransformStream();
  return [
    client(
      { readable: down.readable, writable: up.writable },
      clientOptions,
    ),
    server(
      { readable: up.readable, writable: down.writable },
      serverOptions,
    ),
  ];
}

/** More records than it takes until node:crypto is loaded, small and large. */
async function manyRecords(from, to) {
  for (let nth = 0; nth < 100; nth++) {
    const length = nth % 10 === 0 ? 16_000 : 20;
    await send(from, to, new Uint8Array(length).fill(nth));
  }
}

export async function exchange(a, b) {
  await send(a, b, new Uint8Array(10).fill(1));
  await send(b, a, new Uint8Array(10).fill(2));
}

async function send(from, to, bytes) {
  const [got] = await Promise.all([take(to, bytes.length), from.write(bytes)]);
  assert.deepEqual(got, bytes);
}

export async function take(conn, length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) throw new Error(`it ended after ${at} bytes`);
    at += count;
  }
  return bytes;
}

export async function closeBoth(a, b) {
  await Promise.all([a.close(), b.close()]);
  assert.deepEqual(await a.closed, { clean: true });
  assert.deepEqual(await b.closed, { clean: true });
}

/** Bytes, and members of objects, are compared one by one. */
const assert = {
  equal(actual, expected) {
    if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
  },
  deepEqual(actual, expected) {
    const names = Object.keys(expected);
    assert.equal(Object.keys(actual).length, names.length);
    for (const name of names) assert.equal(actual[name], expected[name]);
  },
  async rejects(promise, { code }) {
    const error = await promise.then(() => undefined, (error) => error);
    assert.equal(error?.code, code);
  },
};
