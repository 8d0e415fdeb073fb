/**
 * Encrypted ClientHello from end to end (RFC 9849).
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import { TlsEchRejectedError } from "../../../errors.ts";
import { TLS_ECDH_anon_WITH_AES_128_CBC_SHA } from "../../../legacy.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import type { ClientHelloInfo } from "../../../handshake/common/callback_info.ts";
import { SessionCache } from "../../../handshake/session/session.ts";
import { ExtensionType } from "../../../registry.ts";
import { echConfig } from "../../../ech/mod.ts";
import {
  certificate,
  outcomes,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../../_pair.ts";
import {
  current,
  facing,
  PUBLIC,
  SECRET,
  secretly,
  stale,
  tapped,
} from "./_ends.ts";

const p256 = await echConfig({ publicName: PUBLIC, curve: "secp256r1" });

/** A retry in every combination, and what else changes the ClientHello. */
const ways: {
  name: string;
  client?: ClientOptions;
  server?: ServerOptions;
  retried?: boolean;
}[] = [
  { name: "at once" },
  {
    name: "with a retry for a group",
    server: { groups: ["secp384r1"] },
    retried: true,
  },
  {
    name: "with a retry for a cookie",
    server: { helloRetry: "cookie" },
    retried: true,
  },
  {
    name: "with a retry for both",
    server: { groups: ["secp384r1"], helloRetry: "cookie" },
    retried: true,
  },
  {
    name: "with SHA-384, and a retry",
    client: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
    server: { groups: ["secp384r1"] },
    retried: true,
  },
  { name: "with TLS 1.3 alone", client: { minVersion: "TLSv1.3" } },
  { name: "without reserved values", client: { grease: false } },
];

for (const { name, client, server, retried = false } of ways) {
  Deno.test(`client and server agree on an encrypted ClientHello, ${name}`, async () => {
    await using ends = await tapped(
      secretly(current, client),
      facing(server),
    );
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
    assertEquals(ends.client.info.ech, "accepted");
    assertEquals(ends.server.info.ech, "accepted");
    assertEquals(ends.client.info.helloRetryRequest, retried);
    assertEquals(ends.server.info.serverName, SECRET);
    assertEquals(
      ends.client.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
      ends.server.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
    );
    await ends.client.write(utf8("after all"));
    assertEquals(await readBytes(ends.server, 9), utf8("after all"));
    assert(!shows(ends.sent, SECRET));
    assert(shows(ends.sent, PUBLIC));
  });

  Deno.test(`client and server agree that the key is another, ${name}`, async () => {
    await using ends = await tapped(secretly(stale, client), facing(server));
    const { client: error, server: alert } = await outcomes(ends);
    assert(error instanceof TlsEchRejectedError, Deno.inspect(error));
    assertEquals(error.code, "ech_rejected");
    assertEquals(error.alert, "ech_required");
    assertEquals(error.publicName, PUBLIC);
    assertEquals(error.retryConfigs, current.configList);
    // The server's handshake has come to its end: the alert follows it.
    assertEquals(alert, undefined);
    assertEquals(ends.server.info.ech, "rejected");
    assertEquals(ends.server.info.serverName, PUBLIC);
    const { error: ended } = await ends.server.closed as {
      error: { alert: string };
    };
    assertEquals(ended.alert, "ech_required");
    assert(!shows(ends.sent, SECRET));
  });

  Deno.test(`GREASE ECH changes nothing, ${name}`, async () => {
    for (const ech of [undefined, { keys: current.pem }]) {
      await using ends = await tapped(
        { serverName: SECRET, ...client, ech: "grease" },
        facing({ ...server, ech }),
      );
      assertEquals(await outcomes(ends), {
        client: undefined,
        server: undefined,
      });
      assertEquals(ends.client.info.ech, "grease");
      assertEquals(ends.server.info.ech, ech ? "rejected" : "none");
      assertEquals(ends.server.info.serverName, SECRET);
    }
  });
}

/** Whether bytes on the wire have a name in them. */
function shows(chunks: readonly Uint8Array[], name: string): boolean {
  const text = chunks.map((chunk) => String.fromCharCode(...chunk)).join("");
  return text.includes(name);
}

