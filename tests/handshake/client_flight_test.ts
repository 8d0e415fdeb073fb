/**
 * What a server refuses of a TLS 1.3 client's second flight, and the five
 * policies of client authentication.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import {
  type TlsAlertName,
  TlsError,
  type TlsErrorCode,
  TlsProtocolError,
} from "../../errors.ts";
import type { ClientAuth } from "../../handshake/common/config.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { ContentType, HandshakeType, SignatureScheme } from "../../registry.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  type Mischief,
} from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";
import { assertSays, dropping, type Rule } from "./_rules.ts";

const identity = await certificate({ names: ["client"] });
const withCertificate: ClientOptions = {
  cert: identity.cert,
  key: identity.key,
};
const stranger = await issueCertificate({ names: ["stranger"] });
const strange: ClientOptions = { cert: stranger.cert, key: stranger.key };
const expired = await certificate({
  names: ["late"],
  notBefore: new Date(Date.now() - 2 * 86_400_000),
  notAfter: new Date(Date.now() - 86_400_000),
});
const late: ClientOptions = { cert: expired.cert, key: expired.key };

interface FlightRule extends Rule {
  readonly mischief: Mischief;
}

const required: ServerOptions = { clientAuth: "require" };

const rules: readonly FlightRule[] = [
  {
    name: "section 4.5.3: Finished with a bit flipped",
    alert: "decrypt_error",
    mischief: editing(tls13.finished, ({ verifyData }) => {
      const wrong = verifyData.slice();
      wrong[31] = (wrong[31] as number) ^ 1;
      return { verifyData: wrong };
    }),
  },
  {
    name: "section 4.5.3: Finished that is short",
    alert: "decode_error",
    mischief: editing(tls13.finished, ({ verifyData }) => ({
      verifyData: verifyData.subarray(4),
    })),
  },
  {
    name: "section 4.5.3: another message in place of Finished",
    alert: "unexpected_message",
    says: "expected Finished",
    mischief: {
      message: ({ name }) =>
        name === "finished"
          ? frameMessage(HandshakeType.key_update, Uint8Array.of(0))
          : undefined,
    },
  },
  {
    name: "section 4.5.1: Certificate that was not asked for",
    alert: "unexpected_message",
    says: "expected Finished",
    mischief: {
      message: ({ name, raw }) =>
        name === "finished"
          ? [frameMessage(HandshakeType.certificate, new Uint8Array(4)), raw]
          : undefined,
    },
  },
  {
    name: "section 4.5.1: Certificate left out",
    alert: "unexpected_message",
    says: "expected Certificate",
    client: withCertificate,
    server: required,
    mischief: dropping("certificate", "certificate_verify"),
  },
  {
    name: "section 4.5.2: CertificateVerify left out",
    alert: "unexpected_message",
    says: "expected CertificateVerify",
    client: withCertificate,
    server: required,
    mischief: dropping("certificate_verify"),
  },
  {
    name: "section 4.5.2: CertificateVerify after an empty Certificate",
    alert: "unexpected_message",
    says: "expected Finished",
    client: withCertificate,
    server: { clientAuth: "request" },
    mischief: editing(tls13.certificate, (message) => ({
      ...message,
      certificateList: [],
    })),
  },
  {
    name: "section 4.5.1: another certificate_request_context",
    alert: "illegal_parameter",
    says: "certificate_request_context",
    client: withCertificate,
    server: required,
    mischief: editing(tls13.certificate, (message) => ({
      ...message,
      certificateRequestContext: Uint8Array.of(7),
    })),
  },
  {
    name: "section 4.5.1: an extension that was not asked for",
    alert: "unsupported_extension",
    client: withCertificate,
    server: required,
    mischief: editing(tls13.certificate, (message) => ({
      ...message,
      certificateList: message.certificateList.map((entry) => ({
        ...entry,
        extensions: {
          unknown: [{
            extensionType: 0x4321,
            extensionData: pattern(3),
          }],
        },
      })),
    })),
  },
  {
    name: "section 4.5.2: a scheme that was not asked for",
    alert: "illegal_parameter",
    client: withCertificate,
    server: {
      ...required,
      signatureSchemes: ["rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256"],
    },
    mischief: editing(tls13.certificateVerify, ({ signature }) => ({
      algorithm: SignatureScheme.ecdsa_secp384r1_sha384,
      signature,
    })),
  },
  {
    name: "section 4.5.2: the server's context string in place of the client's",
    alert: "decrypt_error",
    client: withCertificate,
    server: required,
    mischief: editing(tls13.certificateVerify, ({ algorithm, signature }) => {
      const wrong = signature.slice();
      wrong[20] = (wrong[20] as number) ^ 1;
      return { algorithm, signature: wrong };
    }),
  },
  {
    name: "section 2: application data before Finished",
    alert: "unexpected_message",
    mischief: {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.finished
          ? [[ContentType.application_data, utf8("early")], [type, bytes]]
          : undefined,
    },
  },
  {
    name: "section 5.1: Finished with more after it in its record",
    alert: "unexpected_message",
    says: "follows in the same record",
    mischief: {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.finished
          ? [[
            type,
            Uint8Array.of(...bytes, HandshakeType.key_update, 0, 0, 1, 0),
          ]]
          : undefined,
    },
  },
  {
    name: "section 4: a second ClientHello",
    alert: "unexpected_message",
    says: "client_hello: expected Finished",
    mischief: {
      message: ({ name, raw }) =>
        name === "finished"
          ? [frameMessage(HandshakeType.client_hello, pattern(50)), raw]
          : undefined,
    },
  },
];

for (const rule of rules) {
  Deno.test(`server refuses a client's second flight, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileClient(rule.mischief, {
        client: { minVersion: "TLSv1.3", ...rule.client },
        server: rule.server ?? {},
      }),
    );
    assertEquals(error.side, "server");
    assertSays(error, rule);
  });
}

type Outcome = "verified" | "unverified" | "none" | [
  TlsAlertName,
  TlsErrorCode?,
];

const policies: Record<
  ClientAuth,
  { absent: Outcome; good: Outcome; strange: Outcome; late: Outcome }
> = {
  none: { absent: "none", good: "none", strange: "none", late: "none" },
  request: {
    absent: "none",
    good: "verified",
    strange: "unverified",
    late: "unverified",
  },
  "require-any": {
    absent: ["certificate_required"],
    good: "verified",
    strange: "unverified",
    late: "unverified",
  },
  "verify-if-given": {
    absent: "none",
    good: "verified",
    strange: ["unknown_ca", "unknown_issuer"],
    late: ["certificate_expired", "certificate_expired"],
  },
  require: {
    absent: ["certificate_required"],
    good: "verified",
    strange: ["unknown_ca", "unknown_issuer"],
    late: ["certificate_expired", "certificate_expired"],
  },
};

const shown = { absent: {}, good: withCertificate, strange, late };

for (const [policy, row] of Object.entries(policies)) {
  for (const [what, outcome] of Object.entries(row)) {
    Deno.test(`server with clientAuth ${policy} and a client whose certificate is ${what}`, async () => {
      const ends = await pair(shown[what as keyof typeof shown], {
        clientAuth: policy as ClientAuth,
      });
      // TLS 1.3: a client's handshake is over before its certificate is judged.
      const [client, server] = await Promise.allSettled([
        ends.client.handshake(),
        ends.server.handshake(),
      ]);
      assertEquals(client.status, "fulfilled");
      if (typeof outcome === "string") {
        assert(server.status === "fulfilled");
        const { authorization, peerCertificates, verifiedChain } = server.value;
        assertEquals(authorization.status, outcome);
        assertEquals(peerCertificates.length > 0, outcome !== "none");
        assertEquals(verifiedChain.length > 0, outcome === "verified");
        assertEquals(
          "error" in authorization && authorization.error !== undefined,
          outcome === "unverified",
        );
        await ends.client.write(utf8("in"));
        assertEquals(await readBytes(ends.server, 2), utf8("in"));
        await ends[Symbol.asyncDispose]();
        return;
      }
      assert(server.status === "rejected");
      const [alert, code = alert] = outcome;
      const error = tlsError(server.reason);
      assertEquals(error.alert, alert);
      assertEquals(error.code, code);
      assertEquals(error.side, "server");
      // It surfaces at the first read, with a code of its own.
      const refusal = await assertRejects(
        () => ends.client.read(new Uint8Array(1)),
        TlsError,
      );
      assertEquals(refusal.code, "client_certificate_refused");
      assertEquals(refusal.alert, alert);
      assertEquals(refusal.side, "client");
      assertEquals(await ends.client.closed, { clean: false, error: refusal });
    });
  }
}

Deno.test("client reports another alert at the first read by its own name", async () => {
  // The server asked for no certificate, so that it can have refused none.
  const ends = await connected();
  ends.server.abort(new TlsProtocolError("internal_error", "a fault here"));
  const error = await assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    TlsError,
  );
  assertEquals(error.code, "alert_received");
  assertEquals(error.alert, "internal_error");
});

Deno.test("client reports an alert after data by its own name", async () => {
  const ends = await connected(withCertificate, { clientAuth: "require" });
  await ends.server.write(utf8("welcome"));
  assertEquals(await readBytes(ends.client, 7), utf8("welcome"));
  ends.server.abort(new TlsProtocolError("internal_error", "a fault here"));
  const error = await assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    TlsError,
  );
  assertEquals(error.code, "alert_received");
});

Deno.test("client reports its refused certificate at a write as well", async () => {
  const ends = await pair(strange, { clientAuth: "require" });
  await outcomes(ends);
  const error = await assertRejects(async () => {
    for (;;) {
      await ends.client.write(pattern(1000));
      await ends.client.read(new Uint8Array(1));
    }
  }, TlsError);
  assertEquals(error.code, "client_certificate_refused");
});

Deno.test("client's onCertificateRequest gets what the server asks for, and chooses", async () => {
  const other = await certificate({ names: ["other"] });
  const asked: unknown[] = [];
  await using ends = await connected({
    ...withCertificate,
    onCertificateRequest: (info) => {
      asked.push(info.version, info.certificateAuthorities.length);
      assert(info.signatureSchemes.includes("ecdsa_secp256r1_sha256"));
      return { cert: other.cert, key: other.key };
    },
  }, {
    clientAuth: "require",
    certificateAuthorities: [(await certificate()).cert],
  });
  assertEquals(asked, ["TLSv1.3", 1]);
  assertStringIncludes(
    ends.server.info.peerCertificates[0]?.subject ?? "",
    "other",
  );
  assertEquals(
    ends.client.info.localCertificate?.subject,
    ends.server.info.peerCertificates[0]?.subject,
  );
});

Deno.test("client's onCertificateRequest may send no certificate, or leave the choice to the options", async () => {
  await using none = await connected({
    ...withCertificate,
    onCertificateRequest: () => null,
  }, { clientAuth: "request" });
  assertEquals(none.server.info.authorization.status, "none");
  await using usual = await connected({
    ...withCertificate,
    onCertificateRequest: () => undefined,
  }, { clientAuth: "request" });
  assertEquals(usual.server.info.authorization.status, "verified");
});

Deno.test("client's onCertificateRequest that throws ends the handshake with its error", async () => {
  const thrown = new Error("no card in the reader");
  const ends = await pair({
    onCertificateRequest: () => Promise.reject(thrown),
  }, { clientAuth: "request" });
  const errors = await outcomes(ends);
  const error = tlsError(errors.client);
  assertEquals([error.code, error.cause], ["callback_failed", thrown]);
  assertEquals([error.side, error.stage], ["client", "handshake"]);
  assert(errors.server !== undefined);
});

Deno.test("client chooses the certificate of an authority that the server names", async () => {
  const elsewhere = await issueCertificate({ ca: true, names: ["Elsewhere"] });
  const foreign = await issueCertificate({
    names: ["foreign"],
    issuer: elsewhere,
  });
  await using ends = await connected({
    certificates: [foreign.identity, identity.identity],
  }, {
    clientAuth: "require",
    certificateAuthorities: [
      (await authority).cert,
    ],
  });
  assertStringIncludes(
    ends.server.info.peerCertificates[0]?.subject ?? "",
    "CN=client",
  );
});

Deno.test("client without a certificate that fits sends none (section 4.5.1)", async () => {
  await using ends = await connected(withCertificate, {
    clientAuth: "request",
    signatureSchemes: ["ed25519"],
  });
  assertEquals(ends.server.info.authorization.status, "none");
});
