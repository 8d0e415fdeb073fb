/**
 * The numbers and names of the IANA registries that TLS uses, one table a
 * registry, no logic. Values stay numbers everywhere, so that one we do not
 * know survives and prints as hexadecimal.
 *
 * @module
 */

/** A registry: IANA's name to its number. */
export type Registry = Readonly<Record<string, number>>;

/**
 * Returns the name that a registry has for a number, or the number in
 * hexadecimal, of whole bytes, if it has none.
 */
export function nameOf(registry: Registry, value: number): string {
  return namesOf(registry).get(value) ??
    `0x${value.toString(16).padStart(value > 0xff ? 4 : 2, "0")}`;
}

function namesOf(registry: Registry): ReadonlyMap<number, string> {
  let names = reversed.get(registry);
  if (names === undefined) {
    names = new Map(Object.entries(registry).map(([name, id]) => [id, name]));
    reversed.set(registry, names);
  }
  return names;
}

const reversed = new WeakMap<Registry, ReadonlyMap<number, string>>();

/** RFC 9846 section 4.2.2, `ProtocolVersion`. */
export const ProtocolVersion = {
  "SSLv2": 0x0002,
  "SSLv3": 0x0300,
  "TLSv1": 0x0301,
  "TLSv1.1": 0x0302,
  "TLSv1.2": 0x0303,
  "TLSv1.3": 0x0304,
} as const;

/** RFC 9846 section 5.1, `ContentType`. */
export const ContentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

/** RFC 9846 section 6, `AlertLevel`. */
export const AlertLevel = { warning: 1, fatal: 2 } as const;

/** TLS Alerts registry. */
export const AlertDescription = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
  ech_required: 121,
} as const;

/** The name of an alert, as at IANA. */
export type AlertName = keyof typeof AlertDescription;

/** TLS HandshakeType registry. */
export const HandshakeType = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_url: 21,
  certificate_status: 22,
  supplemental_data: 23,
  key_update: 24,
  compressed_certificate: 25,
  message_hash: 254,
} as const;

/** TLS ExtensionType Values registry. */
export const ExtensionType = {
  server_name: 0,
  max_fragment_length: 1,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  use_srtp: 14,
  heartbeat: 15,
  application_layer_protocol_negotiation: 16,
  status_request_v2: 17,
  signed_certificate_timestamp: 18,
  client_certificate_type: 19,
  server_certificate_type: 20,
  padding: 21,
  encrypt_then_mac: 22,
  extended_main_secret: 23,
  compress_certificate: 27,
  record_size_limit: 28,
  tls_cert_with_extern_psk: 33,
  delegated_credential: 34,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  oid_filters: 48,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  ticket_request: 58,
  ech_outer_extensions: 0xfd00,
  encrypted_client_hello: 0xfe0d,
  renegotiation_info: 0xff01,
} as const;

/** TLS Supported Groups registry. */
export const NamedGroup = {
  secp256r1: 23,
  secp384r1: 24,
  secp521r1: 25,
  x25519: 29,
  x448: 30,
  ffdhe2048: 256,
  ffdhe3072: 257,
  ffdhe4096: 258,
  ffdhe6144: 259,
  ffdhe8192: 260,
  MLKEM768: 513,
  MLKEM1024: 514,
  SecP256r1MLKEM768: 4587,
  X25519MLKEM768: 4588,
  SecP384r1MLKEM1024: 4589,
} as const;

/** TLS SignatureScheme registry. */
export const SignatureScheme = {
  rsa_pkcs1_sha1: 0x0201,
  ecdsa_sha1: 0x0203,
  rsa_pkcs1_sha256: 0x0401,
  ecdsa_secp256r1_sha256: 0x0403,
  rsa_pkcs1_sha256_legacy: 0x0420,
  rsa_pkcs1_sha384: 0x0501,
  ecdsa_secp384r1_sha384: 0x0503,
  rsa_pkcs1_sha384_legacy: 0x0520,
  rsa_pkcs1_sha512: 0x0601,
  ecdsa_secp521r1_sha512: 0x0603,
  rsa_pkcs1_sha512_legacy: 0x0620,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
  ed25519: 0x0807,
  ed448: 0x0808,
  rsa_pss_pss_sha256: 0x0809,
  rsa_pss_pss_sha384: 0x080a,
  rsa_pss_pss_sha512: 0x080b,
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
  /**
   * RSA over MD5 and SHA-1 (RFC 4346 section 7.4.3), which has no number on the
   * wire; here it has one of those reserved for private use.
   */
  rsa_pkcs1_md5_sha1: 0xff01,
} as const;

