/**
 * `serve()` and `createFetch()`, by a user's program in the folder that the
 * package was installed in: against Node's own clients and servers, and against
 * each other. Prints one line of JSON a check.
 */

import { strict as assert } from "node:assert";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { connect, createFetch, serve } from "@x/tls";
import { issueCertificate, TrustStore } from "@x/tls/x509";
import { WebSocket, WebSocketServer } from "ws";
import { check as checkOne, say } from "./_checks.mjs";

const MEBIBYTES = 2;
const opened = [];
const isBun = process.versions.bun !== undefined;
const protocols = isBun ? ["http/1.1"] : ["http/1.1", "h2"];
const place = { hostname: "127.0.0.1", port: 0 };

const ca = await issueCertificate({ names: ["Test CA"], ca: true });
const trust = TrustStore.of(ca.cert);
const { cert, key } = await issueCertificate({
  names: ["localhost", "127.0.0.1"],
  issuer: ca,
});
const person = await issueCertificate({
  names: ["person"],
  issuer: ca,
  extendedKeyUsage: ["clientAuth"],
});

await check(
  "serve(): HTTP/1.1, a client certificate, the request",
  async () => {
    const server = await started(async (request, info) => {
      const { remoteAddr, tls } = info;
      return Response.json({
        method: request.method,
        url: request.url,
        field: request.headers.get("x-field"),
        body: await request.text(),
        port: remoteAddr.port,
        subject: tls.peerCertificates[0].subject,
        binding: tls.channelBinding("tls-exporter").length,
      }, {
        status: 201,
        headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
      });
    }, { clientAuth: "require", caCerts: [ca.cert] });
    const agent = new https.Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: ca.cert,
      cert: person.cert,
      key: person.key,
    });
    let port;
    for (const body of ["", "hello", "x".repeat(100_000)]) {
      const response = await ask(server, {
        agent,
        method: "POST",
        path: "/a/../b?c",
        headers: { "x-field": "value" },
      }, body);
      assert.equal(response.statusCode, 201);
      assert.deepEqual(response.headers["set-cookie"], ["a=1", "b=2"]);
      const said = JSON.parse(response.text);
      // One connection for all of them.
      port ??= said.port;
      assert.equal(said.port, port);
      assert.equal(said.method, "POST");
      assert.equal(new URL(said.url).host, `localhost:${server.addr.port}`);
      assert.match(said.url, /^https:.*b\?c$/);
      assert.equal(said.field, "value");
      assert.equal(said.body, body);
      assert.equal(said.subject, "CN=person");
      assert.equal(said.binding, 32);
    }
    agent.destroy();
  },
);

const many = isBun ? "refused on Bun" : "many requests at once";
await check(`serve(): HTTP/2, ${many}`, async () => {
  if (isBun) {
    const options = { port: 0, cert, key, alpnProtocols: ["h2"] };
    return assert.throws(() => serve(options, ok), { message: /HTTP\/1.1/ });
  }
  const server = await started(async (request) =>
    new Response(`${request.url} ${(await request.text()).length}`, {
      headers: {
        connection: "keep-alive",
        cookies: request.headers.get("cookie"),
      },
    })
  );
  const session = http2.connect(`https://localhost:${server.addr.port}`, {
    ca: ca.cert,
    lookup,
  });
  await Promise.all(Array.from({ length: 100 }, async (_, nth) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${nth}`,
      cookie: ["a=1", "b=2"],
    });
    const answered = once(stream, "response");
    stream.end("x".repeat(nth));
    const [headers] = await answered;
    assert.equal(headers[":status"], 200);
    assert.equal(headers.cookies, "a=1; b=2");
    assert.equal(
      await textOf(stream),
      `https://localhost:${server.addr.port}/${nth} ${nth}`,
    );
  }));
  const closed = once(session, "close");
  // The server ends it in order.
  await server.shutdown();
  await closed;
});

