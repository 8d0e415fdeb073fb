/**
 * What holds of every option, row by row of the table: a row that is added is
 * tested here without a word, but for a sample of its value.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { connect } from "../../../connection/connect.ts";
import { listen } from "../../../connection/listen.ts";
import type { Context } from "../../../connection/options/context.ts";
import type { ContextOptions } from "../../../connection/options/options.ts";
import {
  type OptionName,
  optionNames,
} from "../../../connection/options/table.ts";
import { client, server } from "../../../connection/wrap.ts";
import type {
  ClientConfig,
  ServerConfig,
} from "../../../handshake/common/config.ts";
import { handle } from "../../_contexts.ts";
import { clientOptions, crossed, serverOptions } from "../../_pair.ts";
import {
  contextWith,
  ofContexts,
  type Options,
  rowOf,
  sample,
  samples,
} from "./_samples.ts";

const SIDES = ["client", "server"] as const;

for (const name of optionNames) {
  Deno.test(`option ${name} is refused where it is of a wrong type`, () => {
    const { parse } = rowOf(name);
    for (const wrong of [Symbol("wrong"), null]) {
      assertThrows(() => parse(wrong, name), TypeError);
    }
  });
}

// A timer of more milliseconds than 32 bits have fires at once.
for (
  const name of [
    "handshakeTimeout",
    "readTimeout",
    "writeTimeout",
    "headersTimeout",
  ] as const
) {
  Deno.test(`option ${name} takes the longest time that a timer can wait, and no longer`, () => {
    const { parse } = rowOf(name);
    assertEquals(parse(2 ** 31 - 1, name), 2 ** 31 - 1);
    assertThrows(() => parse(2 ** 31, name), RangeError);
  });
}

for (const name of ofContexts) {
  const own = sample(name);
  const before = Object.fromEntries(
    Object.entries(own).filter(([other]) => other !== name),
  );

  Deno.test(`option ${name} counts where it is inherited, and as a getter that is read once`, () => {
    let reads = 0;
    const inherited = Object.create({
      ...before,
      get [name]() {
        reads++;
        return samples[name];
      },
    });
    assert(contextWith(inherited).has(name) || isEmpty(samples[name]));
    assertEquals(reads, 1);
  });

  Deno.test(`context.with({ ${name}: undefined }) removes it`, async () => {
    const without = contextWith(own)
      .with({ [name]: undefined, ...goes(name) } as ContextOptions);
    assertEquals(without.has(name), false);
    await assertAlike(without, contextWith(left(name, before)), name);
  });

  Deno.test(`context.with({ ${name} }) puts it there`, async () => {
    const base = contextWith({});
    const changes = own as ContextOptions;
    const changed = base.with(changes);
    assertEquals(base.has(name), false);
    await assertAlike(changed, contextWith(own), name);
    // And again, over what is there.
    await assertAlike(changed.with(changes), changed, name);
  });

  Deno.test(`option ${name} beside a context counts, and has no effect if it is undefined`, () => {
    const { side } = rowOf(name);
    const context = contextWith(own);
    const nothing = { context, [name]: undefined };
    for (const which of SIDES.filter((each) => fits(side, each))) {
      const entry = which === "client" ? client : server;
      const { forClient } = crossed();
      const given = which === "client"
        ? { serverName: "localhost", ...nothing }
        : nothing;
      if (!canStart(which, context, name)) continue;
      entry(forClient, given as never).abort();
    }
  });
}

for (const name of optionNames) {
  const { side, scope } = rowOf(name);
  const own = sample(name);

  Deno.test(`option ${name} is taken by the entries that have it, and by no other`, async () => {
    const forClient = await clientOptions() as Options;
    const forServer = await serverOptions() as Options;
    const isEach = scope === "context" || scope === "connection";
    const refused: (() => unknown)[] = [];
    const { forClient: duplex } = crossed();
    if (side === "server" || !isEach) {
      refused.push(() => client(duplex, { ...forClient, ...own } as never));
    }
    if (side === "client" || !isEach) {
      refused.push(() => server(duplex, { ...forServer, ...own } as never));
    }
    if (!isEach) refused.push(() => contextWith(own));
    if (side === "client" || name === "initialData") {
      refused.push(() => listen({ port: 0, ...forServer, ...own } as never));
    }
    for (const call of refused) assertThrows(call, TypeError, `"${name}"`);
    if (side === "server" || scope === "listener") {
      const error = await connect({ port: 1, ...own } as never)
        .catch((error) => error);
      assert(error instanceof TypeError, String(error));
    }
  });
}

for (const name of ofContexts) {
  const { side } = rowOf(name);
  if (side === "client" || name === "sni" || name === "onClientHello") continue;
  if (name === "serverName" || name === "session") continue;

  Deno.test(`option ${name} of a name is in force, or refused`, async () => {
    const own = sample(name);
    const { cert, key } = await serverOptions();
    const base = { cert, key, ticketKeys: samples.ticketKeys };
    const isRefused = name === "signal" || name === "initialData" ||
      name === "ech";
    const giveBy: Record<string, (value: unknown) => Options> = {
      sni: (value) => ({ ...base, sni: { "a.test": value } }),
      "a look-up of sni": (value) => ({ ...base, sni: () => value }),
      onClientHello: (value) => ({ ...base, onClientHello: () => value }),
    };
    for (const [how, give] of Object.entries(giveBy)) {
      const chosen = async () =>
        await byName(await contextWith(give(own)).server(handle("server")));
      if (isRefused) {
        const error = await chosen().catch((error) => error);
        assert(error instanceof TypeError, `${how}: ${error}`);
        assert(error.message.includes(`"${name}"`), error.message);
        continue;
      }
      const wanted = contextWith({ ...replaced(base, own), ...own });
      // A certificate that cannot be read is so in both ways.
      const told = (error: unknown) => ({ error: String(error) });
      await assertConfigsAlike(
        await chosen().catch(told),
        await wanted.server(handle("server")).catch(told),
        `${name} by ${how}`,
      );
    }
  });
}

/** The configuration that a server chooses for a name. */
async function byName(config: ServerConfig): Promise<ServerConfig> {
  const found = await config.onClientHello?.({ serverName: "a.test" } as never);
  const named = found ?? await config.sni?.("a.test");
  assert(named !== undefined && "side" in named);
  return named;
}

