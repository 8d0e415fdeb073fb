/**
 * Raw public keys (RFC 7250) of both sides: what is agreed on, accepted,
 * refused and resumed.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { verdictOnRawPublicKey } from "../../handshake/common/raw_public_key.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import {
  type ClientOptions,
  createContext,
  type PeerVerdict,
  type ServerOptions,
  type Session,
  TlsCertificateError,
} from "../../mod.ts";
import { CertificateType } from "../../registry.ts";
import { formatPem, PrivateKey } from "../../x509/mod.ts";
import {
  assertRefused,
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import { certificate, connected, outcomes, pair, tlsError } from "../_pair.ts";
import { assertSays } from "./_rules.ts";

const serverKey = await keyOf("server.test");
const clientKey = await keyOf("client.test");

async function keyOf(name: string): Promise<PrivateKey> {
  return await PrivateKey.parse((await certificate({ names: [name] })).key);
}

/** A server that shows its key alone. */
const rawServer: ServerOptions = {
  cert: undefined,
  key: undefined,
  certificates: [{ rawPublicKey: true, key: serverKey }],
};

/** A client that trusts that key, and nothing else. */
const pinning: ClientOptions = {
  peerCertificateTypes: ["RawPublicKey"],
  trustedPublicKeys: [serverKey.publicKey.spki],
};

/** The same, the other way round. */
const rawClient: ClientOptions = {
  certificates: [{ rawPublicKey: true, key: clientKey }],
};

const pinningServer: ServerOptions = {
  clientAuth: "require",
  peerCertificateTypes: ["RawPublicKey"],
  trustedPublicKeys: [formatPem("PUBLIC KEY", clientKey.publicKey.spki)],
};

for (const maxVersion of ["TLSv1.3", "TLSv1.2", "TLSv1.1"] as const) {
  const minVersion = maxVersion;

  Deno.test(`${maxVersion}: both sides show raw public keys`, async () => {
    const sessions: Session[] = [];
    await using ends = await connected(
      {
        ...pinning,
        ...rawClient,
        minVersion,
        maxVersion,
        securityLevel: 0,
        onSession: (session) => sessions.push(session),
      },
      {
        ...rawServer,
        ...pinningServer,
        minVersion,
        maxVersion,
        securityLevel: 0,
      },
    );
    const there = ends.server.info;
    const here = ends.client.info;
    assertEquals(here.peerRawPublicKey?.spki, serverKey.publicKey.spki);
    assertEquals(there.peerRawPublicKey?.spki, clientKey.publicKey.spki);
    assertEquals(here.localRawPublicKey, clientKey.publicKey.spki);
    assertEquals(there.localRawPublicKey, serverKey.publicKey.spki);
    for (const info of [here, there]) {
      assertEquals(info.authorization, { status: "verified" });
      assertEquals(info.peerCertificates, []);
      assertEquals(info.verifiedChain, []);
      assertEquals(info.localCertificate, undefined);
    }
    assertThrows(() => ends.client.channelBinding("tls-server-end-point"));
  });
}

