/**
 * Versions as a set: one in the middle may be off (RFC 9846 section 4.3.1).
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import {
  type ClientOptions,
  createContext,
  type TlsVersion,
} from "../../mod.ts";
import { assertRefused, editing, hostileServer } from "../_hostile_peer.ts";
import { connected, outcomes, pair, tlsError } from "../_pair.ts";

/** What a ClientHello offers, and the version that follows of it. */
async function agreed(
  client: readonly TlsVersion[],
  server: readonly TlsVersion[],
): Promise<{ version: string | undefined; offered: readonly string[] }> {
  let offered: readonly string[] = [];
  await using ends = await connected({ versions: client }, {
    versions: server,
    onClientHello: ({ versions }) => {
      offered = versions.filter((name) => name.startsWith("TLS"));
    },
  });
  const { version } = ends.client.info;
  assertEquals(ends.server.info.version, version);
  return { version, offered };
}

Deno.test("both ends take the highest version that both sets have", async () => {
  const cases: readonly [TlsVersion[], TlsVersion[], TlsVersion][] = [
    [["TLSv1.3", "TLSv1"], ["TLSv1.1", "TLSv1"], "TLSv1"],
    [["TLSv1", "TLSv1.2"], ["TLSv1.1", "TLSv1"], "TLSv1"],
    [["TLSv1", "TLSv1.2"], ["TLSv1.2", "TLSv1.1", "TLSv1"], "TLSv1.2"],
    [["TLSv1.1", "TLSv1.3"], ["TLSv1.3"], "TLSv1.3"],
    [["TLSv1.2"], ["TLSv1.3", "TLSv1.2"], "TLSv1.2"],
  ];
  for (const [client, server, version] of cases) {
    assertEquals((await agreed(client, server)).version, version);
  }
});

// RFC 9846 section 4.2.3: what the client cannot tell from a ClientHello that was
// altered on the way stays an attack, also where the sets are to blame.
Deno.test("a mark of a server that supports more than it selects is heeded", async () => {
  const cases: readonly [TlsVersion[], TlsVersion[]][] = [
    [["TLSv1.3", "TLSv1"], ["TLSv1.2", "TLSv1"]],
    [["TLSv1.2", "TLSv1"], ["TLSv1.3", "TLSv1.1", "TLSv1"]],
  ];
  for (const [client, server] of cases) {
    await using ends = await pair({ versions: client }, { versions: server });
    const error = tlsError((await outcomes(ends)).client);
    assertEquals(error.alert, "illegal_parameter");
    assertStringIncludes(error.message, "supports a higher version");
  }
});

Deno.test("a client offers its set, the highest first", async () => {
  const server: TlsVersion[] = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"];
  const set = await agreed(["TLSv1", "TLSv1.2", "TLSv1.3"], server);
  assertEquals(set.offered, ["TLSv1.3", "TLSv1.2", "TLSv1"]);
  const low = await agreed(["TLSv1", "TLSv1.2"], server);
  assertEquals(low.offered, ["TLSv1.2", "TLSv1"]);
});

Deno.test("a server with a hole selects what a client below TLS 1.3 has beneath it", async () => {
  await using ends = await connected(
    { minVersion: "TLSv1", maxVersion: "TLSv1.1" },
    { versions: ["TLSv1.2", "TLSv1"] },
  );
  assertEquals(ends.client.info.version, "TLSv1");
});

