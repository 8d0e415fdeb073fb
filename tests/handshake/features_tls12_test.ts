/**
 * What handshakes of TLS 1.2 and below negotiate and tell: certificates of
 * every kind on both sides, extensions, groups, keys for others.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { TlsError } from "../../errors.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import {
  DOWNGRADE_TLS11,
  DOWNGRADE_TLS12,
} from "../../handshake/messages/server_hello.ts";
import { weakGroups } from "../../legacy.ts";
import { nodeCrypto } from "../../crypto/primitives/node_crypto.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import type { Identity } from "../../x509/keys/key_pair.ts";
import { pkcs8Of, PrivateKey } from "../../x509/keys/private_key.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { hostileServer } from "../_hostile_peer.ts";
import {
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  tlsError,
} from "../_pair.ts";
import { GROUP_5 } from "./_dh_params.ts";
import { identityOf, only, optionsFor, suite } from "./_tls12.ts";

const TLS12 = { maxVersion: "TLSv1.2" } as const;

// Keys of every type sign, as server and as client.

const signing = [
  ["P-256", "ecdsa_secp256r1_sha256"],
  ["P-384", "ecdsa_secp384r1_sha384"],
  ["P-521", "ecdsa_secp521r1_sha512"],
  ["rsa-2048", "rsa_pss_rsae_sha256"],
  ["rsa-pss-2048", "rsa_pss_pss_sha256"],
  ["ed25519", "ed25519"],
  ["ed448", "ed448"],
] as const;

for (const [keyType, scheme] of signing) {
  Deno.test(`TLS 1.2 has ${keyType} keys on both sides`, async () => {
    const server = await identityOf({ keyType });
    const client = await identityOf({ keyType, names: ["client"] });
    await using ends = await connected(
      { ...TLS12, ...client },
      { ...server, clientAuth: "require" },
    );
    for (const end of [ends.client, ends.server]) {
      assertEquals(end.info.signatureScheme, scheme);
      assertEquals(end.info.localSignatureScheme, scheme);
      assertEquals(end.info.authorization, { status: "verified" });
    }
    const rsa = ends.client.info.cipherSuite?.includes("ECDHE_RSA");
    assertEquals(rsa, keyType.startsWith("rsa"));
  });
}

for (
  const scheme of ["rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512"]
) {
  Deno.test(`TLS 1.2 signs with ${scheme} where that is asked for`, async () => {
    const identity = await identityOf({ keyType: "rsa-2048" });
    await using ends = await connected(
      {
        ...TLS12,
        signatureSchemes: [scheme],
        certificateSignatureSchemes: [scheme, "ecdsa_secp256r1_sha256"],
      },
      identity,
    );
    assertEquals(ends.client.info.signatureScheme, scheme);
  });
}

for (const version of ["TLSv1", "TLSv1.1"] as const) {
  for (
    const [keyType, scheme] of [
      ["P-256", "ecdsa_sha1"],
      ["P-521", "ecdsa_sha1"],
      ["rsa-2048", "rsa_pkcs1_md5_sha1"],
    ] as const
  ) {
    Deno.test(`${version} has ${keyType} keys on both sides`, async () => {
      const old = { minVersion: version, maxVersion: version };
      const server = await identityOf({ keyType });
      const client = await identityOf({ keyType, names: ["client"] });
      await using ends = await connected(
        { ...old, ...client },
        { ...old, ...server, clientAuth: "require" },
      );
      for (const end of [ends.client, ends.server]) {
        assertEquals(end.info.signatureScheme, scheme);
        assertEquals(end.info.authorization, { status: "verified" });
      }
    });
  }

  Deno.test(`${version} has no EdDSA, and says so`, async () => {
    const old = { minVersion: version, maxVersion: version };
    const server = await identityOf({ keyType: "ed25519" });
    await using ends = await pair(old, { ...old, ...server });
    const { server: error } = await outcomes(ends);
    assertEquals((error as TlsError).code, "no_common_signature_scheme");
    assertEquals((error as TlsError).alert, "handshake_failure");
  });
}

// Keys that are elsewhere.

/** A key of which only calls can be made. */
async function remote(decrypts: boolean): Promise<Identity> {
  const { cert, key } = await identityOf({ keyType: "rsa-2048" });
  const privateKey = await PrivateKey.parse(key);
  const node = nodeCrypto();
  const pkcs8 = pkcs8Of(privateKey);
  assert(node !== undefined && pkcs8 !== undefined);
  const own = node.createPrivateKey({
    key: pkcs8,
    format: "der",
    type: "pkcs8",
  });
  const padding = node.constants.RSA_PKCS1_PADDING;
  return {
    chain: Certificate.fromPem(cert),
    key: {
      publicKey: privateKey.publicKey,
      sign: (scheme, data) => privateKey.sign(scheme, data),
      ...decrypts
        ? {
          decrypt: async (encrypted: Uint8Array) =>
            await node.privateDecrypt({ key: own, padding }, encrypted),
        }
        : {},
    },
  };
}

