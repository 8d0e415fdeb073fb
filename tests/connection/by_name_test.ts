/**
 * What stands for a name is in force on the connection whole, whichever way it
 * was given.
 *
 * @module
 */

import { echConfig } from "../../ech/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import { listen } from "../../connection/listen.ts";
import { connect } from "../../connection/connect.ts";
import { TlsTimeoutError } from "../../errors.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import {
  certificate,
  clientOptions,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";

const { cert, key } = await certificate({ names: ["a.test", "b.test"] });
const identity = { cert, key };
const asked = { serverName: "a.test" };

/** The ways to give options for a name. */
const ways: Record<string, (options: ServerOptions) => ServerOptions> = {
  "sni as options": (options) => ({ sni: { "a.test": options } }),
  "sni as a context": (options) => ({
    sni: { "a.test": createContext({ ...identity, ...options }) },
  }),
  "a look-up of sni": (options) => ({ sni: () => options }),
  "onClientHello as options": (options) => ({ onClientHello: () => options }),
  "onClientHello as a context": (options) => ({
    onClientHello: () => createContext({ ...identity, ...options }),
  }),
  "the catch-all": (options) => ({ sni: { "*": options } }),
  "a wildcard": (options) => ({ sni: { "*.test": options } }),
};

for (const [way, give] of Object.entries(ways)) {
  const by = (options: ServerOptions) => give({ ...identity, ...options });

  Deno.test(`by ${way}: trace, onEvent and keyLog`, async () => {
    const told = { trace: 0, event: 0, line: 0 };
    await using _ = await connected(
      asked,
      by({
        trace: () => void told.trace++,
        onEvent: () => void told.event++,
        keyLog: () => void told.line++,
      }),
    );
    assert(told.trace > 5 && told.event > 5 && told.line > 3, `${told}`);
  });

  Deno.test(`by ${way}: maxFragmentSize and padding`, async () => {
    await using ends = await connected(
      asked,
      by({ maxFragmentSize: 100, padding: () => 400 }),
    );
    const before = ends.client.stats;
    await ends.server.write(pattern(1000));
    await readBytes(ends.client, 1000);
    const { recordsRead, bytesRead } = ends.client.stats;
    // What comes besides are the tickets.
    assert(recordsRead - before.recordsRead >= 10, `${recordsRead}`);
    assert(bytesRead - before.bytesRead >= 10 * 500, `${bytesRead}`);
  });

  Deno.test(`by ${way}: readTimeout and allowHalfOpen`, async () => {
    await using late = await connected(asked, by({ readTimeout: 400 }));
    await assertRejects(
      () => late.server.read(new Uint8Array(1)),
      TlsTimeoutError,
    );
    await using ends = await connected(asked, by({ allowHalfOpen: false }));
    await ends.client.closeWrite();
    assertEquals(await ends.server.read(new Uint8Array(1)), null);
    assertEquals(await ends.server.closed, { clean: true });
  });

  Deno.test(`by ${way}: handshakeTimeout of the handshake that is under way`, async () => {
    const ends = await pair(
      { ...asked, onCertificateRequest: () => new Promise<never>(() => {}) },
      by({ handshakeTimeout: 50, clientAuth: "request" }),
    );
    const told = await outcomes(ends);
    assert(told.server instanceof TlsTimeoutError, String(told.server));
    assert(told.client !== undefined);
  });

  Deno.test(`by ${way}: renegotiation`, async () => {
    await using ends = await connected(
      { ...asked, maxVersion: "TLSv1.2" },
      by({ renegotiation: "once" }),
    );
    const reading = ends.server.read(new Uint8Array(1));
    await ends.client.renegotiate();
    await ends.client.write(utf8("x"));
    assertEquals(await reading, 1);
  });

  Deno.test(`by ${way}: alpnProtocols, versions, clientAuth`, async () => {
    await using ends = await connected(
      { ...asked, alpnProtocols: ["x"] },
      by({
        alpnProtocols: ["x"],
        maxVersion: "TLSv1.2",
        ticketKeys: [pattern(48)],
      }),
    );
    assertEquals(ends.server.info.alpnProtocol, "x");
    assertEquals(ends.server.info.version, "TLSv1.2");
    const told = await outcomes(
      await pair(asked, by({ clientAuth: "require-any" })),
    );
    assertEquals(tlsError(told.server).alert, "certificate_required");
  });
}

