/**
 * What goes beyond moving data, with the programs that can show it.
 *
 * @module
 */

import {
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
} from "@std/assert";
import { gnutls, gnutlsMissing, GnutlsServerEnd } from "./_peers/gnutls.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  type KeyType,
  serverIdentity,
  temporaryFolder,
} from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { openssl, OpensslEnd, opensslMissing } from "./_peers/openssl.ts";
import { own, OwnEnd } from "./_peers/own.ts";
import {
  type End,
  payload,
  type Settings,
  type Version,
} from "./_peers/peer.ts";
import {
  type Conversation,
  converse,
  type Ends,
  exchange,
  type Pair,
  refuse,
} from "./_peers/conversation.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;
const OPENSSL_ROLES = [
  { client: own, server: openssl },
  { client: openssl, server: own },
] as const;
const BINDINGS = {
  "TLSv1.3": ["tls-exporter", "tls-server-end-point"],
  "TLSv1.2": ["tls-unique", "tls-server-end-point", "tls-exporter"],
} as const;

if (opensslMissing !== undefined) absent("features", opensslMissing);
else testWithOpenssl();

if (gnutlsMissing !== undefined) absent("features of GnuTLS", gnutlsMissing);
else testWithGnutls();

function testWithOpenssl(): void {
  for (const pair of OPENSSL_ROLES) {
    for (const version of VERSIONS) {
      testKeyLog(pair, version);
      testPsk(pair, version);
      testFragments(pair, version);
      testMaxFragmentLength(pair, version);
    }
    testWithoutMiddleboxes(pair);
    testPadding(pair);
    testMacThenEncrypt(pair);
  }
  testRenegotiation();
  testPostHandshakeAuthentication();
  testFallback();
}

function testKeyLog(pair: Pair, version: Version): void {
  const path = `${temporaryFolder()}/keys-${crypto.randomUUID()}`;
  const lines: string[] = [];
  test(pair, `${version} key log`, {
    ...sides(pair, version, {
      theirs: ["-keylogfile", path],
      ours: { keyLog: (line: string) => void lines.push(line) },
    }),
    async then() {
      const written = (await Deno.readTextFile(path)).split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"));
      assertEquals(lines.toSorted(), written.toSorted());
      assertEquals(lines.length, version === "TLSv1.3" ? 5 : 1);
    },
  });
}

function testPsk(pair: Pair, version: Version): void {
  const key = new Uint8Array(32).fill(0x2a);
  const identity = "sensor-7";
  const server = pair.server === own;
  const suites = version === "TLSv1.3" ? [undefined] : [
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-GCM-SHA384",
    "DHE-PSK-AES128-GCM-SHA256",
    "RSA-PSK-AES128-GCM-SHA256",
    "ECDHE-PSK-CHACHA20-POLY1305",
    "PSK-AES128-CBC-SHA",
  ];
  for (const suite of suites) {
    const { client, server: other } = sides(pair, version, {
      theirs: [
        ...["-psk", key.toHex(), "-psk_identity", identity],
        ...suite === undefined ? [] : ["-cipher", `${suite}:@SECLEVEL=0`],
      ],
      ours: {
        psk: server ? () => ({ key }) : { identity, key },
        ...suite !== undefined && { cipherSuites: suite },
      },
    });
    const rsa = suite?.startsWith("RSA") ?? false;
    test(pair, `${version} PSK${suite === undefined ? "" : ` ${suite}`}`, {
      client,
      server: other,
      expect: { version },
      differs: ["resumed", "peerName"],
      ...rsa && { keyType: "RSA" as const },
      then(ends) {
        const { info } = ours(ends).conn;
        assertEquals(info.version, version);
        if (suite !== undefined) assertEquals(info.opensslName, suite);
        return Promise.resolve();
      },
    });
  }
}

/** Records of no usual size. */
function testFragments(pair: Pair, version: Version): void {
  test(pair, `${version} small records`, {
    ...sides(pair, version, {
      theirs: ["-max_send_frag", "512"],
      ours: { maxFragmentSize: 700 },
    }),
    then: (ends) => exchange(pair, ends, 100_000),
  });
}

/** RFC 9846 appendix E.4 is for the side that wants it. */
function testWithoutMiddleboxes(pair: Pair): void {
  test(pair, "no middlebox compatibility mode", {
    ...sides(pair, "TLSv1.3", { theirs: ["-no_middlebox"] }),
  });
}