for (const name of [suite.rsa, suite.ecdheRsa]) {
  Deno.test(`a key of the caller's own does ${name}`, async () => {
    const options = await optionsFor(name);
    const certificates = [await remote(true)];
    const server = { ...options.server, certificates };
    await using ends = await connected(options.client, {
      ...server,
      cert: undefined,
      key: undefined,
    });
    assertEquals(ends.client.info.cipherSuite, name);
  });
}

Deno.test("static RSA accepts a key that decrypts", async () => {
  const options = await optionsFor(suite.rsa);
  await using ends = await pair(options.client, {
    ...options.server,
    cert: undefined,
    key: undefined,
    certificates: [await remote(false)],
  });
  const { server } = await outcomes(ends);
  assertEquals((server as TlsError).code, "no_common_cipher_suite");
});

Deno.test("a key of the caller's own that does not decrypt reveals nothing", async () => {
  const options = await optionsFor(suite.rsa);
  const identity = await remote(true);
  const decrypt = () => Promise.reject(new Error("padding"));
  await using ends = await pair(options.client, {
    ...options.server,
    cert: undefined,
    key: undefined,
    certificates: [{ ...identity, key: { ...identity.key, decrypt } }],
  });
  const { server, client } = await outcomes(ends);
  assertEquals((server as TlsError).alert, "bad_record_mac");
  assertEquals((client as TlsError).alert, "bad_record_mac");
});

// Go's five policies (RFC 5246 section 7.4.4 and 7.4.6).

const strangers = await issueCertificate({ ca: true, names: ["Strangers"] });
const stranger = await issueCertificate({
  names: ["stranger"],
  issuer: strangers,
});

const outcome = {
  none: { without: "none", trusted: "none", stranger: "none" },
  request: { without: "none", trusted: "verified", stranger: "unverified" },
  "require-any": {
    without: "certificate_required",
    trusted: "verified",
    stranger: "unverified",
  },
  "verify-if-given": {
    without: "none",
    trusted: "verified",
    stranger: "unknown_issuer",
  },
  require: {
    without: "certificate_required",
    trusted: "verified",
    stranger: "unknown_issuer",
  },
} as const;

for (const [policy, expected] of Object.entries(outcome)) {
  const clientAuth = policy as keyof typeof outcome;
  for (const [who, result] of Object.entries(expected)) {
    Deno.test(`TLS 1.2 clientAuth "${policy}" with a client ${who}: ${result}`, async () => {
      const own: ClientOptions = who === "without"
        ? {}
        : who === "trusted"
        ? await identityOf({ names: ["client"] })
        : { cert: stranger.cert, key: stranger.key };
      await using ends = await pair({ ...TLS12, ...own }, { clientAuth });
      const { server: error } = await outcomes(ends);
      const seen = error === undefined
        ? ends.server.info.authorization.status
        : (error as TlsError).code;
      assertEquals(seen, result);
    });
  }
}

