/**
 * The option `ech`: what it refuses, and the retries of connect().
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import { createContext } from "../../connection/options/create_context.ts";
import { echAfterRejection } from "../../connection/options/ech.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import { client } from "../../connection/wrap.ts";
import { TlsEchRejectedError } from "../../errors.ts";
import { clientOptions, crossed, pair, serverOptions } from "../_pair.ts";
import { echConfig } from "../../ech/mod.ts";
import {
  current,
  facing,
  PUBLIC,
  secretly,
  stale,
} from "../handshake/ech/_ends.ts";

const x25519 = Uint8Array.fromHex(
  "fe0d003a" + "07" + "0020" + "0020" + "09".padEnd(64, "0") + "0004" +
    "00010001" + "00" + "0e" +
    new TextEncoder().encode("public.example").toHex() + "0000",
);

function listOf(...configs: Uint8Array[]): Uint8Array {
  const length = configs.reduce((sum, config) => sum + config.length, 0);
  const list = new Uint8Array(2 + length);
  new DataView(list.buffer).setUint16(0, length);
  let at = 2;
  for (const config of configs) {
    list.set(config, at);
    at += config.length;
  }
  return list;
}

/** A configuration with some bytes changed, the extensions at its end. */
function changed(
  edit: (config: Uint8Array) => void,
  extensions = "",
): Uint8Array {
  const end = Uint8Array.fromHex(extensions);
  const config = new Uint8Array(x25519.length + end.length);
  config.set(x25519);
  config.set(end, x25519.length);
  new DataView(config.buffer).setUint16(x25519.length - 2, end.length);
  new DataView(config.buffer).setUint16(2, config.length - 4);
  edit(config);
  return config;
}

const unusable: Record<string, [config: Uint8Array, says: string]> = {
  "another version": [changed((config) => config[0] = 0xba), "version 0xba0d"],
  "another KEM": [changed((config) => config[6] = 0x21), "the KEM 0x21"],
  "another suite": [
    changed((config) => config[x25519.length - 21] = 9),
    "its cipher suites",
  ],
  "a mandatory extension": [changed(() => {}, "80010000"), "0x8001"],
  "a public name that is none": [
    changed((config) => config[x25519.length - 16] = 0x5f),
    "public_name",
  ],
  "a byte order mark in its public name": [
    changed((config) => config.set([0xef, 0xbb, 0xbf], x25519.length - 16)),
    "public_name",
  ],
  "a public name that may be an address": [
    changed((config) => config.set(utf8(".256"), x25519.length - 6)),
    "public_name",
  ],
};

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

for (const [name, [config, says]] of Object.entries(unusable)) {
  Deno.test(`a client refuses a list with nothing but ${name}`, async () => {
    await using ends = await pair(
      { ech: { configList: listOf(config) } },
    );
    await assertRejects(() => ends.client.handshake(), TypeError, says);
  });

  Deno.test(`a client passes over a configuration with ${name}`, async () => {
    const usable = current.configList.subarray(2);
    await using ends = await pair(
      secretly({ ...current, configList: listOf(config, usable) }),
      facing(),
    );
    await Promise.all([ends.client.handshake(), ends.server.handshake()]);
    assertEquals(ends.client.info.ech, "accepted");
  });
}

Deno.test("a client ignores an extension that is not mandatory, and uses the configuration", async () => {
  await using ends = await pair(
    secretly({ ...current, configList: listOf(changed(() => {}, "00010000")) }),
    facing(),
  );
  const [ours] = await Promise.allSettled([
    ends.client.handshake(),
    ends.server.handshake(),
  ]);
  assert(ours.status === "rejected");
  // The public key is not a point: 9 and zeros are, and the server has another.
  assert(ours.reason instanceof TlsEchRejectedError, String(ours.reason));
});

const malformed: Record<string, Uint8Array> = {
  "no list": new Uint8Array(),
  "an empty list": new Uint8Array(2),
  "a list cut short": current.configList.subarray(0, 30),
  "a list with something behind it": Uint8Array.of(...current.configList, 0),
  "contents cut short": listOf(
    changed((config) => config[3] = 20).subarray(0, 24),
  ),
  "an extension twice": listOf(changed(() => {}, "0001000000010000")),
};

