/**
 * External PSKs that are imported (RFC 9258).
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { createHash, hkdfSync } from "node:crypto";
import { createContext } from "../../connection/options/create_context.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { PskInput } from "../../connection/options/psk_options.ts";
import { TlsAlertError, TlsProtocolError } from "../../errors.ts";
import {
  findImported,
  importPsks,
} from "../../handshake/common/psk_importer.ts";
import { ImportedIdentity } from "../../handshake/messages/imported_identity.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { decode, encode } from "../../record/codec.ts";
import { assertRefused, editing, hostileClient } from "../_hostile_peer.ts";
import {
  clientOptions,
  connected,
  outcomes,
  pair,
  pattern,
  serverOptions,
  utf8,
} from "../_pair.ts";
import { sessionsOf } from "./_resumption.ts";

const key = pattern(32, 3);
const context = "client a, server b";
const psk: PskInput = { identity: "device 7", key, import: { context } };
const onlyTls13 = { minVersion: "TLSv1.3" } as const;
const noCertificate: ServerOptions = {
  cert: undefined,
  key: undefined,
  trust: undefined,
};

/** A server's look-up that knows one external identity. */
function knows(answer: Omit<PskInput, "identity">): ServerOptions["psk"] {
  return (identity) =>
    new TextDecoder().decode(identity) === psk.identity ? answer : undefined;
}

/** HKDF-Expand-Label of the HKDF that Node.js has: Extract and Expand in one. */
function importedBy(
  hash: "sha256" | "sha384",
  identity: Uint8Array,
  length: number,
): Uint8Array {
  const label = utf8("tls13 derived psk");
  const digest = createHash(hash).update(identity).digest();
  const info = concat([
    Uint8Array.of(0, length, label.length),
    label,
    Uint8Array.of(digest.length),
    digest,
  ]);
  const salt = new Uint8Array(digest.length);
  return new Uint8Array(hkdfSync(hash, key, salt, info, length));
}

const bytes = (text: string) =>
  concat([Uint8Array.of(0, text.length), utf8(text)]);

for (const hash of ["SHA-256", "SHA-384"] as const) {
  Deno.test(`a PSK of ${hash} is imported for both hashes of suites, as RFC 9258 section 5.1 says`, async () => {
    const source = {
      identity: utf8("device 7"),
      key,
      hash,
      importContext: utf8(context),
    };
    const imported = importPsks([source], new Set(["SHA-256", "SHA-384"]));
    const node = hash === "SHA-256" ? "sha256" : "sha384";
    const expected = ([["SHA-256", 1, 32], ["SHA-384", 2, 48]] as const).map(
      ([target, kdf, length]) => {
        const identity = concat([
          bytes("device 7"),
          bytes(context),
          Uint8Array.of(3, 4, 0, kdf),
        ]);
        return {
          identity,
          key: importedBy(node, identity, length),
          hash: target,
          importContext: source.importContext,
          source,
        };
      },
    );
    assertEquals(imported, expected);
    const { importContext } = source;
    for (const psk of expected) {
      const found = await findImported(
        psk.identity,
        () => Promise.resolve({ key, hash, importContext }),
      );
      assertEquals(found?.key, psk.key);
      assertEquals(found?.hash, psk.hash);
    }
  });
}

Deno.test("importPsks() makes no key for a hash that no suite has", () => {
  const hash = "SHA-256" as const;
  const source = { identity: utf8("a"), key, hash, importContext: utf8("") };
  const other = { identity: utf8("b"), key, hash };
  const imported = importPsks([source, other], new Set(["SHA-384"]));
  assertEquals(imported.map((psk) => psk.hash), ["SHA-384", "SHA-256"]);
  assertEquals(imported[1], other);
});

for (const hash of ["SHA-256", "SHA-384"] as const) {
  for (
    const suite of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]
  ) {
    for (const helloRetry of ["needed", "cookie"] as const) {
      Deno.test(
        `an imported PSK of ${hash} authenticates both sides with ${suite}${
          helloRetry === "cookie" ? " behind a HelloRetryRequest" : ""
        }`,
        async () => {
          const own = { key, hash, import: { context } } as const;
          await using ends = await connected(
            { psk: { ...psk, hash } },
            {
              ...noCertificate,
              psk: knows(own),
              helloRetry,
              cipherSuites: [suite],
            },
          );
          for (const { info } of [ends.client, ends.server]) {
            assertEquals(info.cipherSuite, suite);
            assertEquals(info.authorization, { status: "psk" });
            assertEquals(info.pskIdentity, utf8("device 7"));
            assertEquals(info.helloRetryRequest, helloRetry === "cookie");
          }
        },
      );
    }
  }
}

const differences: Readonly<Record<string, Omit<PskInput, "identity">>> = {
  "another context": { key, import: { context: "client b, server a" } },
  "no context": { key, import: {} },
  "no import": { key },
  "another key": { key: pattern(32, 4), import: { context } },
  "another hash of the key": { key, hash: "SHA-384", import: { context } },
};
for (const [name, answer] of Object.entries(differences)) {
  Deno.test(`an imported PSK with ${name} at the server is refused as a wrong key is`, async () => {
    await using ends = await pair(
      { ...onlyTls13, psk },
      { ...noCertificate, psk: knows(answer) },
    );
    const { client, server } = await outcomes(ends);
    assertInstanceOf(server, TlsProtocolError);
    assertEquals(server.alert, "decrypt_error");
    assertInstanceOf(client, TlsAlertError);
    assertEquals(client.alert, "decrypt_error");
  });
}