Deno.test("onCertificateRequest sees what the server asks for, and chooses", async () => {
  const { cert, key } = await certificate({ names: ["chosen"] });
  const seen: unknown[] = [];
  await using ends = await connected(
    {
      ...TLS12,
      onCertificateRequest: (info) => {
        seen.push(info);
        return { cert, key };
      },
    },
    { clientAuth: "require", certificateAuthorities: [strangers.cert] },
  );
  const [info] = seen as [{
    version: string;
    signatureSchemes: string[];
    certificateAuthorities: Uint8Array[];
  }];
  assertEquals(info.version, "TLSv1.2");
  assert(info.signatureSchemes.includes("ecdsa_secp256r1_sha256"));
  assertEquals(info.certificateAuthorities.length, 1);
  const [leaf] = ends.server.info.peerCertificates;
  assertEquals(leaf?.subject, "CN=chosen");
});

Deno.test("a client shows no certificate of a type that is not asked for", async () => {
  const options = await optionsFor(suite.ecdhe, {
    client: await identityOf({ names: ["client"] }),
    server: { clientAuth: "request", signatureSchemes: ["rsa_pkcs1_sha256"] },
  });
  await using ends = await connected(options.client, options.server);
  assertEquals(ends.server.info.authorization, { status: "none" });
});

// Extensions.

Deno.test("ALPN, server_name and SCTs go by the ServerHello", async () => {
  const scts = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  await using ends = await connected(
    { ...TLS12, alpnProtocols: ["h2", "http/1.1"] },
    {
      alpnProtocols: ["http/1.1"],
      signedCertificateTimestamps: scts,
    },
  );
  for (const end of [ends.client, ends.server]) {
    assertEquals(end.info.alpnProtocol, "http/1.1");
    assertEquals(end.info.serverName, "localhost");
  }
  assertEquals(ends.client.info.signedCertificateTimestamps, scts);
});

Deno.test("an OCSP response goes by CertificateStatus", async () => {
  // tryLater (RFC 6960 section 4.2.1): it says nothing, but it is one.
  const ocspResponse = Uint8Array.of(0x30, 3, 0x0a, 1, 3);
  await using ends = await connected(TLS12, { ocspResponse });
  assertEquals(ends.client.info.ocspResponse, ocspResponse);
  await using others = await connected(TLS12, {
    onOcspRequest: () => Promise.resolve(ocspResponse),
  });
  assertEquals(others.client.info.ocspResponse, ocspResponse);
});

Deno.test("record_size_limit holds for both sides (RFC 8449)", async () => {
  const options = await optionsFor(suite.ecdhe, {
    client: { recordSizeLimit: 100 },
    server: { recordSizeLimit: 200 },
  });
  await using ends = await connected(options.client, options.server);
  const { client, server } = ends;
  const before = [client.stats.recordsWritten, server.stats.recordsWritten];
  const [up, down] = await Promise.all([
    readBytes(server, 1000),
    readBytes(client, 1000),
    client.write(pattern(1000)),
    server.write(pattern(1000)),
  ]);
  assertEquals([up, down], [pattern(1000), pattern(1000)]);
  // In TLS 1.2 the limit is of the content alone.
  assertEquals(client.stats.recordsWritten - (before[0] ?? 0), 5);
  assertEquals(server.stats.recordsWritten - (before[1] ?? 0), 10);
});

Deno.test("a server that could do TLS 1.3 says so in its random (RFC 9846 section 4.2.3)", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const tails: string[] = [];
    const { peer, conn, flow } = await hostileServer({
      message: ({ raw }) => {
        if (raw[0] === tls12.serverHello.type) {
          tails.push(raw.subarray(4 + 2 + 24, 4 + 2 + 32).toHex());
        }
      },
    }, { client: TLS12, server: { maxVersion } });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(
      tails[0] === DOWNGRADE_TLS12.toHex(),
      maxVersion === "TLSv1.3",
    );
  }
});

