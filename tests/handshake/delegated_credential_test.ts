/**
 * Delegated credentials (RFC 9345): a server shows them, a client verifies them.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import {
  DelegatedCredential,
  delegationContent,
} from "../../x509/certificate/delegated_credential.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import {
  type ClientOptions,
  type ContextOptions,
  createContext,
  type IdentityInput,
  type PeerVerdict,
  type ServerOptions,
  Session,
} from "../../mod.ts";
import { decode } from "../../record/codec.ts";
import { SignatureScheme } from "../../registry.ts";
import {
  Certificate,
  issueCertificate,
  parsePem,
  PrivateKey,
} from "../../x509/mod.ts";
import {
  assertRefused,
  editing,
  hostileServer,
  type Mischief,
} from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  tlsError,
} from "../_pair.ts";
import {
  DAY,
  delegate,
  DELEGATION_USAGE,
  invalid,
  issued,
  key,
  ofAnotherScheme,
  plain,
  rsa,
} from "./_delegation.ts";
import { passTickets, sessionsOf, ticketKeys } from "./_resumption.ts";
import { assertSays } from "./_rules.ts";

async function delegated(
  more: Partial<IdentityInput> = {},
): Promise<IdentityInput> {
  return {
    cert: issued.cert,
    key,
    delegatedCredential: await delegate(),
    ...more,
  } as IdentityInput;
}

async function serving(...others: IdentityInput[]): Promise<ServerOptions> {
  return {
    cert: undefined,
    key: undefined,
    certificates: [await delegated(), ...others],
  };
}

const taking: ClientOptions = { delegatedCredentials: true };

Deno.test("a client takes a delegated credential", async () => {
  await using ends = await connected(taking, await serving());
  const { info } = ends.client;
  assertEquals(info.authorization, { status: "verified" });
  assertEquals(
    info.peerCertificates[0]?.raw,
    ends.server.info.localCertificate?.raw,
  );
  const until = info.delegatedCredentialNotAfter?.getTime() ?? 0;
  assert(Math.abs(until - Date.now() - 1000 * DAY) < 60_000);
  assertEquals(
    ends.server.info.localDelegatedCredentialNotAfter,
    info.delegatedCredentialNotAfter,
  );
  assertEquals(info.localDelegatedCredentialNotAfter, undefined);
});

Deno.test("a delegated credential may have another kind of key than its certificate", async () => {
  const { key: pem } = await certificate({ keyType: "ed25519" });
  const to = await PrivateKey.parse(pem);
  const scheme = SignatureScheme.ed25519;
  const delegatedCredential = await delegate({ to, scheme });
  await using ends = await connected(taking, {
    ...await serving(),
    certificates: [await delegated({ key: to, delegatedCredential })],
  });
  assertEquals(ends.client.info.signatureScheme, "ed25519");
});

Deno.test("a server shows another identity to clients that take no delegated credential", async () => {
  const { identity } = await certificate();
  const tickets = 0;
  const strong = await issueCertificate({
    names: ["localhost"],
    keyType: "P-384",
    issuer: await authority,
    extensions: [DELEGATION_USAGE],
  });
  const cases: [ClientOptions, ServerOptions][] = [
    [{}, await serving(identity)],
    [{ maxVersion: "TLSv1.2" }, await serving(identity)],
    // The client has no scheme that the credential was signed with.
    [
      { ...taking, signatureSchemes: ["ed25519", "ecdsa_secp256r1_sha256"] },
      {
        ...await serving(),
        certificates: [
          await delegated({
            cert: strong.cert,
            delegatedCredential: await delegate({
              by: strong,
              algorithm: SignatureScheme.ecdsa_secp384r1_sha384,
            }),
          }),
          identity,
        ],
      },
    ],
    // It is valid for too long.
    [taking, {
      ...await serving(),
      certificates: [
        await delegated({
          delegatedCredential: await delegate({ seconds: 8 * DAY }),
        }),
        identity,
      ],
    }],
    // It has expired.
    [taking, {
      ...await serving(),
      certificates: [
        await delegated({
          delegatedCredential: await delegate({ seconds: -5 }),
        }),
        identity,
      ],
    }],
  ];
  for (const [client, server] of cases) {
    await using ends = await connected(client, { ...server, tickets });
    const { info } = ends.client;
    assertEquals(info.delegatedCredentialNotAfter, undefined);
    assertEquals(
      info.peerCertificates[0]?.raw,
      identity.chain[0]?.raw,
    );
  }
  await using alone = await pair({}, await serving());
  const error = tlsError((await outcomes(alone)).server);
  assertEquals(error.code, "no_common_signature_scheme");
});

/** A server that shows another credential in place of its own. */
function showing(raw: Uint8Array): Mischief {
  return editing(tls13.certificate, (message) => ({
    ...message,
    certificateList: message.certificateList.map((entry, index) => ({
      ...entry,
      extensions: index === 0 ? { delegated_credential: raw } : {},
    })),
  }));
}

