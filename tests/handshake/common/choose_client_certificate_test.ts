import { assertEquals } from "@std/assert";
import { chooseClientCertificate } from "../../../handshake/common/choose_client_certificate.ts";
import { ProtocolVersion } from "../../../registry.ts";
import { clientConfigOf } from "../../_contexts.ts";

/** The note for a client without certificates. */
async function noteFor(authorities: readonly Uint8Array[]): Promise<string> {
  const config = await clientConfigOf({ serverName: "localhost" });
  const { answer } = await chooseClientCertificate(config, {
    authorities,
    schemes: [0x0403],
    certificateSchemes: [],
    version: ProtocolVersion["TLSv1.3"],
    types: [],
    rawPublicKey: false,
    isOfType: () => true,
    resumed: false,
  });
  return answer.note ?? "";
}

Deno.test("chooseClientCertificate() shows an authority without a name in hexadecimal", async () => {
  const garbage = Uint8Array.of(0x30, 3, 1);
  const long = new Uint8Array(40).fill(0xab);
  assertEquals(
    await noteFor([garbage, long]),
    `The server asked for a client certificate of "#300301", "#${
      "ab".repeat(32)
    }" (ecdsa_secp256r1_sha256), and none was sent: there is none: give "cert" and "key"`,
  );
});

Deno.test("chooseClientCertificate() names some authorities, and counts the rest", async () => {
  const names = Array.from({ length: 12 }, (_, at) => Uint8Array.of(at));
  const shown = /#\d+/g;
  for (const count of [1, 2, 12]) {
    const note = await noteFor(names.slice(0, count));
    const found = note.match(shown)?.length ?? 0;
    const more = Number(/and (\d+) more/.exec(note)?.[1] ?? 0);
    assertEquals(found + more, count, note);
  }
});
