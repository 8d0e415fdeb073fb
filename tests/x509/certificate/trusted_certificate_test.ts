import { assertEquals } from "@std/assert";
import { allowsUsage } from "../../../x509/certificate/trusted_certificate.ts";
import { KeyPurpose } from "../../../x509/asn1/oids.ts";

const { serverAuth, clientAuth, anyExtendedKeyUsage: any } = KeyPurpose;

for (
  const [trusted, rejected, server, client] of [
    [undefined, [], true, true],
    [[], [], false, false],
    [[serverAuth], [], true, false],
    [[clientAuth], [], false, true],
    [[any], [], true, true],
    [undefined, [serverAuth], false, true],
    [undefined, [any], false, false],
    [[serverAuth, clientAuth], [clientAuth], true, false],
    [[serverAuth], [any], false, false],
  ] as const
) {
  Deno.test(`allowsUsage() of ${trusted ?? "all"} but ${rejected}`, () => {
    const settings = { trusted, rejected };
    assertEquals(allowsUsage(settings, "server"), server);
    assertEquals(allowsUsage(settings, "client"), client);
  });
}

Deno.test("allowsUsage() without settings", () => {
  assertEquals(allowsUsage(undefined, "server"), true);
  assertEquals(allowsUsage(undefined, "client"), true);
});