for (const [name, configList] of Object.entries(malformed)) {
  Deno.test(`a client refuses ${name} as "configList"`, async () => {
    await using ends = await pair({ ech: { configList } });
    await assertRejects(
      () => ends.client.handshake(),
      TypeError,
      "is not an ECHConfigList",
    );
  });
}

Deno.test("echConfig() refuses a public name that is too long for the DNS", async () => {
  const label = `${"a".repeat(49)}.`;
  const longest = `${label.repeat(5)}abc`;
  assertEquals(longest.length, 253);
  await echConfig({ publicName: longest });
  await assertRejects(
    () => echConfig({ publicName: `${longest}d` }),
    TypeError,
    "host name",
  );
});

Deno.test("a public key that is no point is refused before a byte is sent", async () => {
  const config = changed((config) => config.fill(0, 9, 41));
  await using ends = await pair({ ech: { configList: listOf(config) } });
  await assertRejects(() => ends.client.handshake(), TypeError, "public key");
});

const refused: Record<string, [ech: unknown, says: string]> = {
  "a number": [7, "grease"],
  "null": [null, "grease"],
  "another word": ["on", "grease"],
  "an unknown member": [{ configList: new Uint8Array(), grease: 1 }, "grease"],
  "keys beside a list": [{ keys: "", configList: "" }, "configList"],
  "text as a list": [{ configList: "AEX" }, "configList"],
  "another retry": [{ configList: new Uint8Array(), retry: true }, "retry"],
  "an empty object": [{}, "configList"],
};

for (const [name, [ech, says]] of Object.entries(refused)) {
  Deno.test(`createContext() refuses ${name} as "ech"`, () => {
    assertThrows(
      () => createContext({ ech } as Parameters<typeof createContext>[0]),
      TypeError,
      says,
    );
  });
}

const [privateKey = "", list = ""] = current.pem.split(
  /(?=-----BEGIN ECHCONFIG)/,
);
const [otherKey = ""] = stale.pem.split(/(?=-----BEGIN ECHCONFIG)/);
const badKeys: Record<string, [keys: unknown, says: string]> = {
  "no key": [[], "one key or more"],
  "keys without retry": [
    [{ pem: current.pem, retry: false }],
    "one key or more",
  ],
  "a configuration alone": [list, "no private key"],
  "a private key alone": [privateKey, "expected one ECHCONFIG"],
  "two private keys": [privateKey + current.pem, "got 1 and 2"],
  "the private key of another": [
    otherKey + list,
    "belongs to no configuration",
  ],
  "no PEM": ["nothing", "expected one ECHCONFIG"],
  "a number": [7, "ech"],
  "another member": [{ pem: current.pem, cert: 1 }, "cert"],
};

for (const [name, [keys, says]] of Object.entries(badKeys)) {
  Deno.test(`a server refuses ${name} as "ech.keys"`, async () => {
    const options = facing({ ech: { keys } as ServerOptions["ech"] });
    await using ends = await pair({}, options);
    const handshake = ends.server.handshake();
    const [error] = await Promise.all([
      handshake.catch((error) => error),
      ends.client.handshake().catch(() => {}),
    ]);
    assert(error instanceof Error && error.message.includes(says), error);
  });
}

Deno.test("each side refuses what is for the other", async () => {
  await using ends = await pair(
    { ech: { keys: current.pem } as never },
    { ech: "grease" as never },
  );
  await assertRejects(() => ends.client.handshake(), TypeError, "for servers");
  await using behind = await pair({ ech: "backend" as never });
  await assertRejects(
    () => behind.client.handshake(),
    TypeError,
    "for servers",
  );
});

Deno.test(`"ech" needs TLS 1.3`, () => {
  assertThrows(
    () => createContext({ ech: "grease", maxVersion: "TLSv1.2" }),
    TypeError,
    "needs TLS 1.3",
  );
});

