import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type { SocketListener } from "../../connection/options/listen_options.ts";
import { clientOptions, serverOptions } from "../_pair.ts";

/** A listener whose first calls of accept() fail. */
function failing(errors: Error[]): SocketListener & { addr: Deno.NetAddr } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    addr: listener.addr,
    accept() {
      const error = errors.shift();
      return error === undefined ? listener.accept() : Promise.reject(error);
    },
    close: () => listener.close(),
  };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`accept failed: ${code}`), { code });
}

Deno.test("listener outlives that there are no descriptors left for a while", async () => {
  const sockets = failing(
    ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"].map(systemError),
  );
  const { cert, key } = await serverOptions();
  using listener = listen({ cert, key, listener: sockets });
  const accepted = listener.accept();
  const client = await connect({
    ...await clientOptions(),
    port: sockets.addr.port,
  });
  const server = await accepted;
  assertEquals(server.info.version, "TLSv1.3");
  await Promise.all([client.close(), server.close()]);
});

Deno.test("listener that is closed while there are no descriptors leaves nothing behind", async () => {
  const endless = Array.from({ length: 100 }, () => systemError("EMFILE"));
  const { cert, key } = await serverOptions();
  const listener = listen({ cert, key, listener: failing(endless) });
  const accepted = listener.accept();
  accepted.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  listener.close();
  await assertRejects(() => accepted, Deno.errors.BadResource);
});

Deno.test("the loop over a listener throws other errors of accept()", async () => {
  const error = systemError("EACCES");
  const { cert, key } = await serverOptions();
  const listener = listen({ cert, key, listener: failing([error]) });
  const thrown = await assertRejects(async () => {
    for await (const conn of listener) await conn.close();
  });
  assertStrictEquals(thrown, error);
  // It is over, the socket that it listened on as well.
  listener.close();
});
