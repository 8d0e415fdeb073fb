/**
 * Servers that show no certificate, and clients that name none: what `verify`
 * is asked, and what it takes to accept.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { PeerVerdict } from "../../handshake/common/callback_info.ts";
import {
  TLS_DH_anon_WITH_AES_128_GCM_SHA256,
  TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
} from "../../legacy.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import { connected, outcomes, pair, pattern, tlsError } from "../_pair.ts";

for (
  const suite of [
    TLS_DH_anon_WITH_AES_128_GCM_SHA256,
    TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
  ]
) {
  const both = {
    cipherSuites: [suite],
    securityLevel: 0,
    maxVersion: "TLSv1.2",
    unsafelyAllowAnonymous: true,
  } as const;

  Deno.test(`verify is asked about an anonymous server of ${suite.name}, on resumption too`, async () => {
    const seen: PeerVerdict[] = [];
    const options = {
      ...both,
      sessionCache: new SessionCache(),
      verify: (verdict: PeerVerdict) => void seen.push(verdict),
    };
    const server = { ...both, ticketKeys: [pattern(48)] };
    for (const resumed of [false, true]) {
      await using ends = await connected(options, server);
      assertEquals(ends.client.info.resumed, resumed);
      assertEquals(ends.client.info.authorization.status, "none");
    }
    for (const [at, verdict] of seen.entries()) {
      assertEquals(verdict.status, "unverified");
      assertEquals(verdict.errors.map(({ code }) => code), ["no_certificate"]);
      assertEquals(verdict.chain, []);
      assertEquals(verdict.resumed, at > 0);
    }
    assertEquals(seen.length, 2);
  });

  Deno.test(`an anonymous server of ${suite.name}, which cannot request a certificate, resumes under "request"`, async () => {
    const options = { ...both, sessionCache: new SessionCache() };
    const server = {
      ...both,
      ticketKeys: [pattern(48)],
      clientAuth: "request",
    } as const;
    for (const resumed of [false, true]) {
      await using ends = await connected(options, server);
      assertEquals(ends.client.info.resumed, resumed);
    }
  });

  Deno.test(`verify refuses an anonymous server of ${suite.name}`, async () => {
    for (
      const verify of [() => false, () => {
        throw new Error("no");
      }]
    ) {
      const told = await outcomes(await pair({ ...both, verify }, both));
      const error = tlsError(told.client);
      assertEquals(error.code, "certificate_refused");
      assertEquals(tlsError(told.server).alert, error.alert);
    }
  });
}

Deno.test("a client with verify and no name accepts by an explicit true alone", async () => {
  const nameless = { serverName: false } as const;
  for (const answer of [undefined, false]) {
    const told = await outcomes(
      await pair({ ...nameless, verify: () => answer }),
    );
    const error = tlsError(told.client);
    assertEquals(
      error.code,
      answer === undefined ? "hostname_mismatch" : "certificate_refused",
    );
  }
  const seen: string[] = [];
  await using ends = await connected({
    ...nameless,
    verify: ({ errors, status, path }) => {
      seen.push(...errors.map(({ code }) => code), status);
      return path.length > 0;
    },
  });
  assertEquals(seen, ["hostname_mismatch", "unverified"]);
  const { authorization, verifiedChain } = ends.client.info;
  assertEquals(authorization.status, "unverified");
  assertEquals(verifiedChain, []);
  assert(ends.client.info.peerCertificates.length > 0);
});
