/**
 * Functions of the caller's that throw: what decides fails its handshake and is
 * named, what looks on fails nothing.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { namesOf, type OptionName } from "../../../connection/options/table.ts";
import type { ConnectionHandle } from "../../../handshake/common/callback_info.ts";
import type { HandshakeEvent } from "../../../handshake/io/events.ts";
import {
  certificate,
  outcomes,
  type Pair,
  pair,
  readBytes,
  tlsError,
  utf8,
} from "../../_pair.ts";
import { sessionsOf, ticketKeys } from "../../handshake/_resumption.ts";
import { type Options, rowOf } from "./_samples.ts";

const { cert, key } = await certificate();
const [early] = await sessionsOf({}, { earlyData: {} });
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

/** What has each function called, and at which side it is. */
const calls: {
  readonly [K in OptionName]?: {
    readonly side?: "client" | "server";
    readonly client?: Options;
    readonly server?: Options;
    /** Where it is called; in both if it is missing. */
    readonly versions?: readonly ("TLSv1.2" | "TLSv1.3")[];
  };
} = {
  keyLog: {},
  onEvent: {},
  trace: {},
  onSession: {},
  verify: {},
  psk: {
    client: { psk: { identity: "one", key: new Uint8Array(16).fill(7) } },
    server: {
      cert: undefined,
      key: undefined,
      cipherSuites: "PSK:TLS_AES_128_GCM_SHA256",
    },
    side: "server",
  },
  earlyData: {
    client: { session: early },
    server: { ticketKeys, earlyData: {} },
    versions: ["TLSv1.3"],
  },
  onCertificateRequest: { server: { clientAuth: "request" } },
  sni: {},
  onClientHello: {},
  onAlpn: { client: { alpnProtocols: ["h2"] } },
  onOcspRequest: {},
};

const hooks = namesOf((row) => row.hook !== undefined)
  .difference(new Set<OptionName>(["onHandshakeError", "onListenerEvent"]));

Deno.test("every function of the options is tried here, but for the listener's", () => {
  assertEquals(Object.keys(calls).sort(), [...hooks].sort());
});

function optionsFor(name: OptionName, hook: unknown, version: string) {
  const call = calls[name] ?? {};
  const side = call.side ??
    (rowOf(name).side === "server" ? "server" : "client");
  const both = { minVersion: version, maxVersion: version };
  const own = { [name]: hook };
  return {
    side,
    client: { ...both, ...call.client, ...(side === "client" ? own : {}) },
    server: { ...both, ...call.server, ...(side === "server" ? own : {}) },
  };
}

async function ends(
  { client, server }: { client: Options; server: Options },
): Promise<Pair> {
  return await pair(client as never, server as never);
}

for (const name of hooks) {
  const decides = rowOf(name).hook === "decides";
  for (const version of calls[name]?.versions ?? VERSIONS) {
    for (
      const [how, fail] of [
        ["throws", (error: Error) => {
          throw error;
        }],
        ["rejects", (error: Error) => Promise.reject(error)],
      ] as const
    ) {
      Deno.test(`${name} that ${how} in ${version} ${decides ? "fails its handshake by name" : "fails nothing"}`, async () => {
        const thrown = new Error("a fault of the caller's");
        const options = optionsFor(name, () => fail(thrown), version);
        const events: HandshakeEvent[] = [];
        if (name !== "onEvent") {
          const own = options[options.side] as Record<string, unknown>;
          own.onEvent = (event: HandshakeEvent) => void events.push(event);
        }
        await using both = await ends(options);
        const told = await outcomes(both);
        if (decides) {
          const error = tlsError(told[options.side]);
          assertEquals(error.cause, thrown);
          assertEquals([error.side, error.stage], [options.side, "handshake"]);
          assert(error.message.includes(name), error.message);
          const other = options.side === "client" ? "server" : "client";
          assert(told[other] !== undefined);
          return;
        }
        assertEquals(told, { client: undefined, server: undefined });
        await both.server.write(utf8("data"));
        assertEquals(await readBytes(both.client, 4), utf8("data"));
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (name === "onEvent") return;
        const failures = events.filter(({ type }) =>
          type === "callback_failed"
        );
        assert(failures.length > 0, name);
        for (const event of failures) {
          assert(event.type === "callback_failed");
          assertEquals(event.callback as string, name);
          assertEquals(event.error, thrown);
        }
      });
    }
  }
}

for (const name of hooks) {
  Deno.test(`${name} gets to know which connection it is about`, async () => {
    const seen: ConnectionHandle[] = [];
    const options = optionsFor(name, (
      _value: unknown,
      connection: ConnectionHandle,
    ) => {
      seen.push(connection);
      if (name === "psk") return { key: new Uint8Array(16).fill(7) };
      if (name === "sni") return { cert, key };
      return undefined;
    }, "TLSv1.3");
    await using both = await ends(options);
    assertEquals(await outcomes(both), {
      client: undefined,
      server: undefined,
    });
    await both.server.write(utf8("!"));
    await readBytes(both.client, 1);
    const [handle] = seen;
    assert(handle !== undefined, name);
    assertEquals(handle.side, options.side);
    assertEquals(handle.serverName, "localhost");
    assertEquals(handle.id, both[options.side].id);
    assert(both.client.id !== both.server.id);
    if (options.side === "server") {
      assertEquals(handle.clientHello?.serverName, "localhost");
    }
  });
}
