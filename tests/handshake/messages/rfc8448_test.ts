/**
 * The messages of RFC 8448, which this project did not write.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MessageAssembler } from "../../../handshake/messages/framing.ts";
import { Certificate } from "../../../handshake/messages/certificate.ts";
import { CertificateVerify } from "../../../handshake/messages/certificate_verify.ts";
import { ClientHello } from "../../../handshake/messages/client_hello.ts";
import { EncryptedExtensions } from "../../../handshake/messages/encrypted_extensions.ts";
import { EndOfEarlyData } from "../../../handshake/messages/empty_messages.ts";
import { Finished } from "../../../handshake/messages/finished.ts";
import { NewSessionTicket } from "../../../handshake/messages/new_session_ticket.ts";
import {
  HELLO_RETRY_REQUEST_RANDOM,
  HelloRetryRequest,
  ServerHello,
} from "../../../handshake/messages/server_hello.ts";
import { type Codec, decode, encode } from "../../../record/codec.ts";
import {
  CipherSuite,
  HandshakeType,
  NamedGroup,
  SignatureScheme,
} from "../../../registry.ts";
import { resumed, retried, simple } from "../../vectors/rfc8448_messages.ts";

/** Decodes a message with its header; checks its type and that it comes back. */
function decoded<T>(
  codec: Codec<T>,
  type: keyof typeof HandshakeType,
  message: Uint8Array,
): T {
  const assembler = new MessageAssembler();
  assembler.push(message);
  const taken = assembler.take();
  assertEquals(taken?.type, HandshakeType[type]);
  assertEquals(assembler.hasPartial, false);
  const body = taken?.body ?? new Uint8Array();
  const value = decode(codec, body, type);
  assertEquals(encode(codec, value).toHex(), body.toHex());
  return value;
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("ClientHello decode() reads the one of RFC 8448 section 3", () => {
  const hello = decoded(ClientHello, "client_hello", simple.clientHello);
  assertEquals(hello.legacyVersion, 0x0303);
  assertEquals(hello.random, simple.clientHello.subarray(6, 38));
  assertEquals(hello.legacySessionId.length, 0);
  assertEquals(hello.cipherSuites, [
    CipherSuite.TLS_AES_128_GCM_SHA256,
    CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
    CipherSuite.TLS_AES_256_GCM_SHA384,
  ]);
  assertEquals(hello.legacyCompressionMethods, [0]);
  const { extensions } = hello;
  assertEquals(
    extensions.order,
    [0, 0xff01, 10, 35, 51, 43, 13, 45, 28],
  );
  assertEquals(text(extensions.server_name?.[0]?.hostName), "server");
  assertEquals(extensions.supported_groups?.length, 9);
  assertEquals(extensions.session_ticket?.length, 0);
  assertEquals(extensions.renegotiation_info?.length, 0);
  assertEquals(extensions.key_share?.[0]?.group, NamedGroup.x25519);
  assertEquals(
    extensions.key_share?.[0]?.keyExchange.toHex(),
    "99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c",
  );
  assertEquals(extensions.supported_versions, [0x0304]);
  assertEquals(extensions.signature_algorithms?.length, 15);
  assertEquals(extensions.psk_key_exchange_modes, [1]);
  assertEquals(extensions.record_size_limit, 0x4001);
});

Deno.test("ClientHello decode() reads the one of RFC 8448 section 4", () => {
  const { extensions } = decoded(
    ClientHello,
    "client_hello",
    resumed.clientHello,
  );
  assertEquals(extensions.early_data, true);
  assertEquals(extensions.padding, new Uint8Array(0x57));
  const ticket = decoded(
    NewSessionTicket,
    "new_session_ticket",
    simple.newSessionTicket,
  ).ticket;
  assertEquals(extensions.pre_shared_key, {
    identities: [{ identity: ticket, obfuscatedTicketAge: 0xfad6aacb }],
    binders: [
      Uint8Array.fromHex(
        "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d",
      ),
    ],
  });
});

Deno.test("ClientHello decode() reads the one of RFC 8448 section 5", () => {
  const { extensions } = decoded(
    ClientHello,
    "client_hello",
    retried.clientHello,
  );
  const request = decoded(
    HelloRetryRequest,
    "server_hello",
    retried.helloRetryRequest,
  );
  assertEquals(request.random, HELLO_RETRY_REQUEST_RANDOM);
  assertEquals(request.extensions.order, [51, 44, 43]);
  assertEquals(request.extensions.key_share, NamedGroup.secp256r1);
  assertEquals(request.extensions.supported_versions, 0x0304);
  assertEquals(request.extensions.cookie?.length, 114);
  assertEquals(extensions.cookie, request.extensions.cookie);
  assertEquals(extensions.key_share?.[0]?.group, NamedGroup.secp256r1);
  assertEquals(extensions.key_share?.[0]?.keyExchange.length, 65);
});

Deno.test("ServerHello decode() reads those of RFC 8448", () => {
  const full = decoded(ServerHello, "server_hello", simple.serverHello);
  assertEquals(full.cipherSuite, CipherSuite.TLS_AES_128_GCM_SHA256);
  assertEquals(full.legacyCompressionMethod, 0);
  assertEquals(full.extensions, {
    key_share: {
      group: NamedGroup.x25519,
      keyExchange: Uint8Array.fromHex(
        "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f",
      ),
    },
    supported_versions: 0x0304,
    unknown: [],
    order: [51, 43],
  });
  const resuming = decoded(ServerHello, "server_hello", resumed.serverHello);
  assertEquals(resuming.extensions.pre_shared_key, 0);
});

Deno.test("the server's flight of RFC 8448 is decoded", () => {
  const { extensions } = decoded(
    EncryptedExtensions,
    "encrypted_extensions",
    simple.encryptedExtensions,
  );
  assertEquals(extensions.order, [10, 28, 0]);
  assertEquals(extensions.server_name, true);
  assertEquals(extensions.record_size_limit, 0x4001);
  const accepting = decoded(
    EncryptedExtensions,
    "encrypted_extensions",
    resumed.encryptedExtensions,
  );
  assertEquals(accepting.extensions.early_data, true);
  const certificate = decoded(Certificate, "certificate", simple.certificate);
  assertEquals(certificate.certificateRequestContext.length, 0);
  assertEquals(certificate.certificateList.length, 1);
  assertEquals(certificate.certificateList[0]?.certData.length, 432);
  const verify = decoded(
    CertificateVerify,
    "certificate_verify",
    simple.certificateVerify,
  );
  assertEquals(verify.algorithm, SignatureScheme.rsa_pss_rsae_sha256);
  assertEquals(verify.signature.length, 128);
  const finished = decoded(Finished, "finished", simple.serverFinished);
  assertEquals(finished.verifyData.length, 32);
});

Deno.test("what follows in RFC 8448 is decoded", () => {
  const ticket = decoded(
    NewSessionTicket,
    "new_session_ticket",
    simple.newSessionTicket,
  );
  assertEquals(ticket.ticketLifetime, 30);
  assertEquals(ticket.ticketAgeAdd, 0xfad6aac5);
  assertEquals(ticket.ticketNonce, Uint8Array.of(0, 0));
  assertEquals(ticket.ticket.length, 178);
  assertEquals(ticket.extensions.early_data, 1024);
  decoded(EndOfEarlyData, "end_of_early_data", resumed.endOfEarlyData);
});
