/**
 * The one check of options that all entries share.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { createContext } from "../../connection/options/create_context.ts";
import { listen } from "../../connection/listen.ts";
import { createTransform } from "../../connection/transform.ts";
import { client, server } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import {
  certificate,
  clientOptions,
  connected,
  crossed,
  serverOptions,
} from "../_pair.ts";
import { ofBoth, ofClients, ofServers } from "./_refused_options.ts";

const forClient = await clientOptions();
const forServer = await serverOptions();
const { cert } = await certificate();

function label(options: Record<string, unknown>): string {
  return Deno.inspect(options, {
    strAbbreviateSize: 20,
    iterableLimit: 3,
    breakLength: Infinity,
    compact: true,
  }).replace(/\s+/g, " ");
}

/** Without what a case is about, so that no other rule is broken. */
function base(
  all: Record<string, unknown>,
  options: Record<string, unknown>,
): Record<string, unknown> {
  const own = "cert" in options || "key" in options ||
    "passphrase" in options ||
    "pfx" in options;
  const { cert: _cert, key: _key, ...rest } = all;
  return { ...(own ? rest : all), ...options };
}

for (const [options, error, says] of [...ofBoth, ...ofClients]) {
  Deno.test(`client() refuses ${label(options)} before a byte is sent`, async () => {
    const { forClient: duplex, forServer: other } = crossed();
    const given = base(forClient as Record<string, unknown>, options);
    const thrown = assertThrows(
      () => client(duplex, given as never),
      error,
      says,
    );
    assert(!(thrown instanceof TlsError));
    // The streams are left as they were.
    assert(!duplex.readable.locked && !duplex.writable.locked);
    await assertRejects(
      () => connect({ ...given, port: 1 } as never),
      error,
      says,
    );
    assertThrows(() => createTransform("client", given as never), error, says);
    assertEquals(other.readable.locked, false);
  });
}

for (const [options, error, says] of [...ofBoth, ...ofServers]) {
  Deno.test(`server() refuses ${label(options)} before a byte is sent`, () => {
    const { forServer: duplex } = crossed();
    const given = base(forServer as Record<string, unknown>, options);
    assertThrows(() => server(duplex, given as never), error, says);
    assert(!duplex.readable.locked && !duplex.writable.locked);
    assertThrows(() => listen({ ...given, port: 0 } as never), error, says);
    assertThrows(() => createTransform("server", given as never), error, says);
  });
}

Deno.test("options that are no object, and no options at all, are refused", () => {
  const { forClient: duplex } = crossed();
  for (const options of [undefined, null, "localhost", 443, []]) {
    assertThrows(() => client(duplex, options as never), TypeError);
    assertThrows(() => server(duplex, options as never), TypeError);
    assertThrows(() => listen(options as never), TypeError);
  }
});

Deno.test("client() explains the name of an address", () => {
  const { forClient: duplex } = crossed();
  const options = { ...forClient, hostname: "localhost" };
  assertThrows(
    () => client(duplex, options),
    TypeError,
    "only connect(), listen() and serve()",
  );
});

Deno.test("options that are undefined count as absent", async () => {
  await using _ = await connected(
    {
      alpnProtocols: undefined,
      verify: undefined,
      session: undefined,
      keyLog: undefined,
    },
    { clientAuth: undefined, sni: undefined, psk: undefined },
  );
});

Deno.test("client() requires a name, or the option that disables names", () => {
  const { serverName: _, ...nameless } = forClient;
  const { forClient: duplex } = crossed();
  assertThrows(
    () => client(duplex, nameless),
    TypeError,
    "unsafelyDisableHostnameVerification",
  );
  assertThrows(
    () => client(duplex, { ...nameless, serverName: false }),
    TypeError,
    "serverName",
  );
});

Deno.test("client() and server() refuse locked streams and say who must release them", () => {
  const { forClient: duplex } = crossed();
  const reader = duplex.readable.getReader();
  assertThrows(
    () => client(duplex, forClient),
    TypeError,
    "its readable is locked",
  );
  reader.releaseLock();
  const writer = duplex.writable.getWriter();
  assertThrows(
    () => server(duplex, forServer),
    TypeError,
    "its writable is locked",
  );
  writer.releaseLock();
  for (const none of [undefined, null, {}, { readable: duplex.readable }]) {
    assertThrows(
      () => client(none as never, forClient),
      TypeError,
      "ReadableStream",
    );
  }
});

Deno.test("createContext() is checked like the rest, and shared", async () => {
  assertThrows(
    () => createContext({ minVersion: "TLSv9" } as never),
    TypeError,
  );
  assertThrows(
    () => createContext({ nonsense: 1 } as never),
    TypeError,
    "nonsense",
  );
  const context = createContext(
    { ...forServer, alpnProtocols: ["h2"] } as never,
  );
  const other = context.with({ alpnProtocols: ["http/1.1"] });
  assertThrows(() => context.with({ alpnProtocols: [""] }), TypeError);
  for (
    const [given, protocol] of [[context, "h2"], [other, "http/1.1"]] as const
  ) {
    const wires = crossed();
    const ends = {
      client: client(wires.forClient, {
        ...forClient,
        alpnProtocols: ["http/1.1", "h2"],
      }),
      server: server(wires.forServer, { context: given }),
    };
    await Promise.all([ends.client.handshake(), ends.server.handshake()]);
    assertEquals(ends.client.info.alpnProtocol, protocol);
    await Promise.all([ends.client.close(), ends.server.close()]);
  }
});

