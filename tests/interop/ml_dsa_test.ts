/**
 * Certificates with keys of ML-DSA of both sides, with what has them: rustls,
 * pyOpenSSL on OpenSSL 4 and Node.js on OpenSSL 3.5.
 *
 * @module
 */

import { missing, runtimes } from "../runtimes/_package.ts";
import { converse, type Pair } from "./_peers/conversation.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  type KeyType,
  SERVER_NAME,
  serverIdentity,
} from "./_peers/material.ts";
import { absent, attempt, bothRoles, UNSANITIZED } from "./_peers/matrix.ts";
import { nodeAt } from "./_peers/node.ts";
import { own } from "./_peers/own.ts";
import { pyopenssl, pyopensslMissing } from "./_peers/pyopenssl.ts";
import { rustls, rustlsMissing } from "./_peers/rustls.ts";

const NODE = runtimes.find(({ name }) => name === "Node.js 26");

testPeer("rustls", rustlsMissing, () => rustls);
testPeer("pyOpenSSL", pyopensslMissing, () => pyopenssl);
testPeer(
  "Node.js 26",
  NODE === undefined ? "no Node.js 26" : missing(NODE),
  () => nodeAt("Node.js 26", NODE?.path ?? ""),
);

function testPeer(
  name: string,
  without: string | undefined,
  peer: () => Pair["client"] & Pair["server"],
): void {
  if (without !== undefined) {
    absent(`ML-DSA of ${name}`, without);
    return;
  }
  for (const pair of bothRoles(own, peer())) {
    for (const keyType of ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const) {
      Deno.test(
        `${pair.client.name} → ${pair.server.name}: certificates ${keyType}`,
        UNSANITIZED,
        () => attempt(() => show(pair, keyType)),
      );
    }
  }
}

/** Both sides show a certificate. */
async function show(pair: Pair, keyType: KeyType): Promise<void> {
  await converse(pair, {
    client: { identity: await clientIdentity(keyType) },
    server: {
      identity: await serverIdentity(keyType),
      clientAuth: "require",
    },
    expect: { version: "TLSv1.3" },
    expectClient: { peerName: SERVER_NAME },
    expectServer: { peerName: CLIENT_NAME },
  });
}