for (const [index, [says, making, by = issued]] of invalid.entries()) {
  Deno.test(`RFC 9345: a client refuses a delegated credential, ${index + 1}: ${says}`, async () => {
    const error = await assertRefused(
      "illegal_parameter",
      await hostileServer(showing(await delegate(making)), {
        client: taking,
        server: {
          cert: undefined,
          key: undefined,
          certificates: [
            await delegated({
              cert: by.cert,
              delegatedCredential: await delegate({ by }),
            }),
          ],
        },
      }),
    );
    assertSays(error, { name: says, alert: "illegal_parameter", says });
  });
}

Deno.test("RFC 9345: a client refuses another scheme in CertificateVerify, and another key", async () => {
  const server = await serving();
  await assertRefused(
    "illegal_parameter",
    await hostileServer(
      ofAnotherScheme,
      { client: taking, server },
    ),
  );
  const to = await PrivateKey.parse(plain.key);
  await assertRefused(
    "decrypt_error",
    await hostileServer(showing(await delegate({ to })), {
      client: taking,
      server,
    }),
  );
});

Deno.test("RFC 9345: a client that takes none answers one by unexpected_message", async () => {
  await assertRefused(
    "unexpected_message",
    await hostileServer(showing(await delegate())),
  );
});

Deno.test("RFC 9345: a delegated credential that is cut short is decode_error", async () => {
  const raw = (await delegate()).subarray(0, -1);
  await assertRefused(
    "decode_error",
    await hostileServer(showing(raw), {
      client: taking,
      server: await serving(),
    }),
  );
});

Deno.test("a server refuses a delegated credential for another key, by another key, or of rsaEncryption", async () => {
  await using ends = await pair(taking, {
    ...await serving(),
    certificates: [await delegated({ key: rsa })],
  });
  assertEquals(tlsError((await outcomes(ends)).server).code, "key_mismatch");
  await using forged = await pair(taking, {
    ...await serving(),
    certificates: [
      await delegated({
        delegatedCredential: await delegate({ forged: true }),
      }),
    ],
  });
  assertEquals(tlsError((await outcomes(forged)).server).code, "key_mismatch");
  const scheme = SignatureScheme.rsa_pss_rsae_sha256;
  const delegatedCredential = await delegate({ to: rsa, scheme });
  await using other = await pair(taking, {
    ...await serving(),
    certificates: [await delegated({ key: rsa, delegatedCredential })],
  });
  assert((await outcomes(other)).server instanceof TypeError);
});

Deno.test("delegatedCredentials needs a scheme that may sign with them", async () => {
  await using ends = await pair({
    ...taking,
    signatureSchemes: ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"],
  });
  assert((await outcomes(ends)).client instanceof TypeError);
  const refused: [ContextOptions, string][] = [
    [{ delegatedCredentials: 1 as unknown as boolean }, "delegatedCredentials"],
    [{ ...taking, maxVersion: "TLSv1.2" }, "need TLSv1.3"],
    [
      { certificates: [await delegated()], maxVersion: "TLSv1.2" },
      "need TLSv1.3",
    ],
    [{
      ...taking,
      peerCertificateTypes: ["RawPublicKey"],
      verify: () => true,
    }, `lacks "X509"`],
    [{
      certificates: [
        {
          rawPublicKey: true,
          key,
          delegatedCredential: await delegate(),
        } as IdentityInput,
      ],
    }, "delegatedCredential"],
  ];
  for (const [options, says] of refused) {
    assertThrows(() => createContext(options), TypeError, says);
  }
});