for (
  const [version, maxVersion, tail] of [
    ["TLSv1", "TLSv1", undefined],
    ["TLSv1.1", "TLSv1.1", undefined],
    ["TLSv1", "TLSv1.1", undefined],
    ["TLSv1", "TLSv1.2", DOWNGRADE_TLS11],
    ["TLSv1.1", "TLSv1.2", DOWNGRADE_TLS11],
    ["TLSv1.2", "TLSv1.2", undefined],
    ["TLSv1", "TLSv1.3", DOWNGRADE_TLS11],
    ["TLSv1.1", "TLSv1.3", DOWNGRADE_TLS11],
    ["TLSv1.2", "TLSv1.3", DOWNGRADE_TLS12],
  ] as const
) {
  const says = tail === undefined ? "no downgrade" : `a downgrade (${tail[7]})`;
  Deno.test(`a server of up to ${maxVersion} says ${says} in its random in ${version} (RFC 9846 section 4.2.3)`, async () => {
    const old = {
      minVersion: "TLSv1",
      cipherSuites: [suite.ecdheCbc],
    } as const;
    let random: Uint8Array | undefined;
    const { peer, conn, flow } = await hostileServer({
      message: ({ raw }) => {
        if (raw[0] === tls12.serverHello.type) {
          random = raw.slice(4 + 2, 4 + 2 + 32);
        }
      },
    }, {
      client: { ...old, maxVersion: version },
      server: {
        ...old,
        maxVersion,
        ...maxVersion === "TLSv1.3" && {
          cipherSuites: [suite.ecdheCbc, "TLS_AES_128_GCM_SHA256"],
        },
        // What chance would say is never DOWNGRD.
        random: (length) => new Uint8Array(length).fill(7),
      },
    });
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.version, version);
    assertEquals(random?.subarray(24), tail ?? new Uint8Array(8).fill(7));
  });
}

// Groups.

for (
  const group of ["x25519", "secp256r1", "secp384r1", "secp521r1", "x448"]
) {
  Deno.test(`TLS 1.2 agrees on ${group}`, async () => {
    // The certificate's own curve must be there, too.
    const groups = [group, "secp256r1"];
    await using ends = await connected({ ...TLS12, groups }, { groups });
    for (const end of [ends.client, ends.server]) {
      assertEquals(end.info.group, group);
    }
  });
}

Deno.test("TLS 1.2 never has a hybrid group, which comes first in the lists", async () => {
  await using ends = await connected(TLS12);
  assertEquals(ends.client.info.group, "x25519");
});

for (const group of ["ffdhe2048", "ffdhe3072", "ffdhe4096"]) {
  Deno.test(`DHE has ${group} where both sides name it (RFC 7919)`, async () => {
    const options = await optionsFor(suite.dhe, {
      client: { groups: [group, "x25519"] },
      server: { groups: ["x25519", group] },
    });
    await using ends = await connected(options.client, options.server);
    assertEquals(ends.client.info.group, group);
    assertEquals(ends.server.info.group, group);
  });
}

Deno.test("DHE has a group as strong as the certificate's key, if the client names one (RFC 7919 section 4)", async () => {
  for (
    const [groups, group] of [
      [["ffdhe2048", "ffdhe4096"], "ffdhe4096"],
      [["ffdhe4096", "ffdhe3072"], "ffdhe3072"],
      [["ffdhe2048"], "ffdhe2048"],
    ] as const
  ) {
    const options = await optionsFor(suite.dhe, {
      client: { groups: [...groups, "x25519"] },
      server: await identityOf({ keyType: "rsa-3072" }),
    });
    await using ends = await connected(options.client, options.server);
    assertEquals(ends.client.info.group, group);
  }
});

Deno.test("DHE has the smallest group that the security level allows, if the client names none", async () => {
  for (
    const [securityLevel, group] of [
      [2, "ffdhe2048"],
      [3, "ffdhe3072"],
    ] as const
  ) {
    const options = await optionsFor(suite.dhe, {
      server: {
        minVersion: "TLSv1.2",
        securityLevel,
        ...await identityOf({ keyType: "rsa-3072" }),
      },
    });
    await using ends = await connected(options.client, options.server);
    assertEquals(ends.client.info.group, group);
  }
});

