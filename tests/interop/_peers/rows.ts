/**
 * The rows of the matrices: what two programs do with one another. Each row
 * says which pairs it is for, and fails where the two do not agree with it
 * or with one another.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  assertSame,
  both,
  converse,
  exchange,
  has,
  type Pair,
  pass,
  refuse,
  type Row,
} from "./conversation.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  type KeyType,
  SERVER_NAME,
  serverIdentity,
} from "./material.ts";
import {
  CERTIFICATES,
  GROUPS,
  payload,
  type Settings,
  type Version,
} from "./peer.ts";
import { bulkRow, closeRows } from "./rows_data.ts";
import { rowsExporter } from "./rows_exporter.ts";
import { rowsStatus } from "./rows_status.ts";
import { SUITES_TLS13 } from "./suites.ts";

const V13: readonly [Version, Version] = ["TLSv1.3", "TLSv1.3"];

/** All that there is to try with TLS 1.3. */
export function rowsTls13(): Row[] {
  return [
    ...SUITES_TLS13.map((suite) => suiteRow("TLSv1.3", suite)),
    ...GROUPS.map(groupRow),
    ...CERTIFICATES.map(certificateRow),
    retryRow,
    alpnRow,
    alpnRefusalRow,
    serverNameRow,
    ...clientCertificateRows,
    resumptionRow,
    resumptionRetryRow,
    ...keyUpdateRows,
    bulkRow("TLSv1.3"),
    ...halfCloseRows,
    ...closeRows("TLSv1.3"),
    ...rowsExporter("TLSv1.3"),
    ...rowsStatus("TLSv1.3"),
  ];
}

function suiteRow(version: Version, suite: string): Row {
  return {
    name: `${version} ${suite}`,
    applies: both(({ cipherSuites, versions }) =>
      cipherSuites.includes(suite) && versions.includes(version)
    ),
    run(pair) {
      const settings: Settings = {
        versions: [version, version],
        cipherSuites: [suite],
      };
      return converse(pair, {
        client: settings,
        server: settings,
        expect: { version, cipherSuite: suite },
      });
    },
  };
}

function groupRow(group: string): Row {
  return {
    name: `group ${group}`,
    applies: both(({ groups }) => groups.includes(group)),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13, groups: [group] },
        server: { versions: V13, groups: [group] },
        expect: { group },
      }),
  };
}

function certificateRow(keyType: KeyType): Row {
  return {
    name: `certificate ${keyType}`,
    applies: both(({ certificates }) => certificates.includes(keyType)),
    run: async (pair) =>
      await converse(pair, {
        client: { versions: V13 },
        server: { versions: V13, identity: await serverIdentity(keyType) },
        expect: { version: "TLSv1.3" },
      }),
  };
}

/** The client's share is for a group that the server does not take. */
const retryRow: Row = {
  name: "HelloRetryRequest",
  applies: ({ client, server }) =>
    has(client.client, "choice of groups") &&
    has(server.server, "choice of groups"),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, groups: ["x25519", "secp256r1", "secp521r1"] },
      server: { versions: V13, groups: ["secp521r1"] },
      expect: { group: "secp521r1" },
      retry: true,
    }),
};

const alpnRow: Row = {
  name: "ALPN",
  applies: both((abilities) => has(abilities, "alpn")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, alpnProtocols: ["h2", "http/1.1"] },
      server: { versions: V13, alpnProtocols: ["http/1.1"] },
      expect: { alpnProtocol: "http/1.1" },
    }),
};

/** RFC 7301 section 3.2: no overlap is a fatal alert. */
const alpnRefusalRow: Row = {
  name: "ALPN without overlap is refused",
  applies: ({ client, server }) =>
    has(client.client, "alpn") && has(server.server, "alpn refusal"),
  run: (pair) =>
    refuse(pair, {
      client: { versions: V13, alpnProtocols: ["h2"] },
      server: { versions: V13, alpnProtocols: ["http/1.1"] },
      reason: /no.?application.?protocol|tlsv1 alert no application|120/i,
    }),
};

const serverNameRow: Row = {
  name: "SNI",
  applies: ({ client, server }) =>
    has(client.client, "sni") && has(server.server, "sni"),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, serverName: SERVER_NAME },
      server: { versions: V13 },
      expectServer: { serverName: SERVER_NAME },
    }),
};