Deno.test("a PSK that is to be imported is not used as it is", async () => {
  await using ends = await pair(
    { ...onlyTls13, psk: { identity: psk.identity, key } },
    { ...noCertificate, psk: knows({ key, import: { context } }) },
  );
  const { server } = await outcomes(ends);
  assertInstanceOf(server, TlsProtocolError);
  assertEquals(server.alert, "decrypt_error");
});

for (
  const [field, value] of [["targetProtocol", 0xfefc], [
    "targetKdf",
    3,
  ]] as const
) {
  Deno.test(`an imported identity with another ${field} is unknown`, async () => {
    const asked: string[] = [];
    const { peer, conn, flow } = await hostileClient(
      editing(tls13.clientHello, (hello) => {
        const { identities = [], binders = [] } =
          hello.extensions.pre_shared_key ?? {};
        const changed = identities.map((psk) => ({
          ...psk,
          identity: encode(ImportedIdentity, {
            ...decode(ImportedIdentity, psk.identity, ""),
            [field]: value,
          }),
        }));
        const pre_shared_key = { identities: changed, binders };
        return {
          ...hello,
          extensions: { ...hello.extensions, pre_shared_key },
        };
      }),
      {
        client: { psk },
        server: {
          psk: (identity) => {
            asked.push(new TextDecoder().decode(identity));
            return knows({ key, import: { context } })?.(
              identity,
              undefined as never,
            );
          },
        },
      },
    );
    using _ = peer;
    // The server has a certificate as well, and shows that.
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.authorization.status, "none");
    assert(!asked.includes("device 7"), `${asked}`);
  });
}

Deno.test("a session of an imported PSK is resumed as long as the PSK is there", async () => {
  const server = await serverOptions({
    ...noCertificate,
    psk: knows({ key, import: { context } }),
    ticketKeys: [pattern(48)],
  });
  const sessions: unknown[] = [];
  const onSession: ClientOptions["onSession"] = (session) =>
    void sessions.push(session);
  const options = await clientOptions({ psk, onSession, ...onlyTls13 });
  {
    await using ends = await connected(options, server);
    await ends.server.write(utf8("x"));
    await ends.client.read(new Uint8Array(1));
  }
  const [session] = sessions as NonNullable<ClientOptions["session"]>[];
  assert(session !== undefined);
  {
    await using ends = await connected({ ...options, session }, server);
    assert(ends.client.info.resumed);
    assertEquals(ends.server.info.pskIdentity, utf8("device 7"));
  }
  await using ends = await connected(
    { ...options, session, psk: { ...psk, key: pattern(32, 5) } },
    { ...server, psk: knows({ key: pattern(32, 5), import: { context } }) },
  );
  assert(!ends.client.info.resumed);
});

Deno.test("a PSK that is to be imported is not used below TLS 1.3", async () => {
  await using ends = await pair(
    { maxVersion: "TLSv1.2", psk, cipherSuites: "PSK" },
    { ...noCertificate, psk: knows({ key, import: { context } }) },
  );
  const { client } = await outcomes(ends);
  assertInstanceOf(client, Error);
  assert(client.message.startsWith("Cannot use a pre-shared key"));
});

Deno.test("psk refuses an import that cannot be", () => {
  const identity = pattern(40_000);
  for (
    const wrong of [
      { ...psk, import: { context: pattern(65_536) } },
      { ...psk, import: { context: 1 } },
      { ...psk, import: { name: "x" } },
      { ...psk, import: true },
      { identity, key, import: { context: pattern(40_000) } },
    ]
  ) {
    assertThrows(
      () => createContext({ psk: wrong as PskInput }),
      TypeError,
      `Cannot use option "psk"`,
    );
  }
});

Deno.test("a server refuses a second ClientHello without the identity that fits (RFC 9846 section 4.2.2)", async () => {
  let hellos = 0;
  await assertRefused(
    "illegal_parameter",
    await hostileClient(
      editing(tls13.clientHello, (hello) => {
        if (++hellos === 1) return hello;
        const { identities = [], binders = [] } =
          hello.extensions.pre_shared_key ?? {};
        const other = { identity: utf8("other"), obfuscatedTicketAge: 0 };
        const pre_shared_key = {
          identities: identities.map(() => other),
          binders,
        };
        return {
          ...hello,
          extensions: { ...hello.extensions, pre_shared_key },
        };
      }),
      {
        client: { psk },
        server: {
          psk: knows({ key, import: { context } }),
          helloRetry: "cookie",
        },
      },
    ),
  );
});

Deno.test("a session of an imported PSK is for the same context, and not for the PSK itself", async () => {
  const options = (context: string | undefined) => ({
    key,
    import: context === undefined ? undefined : { context },
  });
  const asClient = (context?: string): ClientOptions => ({
    ...onlyTls13,
    psk: { identity: "device 7", ...options(context) },
  });
  const asServer = (context?: string): ServerOptions => ({
    ...noCertificate,
    ticketKeys: [pattern(48)],
    psk: knows(options(context)),
  });
  const [session] = await sessionsOf(asClient("a"), asServer("a"));
  assert(session !== undefined);
  {
    const client = { ...asClient("a"), session };
    await using ends = await connected(client, asServer("a"));
    assert(ends.client.info.resumed);
  }
  for (const [one, other] of [["b", "a"], ["a", "b"], [undefined, "a"]]) {
    const client = { ...asClient(one), session };
    await using ends = await pair(client, asServer(other));
    const errors = await outcomes(ends);
    assertInstanceOf(errors.client, TlsAlertError);
  }
});
