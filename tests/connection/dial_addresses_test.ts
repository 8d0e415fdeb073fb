import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { dialAddresses } from "../../connection/dial_addresses.ts";
import { listen } from "../../connection/listen.ts";
import type {
  ConnectOptions,
  Lookup,
} from "../../connection/options/connect_options.ts";
import type { SocketConn } from "../../connection/transport/transport.ts";
import { createFetch, serve } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { authority, certificate } from "../_pair.ts";

const { cert, key } = await certificate({ names: ["dial.test"] });
const trust = TrustStore.of((await authority).cert);
const never = new AbortController().signal;

function start(hostname = "127.0.0.1") {
  return listen({ hostname, port: 0, cert, key });
}

async function visit(
  listener: ReturnType<typeof start>,
  options: ConnectOptions,
): Promise<string | undefined> {
  const { port } = listener.addr as Deno.NetAddr;
  const [there, here] = await Promise.all([
    listener.accept(),
    connect({ port, hostname: "dial.test", trust, ...options }),
  ]);
  const address = here.remoteAddr as Deno.NetAddr;
  await Promise.all([there.close(), here.close()]);
  return address.hostname;
}

Deno.test("lookup says where a name is, and the certificate is for the name", async () => {
  using listener = start();
  const asked: unknown[] = [];
  const lookup: Lookup = (hostname, { family }) => {
    asked.push([hostname, family]);
    return Promise.resolve("127.0.0.1");
  };
  assertEquals(await visit(listener, { lookup }), "127.0.0.1");
  assertEquals(asked, [["dial.test", undefined]]);
});

Deno.test("family leaves addresses of the other one out", async () => {
  using listener = start();
  const lookup = () => ["::1", "127.0.0.1"];
  assertEquals(await visit(listener, { lookup, family: 4 }), "127.0.0.1");
  const error = await assertRejects(
    () =>
      connect({
        port: 1,
        hostname: "dial.test",
        family: 6,
        lookup: () => "127.0.0.1",
      }),
    Error,
    "Cannot connect to dial.test: there is no IPv6 address",
  );
  assertEquals((error as Error & { code?: string }).code, "ENOTFOUND");
});

Deno.test("family without lookup asks the system", async () => {
  using listener = start();
  const address = await visit(listener, {
    hostname: "localhost",
    serverName: "dial.test",
    family: 4,
  });
  assertEquals(address, "127.0.0.1");
});

Deno.test("an address that refuses gives way to the next one", async () => {
  using listener = start();
  // Nobody listens at the second address of loopback.
  const lookup = () => ["127.0.0.2", "127.0.0.1"];
  assertEquals(await visit(listener, { lookup }), "127.0.0.1");
});

Deno.test("what lookup throws or returns beside addresses rejects connect()", async () => {
  const dial = (lookup: unknown) =>
    connect({ port: 1, hostname: "dial.test", lookup: lookup as Lookup });
  const gone = new Error("no resolver");
  const error = await assertRejects(() => dial(() => Promise.reject(gone)));
  assertEquals(error, gone);
  for (const answer of ["elsewhere.test", 5, undefined, [undefined], ["x"]]) {
    await assertRejects(() => dial(() => answer), TypeError, "IP addresses");
  }
  await assertRejects(() => dial(() => []), Error, "there is no address");
});

Deno.test("family and lookup are for hosts", async () => {
  for (
    const option of [{ family: 4 }, { lookup: () => "127.0.0.1" }] as const
  ) {
    await assertRejects(
      () => connect({ path: "/nowhere", serverName: "a.test", ...option }),
      TypeError,
      "is for hosts",
    );
  }
  await assertRejects(
    () => connect(Object.assign({ port: 1 }, { family: 5 as 4 })),
    TypeError,
    "4 or 6",
  );
});

Deno.test("createFetch() dials where lookup says", async () => {
  await using server = serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    ({ url }) => new Response(new URL(url).hostname),
  );
  await using fetch = createFetch({ trust, lookup: () => "127.0.0.1" });
  const response = await fetch(`https://dial.test:${server.addr.port}/`);
  assertEquals(await response.text(), "dial.test");
});

/** A race over addresses of which each behaves as told. */
async function race(
  addresses: readonly string[],
  attempt: (address: string, signal: AbortSignal) => Promise<SocketConn>,
  signal = never,
) {
  const host = {
    hostname: "race.test",
    family: undefined,
    lookup: () => addresses,
  };
  return await dialAddresses(host, attempt, signal);
}

/** A socket that says whether it was closed. */
function socket(name: string) {
  return Object.assign({} as SocketConn, {
    name,
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  });
}

Deno.test("RFC 8305 section 4: the families take turns", async () => {
  const tried: string[] = [];
  const given = ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"];
  await assertRejects(
    () =>
      race(given, (address) => {
        tried.push(address);
        return Promise.reject(new Error(address));
      }),
    Error,
    "::1",
  );
  assertEquals(tried, ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]);
});

Deno.test("RFC 8305 section 5: a silent address does not hold up the next one", async () => {
  const late = Promise.withResolvers<SocketConn>();
  const silent = socket("silent");
  const signals: AbortSignal[] = [];
  const won = await race(["10.0.0.1", "10.0.0.2"], (address, signal) => {
    signals.push(signal);
    return address === "10.0.0.1"
      ? late.promise
      : Promise.resolve(socket("second"));
  });
  assertEquals((won as ReturnType<typeof socket>).name, "second");
  assert(signals[0]?.aborted);
  // What comes after all is closed.
  late.resolve(silent);
  await late.promise;
  await Promise.resolve();
  assertEquals(silent.isClosed, true);
});

Deno.test("a dial that is aborted tries no further address", async () => {
  const aborter = new AbortController();
  const tried: string[] = [];
  await assertRejects(() =>
    race(["10.0.0.1", "10.0.0.2"], (address) => {
      tried.push(address);
      aborter.abort(new Error("enough"));
      return Promise.reject(new Error(address));
    }, aborter.signal)
  );
  assertEquals(tried, ["10.0.0.1"]);
});
