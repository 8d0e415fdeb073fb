/**
 * The classes of attack that hit TLS stacks and their users, each with the test
 * that plays it, and with a flaw that the test must find: a change of the source
 * that would let the attack in.
 *
 * @module
 */

/** A class of attack. */
export interface Attack {
  /** Its name, with the numbers under which it is known. */
  readonly name: string;
  /** When it became known. */
  readonly year: number;
  /** What the attacker does. */
  readonly what: string;
  /** Why it does not work here. */
  readonly why: string;
  /** The test that plays it. */
  readonly test: {
    /** The file. */
    readonly file: string;
    /** A part of its title, as it is there. */
    readonly title: string;
  };
  /** The change that would let it in. */
  readonly flaw: {
    /** The file. */
    readonly file: string;
    /** What is there, once. */
    readonly from: string;
    /** What a vulnerable stack would have. */
    readonly to: string;
  };
}

/** All of them, by year. */
export const attacks: readonly Attack[] = [
  {
    name: "Bleichenbacher, ROBOT, Marvin (CVE-2017-13099, CVE-2022-4304)",
    year: 1998,
    what:
      "A server that shows whether the padding of an RSA-encrypted premaster secret is right decrypts recorded connections for an attacker, guess by guess.",
    why:
      "RSA key exchange is off by default. Where it is on, a wrong secret is replaced by a random one without a branch, and the handshake fails at Finished, in the same way for each fault.",
    test: {
      file: "tests/handshake/attacks_tls12_test.ts",
      title: "server does not distinguish",
    },
    flaw: {
      file: "crypto/signatures/rsa_pkcs1.ts",
      from: "const mask = -isZero(wrong);",
      to:
        'if (wrong !== 0) throw new RangeError("wrong padding");\n  const mask = -isZero(wrong);',
    },
  },
  {
    name: "Klíma, Pokorný and Rosa: version rollback oracle",
    year: 2003,
    what:
      "The premaster secret begins with the version of the ClientHello. A server that does not compare it misses a rollback; one that says so is an oracle.",
    why: "The comparison is part of the same computation without a branch.",
    test: {
      file: "tests/handshake/attacks_tls12_test.ts",
      title: "server checks the version inside the premaster secret",
    },
    flaw: {
      file: "crypto/signatures/rsa_pkcs1.ts",
      from:
        "wrong |= (at(start) ^ (version >> 8)) | (at(start + 1) ^ (version & 0xff));",
      to: "void version;",
    },
  },
  {
    name: "Issuers that are no CA (CVE-2002-0862, CVE-2021-3450)",
    year: 2002,
    what:
      "Somebody with a certificate for one name issues certificates for others, and clients that do not look at basicConstraints believe them.",
    why:
      "RFC 5280 section 6.1.4 is checked for each certificate of a path, and a path that fails is never used.",
    test: {
      file: "tests/x509/path/path_rules_test.ts",
      title: "verifyChain() refuses an issuer that is not a CA",
    },
    flaw: {
      file: "x509/path/path_rules.ts",
      from:
        "if (!certificate.isCa && !(isAnchor && certificate.version < 3)) {",
      to: "if (certificate.version > 3) {",
    },
  },
  {
    name: "Forged RSA signatures: BERserk (CVE-2006-4339, CVE-2014-1568)",
    year: 2006,
    what:
      "With the exponent 3, a signature can be made up where a verifier parses the padding and does not look at all of it.",
    why:
      "Nothing is parsed: the whole encoded message is computed and compared.",
    test: {
      file: "tests/attacks/forged_rsa_test.ts",
      title: "an RSA signature whose padding ends early is refused",
    },
    flaw: {
      file: "crypto/signatures/rsa_verify.ts",
      from: "bytesToHex(encoded) === bytesToHex(expected);",
      to: 'bytesToHex(encoded).includes("00" + bytesToHex(digest));',
    },
  },
  {
    name: "NUL in names (CVE-2009-2408)",
    year: 2009,
    what:
      "An authority issues a certificate for `bank.example\\0.evil.example`; a client that reads names as C strings takes it for `bank.example`.",
    why:
      "Names are compared as a whole, and what is not a DNS name matches nothing.",
    test: {
      file: "tests/attacks/names_test.ts",
      title: "a name with NUL in it is not the name before it",
    },
    flaw: {
      file: "x509/certificate/name_match.ts",
      from: "const name = presented.toLowerCase();",
      to: 'const name = presented.toLowerCase().split("\\0")[0] ?? "";',
    },
  },
  {
    name: "Renegotiation: injected prefix (CVE-2009-3555)",
    year: 2009,
    what:
      "An attacker opens a connection, sends a request, and has the victim's handshake follow as a renegotiation: the server takes both for one client.",
    why:
      "Each handshake is tied to the one before it (RFC 5746), and renegotiation is off by default.",
    test: {
      file: "tests/handshake/renegotiation_test.ts",
      title: "as if it were the first handshake (CVE-2009-3555)",
    },
    flaw: {
      file: "handshake/common/renegotiation_info.ts",
      from: "if (!equals(received, clientRenegotiationInfo(previous))) {",
      to: "if (received === undefined) {",
    },
  },
  {
    name: "BEAST (CVE-2011-3389)",
    year: 2011,
    what:
      "In TLS 1.0 the IV of a CBC record is the end of the one before, which an attacker saw: chosen plaintext tests guesses.",
    why:
      "TLS 1.0 is off by default. Where it is on, each write begins with a record of one byte, whose MAC makes the next IV unforeseeable.",
    test: {
      file: "tests/record/protection_cbc_test.ts",
      title: "protectCbc() asks for 1/n-1 splitting in TLS 1.0 alone",
    },
    flaw: {
      file: "record/protection_cbc.ts",
      from: "this.splits = isTls10;",
      to: "this.splits = false && isTls10;",
    },
  },
  {
    name: "Plaintext before STARTTLS (CVE-2011-0411)",
    year: 2011,
    what:
      "An attacker puts commands behind STARTTLS, in plain text; a program that keeps what it has read takes them for the peer's, as if they had come over TLS.",
    why:
      "What was read before goes into `initialData`, and so into TLS, which refuses what is not TLS.",
    test: {
      file: "tests/attacks/starttls_test.ts",
      title: "what follows STARTTLS in plain text ends the handshake",
    },
    flaw: {
      file: "connection/engine/engine.ts",
      from: "      initialData,\n",
      to: "      initialData: initialData?.subarray(0, 0),\n",
    },
  },
  {
    name: "Renegotiation floods (CVE-2011-1473)",
    year: 2011,
    what:
      "A handshake costs a server more than its client, who asks for one after the other.",
    why:
      "A client may not renegotiate unless the options say so, and then 3 times in 10 minutes.",
    test: {
      file: "tests/handshake/renegotiation_test.ts",
      title: "renegotiationLimit and renegotiationWindow bound a",
    },
    flaw: {
      file: "handshake/renegotiation_limits.ts",
      from: "if (this.#times.length >= renegotiationLimit) {",
      to: "if (this.#times.length < 0) {",
    },
  },
  {
    name: "CRIME (CVE-2012-4929)",
    year: 2012,
    what:
      "Where a secret and an attacker's text are compressed together, the length tells what they share.",
    why:
      "TLS compression is never offered, and a server that chooses it is refused.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "compression",
    },
    flaw: {
      file: "handshake/client.ts",
      from: "if (hello.legacyCompressionMethod !== 0) {",
      to: "if (hello.legacyCompressionMethod > 255) {",
    },
  },
  {
    name: "BREACH",
    year: 2013,
    what: "The same as CRIME, with the compression of HTTP.",
    why:
      "`serve()` compresses nothing unless `automaticCompression` says so, as `Deno.serve`.",
    test: {
      file: "tests/attacks/breach_test.ts",
      title: "serve() compresses nothing by default",
    },
    flaw: {
      file: "connection/options/table.ts",
      from: "automaticCompression: http.defaults(false, boolean)",
      to: "automaticCompression: http.defaults(true, boolean)",
    },
  },
  {
    name: "Lucky 13 (CVE-2013-0169)",
    year: 2013,
    what:
      "The time to check a CBC record tells how long its padding is, and so, guess by guess, what it holds.",
    why:
      "CBC suites are off by default. Where they are on, encrypt-then-MAC is used with peers that have it; else padding and MAC are checked by the same number of hash blocks, whatever the padding. JavaScript promises no more.",
    test: {
      file: "tests/record/cbc_padding_test.ts",
      title: "openPadded() hashes the same number of blocks for any padding",
    },
    flaw: {
      file: "record/cbc_padding.ts",
      from: "const rounds = roundsOf(longest, hash) - roundsOf(length, hash);",
      to:
        "const rounds = 0 * (roundsOf(longest, hash) - roundsOf(length, hash));",
    },
  },
  {
    name: "Heartbleed (CVE-2014-0160)",
    year: 2014,
    what:
      "A heartbeat asks for more bytes than it brought, and gets the server's memory.",
    why:
      "There is no heartbeat: a record of that type ends the connection. Lengths are checked where bytes are read, in one place.",
    test: {
      file: "tests/attacks/heartbeat_test.ts",
      title: "a heartbeat record ends the connection",
    },
    flaw: {
      file: "record/budgets.ts",
      from: "throw unexpected(`a record of type ${type}`);",
      to: "return false;",
    },
  },
  {
    name: "goto fail (CVE-2014-1266)",
    year: 2014,
    what: "A client does not check the signature over the server's key share.",
    why: "The handshake cannot go on without the result of the check.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "a wrong signature",
    },
    flaw: {
      file: "handshake/common/authenticate.ts",
      from: "  if (!valid) {",
      to: "  if (!valid && scheme < 0) {",
    },
  },
  {
    name: "Early change_cipher_spec (CVE-2014-0224)",
    year: 2014,
    what:
      "change_cipher_spec comes before there are keys, and both ends go on with keys that the attacker knows.",
    why: "It is refused everywhere but at its place.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "(CVE-2014-0224)",
    },
    flaw: {
      file: "record/budgets.ts",
      from: 'if (this.changeCipherSpec === "refuse" || isTls13Inner) {',
      to: "if (isTls13Inner) {",
    },
  },
  {
    name: "Triple handshake (CVE-2014-1295)",
    year: 2014,
    what:
      "A server in the middle makes both connections have the same keys, and has the client's certificate be shown to another server by a renegotiation.",
    why:
      "Secrets are bound to the handshake (RFC 7627); a renegotiation keeps the peer's certificate; exporters and `tls-unique` need that binding.",
    test: {
      file: "tests/handshake/renegotiation_test.ts",
      title: "by another server",
    },
    flaw: {
      file: "handshake/tls12/certificates.ts",
      from: "(now === undefined || !equals(before, now))",
      to: "now === undefined",
    },
  },
  {
    name: "POODLE (CVE-2014-3566) and forced fallback",
    year: 2014,
    what:
      "Broken handshakes make a client try a lower version, down to SSL 3.0, whose padding is an oracle.",
    why:
      "SSL 3.0 is not there. No client here tries again with a lower version; a server refuses clients that do (RFC 7507).",
    test: {
      file: "tests/handshake/tls12/server_test.ts",
      title: "a needless fallback (RFC 7507)",
    },
    flaw: {
      file: "handshake/server.ts",
      from: "version < config.maxVersion\n  ) {",
      to: "version < 0\n  ) {",
    },
  },
  {
    name: "POODLE of TLS (CVE-2014-8730)",
    year: 2014,
    what: "The bytes of the padding are not checked in TLS either.",
    why: "All bytes are checked.",
    test: {
      file: "tests/record/cbc_padding_test.ts",
      title: "openPadded() looks at each byte of the padding",
    },
    flaw: {
      file: "record/cbc_padding.ts",
      from: "const most = Math.min(MAX_PADDING_LENGTH, last);",
      to: "const most = Math.min(0 * MAX_PADDING_LENGTH, last);",
    },
  },
  {
    name: "FREAK (CVE-2015-0204)",
    year: 2015,
    what:
      "A client that asked for RSA takes a weak key from a ServerKeyExchange that it did not expect.",
    why: "A message that has no place is refused; export suites are not there.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "a ServerKeyExchange with static RSA (FREAK)",
    },
    flaw: {
      file: "handshake/tls12/client_key_exchange.ts",
      from:
        "const certificates = required(chain);\n  const peer = await authenticateByDecryption(\n    hs.config,\n    certificates,\n    hs.previous?.peer,\n  );\n  return {\n    peer,\n    group: undefined,",
      to:
        "const certificates = required(chain);\n  const peer = await authenticateByDecryption(\n    hs.config,\n    certificates,\n    hs.previous?.peer,\n  );\n  await hs.io.readOptional({ ...serverKeyExchange.psk });\n  return {\n    peer,\n    group: undefined,",
    },
  },
  {
    name: "SMACK, SKIP-TLS (CVE-2014-6593, CVE-2020-24613)",
    year: 2015,
    what:
      "A message is left out, such as CertificateVerify or change_cipher_spec, and the handshake goes on.",
    why: "Each flow names the message that comes next, and takes no other.",
    test: {
      file: "tests/handshake/server_flight_test.ts",
      title: "section 4.5.2: CertificateVerify left out",
    },
    flaw: {
      file: "handshake/tls13/certificates.ts",
      from:
        "  const { algorithm, signature } = await io.read(\n    tls13.certificateVerify,\n    transcript,\n  );",
      to:
        "  const { algorithm, signature } = await io.peek().then(({ type }) =>\n    type === 20\n      ? { algorithm: 0x0403, signature: new Uint8Array() }\n      : io.read(tls13.certificateVerify, transcript)\n  );",
    },
  },
  {
    name: "Logjam (CVE-2015-4000)",
    year: 2015,
    what: "A server is made to use a Diffie-Hellman group of 512 bits.",
    why:
      "Groups below `minDhSize`, 2048 bits, are refused, and export suites are not there.",
    test: {
      file: "tests/handshake/features_tls12_test.ts",
      title: "dhParams are used for clients that name no group",
    },
    flaw: {
      file: "handshake/tls12/client_key_exchange.ts",
      from: "const tooSmall = group.bits < minDhSize",
      to: "const tooSmall = group.bits < 0 * minDhSize",
    },
  },
  {
    name: "SLOTH (CVE-2015-7575)",
    year: 2015,
    what:
      "Two handshakes with the same MD5 hash make a signature over one good for the other.",
    why: "A signature must have a scheme that was offered, and MD5 never is.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "a signature with MD5 (SLOTH)",
    },
    flaw: {
      file: "handshake/common/signatures_tls12.ts",
      from: "if (scheme === undefined || !offered.includes(scheme)) {",
      to: "if (scheme !== undefined && !offered.includes(scheme)) {",
    },
  },
  {
    name: "DROWN (CVE-2016-0800)",
    year: 2016,
    what:
      "A server that also speaks SSL 2.0 decrypts TLS connections of the same key.",
    why: "SSL 2.0 is not there: its ClientHello is refused by name.",
    test: {
      file: "tests/record/not_tls_test.ts",
      title: "notTls() names an SSLv2 hello",
    },
    flaw: {
      file: "record/not_tls.ts",
      from: "return (length & 0x80) !== 0 && type === 1;",
      to: "return (length & 0x80) !== 0 && type === 256;",
    },
  },
  {
    name: "Sweet32 (CVE-2016-2183)",
    year: 2016,
    what:
      "A cipher with blocks of 8 bytes repeats itself after some gigabytes, and shows what was encrypted.",
    why:
      "3DES is in `./legacy` alone, and a key of it is used for 1 GiB at most.",
    test: {
      file: "tests/record/protection_cbc_test.ts",
      title: "protectCbc() uses a key of 3DES for 1 GiB",
    },
    flaw: {
      file: "record/protection_cbc.ts",
      from:
        "this.#limit = blockLength * 2 ** (blockLength * 4 - COLLISION_MARGIN);",
      to: "this.#limit = Infinity;",
    },
  },
  {
    name: "Nonces of AES-GCM that repeat (CVE-2016-0270)",
    year: 2016,
    what:
      "Two records with one nonce give away the key that authenticates them.",
    why: "The explicit nonce is the sequence number, which never repeats.",
    test: {
      file: "tests/handshake/attacks_tls12_test.ts",
      title: "no explicit nonce of GCM comes twice in a connection",
    },
    flaw: {
      file: "record/protection_aead.ts",
      from: "return this.opening(header.subarray(0, SEQUENCE_NUMBER_LENGTH));",
      to: "return this.opening(header.subarray(0, 4));",
    },
  },
  {
    name: "Floods of records that bring nothing (CVE-2016-8610)",
    year: 2016,
    what:
      "Warning alerts, empty records or change_cipher_spec without end keep a server busy.",
    why: "Each kind has a bound, which data alone resets.",
    test: {
      file: "tests/record/budgets_test.ts",
      title: "FragmentRules accepts four warning alerts in a row, and no more",
    },
    flaw: {
      file: "record/budgets.ts",
      from: "const MAX_WARNING_ALERTS = 4;",
      to: "const MAX_WARNING_ALERTS = 2 ** 31;",
    },
  },
  {
    name: "Downgrade of the version",
    year: 2018,
    what:
      "An attacker takes TLS 1.3 out of the ClientHello, and both ends speak TLS 1.2.",
    why:
      "A server that has TLS 1.3 says so in its random (RFC 9846 section 4.2.3), which the handshake covers, and a client looks there.",
    test: {
      file: "tests/handshake/tls12/client_test.ts",
      title: "a downgrade to",
    },
    flaw: {
      file: "handshake/client.ts",
      from: "  if (lowered) {",
      to: "  if (lowered && false) {",
    },
  },
  {
    name: "Points of small order, and points off the curve",
    year: 2000,
    what:
      "A share that is no good point makes the secret one of a few that can be tried, or leaks a private key piece by piece.",
    why:
      "A point must be on the curve, keys are used once, and a secret of zeros is refused.",
    test: {
      file: "tests/crypto/groups/ecdh_test.ts",
      title: "refuses points of small order",
    },
    flaw: {
      file: "crypto/groups/ecdh_exchange.ts",
      from: 'throw noShare(curve, "it is not a point on the curve", cause);',
      to: "void cause;\n    return new Uint8Array(32).fill(1);",
    },
  },
  {
    name: "Curveball (CVE-2020-0601)",
    year: 2020,
    what:
      "A certificate brings its own curve parameters, under which an authority's key has a private key that the attacker knows.",
    why:
      "A curve must be named (RFC 5480 section 2.1.1); other keys verify nothing.",
    test: {
      file: "tests/crypto/signatures/public_key_test.ts",
      title:
        "parsePublicKey() reads EC keys of other curves as of no size, and records those without a name",
    },
    flaw: {
      file: "crypto/signatures/public_key.ts",
      from:
        '    reader.deviation(\n      "algorithm",\n      "an EC key without a named curve (RFC 5480 section 2.1.1)",\n    );\n    return undefined;',
      to: "    return curves.values().next().value;",
    },
  },
  {
    name: "Ticket keys of zeros (CVE-2020-13777)",
    year: 2020,
    what:
      "A server seals tickets under a key that was never set, and anyone can open them.",
    why: "A key of zeros is refused, and without keys random ones are made.",
    test: {
      file: "tests/attacks/ticket_key_test.ts",
      title: "a ticket key of zeros is refused",
    },
    flaw: {
      file: "handshake/session/ticket_keys.ts",
      from: "if (key.every((byte) => byte === 0)) {",
      to: "if (key.length === 0) {",
    },
  },
  {
    name: "ALPACA",
    year: 2021,
    what:
      "A connection for one server is led to another that has the same certificate and speaks another protocol.",
    why:
      "Where both ends name protocols and share none, the handshake fails with no_application_protocol (RFC 7301 section 3.2).",
    test: {
      file: "tests/handshake/negotiation_test.ts",
      title: "errors of both sides explain a missing ALPN protocol",
    },
    flaw: {
      file: "handshake/common/negotiate.ts",
      from: "if (chosen === undefined) throw noCommonProtocol(ours, offered);",
      to: "if (chosen === undefined) return undefined;",
    },
  },
  {
    name: "Psychic signatures (CVE-2022-21449)",
    year: 2022,
    what: "An ECDSA signature of two zeros is good for everything.",
    why:
      "Zero is refused where a signature is read, before any platform sees it.",
    test: {
      file: "tests/attacks/zero_ecdsa_test.ts",
      title: "an ECDSA signature with a zero in it verifies nothing",
    },
    flaw: {
      file: "crypto/signatures/ecdsa_signature.ts",
      from: "if (r[0] === 0 || s[0] === 0) return undefined;",
      to: "",
    },
  },
  {
    name: "Sessions of one name at another (CVE-2025-23419)",
    year: 2025,
    what:
      "A client that proved itself to one virtual server resumes its session at another, which would have asked for another certificate.",
    why:
      "A session has the name, the context, the trust and our own identity in it: it is resumed where all are the same.",
    test: {
      file: "tests/handshake/session_pairs_test.ts",
      title: "only if it authenticates the client alike",
    },
    flaw: {
      file: "handshake/common/resumable.ts",
      from: "if (!isIdentityOf(state, identity)) return undefined;",
      to: "",
    },
  },
  {
    name: "Requests for another name on one connection (CVE-2025-23048)",
    year: 2025,
    what:
      "A client connects under a name that asks for no certificate, and sends a request for one that does.",
    why:
      "`serve()` answers 421 where the name of the request would have judged the client in another way.",
    test: {
      file: "tests/http/misdirected_test.ts",
      title: "a request for a name that judges clients otherwise is 421",
    },
    flaw: {
      file: "http/misdirected.ts",
      from:
        "if (name !== serverName && !rules.judgesAlike(serverName, name)) {",
      to: "if (name === undefined && !rules.judgesAlike(serverName, name)) {",
    },
  },
  {
    name: "Messages over a change of keys",
    year: 2016,
    what:
      "A message begins under one key and ends under the next: what is authentic with it?",
    why:
      "No part of a message may be left when keys change, or when a record of another type comes (RFC 9846 section 5.1).",
    test: {
      file: "tests/handshake/server_flight_test.ts",
      title: "section 5.1: a message interleaved with an alert",
    },
    flaw: {
      file: "handshake/io/message_stream.ts",
      from: "if (this.#assembler.hasPartial) throw interleavedRecord(type);",
      to: "if (type < 0) throw interleavedRecord(type);",
    },
  },
  {
    name: "Addresses in other forms",
    year: 2021,
    what:
      "`0x7f.1`, `010.0.0.1` or `::ffff:127.0.0.1` are read as one address here and as another there.",
    why:
      "Only the usual forms are addresses, and a name that looks like one in another form is refused. An IPv6 address never matches an IPv4 one.",
    test: {
      file: "tests/attacks/names_test.ts",
      title: "an address in another form is no address",
    },
    flaw: {
      file: "x509/certificate/name_match.ts",
      from: "const bytes = parseIpAddress(name);",
      to:
        "const bytes = parseIpAddress(\n    URL.parse(`https://${name}/`)?.hostname ?? name,\n  );",
    },
  },
  {
    name: "Truncation (cookie cutter)",
    year: 2014,
    what:
      "An attacker ends the connection in the middle, and a half message passes for a whole one.",
    why:
      "An end without close_notify is a TlsTruncatedError: in the middle of data it never looks like an end.",
    test: {
      file: "tests/connection/abort_test.ts",
      title:
        "TlsConn.readable returns all that came before it reports a truncation",
    },
    flaw: {
      file: "connection/engine/data_reader.ts",
      from: 'if (state.name !== "closing") throw new TlsTruncatedError();',
      to: 'if (state.name === "closing") throw new TlsTruncatedError();',
    },
  },
  {
    name: "Name constraints that do not hold (CVE-2021-44533's kind)",
    year: 2021,
    what:
      "An authority for one domain issues for another, and the client does not look.",
    why: "All names of a certificate are checked against all CAs above it.",
    test: {
      file: "tests/x509/path/path_rules_test.ts",
      title:
        "verifyChain() holds name constraints for a leaf that has its issuer's name",
    },
    flaw: {
      file: "x509/path/constraints.ts",
      from: "if (at > 0 && certificate.isSelfIssued) continue;",
      to: "if (certificate.isSelfIssued) continue;",
    },
  },
  {
    name: "Chains that cost without end",
    year: 2019,
    what:
      "A few certificates that vouch for one another have as many paths as there are combinations.",
    why: "A path search has a budget of signatures and of comparisons.",
    test: {
      file: "tests/x509/hostile_chain_test.ts",
      title:
        "verifyChain() gives up on many CAs of one name that all issue each other",
    },
    flaw: {
      file: "x509/certificate/work_budget.ts",
      from:
        "#steps = MAX_STEPS;\n  #paths = MAX_PATHS;\n  #signatureChecks = MAX_SIGNATURE_CHECKS;\n  #signatureCost = MAX_SIGNATURE_COST;",
      to:
        "#steps = Infinity;\n  #paths = Infinity;\n  #signatureChecks = Infinity;\n  #signatureCost = Infinity;",
    },
  },
  {
    name: "Secrets in a log",
    year: 2022,
    what: "A program prints an object, and its keys are in the log.",
    why:
      "Contexts, sessions, keys and connections hold their secrets where printing does not reach, and show a summary.",
    test: {
      file: "tests/connection/options/secrets_test.ts",
      title:
        "what is shown of a context is which options it has, and no secret",
    },
    flaw: {
      file: "connection/options/option_set.ts",
      from: 'const names = Object.keys(this.#options.given).sort().join(", ");',
      to: "const names = JSON.stringify(this.#options.given);",
    },
  },
  {
    name: "Binders that are not checked",
    year: 2018,
    what:
      "Someone who has seen a ticket offers it, and is taken for the client that it was made for.",
    why:
      "A PSK counts with a binder over this very ClientHello alone (RFC 9846 section 4.3.11.2).",
    test: {
      file: "tests/handshake/tickets_test.ts",
      title: "server refuses a wrong binder (section 4.3.11.2)",
    },
    flaw: {
      file: "handshake/tls13/server_psk.ts",
      from:
        "if (!equalConstantTime(binders[index] ?? new Uint8Array(), expected)) {",
      to: "if (binders[index]?.length !== expected.length) {",
    },
  },
  {
    name: "Replay of early data",
    year: 2018,
    what:
      "An attacker sends the first flight of a client once more, to the same server or to another one of a fleet, which does what the client asks for again.",
    why:
      "Early data is off by default. Where it is on, a ticket carries it once, by a record that machines can share, and a first flight that is too old carries none (RFC 9846 section 8). `serve()` answers such requests by 425.",
    test: {
      file: "tests/handshake/early_data_replay_test.ts",
      title: "servers of one process accept early data of a ticket once",
    },
    flaw: {
      file: "handshake/tls13/used_tickets.ts",
      from: "if (until !== undefined && !isPast(until, time)) return USED;",
      to: "",
    },
  },
];
