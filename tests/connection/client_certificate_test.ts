/**
 * What a client shows when a server asks for a certificate, and what it says
 * where the server is not content.
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
import { TlsError, TlsProtocolError } from "../../errors.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { issueCertificate, type IssueOptions } from "../../x509/issue/issue.ts";
import {
  authority,
  connected,
  crossed,
  outcomes,
  pair,
  pipe,
} from "../_pair.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;
const elsewhere = await issueCertificate({ ca: true, names: ["Elsewhere"] });
const strangers = await issueCertificate({ ca: true, names: ["Strangers"] });
const DAY = 86_400_000;

async function identity(name: string, options: IssueOptions = {}) {
  const issued = await issueCertificate({
    names: [name],
    issuer: await authority,
    ...options,
  });
  return issued.identity;
}

/** What the server sees of a client with those identities. */
async function shown(
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<string | undefined> {
  await using ends = await connected(forClient, {
    clientAuth: "request",
    ...forServer,
  });
  return ends.server.info.peerCertificates[0]?.subject;
}

/** The error that a client ends with, from handshake or first read. */
async function refusal(
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<TlsError> {
  const ends = await pair(forClient, { clientAuth: "require", ...forServer });
  const { client } = await outcomes(ends);
  const error = client ??
    await ends.client.read(new Uint8Array(1)).catch((error) => error);
  assert(error instanceof TlsError, String(error));
  await Promise.allSettled([ends.client.close(), ends.server.close()]);
  return error;
}

Deno.test("an alert after a handshake of TLS 1.2 is no verdict on the client's certificate", async () => {
  const own = await identity("own");
  const ends = await connected(
    { maxVersion: "TLSv1.2", certificates: [own] },
    { clientAuth: "require", certificateAuthorities: [strangers.cert] },
  );
  const reading = assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    TlsError,
  );
  ends.server.abort(new TlsProtocolError("access_denied", "Later"));
  const { code, alert } = await reading;
  assertEquals([code, alert], ["alert_received", "access_denied"]);
  await ends.client.close();
});

for (const maxVersion of VERSIONS) {
  const version = { maxVersion };

  Deno.test(`client shows a certificate that fits, even if the server names other authorities, in ${maxVersion}`, async () => {
    const own = await identity("own");
    assertEquals(
      await shown({ ...version, certificates: [own] }, {
        certificateAuthorities: [strangers.cert],
      }),
      "CN=own",
    );
  });

  Deno.test(`client shows the best certificate of several in ${maxVersion}`, async () => {
    const expired = await identity("expired", {
      notBefore: new Date(Date.now() - 2 * DAY),
      notAfter: new Date(Date.now() - DAY),
    });
    const servers = await identity("servers", {
      extendedKeyUsage: ["serverAuth"],
    });
    const foreign = await identity("foreign", { issuer: elsewhere });
    const own = await identity("own");
    const all = [expired, servers, foreign, own];
    const show = (certificates: typeof all, more: ServerOptions = {}) =>
      shown({ ...version, certificates }, more);
    const named = { certificateAuthorities: [(await authority).cert] };
    const anyone = { certificateAuthorities: [] };
    assertEquals(await show(all, anyone), "CN=foreign");
    assertEquals(await show(all, named), "CN=own");
    assertEquals(await show([expired, servers, foreign], named), "CN=servers");
    assertEquals(await show([foreign, expired], named), "CN=expired");
    // Alike, the first one given is taken.
    assertEquals(await show([own, foreign], anyone), "CN=own");
    assertEquals(
      await show([foreign, own], { certificateAuthorities: [strangers.cert] }),
      "CN=foreign",
    );
  });

  Deno.test(`client says why it sent no certificate in ${maxVersion}`, async () => {
    const own = await identity("own");
    const eddsa = { signatureSchemes: ["ed25519"] };
    const strange = { certificateAuthorities: [strangers.cert] };
    const cases: [ClientOptions, ServerOptions, RegExp][] = [
      [{}, {}, /and none was sent: there is none: give "cert" and "key"$/],
      [{}, strange, /client certificate of "CN=Strangers" \(.*ecdsa_.*\)/],
      [
        { certificates: [own], onCertificateRequest: () => null },
        {},
        /"onCertificateRequest" chose to send none$/,
      ],
      ...maxVersion === "TLSv1.3"
        ? [[
          { certificates: [own] },
          eddsa,
          /\(ed25519\), and none was sent: "CN=own" \(secp256r1\) cannot sign so$/,
        ] as [ClientOptions, ServerOptions, RegExp]]
        : [],
    ];
    for (const [forClient, forServer, expected] of cases) {
      const events: HandshakeEvent[] = [];
      const lines: string[] = [];
      const error = await refusal({
        ...version,
        ...forClient,
        onEvent: (event) => events.push(event),
        trace: (line) => lines.push(line),
      }, forServer);
      assertEquals(error.code, "client_certificate_refused");
      assertStringIncludes(error.message, "The server demands a client cert");
      assert(expected.test(error.hint ?? ""), error.hint);
      const event = events.find(({ type }) => type === "certificate_not_sent");
      assert(event?.type === "certificate_not_sent");
      assertEquals(event.reason, error.hint);
      assert(lines.includes(`client -- ${event.reason}`), lines.join("\n"));
    }
  });

  Deno.test(`client says of whom the certificate is that the server refuses in ${maxVersion}`, async () => {
    const foreign = await identity("foreign", { issuer: elsewhere });
    const events: HandshakeEvent[] = [];
    const error = await refusal({
      ...version,
      certificates: [foreign],
      onEvent: (event) => events.push(event),
    }, { certificateAuthorities: [strangers.cert] });
    assertEquals(error.alert, "unknown_ca");
    assertEquals(
      error.hint,
      'The server names the authorities "CN=Strangers", and the certificate that was sent is of "CN=Elsewhere"',
    );
    assert(!events.some(({ type }) => type === "certificate_not_sent"));
  });

  Deno.test(`client has the same hint if the transport just ends in ${maxVersion}`, async () => {
    for (const fault of [undefined, new Error("connection reset")]) {
      // As soon as the client has said that it has none, nothing comes any
      // more.
      let cut = () => {};
      const toClient = pipe({
        start(controller) {
          cut = () =>
            fault === undefined
              ? controller.terminate()
              : controller.error(fault);
        },
      });
      const wires = crossed({ toClient });
      const ends = await pair(
        {
          ...version,
          onEvent: ({ type }) => {
            if (type === "certificate_not_sent") cut();
          },
        },
        { clientAuth: "require" },
        wires,
      );
      const { client: conn, server: peer } = ends;
      peer.handshake().catch(() => {});
      const error = await assertRejects(async () => {
        await conn.handshake();
        await conn.read(new Uint8Array(1));
      }, Error);
      const { hint } = error as { hint?: string };
      assertStringIncludes(hint ?? "", "The server asked for a client cert");
      if (fault !== undefined) assertEquals(error, fault);
      else assertEquals((error as TlsError).code, "truncated");
      await Promise.allSettled([conn.close(), peer.close()]);
    }
  });
}
