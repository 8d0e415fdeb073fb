/**
 * Certificates of a listener that cannot serve: they are found when they are
 * given, and never take the place of one that serves.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen, type TlsListener } from "../../connection/listen.ts";
import { createContext } from "../../connection/options/create_context.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import {
  certificate,
  clientOptions,
  pattern,
  readBytes,
  serverOptions,
  utf8,
} from "../_pair.ts";

const good = await certificate();
const another = await certificate({ names: ["localhost"], subject: "Another" });

/** Certificates that cannot serve, and the code of each. */
const bad: Record<string, [options: ServerOptions, code: string]> = {
  "half a PEM file": [{
    cert: good.cert.slice(0, good.cert.length / 4),
    key: good.key,
  }, "malformed_pem"],
  "an empty file": [{ cert: "", key: good.key }, "malformed_certificate"],
  "an empty key": [{ cert: good.cert, key: "" }, "malformed_key"],
  "a path in the place of a text": [{
    cert: "/etc/ssl/cert.pem",
    key: "/etc/ssl/key.pem",
  }, "malformed_certificate"],
  "the key of another certificate": [{
    cert: good.cert,
    key: another.key,
  }, "key_mismatch"],
  "a broken PFX": [{ pfx: pattern(100) }, "malformed_pfx"],
  "a broken PFX in a list of names": [{
    cert: good.cert,
    key: good.key,
    sni: { "a.test": { pfx: pattern(100) } },
  }, "malformed_pfx"],
  "the key of another certificate in a list of names": [{
    cert: good.cert,
    key: good.key,
    sni: { "a.test": { cert: good.cert, key: another.key } },
  }, "key_mismatch"],
};

async function subjectOf(listener: TlsListener, serverName = "localhost") {
  const { port } = listener.addr as Deno.NetAddr;
  const conn = await connect({
    hostname: "127.0.0.1",
    port,
    ...await clientOptions({
      serverName,
      unsafelyDisableHostnameVerification: true,
    }),
  });
  const subject = conn.info.peerCertificates[0]?.subject;
  await conn.close();
  return subject;
}

async function serve(listener: TlsListener): Promise<void> {
  for await (const conn of listener) {
    conn.readable.pipeTo(conn.writable).catch(() => {});
  }
}

for (const [what, [options, code]] of Object.entries(bad)) {
  Deno.test(`listen() with ${what} frees its port; ready and accept() reject`, async () => {
    const listener = listen({ hostname: "127.0.0.1", port: 0, ...options });
    const { port } = listener.addr as Deno.NetAddr;
    const [ready, accepted] = await Promise.all([
      assertRejects(() => listener.ready, TlsError),
      assertRejects(() => listener.accept(), TlsError),
    ]);
    assertEquals([ready.code, accepted], [code, ready]);
    assertEquals(await assertRejects(() => listener.accept()), ready);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  });

  Deno.test(`listener.setContext() and addContext() reject ${what}, while the old certificate continues`, async () => {
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      ...await serverOptions(),
    });
    const serving = serve(listener);
    for (
      const set of [
        () => listener.setContext(options),
        () => listener.setContext(createContext(options)),
        () => listener.addContext("localhost", options),
        () => listener.addContext("localhost", createContext(options)),
      ]
    ) {
      const error = await assertRejects(set, TlsError);
      assertEquals(error.code, code);
      assertEquals(await subjectOf(listener), "CN=localhost");
    }
    const { cert, key } = another;
    await listener.addContext("localhost", { cert, key });
    assertEquals(await subjectOf(listener), "CN=Another");
    listener.close();
    await serving;
  });
}

Deno.test("listener.setContext() is in force once its promise resolves, and the last call counts", async () => {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
  });
  const serving = serve(listener);
  const slow = Promise.withResolvers<string>();
  const { cert, key } = another;
  const first = listener.setContext({
    cert: good.cert,
    key: good.key,
    passphrase: () => slow.promise,
    sni: { "b.test": { cert: good.cert, key: good.key } },
  } as ServerOptions);
  await listener.setContext({ cert, key });
  assertEquals(await subjectOf(listener), "CN=Another");
  slow.resolve("");
  await first;
  assertEquals(await subjectOf(listener), "CN=Another");
  listener.close();
  await serving;
});

