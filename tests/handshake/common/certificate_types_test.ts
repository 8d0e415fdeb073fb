import { assertEquals } from "@std/assert";
import { answeredType } from "../../../handshake/common/certificate_types.ts";
import type { ClientHello } from "../../../handshake/messages/client_hello.ts";
import { CertificateType } from "../../../registry.ts";
import { authority } from "../../_pair.ts";

// RFC 7250 section 4.2.
Deno.test("answeredType() answers a list only where there is a certificate, and with its type", async () => {
  const { RawPublicKey, X509 } = CertificateType;
  const hello = (...types: number[]) => ({
    extensions: { server_certificate_type: types },
  } as unknown as ClientHello);
  const { identity } = await authority;
  assertEquals(answeredType(hello(RawPublicKey, X509), undefined), undefined);
  assertEquals(answeredType(hello(RawPublicKey, X509), identity), X509);
  assertEquals(answeredType(hello(RawPublicKey), identity), undefined);
  const none = { extensions: {} } as unknown as ClientHello;
  assertEquals(answeredType(none, identity), undefined);
});
