/**
 * Rules of RFC 9849 that a peer breaks on the wire, each with its alert.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes";
import { TlsEchRejectedError } from "../../../errors.ts";
import {
  ECHClientHello,
  type OuterECHClientHello,
} from "../../../handshake/messages/ech_client_hello.ts";
import type { ClientHello } from "../../../handshake/messages/client_hello.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { HELLO_RETRY_REQUEST_RANDOM } from "../../../handshake/messages/server_hello.ts";
import { decode, encode } from "../../../record/codec.ts";
import {
  assertRefused,
  edited,
  editing,
  hostileClient,
  hostileServer,
  type Mischief,
} from "../../_hostile_peer.ts";
import { pattern } from "../../_pair.ts";
import { assertSays, type Rule } from "../_rules.ts";
import { current, facing, secretly, stale } from "./_ends.ts";

/** Changes the extension of the n-th ClientHello. */
function editingEch(
  index: number,
  edit: (ech: OuterECHClientHello) => Uint8Array | undefined,
): Mischief {
  let hellos = 0;
  return {
    message: ({ name, raw }) =>
      name === "client_hello" && hellos++ === index
        ? edited(tls13.clientHello, raw, (hello): ClientHello => {
          const { encrypted_client_hello: ech = pattern(0) } = hello.extensions;
          const value = decode(ECHClientHello, ech, "test");
          assert(value !== "inner");
          return {
            ...hello,
            extensions: {
              ...hello.extensions,
              encrypted_client_hello: edit(value),
            },
          };
        })
        : undefined,
  };
}

const asking = { groups: ["secp384r1"] };

const firstHellos: (Rule & { ech: Uint8Array })[] = [
  {
    name: "section 7: an inner one from the network",
    alert: "illegal_parameter",
    says: "nothing was encrypted",
    ech: Uint8Array.of(1),
  },
  {
    name: "section 7: of another type",
    alert: "illegal_parameter",
    says: "ECHClientHello.type is 2",
    ech: Uint8Array.of(2),
  },
  { name: "section 5: empty", alert: "decode_error", ech: pattern(0) },
  {
    name: "section 5: an inner one with something in it",
    alert: "decode_error",
    ech: Uint8Array.of(1, 0),
  },
  {
    name: "section 5: without a payload",
    alert: "decode_error",
    ech: Uint8Array.of(0, 0, 1, 0, 1, 7, 0, 0, 0, 0),
  },
];

