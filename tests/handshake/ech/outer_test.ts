/**
 * What ClientHelloOuter is for: it stands for the public name alone, whatever is
 * trusted of the server inside.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { TlsEchRejectedError } from "../../../errors.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import type {
  ClientHelloInfo,
  ClientOptions,
  ServerOptions,
} from "../../../mod.ts";
import { CertificateType, ExtensionType } from "../../../registry.ts";
import { PrivateKey } from "../../../x509/mod.ts";
import { assertRefused, editing, hostileServer } from "../../_hostile_peer.ts";
import { certificate, outcomes, tlsError } from "../../_pair.ts";
import {
  current,
  facing,
  PUBLIC,
  SECRET,
  secretly,
  stale,
  tapped,
} from "./_ends.ts";

const { cert, key: pem } = await certificate({ names: [PUBLIC] });
const key = await PrivateKey.parse(pem);
const raw = { rawPublicKey: true, key } as const;

/** A client that trusts the raw key of the server inside. */
const pinning: ClientOptions = {
  peerCertificateTypes: ["RawPublicKey"],
  trustedPublicKeys: [key.publicKey.spki],
};

/** A server with that key, and a certificate for the public name. */
function both(hellos: ClientHelloInfo[] = []): ServerOptions {
  return facing({
    certificates: [raw, { cert, key }],
    onClientHello: (info) => void hellos.push(info),
  });
}

Deno.test("a server inside shows a raw public key", async () => {
  await using ends = await tapped(secretly(current, pinning), both());
  assertEquals(await outcomes(ends), { client: undefined, server: undefined });
  assertEquals(ends.client.info.ech, "accepted");
  assertEquals(ends.client.info.peerRawPublicKey?.spki, key.publicKey.spki);
});

// RFC 9849 section 6.1.7: "The client MUST verify that the certificate is valid for
// ECHConfig.contents.public_name".
Deno.test("a server for the public name shows a certificate, whatever keys are trusted", async () => {
  const hellos: ClientHelloInfo[] = [];
  const certificateTypes = ["RawPublicKey", "X509"] as const;
  await using ends = await tapped(
    secretly(stale, { ...pinning, certificateTypes }),
    both(hellos),
  );
  const { client } = await outcomes(ends);
  assert(client instanceof TlsEchRejectedError, Deno.inspect(client));
  assertEquals(client.retryConfigs, current.configList);
  const extensions = hellos[0]?.extensions ?? [];
  const { server_certificate_type, client_certificate_type } = ExtensionType;
  assert(extensions.includes(ExtensionType.encrypted_client_hello));
  assert(!extensions.includes(server_certificate_type));
  assert(!extensions.includes(client_certificate_type));
});

Deno.test("a server for the public name with nothing but a raw public key is refused", async () => {
  await using ends = await tapped(
    secretly(stale, pinning),
    facing({ certificates: [raw] }),
  );
  const { client, server } = await outcomes(ends);
  assertEquals(tlsError(server).code, "no_common_certificate_type");
  assert(!(client instanceof TlsEchRejectedError), Deno.inspect(client));
});

Deno.test("a server for the public name that selects a raw public key unasked is refused", async () => {
  await assertRefused(
    "unsupported_extension",
    await hostileServer(
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: {
          ...extensions,
          server_certificate_type: CertificateType.RawPublicKey,
        },
      })),
      { client: secretly(stale, pinning), server: both() },
    ),
  );
});

/** RFC 9850 section 2.3, "Secret Labels for ECH". */
for (
  const [config, state] of [[current, "accepted"], [stale, "rejected"]] as const
) {
  Deno.test(`keyLog gets the lines of ECH, ${state}`, async () => {
    const lines: Record<"client" | "server", string[]> = {
      client: [],
      server: [],
    };
    await using ends = await tapped(
      secretly(config, { keyLog: (line) => lines.client.push(line) }),
      facing({
        groups: ["secp384r1"], // they are there once, with a retry too
        keyLog: (line) => lines.server.push(line),
      }),
    );
    await outcomes(ends);
    const ofEch = (side: string[]) =>
      side.filter((line) => line.startsWith("ECH_"));
    const [secret, own, ...others] = ofEch(lines.client);
    assertEquals(others, []);
    // The random of ClientHelloOuter: it is on the wire.
    const random = ends.sent[0]?.subarray(11, 43).toHex();
    assert(
      new RegExp(`^ECH_SECRET ${random} [0-9a-f]{64}$`).test(secret ?? ""),
    );
    assertEquals(
      own,
      `ECH_CONFIG ${random} ${config.configList.subarray(2).toHex()}`,
    );
    assertEquals(
      ofEch(lines.server),
      state === "accepted" ? [secret, own] : [],
    );
    // All others: that of the ClientHello which the server answers.
    const answered = lines.client
      .filter((line) => !line.startsWith("ECH_"))
      .map((line) => line.split(" ")[1]);
    assertEquals(new Set(answered).size, 1);
    assertEquals(answered[0] === random, state === "rejected");
  });
}

Deno.test("GREASE has no line in the key log", async () => {
  const lines: string[] = [];
  await using ends = await tapped(
    { serverName: SECRET, ech: "grease", keyLog: (line) => lines.push(line) },
    facing(),
  );
  await outcomes(ends);
  assert(lines.length > 0 && lines.every((line) => !line.startsWith("ECH_")));
});
