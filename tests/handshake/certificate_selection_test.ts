/**
 * Which of several certificates is shown (RFC 9846 section 4.5.1.2, "Certificate
 * Selection"), by either side, and RSA PKCS #1 signatures of clients (RFC 9963).
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsAlertError, TlsError } from "../../errors.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { SignatureScheme } from "../../registry.ts";
import {
  issueCertificate,
  type IssuedCertificate,
} from "../../x509/issue/issue.ts";
import { PrivateKey, type Signer } from "../../x509/keys/private_key.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import { certificate, connected, outcomes, pair } from "../_pair.ts";

const onlyTls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;

const ecCa = issueCertificate({ ca: true, names: ["EC CA"] });
const rsaCa = issueCertificate({
  ca: true,
  names: ["RSA CA"],
  keyType: "rsa-2048",
});

async function leaf(
  issuer: Promise<IssuedCertificate>,
  more: Parameters<typeof issueCertificate>[0] = {},
): Promise<IssuedCertificate> {
  return await issueCertificate({
    names: ["localhost"],
    issuer: await issuer,
    ...more,
  });
}

/** The issuer of the certificate that one side shows the other. */
async function shown(
  client: ClientOptions,
  server: ServerOptions,
  side: "client" | "server" = "server",
): Promise<string | undefined> {
  const trust = TrustStore.of((await ecCa).cert, (await rsaCa).cert);
  await using ends = await connected(
    { trust, ...client },
    { trust, ...server },
  );
  const other = side === "server" ? ends.client : ends.server;
  return other.info.peerCertificates[0]?.issuer;
}

for (const version of [{}, onlyTls12]) {
  const name = version === onlyTls12 ? "TLS 1.2" : "TLS 1.3";

  Deno.test(`server of ${name} shows a chain signed as signature_algorithms_cert says`, async () => {
    const certificates = [
      (await leaf(ecCa)).identity,
      (await leaf(rsaCa)).identity,
    ];
    const server = {
      ...version,
      certificates,
      cert: undefined,
      key: undefined,
    };
    for (
      const [scheme, issuer] of [
        ["ecdsa_secp256r1_sha256", "CN=EC CA"],
        ["rsa_pkcs1_sha256", "CN=RSA CA"],
      ] as const
    ) {
      const client = { certificateSignatureSchemes: [scheme] };
      assertEquals(await shown(client, server), issuer);
    }
    // Where there is none, a chain of the server's choice is sent.
    assertEquals(
      await shown({ certificateSignatureSchemes: ["ed448"] }, server),
      "CN=EC CA",
    );
  });

  Deno.test(`server of ${name} heeds certificate_authorities of the ClientHello`, async () => {
    const certificates = [
      (await leaf(ecCa)).identity,
      (await leaf(rsaCa)).identity,
    ];
    const { chain } = (await rsaCa).identity;
    const authorities = chain.map(({ subjectName }) => subjectName.raw);
    const { peer, conn, flow } = await hostileClient(
      editing(tls13.clientHello, (hello: ClientHello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          certificate_authorities: authorities,
        },
      })),
      {
        client: { ...version, unsafelyIgnoreCertificateErrors: true },
        server: { certificates, cert: undefined, key: undefined },
      },
    );
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.localCertificate?.issuer, "CN=RSA CA");
  });
}

Deno.test("client shows a chain signed as signature_algorithms_cert of the request says", async () => {
  const certificates = [
    (await leaf(ecCa)).identity,
    (await leaf(rsaCa)).identity,
  ];
  for (
    const [scheme, issuer] of [
      ["ecdsa_secp256r1_sha256", "CN=EC CA"],
      ["rsa_pkcs1_sha256", "CN=RSA CA"],
    ] as const
  ) {
    const { identity } = await leaf(ecCa);
    const server = {
      certificates: [identity],
      cert: undefined,
      key: undefined,
      clientAuth: "require-any" as const,
      certificateSignatureSchemes: [scheme],
    };
    assertEquals(await shown({ certificates }, server, "client"), issuer);
  }
});

/** A leaf that its authority signed with SHA-1. */
async function overSha1(): Promise<IssuedCertificate> {
  return await leaf(rsaCa, { signatureScheme: "rsa_pkcs1_sha1" });
}