Deno.test("a context keeps the checked values when the caller changes the lists", async () => {
  const alpnProtocols = ["h2"];
  const sni = {};
  const context = createContext({ ...forServer, alpnProtocols, sni });
  alpnProtocols.splice(0, 1, "");
  Object.assign(sni, { localhost: {} });
  const wires = crossed();
  const one = client(wires.forClient, { ...forClient, alpnProtocols: ["h2"] });
  const other = server(wires.forServer, { context });
  await Promise.all([one.handshake(), other.handshake()]);
  assertEquals(one.info.alpnProtocol, "h2");
  await Promise.all([one.close(), other.close()]);
});

Deno.test("options beside a context go first", async () => {
  const context = createContext(
    { ...forServer, alpnProtocols: ["h2"] } as never,
  );
  const wires = crossed();
  const one = client(wires.forClient, { ...forClient, alpnProtocols: ["x"] });
  const other = server(wires.forServer, { context, alpnProtocols: ["x"] });
  await Promise.all([one.handshake(), other.handshake()]);
  assertEquals(one.info.alpnProtocol, "x");
  await Promise.all([one.close(), other.close()]);
});

Deno.test("a clock that returns no valid time ends the handshake, and lets no certificate last for ever", async () => {
  let isBroken = false;
  const now = () => isBroken ? new Date(NaN) : new Date();
  const wires = crossed();
  const one = client(wires.forClient, { ...forClient, now });
  const other = server(wires.forServer, forServer);
  isBroken = true;
  other.handshake().catch(() => {});
  await assertRejects(() => one.handshake(), TypeError, "no time");
  await Promise.all([one.close(), other.close()]);
});

Deno.test("onClientHello returns a context, options or undefined: invalid options are not ignored", async () => {
  const wires = crossed();
  const one = client(wires.forClient, forClient);
  const other = server(wires.forServer, {
    ...forServer,
    onClientHello: () => ({ clientAuthentication: "require" }) as never,
  });
  one.handshake().catch(() => {});
  await assertRejects(() => other.handshake(), TypeError, "onClientHello");
  await Promise.all([one.close(), other.close()]);
});

Deno.test("what is undefined beside a context hides nothing that it has", async () => {
  let asked = 0;
  const context = createContext({
    ...forClient,
    verify: () => {
      asked++;
    },
  } as never);
  const nothing = { verify: undefined, trust: undefined };
  const wires = crossed();
  const one = client(wires.forClient, { context, ...nothing });
  const other = server(wires.forServer, forServer);
  await Promise.all([one.handshake(), other.handshake()]);
  assertEquals(asked, 1);
  await Promise.all([one.close(), other.close()]);
});

Deno.test("what contradicts a context is a TypeError", () => {
  const { forClient: duplex } = crossed();
  const context = createContext({ ...forClient, requireOcsp: true } as never);
  for (const own of [{ caCerts: [cert] }, { requestOcsp: false }]) {
    assertThrows(() => client(duplex, { context, ...own }), TypeError);
    assertThrows(() => context.with(own), TypeError);
  }
  const ticketKeys = [new Uint8Array(48).fill(1)];
  assert(createContext({ ticketKeys }).with({ tickets: 0 }));
});

Deno.test("invalid certificates are refused at once, with a TlsError", () => {
  const { trust: _, ...rest } = forServer;
  for (
    const options of [
      { caCerts: ["no PEM"] },
      { certificateAuthorities: ["no PEM"] },
      { crls: ["no PEM"] },
    ]
  ) {
    assertThrows(() => createContext({ ...rest, ...options }), TlsError);
  }
});

Deno.test("a context's clients use its name and session cache", async () => {
  const context = createContext({ ...forClient } as never);
  const wires = crossed();
  const one = client(wires.forClient, { context });
  const other = server(wires.forServer, forServer);
  await Promise.all([one.handshake(), other.handshake()]);
  assertEquals(other.info.serverName, "localhost");
  await Promise.all([one.close(), other.close()]);
});

Deno.test("a key that does not match is found by the handshake, with a code", async () => {
  const another = await certificate({ names: ["another"] });
  const { forServer: duplex } = crossed();
  const conn = server(duplex, { cert, key: another.key });
  const error = await assertRejects(() => conn.handshake(), TlsError);
  assertEquals(error.code, "key_mismatch");
  await conn.close();
});

Deno.test("invalid PEM fails the handshake, with a code", async () => {
  const { forServer: duplex } = crossed();
  const conn = server(duplex, { cert: "no PEM", key: "no PEM" });
  const error = await assertRejects(() => conn.handshake(), TlsError);
  assert(error.code.startsWith("malformed_"), error.code);
  await conn.close();
});
