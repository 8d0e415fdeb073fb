import { assertEquals } from "@std/assert";
import { chooseClientCertificate } from "../../../handshake/common/choose_client_certificate.ts";
import { ProtocolVersion, SignatureScheme } from "../../../registry.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { clientConfigOf } from "../../_contexts.ts";
import { certificate } from "../../_pair.ts";

/** The note for a client without certificates. */
async function noteFor(authorities: readonly Uint8Array[]): Promise<string> {
  const config = await clientConfigOf({ serverName: "localhost" });
  const { answer } = await chooseClientCertificate(config, {
    authorities,
    schemes: [0x0403],
    delegated: [],
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

// RFC 5246 section 7.4.4 has the list of schemes, TLS 1.1 does not.
Deno.test("chooseClientCertificate() keeps the order for a server that does not say which signatures it accepts", async () => {
  const { cert, key } = await certificate();
  const alone = await issueCertificate({ names: ["alone"] });
  const config = await clientConfigOf({
    serverName: "localhost",
    certificates: [{ cert, key }, { cert: alone.cert, key: alone.key }],
  });
  const { rsa_pkcs1_sha256, ecdsa_secp256r1_sha256 } = SignatureScheme;
  for (
    const [certificateSchemes, expected] of [
      [[], "CN=localhost"],
      [[ecdsa_secp256r1_sha256], "CN=localhost"],
      [[rsa_pkcs1_sha256], "CN=alone"],
    ] as const
  ) {
    const { chosen } = await chooseClientCertificate(config, {
      authorities: [],
      schemes: [ecdsa_secp256r1_sha256],
      delegated: [],
      certificateSchemes,
      version: ProtocolVersion["TLSv1.2"],
      types: [],
      rawPublicKey: false,
      isOfType: () => true,
      resumed: false,
    });
    assertEquals(chosen?.identity.chain[0]?.subject, expected);
  }
});

// RFC 5280 section 4.1.2.5: "the validity period [...] is the period of time from
// notBefore through notAfter, inclusive".
Deno.test("chooseClientCertificate() prefers certificates that are valid, and that are for clients", async () => {
  const start = new Date("2030-01-01T00:00:00Z");
  const end = new Date("2030-02-01T00:00:00Z");
  const make = async (name: string, extendedKeyUsage: readonly string[]) => {
    const issued = await issueCertificate({
      names: [name],
      notBefore: start,
      notAfter: end,
      extendedKeyUsage,
    });
    return { cert: issued.cert, key: issued.key };
  };
  const other = await issueCertificate({
    names: ["server"],
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2040-01-01T00:00:00Z"),
    extendedKeyUsage: ["serverAuth"],
  });
  const chosenAt = async (now: Date, usage: readonly string[]) => {
    const config = await clientConfigOf({
      serverName: "localhost",
      now: () => now,
      certificates: [
        { cert: other.cert, key: other.key },
        await make("client", usage),
      ],
    });
    const { chosen } = await chooseClientCertificate(config, {
      authorities: [],
      schemes: [SignatureScheme.ecdsa_secp256r1_sha256],
      delegated: [],
      certificateSchemes: [],
      version: ProtocolVersion["TLSv1.3"],
      types: [],
      rawPublicKey: false,
      isOfType: () => true,
      resumed: false,
    });
    return chosen?.identity.chain[0]?.subject;
  };
  for (const usage of [["clientAuth"], ["anyExtendedKeyUsage"], []]) {
    for (
      const [time, expected] of [
        [start.getTime() - 1000, "CN=server"],
        [start.getTime(), "CN=client"],
        [end.getTime(), "CN=client"],
        [end.getTime() + 1000, "CN=server"],
      ] as const
    ) {
      assertEquals(await chosenAt(new Date(time), usage), expected, `${usage}`);
    }
  }
  assertEquals(await chosenAt(start, ["serverAuth"]), "CN=server");
});