/** The name of a scheme, as at IANA. */
export type SchemeName = keyof typeof SignatureScheme;

/** TLS PskKeyExchangeMode registry. */
export const PskKeyExchangeMode = { psk_ke: 0, psk_dhe_ke: 1 } as const;

/** RFC 9846 section 4.7.3, `KeyUpdateRequest`. */
export const KeyUpdateRequest = {
  update_not_requested: 0,
  update_requested: 1,
} as const;

/** RFC 6066 section 3, `NameType`. */
export const NameType = { host_name: 0 } as const;

/** RFC 6066 section 8, `CertificateStatusType`. */
export const CertificateStatusType = { ocsp: 1 } as const;

/** TLS EC Point Formats registry. */
export const ECPointFormat = { uncompressed: 0 } as const;

/** TLS EC Curve Types registry. */
export const ECCurveType = {
  explicit_prime: 1,
  explicit_char2: 2,
  named_curve: 3,
} as const;

/** TLS Certificate Compression Algorithm IDs registry (RFC 8879 section 7.3). */
export const CertificateCompressionAlgorithm = {
  zlib: 1,
  brotli: 2,
  zstd: 3,
} as const;

/** TLS Certificate Types registry (RFC 7250 section 7). */
export const CertificateType = { X509: 0, RawPublicKey: 2 } as const;

/** TLS ClientCertificateType Identifiers registry. */
export const ClientCertificateType = {
  rsa_sign: 1,
  dss_sign: 2,
  rsa_fixed_dh: 3,
  dss_fixed_dh: 4,
  ecdsa_sign: 64,
} as const;