for (const alpnProtocol of protocols) {
  await check(
    `serve() and createFetch(): streams, ${alpnProtocol}`,
    async () => {
      const echo = (request) => new Response(request.body);
      const server = await started(echo);
      const fetch = fetchWith({ trust, alpnProtocols: [alpnProtocol] });
      for (let time = 0; time < 2; time++) {
        let sent = 0;
        const response = await fetch(urlOf(server), {
          method: "POST",
          duplex: "half",
          body: new ReadableStream({
            pull(controller) {
              if (sent === MEBIBYTES << 4) return controller.close();
              controller.enqueue(new Uint8Array(1 << 16).fill(sent++));
            },
          }),
        });
        let received = 0;
        for await (const chunk of response.body) {
          assert.equal(chunk[0], (received >> 16) % 256);
          received += chunk.length;
          assert.equal(chunk.at(-1), ((received - 1) >> 16) % 256);
        }
        assert.equal(received, MEBIBYTES << 20);
      }
    },
  );

  await check(`serve(): what leaves is told, ${alpnProtocol}`, async () => {
    const began = Promise.withResolvers();
    const outcomes = Promise.withResolvers();
    const server = await started((request, { completed }) => {
      const cancelled = Promise.withResolvers();
      const aborted = once(request.signal, "abort");
      outcomes.resolve(
        Promise.allSettled([completed, cancelled.promise, aborted]),
      );
      return new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(1 << 16));
            began.resolve();
          },
          cancel: cancelled.resolve,
        }),
      );
    });
    const fetch = fetchWith({ trust, alpnProtocols: [alpnProtocol] });
    const response = await fetch(urlOf(server));
    await began.promise;
    await response.body.cancel();
    const statuses = (await outcomes.promise).map(({ status }) => status);
    assert.deepEqual(statuses, ["rejected", "fulfilled", "fulfilled"]);
  });

  await check(
    `createFetch(): a body dropped by the server, ${alpnProtocol}`,
    async () => {
      const server = await started(() => new Response("no", { status: 403 }));
      const fetch = fetchWith({ trust, alpnProtocols: [alpnProtocol] });
      for (let time = 0; time < 3; time++) {
        const response = await fetch(urlOf(server), {
          method: "PUT",
          body: "x".repeat(3_000_000),
        });
        assert.equal(response.status, 403);
        assert.equal(await response.text(), "no");
      }
    },
  );

  await check(
    `serve(): shutdown() waits for responses, ${alpnProtocol}`,
    async () => {
      const go = Promise.withResolvers();
      const begun = Promise.withResolvers();
      const server = await started(async () => {
        begun.resolve();
        await go.promise;
        return new Response("late");
      });
      const fetch = fetchWith({ trust, alpnProtocols: [alpnProtocol] });
      const asked = fetch(urlOf(server));
      await begun.promise;
      const ended = server.shutdown();
      go.resolve();
      const response = await asked;
      assert.equal(await response.text(), "late");
      await Promise.all([ended, server.finished]);
      await assert.rejects(
        fetch(urlOf(server)),
        (error) => error.cause.code === "ECONNREFUSED",
      );
    },
  );

  await check(`serve(): handlers that fail, ${alpnProtocol}`, async () => {
    const warned = [];
    const onWarning = ({ message }) => warned.push(message);
    process.on("warning", onWarning);
    const handler = ({ url }) => {
      if (url.endsWith("throw")) throw new Error("thrown");
      if (url.endsWith("none")) return undefined;
      const body = new ReadableStream({
        pull: () => Promise.reject(new Error("broken")),
      });
      return new Response(body);
    };
    const silent = await started(handler);
    const telling = await started(handler, {
      onError: (error) => new Response(error.message, { status: 503 }),
    });
    const fetch = fetchWith({ trust, alpnProtocols: [alpnProtocol] });
    for (const path of ["throw", "none"]) {
      const response = await fetch(urlOf(silent) + path);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), "Internal Server Error\n");
    }
    const told = await fetch(urlOf(telling) + "throw");
    assert.equal(told.status, 503);
    assert.equal(await told.text(), "thrown");
    const broken = await fetch(urlOf(silent) + "broken");
    assert.equal(broken.status, 500);
    process.off("warning", onWarning);
    assert.equal(warned[0], "thrown");
    assert.match(warned[1], /expected a Response/);
    assert.equal(warned[2], "broken");
  });
}