Deno.test("client() refuses a retry, for which it has no second transport", async () => {
  const options = await clientOptions(secretly(current, {
    ech: { configList: current.configList, retry: "keys" },
  }));
  const { forClient } = crossed();
  assertThrows(() => client(forClient, options), TypeError, "retry");
});

/** Runs a server on a port. */
async function serving(options: ServerOptions) {
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await serverOptions(options),
  });
  const running = (async () => {
    for await (const conn of listener) conn.close().catch(() => {});
  })();
  return {
    port: listener.addr.transport === "tcp" ? listener.addr.port : 0,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running.catch(() => {});
    },
  };
}

const retries: {
  name: string;
  retry: "never" | "keys" | "any";
  server: ServerOptions;
  ends: "accepted" | "none" | undefined;
}[] = [
  { name: "never", retry: "never", server: {}, ends: undefined },
  { name: "with keys", retry: "keys", server: {}, ends: "accepted" },
  { name: "with keys, if any", retry: "any", server: {}, ends: "accepted" },
  {
    name: "with keys, of which there are none",
    retry: "keys",
    server: { ech: undefined },
    ends: undefined,
  },
  {
    name: "without keys",
    retry: "any",
    server: { ech: undefined },
    ends: "none",
  },
];

for (const { name, retry, server, ends } of retries) {
  Deno.test(`connect() tries again ${name}`, async () => {
    await using service = await serving(facing(server));
    const connecting = connect({
      ...await clientOptions(secretly()),
      hostname: "127.0.0.1",
      port: service.port,
      ech: { configList: stale.configList, retry },
    });
    if (ends === undefined) {
      await assertRejects(() => connecting, TlsEchRejectedError);
      return;
    }
    await using conn = await connecting;
    assertEquals(conn.info.ech, ends);
    assertEquals(conn.info.serverName, "secret.example");
  });
}

for (const [name, [config]] of Object.entries(unusable)) {
  const isOff = name === "another version";
  Deno.test(
    `retry "any" ${
      isOff ? "connects" : "does not connect"
    } in the clear where all that a server sends has ${name}`,
    () => {
      const { configList } = stale;
      const next = (retry: "keys" | "any") =>
        echAfterRejection({ configList, retry }, listOf(config));
      assertEquals(next("any"), isOff ? "off" : undefined);
      assertEquals(next("keys"), undefined);
    },
  );
}

Deno.test("connect() tries again once, however often the server changes its keys", async () => {
  let connections = 0;
  const optionsFor = async (pem: string) =>
    await serverOptions(facing({
      ech: { keys: pem },
      onClientHello: async () => {
        connections++;
        const { pem } = await echConfig({ publicName: PUBLIC, configId: 9 });
        listener.setContext(createContext(await optionsFor(pem)));
      },
    }));
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await optionsFor(current.pem),
  });
  const { addr } = listener;
  const running = (async () => {
    for await (const conn of listener) conn.close().catch(() => {});
  })();
  const error = await assertRejects(
    async () =>
      await connect({
        ...await clientOptions(secretly()),
        hostname: "127.0.0.1",
        port: addr.transport === "tcp" ? addr.port : 0,
        ech: { configList: stale.configList, retry: "any" },
      }),
    TlsEchRejectedError,
  );
  assert(error.retryConfigs !== undefined);
  assertEquals(connections, 2);
  listener.close();
  await running;
});

Deno.test("a listener's keys rotate by setContext()", async () => {
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await serverOptions(facing()),
  });
  const { addr } = listener;
  const port = addr.transport === "tcp" ? addr.port : 0;
  const dial = async (configList: Uint8Array) => {
    const [conn, accepted] = await Promise.all([
      connect({
        ...await clientOptions(secretly()),
        hostname: "127.0.0.1",
        port,
        ech: { configList },
      }),
      listener.accept(),
    ]);
    assertEquals(conn.info.ech, "accepted");
    await Promise.all([conn.close(), accepted.close()]);
  };
  await dial(current.configList);
  listener.setContext(
    createContext(
      await serverOptions(facing({ ech: { keys: [stale.pem, current.pem] } })),
    ),
  );
  await dial(current.configList);
  await dial(stale.configList);
  listener.close();
});