Deno.test("a raw public key stands for static RSA too", async () => {
  const { key } = await certificate({ names: ["r.test"], keyType: "rsa-2048" });
  const rsa = await PrivateKey.parse(key);
  const cipherSuites = ["TLS_RSA_WITH_AES_128_GCM_SHA256"];
  await using ends = await connected(
    {
      ...pinning,
      trustedPublicKeys: [rsa.publicKey.spki],
      maxVersion: "TLSv1.2",
      cipherSuites,
    },
    {
      ...rawServer,
      certificates: [{ rawPublicKey: true, key }],
      maxVersion: "TLSv1.2",
      cipherSuites,
    },
  );
  assertEquals(ends.client.info.authorization.status, "verified");
});

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`${maxVersion}: a raw public key that is not trusted is refused by name`, async () => {
    await using one = await pair(
      { ...pinning, trustedPublicKeys: [clientKey.publicKey.spki] },
      { ...rawServer, maxVersion },
    );
    const ofClient = tlsError((await outcomes(one)).client);
    assert(ofClient instanceof TlsCertificateError);
    assertEquals(ofClient.code, "untrusted_public_key");
    assertEquals(ofClient.alert, "certificate_unknown");
    await using other = await pair(
      { ...rawClient, maxVersion },
      { ...pinningServer, trustedPublicKeys: [serverKey.publicKey.spki] },
    );
    const ofServer = tlsError((await outcomes(other)).server);
    assertEquals(ofServer.code, "untrusted_public_key");
    assertEquals(ofServer.alert, "certificate_unknown");
  });

  Deno.test(`${maxVersion}: verify decides on a raw public key`, async () => {
    const seen: PeerVerdict[] = [];
    const verify = (verdict: PeerVerdict) => {
      seen.push(verdict);
      return verdict.rawPublicKey?.curve === "secp256r1";
    };
    await using ends = await connected(
      { peerCertificateTypes: ["RawPublicKey", "X509"], verify, maxVersion },
      rawServer,
    );
    const { authorization } = ends.client.info;
    assertEquals(authorization.status, "unverified");
    assertEquals(authorization.error?.code, "untrusted_public_key");
    assertEquals(seen.map(({ chain, path }) => [chain, path]), [[[], []]]);
    await using refusing = await pair(
      { ...pinning, verify: () => false, maxVersion },
      rawServer,
    );
    const error = tlsError((await outcomes(refusing)).client);
    assertEquals(error.code, "certificate_refused");
  });

  Deno.test(`${maxVersion}: a session remembers the raw public keys`, async () => {
    const sessions: Session[] = [];
    const server: ServerOptions = {
      ...rawServer,
      ...pinningServer,
      maxVersion,
      ticketKeys: [new Uint8Array(48).fill(7)],
    };
    const client: ClientOptions = {
      ...pinning,
      ...rawClient,
      onSession: (session) => sessions.push(session),
    };
    const connect = async (options: ClientOptions, resumed: boolean) => {
      const session = sessions.at(-1);
      await using ends = await connected(
        session ? { ...options, session } : options,
        server,
      );
      await ends.server.write(new Uint8Array(1));
      await ends.client.read(new Uint8Array(1));
      const { info } = ends.client;
      assertEquals(info.resumed, resumed);
      assertEquals(info.peerRawPublicKey?.spki, serverKey.publicKey.spki);
      assertEquals(info.authorization.status, "verified");
      assertEquals(
        ends.server.info.peerRawPublicKey?.spki,
        clientKey.publicKey.spki,
      );
      assertEquals(ends.server.info.authorization.status, "verified");
      assertEquals(info.localRawPublicKey, clientKey.publicKey.spki);
    };
    await connect(client, false);
    await connect(client, true);
    // Who is trusted has changed: the key is looked at again.
    const { spki } = clientKey.publicKey;
    const more = [serverKey.publicKey.spki, spki];
    await connect({ ...client, trustedPublicKeys: more }, false);
    const refuse = (verdict: PeerVerdict) =>
      verdict.resumed ? false : undefined;
    await connect({ ...client, verify: refuse }, false);
  });

  Deno.test(`${maxVersion}: a session resumes with a raw public key that comes by onCertificateRequest alone`, async () => {
    const sessions: Session[] = [];
    const asked: [rawPublicKey: boolean, resumed: boolean][] = [];
    let key = clientKey;
    const client: ClientOptions = {
      ...pinning,
      certificateTypes: ["RawPublicKey"],
      onCertificateRequest: ({ rawPublicKey, resumed }) => {
        asked.push([rawPublicKey, resumed]);
        return { rawPublicKey: true, key };
      },
      onSession: (session) => sessions.push(session),
    };
    const server: ServerOptions = {
      ...rawServer,
      ...pinningServer,
      trustedPublicKeys: [clientKey, serverKey].map(({ publicKey }) =>
        publicKey.spki
      ),
      maxVersion,
      ticketKeys: [new Uint8Array(48).fill(7)],
    };
    const connect = async (resumed: boolean, more: ClientOptions = {}) => {
      const session = sessions.at(-1);
      await using ends = await connected(
        { ...client, ...session && { session }, ...more },
        server,
      );
      await ends.server.write(new Uint8Array(1));
      await ends.client.read(new Uint8Array(1));
      assertEquals(ends.client.info.resumed, resumed);
      assertEquals(
        ends.server.info.peerRawPublicKey?.spki,
        key.publicKey.spki,
      );
    };
    await connect(false);
    await connect(true);
    assertEquals(asked, [[true, false], [true, true]]);
    // Another key than that of the session: a full handshake shows it.
    key = serverKey;
    await connect(false);
    // The type is not offered any more, so that nothing can be shown.
    const session = sessions.at(-1);
    await using ends = await pair({
      ...client,
      ...session && { session },
      certificateTypes: ["X509"],
    }, server);
    const { server: error } = await outcomes(ends);
    assertEquals(tlsError(error).code, "no_common_certificate_type");
  });
}

