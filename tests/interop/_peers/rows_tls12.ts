/**
 * The rows for TLS 1.2, 1.1 and 1.0.
 *
 * @module
 */

import { weakSessions } from "../../../legacy.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  type KeyType,
  SERVER_NAME,
  serverIdentity,
} from "./material.ts";
import type { Version } from "./peer.ts";
import {
  both,
  converse,
  exchange,
  has,
  type Pair,
  type Row,
} from "./conversation.ts";
import { at, bulkRow, closeRows } from "./rows_data.ts";
import { rowsExporter } from "./rows_exporter.ts";
import { rowsStatus } from "./rows_status.ts";
import {
  suiteCertificate,
  SUITES_ANONYMOUS,
  SUITES_TLS12,
  suiteVersions,
} from "./suites.ts";

const OLD = ["TLSv1.2", "TLSv1.1", "TLSv1"] as const;

/** All that there is to try with the versions before TLS 1.3. */
export function rowsTls12(): Row[] {
  return [
    ...[...SUITES_TLS12, ...SUITES_ANONYMOUS].flatMap((suite) =>
      suiteVersions(suite).map((version) => suiteRow(version, suite))
    ),
    ...["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"].map(groupRow),
    ...(["P-384", "P-521", "Ed25519", "Ed448"] as const).map((
      keyType,
    ): Row => ({
      name: `TLSv1.2 certificate ${keyType}`,
      applies: both(({ certificates }) => certificates.includes(keyType)),
      run: async (pair) =>
        await converse(pair, {
          ...at("TLSv1.2"),
          server: {
            ...at("TLSv1.2").server,
            identity: await serverIdentity(keyType),
          },
        }),
    })),
    ...OLD.flatMap((version) => [
      ...clientKeys(version).map((key) => clientCertificateRow(version, key)),
      resumptionRow(version, true),
      resumptionRow(version, false),
      ...[true, false].flatMap((tickets) =>
        [true, false].map((leave) => weakSessionRow(version, tickets, leave))
      ),
    ]),
    alpnRow,
    serverNameRow,
    ...OLD.map(bulkRow),
    ...closeRows("TLSv1.2"),
    ...OLD.flatMap(rowsExporter),
    ...rowsStatus("TLSv1.2"),
  ].map(forVersions);
}

/** Keeps a row from programs that do not have the version in its name. */
function forVersions(row: Row): Row {
  const [version] = row.name.split(" ");
  return {
    ...row,
    applies: (pair) =>
      row.applies(pair) &&
      both(({ versions }) => versions.some((name) => name === version))(pair),
  };
}

/** Python needs seconds for some KiB of 3DES. */
function suiteLength(suite: string, { client, server }: Pair): number {
  const slow = Math.min(client.client.bulk, server.server.bulk) < 1 << 20;
  return slow && suite.includes("3DES") ? 2000 : 40_000;
}

function suiteRow(version: Version, suite: string): Row {
  const anonymous = SUITES_ANONYMOUS.includes(suite);
  return {
    name: `${version} ${suite}`,
    applies: both(({ cipherSuites }) => cipherSuites.includes(suite)),
    async run(pair) {
      const { client, server } = at(version);
      const identity = await serverIdentity(suiteCertificate(suite));
      await converse(pair, {
        client: { ...client, cipherSuites: [suite] },
        server: { ...server, cipherSuites: [suite], identity, anonymous },
        expect: { version, cipherSuite: suite },
        then: (ends) => exchange(pair, ends, suiteLength(suite, pair)),
      });
    },
  };
}

function groupRow(group: string): Row {
  const suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  // The certificate's curve is a group too (RFC 8422 section 5.1).
  const groups = group === "secp256r1" ? [group] : [group, "secp256r1"];
  return {
    name: `TLSv1.2 group ${group}`,
    applies: both((abilities) =>
      abilities.groups.includes(group) && has(abilities, "choice of groups")
    ),
    run: (pair) =>
      converse(pair, {
        client: { ...at("TLSv1.2").client, cipherSuites: [suite], groups },
        server: { ...at("TLSv1.2").server, cipherSuites: [suite], groups },
        expect: { version: "TLSv1.2", cipherSuite: suite, group },
      }),
  };
}

/** EdDSA came with TLS 1.2 (RFC 8422); the rest of TLS 1.3 is tried there. */
function clientKeys(version: Version): KeyType[] {
  const old: KeyType[] = ["P-256", "RSA"];
  return version === "TLSv1.2" ? [...old, "P-521", "Ed25519", "Ed448"] : old;
}

function clientCertificateRow(version: Version, keyType: KeyType): Row {
  return {
    name: `${version} client certificate ${keyType}`,
    applies: both(({ certificates, features }) =>
      certificates.includes(keyType) && features.includes("client certificate")
    ),
    run: async (pair) =>
      await converse(pair, {
        client: {
          ...at(version).client,
          identity: await clientIdentity(keyType),
        },
        server: { ...at(version).server, clientAuth: "require" },
        expect: { version },
        expectServer: { peerName: CLIENT_NAME },
      }),
  };
}

function resumptionRow(version: Version, tickets: boolean): Row {
  return {
    name: `${version} resumption by ${tickets ? "ticket" : "session ID"}`,
    applies: ({ client, server }) =>
      has(client.client, "resumption") && has(server.server, "resumption") &&
      (tickets ||
        (has(server.server, "session IDs") &&
          has(client.client, "session IDs"))),
    run: (pair) =>
      converse(pair, {
        client: { ...at(version).client, resume: true },
        server: { ...at(version).server, tickets },
        expect: { version, resumed: true, extendedMasterSecret: true },
      }),
  };
}

/**
 * RFC 7627 section 5.3: with a program that does not know the extended master
 * secret a session is resumed where this module was given leave.
 */
function weakSessionRow(
  version: Version,
  tickets: boolean,
  leave: boolean,
): Row {
  const { name, applies } = resumptionRow(version, tickets);
  const options = leave ? { legacy: [weakSessions] } : {};
  return {
    name: `${name} without the extended master secret${
      leave ? ", with leave" : ": a full handshake"
    }`,
    applies: (pair) =>
      applies(pair) && [pair.client.client, pair.server.server]
        .some((abilities) => has(abilities, "no extended master secret")),
    run: (pair) =>
      converse(pair, {
        client: {
          ...at(version).client,
          resume: true,
          extendedMasterSecret: false,
          options,
        },
        server: {
          ...at(version).server,
          tickets,
          extendedMasterSecret: false,
          options,
        },
        expect: { version, resumed: leave, extendedMasterSecret: false },
      }),
  };
}

const alpnRow: Row = {
  name: "TLSv1.2 ALPN",
  applies: both((abilities) => has(abilities, "alpn")),
  run: (pair) =>
    converse(pair, {
      client: { ...at("TLSv1.2").client, alpnProtocols: ["h2", "http/1.1"] },
      server: { ...at("TLSv1.2").server, alpnProtocols: ["http/1.1"] },
      expect: { version: "TLSv1.2", alpnProtocol: "http/1.1" },
    }),
};

const serverNameRow: Row = {
  name: "TLSv1.2 SNI",
  applies: ({ client, server }) =>
    has(client.client, "sni") && has(server.server, "sni"),
  run: (pair) =>
    converse(pair, {
      ...at("TLSv1.2"),
      expectServer: { serverName: SERVER_NAME },
    }),
};
