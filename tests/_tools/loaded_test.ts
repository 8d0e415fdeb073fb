/**
 * What is loaded when: how many modules an import and a first handshake take,
 * and what comes only to those who need it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { doors, importsOf, loadedWith } from "./_graph.ts";

/** What a program loads on the way to something. */
interface Way {
  readonly name: string;
  /** The modules that it starts from. */
  readonly entries: readonly string[];
  /**
   * The most modules that it may take, those of noble and the standard library
   * among them. A module costs Deno 0.2 to 0.4 ms.
   */
  readonly limit: number;
  /** Why it takes as many. */
  readonly why: string;
  /** Modules, or beginnings of their paths, that must not be among them. */
  readonly lacks: readonly string[];
}

const WAYS: readonly Way[] = [
  {
    name: "the import of mod.ts",
    entries: ["mod.ts"],
    limit: 214,
    why:
      "client(), server(), createContext() and listen() check all options at once, certificates, CRLs and cipher strings among them; what they give has its engine and its records",
    lacks: [
      "acme/challenges.ts",
      "acme/directory_store.ts",
      "acme/manager.ts",
      "connection/options/ech.ts",
      "ech/",
      "handshake/client.ts",
      "handshake/ech/",
      "handshake/server.ts",
      "handshake/renegotiation.ts",
      "handshake/tls12/",
      "handshake/tls13/",
      "crypto/hpke/",
      "crypto/key_schedule.ts",
      "crypto/prf_tls12.ts",
      "crypto/primitives/kdf.ts",
      "crypto/signatures/signing_key.ts",
      "x509/keys/key_pair.ts",
      "x509/keys/pfx.ts",
      "x509/keys/private_key.ts",
      "x509/issue/",
      "x509/lint/",
      "x509/path/path_search.ts",
      "x509/path/verify.ts",
      "x509/status/ocsp.ts",
      "x509/trust/mozilla_roots.ts",
      "@noble/ciphers/chacha",
      "@noble/curves",
      "@noble/post-quantum",
    ],
  },
  {
    name: "a first handshake of a client, TLS 1.3",
    entries: [
      "mod.ts",
      "crypto/groups/hybrid_exchange.ts",
      "handshake/client.ts",
      "handshake/tls13/client.ts",
      "handshake/tls13/post_handshake.ts",
    ],
    limit: 300,
    why: "besides: messages, key schedule, the flow, and the path to an anchor",
    lacks: [
      "crypto/hpke/",
      "handshake/ech/",
      "handshake/messages/ech_",
      "handshake/server.ts",
      "handshake/renegotiation.ts",
      "handshake/tls12/",
      "handshake/tls13/server",
      "handshake/tls13/certificate_inquiry.ts",
      "handshake/messages/message_kinds_tls12.ts",
      "crypto/prf_tls12.ts",
      "record/protection_tls12.ts",
      "x509/keys/private_key.ts",
      "x509/keys/pfx.ts",
      "x509/lint/",
      "x509/path/crl_check.ts",
      "x509/path/dead_end.ts",
      "x509/path/ocsp_check.ts",
      "x509/path/sct_check.ts",
      "x509/path/strict.ts",
      "x509/path/verify.ts",
      "x509/status/ocsp.ts",
      "@noble/ciphers/chacha",
      "@noble/curves",
      "@noble/post-quantum",
    ],
  },
  {
    name: "a first handshake of a client, TLS 1.2",
    entries: [
      "mod.ts",
      "crypto/groups/hybrid_exchange.ts",
      "handshake/client.ts",
      "handshake/tls12/client.ts",
      "handshake/renegotiation.ts",
    ],
    limit: 313,
    why:
      "besides: messages, the PRF, the record forms of TLS 1.2, and the path to an anchor",
    lacks: [
      "handshake/server.ts",
      "handshake/tls12/server",
      "handshake/tls13/",
      "record/protection_tls13.ts",
      "x509/keys/private_key.ts",
      "x509/keys/pfx.ts",
      "x509/lint/",
      "x509/path/crl_check.ts",
      "x509/path/ocsp_check.ts",
      "@noble/ciphers/chacha",
      "@noble/curves",
      "@noble/post-quantum",
    ],
  },
  {
    name: "a first handshake of a server, TLS 1.3",
    entries: [
      "mod.ts",
      "crypto/groups/hybrid_exchange.ts",
      "handshake/server.ts",
      "handshake/tls13/server.ts",
      "handshake/tls13/post_handshake.ts",
      "handshake/tls13/certificate_inquiry.ts",
      "connection/options/identity.ts",
      "x509/keys/key_pair.ts",
    ],
    limit: 315,
    why:
      "besides: messages, key schedule, the flow, tickets, and reading private keys; a client's certificate may have to be judged",
    lacks: [
      "crypto/hpke/",
      "handshake/client.ts",
      "handshake/ech/",
      "handshake/messages/ech_",
      "handshake/renegotiation.ts",
      "handshake/tls12/",
      "handshake/tls13/client.ts",
      "crypto/prf_tls12.ts",
      "record/protection_tls12.ts",
      "x509/keys/pfx.ts",
      "x509/lint/",
      "x509/path/ocsp_check.ts",
      "@noble/ciphers/chacha",
      "@noble/curves",
      "@noble/post-quantum",
    ],
  },
];

/** A limit far above what is there would let modules come back unseen. */
const SLACK = 12;

for (const { name, entries, limit, why, lacks } of WAYS) {
  const loaded = await loadedWith(entries);

  Deno.test(`${name} loads no more modules than it did`, () => {
    assert(
      loaded.size <= limit,
      `${loaded.size} modules instead of ${limit} (${why})`,
    );
    assert(
      loaded.size > limit - SLACK,
      `It is ${loaded.size} modules by now: lower the limit of ${limit}`,
    );
  });

  Deno.test(`${name} leaves out what it does not need`, () => {
    const found = [...loaded].filter((path) =>
      lacks.some((part) =>
        part.startsWith("@") ? path.includes(part) : path.startsWith(part)
      )
    );
    assertEquals(found, []);
  });
}

Deno.test("what is named as not loaded is there to be loaded", async () => {
  const graph = await importsOf(doors);
  const known = [...graph.keys()];
  const foreign = [...graph.values()].flatMap(({ foreign }) => foreign);
  for (const part of new Set(WAYS.flatMap(({ lacks }) => lacks))) {
    assert([...known, ...foreign].some((path) => path.startsWith(part)), part);
  }
});

Deno.test("what comes by import() is a module of its own for that", async () => {
  // Where another module of the same way imports it as well, it is not lazy.
  const graph = await importsOf(doors);
  const loaded = await loadedWith(["mod.ts"]);
  const eager = [...graph].filter(([path]) => loaded.has(path))
    .flatMap(([path, { lazy }]) =>
      lazy.filter((target) => loaded.has(target))
        .map((target) => `${path} loads ${target}`)
    );
  assertEquals(eager, []);
});