Deno.test("no version in common is an error that names the set", async () => {
  await using ends = await pair(
    { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" },
    { versions: ["TLSv1.2", "TLSv1"] },
  );
  // The client's range has its lower end at TLS 1.1, the server's answer at 1.0.
  const { client } = await outcomes(ends);
  const error = tlsError(client);
  assertEquals(error.code, "no_common_version");
  assertEquals(error.alert, "protocol_version");
});

/** A client whose server goes by legacy_version, and selects TLS 1.1. */
async function oldServer(client: ClientOptions) {
  const mischief = editing(tls12.serverHello, (message) => ({
    ...message,
    legacyVersion: 0x0302,
  }));
  return await hostileServer(mischief, {
    client,
    server: { minVersion: "TLSv1", maxVersion: "TLSv1.2" },
  });
}

Deno.test("a server that knows no set, and selects from the middle of it, is refused", async () => {
  const versions = ["TLSv1.2", "TLSv1"] as const;
  const error = tlsError(
    await assertRefused("protocol_version", await oldServer({ versions })),
  );
  assertEquals(error.code, "no_common_version");
  assertStringIncludes(error.message, "here TLSv1 and TLSv1.2 are on");
  assertStringIncludes(error.hint ?? "", `"versions" with "TLSv1.1"`);
});

Deno.test("supported_versions is sent below TLS 1.3 only where there is a hole", async () => {
  const sent = async (versions: readonly TlsVersion[]) => {
    let extensions: readonly number[] = [];
    await using _ = await connected({ versions, grease: false }, {
      minVersion: "TLSv1",
      onClientHello: (info) => {
        extensions = info.extensions;
      },
    });
    return extensions.includes(43);
  };
  assertEquals(await sent(["TLSv1.2", "TLSv1"]), true);
  assertEquals(await sent(["TLSv1.2", "TLSv1.1"]), false);
  assertEquals(await sent(["TLSv1.2"]), false);
  assertEquals(await sent(["TLSv1.3"]), true);
});

Deno.test("a client with a hole renegotiates without supported_versions", async () => {
  const seen: (readonly number[])[] = [];
  await using ends = await connected({
    versions: ["TLSv1.2", "TLSv1"],
    renegotiation: "freely",
  }, {
    versions: ["TLSv1.2", "TLSv1"],
    renegotiation: "freely",
    onClientHello: ({ extensions }) => {
      seen.push(extensions);
    },
  });
  const drain = [ends.client, ends.server].map((conn) =>
    conn.read(new Uint8Array(1))
  );
  await ends.client.renegotiate();
  assertEquals(seen.map((types) => types.includes(43)), [true, false]);
  await Promise.all([ends.client.close(), ends.server.close()]);
  await Promise.allSettled(drain);
});

Deno.test("versions that cannot be are refused by name", () => {
  for (
    const [options, says] of [
      [{ versions: [] }, "one version or more"],
      [{ versions: "TLSv1.2" }, "a list"],
      [{ versions: ["SSLv3"] }, "RFC 7568"],
      [{ versions: ["TLSv1.2"], minVersion: "TLSv1.2" }, "in place of"],
      [{ versions: ["TLSv1.2"], maxVersion: "TLSv1.2" }, "in place of"],
      [{ versions: ["TLSv1.2"], earlyData: new Uint8Array(1) }, "TLSv1.3"],
      [{ versions: ["TLSv1.2"], ech: "grease" }, "TLS 1.3"],
      [{ versions: ["TLSv1.3", "TLSv1"], fallback: true }, "fallback"],
      [{ versions: ["TLSv1"], securityLevel: 3 }, "security level 3"],
      [{
        versions: ["TLSv1.3"],
        cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      }, "cipherSuites"],
    ] as const
  ) {
    assertThrows(() => createContext(options as object), TypeError, says);
  }
  createContext({ versions: ["TLSv1.2"], fallback: true });
});

Deno.test("a version of the set without a suite is off", () => {
  const context = createContext({
    versions: ["TLSv1.3", "TLSv1.2", "TLSv1"],
    cipherSuites: [
      "TLS_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    ],
  });
  assertStringIncludes(
    Deno.inspect(context),
    `versions: "TLSv1 and TLSv1.2 and TLSv1.3"`,
  );
  const modern = context.with({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] });
  assertStringIncludes(Deno.inspect(modern), `versions: "TLSv1.3"`);
  assert(modern !== context);
});

// Section 4.3.1: the extension never selects a version before TLS 1.3.
Deno.test("a ServerHello that answers a set of old versions by supported_versions is refused", async () => {
  const mischief = editing(tls13.serverHello, (message) => ({
    ...message,
    extensions: { ...message.extensions, supported_versions: 0x0303 },
  }));
  const peer = await hostileServer(mischief, {
    client: { versions: ["TLSv1.3", "TLSv1"] },
    server: {},
  });
  await assertRefused("illegal_parameter", peer);
});