function testPadding(pair: Pair): void {
  test(pair, "record padding by both", {
    ...sides(pair, "TLSv1.3", {
      theirs: ["-record_padding", "512"],
      ours: { padding: (length: number) => 511 - (length + 511) % 512 },
    }),
    then: (ends) => exchange(pair, ends, 100_000),
  });
}

/** Without encrypt_then_mac (RFC 7366). */
function testMacThenEncrypt(pair: Pair): void {
  for (const version of ["TLSv1.2", "TLSv1.1", "TLSv1"] as const) {
    const suite = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
    const { client, server } = sides(pair, version, { theirs: ["-no_etm"] });
    test(pair, `${version} ${suite} without encrypt_then_mac`, {
      client: { ...client, cipherSuites: [suite] },
      server: { ...server, cipherSuites: [suite] },
      expect: { cipherSuite: suite, version },
      then: (ends) => exchange(pair, ends, 100_000),
    });
  }
}

function testRenegotiation([client, server] = OPENSSL_ROLES): void {
  const settled = /^>>> TLS 1.2, Handshake .*, Finished$/gm;
  test(client, "renegotiation asked for by the server", {
    ...sides(client, "TLSv1.2", { ours: { renegotiation: "freely" } }),
    then: (ends) =>
      whileReading(ends, async () => {
        await theirs(ends).program.write("r\n");
        await theirs(ends).program.said(settled, 1);
      }),
  });
  test(client, "renegotiation started by us as the client", {
    ...sides(client, "TLSv1.2", {
      ours: { renegotiation: "freely" },
      theirs: ["-client_renegotiation"],
    }),
    then: (ends) =>
      whileReading(ends, async () => {
        await ours(ends).conn.renegotiate();
        await theirs(ends).program.said(settled, 1);
      }),
  });
  test(server, "renegotiation started by the client", {
    ...sides(server, "TLSv1.2", { ours: { renegotiation: "freely" } }),
    then: (ends) =>
      whileReading(ends, async () => {
        await theirs(ends).program.write("R\n");
        await theirs(ends).program.said(settled, 1);
      }),
  });
  test(server, "renegotiation started by us as the server", {
    ...sides(server, "TLSv1.2", { ours: { renegotiation: "freely" } }),
    then: (ends) =>
      whileReading(ends, async () => {
        await ours(ends).conn.renegotiate();
        await theirs(ends).program.said(settled, 1);
      }),
  });
}

function testPostHandshakeAuthentication(
  [client, server] = OPENSSL_ROLES,
): void {
  test(server, "certificate asked for later", {
    ...sides(server, "TLSv1.3", { theirs: ["-enable_pha"] }),
    clientCertificate: true,
    then: (ends) =>
      whileReading(ends, async () => {
        const peer = await ours(ends).conn.requestCertificate();
        assertEquals(peer.certificates[0]?.subject, `CN=${CLIENT_NAME}`);
      }),
  });
  test(client, "certificate asked for later", {
    ...sides(client, "TLSv1.3", {
      theirs: ["-verify", "3", "-verify_return_error"],
      ours: { postHandshakeAuth: true },
    }),
    clientCertificate: true,
    then: (ends) =>
      whileReading(ends, async () => {
        const verified = /^<<< TLS 1.3, Handshake .*, CertificateVerify$/gm;
        const before = theirs(ends).program.matches(verified).length;
        await theirs(ends).program.write("c\n");
        await theirs(ends).program.said(verified, before);
      }),
  });
}

/** RFC 6066 section 4: the client asks, and a session goes on with it. */
function testMaxFragmentLength(pair: Pair, version: Version): void {
  const LENGTH = 1024;
  const { client, server } = pair.client === own
    ? sides(pair, version, { ours: { maxFragmentLength: LENGTH } })
    : sides(pair, version, { theirs: ["-maxfraglen", String(LENGTH)] });
  // As a server of TLS 1.2, GnuTLS answers it and keeps to it in sessions that
  // are resumed alone; we would refuse its records with record_overflow.
  const keepsTo = pair.server !== gnutls || version === "TLSv1.3";
  for (const resume of keepsTo ? [false, true] : [true]) {
    test(pair, `${version} max_fragment_length${resume ? ", resumed" : ""}`, {
      client: { ...client, resume },
      server,
      expect: { version, resumed: resume },
      async then(ends) {
        const { conn } = ours(ends);
        const before = conn.stats;
        const size = 100_000;
        await exchange(pair, ends, size);
        for (const way of ["recordsRead", "recordsWritten"] as const) {
          assertGreaterOrEqual(conn.stats[way] - before[way], size / LENGTH);
        }
      },
    });
  }
}

