/**
 * What callbacks of users get: types only.
 *
 * @module
 */

import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Verdict } from "../../x509/path/verdict.ts";

/** Which connection a callback is about. */
export interface ConnectionHandle {
  /** Counts the connections of this process. */
  readonly id: number;
  /** Our side of the connection. */
  readonly side: "client" | "server";
  /** Our address, where the transport has one. */
  readonly localAddr: Deno.Addr | undefined;
  /** The peer's address, if the transport has one. */
  readonly remoteAddr: Deno.Addr | undefined;
  /** The name that the client asks for, as soon as it is known. */
  readonly serverName: string | undefined;
  /** The ClientHello, at a server that has read it. */
  readonly clientHello: ClientHelloInfo | undefined;
}

/** What `verify` decides on. */
export interface PeerVerdict extends Verdict {
  /** Our side of the connection. */
  readonly side: "client" | "server";
  /** The name that the server was asked for, if any. */
  readonly serverName: string | undefined;
  /** The certificates as the peer sent them. */
  readonly chain: readonly Certificate[];
  /** The OCSP response that the server stapled, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /**
   * The key that the peer sent in place of certificates (RFC 7250), and proves to
   * have; then `chain` and `path` are empty.
   */
  readonly rawPublicKey: PublicKey | undefined;
  /**
   * Whether the verdict is that of a session that is about to be resumed: the
   * peer shows no certificate on this connection, and those of the session
   * count. If `verify` refuses, a full handshake follows, and `verify` is
   * called for what the peer shows in it.
   */
  readonly resumed: boolean;
}

/** What a CertificateRequest asks for. */
export interface CertificateRequestInfo {
  /** Distinguished names of acceptable CAs, in DER. */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Names of the schemes that the server accepts in CertificateVerify. */
  readonly signatureSchemes: readonly string[];
  /**
   * Kinds of keys that the server accepts, such as `"rsa_sign"` (RFC 5246
   * section 7.4.4); empty in TLS 1.3, where the schemes say it.
   */
  readonly certificateTypes: readonly string[];
  /**
   * Names of the schemes that the key of a delegated credential may sign with
   * (RFC 9345); empty if the server takes none.
   */
  readonly delegatedCredentialSchemes: readonly string[];
  /** Whether a raw public key is asked for (RFC 7250), not certificates. */
  readonly rawPublicKey: boolean;
  /** The negotiated version. */
  readonly version: string;
  /**
   * Whether the request is that of a session, before the session is offered. It
   * is resumed only if the answer is the certificate that the session was made
   * with.
   */
  readonly resumed: boolean;
}

/** A ClientHello as the server's callbacks see it. */
export interface ClientHelloInfo {
  /** host_name of the server_name extension. */
  readonly serverName: string | undefined;
  /** Versions offered, such as `"TLSv1.3"`, the client's order. */
  readonly versions: readonly string[];
  /** Suites offered, by IANA name or number. */
  readonly cipherSuites: readonly string[];
  /** Groups offered, by IANA name or number. */
  readonly groups: readonly string[];
  /** Signature schemes offered, by IANA name or number. */
  readonly signatureSchemes: readonly string[];
  /** ec_point_formats. */
  readonly pointFormats: readonly number[];
  /**
   * ALPN protocols offered. One that is not UTF-8 has a code unit from U+DC00 on
   * for each byte: the string is no other protocol's, and options take it back.
   */
  readonly alpnProtocols: readonly string[];
  /** The same as they were sent. */
  readonly alpnProtocolBytes: readonly Uint8Array[];
  /**
   * Distinguished names, in DER, of the authorities that the client accepts (RFC
   * 9846 section 4.3.4).
   */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Types of all extensions, in wire order. */
  readonly extensions: readonly number[];
  /** The address of the client, where the transport has one. */
  readonly remoteAddr: unknown;
  /** The ClientHello message as received. */
  readonly raw: Uint8Array;
}

/** A session that can carry early data, as the option `earlyData` gets it. */
export interface EarlyDataSession {
  /** The most bytes that the server accepts. */
  readonly maxSize: number;
  /**
   * The ALPN protocol of the session, which the early data must be of: the
   * server rejects it if it chooses another one now.
   */
  readonly alpnProtocol: string | undefined;
  /** The IANA name of the cipher suite that protects the early data. */
  readonly cipherSuite: string;
}
