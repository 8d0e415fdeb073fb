/**
 * What options are called here that other interfaces to TLS call otherwise.
 *
 * @module
 */

/**
 * What an unknown option was meant to be.
 *
 * @param name The unknown name.
 * @param known The names that there are.
 * @returns A clause for the error, or nothing.
 */
export function hintFor(name: string, known: Iterable<string>): string {
  const lower = name.toLowerCase();
  for (const other of known) {
    if (other.toLowerCase() === lower) return `; "${other}" is meant`;
  }
  const ours = Object.hasOwn(foreign, name) ? foreign[name] : undefined;
  return ours === undefined ? "" : `; here that is ${ours}`;
}

/** Names of Deno's own interface, Node's and Go's. */
const foreign: Readonly<Record<string, string>> = {
  ca: `"caCerts", in addition to the default store, or "trust" in its place`,
  RootCAs: `"trust"`,
  ClientCAs: `"trust"`,
  rejectUnauthorized: `"unsafelyIgnoreCertificateErrors" or "clientAuth"`,
  InsecureSkipVerify: `"unsafelyIgnoreCertificateErrors"`,
  unsafelyDisableHostnameVerificationFor:
    `"unsafelyDisableHostnameVerification"`,
  checkServerIdentity: `"verify"`,
  VerifyPeerCertificate: `"verify"`,
  requestCert: `"clientAuth"`,
  alpn: `"alpnProtocols"`,
  NextProtos: `"alpnProtocols"`,
  ALPNCallback: `"onAlpn"`,
  SNICallback: `"sni"`,
  GetCertificate: `"sni"`,
  GetConfigForClient: `"onClientHello"`,
  GetClientCertificate: `"onCertificateRequest"`,
  secureContext: `"context"`,
  secureProtocol: `"minVersion" and "maxVersion"`,
  ciphers: `"cipherSuites"`,
  honorCipherOrder: `"preferServerCipherSuites"`,
  ecdhCurve: `"groups"`,
  CurvePreferences: `"groups"`,
  sigalgs: `"signatureSchemes"`,
  dhparam: `"dhParams"`,
  crl: `"crls"`,
  pskCallback: `"psk"`,
  requestOCSP: `"requestOcsp"`,
  ClientSessionCache: `"sessionCache"`,
  KeyLogWriter: `"keyLog"`,
  certFile: `"cert", with the text of the file`,
  keyFile: `"key", with the text of the file`,
  certChain: `"cert"`,
  privateKey: `"key"`,
};