for (
  const [name, keys, configList] of [
    ["P-256", p256.pem, p256.configList],
    ["the second of two", [stale.pem, current.pem], current.configList],
  ] as const
) {
  Deno.test(`a server opens what is encrypted for its key, ${name}`, async () => {
    await using ends = await tapped(
      { serverName: SECRET, ech: { configList } },
      facing({ ech: { keys } }),
    );
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
    assertEquals(ends.client.info.ech, "accepted");
  });
}

Deno.test("a server sends its first key, or those that are marked, as retry configurations", async () => {
  const other = await echConfig({ publicName: PUBLIC, configId: 3 });
  for (
    const [keys, expected] of [
      [[current.pem, other.pem], current.configList],
      [
        [{ pem: current.pem, retry: false }, { pem: other.pem, retry: true }],
        other.configList,
      ],
    ] as const
  ) {
    await using ends = await tapped(secretly(stale), facing({ ech: { keys } }));
    const { client } = await outcomes(ends);
    assert(client instanceof TlsEchRejectedError);
    assertEquals(client.retryConfigs, expected);
  }
});

Deno.test("a server without keys has no retry configurations", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using ends = await tapped(
      secretly(),
      facing({ ech: undefined, maxVersion }),
    );
    const { client } = await outcomes(ends);
    assert(client instanceof TlsEchRejectedError, Deno.inspect(client));
    assertEquals(client.retryConfigs, undefined);
    assertEquals(ends.server.info.version, maxVersion);
    assertEquals(ends.server.info.ech, "none");
  }
});

Deno.test("a decoy that is not the public name gets no word about retries", async () => {
  const decoy = (await certificate({ names: ["decoy.example"] })).identity;
  await using ends = await tapped(
    secretly(stale),
    facing({ certificates: [decoy] }),
  );
  const { client } = await outcomes(ends);
  assert(client instanceof TlsCertificateError);
  assertEquals(client.code, "hostname_mismatch");
});

for (
  const option of [
    "unsafelyIgnoreCertificateErrors",
    "unsafelyDisableHostnameVerification",
  ] as const
) {
  Deno.test(`a decoy is no better with ${option}`, async () => {
    const decoy = (await certificate({ names: ["decoy.example"] })).identity;
    const server = facing({ certificates: [decoy] });
    await using inside = await tapped(
      secretly(current, { [option]: true }),
      server,
    );
    assertEquals((await outcomes(inside)).client, undefined);
    await using outside = await tapped(
      secretly(stale, { [option]: true }),
      server,
    );
    const { client } = await outcomes(outside);
    assert(client instanceof TlsCertificateError, Deno.inspect(client));
    assertEquals(client.code, "hostname_mismatch");
  });
}

Deno.test("a server that shows no certificate gets no word about retries", async () => {
  const suites = [
    TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
    "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
  ];
  for (const suite of suites) {
    const both = {
      cipherSuites: ["TLS_AES_128_GCM_SHA256", suite],
      securityLevel: 0,
      unsafelyAllowAnonymous: true,
    } as const;
    const key = pattern(32);
    const seen: ClientHelloInfo[] = [];
    await using ends = await tapped(
      secretly(current, {
        ...both,
        psk: [{ identity: "inside", key }],
        grease: false,
      }),
      facing({
        ...both,
        ech: undefined,
        maxVersion: "TLSv1.2",
        psk: () => ({ key }),
        onClientHello: (info) => void seen.push(info),
      }),
    );
    const { client, server } = await outcomes(ends);
    assertEquals(tlsError(server).code, "no_common_cipher_suite");
    assertEquals(tlsError(client).code, "alert_received");
    assertEquals(seen.map(({ cipherSuites }) => cipherSuites), [
      ["TLS_AES_128_GCM_SHA256"],
    ]);
  }
});

Deno.test("names, protocols and callbacks follow the ClientHello inside", async () => {
  const seen: ClientHelloInfo[] = [];
  await using ends = await tapped(
    secretly(current, { alpnProtocols: ["one", "two"] }),
    facing({
      onClientHello: (info) => void seen.push(info),
      onAlpn: (protocols) => protocols[1],
    }),
  );
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  assertEquals(ends.client.info.alpnProtocol, "two");
  assertEquals(
    ends.client.info.peerCertificates[0]?.subjectAltName.map(({ value }) =>
      value
    ),
    [SECRET],
  );
  assertEquals(seen.map(({ serverName }) => serverName), [SECRET]);
  assertEquals(seen[0]?.versions.includes("TLSv1.2"), false);
});