Deno.test("dhParams are used for clients that name no group", async () => {
  const leave = { legacy: [weakGroups] };
  const options = await optionsFor(suite.dhe, {
    client: { ...leave, minDhSize: 1536 },
    server: { ...leave, dhParams: GROUP_5 },
  });
  await using ends = await connected(options.client, options.server);
  assertEquals(ends.client.info.group, "dh1536");
  const refusing = { ...options.client, minDhSize: 2048 };
  await using others = await pair(refusing, options.server);
  const { client } = await outcomes(others);
  assertEquals((client as TlsError).alert, "insufficient_security");
});

// Preference.

const gcm = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
const gcm256 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
const chacha = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";

for (
  const [what, ours, theirs, prefer, chosen] of [
    ["its own order", [gcm, gcm256], [gcm256, gcm], true, gcm],
    ["the client's order", [gcm, gcm256], [gcm256, gcm], false, gcm256],
    [
      "ChaCha20 for who puts it first",
      [gcm, chacha],
      [chacha, gcm],
      true,
      chacha,
    ],
    [
      "its own order otherwise",
      [gcm, chacha],
      [gcm256, gcm, chacha],
      true,
      gcm,
    ],
  ] as const
) {
  Deno.test(`a server of TLS 1.2 chooses by ${what}`, async () => {
    const server: ServerOptions = {
      cipherSuites: ours,
      preferServerCipherSuites: prefer,
    };
    await using ends = await connected(
      { ...TLS12, cipherSuites: theirs },
      server,
    );
    assertEquals(ends.client.info.cipherSuite, chosen);
  });
}

Deno.test("a server of TLS 1.2 chooses the suite by the certificates that it has", async () => {
  for (
    const [keyType, authentication] of [["P-256", "ECDSA"], [
      "rsa-2048",
      "RSA",
    ]] as const
  ) {
    await using ends = await connected(TLS12, await identityOf({ keyType }));
    assert(ends.client.info.cipherSuite?.includes(`_${authentication}_`));
  }
});

// PSK.

Deno.test("a server asks for a certificate of TLS 1.2 only if clientAuth says so", async () => {
  for (const [clientAuth, times] of [["none", 0], ["request", 1]] as const) {
    let asked = 0;
    const options = await optionsFor(suite.ecdhe, {
      client: {
        onCertificateRequest() {
          asked++;
          return null;
        },
      },
      server: { clientAuth },
    });
    await using _ = await connected(options.client, options.server);
    assertEquals(asked, times);
  }
});

Deno.test("a server without pre-shared keys chooses no suite of them", async () => {
  const ends = await pair(
    {
      ...only(suite.psk),
      psk: { identity: "us", key: new Uint8Array(16) },
    },
    { ...only(suite.psk), cipherSuites: [suite.psk, suite.ecdhe] },
  );
  const errors = await outcomes(ends);
  const { code, alert } = tlsError(errors.server);
  assertEquals([code, alert], ["no_common_cipher_suite", "handshake_failure"]);
  assertEquals(tlsError(errors.client).alert, "handshake_failure");
});

Deno.test("a client without a key for the server's hint says which hint that is", async () => {
  const unknown = { pskIdentityHint: "garden", psk: () => undefined };
  for (
    const [server, end] of [
      [unknown, ` for the server's hint "garden"`],
      [{ psk: () => undefined }, ""],
    ] as const
  ) {
    const ends = await pair(
      { ...only(suite.psk), psk: () => [] },
      { ...only(suite.psk), ...server },
    );
    const errors = await outcomes(ends);
    const { alert, message } = tlsError(errors.client);
    assertEquals([alert, message], [
      "handshake_failure",
      `Cannot use a pre-shared key: option "psk" returned none${end}`,
    ]);
    await Promise.all([ends.client.closed, ends.server.closed]);
  }
});

Deno.test("a client chooses its key by the server's hint (RFC 4279 section 5.2)", async () => {
  const hints: unknown[] = [];
  const identities: string[] = [];
  for (const pskIdentityHint of ["garden", undefined]) {
    const options = await optionsFor(suite.ecdhePsk, {
      client: {
        psk: (hint?: string) => {
          hints.push(hint);
          return { identity: `me@${hint}`, key: new Uint8Array(16) };
        },
      },
      server: {
        pskIdentityHint,
        psk: (identity: Uint8Array) => {
          identities.push(new TextDecoder().decode(identity));
          return { key: new Uint8Array(16) };
        },
      },
    });
    await using ends = await connected(options.client, options.server);
    assertEquals(ends.server.info.authorization, { status: "psk" });
  }
  assertEquals(hints, ["garden", undefined]);
  assertEquals(identities, ["me@garden", "me@undefined"]);
});