/** What a server with both shows to a client. */
async function shownTo(client: ClientOptions, order: "raw" | "X509") {
  const { identity } = await certificate();
  const raw = { rawPublicKey: true, key: serverKey } as const;
  await using ends = await connected(client, {
    cert: undefined,
    key: undefined,
    certificates: order === "raw" ? [raw, identity] : [identity, raw],
  });
  const { info } = ends.client;
  return info.peerRawPublicKey === undefined ? "X509" : "raw";
}

Deno.test("a server with a key and a certificate shows what the client accepts", async () => {
  const both = { trustedPublicKeys: pinning.trustedPublicKeys };
  assertEquals(await shownTo({}, "raw"), "X509");
  assertEquals(await shownTo(pinning, "X509"), "raw");
  for (const order of ["raw", "X509"] as const) {
    const client: ClientOptions = {
      ...both,
      peerCertificateTypes: ["X509", "RawPublicKey"],
    };
    assertEquals(await shownTo(client, order), order);
  }
});

Deno.test("a client shows the type that the server asks for", async () => {
  const { identity } = await certificate({ names: ["client.test"] });
  const raw = { rawPublicKey: true, key: clientKey } as const;
  const certificates = [identity, raw];
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using ends = await connected(
      { certificates, maxVersion },
      { ...pinningServer, peerCertificateTypes: ["RawPublicKey", "X509"] },
    );
    assertEquals(ends.server.info.peerRawPublicKey?.type, "ec");
    await using plain = await connected(
      { certificates, maxVersion },
      { clientAuth: "require" },
    );
    assertEquals(plain.server.info.peerCertificates.length, 1);
  }
});

Deno.test("onCertificateRequest learns that the server expects a raw public key", async () => {
  const wanted: boolean[] = [];
  await using ends = await connected({
    certificateTypes: ["RawPublicKey"],
    onCertificateRequest: ({ rawPublicKey }) => {
      wanted.push(rawPublicKey);
      return { rawPublicKey: true, key: clientKey };
    },
  }, pinningServer);
  assertEquals(wanted, [true]);
  assertEquals(ends.server.info.authorization.status, "verified");
});

Deno.test("a raw public key is shown after the handshake", async () => {
  await using ends = await connected(rawClient, {
    ...pinningServer,
    clientAuth: "none",
  });
  const reading = ends.client.read(new Uint8Array(1));
  const peer = await ends.server.requestCertificate();
  assertEquals(peer.rawPublicKey?.spki, clientKey.publicKey.spki);
  assertEquals(peer.authorization.status, "verified");
  await ends.server.write(new Uint8Array(1));
  assertEquals(await reading, 1);
});

Deno.test("RFC 7250: sides without a type in common part by unsupported_certificate", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    // The server has certificates alone.
    await using one = await pair({ ...pinning, maxVersion });
    assertEquals(
      tlsError((await outcomes(one)).server).alert,
      "unsupported_certificate",
    );
    // The client has certificates alone.
    const { cert, key } = await certificate({ names: ["client.test"] });
    await using other = await pair({ cert, key, maxVersion }, pinningServer);
    const error = tlsError((await outcomes(other)).server);
    assertEquals(error.code, "no_common_certificate_type");
    assertEquals(error.alert, "unsupported_certificate");
    // The client knows of no types.
    await using plain = await pair({ maxVersion }, rawServer);
    assertEquals(
      tlsError((await outcomes(plain)).server).alert,
      "handshake_failure",
    );
  }
});

/** A server that says one type and shows another. */
function saying(type: number | undefined) {
  return editing(tls13.encryptedExtensions, ({ extensions }) => ({
    extensions: { ...extensions, server_certificate_type: type },
  }));
}

