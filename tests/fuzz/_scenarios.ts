/**
 * The connections that are disturbed: what both ends have been given.
 *
 * @module
 */

import type { ContextOptions } from "../../connection/options/options.ts";
import type {
  ClientConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import { ProtocolVersion } from "../../registry.ts";
import { context, handle } from "../_contexts.ts";
import {
  NOW,
  nullGroups,
  people,
  unprotectedTls12,
  unprotectedTls13,
  unsealedTls13,
} from "./_unprotected.ts";

/** What both ends have, and do. */
export interface Scenario {
  readonly name: string;
  /** The highest version. */
  readonly version: number;
  readonly client: ClientConfig;
  readonly server: ServerConfig;
  /** The client has a session of an earlier connection. */
  readonly resumes: boolean;
  /** Keys change, and the client is asked for its certificate later. */
  readonly talksLater: boolean;
  /** There is another handshake, which the client begins or the server. */
  readonly renegotiates: "client" | "server" | undefined;
}

interface Wishes {
  readonly version: keyof typeof ProtocolVersion;
  readonly client?: Partial<ClientConfig>;
  readonly server?: Partial<ServerConfig>;
  readonly resumes?: boolean;
  readonly talksLater?: boolean;
  readonly renegotiates?: "client" | "server";
}

const psk = {
  client: () => [{
    identity: new TextEncoder().encode("client"),
    key: new Uint8Array(32).fill(7),
    hash: "SHA-256" as const,
  }],
  server: () => ({
    key: new Uint8Array(32).fill(7),
    hash: "SHA-256" as const,
  }),
};

const wishes: Record<string, Wishes> = {
  "1.3": { version: "TLSv1.3", talksLater: true },
  "1.3 retry": {
    version: "TLSv1.3",
    server: { helloRetry: "cookie", groups: nullGroups.slice(1) },
  },
  "1.3 client certificate": {
    version: "TLSv1.3",
    client: { identities: [people.client] },
    server: { clientAuth: "require" },
  },
  "1.3 later certificate": {
    version: "TLSv1.3",
    client: { identities: [people.client], postHandshakeAuth: true },
    server: { clientAuth: "none" },
    talksLater: true,
  },
  "1.3 resumption": {
    version: "TLSv1.3",
    client: { cipherSuites: unsealedTls13 },
    server: { cipherSuites: unsealedTls13 },
    resumes: true,
  },
  "1.3 PSK": {
    version: "TLSv1.3",
    client: { cipherSuites: unsealedTls13, psk },
    server: { cipherSuites: unsealedTls13, psk },
  },
  "1.2": { version: "TLSv1.2" },
  "1.2 client certificate": {
    version: "TLSv1.2",
    client: { identities: [people.client] },
    server: { clientAuth: "require" },
  },
  "1.2 ticket": { version: "TLSv1.2", resumes: true },
  "1.2 RSA": {
    version: "TLSv1.2",
    client: { cipherSuites: [unprotectedTls12.rsa] },
    server: {
      cipherSuites: [unprotectedTls12.rsa],
      identities: [people.decrypting],
    },
  },
  "1.2 DHE": {
    version: "TLSv1.2",
    client: { cipherSuites: [unprotectedTls12.dheRsa] },
    server: { cipherSuites: [unprotectedTls12.dheRsa] },
  },
  "1.2 PSK": {
    version: "TLSv1.2",
    client: { cipherSuites: [unprotectedTls12.psk], psk },
    server: { cipherSuites: [unprotectedTls12.psk], psk },
  },
  "1.2 ECDHE_PSK": {
    version: "TLSv1.2",
    client: { cipherSuites: [unprotectedTls12.ecdhePsk], psk },
    server: { cipherSuites: [unprotectedTls12.ecdhePsk], psk },
  },
};

for (const side of ["client", "server"] as const) {
  wishes[`1.2 renegotiation by the ${side}`] = {
    version: "TLSv1.2",
    client: { renegotiation: "freely", identities: [people.client] },
    server: { renegotiation: "freely", clientAuth: "verify-if-given" },
    renegotiates: side,
  };
}

const common: ContextOptions = {
  alpnProtocols: ["h2", "http/1.1"],
  now: () => NOW,
  recordSizeLimit: 4096,
  trust: people.trust,
};

async function unprotected(name: string, wish: Wishes): Promise<Scenario> {
  const version = ProtocolVersion[wish.version];
  const isTls13 = wish.version === "TLSv1.3";
  const suites = {
    minVersion: isTls13 ? version : ProtocolVersion["TLSv1.2"],
    maxVersion: version,
    cipherSuites: isTls13 ? unprotectedTls13 : [unprotectedTls12.ecdheEcdsa],
    groups: nullGroups,
  };
  const ends = context({
    ...common,
    serverName: "localhost",
    onSession: () => {},
    ticketKeys: [new Uint8Array(48).fill(5)],
  });
  return {
    name,
    version,
    client: {
      ...await ends.client(handle("client")),
      keyShares: nullGroups.slice(0, 1),
      ...suites,
      ...wish.client,
    },
    server: {
      ...await ends.server(handle("server")),
      identities: [people.server, people.serverRsa],
      ...suites,
      ...wish.server,
    },
    resumes: wish.resumes ?? false,
    talksLater: wish.talksLater ?? false,
    renegotiates: wish.renegotiates,
  };
}

/** Connections without protection. */
export const unprotectedScenarios: readonly Scenario[] = await Promise.all(
  Object.entries(wishes).map(([name, wish]) => unprotected(name, wish)),
);

function protectedOptions(
  version: keyof typeof ProtocolVersion,
): ContextOptions {
  const isOld = version === "TLSv1.1" || version === "TLSv1";
  return {
    ...common,
    minVersion: version as "TLSv1.3",
    maxVersion: version as "TLSv1.3",
    securityLevel: isOld ? 0 : 2,
    certificates: isOld
      ? [people.serverRsa]
      : [people.server, people.serverRsa],
    groups: ["x25519", "secp256r1"],
    keyShares: ["x25519"],
    ticketKeys: [new Uint8Array(48).fill(5)],
  };
}

async function protectedBy(
  version: keyof typeof ProtocolVersion,
): Promise<Scenario> {
  const ends = context({
    ...protectedOptions(version),
    serverName: "localhost",
  });
  const client = await ends.client(handle("client"));
  const server = await ends.server(handle("server"));
  return {
    name: `${version} behind its protection`,
    version: ProtocolVersion[version],
    client,
    server: { ...server, clientAuth: "verify-if-given" },
    resumes: false,
    talksLater: version === "TLSv1.3",
    renegotiates: undefined,
  };
}

/** Connections as users have them. */
export const protectedScenarios: readonly Scenario[] = [
  await protectedBy("TLSv1.3"),
  await protectedBy("TLSv1.2"),
  await protectedBy("TLSv1.1"),
  await protectedBy("TLSv1"),
];
