/**
 * Peers without a certificate, and the certificates of those that have some.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { defaultTls12CipherSuites } from "../../../crypto/suites/cipher_suites.ts";
import { weakCipherSuites } from "../../../crypto/suites/weak_cipher_suites.ts";
import {
  peerWithoutCertificate,
  type WithoutCertificate,
} from "../../../handshake/common/authenticate.ts";
import { readPeerChain } from "../../../handshake/common/peer_chain.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { provenPsk } from "../../../handshake/common/external_psk.ts";
import { certificateOf, server } from "../../x509/_authority.ts";

const psk = provenPsk(Uint8Array.of(1), { key: Uint8Array.of(2) });

const anonymous = Object.values(weakCipherSuites)
  .find((suite) => suite.authentication === "anon");
const signed = defaultTls12CipherSuites
  .find((suite) => suite.authentication === "RSA");

Deno.test("peerWithoutCertificate() says what replaces a certificate", () => {
  const statuses: [WithoutCertificate, "psk" | "none"][] = [
    [{ by: "psk", psk }, "psk"],
    [{ by: "not requested" }, "none"],
    [{ by: "not sent", clientAuth: "request" }, "none"],
  ];
  for (const [proof, status] of statuses) {
    const peer = peerWithoutCertificate(proof);
    assertEquals(peer.authorization, { status });
    assertEquals(peer.certificates, []);
    assertEquals(peer.verdict, undefined);
  }
});

Deno.test("peerWithoutCertificate() refuses a suite that authenticates the server", () => {
  assert(anonymous !== undefined && signed !== undefined);
  const by = "anonymous suite";
  const peer = peerWithoutCertificate({ by, suite: anonymous });
  assertEquals(peer.authorization, { status: "none" });
  assertThrows(() => peerWithoutCertificate({ by, suite: signed }), TypeError);
});

Deno.test("readPeerChain() keeps copies, and nothing of the message", async () => {
  const { raw } = certificateOf(await server());
  const message = new Uint8Array(1000).fill(7);
  const chain = readPeerChain({
    certificates: [raw],
    ocspResponse: message.subarray(10, 20),
    signedCertificateTimestamps: [message.subarray(20, 25)],
  });
  message.fill(0);
  assertEquals(chain.leaf.raw, raw);
  assertEquals(chain.ocspResponse, new Uint8Array(10).fill(7));
  assertEquals(chain.signedCertificateTimestamps, [new Uint8Array(5).fill(7)]);
  assertEquals(chain.ocspResponse?.buffer.byteLength, 10);
});

Deno.test("readPeerChain() refuses a list without certificates", () => {
  const error = assertThrows(
    () => readPeerChain({ certificates: [] }),
    TlsProtocolError,
  );
  assertEquals(error.alert, "decode_error");
});