Deno.test("RFC 7250: a client refuses what was not agreed on, by its alert", async () => {
  const { X509, RawPublicKey } = CertificateType;
  const both: ClientOptions = {
    ...pinning,
    peerCertificateTypes: ["X509", "RawPublicKey"],
  };
  const cases = [
    ["decode_error", both, {}, saying(RawPublicKey), "the raw public key"],
    ["decode_error", both, rawServer, saying(X509), "certificate"],
    ["decode_error", both, rawServer, saying(undefined), "certificate"],
    ["illegal_parameter", pinning, rawServer, saying(X509), "was not offered"],
    ["illegal_parameter", both, rawServer, saying(1), "was not offered"],
    ["unsupported_certificate", pinning, rawServer, saying(undefined), "X509"],
    [
      "unsupported_extension",
      {},
      {},
      saying(RawPublicKey),
      "server_certificate_type was not offered",
    ],
    [
      "illegal_parameter",
      pinning,
      rawServer,
      editing(tls13.certificate, (message) => ({
        ...message,
        certificateList: [
          ...message.certificateList,
          ...message.certificateList,
        ],
      })),
      "expected one raw public key, got 2",
    ],
    [
      "decode_error",
      pinning,
      rawServer,
      editing(tls13.certificate, (message) => ({
        ...message,
        certificateList: [],
      })),
      "certificate_list is empty",
    ],
  ] as const;
  for (const [alert, client, server, mischief, says] of cases) {
    const error = await assertRefused(
      alert,
      await hostileServer(mischief, { client, server }),
    );
    assertSays(error, { name: says, alert, says });
  }
});

Deno.test("RFC 7250: a server refuses what was not agreed on, by its alert", async () => {
  const { identity } = await certificate({ names: ["client.test"] });
  const raw = { rawPublicKey: true, key: clientKey } as const;
  // It offers a key and shows a certificate.
  const certificates = [raw, identity];
  const error = await assertRefused(
    "decode_error",
    await hostileClient({
      misread: (kind, value) =>
        kind === tls13.encryptedExtensions
          ? { ...value, extensions: {} }
          : value,
    }, { client: { certificates }, server: pinningServer }),
  );
  assertSays(error, {
    name: "",
    alert: "decode_error",
    says: "raw public key",
  });
  // X.509 alone is what holds without the extension.
  await assertRefused(
    "illegal_parameter",
    await hostileClient(
      editing(tls13.clientHello, (hello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          client_certificate_type: [CertificateType.X509],
        },
      })),
      { client: { certificates } },
    ),
  );
});

Deno.test("verdictOnRawPublicKey() refuses a key below the security level", async () => {
  const config = await clientConfig(pinning);
  const { publicKey } = (await certificate()).identity.chain[0] ?? {};
  assert(publicKey !== undefined);
  const security = securityPolicy(5);
  const codes = verdictOnRawPublicKey({ ...config, security }, publicKey)
    .errors.map(({ code }) => code);
  assertEquals(codes, ["weak_key", "untrusted_public_key"]);
});

Deno.test("options of raw public keys are refused where they say nothing", () => {
  const { trustedPublicKeys } = pinning;
  const create = (options: ClientOptions & ServerOptions) => () =>
    createContext(options as ClientOptions);
  const raw = ["RawPublicKey"] as const;
  assertThrows(create({ trustedPublicKeys }), TypeError, "lacks");
  assertThrows(create({ peerCertificateTypes: raw }), TypeError, "neither");
  assertThrows(create({ peerCertificateTypes: [] }), TypeError, "one type");
  assertThrows(
    create({ peerCertificateTypes: [...raw, ...raw] }),
    TypeError,
    "each once",
  );
  assertThrows(
    create({ peerCertificateTypes: raw, trustedPublicKeys: ["no key"] }),
    TypeError,
    "PUBLIC KEY",
  );
  for (const input of [{ rawPublicKey: true }, { rawPublicKey: 1, key: "" }]) {
    assertThrows(
      create({ certificates: [input as never] }),
      TypeError,
      "certificates",
    );
  }
});

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`${maxVersion}: a server is not asked for the staple of a raw public key`, async () => {
    let asked = 0;
    await using ends = await connected(pinning, {
      ...rawServer,
      maxVersion,
      onOcspRequest: () => {
        asked++;
        return undefined;
      },
    });
    assertEquals(ends.client.info.authorization.status, "verified");
    assertEquals(asked, 0);
  });
}

Deno.test("a server asks for a raw public key by renegotiation", async () => {
  const renegotiation = "freely";
  await using ends = await connected(
    { ...rawClient, renegotiation },
    {
      ...pinningServer,
      clientAuth: "none",
      maxVersion: "TLSv1.2",
      renegotiation,
    },
  );
  const { client, server } = ends;
  const read = [client, server].map((conn) => conn.read(new Uint8Array(1)));
  const info = await server.renegotiate({ clientAuth: "require" });
  assertEquals(info.peerRawPublicKey?.spki, clientKey.publicKey.spki);
  assertEquals(info.authorization, { status: "verified" });
  await Promise.all([
    client.write(new Uint8Array(1)),
    server.write(new Uint8Array(1)),
  ]);
  assertEquals(await Promise.all(read), [1, 1]);
});