Deno.test("a chain over SHA-1 is shown to nobody who does not ask for it", async () => {
  const { identity } = await overSha1();
  const server = { certificates: [identity], cert: undefined, key: undefined };
  await using ends = await pair({}, server);
  const { client, server: error } = await outcomes(ends);
  assertInstanceOf(error, TlsError);
  assertEquals(error.code, "no_common_signature_scheme");
  assertInstanceOf(client, TlsAlertError);
  assertEquals(client.alert, "handshake_failure");

  const asked = await hostileClient(
    editing(tls13.clientHello, (hello: ClientHello) => ({
      ...hello,
      extensions: {
        ...hello.extensions,
        signature_algorithms_cert: [SignatureScheme.rsa_pkcs1_sha1],
      },
    })),
    { client: { unsafelyIgnoreCertificateErrors: true }, server },
  );
  using _ = asked.peer;
  const [info] = await Promise.all([asked.conn.handshake(), asked.flow()]);
  assertEquals(info.localCertificate?.issuer, "CN=RSA CA");

  // A client goes without.
  await using request = await connected({ certificates: [identity] }, {
    clientAuth: "request",
  });
  assertEquals(request.client.info.localCertificate, undefined);
});

// RFC 9963.

/** A key that makes nothing but PKCS #1 v1.5 signatures, as in a TPM. */
async function pkcs1Only(): Promise<{ cert: string; key: Signer }> {
  const { cert, key } = await certificate({
    keyType: "rsa-2048",
    names: ["tpm"],
  });
  const { publicKey, sign } = await PrivateKey.parse(key).then((key) => ({
    publicKey: key.publicKey,
    sign: key.sign.bind(key),
  }));
  return {
    cert,
    key: { publicKey, sign, schemes: ["rsa_pkcs1_sha256_legacy"] },
  };
}

const LEGACY = "rsa_pkcs1_sha256_legacy";
const schemes = ["ecdsa_secp256r1_sha256", "rsa_pkcs1_sha256", LEGACY];

Deno.test("a client signs with rsa_pkcs1_sha256_legacy where both sides have it on", async () => {
  const identity = await pkcs1Only();
  const clientAuth = "request";
  for (
    const [client, server, expected] of [
      [schemes, schemes, LEGACY],
      [undefined, schemes, undefined],
      [schemes, undefined, undefined],
    ] as const
  ) {
    await using ends = await connected(
      { ...identity, signatureSchemes: client },
      { signatureSchemes: server, clientAuth },
    );
    assertEquals(ends.client.info.localSignatureScheme, expected);
    assertEquals(ends.server.info.signatureScheme, expected);
  }
});

Deno.test("a key that can make RSA-PSS does not sign with PKCS #1", async () => {
  const { cert, key } = await certificate({
    keyType: "rsa-2048",
    names: ["pss"],
  });
  const signatureSchemes = ["rsa_pss_rsae_sha256", ...schemes];
  await using ends = await connected(
    { cert, key, signatureSchemes },
    { signatureSchemes, clientAuth: "request" },
  );
  assertEquals(ends.server.info.signatureScheme, "rsa_pss_rsae_sha256");
});

Deno.test("a ClientHello never has schemes of RFC 9963, and a server never signs with them", async () => {
  let offered: readonly string[] = [];
  await using _ = await connected(
    { signatureSchemes: schemes, grease: false },
    {
      onClientHello: (info) => {
        offered = info.signatureSchemes;
      },
    },
  );
  assertEquals(offered, ["ecdsa_secp256r1_sha256", "rsa_pkcs1_sha256"]);

  // A client that offers it all the same.
  const { cert, key } = await certificate({ keyType: "rsa-2048" });
  const legacy = SignatureScheme[LEGACY];
  await assertRefused(
    "handshake_failure",
    await hostileClient(
      editing(tls13.clientHello, (hello: ClientHello) => ({
        ...hello,
        extensions: { ...hello.extensions, signature_algorithms: [legacy] },
      })),
      {
        client: { minVersion: "TLSv1.3" },
        server: { cert, key, signatureSchemes: schemes },
      },
    ),
  );
  // A server that signs with it all the same.
  const error = await assertRefused(
    "illegal_parameter",
    await hostileServer(
      editing(tls13.certificateVerify, (verify) => ({
        ...verify,
        algorithm: legacy,
      })),
      {
        client: { signatureSchemes: ["rsa_pss_rsae_sha256", ...schemes] },
        server: { cert, key },
      },
    ),
  );
  assertStringIncludes(error.message, LEGACY);
});

Deno.test("schemes of RFC 9963 alone, or for certificates, are refused", async () => {
  await using ends = await pair({ signatureSchemes: [LEGACY] });
  const handshake = ends.client.handshake();
  await assertRejects(() => handshake, TypeError, "RFC 9963");
  assertEquals(ends.client.stats.recordsWritten, 0);
  await assertRejects(
    () => pair({ certificateSignatureSchemes: [LEGACY] }),
    TypeError,
    "RFC 9963",
  );
});
