/**
 * How a client judges the server's certificate, and what has the last word on
 * it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import type { PeerVerdict } from "../../../handshake/common/callback_info.ts";
import type { TrustConfig } from "../../../handshake/common/trust_config.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { readPeerChain } from "../../../handshake/common/peer_chain.ts";
import { verifyPeerChain } from "../../../handshake/common/peer_verification.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { clientConfigOf } from "../../_contexts.ts";
import { hostileServer } from "../../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  tlsError,
  utf8,
} from "../../_pair.ts";
import { timestampOf } from "../../x509/_timestamp.ts";

const stranger = await issueCertificate({ names: ["localhost"] });
const wrongName = await certificate({ names: ["elsewhere.test"] });
const strange = { cert: stranger.cert, key: stranger.key };
const misnamed = { cert: wrongName.cert, key: wrongName.key };

const judgements: readonly {
  readonly name: string;
  readonly client: ClientOptions;
  readonly server: ServerOptions;
  readonly outcome: "verified" | "unverified" | string;
  readonly reason?: string;
}[] = [
  { name: "as usual", client: {}, server: {}, outcome: "verified" },
  {
    name: "of an unknown issuer",
    client: {},
    server: strange,
    outcome: "unknown_issuer",
  },
  {
    name: "for another name",
    client: {},
    server: misnamed,
    outcome: "hostname_mismatch",
  },
  {
    name: "of an unknown issuer, ignored",
    client: { unsafelyIgnoreCertificateErrors: true },
    server: strange,
    outcome: "unverified",
    reason: "unknown_issuer",
  },
  {
    name: "for another name, ignored with all else",
    client: { unsafelyIgnoreCertificateErrors: true },
    server: misnamed,
    outcome: "unverified",
    reason: "hostname_mismatch",
  },
  {
    name: "for another name, which is not looked at",
    client: { unsafelyDisableHostnameVerification: true },
    server: misnamed,
    outcome: "unverified",
    reason: "hostname_mismatch",
  },
  {
    name: "for no name, which is not looked at",
    client: { serverName: false, unsafelyDisableHostnameVerification: true },
    server: misnamed,
    outcome: "verified",
  },
  {
    name: "for no name, where errors are ignored",
    client: { serverName: false, unsafelyIgnoreCertificateErrors: true },
    server: misnamed,
    outcome: "verified",
  },
  {
    name: "for no name",
    client: { serverName: false, verify: () => {} },
    server: misnamed,
    outcome: "hostname_mismatch",
  },
  {
    name: "of an unknown issuer, where only the name is not looked at",
    client: { unsafelyDisableHostnameVerification: true },
    server: strange,
    outcome: "unknown_issuer",
  },
  {
    name: "that verify accepts",
    client: { verify: () => true },
    server: strange,
    outcome: "unverified",
    reason: "unknown_issuer",
  },
  {
    name: "that verify accepts later",
    client: { verify: () => Promise.resolve(true) },
    server: misnamed,
    outcome: "unverified",
    reason: "hostname_mismatch",
  },
  {
    name: "that verify refuses",
    client: { verify: () => false },
    server: {},
    outcome: "certificate_refused",
  },
  {
    name: "that verify refuses later",
    client: { verify: () => Promise.resolve(false) },
    server: {},
    outcome: "certificate_refused",
  },
  {
    name: "on which verify says nothing",
    client: { verify: () => {} },
    server: {},
    outcome: "verified",
  },
  {
    name: "on which verify says nothing, unknown",
    client: { verify: () => {} },
    server: strange,
    outcome: "unknown_issuer",
  },
  {
    name: "that verify refuses although errors are ignored",
    client: { verify: () => false, unsafelyIgnoreCertificateErrors: true },
    server: strange,
    outcome: "certificate_refused",
  },
];

for (const { name, client, server, outcome, reason } of judgements) {
  Deno.test(`client judges a certificate ${name}`, async () => {
    const ends = await pair(client, server);
    const errors = await outcomes(ends);
    if (outcome === "verified" || outcome === "unverified") {
      assertEquals(errors, { client: undefined, server: undefined });
      const { authorization, peerCertificates } = ends.client.info;
      assertEquals(authorization.status, outcome);
      assertEquals(
        authorization.error?.code,
        reason as typeof authorization.error extends undefined ? never
          : undefined,
      );
      assertEquals(peerCertificates.length > 0, true);
    } else {
      const error = tlsError(errors.client);
      assertEquals(String(error.code), outcome);
      assertEquals(error.side, "client");
      assertEquals(error.stage, "handshake");
      assert(error.alert !== undefined);
      assertEquals(tlsError(errors.server).alert, error.alert);
    }
    await ends[Symbol.asyncDispose]();
  });
}

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`client with ctLogs requires a timestamp in the handshake of ${maxVersion}`, async () => {
    const { identity } = await certificate();
    const [leaf] = identity.chain;
    assert(leaf !== undefined);
    const { key, sct } = await timestampOf(leaf);
    const options = { ctLogs: [{ key }], maxVersion };
    await using ends = await connected(options, {
      signedCertificateTimestamps: [sct],
    });
    assertEquals(ends.client.info.authorization, { status: "verified" });
    const { client } = await outcomes(await pair(options));
    assertEquals(tlsError(client).code, "sct_required");
  });
}

Deno.test("verify gets the verdict; a throw refuses with it as the cause", async () => {
  const verdicts: PeerVerdict[] = [];
  const thrown = new Error("not on my list");
  const ends = await pair({
    verify: (verdict) => {
      verdicts.push(verdict);
      throw thrown;
    },
  });
  const error = tlsError((await outcomes(ends)).client);
  assertEquals(error.code, "certificate_refused");
  assertEquals(error.cause, thrown);
  assertEquals(error.stage, "handshake");
  const [verdict] = verdicts;
  assertEquals(verdict?.status, "verified");
  assertEquals(verdict?.side, "client");
  assertEquals(verdict?.serverName, "localhost");
  assertEquals(verdict?.errors, []);
  assertEquals(verdict?.path.length, 2);
  assertEquals(verdict?.chain[0]?.subject, "CN=localhost");
});

Deno.test("verify may throw anything, which chooses no alert unless it is a TlsError", async () => {
  for (
    const [thrown, alert] of [
      [undefined, "certificate_unknown"],
      [null, "certificate_unknown"],
      [{ alert: "decode_error" }, "certificate_unknown"],
      [new TlsProtocolError("access_denied", "no"), "access_denied"],
    ] as const
  ) {
    const ends = await pair({
      verify: () => {
        throw thrown;
      },
    });
    const error = tlsError((await outcomes(ends)).client);
    assertEquals([error.code, error.alert], ["certificate_refused", alert]);
  }
});

Deno.test("no application byte leaves before the server is verified", async () => {
  let release = () => {};
  const held = new Promise<boolean>((resolve) => {
    release = () => resolve(true);
  });
  const { peer, conn, flow } = await hostileServer({}, {
    client: { verify: () => held },
    server: { tickets: 0 },
  });
  using _ = peer;
  const writing = conn.write(utf8("secret"));
  writing?.catch(() => {});
  const shaken = flow();
  shaken.catch(() => {});
  const first = await Promise.race([
    shaken.then(() => "the server's handshake is over"),
    new Promise((resolve) => setTimeout(() => resolve("nothing"), 30)),
  ]);
  assertEquals(first, "nothing");
  release();
  await shaken;
  await writing;
  assertEquals((await peer.records.reader.read())?.bytes, utf8("secret"));
  conn.abort();
});

Deno.test("verifyPeerChain() tries the store of caCerts first, and loads the other one where that is not enough", async () => {
  const root = (await authority).cert;
  const [trusting, foreign] = [
    TrustStore.of(root),
    TrustStore.of(stranger.cert),
  ];
  const { identity } = await certificate();
  const chain = readPeerChain({
    certificates: identity.chain.map(({ raw }) => raw),
  });
  const base = await clientConfigOf({ serverName: "localhost" });
  for (
    const [own, isEnough, whole, loads, status] of [
      [trusting, true, foreign, 0, "verified"],
      [trusting, false, trusting, 1, "verified"],
      [trusting, false, foreign, 1, "unknown_issuer"],
      [foreign, true, trusting, 1, "verified"],
      [foreign, true, foreign, 1, "unknown_issuer"],
    ] as const
  ) {
    let count = 0;
    const trust: TrustConfig = {
      ...base.trust,
      ownStore: { store: own, isEnough: () => isEnough },
      store() {
        count++;
        return Promise.resolve(whole);
      },
    };
    const verdict = await verifyPeerChain(
      { ...base, trust },
      chain,
      "digitalSignature",
    ).catch((error) => error);
    assertEquals(verdict.status ?? verdict.code, status);
    assertEquals(count, loads);
  }
});