// Keys for others.

for (const name of [suite.psk, suite.rsaPsk]) {
  Deno.test(`a server of ${name} sends ServerKeyExchange for its hint alone (RFC 4279 section 2)`, async () => {
    const key = new Uint8Array(16).fill(3);
    for (const pskIdentityHint of [undefined, "garden"]) {
      const hints: unknown[] = [];
      const messages: string[] = [];
      const { client, server } = await optionsFor(name, {
        client: {
          psk: (hint) => {
            hints.push(hint);
            return { identity: "me", key };
          },
          onEvent: (event) => {
            if (event.type === "message") messages.push(event.name);
          },
        },
        server: {
          psk: () => ({ key }),
          ...pskIdentityHint !== undefined && { pskIdentityHint },
        },
      });
      await using ends = await connected(client, server);
      assertEquals(ends.client.info.cipherSuite, name);
      assertEquals(hints.at(-1), pskIdentityHint);
      assertEquals(
        messages.includes("server_key_exchange"),
        pskIdentityHint !== undefined,
      );
    }
  });
}

for (const name of [suite.psk, suite.rsaPsk, suite.dhePsk, suite.ecdhePsk]) {
  Deno.test(`a server of ${name} asks for no certificate (RFC 5246 section 7.4.4)`, async () => {
    const key = new Uint8Array(16).fill(3);
    const messages: string[] = [];
    const { client, server } = await optionsFor(name, {
      client: {
        psk: { identity: "me", key },
        onEvent: (event) => {
          if (event.type === "message") messages.push(event.name);
        },
      },
      server: { psk: () => ({ key }), clientAuth: "request" },
    });
    await using ends = await connected(client, server);
    assertEquals(ends.client.info.cipherSuite, name);
    assertEquals(messages.includes("certificate_request"), false);
  });
}

Deno.test("keyLog has one CLIENT_RANDOM line a handshake, the same on both sides", async () => {
  const lines: string[][] = [[], []];
  const options = await optionsFor(suite.ecdhe, {
    client: { keyLog: (line) => lines[0]?.push(line) },
    server: { keyLog: (line) => lines[1]?.push(line) },
  });
  await using _ = await connected(options.client, options.server);
  assertEquals(lines[0], lines[1]);
  assertEquals(lines[0]?.length, 1);
  assert(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/.test(lines[0]?.[0] ?? ""));
});

Deno.test("exporters agree, and distinguish no context from an empty one (RFC 5705)", async () => {
  await using ends = await connected(TLS12);
  const { client, server } = ends;
  const empty = new Uint8Array();
  for (const context of [undefined, empty, Uint8Array.of(1)]) {
    assertEquals(
      client.exportKeyingMaterial("EXPERIMENTAL test", context, 40),
      server.exportKeyingMaterial("EXPERIMENTAL test", context, 40),
    );
  }
  assertNotEquals(
    client.exportKeyingMaterial("EXPERIMENTAL test", undefined, 40),
    client.exportKeyingMaterial("EXPERIMENTAL test", empty, 40),
  );
});

for (const label of ["client finished", "master secret", "key expansion"]) {
  Deno.test(`exporters refuse "${label}", which is TLS's own`, async () => {
    await using ends = await connected(TLS12);
    let thrown: unknown;
    try {
      ends.client.exportKeyingMaterial(label, undefined, 48);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof TypeError);
  });
}

for (
  const type of ["tls-unique", "tls-server-end-point", "tls-exporter"] as const
) {
  Deno.test(`channel binding ${type} is the same on both sides of TLS 1.2`, async () => {
    await using ends = await connected(TLS12);
    assertEquals(
      ends.client.channelBinding(type),
      ends.server.channelBinding(type),
    );
  });
}
