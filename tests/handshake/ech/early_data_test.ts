/**
 * Early data with an encrypted ClientHello (RFC 9849 sections 6.1 and 6.1.5).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ServerOptions } from "../../../connection/options/options.ts";
import { TlsEchRejectedError } from "../../../errors.ts";
import {
  earlyPair,
  earlySession,
  earlyText,
  REQUEST,
  shakeEarly,
} from "../_early_data.ts";
import { crossed, outcomes, pipe } from "../../_pair.ts";
import { current, facing, secretly, stale } from "./_ends.ts";

const REQUEST_TEXT = new TextDecoder().decode(REQUEST);

/** Servers of the secret name, all with the same ticket keys. */
const server = (more: ServerOptions = {}) => facing({ earlyData: {}, ...more });

const session = () => earlySession(secretly(), server());

Deno.test("early data arrives with an encrypted ClientHello", async () => {
  await using ends = await earlyPair(
    secretly(current, { session: await session() }),
    server(),
  );
  assertEquals(await shakeEarly(ends), REQUEST_TEXT);
  assertEquals(ends.client.info.ech, "accepted");
  assertEquals(ends.client.info.earlyData, "accepted");
  assertEquals(ends.client.info.resumed, true);
});

Deno.test("early data arrives with GREASE ECH", async () => {
  await using ends = await earlyPair(
    { ...secretly(), ech: "grease", session: await session() },
    server(),
  );
  assertEquals(await shakeEarly(ends), REQUEST_TEXT);
  assertEquals(ends.client.info.ech, "grease");
  assertEquals(ends.client.info.earlyData, "accepted");
});

for (
  const [ech, state] of [
    [{ configList: current.configList }, "accepted"],
    ["grease", "rejected"],
  ] as const
) {
  Deno.test(`a server that reads early data knows that the ClientHello was ${state}`, async () => {
    const gate = Promise.withResolvers<void>();
    const toClient = pipe({
      transform: async (chunk, controller) => {
        await gate.promise;
        controller.enqueue(chunk);
      },
    });
    await using ends = await earlyPair(
      { ...secretly(), ech, session: await session() },
      server(),
      crossed({ toClient }),
    );
    const shaking = outcomes(ends);
    const reader = ends.server.earlyData.getReader();
    await reader.read();
    const { info } = ends.server;
    gate.resolve();
    assertEquals([info.earlyData, info.ech], ["accepted", state]);
    assertEquals(await shaking, { client: undefined, server: undefined });
    assertEquals(ends.server.info.ech, state);
  });
}

for (
  const [name, options] of [
    ["does not take it", { earlyData: undefined }],
    ["asks for a retry", { groups: ["secp384r1"] }],
  ] as const
) {
  Deno.test(`early data is rejected by a server that ${name}, and the ClientHello is not`, async () => {
    await using ends = await earlyPair(
      secretly(current, { session: await session() }),
      server(options),
    );
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
    assertEquals(ends.client.info.ech, "accepted");
    assertEquals(ends.client.info.earlyData, "rejected");
    assertEquals(ends.client.info.resumed, true);
  });
}

for (const groups of [undefined, ["secp384r1"]]) {
  Deno.test(
    `a server that cannot decrypt the ClientHello skips early data${
      groups === undefined ? "" : ", in front of a retry"
    }`,
    async () => {
      await using ends = await earlyPair(
        secretly(stale, { session: await session() }),
        server({ groups }),
      );
      const early = earlyText(ends.server).catch(() => "");
      const { client, server: other } = await outcomes(ends);
      assert(client instanceof TlsEchRejectedError, Deno.inspect(client));
      assertEquals(other, undefined);
      assertEquals(ends.server.info.earlyData, "rejected");
      assertEquals(await early, "");
    },
  );
}