Deno.test("a client's delegated credential is none for a server", async () => {
  const delegatedCredential = await delegate({ side: "client" });
  await using ends = await pair(taking, {
    ...await serving(),
    certificates: [await delegated({ delegatedCredential })],
  });
  const { server } = await outcomes(ends);
  assert(server instanceof TypeError);
  assert(server.message.includes("it was signed for a client"));
});

// RFC 9345 section 7.4.
Deno.test("a session is offered no longer than its delegated credential is valid", async () => {
  let now = Date.now();
  const client: ClientOptions = { ...taking, now: () => now };
  const server = await serving();
  const [first] = await sessionsOf(client, server);
  assert(first !== undefined);
  const again: Session[] = [];
  const session = Session.import(first.export());
  const ends = await connected({
    ...client,
    session,
    onSession: (session) => again.push(session),
  }, { ...server, ticketKeys });
  await passTickets(ends);
  await ends[Symbol.asyncDispose]();
  const { info } = ends.client;
  assertEquals(info.resumed, true);
  const until = info.delegatedCredentialNotAfter?.getTime() ?? 0;
  assert(Math.abs(until - now - 1000 * DAY) < 60_000);
  // The tickets of a resumed connection do not outlive it either.
  const [second] = again;
  assert(second !== undefined);
  now = until;
  for (const session of [first, second]) {
    const offered: boolean[] = [];
    const verify = ({ resumed }: PeerVerdict) => {
      offered.push(resumed);
    };
    // Only whether it is offered counts: the server's clock has not moved.
    for (now of [until, until + 1]) {
      await using ends = await pair({ ...client, session, verify }, {
        ...server,
        ticketKeys,
      });
      await outcomes(ends);
    }
    assertEquals(offered.filter((resumed) => resumed).length, 1);
  }
});

/** RFC 9345 appendix B. */
Deno.test("the delegated credential of RFC 9345 appendix B is signed by its certificate", async () => {
  const [leaf] = Certificate.fromPem(`-----BEGIN CERTIFICATE-----
MIIBezCCASKgAwIBAgIRAJZxpkATSkXtaYuKkmP/7YQwCgYIKoZIzj0EAwIwFDES
MBAGA1UEChMJQWNtZSBJbmMuMB4XDTIwMDcwMTEzMDUzM1oXDTIwMDcwODEzMDUz
M1owFDESMBAGA1UEChMJQWNtZSBJbmMuMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEJYa2xzCGsR//gL6mdUxMr+DpSrrsputAPiTSrnBOvyfCw1aY3fq+tlRS9WbV
1zXEQKItVNf7ofFSm2BYVXxOxqNVMFMwDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQM
MAoGCCsGAQUFBwMBMAwGA1UdEwEB/wQCMAAwDwYDVR0RBAgwBocEfwAAATANBgkr
BgEEAYLaSywEADAKBggqhkjOPQQDAgNHADBEAiAWufQRTjgJaOYn3KBmvkNUwLyp
66vHmWi7L52EDCUGYwIgawvUo3EplSqfdTrYM1YbjuN7aiyqeljkE5G0hihUh0w=
-----END CERTIFICATE-----`);
  const [block] = parsePem(`-----BEGIN DELEGATED CREDENTIAL-----
AAk6gAQDAABbMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3d+Pzf7NWkggc7nA
aaGilBsaMIRkBPQmFsefWn9rBNyeDW2BMFZ6mV080ymb7FM5+Da1cdjJRPifS2Ag
ZKesmgQDAEgwRgIhAMIU+EDJFpqdTq/1dGPjk8xJd+ODjTnjlcyR1A271HczAiEA
pYW11X2/nCu4VE/saC/ufvIMw1ICVlCVfhwxait68sw=
-----END DELEGATED CREDENTIAL-----`);
  assert(leaf !== undefined && block !== undefined);
  const { cred, algorithm, signature } = decode(
    DelegatedCredential,
    block.der,
    "DelegatedCredential",
  );
  const row = signatureSchemeById(algorithm);
  assert(row !== undefined);
  assertEquals(cred.validTime, 7 * DAY);
  const content = delegationContent("server", leaf.raw, cred, algorithm);
  assert(await verifyWithScheme(row, leaf.publicKey, content, signature));
  assert(leaf.extensions.some(({ oid }) => oid === DELEGATION_USAGE.oid));
});