Deno.test("options by name change the listener's and leave the rest as it is", async () => {
  const strict = {
    clientAuth: "require",
    minVersion: "TLSv1.3",
    tickets: 0,
    alpnProtocols: ["x"],
  } as const;
  for (
    const give of [ways["sni as options"], ways["onClientHello as options"]]
  ) {
    const told = await outcomes(
      await pair(asked, { ...strict, ...give?.(identity) }),
    );
    assertEquals(tlsError(told.server).alert, "certificate_required");
    const old = await outcomes(
      await pair({ ...asked, maxVersion: "TLSv1.2" }, {
        ...strict,
        ...give?.(identity),
      }),
    );
    assertEquals(tlsError(old.server).code, "no_common_version");
  }
});

Deno.test("names in a table compare without a final dot and without regard to case", async () => {
  await using _ = await connected(asked, { sni: { "A.Test.": identity } });
});

Deno.test("the catch-all of a table is for other names and for no name, after exact entries", async () => {
  const b = await certificate({ names: ["b.test"], subject: "B" });
  const all = await certificate({ names: ["*.c.test"], subject: "All" });
  const sni = {
    "b.test": { cert: b.cert, key: b.key },
    "*": { cert: all.cert, key: all.key },
  };
  const unnamed = { unsafelyDisableHostnameVerification: true };
  for (
    const [serverName, subject] of [
      ["b.test", "CN=B"],
      ["c.test", "CN=All"],
      [false, "CN=All"],
    ] as const
  ) {
    await using ends = await connected({ serverName, ...unnamed }, { sni });
    assertEquals(ends.client.info.peerCertificates[0]?.subject, subject);
  }
});

Deno.test("a context by name has the listener's ticket keys and store where it has none, also after setTicketKeys()", async () => {
  const own = createContext({ ...identity, ticketKeys: [pattern(48, 9)] });
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
    sni: { "b.test": own },
  });
  await listener.addContext("a.test", createContext(identity));
  const serving = (async () => {
    for await (const conn of listener) {
      conn.write(utf8("!")).then(() => conn.close()).catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const cache: Record<string, SessionCache> = {};
  const isResumed = async (serverName: string) => {
    const conn = await connect({
      hostname: "127.0.0.1",
      port,
      ...await clientOptions({
        serverName,
        sessionCache: cache[serverName] ??= new SessionCache(),
      }),
    });
    await readBytes(conn, 1);
    await conn.close();
    return conn.info.resumed;
  };
  for (
    const [name, afterwards] of [["a.test", false], ["b.test", true]] as const
  ) {
    assertEquals(await isResumed(name), false);
    assertEquals(await isResumed(name), true);
    listener.setTicketKeys([pattern(48, name.charCodeAt(0))]);
    assertEquals(await isResumed(name), afterwards, name);
    assertEquals(await isResumed(name), true);
  }
  listener.close();
  await serving;
});

Deno.test("options of onClientHello that give no certificate leave the choice to sni", async () => {
  const other = await certificate({ names: ["a.test"], subject: "Other" });
  const named = { cert: other.cert, key: other.key };
  for (
    const [options, subject] of [
      [{ alpnProtocols: ["x"] }, "CN=Other"],
      [{ alpnProtocols: ["x"], ...identity }, undefined],
    ] as const
  ) {
    await using ends = await connected(
      { ...asked, alpnProtocols: ["x"] },
      { sni: { "a.test": named }, onClientHello: () => options as never },
    );
    const { alpnProtocol, peerCertificates: [leaf] } = ends.client.info;
    assertEquals(alpnProtocol, "x");
    assertEquals(leaf?.subject === "CN=Other", subject !== undefined);
  }
});

Deno.test("a context for a name has no option that holds before the ClientHello", async () => {
  const { pem } = await echConfig({ publicName: "public.test" });
  for (
    const options of [
      { initialData: new Uint8Array(1) },
      { signal: new AbortController().signal },
      { ech: { keys: pem } },
    ]
  ) {
    const named = createContext({ ...identity, ...options } as ServerOptions);
    assertThrows(
      () => createContext({ ...identity, sni: { "a.test": named } }),
      TypeError,
      `of a context in sni: it would have had to hold before the ClientHello`,
    );
  }
});
