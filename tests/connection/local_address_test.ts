/**
 * Dialling from an address or a port of the caller's, and what cannot be done.
 *
 * @module
 */

import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { dialAddresses } from "../../connection/dial_addresses.ts";
import { listen } from "../../connection/listen.ts";
import type { ConnectOptions } from "../../connection/options/connect_options.ts";
import type { SocketConn } from "../../connection/transport/transport.ts";
import { createFetch, serve } from "../../mod.ts";
import { NodeListener } from "../../platform/node_listener.ts";
import { TrustStore } from "../../x509/mod.ts";
import { authority, certificate, pattern, readBytes } from "../_pair.ts";

const { cert, key } = await certificate({ names: ["dial.test"] });
const trust = TrustStore.of((await authority).cert);
const never = new AbortController().signal;

/** Both ends of a connection that is dialled so. */
async function dialled(options: ConnectOptions) {
  const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
  const { port } = listener.addr as Deno.NetAddr;
  const [there, here] = await Promise.all([
    listener.accept(),
    connect({
      port,
      hostname: "127.0.0.1",
      serverName: "dial.test",
      trust,
      ...options,
    }),
  ]);
  return {
    there,
    here,
    from: there.remoteAddr as Deno.NetAddr,
    async [Symbol.asyncDispose]() {
      await Promise.all([there.close(), here.close()]);
      listener.close();
    },
  };
}

/** A port that nobody uses. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("localAddress is where the connection comes from, and data flows", async () => {
  await using ends = await dialled({ localAddress: "127.0.0.3" });
  assertEquals(ends.from.hostname, "127.0.0.3");
  assertEquals({ ...ends.here.localAddr }, { ...ends.from });
  const bytes = pattern(1 << 18);
  const [got] = await Promise.all([
    readBytes(ends.there, bytes.length),
    ends.here.write(bytes),
  ]);
  assertEquals(got, bytes);
});

Deno.test("localPort is the port that the connection comes from", async () => {
  const localPort = freePort();
  await using ends = await dialled({ localPort, localAddress: "127.0.0.4" });
  assertEquals(ends.from.hostname, "127.0.0.4");
  assertEquals(ends.from.port, localPort);
});

Deno.test("localAddress 0.0.0.0 is any address of IPv4", async () => {
  await using ends = await dialled({ localAddress: "0.0.0.0" });
  assertEquals(ends.from.hostname, "127.0.0.1");
  await assertRejects(
    () =>
      connect({ hostname: "127.0.0.1", port: 1, localAddress: "::", trust }),
    Error,
    "there is no IPv6 address",
  );
});

Deno.test("localAddress in the form of IPv6 for an IPv4 address is that address", async () => {
  for (const localAddress of ["::ffff:127.0.0.6", "0:0:0:0:0:FFFF:7f00:6"]) {
    await using ends = await dialled({ localAddress });
    assertEquals(ends.from.hostname, "127.0.0.6");
  }
});

Deno.test("localPort 0 is any port", async () => {
  await using ends = await dialled({ localPort: 0 });
  assertEquals(ends.from.hostname, "127.0.0.1");
});

Deno.test("localAddress says the family of what is looked up", async () => {
  const families: unknown[] = [];
  await using ends = await dialled({
    hostname: "dial.test",
    serverName: undefined,
    localAddress: "127.0.0.5",
    lookup: (_name, { family }) => {
      families.push(family);
      return ["::1", "127.0.0.1"];
    },
  });
  assertEquals(families, [4]);
  assertEquals(ends.from.hostname, "127.0.0.5");
});

Deno.test("an address that is not this machine's, and a port that is taken, reject", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (
    const [option, code] of [
      [{ localAddress: "192.0.2.1" }, /^(EADDRNOTAVAIL|EINVAL)$/],
      [{ localAddress: "127.0.0.1", localPort: port }, /^EADDRINUSE$/],
    ] as const
  ) {
    const error = await assertRejects(
      () =>
        connect({
          hostname: "127.0.0.1",
          port,
          serverName: "a.test",
          ...option,
        }),
      Error,
    );
    assertMatch((error as Error & { code: string }).code, code);
  }
});

Deno.test("localAddress and localPort that mean nothing are refused by name", async () => {
  const wrong: readonly [ConnectOptions, string][] = [
    [{ localAddress: "eth0" }, "expected an IP address"],
    [{ localAddress: "127.0.0.1", family: 6 }, "expected an IPv6 address"],
    [{ localAddress: "::1", family: 4 }, "expected an IPv4 address"],
    [
      { localAddress: "::ffff:127.0.0.1", family: 6 },
      'expected an IPv6 address, got "::ffff:127.0.0.1"',
    ],
  ];
  for (const [options, says] of wrong) {
    await assertRejects(
      () => connect({ port: 1, serverName: "a.test", ...options }),
      TypeError,
      says,
    );
  }
  await assertRejects(
    () => connect({ port: 1, serverName: "a.test", localPort: 65_536 }),
    RangeError,
    "localPort",
  );
  for (const option of [{ localAddress: "::1" }, { localPort: 1 }] as const) {
    await assertRejects(
      () => connect({ path: "/nowhere", serverName: "a.test", ...option }),
      TypeError,
      "is for hosts",
    );
  }
});

/** A socket that a runtime bound to something. */
function bound(hostname: string | undefined, port = 1) {
  return Object.assign({} as SocketConn, {
    localAddr: hostname && { transport: "tcp", hostname, port },
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  });
}