const clientCertificateRows: Row[] = [
  ...(["P-384", "P-521", "RSA", "Ed25519", "Ed448"] as const).map((
    keyType,
  ): Row => ({
    name: `client certificate ${keyType}`,
    applies: both(({ certificates, features }) =>
      certificates.includes(keyType) && features.includes("client certificate")
    ),
    run: (pair) => showCertificate(pair, keyType),
  })),
  {
    name: "client certificate required and given",
    applies: both((abilities) => has(abilities, "client certificate")),
    run: (pair) => showCertificate(pair),
  },
  {
    name: "client certificate requested and not given",
    applies: ({ server }) => has(server.server, "client certificate"),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13 },
        server: { versions: V13, clientAuth: "request" },
        expectServer: { peerName: null },
      }),
  },
  {
    name: "client certificate required and not given is refused",
    applies: ({ server }) => has(server.server, "client certificate refusal"),
    run: (pair) =>
      refuse(pair, {
        client: { versions: V13 },
        server: { versions: V13, clientAuth: "require" },
        // Tcl has no other word for an alert.
        reason:
          /certificate.?(is )?required|client_certificate_refused|116|software caused connection abort/i,
      }),
  },
];

/** The server demands a certificate, and the client has one. */
async function showCertificate(
  pair: Pair,
  keyType?: KeyType,
): Promise<void> {
  await converse(pair, {
    client: { versions: V13, identity: await clientIdentity(keyType) },
    server: { versions: V13, clientAuth: "require" },
    expectServer: { peerName: CLIENT_NAME },
  });
}

const resumptionRow: Row = {
  name: "resumption",
  applies: both((abilities) => has(abilities, "resumption")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, resume: true },
      server: { versions: V13 },
      expect: { resumed: true },
    }),
};

/** The binders cover both ClientHellos then (RFC 9846 section 4.3.11.2). */
const resumptionRetryRow: Row = {
  name: "resumption with HelloRetryRequest",
  applies: (pair) => resumptionRow.applies(pair) && retryRow.applies(pair),
  run: (pair) =>
    converse(pair, {
      client: {
        versions: V13,
        resume: true,
        groups: ["x25519", "secp256r1", "secp521r1"],
      },
      server: { versions: V13, groups: ["secp521r1"] },
      expect: { resumed: true, group: "secp521r1" },
      retry: true,
    }),
};

const keyUpdateRows: Row[] = (["client", "server"] as const).flatMap((side) =>
  [false, true].map((requestPeer): Row => ({
    name: `KeyUpdate from the ${side}${
      requestPeer ? ", and asked of the other end" : ""
    }`,
    applies: (pair) =>
      has(
        side === "client" ? pair.client.client : pair.server.server,
        requestPeer ? "key update request" : "key update",
      ),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13 },
        server: { versions: V13 },
        expect: { version: "TLSv1.3" },
        async then(ends) {
          const other = side === "client" ? "server" : "client";
          const echoed = has(pair.server.server, "echo only");
          for (let round = 0; round < 3; round++) {
            await ends[side].updateKeys?.(requestPeer);
            if (!echoed) {
              // The other end has seen the request when it has this.
              await pass(ends[side], ends[other], 1000);
              // Its answer comes with its next data, not later.
              await pass(ends[other], ends[side], 1000);
            }
            await exchange(pair, ends, 20_000);
          }
          const answers = ends[side].keyUpdatesReceived?.();
          if (requestPeer && answers !== undefined) assertEquals(answers, 3);
        },
      }),
  }))
);

/** RFC 9846 section 6.1: close_notify ends one direction alone. */
const halfCloseRows: Row[] = (["client", "server"] as const).map((side) => ({
  name: `half close by the ${side}`,
  applies: both((abilities) => has(abilities, "half close")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13 },
      server: { versions: V13 },
      expect: { version: "TLSv1.3" },
      async then(ends) {
        const other = side === "client" ? ends.server : ends.client;
        await ends[side].closeWrite?.();
        assert(await other.ended(), "the end of writing was not clean");
        const data = payload(100_000, 3);
        const [received] = await Promise.all([
          ends[side].receive(data.length),
          other.send(data),
        ]);
        assertSame(received, data);
      },
    }),
}));