/** RFC 7507: a client that comes back with less than both can do. */
function testFallback([, server] = OPENSSL_ROLES): void {
  Deno.test(
    "OpenSSL → @x/tls: TLS_FALLBACK_SCSV is refused",
    UNSANITIZED,
    async () => {
      await refuse(server, {
        client: {
          versions: ["TLSv1.2", "TLSv1.2"],
          extra: ["-fallback_scsv"],
        },
        server: {},
        reason: /inappropriate fallback/,
      });
    },
  );
}

function testWithGnutls(): void {
  const toServer: Pair = { client: own, server: gnutls };
  for (const [version, types] of Object.entries(BINDINGS)) {
    test(toServer, `${version} channel bindings`, {
      ...sides(toServer, version as Version, {}),
      async then(ends) {
        assertInstanceOf(ends.server, GnutlsServerEnd);
        const { program } = ends.server;
        for (const type of types) {
          const said = await program.said(
            new RegExp(`- '${type}': ([0-9a-f]+)$`, "gm"),
          );
          const binding = ours(ends).conn.channelBinding(type);
          assertEquals(binding.toHex(), said[1], type);
        }
      },
    });
  }
  for (const version of VERSIONS) {
    const toClient: Pair = { client: gnutls, server: own };
    // Its client drops what does not fit into one record of its own.
    test(toClient, `${version} record_size_limit of the client`, {
      ...sides(toClient, version, { theirs: ["--recordsize", "1024"] }),
      async then(ends) {
        const data = payload(100_000);
        const before = ours(ends).conn.stats.recordsWritten;
        await ours(ends).send(data);
        assertEquals(await ends.client.receive(data.length), data);
        const records = ours(ends).conn.stats.recordsWritten - before;
        assertGreaterOrEqual(records, data.length / 1024);
      },
    });
    testMaxFragmentLength(toServer, version);
    test(toServer, `${version} record_size_limit of the client`, {
      ...sides(toServer, version, { ours: { recordSizeLimit: 900 } }),
      then: (ends) => exchange(toServer, ends, 100_000),
    });
  }
}

/** Reads at our end while something happens, until data comes afterwards. */
async function whileReading(
  ends: Ends,
  happen: () => Promise<void>,
): Promise<void> {
  const data = payload(20_000);
  const reading = ours(ends).receive(data.length);
  // Awaited below, where its failure counts.
  reading.catch(() => {});
  await Promise.race([happen(), reading]);
  await theirs(ends).send(data);
  assertEquals(await reading, data);
  await ours(ends).send(data);
  assertEquals(await theirs(ends).receive(data.length), data);
}

interface Feature extends Conversation {
  /** Whether the client has a certificate. */
  readonly clientCertificate?: boolean;
  /** The server's key, if it is not the usual one. */
  readonly keyType?: KeyType;
}

function test(pair: Pair, name: string, feature: Feature): void {
  const { clientCertificate, keyType, ...conversation } = feature;
  Deno.test(
    `${pair.client.name} → ${pair.server.name}: ${name}`,
    UNSANITIZED,
    async () => {
      const identity = clientCertificate === true
        ? { identity: await clientIdentity() }
        : {};
      const server = await serverIdentity(keyType);
      await attempt(() =>
        converse(pair, {
          ...conversation,
          client: { ...conversation.client, ...identity },
          server: { ...conversation.server, identity: server },
        })
      );
    },
  );
}

/** The settings of both, with what is for the other program and for us. */
function sides(
  pair: Pair,
  version: Version,
  more: {
    theirs?: readonly string[];
    ours?: Readonly<Record<string, unknown>>;
  },
): { client: Settings; server: Settings; expect: { version: Version } } {
  const versions: [Version, Version] = [version, version];
  const here: Settings = { versions, options: more.ours ?? {} };
  const there: Settings = { versions, extra: more.theirs ?? [] };
  const weAreClient = pair.client === own;
  return {
    client: weAreClient ? here : there,
    server: weAreClient ? there : here,
    expect: { version },
  };
}

function ours({ client, server }: Ends): OwnEnd {
  return client instanceof OwnEnd ? client : expectOwn(server);
}

function expectOwn(end: End): OwnEnd {
  assertInstanceOf(end, OwnEnd);
  return end;
}

function theirs({ client, server }: Ends): OpensslEnd {
  const end = client instanceof OwnEnd ? server : client;
  assertInstanceOf(end, OpensslEnd);
  return end;
}
