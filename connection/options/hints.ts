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
  if (planned.has(name)) return `it is not implemented in this version`;
  const lower = name.toLowerCase();
  for (const other of known) {
    if (other.toLowerCase() === lower) {
      return `there is no such option; did you mean "${other}"?`;
    }
  }
  const ours = Object.hasOwn(foreign, name) ? foreign[name] : undefined;
  return ours === undefined
    ? "there is no such option"
    : `there is no such option; here that is ${ours}`;
}

/** Options that have a place in the interface and are not there yet. */
const planned: ReadonlySet<string> = new Set(["earlyData", "ech"]);

/** A file is read by the caller, who has the permission for it. */
const READ_FILE = "the text of the file, as Deno.readTextFile() gives it";

/**
 * Names of Deno's own interface, of Node's, Go's and Tcl's, with what they are
 * here. The tables for those who come from there are made of them.
 */
export const foreign: Readonly<Record<string, string>> = {
  // Node and Deno
  ca: `"caCerts", in addition to the default store, or "trust" in its place`,
  rejectUnauthorized: `"unsafelyIgnoreCertificateErrors" or "clientAuth"`,
  unsafelyDisableHostnameVerificationFor:
    `"unsafelyDisableHostnameVerification"`,
  checkServerIdentity: `"verify"`,
  requestCert: `"clientAuth"`,
  alpn: `"alpnProtocols"`,
  ALPNCallback: `"onAlpn"`,
  SNICallback: `"sni"`,
  secureContext: `"context"`,
  secureProtocol: `"minVersion" and "maxVersion"`,
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
  certFile: `"cert", with ${READ_FILE}`,
  keyFile: `"key", with ${READ_FILE}`,
  certChain: `"cert"`,
  privateKey: `"key"`,
  host: `"hostname"`,
  timeout: `"handshakeTimeout", "readTimeout" and "writeTimeout"`,
  lookup:
    `client(), over a socket that Deno.connect() gives to the address of your look-up`,
  localAddress: `client(), over a socket that is bound to that address`,
  localPort: `client(), over a socket that is bound to that port`,
  family: `"hostname", with an address of that family`,
  socket: `client(socket, options) or server(socket, options)`,
  enableTrace: `"trace"`,
  isServer: `server()`,
  sessionTicket: `"tickets"`,
  clientCertEngine: `"key", with an object that signs`,
  privateKeyEngine: `"key", with an object that signs`,
  // Go
  RootCAs: `"trust"`,
  ClientCAs: `"caCerts" or "trust", of a server`,
  Certificates: `"certificates"`,
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
  SessionTicketKey: `"ticketKeys", a list of keys`,
  SessionTicketsDisabled: `"tickets", with 0`,
  DynamicRecordSizingDisabled: `"dynamicRecordSizing", which is off by default`,
  KeyLogWriter: `"keyLog"`,
  Rand: `"random"`,
  Time: `"now"`,
  // Tcl
  request: `"clientAuth", with "request"`,
  require: `"clientAuth", with "require"`,
  password: `"passphrase"`,
  command: `"onEvent"`,
  servername: `"serverName"`,
  cafile: `"caCerts", with ${READ_FILE}, or TrustStore.fromFile()`,
  cadir: `"trust", with TrustStore.fromDirectory()`,
  certfile: `"cert", with ${READ_FILE}`,
  keyfile: `"key", with ${READ_FILE}`,
  cipher: `"cipherSuites"`,
  // Others
  insecure: `"unsafelyIgnoreCertificateErrors"`,
  caFile: `"caCerts", with ${READ_FILE}, or TrustStore.fromFile()`,
  caPath: `"trust", with TrustStore.fromDirectory()`,
  caCert: `"caCerts", a list`,
  address: `"hostname"`,
};