/** An identity of a name takes the place of the one that was there. */
function replaced(base: Options, own: Options): Options {
  const hasIdentity = ["cert", "key", "pfx", "certificates"]
    .some((name) => name in own);
  if (!hasIdentity) return own.tickets === 0 ? { ...base } : base;
  const { cert: _cert, key: _key, ...rest } = base;
  return rest;
}

function fits(side: string, which: string): boolean {
  return side === "both" || side === which;
}

/** Whether an end with nothing but this option can be made at all. */
function canStart(
  which: "client" | "server",
  context: Context,
  name: OptionName,
): boolean {
  if (which === "client") return true;
  return ["cert", "key", "passphrase", "pfx", "certificates", "psk", "sni"]
    .includes(name) || context.has("onClientHello");
}

/** What goes with an option that is taken away, as it needs that. */
function goes(name: OptionName): Options {
  if (name === "cert") return { key: undefined };
  if (name === "key") return { cert: undefined };
  return {};
}

function left(name: OptionName, before: Options): Options {
  return Object.keys(goes(name)).length > 0 ? {} : before;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Two contexts that come to the same for connections of both sides. */
async function assertAlike(
  one: Context,
  other: Context,
  name: OptionName,
): Promise<void> {
  await assertConfigsAlike(
    one.connectionOptions(),
    other.connectionOptions(),
    `each connection of ${name}`,
  );
  for (const side of SIDES) {
    const configs = [one, other].map((context) =>
      context[side](handle(side)).catch((error) => ({ error: String(error) }))
    );
    const [first, second] = await Promise.all(configs);
    await assertConfigsAlike(first, second, `${name} of a ${side}`);
  }
}

/** Functions are alike where both are there; the rest by what it is. */
async function assertConfigsAlike(
  one: object | undefined,
  other: object | undefined,
  what: string,
): Promise<void> {
  assertEquals(await comparable(one), await comparable(other), what);
}

async function comparable(config: object | undefined): Promise<unknown> {
  const members = config as Record<string, unknown> | undefined;
  const trust = members?.trust as ClientConfig["trust"] | undefined;
  return {
    ...Object.fromEntries(
      Object.entries(members ?? {})
        .map(([name, value]) => [name, plain(value)]),
    ),
    signal: members?.signal !== undefined,
    trust: await trust?.fingerprint(),
  };
}

function plain(value: unknown): unknown {
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "object" && value !== null) {
    const { constructor } = value;
    return constructor === Object ? Deno.inspect(value) : constructor.name;
  }
  return value;
}
