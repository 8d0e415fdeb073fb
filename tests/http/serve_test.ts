import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { serve, type ServeInfo, TlsError } from "../../mod.ts";
import {
  alice,
  ask,
  bodyOf,
  ca,
  dial,
  ENGINES,
  get,
  leaf,
  readUntil,
  say,
  start,
} from "./_server.ts";

for (const [engine, definition] of Object.entries(ENGINES)) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${engine}: ${name}`, ...definition, fn });

  test("the handler gets the URL, the client and the connection", async () => {
    await using server = start((request, { remoteAddr, tls }) =>
      Response.json({
        url: request.url,
        copy: request.clone().url,
        transport: remoteAddr.transport,
        port: remoteAddr.port,
        subject: tls.peerCertificates[0]?.subject,
        status: tls.authorization.status,
        alpn: tls.alpnProtocol,
        serverName: tls.serverName,
        exported: [...tls.exportKeyingMaterial("EXPERIMENTAL x", undefined, 4)],
        bound: tls.channelBinding("tls-exporter").length,
      }), { clientAuth: "require", caCerts: [ca.cert] });
    const { cert, key } = alice;
    const conn = await dial(server, {
      cert,
      key,
      alpnProtocols: ["http/1.1"],
    });
    await say(conn, get("/a?b=c", "localhost:1234"));
    const text = await readUntil(conn, "\0");
    assertEquals(JSON.parse(bodyOf(text)), {
      url: "https://localhost:1234/a?b=c",
      copy: "https://localhost:1234/a?b=c",
      transport: "tcp",
      port: (conn.localAddr as Deno.NetAddr).port,
      subject: "CN=alice",
      status: "verified",
      alpn: "http/1.1",
      serverName: "localhost",
      exported: [...conn.exportKeyingMaterial("EXPERIMENTAL x", undefined, 4)],
      bound: 32,
    });
    await conn.close();
  });

  test("a request that names no host is for the name of the handshake", async () => {
    await using server = start((request) => new Response(request.url));
    const text = await ask(server, "GET /p?q HTTP/1.0\r\n\r\n");
    assertEquals(
      bodyOf(text),
      `https://localhost:${server.addr.port}/p?q`,
    );
  });

  test("a request whose host is empty does not show how the engine is reached", async () => {
    await using server = start((request) => new Response(request.url));
    const text = await ask(server, get("/p", ""));
    assertEquals(bodyOf(text), `https://localhost:${server.addr.port}/p`);
  });

  test("an absolute-form target keeps its authority", async () => {
    await using server = start((request) => new Response(request.url));
    const text = await ask(
      server,
      "GET https://b.test:9/p HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n",
    );
    assertEquals(bodyOf(text), "https://b.test:9/p");
  });

  test("connections do not mix: each request has its own client", async () => {
    await using server = start(
      (_request, { tls, remoteAddr }) =>
        new Response(`${remoteAddr.port} ${tls.peerCertificates.length}`),
      { clientAuth: "verify-if-given", caCerts: [ca.cert] },
    );
    const conns = await Promise.all(
      Array.from({ length: 12 }, (_, at) => {
        const { cert, key } = alice;
        return dial(server, at % 2 === 0 ? { cert, key } : {});
      }),
    );
    for (let round = 0; round < 3; round++) {
      await Promise.all(conns.map(async (conn, at) => {
        await say(conn, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
        const { port } = conn.localAddr as Deno.NetAddr;
        const body = `${port} ${at % 2 === 0 ? 1 : 0}`;
        assertEquals(bodyOf(await readUntil(conn, body)), body);
      }));
    }
    await Promise.all(conns.map((conn) => conn.close()));
  });

  test("a handler that throws is reported, and answers by onError", async () => {
    const told: [unknown, number][] = [];
    await using server = start(() => {
      throw new Error("mine");
    }, {
      onError: (error, { remoteAddr }) => {
        told.push([error, remoteAddr.port]);
        return new Response("sorry", { status: 503 });
      },
    });
    const conn = await dial(server);
    await say(conn, get("/"));
    assertStringIncludes(await readUntil(conn, "sorry"), "HTTP/1.1 503 ");
    const [[error, port] = []] = told;
    assertEquals(String(error), "Error: mine");
    assertEquals(port, (conn.localAddr as Deno.NetAddr).port);
    await conn.close();
  });

  test("requestCertificate() in the handler, and info.tls has the client from then on", async () => {
    await using server = start(async (_request, { tls }) => {
      const before = tls.peerCertificates.length;
      const { certificates } = await tls.requestCertificate();
      return Response.json([
        before,
        certificates[0]?.subject,
        tls.peerCertificates[0]?.subject,
        tls.authorization.status,
      ]);
    }, { caCerts: [ca.cert] });
    const { cert, key } = alice;
    const text = await ask(server, get("/"), {
      cert,
      key,
      alpnProtocols: ["http/1.1"],
    });
    assertEquals(JSON.parse(bodyOf(text)), [
      0,
      "CN=alice",
      "CN=alice",
      "verified",
    ]);
  });

  test("a WebSocket; shutdown() closes it with 1001 and does not wait for it", async () => {
    const server = start((request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
      return response;
    });
    const conn = await dial(server, { alpnProtocols: ["http/1.1"] });
    await say(
      conn,
      "GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assertStringIncludes(
      await readUntil(conn, "\r\n\r\n"),
      "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    );
    // A text frame of two letters, masked with zeros.
    await conn.write(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    assertStringIncludes(await readUntil(conn, "echo hi"), "echo hi");
    await server.shutdown();
    // The runtime's close frame, with code 1001, is the last that comes.
    const into = new Uint8Array(100);
    await conn.read(into);
    assertEquals([...into.subarray(0, 4)], [0x88, into[1], 0x03, 0xe9]);
    await conn.write(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9));
    assertEquals(await readUntil(conn, "\0 until the end"), "");
    await conn.close();
  });

  test("shutdown() waits for the responses that are under way", async () => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const server = start(async () => {
      begun.resolve();
      await go.promise;
      return new Response("after all");
    });
    const idle = await dial(server);
    const busy = await dial(server);
    await say(busy, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await begun.promise;
    const ending = server.shutdown();
    assertEquals(await idle.read(new Uint8Array(1)), null);
    go.resolve();
    assertStringIncludes(await readUntil(busy, "\0 the end"), "after all");
    await Promise.all([idle.close(), busy.close()]);
    await ending;
    await server.finished;
    await assertRejects(() => dial(server), Deno.errors.ConnectionRefused);
  });

  test("the abort of the signal ends all at once", async () => {
    const controller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const server = start(async ({ signal }) => {
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      begun.resolve();
      await aborted;
      left.resolve();
      return new Response();
    }, { signal: controller.signal });
    const conn = await dial(server);
    await say(conn, get("/"));
    await begun.promise;
    controller.abort();
    await server.finished;
    await left.promise;
    await assertRejects(() => conn.read(new Uint8Array(1)));
    conn.abort();
  });
}

Deno.test("serve() has the overloads of Deno.serve", async () => {
  const { cert, key } = leaf;
  const where = { hostname: "127.0.0.1", port: 0, cert, key };
  const handler = () => new Response("x");
  const addrs: Deno.NetAddr[] = [];
  const onListen = (addr: Deno.NetAddr) => void addrs.push(addr);
  await using one = serve({ ...where, onListen }, handler);
  await using two = serve({ ...where, onListen, handler });
  assertEquals(addrs, [one.addr, two.addr]);
  const http: Deno.HttpServer<Deno.NetAddr> = one;
  assertEquals(typeof http.ref, "function");
  const path = await Deno.makeTempFile();
  await Deno.remove(path);
  await using three = serve(
    { path, cert, key },
    (_request, info: ServeInfo<Deno.UnixAddr>) =>
      new Response(info.remoteAddr.path),
  );
  assertEquals(three.addr.path, path);
  await Deno.remove(path);
});

Deno.test("serve() refuses what it cannot honour", () => {
  const { cert, key } = leaf;
  const handler = () => new Response();
  assertThrows(() => serve(handler), TypeError, "it has no certificate");
  assertThrows(
    () => serve({ cert, key, port: 0 } as never),
    TypeError,
    "expected a function as handler",
  );
  for (
    const [options, text] of [
      [{ initialData: new Uint8Array() }, `"initialData" of serve()`],
      [{ serverName: "a" }, "only a client takes it"],
      [{ onListn: () => {} }, "there is no such option"],
      [{ redirectHttp: 1 }, `"redirectHttp"`],
      [{ path: "/x", port: 0 }, "exactly one of"],
    ] as const
  ) {
    assertThrows(
      () => serve({ cert, key, ...options } as never, handler),
      TypeError,
      text,
    );
  }
});

Deno.test("a key that does not match rejects finished, and frees the port", async () => {
  const server = start(() => new Response(), { key: alice.key });
  const error = await assertRejects(() => server.finished, TlsError);
  assertEquals(error.code, "key_mismatch");
  Deno.listen({ hostname: "127.0.0.1", port: server.addr.port }).close();
});

Deno.test("an onListen that throws ends the server, and frees the port", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  assertThrows(
    () =>
      start(() => new Response("x"), {
        onListen: ({ port }) => {
          resolve(port);
          throw new Error("no port file");
        },
      }),
    Error,
    "no port file",
  );
  const port = await promise;
  for (let attempt = 1;; attempt++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return;
    } catch (error) {
      if (attempt === 400) throw error;
      // Closing takes a turn or two.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});

Deno.test("setContext() without alpnProtocols goes on with HTTP/2", async () => {
  await using server = start(() => new Response("x"));
  const { cert, key } = leaf;
  await server.setContext({ cert, key });
  const conn = await dial(server, { alpnProtocols: ["h2"] });
  assertEquals(conn.info.alpnProtocol, "h2");
  await conn.close();
});

Deno.test("setContext() under load loses no response", async () => {
  const errors: unknown[] = [];
  await using server = start(() => new Response("x".repeat(1000)), {
    onError: (error) => (errors.push(error), new Response()),
    onHandshakeError: (error) => errors.push(error),
  });
  const { cert, key } = leaf;
  let isDone = false;
  const changing = (async () => {
    while (!isDone) await server.setContext({ cert, key });
  })();
  let good = 0;
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let at = 0; at < 10; at++) {
      const text = await ask(server, get("/"));
      if (bodyOf(text) === "x".repeat(1000)) good++;
    }
  }));
  isDone = true;
  await changing;
  assertEquals([good, errors], [40, []]);
});

Deno.test("an unref'd server keeps no process alive", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      `
      import { serve } from "${new URL("../../mod.ts", import.meta.url)}";
      import { issueCertificate } from "${new URL(
        "../../x509/mod.ts",
        import.meta.url,
      )}";
      const { cert, key } = await issueCertificate({ names: ["localhost"] });
      const server = serve({ hostname: "127.0.0.1", port: 0, cert, key },
        () => new Response());
      server.unref();
      console.log("over");
    `,
    ],
    cwd: new URL("../../", import.meta.url),
  }).output();
  assert(success);
  assertEquals(new TextDecoder().decode(stdout).trim(), "over");
});
