/**
 * What a peer's certificate has to be issued for: the option `usage`.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ServerOptions } from "../../connection/options/options.ts";
import { issueCertificate, type IssueOptions } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { authority, outcomes, pair, tlsError } from "../_pair.ts";

async function issue(options: IssueOptions) {
  const issued = await issueCertificate({
    names: ["localhost"],
    issuer: await authority,
    ...options,
  });
  return issued.identity;
}

const forServers = await issue({ extendedKeyUsage: ["serverAuth"] });
const forClients = await issue({ extendedKeyUsage: ["clientAuth"] });
const forCode = await issue({ extendedKeyUsage: ["codeSigning"] });
const stapled = await issue({
  extendedKeyUsage: ["serverAuth"],
  mustStaple: true,
});

/** How a server with that usage judges a client. */
async function judged(
  identity: typeof forServers,
  usage: ServerOptions["usage"],
) {
  await using ends = await pair({ certificates: [identity] }, {
    clientAuth: "require",
    usage,
  });
  return (await outcomes(ends)).server;
}

Deno.test("usage says what a client's certificate must be for", async () => {
  const cases = [
    [forClients, undefined, true],
    [forServers, undefined, false],
    [forClients, "client", true],
    [forServers, "client", false],
    [forServers, "server", true],
    [forClients, "server", false],
    [forServers, "any", true],
    [forClients, "any", true],
    [forCode, "any", false],
  ] as const;
  for (const [identity, usage, accepted] of cases) {
    const error = await judged(identity, usage);
    if (accepted) assertEquals(error, undefined);
    else assertEquals(tlsError(error).code, "wrong_key_usage");
  }
  assertStringIncludes(
    tlsError(await judged(forServers, undefined)).hint ?? "",
    'usage: "any" lets clients show such certificates',
  );
});

Deno.test("usage requires no staple from a client whose certificate asks servers for one", async () => {
  assertEquals(await judged(stapled, "server"), undefined);
  assertEquals(await judged(stapled, "any"), undefined);
});

Deno.test("usage says what a server's certificate must be for", async () => {
  const cases = [
    [undefined, false],
    ["client", true],
    ["any", true],
  ] as const;
  for (const [usage, accepted] of cases) {
    await using ends = await pair({ usage }, {
      cert: undefined,
      key: undefined,
      certificates: [forClients],
    });
    const { client } = await outcomes(ends);
    if (accepted) assertEquals(client, undefined);
    else assertEquals(tlsError(client).code, "wrong_key_usage");
  }
});

Deno.test("verifyChain() with usage any requires one usage of the whole path", async () => {
  const root = await authority;
  const trust = TrustStore.of(root.cert);
  const verify = (chain: readonly (typeof forServers)[]) =>
    verifyChain({
      chain: chain.flatMap(({ chain }) => chain.slice(0, 1)),
      trust,
      usage: "any",
    });
  assertEquals((await verify([forServers])).status, "verified");
  assertEquals((await verify([forClients])).status, "verified");
  const refused = await verify([forCode]);
  assertEquals(refused.errors.map(({ code }) => code), ["wrong_key_usage"]);
  const ca = await issueCertificate({
    ca: true,
    subject: "Servers' CA",
    extendedKeyUsage: ["serverAuth"],
    issuer: root,
  });
  const below = await issueCertificate({
    names: ["localhost"],
    extendedKeyUsage: ["clientAuth"],
    issuer: ca,
  });
  const mixed = await verify([below.identity, ca.identity]);
  assert(mixed.errors.some(({ code }) => code === "wrong_key_usage"));
});