Deno.test("a runtime that does not heed localAddress or localPort is found out", async () => {
  const dial = (socket: SocketConn, address?: string, port?: number) =>
    dialAddresses(
      {
        hostname: "::1",
        family: undefined,
        lookup: undefined,
        local: { address, port },
      },
      () => Promise.resolve(socket),
      never,
    );
  for (
    const [socket, name, address, port] of [
      [bound("::2"), "localAddress", "::1", undefined],
      [bound(undefined), "localAddress", "::1", undefined],
      [bound("::1", 8), "localPort", "::1", 7],
      [bound("::1", 8), "localPort", undefined, 7],
    ] as const
  ) {
    await assertRejects(
      () => dial(socket, address, port),
      TypeError,
      `option "${name}"`,
    );
    assertEquals(socket.isClosed, true);
  }
  const same = bound("0:0:0:0:0:0:0:1");
  assertEquals(await dial(same, "::1"), same);
});

Deno.test("a fixed port is dialled from once at a time", async () => {
  const tried: string[] = [];
  const first = Promise.withResolvers<SocketConn>();
  const dialling = dialAddresses(
    {
      hostname: "race.test",
      family: undefined,
      lookup: () => ["10.0.0.1", "10.0.0.2"],
      local: { port: 7 },
    },
    (address) => {
      tried.push(address);
      return address === "10.0.0.1"
        ? first.promise
        : Promise.resolve(bound("127.0.0.1", 7));
    },
    never,
  );
  // Longer than the Connection Attempt Delay.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(tried, ["10.0.0.1"]);
  first.reject(new Error("silent"));
  await dialling;
  assertEquals(tried, ["10.0.0.1", "10.0.0.2"]);
});

Deno.test("createFetch() dials from localAddress, and has no localPort", async () => {
  await using server = serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    (_request, { remoteAddr }) =>
      new Response((remoteAddr as Deno.NetAddr).hostname),
  );
  await using fetch = createFetch({
    trust,
    localAddress: "127.0.0.6",
    lookup: () => "127.0.0.1",
  });
  const response = await fetch(`https://dial.test:${server.addr.port}/`);
  assertEquals(await response.text(), "127.0.0.6");
  assertThrows(
    () => createFetch(Object.assign({ trust }, { localPort: 7 })),
    TypeError,
    "localPort",
  );
});

Deno.test("Deno does not set ipv6Only, and says so", () => {
  for (const ipv6Only of [true, false]) {
    assertThrows(
      () => listen({ hostname: "::", port: 0, ipv6Only, cert, key }),
      TypeError,
      '"ipv6Only"',
    );
  }
  for (
    const place of [
      { path: "/nowhere" },
      { listener: Deno.listen({ hostname: "127.0.0.1", port: 0 }) },
    ]
  ) {
    assertThrows(
      () => listen({ ...place, ipv6Only: true, cert, key }),
      TypeError,
      '"ipv6Only" goes with "port"',
    );
    place.listener?.close();
  }
});

Deno.test("a listener of Node.js gets ipv6Only", () => {
  const asked: unknown[] = [];
  const server = {
    on() {},
    listen: (options: unknown) => asked.push(options),
  };
  const net = { createServer: () => server };
  type Net = ConstructorParameters<typeof NodeListener>[0];
  new NodeListener(net as unknown as Net, {
    hostname: "::",
    port: 1,
    ipv6Only: true,
  });
  assertEquals(asked, [{ host: "::", port: 1, ipv6Only: true }]);
});
