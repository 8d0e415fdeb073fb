/**
 * GREASE (RFC 8701): sent, never chosen, and tolerated.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { ClientHelloInfo } from "../../../handshake/common/callback_info.ts";
import type { CertificateRequest } from "../../../handshake/messages/certificate_request.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import {
  assertRefused,
  edited,
  editing,
  hostileClient,
  hostileServer,
} from "../../_hostile_peer.ts";
import { connected, utf8 } from "../../_pair.ts";

const only13 = { minVersion: "TLSv1.3" } as const;

/** RFC 8701 section 2: 0x0a0a, 0x1a1a and so on. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

Deno.test("client sends GREASE (RFC 8701)", async () => {
  const seen: ClientHelloInfo[] = [];
  await using _ = await connected({}, {
    onClientHello: (info) => {
      seen.push(info);
    },
  });
  const [info] = seen;
  assert(info !== undefined);
  for (const list of [info.versions, info.cipherSuites, info.groups]) {
    assertEquals(list.filter((name) => isGrease(Number(name))).length, 1);
    assert(isGrease(Number(list[0])));
  }
  const greased = info.extensions.filter(isGrease);
  assertEquals(greased.length, 2);
  assertNotEquals(greased[0], greased[1]);
});

Deno.test("client refuses its GREASE if it is picked (RFC 8701 section 3.1)", async () => {
  for (const what of ["suite", "group", "version", "extension"]) {
    let grease = 0;
    const hostile = await hostileServer({
      message: ({ name, raw }) => {
        if (name === "server_hello" && what !== "extension") {
          return edited(tls13.serverHello, raw, (hello) => ({
            ...hello,
            ...(what === "suite" ? { cipherSuite: grease } : {}),
            extensions: {
              ...hello.extensions,
              ...(what === "version" ? { supported_versions: grease } : {}),
              ...(what === "group"
                ? { key_share: { group: grease, keyExchange: utf8("x") } }
                : {}),
            },
          }));
        }
        if (name === "encrypted_extensions" && what === "extension") {
          return edited(tls13.encryptedExtensions, raw, ({ extensions }) => ({
            extensions: {
              ...extensions,
              unknown: [{
                extensionType: grease,
                extensionData: new Uint8Array(),
              }],
            },
          }));
        }
        return undefined;
      },
    }, {
      server: {
        onClientHello: ({ cipherSuites, groups, versions, extensions }) => {
          const lists: Record<string, readonly (string | number)[]> = {
            suite: cipherSuites,
            group: groups,
            version: versions,
            extension: extensions,
          };
          grease = (lists[what] ?? []).map(Number).find(isGrease) ?? 0;
        },
      },
    });
    await assertRefused(
      what === "extension" ? "unsupported_extension" : "illegal_parameter",
      hostile,
    );
    assert(grease !== 0);
  }
});

Deno.test("server tolerates GREASE everywhere it may be (RFC 8701)", async () => {
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.clientHello, (hello) => ({
      ...hello,
      cipherSuites: [0x0a0a, ...hello.cipherSuites, 0xfafa],
      extensions: {
        ...hello.extensions,
        signature_algorithms: [
          0x1a1a,
          ...hello.extensions.signature_algorithms ?? [],
        ],
        psk_key_exchange_modes: [0x0b, 1, 0x2a],
        application_layer_protocol_negotiation: [utf8("\x0a\x0a"), utf8("h2")],
      },
    })),
    {
      client: { ...only13, alpnProtocols: ["h2"] },
      server: { alpnProtocols: ["h2"] },
    },
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  assertEquals(conn.info.alpnProtocol, "h2");
  conn.abort();
});

Deno.test("server sends GREASE in its CertificateRequest (RFC 8701 section 4.1)", async () => {
  for (const grease of [true, false]) {
    const seen: CertificateRequest[] = [];
    const named: (readonly string[])[] = [];
    const { peer, conn, flow } = await hostileServer(
      editing(tls13.certificateRequest, (request) => {
        seen.push(request);
        return request;
      }),
      {
        client: {
          onCertificateRequest: ({ signatureSchemes }) => {
            named.push(signatureSchemes);
            return undefined;
          },
        },
        server: {
          grease,
          clientAuth: "request",
          certificateSignatureSchemes: ["ed25519"],
        },
      },
    );
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const [{ extensions } = { extensions: {} as never }] = seen;
    for (
      const list of [
        extensions.signature_algorithms,
        extensions.signature_algorithms_cert,
        extensions.unknown?.map(({ extensionType }) => extensionType),
      ]
    ) {
      assertEquals(list?.some(isGrease), grease);
    }
    // It means nothing, and nobody need look at it.
    assertEquals(named.flat().filter((name) => name.startsWith("0x")), []);
  }
});
