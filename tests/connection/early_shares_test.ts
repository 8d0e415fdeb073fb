/**
 * Key shares that are made while the transport is dialled.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { x25519 } from "../../crypto/groups/named_groups.ts";
import { EarlyShares } from "../../handshake/common/key_shares.ts";
import { connect, listen } from "../../mod.ts";
import { clientOptions, serverOptions } from "../_pair.ts";
import { counted } from "./_counts.ts";

Deno.test("connect() makes its key shares while it dials", async () => {
  using listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await serverOptions(),
  });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = (async () => {
    for await (const conn of listener) {
      await conn.read(new Uint8Array(1));
      await conn.close();
      break;
    }
  })();
  const dial = Deno.connect;
  const arrived = Promise.withResolvers<void>();
  const slow = async (options: Deno.ConnectOptions) => {
    await arrived.promise;
    return await dial(options);
  };
  Object.assign(Deno, { connect: slow });
  try {
    let connecting: ReturnType<typeof connect> | undefined;
    const options = { port, ...await clientOptions() };
    const { webCrypto } = await counted(async () => {
      connecting = connect(options);
      await new Promise((resolve) => setTimeout(resolve, 0));
    });
    assertEquals(webCrypto > 0, true);
    arrived.resolve();
    const conn = await connecting;
    assertEquals(conn?.info.version, "TLSv1.3");
    await Promise.all([conn?.close(), accepted]);
  } finally {
    Object.assign(Deno, { connect: dial });
  }
});

Deno.test("connect() to nobody rejects as before, its key shares made or not", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const options = { port, ...await clientOptions() };
  await assertRejects(
    () => connect({ ...options, hostname: "127.0.0.1" }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("EarlyShares gives its shares once, and holds them no longer", async () => {
  const shares = new EarlyShares([x25519]);
  assertEquals([...await shares.take() ?? []].map(([id]) => id), [x25519.id]);
  assertEquals(shares.take(), undefined);
});
