import { assertEquals } from "@std/assert";
import { channelBinding } from "../../connection/channel_binding.ts";
import { hashAlgorithms } from "../../crypto/primitives/hash.ts";
import type { Established } from "../../handshake/common/established.ts";
import { nullValue, oid, sequence } from "../../x509/asn1/der.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { certificateDer } from "../x509/_certificate.ts";

/** The binding needs the certificate alone. */
const established = {} as Established;

// RFC 5929 section 4.1: SHA-256 in the place of MD5 and SHA-1, else the hash of
// the signature.
for (
  const [name, algorithm, hash] of [
    ["md5WithRSAEncryption", "1.2.840.113549.1.1.4", "SHA-256"],
    ["sha1WithRSAEncryption", "1.2.840.113549.1.1.5", "SHA-256"],
    ["sha256WithRSAEncryption", "1.2.840.113549.1.1.11", "SHA-256"],
    ["sha384WithRSAEncryption", "1.2.840.113549.1.1.12", "SHA-384"],
    ["sha512WithRSAEncryption", "1.2.840.113549.1.1.13", "SHA-512"],
  ] as const
) {
  Deno.test(`tls-server-end-point of a certificate with ${name} is its ${hash}`, () => {
    const signature = sequence(oid(algorithm), nullValue());
    const certificate = Certificate.parse(
      certificateDer({ signature, signatureAlgorithm: signature }),
    );
    assertEquals(
      channelBinding("tls-server-end-point", established, certificate),
      hashAlgorithms[hash].digest(certificate.raw),
    );
  });
}