/** TLS Cipher Suites registry: the suites that this module knows. */
export const CipherSuite = {
  TLS_RSA_WITH_RC4_128_MD5: 0x0004,
  TLS_RSA_WITH_RC4_128_SHA: 0x0005,
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 0x000a,
  TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: 0x0016,
  TLS_DH_anon_WITH_RC4_128_MD5: 0x0018,
  TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: 0x001b,
  TLS_RSA_WITH_AES_128_CBC_SHA: 0x002f,
  TLS_DHE_RSA_WITH_AES_128_CBC_SHA: 0x0033,
  TLS_DH_anon_WITH_AES_128_CBC_SHA: 0x0034,
  TLS_RSA_WITH_AES_256_CBC_SHA: 0x0035,
  TLS_DHE_RSA_WITH_AES_256_CBC_SHA: 0x0039,
  TLS_DH_anon_WITH_AES_256_CBC_SHA: 0x003a,
  TLS_RSA_WITH_AES_128_CBC_SHA256: 0x003c,
  TLS_RSA_WITH_AES_256_CBC_SHA256: 0x003d,
  TLS_DHE_RSA_WITH_AES_128_CBC_SHA256: 0x0067,
  TLS_DHE_RSA_WITH_AES_256_CBC_SHA256: 0x006b,
  TLS_DH_anon_WITH_AES_128_CBC_SHA256: 0x006c,
  TLS_DH_anon_WITH_AES_256_CBC_SHA256: 0x006d,
  TLS_PSK_WITH_AES_128_CBC_SHA: 0x008c,
  TLS_PSK_WITH_AES_256_CBC_SHA: 0x008d,
  TLS_DHE_PSK_WITH_AES_128_CBC_SHA: 0x0090,
  TLS_DHE_PSK_WITH_AES_256_CBC_SHA: 0x0091,
  TLS_RSA_PSK_WITH_AES_128_CBC_SHA: 0x0094,
  TLS_RSA_PSK_WITH_AES_256_CBC_SHA: 0x0095,
  TLS_RSA_WITH_AES_128_GCM_SHA256: 0x009c,
  TLS_RSA_WITH_AES_256_GCM_SHA384: 0x009d,
  TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: 0x009e,
  TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: 0x009f,
  TLS_DH_anon_WITH_AES_128_GCM_SHA256: 0x00a6,
  TLS_DH_anon_WITH_AES_256_GCM_SHA384: 0x00a7,
  TLS_PSK_WITH_AES_128_GCM_SHA256: 0x00a8,
  TLS_PSK_WITH_AES_256_GCM_SHA384: 0x00a9,
  TLS_DHE_PSK_WITH_AES_128_GCM_SHA256: 0x00aa,
  TLS_DHE_PSK_WITH_AES_256_GCM_SHA384: 0x00ab,
  TLS_RSA_PSK_WITH_AES_128_GCM_SHA256: 0x00ac,
  TLS_RSA_PSK_WITH_AES_256_GCM_SHA384: 0x00ad,
  TLS_PSK_WITH_AES_128_CBC_SHA256: 0x00ae,
  TLS_PSK_WITH_AES_256_CBC_SHA384: 0x00af,
  TLS_DHE_PSK_WITH_AES_128_CBC_SHA256: 0x00b2,
  TLS_DHE_PSK_WITH_AES_256_CBC_SHA384: 0x00b3,
  TLS_RSA_PSK_WITH_AES_128_CBC_SHA256: 0x00b6,
  TLS_RSA_PSK_WITH_AES_256_CBC_SHA384: 0x00b7,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV: 0x00ff,
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_CHACHA20_POLY1305_SHA256: 0x1303,
  TLS_AES_128_CCM_SHA256: 0x1304,
  TLS_AES_128_CCM_8_SHA256: 0x1305,
  TLS_FALLBACK_SCSV: 0x5600,
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 0xc007,
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: 0xc008,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 0xc009,
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 0xc00a,
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 0xc011,
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 0xc012,
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 0xc013,
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 0xc014,
  TLS_ECDH_anon_WITH_RC4_128_SHA: 0xc016,
  TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: 0xc017,
  TLS_ECDH_anon_WITH_AES_128_CBC_SHA: 0xc018,
  TLS_ECDH_anon_WITH_AES_256_CBC_SHA: 0xc019,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 0xc023,
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: 0xc024,
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 0xc027,
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: 0xc028,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 0xc030,
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA: 0xc035,
  TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA: 0xc036,
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: 0xc037,
  TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384: 0xc038,
  TLS_RSA_WITH_AES_128_CCM: 0xc09c,
  TLS_RSA_WITH_AES_256_CCM: 0xc09d,
  TLS_DHE_RSA_WITH_AES_128_CCM: 0xc09e,
  TLS_DHE_RSA_WITH_AES_256_CCM: 0xc09f,
  TLS_RSA_WITH_AES_128_CCM_8: 0xc0a0,
  TLS_RSA_WITH_AES_256_CCM_8: 0xc0a1,
  TLS_DHE_RSA_WITH_AES_128_CCM_8: 0xc0a2,
  TLS_DHE_RSA_WITH_AES_256_CCM_8: 0xc0a3,
  TLS_PSK_WITH_AES_128_CCM: 0xc0a4,
  TLS_PSK_WITH_AES_256_CCM: 0xc0a5,
  TLS_DHE_PSK_WITH_AES_128_CCM: 0xc0a6,
  TLS_DHE_PSK_WITH_AES_256_CCM: 0xc0a7,
  TLS_PSK_WITH_AES_128_CCM_8: 0xc0a8,
  TLS_PSK_WITH_AES_256_CCM_8: 0xc0a9,
  TLS_PSK_DHE_WITH_AES_128_CCM_8: 0xc0aa,
  TLS_PSK_DHE_WITH_AES_256_CCM_8: 0xc0ab,
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 0xc0ac,
  TLS_ECDHE_ECDSA_WITH_AES_256_CCM: 0xc0ad,
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: 0xc0ae,
  TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8: 0xc0af,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca8,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
  TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xccaa,
  TLS_PSK_WITH_CHACHA20_POLY1305_SHA256: 0xccab,
  TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256: 0xccac,
  TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256: 0xccad,
  TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256: 0xccae,
} as const;

/** The ALPN protocol of an ACME challenge (RFC 8737 section 6.2). */
export const ACME_TLS_1 = "acme-tls/1";

/** TLS KDF Identifiers registry (RFC 9258 section 10). */
export const KdfIdentifier = {
  HKDF_SHA256: 0x0001,
  HKDF_SHA384: 0x0002,
} as const;

/** HPKE KEM Identifiers (RFC 9180 section 7.1): those that are used here. */
export const HpkeKem = {
  "DHKEM(P-256, HKDF-SHA256)": 0x0010,
  "DHKEM(X25519, HKDF-SHA256)": 0x0020,
} as const;

/** HPKE KDF Identifiers (RFC 9180 section 7.2): those that are used here. */
export const HpkeKdf = {
  "HKDF-SHA256": 0x0001,
  "HKDF-SHA384": 0x0002,
  "HKDF-SHA512": 0x0003,
} as const;

/** HPKE AEAD Identifiers (RFC 9180 section 7.3): those that are used here. */
export const HpkeAead = {
  "AES-128-GCM": 0x0001,
  "AES-256-GCM": 0x0002,
  "ChaCha20Poly1305": 0x0003,
} as const;

/** ECHClientHelloType (RFC 9849 section 5). */
export const EchClientHelloType = { outer: 0, inner: 1 } as const;