Deno.test("a session is resumed inside, and outside nothing of it is seen", async () => {
  for (const server of [{}, { groups: ["secp384r1"] }]) {
    const sessionCache = new SessionCache();
    const keys = { ticketKeys: [pattern(48)], ...server };
    const first = await tapped(
      secretly(current, { sessionCache }),
      facing(keys),
    );
    await outcomes(first);
    await first.server.write(utf8("x"));
    await readBytes(first.client, 1);
    await first[Symbol.asyncDispose]();
    const events: Uint8Array[] = [];
    await using second = await tapped(
      secretly(current, {
        sessionCache,
        onEvent: (event) => {
          if (event.type === "message" && event.name === "client_hello") {
            events.push(event.bytes.slice());
          }
        },
      }),
      facing(keys),
    );
    assertEquals(await outcomes(second), {
      client: undefined,
      server: undefined,
    });
    assertEquals(second.client.info.resumed, true);
    assertEquals(second.client.info.ech, "accepted");
    // GREASE PSK: the same length, and other bytes.
    for (const hello of events) {
      assert(extensionTypes(hello).includes(ExtensionType.pre_shared_key));
    }
    assertEquals(events.length, server.groups === undefined ? 1 : 2);
  }
});

function extensionTypes(hello: Uint8Array): number[] {
  const view = new DataView(hello.buffer, hello.byteOffset);
  let at = 4 + 2 + 32;
  at += 1 + view.getUint8(at);
  at += 2 + view.getUint16(at);
  at += 1 + view.getUint8(at);
  const end = at + 2 + view.getUint16(at);
  const types: number[] = [];
  for (at += 2; at < end; at += 4 + view.getUint16(at + 2)) {
    types.push(view.getUint16(at));
  }
  return types;
}

Deno.test("a server that rejects gets no certificate, no session and no data", async () => {
  const { identity } = await certificate({ names: ["client"] });
  let asked = 0;
  await using ends = await tapped(
    secretly(stale, {
      certificates: [identity],
      onCertificateRequest: () => {
        asked++;
        return identity;
      },
      onSession: () => asked++,
    }),
    facing({ clientAuth: "request" }),
  );
  const writing = ends.client.write(utf8("for the secret server"));
  const { client } = await outcomes(ends);
  assert(client instanceof TlsEchRejectedError);
  assertEquals(await writing.catch((error) => error), client);
  assertEquals(ends.server.info.peerCertificates, []);
  assertEquals(await ends.server.read(new Uint8Array(9)).catch(() => 0), 0);
  assertEquals(asked, 0);
});

Deno.test("ClientHellos are as long for all names up to maximum_name_length", async () => {
  const lengths = new Set<number>();
  for (const serverName of ["a.example", "a.somewhat.longer.example"]) {
    const { identity } = await certificate({ names: [serverName] });
    let length = 0;
    await using ends = await tapped(
      secretly(current, {
        serverName,
        onEvent: (event) => {
          if (event.type === "message" && event.name === "client_hello") {
            length = event.bytes.length;
          }
        },
      }),
      facing({ certificates: [identity] }),
    );
    await outcomes(ends);
    lengths.add(length);
  }
  assertEquals(lengths.size, 1);
});

Deno.test("two ClientHellos have nothing in common that was random", async () => {
  const hellos: Uint8Array[] = [];
  for (let at = 0; at < 2; at++) {
    await using ends = await tapped(
      secretly(current, {
        onEvent: (event) => {
          if (event.type === "message" && event.name === "client_hello") {
            hellos.push(event.bytes.slice(6, 38));
          }
        },
      }),
      facing({
        onClientHello: ({ raw }) => void hellos.push(raw.slice(6, 38)),
      }),
    );
    await outcomes(ends);
  }
  assertEquals(hellos.length, 4);
  assertEquals(new Set(hellos.map((bytes) => bytes.toHex())).size, 4);
  assertNotEquals(hellos[0], hellos[2]);
});