await check(
  "serve(): what a Request cannot be is refused by name",
  async () => {
    const server = await started(({ url }) => new Response(url));
    const { port } = server.addr;
    const host = `host: localhost:${port}\r\n`;
    const upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    const cases = [
      [
        `GET / HTTP/1.1\r\n${host}${upgrade}\r\n`,
        /^HTTP\/1.1 501 [^]*WebSocket/,
      ],
      [`TRACE / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1.1 501 [^]*TRACE/],
      [`CONNECT a:1 HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1.1 501 /],
      // Bun does not say that there were two.
      [`GET / HTTP/1.1\r\n${host}${host}\r\n`, isBun ? /./ : /^HTTP\/1.1 400 /],
      [`GET / HTTP/1.1\r\nhost: a/b?\r\n\r\n`, /^HTTP\/1.1 400 /],
      [`GET / HTTP/1.1\r\nhost: a@b\r\n\r\n`, /^HTTP\/1.1 400 /],
      [`GET / HTTP/1.1\r\n\r\n`, /^HTTP\/1.1 400 /],
      [`OPTIONS * HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1.1 200 [^]*\r\n\*$/],
      [
        `GET http://b.test/c HTTP/1.1\r\n${host}\r\n`,
        /\r\nhttps:\/\/b.test\/c$/,
      ],
      [
        `GET /d HTTP/1.0\r\n\r\n`,
        new RegExp(`\r\nhttps://localhost:${port}/d$`),
      ],
      [`HEAD / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1.1 200 [^]*\r\n\r\n$/],
    ];
    for (const [request, expected] of cases) {
      assert.match(await said(server, request), expected);
    }
  },
);

await check(
  "serve(): onUpgrade gives connections to ws, and refuses what it throws",
  async () => {
    const wss = new WebSocketServer({ noServer: true });
    const infos = [];
    const server = await started(() => new Response("plain"), {
      onError: (error) => new Response(error.message, { status: 403 }),
      onUpgrade(request, socket, head, info) {
        if (request.url === "/no") throw new Error("not you");
        infos.push(info);
        wss.handleUpgrade(request, socket, head, (ws) => {
          ws.on("message", (data, isBinary) => {
            ws.send(data, { binary: isBinary });
          });
        });
      },
    });
    const url = `wss://localhost:${server.addr.port}`;
    const client = new WebSocket(`${url}/echo`, { ca: ca.cert });
    await once(client, "open");
    const large = Buffer.alloc(1_000_000, 7);
    for (const message of [Buffer.from("hello"), large, Buffer.alloc(0)]) {
      client.send(message);
      const [echo] = await once(client, "message");
      assert.equal(Buffer.compare(echo, message), 0);
    }
    assert.equal(infos[0].tls.version, "TLSv1.3");
    // Bun has a client of its own in the place of this one.
    if (!isBun) {
      assert.equal(infos[0].remoteAddr.port, client._socket.localPort);
    }
    const [served] = wss.clients;
    client.close(4000, "enough");
    const [code, reason] = await once(served, "close");
    assert.deepEqual([code, String(reason)], [4000, "enough"]);

    // One that goes without a word, and one whose server goes.
    const gone = new WebSocket(url, { ca: ca.cert });
    await once(gone, "open");
    const [of] = wss.clients;
    gone.terminate();
    assert.equal((await once(of, "close"))[0], 1006);
    const left = new WebSocket(url, { ca: ca.cert });
    await once(left, "open");
    const refused = new WebSocket(`${url}/no`, { ca: ca.cert });
    const [, response] = await once(refused, "unexpected-response");
    assert.equal(response.statusCode, 403);
    assert.equal(await textOf(response), "not you");
    refused.on("error", () => {}).terminate();
    const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert.match(await said(server, request), /\r\n\r\nplain$/);
    const closed = once(left, "close");
    await server.shutdown();
    await closed;
  },
);

await check(
  "serve(): a client that ends its direction gets its answer",
  async () => {
    const server = await started(async (request) =>
      new Response((await request.text()).toUpperCase())
    );
    const text =
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello";
    assert.match(await said(server, text), /\r\n\r\nHELLO$/);
  },
);

await check(
  "serve(): a body of another length than was said is cut",
  async () => {
    const server = await started(() =>
      new Response("much more", { headers: { "content-length": "4" } })
    );
    const text = await said(
      server,
      "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    assert.equal(/much more/.test(text), false);
  },
);

await check(
  "serve(): plain HTTP gets 400, and setContext() is heard",
  async () => {
    const server = await started(() => new Response("x"));
    const socket = net.connect(server.addr.port, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\n\r\n");
    assert.match(await textOf(socket), /^HTTP\/1.1 400 [^]*https/);
    const other = await issueCertificate({ names: ["other"], issuer: ca });
    await server.setContext({ cert: other.cert, key: other.key });
    const conn = await connect({
      hostname: "127.0.0.1",
      port: server.addr.port,
      serverName: "other",
      alpnProtocols: [...protocols].reverse(),
      trust,
    });
    assert.equal(conn.info.alpnProtocol, protocols.at(-1));
    await conn.close();
    await conn.close();
  },
);

await check("serve(): what it cannot do, it says", async () => {
  assert.throws(
    () => serve({ port: 0, cert, key, automaticCompression: true }, ok),
    { name: "TypeError", message: /automaticCompression/ },
  );
  const server = await started(ok);
  const second = serve({ ...place, port: server.addr.port, cert, key }, ok);
  await assert.rejects(second.finished, { code: "EADDRINUSE" });
  const failing = serve({
    ...place,
    cert,
    key,
    onListen() {
      throw new Error("no");
    },
  }, ok);
  await assert.rejects(failing.finished, { message: "no" });
});

await check(
  "serve(): what smuggles requests is taken as node:http takes it",
  async () => {
    const seen = [];
    const own = http.createServer(async (request, response) => {
      // A body that is none fails.
      const body = await textOf(request).catch(() => undefined);
      if (body === undefined) return;
      seen.push([request.method, request.url, body]);
      response.end(body);
    });
    own.listen(0, "127.0.0.1");
    await once(own, "listening");
    opened.push({ [Symbol.asyncDispose]: () => void own.close() });
    const server = await started(async (request) => {
      const body = await request.text();
      seen.push([request.method, new URL(request.url).pathname, body]);
      return new Response(body);
    }, { onError: () => new Response() });
    const head = "POST /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    const chunked = `${head}transfer-encoding: chunked\r\n`;
    for (
      const request of [
        `${chunked}content-length: 6\r\n\r\n0\r\n\r\nG`,
        `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
        `${head}content-length: +1\r\n\r\na`,
        `${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
        `${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`,
        `${head}x: a\rb\r\ncontent-length: 0\r\n\r\n`,
        `${head}x: a\nb: c\ncontent-length: 0\n\n`,
        `${head}x: a\0b\r\ncontent-length: 0\r\n\r\n`,
        `${chunked}\r\n1;\n=x\r\na\r\n0\r\n\r\n`,
        `${chunked}\r\n0x1\r\na\r\n0\r\n\r\n`,
        `${chunked}\r\n1\r\na\r\n0\r\n\r\n`,
      ]
    ) {
      const askPlain = async () => {
        const port = own.address().port;
        const plain = net.connect({ port, host: "127.0.0.1" });
        plain.write(request);
        return await textOf(plain);
      };
      const outcomes = [];
      for (const ask of [askPlain, () => said(server, request, false)]) {
        const [line, ...fields] = (await ask()).split("\r\n");
        outcomes.push([line, fields.at(-1), ...seen.splice(0)]);
      }
      assert.deepEqual(outcomes[1], outcomes[0], JSON.stringify(request));
    }
  },
);

await check("createFetch() to the runtime's own server", async () => {
  const agentOf = (request, response) => {
    const { socket, method, url } = request;
    const peer = isBun ? "person" : socket.getPeerCertificate().subject.CN;
    response.setHeader("x-peer", peer);
    if (url === "/from") {
      response.writeHead(307, { location: "/to" }).end();
    } else request.pipe(response.writeHead(200, { "x-method": method }));
  };
  // Bun's own servers do not tell whose it is.
  const options = { cert, key, ca: ca.cert, requestCert: !isBun };
  const own = https.createServer(options, agentOf);
  opened.push({
    [Symbol.asyncDispose]: () => {
      own.closeAllConnections?.();
      own.close();
    },
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  let connections = 0;
  own.on("secureConnection", () => connections++);
  const fetch = fetchWith({
    trust,
    cert: person.cert,
    key: person.key,
  });
  const url = `https://127.0.0.1:${own.address().port}`;
  for (const path of ["/", "/from"]) {
    const response = await fetch(url + path, { method: "POST", body: "hello" });
    assert.ok(response instanceof Response);
    assert.equal(response.headers.get("x-peer"), "person");
    assert.equal(response.redirected, path === "/from");
    assert.equal(await response.text(), "hello");
  }
  // undici gives up the connection of a redirect.
  assert.equal(connections, 2);
  const stranger = fetchWith({});
  await assert.rejects(
    stranger(url),
    (error) =>
      error instanceof TypeError && error.cause.code === "unknown_issuer",
  );
  const controller = new AbortController();
  const aborted = fetch(url, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(aborted, { message: "enough" });
});

await check("createFetch() to the runtime's own server of HTTP/2", async () => {
  const own = http2.createSecureServer({ cert, key });
  own.on("stream", (stream, headers) => {
    stream.respond({ ":status": 200, "x-path": headers[":path"] });
    stream.on("error", () => {});
    stream.pipe(stream);
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  opened.push({ [Symbol.asyncDispose]: () => void own.close() });
  const fetch = fetchWith({ trust, alpnProtocols: ["h2"] });
  const url = `https://127.0.0.1:${own.address().port}`;
  await Promise.all(Array.from({ length: 20 }, async (_, nth) => {
    const body = "x".repeat(nth * 1000);
    const response = await fetch(`${url}/${nth}`, { method: "POST", body });
    assert.equal(response.headers.get("x-path"), `/${nth}`);
    assert.equal(await response.text(), body);
  }));
});

say({ name: "end" });

/** Runs a check, and ends what it has opened. */
async function check(name, run) {
  await checkOne(name, run);
  for (const each of opened.splice(0).reverse()) {
    await each[Symbol.asyncDispose]();
  }
}

function fetchWith(options) {
  const fetch = createFetch(options);
  opened.push(fetch);
  return fetch;
}

function ok() {
  return new Response("ok");
}

async function started(handler, options = {}) {
  let heard;
  const server = serve({
    ...place,
    cert,
    key,
    onListen: (addr) => heard = addr,
    ...options,
  }, handler);
  opened.push(server);
  await server.ready;
  while (heard === undefined) await new Promise((go) => setTimeout(go, 1));
  assert.deepEqual(heard, server.addr);
  return server;
}

function urlOf(server) {
  return `https://localhost:${server.addr.port}/`;
}

function lookup(_name, options, callback) {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
}

async function ask(server, options, body) {
  const request = https.request({
    host: "localhost",
    port: server.addr.port,
    lookup,
    ...options,
  });
  request.end(body);
  const [response] = await once(request, "response");
  return Object.assign(response, { text: await textOf(response) });
}

/** What the server says on a connection; its client may end behind its text. */
async function said(server, text, ends = true) {
  const socket = tls.connect({
    host: "127.0.0.1",
    port: server.addr.port,
    servername: "localhost",
    ca: ca.cert,
    allowHalfOpen: true,
  });
  if (ends) socket.end(text);
  else socket.write(text);
  return await textOf(socket);
}

async function textOf(stream) {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) text += chunk;
  return text;
}
