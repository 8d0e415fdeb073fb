/**
 * What options are called here that other interfaces to TLS call otherwise.
 *
 * @module
 */

/**
 * What the error says of an option that does not exist.
 *
 * @param name The unknown name.
 * @param known The names that exist.
 * @returns A clause.
 */
export function unknownOption(name: string, known: Iterable<string>): string {
  if (planned.has(name)) return "it is not implemented in this version";
  const lower = name.toLowerCase();
  for (const other of known) {
    if (other.toLowerCase() === lower) {
      return `there is no such option; did you mean "${other}"?`;
    }
  }
  // Tcl's switches have a dash before their names.
  const ours = hintOf(name.replace(/^-/, ""));
  return ours === undefined
    ? "there is no such option"
    : `there is no such option; use ${ours}`;
}

/** What an option of another interface is here, if we know it. */
export function hintOf(name: string): string | undefined {
  return Object.values(foreign)
    .find((names) => Object.hasOwn(names, name))?.[name];
}

/** Options that have a place in the interface and are not there yet. */
export const planned: ReadonlySet<string> = new Set([]);

/** A file is read by the caller, who has the permission for it. */
const READ_FILE = "the text of the file, from Deno.readTextFile()";

/** Where else TLS has options. */
export type Origin = "deno" | "node" | "go" | "tcl" | "others";

/**
 * The names of options elsewhere, by whose they are, with what they are here.
 * The tables in `docs/migration.md` are made of them.
 */
export const foreign: Readonly<
  Record<Origin, Readonly<Record<string, string>>>
> = {
  deno: {
    certFile: `"cert" with ${READ_FILE}`,
    keyFile: `"key" with ${READ_FILE}`,
    certChain: `"cert"`,
    privateKey: `"key"`,
    transport: `"port", or "path" for a unix socket`,
    unsafelyDisableHostnameVerificationFor:
      `"unsafelyDisableHostnameVerification"`,
  },
  node: {
    ca: `"caCerts" to extend the default store, or "trust" to replace it`,
    rejectUnauthorized: `"unsafelyIgnoreCertificateErrors" or "clientAuth"`,
    checkServerIdentity: `"verify"`,
    requestCert: `"clientAuth"`,
    ALPNCallback: `"onAlpn"`,
    SNICallback: `"sni"`,
    secureContext: `"context"`,
    secureProtocol:
      `"minVersion" and "maxVersion": for "TLSv1_2_method" both are "TLSv1.2"`,
    secureOptions:
      `"minVersion", "maxVersion", "cipherSuites", "tickets" and "renegotiation", one option for each`,
    ciphers: `"cipherSuites"`,
    honorCipherOrder: `"preferServerCipherSuites"`,
    ecdhCurve: `"groups"`,
    sigalgs: `"signatureSchemes"`,
    dhparam: `"dhParams"`,
    crl: `"crls"`,
    pskCallback: `"psk"`,
    requestOCSP: `"requestOcsp"`,
    allowPartialTrustChain: `"trust": any of its certificates can end a path`,
    host: `"hostname"`,
    timeout: `"handshakeTimeout", "readTimeout" and "writeTimeout"`,
    socket: `client(socket, options) or server(socket, options)`,
    enableTrace: `"trace"`,
    isServer: `server()`,
    noDelay: `conn.setNoDelay(), which is on by default`,
    keepAlive: `conn.setKeepAlive()`,
    clientCertEngine: `"key" with an object that signs`,
    privateKeyEngine: `"key" with an object that signs`,
    privateKeyIdentifier: `"key" with an object that signs`,
  },
  go: {
    RootCAs: `"trust"`,
    ClientCAs: `"caCerts" or "trust" of a server`,
    Certificates: `"certificates"`,
    NameToCertificate: `"sni"`,
    ServerName: `"serverName"`,
    InsecureSkipVerify: `"unsafelyIgnoreCertificateErrors"`,
    VerifyPeerCertificate: `"verify"`,
    VerifyConnection: `"verify"`,
    NextProtos: `"alpnProtocols"`,
    GetCertificate: `"sni"`,
    GetConfigForClient: `"onClientHello"`,
    GetClientCertificate: `"onCertificateRequest"`,
    CurvePreferences: `"groups"`,
    ClientSessionCache: `"sessionCache"`,
    SessionTicketKey: `"ticketKeys" with a list of keys`,
    SessionTicketsDisabled: `"tickets" set to 0`,
    WrapSession: `"ticketKeys" or "sessionStore"`,
    UnwrapSession: `"ticketKeys" or "sessionStore"`,
    DynamicRecordSizingDisabled:
      `"dynamicRecordSizing", which is off by default`,
    KeyLogWriter: `"keyLog"`,
    EncryptedClientHelloConfigList: `"ech" with "configList"`,
    EncryptedClientHelloRejectionVerify:
      `"verify", which is called for the public name then`,
    GetEncryptedClientHelloKeys:
      `"ech" with "keys", which listener.setContext() changes`,
    EncryptedClientHelloKeys: `"ech" with "keys"`,
    Rand: `"random"`,
    Time: `"now"`,
  },
  tcl: {
    alpn: `"alpnProtocols"`,
    cadir: `"trust" with TrustStore.fromDirectory()`,
    cafile: `"caCerts" with ${READ_FILE}, or TrustStore.fromFile()`,
    castore: `"trust"`,
    certfile: `"cert" with ${READ_FILE}`,
    keyfile: `"key" with ${READ_FILE}`,
    cipher: `"cipherSuites"`,
    command: `"onEvent"`,
    validatecommand: `"verify"`,
    model: `"context"`,
    password: `"passphrase"`,
    post_handshake: `"postHandshakeAuth"`,
    request: `"clientAuth" set to "request"`,
    require: `"clientAuth" set to "require"`,
    security_level: `"securityLevel"`,
    server: `server()`,
    servername: `"serverName"`,
    session_id: `"sessionIdContext"`,
    ssl2: `"minVersion", which can be "TLSv1" or higher`,
    ssl3: `"minVersion", which can be "TLSv1" or higher`,
    tls1: `"versions" with all versions that are on`,
    "tls1.1": `"versions" with all versions that are on`,
    "tls1.2": `"versions" with all versions that are on`,
    "tls1.3": `"versions" with all versions that are on`,
  },
  others: {
    address: `"hostname"`,
    caCert: `"caCerts" with a list`,
    caFile: `"caCerts" with ${READ_FILE}, or TrustStore.fromFile()`,
    caPath: `"trust" with TrustStore.fromDirectory()`,
    insecure: `"unsafelyIgnoreCertificateErrors"`,
    sessionTicket: `"tickets"`,
  },
};
