import { assertEquals, assertRejects } from "@std/assert";
import { TlsProtocolError } from "../../../errors.ts";
import { readCertificateVerify } from "../../../handshake/tls13/certificates.ts";
import { SignatureScheme } from "../../../registry.ts";

const { rsa_pss_pss_sha256, rsa_pss_pss_sha384 } = SignatureScheme;

// RFC 9345 section 4.1.3, step 3: the key could sign with the other one as well.
Deno.test("readCertificateVerify() takes the scheme of a delegated credential, and no other of its key", async () => {
  const read = (algorithm: number, scheme: number | undefined) => {
    const io = {
      read: () => Promise.resolve({ algorithm, signature: new Uint8Array(1) }),
    };
    const config = {
      side: "client",
      signatureSchemes: [rsa_pss_pss_sha256, rsa_pss_pss_sha384],
    };
    const chain = {
      publicKey: { type: "rsa-pss", bits: 2048 },
      delegation: scheme === undefined ? undefined : { scheme },
      certificates: [],
    };
    // What else they have is not looked at.
    return readCertificateVerify(
      { io, config } as unknown as Parameters<typeof readCertificateVerify>[0],
      chain as unknown as Parameters<typeof readCertificateVerify>[1],
    );
  };
  assertEquals(
    (await read(rsa_pss_pss_sha384, undefined)).scheme,
    rsa_pss_pss_sha384,
  );
  assertEquals(
    (await read(rsa_pss_pss_sha256, rsa_pss_pss_sha256)).scheme,
    rsa_pss_pss_sha256,
  );
  const error = await assertRejects(
    () => read(rsa_pss_pss_sha384, rsa_pss_pss_sha256),
    TlsProtocolError,
  );
  assertEquals(error.alert, "illegal_parameter");
});