Deno.test("what is given by name outlasts setContext(), and is made of the new options", async () => {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions({ alpnProtocols: ["old"] }),
  });
  const serving = serve(listener);
  const { cert, key } = another;
  await listener.addContext("a.test", { cert, key });
  await listener.setContext({
    cert: good.cert,
    key: good.key,
    alpnProtocols: ["new"],
  });
  const { port } = listener.addr as Deno.NetAddr;
  const conn = await connect({
    hostname: "127.0.0.1",
    port,
    ...await clientOptions({
      serverName: "a.test",
      alpnProtocols: ["old", "new"],
      unsafelyDisableHostnameVerification: true,
    }),
  });
  assertEquals(conn.info.alpnProtocol, "new");
  assertEquals(conn.info.peerCertificates[0]?.subject, "CN=Another");
  await conn.close();
  listener.close();
  await serving;
});

Deno.test("hot reload: no handshake fails and none gets a mixed identity, while bad and good certificates alternate", async () => {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
  });
  const failures: unknown[] = [];
  const serving = (async () => {
    for await (const conn of listener) {
      conn.write(utf8(conn.info.localCertificate?.subject ?? ""))
        .then(() => conn.close()).catch((error) => failures.push(error));
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const seen = new Set<string>();
  let isOver = false;
  const reloading = (async () => {
    for (let round = 0; !isOver; round++) {
      const { cert, key } = round % 4 === 1 ? another : good;
      await (round % 2 === 0
        ? assertRejects(() => listener.setContext({ cert, key: key.slice(9) }))
        : listener.setContext({ cert, key }));
    }
  })();
  const options = await clientOptions();
  const visit = async () => {
    const conn = await connect({ hostname: "127.0.0.1", port, ...options });
    const subject = conn.info.peerCertificates[0]?.subject ?? "";
    assertEquals(await readBytes(conn, subject.length), utf8(subject));
    seen.add(subject);
    await conn.close();
  };
  for (let round = 0; round < 25; round++) {
    await Promise.all([1, 2, 3, 4].map(visit));
  }
  isOver = true;
  await reloading;
  assertEquals([...seen].sort(), ["CN=Another", "CN=localhost"]);
  assertEquals(failures, []);
  listener.close();
  await serving;
});

Deno.test("listen({ signal }) closes when it is aborted: the port is free, accept() rejects with the reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
    signal,
  });
  const { port } = listener.addr as Deno.NetAddr;
  const conn = listener.accept();
  const client = await connect({
    hostname: "127.0.0.1",
    port,
    ...await clientOptions(),
  });
  const server = await conn;
  const waiting = listener.accept();
  controller.abort(reason);
  assertEquals(await assertRejects(() => waiting), reason);
  assertEquals(await assertRejects(() => listener.accept()), reason);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
  // Connections go on.
  await client.write(utf8("x"));
  assertEquals(await readBytes(server, 1), utf8("x"));
  await Promise.all([client.close(), server.close()]);
  for await (const _ of listener) assert(false);
  const options = { port: 0, ...await serverOptions(), signal };
  assertEquals(assertThrows(() => listen(options)), reason);
});

Deno.test("an error belongs to its connection, be it that of a context that many share", async () => {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
    sni: () => ({ cert: good.cert, key: another.key }),
    onHandshakeError: (error) => {
      errors.push(error);
    },
  });
  const errors: unknown[] = [];
  const serving = serve(listener);
  for (let count = 0; count < 3; count++) {
    await assertRejects(() => subjectOf(listener), TlsError);
  }
  listener.close();
  await serving;
  assertEquals(new Set(errors).size, 3);
  for (const error of errors) {
    assert(error instanceof TlsError);
    assertEquals(
      [error.code, error.side, error.stage, error.alert],
      ["key_mismatch", "server", "handshake", "internal_error"],
    );
  }
});