for (const rule of firstHellos) {
  Deno.test(`server refuses encrypted_client_hello, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileClient(editingEch(0, () => rule.ech), {
        client: secretly(),
        server: facing(),
      }),
    );
    assertSays(error, rule);
  });
}

const unreadable: Record<string, Partial<OuterECHClientHello>> = {
  "another config_id": { configId: 9 },
  "another key": { enc: pattern(32) },
  "a short key": { enc: pattern(31) },
  "no key": { enc: pattern(0) },
  "a suite that the configuration does not have": {
    cipherSuite: { kdfId: 3, aeadId: 1 },
  },
  "a suite that is unknown": { cipherSuite: { kdfId: 0x1111, aeadId: 1 } },
  "another payload": { payload: pattern(400) },
  "a payload shorter than its tag": { payload: pattern(15) },
};

for (const [name, change] of Object.entries(unreadable)) {
  Deno.test(`server goes on with ClientHelloOuter, with ${name}`, async () => {
    const { peer, conn, flow } = await hostileClient(
      editingEch(0, (ech) => encode(ECHClientHello, { ...ech, ...change })),
      { client: secretly(), server: facing() },
    );
    using _ = peer;
    const [, error] = await Promise.all([
      conn.handshake(),
      flow().catch(async (error) => {
        await peer.io.flush();
        return error;
      }),
    ]);
    assert(error instanceof TlsEchRejectedError, String(error));
    assertEquals(error.retryConfigs, current.configList);
    assertEquals(conn.info.ech, "rejected");
    assertEquals(conn.info.serverName, "public.example");
  });
}

const secondHellos: (Rule & {
  edit: (ech: OuterECHClientHello) => Partial<OuterECHClientHello> | undefined;
})[] = [
  {
    name: "section 7.1.1: without the extension",
    alert: "missing_extension",
    edit: () => undefined,
  },
  {
    name: "section 7.1.1: with another config_id",
    alert: "illegal_parameter",
    says: "config_id",
    edit: () => ({ configId: 9 }),
  },
  {
    name: "section 7.1.1: with another KDF",
    alert: "illegal_parameter",
    says: "cipher_suite",
    edit: ({ cipherSuite }) => ({ cipherSuite: { ...cipherSuite, kdfId: 2 } }),
  },
  {
    name: "section 7.1.1: with another AEAD",
    alert: "illegal_parameter",
    says: "cipher_suite",
    edit: ({ cipherSuite }) => ({ cipherSuite: { ...cipherSuite, aeadId: 2 } }),
  },
  {
    name: "section 7.1.1: with a key again",
    alert: "illegal_parameter",
    says: "enc is not empty",
    edit: () => ({ enc: pattern(32) }),
  },
  {
    name: "section 7.1.1: with a payload that cannot be decrypted",
    alert: "decrypt_error",
    edit: ({ payload }) => ({ payload: pattern(payload.length) }),
  },
];

for (const rule of secondHellos) {
  Deno.test(`server refuses a second ClientHelloOuter, ${rule.name}`, async () => {
    const mischief = editingEch(1, (ech) => {
      const change = rule.edit(ech);
      return change && encode(ECHClientHello, { ...ech, ...change });
    });
    const error = await assertRefused(
      rule.alert,
      await hostileClient(mischief, {
        client: secretly(),
        server: facing(asking),
      }),
    );
    assertSays(error, rule);
  });
}

Deno.test("server refuses a second ClientHelloOuter of type inner", async () => {
  const error = await assertRefused(
    "illegal_parameter",
    await hostileClient(editingEch(1, () => Uint8Array.of(1)), {
      client: secretly(),
      server: facing(asking),
    }),
  );
  assertSays(error, { name: "", alert: "illegal_parameter", says: "inner" });
});

Deno.test("server refuses a ClientHelloOuter that was altered behind a retry", async () => {
  let hellos = 0;
  await assertRefused(
    "decrypt_error",
    await hostileClient({
      message: ({ name, raw }) =>
        name === "client_hello" && hellos++ === 1
          ? edited(tls13.clientHello, raw, (hello) => ({
            ...hello,
            random: pattern(32),
          }))
          : undefined,
    }, { client: secretly(), server: facing(asking) }),
  );
});

/** Changes HelloRetryRequest, or ServerHello: they are of one type. */
function answering(
  isRetry: boolean,
  change: (raw: Uint8Array) => Uint8Array,
): Mischief {
  return {
    message: ({ name, raw }) =>
      name === "server_hello" &&
        equals(raw.subarray(6, 38), HELLO_RETRY_REQUEST_RANDOM) === isRetry
        ? change(raw)
        : undefined,
  };
}

const ofServers: (Rule & { mischief: () => Mischief })[] = [
  {
    name: "section 5: retry_configs although it accepted",
    alert: "unsupported_extension",
    client: secretly(),
    mischief: () =>
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: {
          ...extensions,
          encrypted_client_hello: [{ version: 0xfe0d, contents: pattern(9) }],
        },
      })),
  },
  {
    name: "section 6.1.6: retry_configs that are malformed",
    alert: "decode_error",
    client: secretly(stale),
    mischief: () =>
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: {
          ...extensions,
          encrypted_client_hello: [{ version: 0xfe0d, contents: pattern(9) }],
        },
      })),
  },
  {
    name: "section 6.2.1: retry_configs that are malformed, for GREASE",
    alert: "decode_error",
    client: { serverName: "secret.example", ech: "grease" },
    mischief: () =>
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: {
          ...extensions,
          encrypted_client_hello: [{ version: 0xfe0d, contents: pattern(9) }],
        },
      })),
  },
  {
    name: "section 6.1.5: no confirmation behind one in HelloRetryRequest",
    alert: "illegal_parameter",
    says: "6.1.5",
    client: secretly(),
    server: asking,
    mischief: () =>
      answering(
        false,
        (raw) =>
          edited(tls13.serverHello, raw, (hello) => ({
            ...hello,
            random: pattern(32),
          })),
      ),
  },
  {
    name: "section 6.1.2: a PSK although ClientHelloOuter offers none",
    alert: "unsupported_extension",
    client: secretly(stale),
    mischief: () =>
      editing(tls13.serverHello, (hello) => ({
        ...hello,
        extensions: { ...hello.extensions, pre_shared_key: 0 },
      })),
  },
];

for (const rule of ofServers) {
  Deno.test(`client refuses a server, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileServer(rule.mischief(), {
        client: rule.client ?? {},
        server: facing(rule.server),
      }),
    );
    assertSays(error, rule);
  });
}

Deno.test("client refuses a confirmation in HelloRetryRequest that is not 8 bytes", async () => {
  for (const length of [7, 9]) {
    await assertRefused(
      "decode_error",
      await hostileServer(
        answering(true, (raw) => resized(raw, length)),
        { client: secretly(), server: facing(asking) },
      ),
    );
  }
});

/** The HelloRetryRequest with an extension of another length, which is the last. */
function resized(raw: Uint8Array, length: number): Uint8Array {
  const at = raw.findIndex((byte, at) => byte === 0xfe && raw[at + 1] === 0x0d);
  assert(at > 0 && at + 4 + 8 === raw.length);
  const changed = new Uint8Array(at + 4 + length);
  changed.set(raw.subarray(0, at + 4));
  changed[at + 3] = length;
  const extensions = 4 + 2 + 32 + 1 + 32 + 2 + 1;
  const view = new DataView(changed.buffer);
  view.setUint16(extensions, changed.length - extensions - 2);
  view.setUint16(2, changed.length - 4);
  return changed;
}

Deno.test("client takes another confirmation in HelloRetryRequest for a rejection", async () => {
  const { peer, conn, flow } = await hostileServer(
    answering(
      true,
      (raw) =>
        edited(tls13.helloRetryRequest, raw, (hello) => ({
          ...hello,
          extensions: {
            ...hello.extensions,
            encrypted_client_hello: pattern(8),
          },
        })),
    ),
    { client: secretly(stale), server: facing(asking) },
  );
  using _ = peer;
  const [ours] = await Promise.allSettled([conn.handshake(), flow()]);
  assert(ours.status === "rejected");
  assert(ours.reason instanceof TlsEchRejectedError, String(ours.reason));
  assertEquals(ours.reason.retryConfigs, current.configList);
});
