/**
 * What the options of other interfaces to TLS are here: made of the table of
 * options and of the hints that errors give.
 *
 * @module
 */

import {
  foreign,
  hintOf,
  type Origin,
  planned,
} from "../../connection/options/hints.ts";
import { optionNames } from "../../connection/options/table.ts";

/** The options that an interface has, in the order of its documentation. */
export const NAMES: Readonly<Record<Exclude<Origin, "others">, string>> = {
  // Deno.connectTls, Deno.startTls, Deno.listenTls, Deno.createHttpClient.
  deno:
    "hostname port transport caCerts alpnProtocols cert key certFile keyFile certChain privateKey reusePort tcpBacklog unsafelyDisableHostnameVerification unsafelyDisableHostnameVerificationFor",
  // tls.connect, tls.createServer, tls.createSecureContext, new tls.TLSSocket.
  node:
    "host port path socket servername ca cert key passphrase pfx rejectUnauthorized checkServerIdentity requestCert minVersion maxVersion secureProtocol secureOptions ciphers honorCipherOrder ecdhCurve sigalgs dhparam minDHSize ALPNProtocols ALPNCallback SNICallback secureContext session sessionTimeout sessionIdContext ticketKeys crl requestOCSP allowPartialTrustChain pskCallback pskIdentityHint handshakeTimeout timeout allowHalfOpen enableTrace isServer clientCertEngine privateKeyEngine privateKeyIdentifier lookup family localAddress localPort noDelay keepAlive signal",
  // tls.Config.
  go:
    "Rand Time Certificates NameToCertificate GetCertificate GetClientCertificate GetConfigForClient VerifyPeerCertificate VerifyConnection RootCAs NextProtos ServerName ClientAuth ClientCAs InsecureSkipVerify CipherSuites PreferServerCipherSuites SessionTicketsDisabled SessionTicketKey ClientSessionCache WrapSession UnwrapSession MinVersion MaxVersion CurvePreferences DynamicRecordSizingDisabled Renegotiation KeyLogWriter EncryptedClientHelloConfigList EncryptedClientHelloRejectionVerify GetEncryptedClientHelloKeys EncryptedClientHelloKeys",
  // tls::socket, tls::import, without the dash.
  tcl:
    "alpn cadir cafile castore cert certfile cipher ciphersuites command dhparams key keyfile model password post_handshake request require security_level server servername session_id ssl2 ssl3 tls1 tls1.1 tls1.2 tls1.3 validatecommand",
};

/** A table of one origin. */
export function migrationTable(origin: keyof typeof NAMES): string {
  const dash = origin === "tcl" ? "-" : "";
  return [
    `| ${TITLES[origin]} | here |`,
    "| --- | --- |",
    ...NAMES[origin].split(" ").map((name) =>
      `| \`${dash}${name}\` | ${hereIs(name)} |`
    ),
  ].join("\n");
}

/**
 * What an option of another interface is here.
 *
 * @throws {Error} If neither the options nor the hints know it.
 */
export function hereIs(name: string): string {
  const same = optionNames
    .find((own) => own.toLowerCase() === name.toLowerCase());
  if (same !== undefined) return `\`${same}\``;
  const hint = hintOf(name);
  if (hint !== undefined) {
    return hint.replace(
      /"(\w+)"/g,
      (text, word) =>
        (optionNames as readonly string[]).includes(word)
          ? `\`${word}\``
          : text,
    )
      .replace(/(?<!`)\b([\w.]+\([\w, ]*\))/g, "`$1`");
  }
  const isPlanned = /^(Get)?EncryptedClientHello/.test(name) &&
    planned.has("ech");
  if (isPlanned) return "not there yet";
  throw new Error(`Nothing says what "${name}" is here`);
}

/** Hints of an origin that its list of options does not have. */
export function unlisted(origin: keyof typeof NAMES): string[] {
  const listed = NAMES[origin].split(" ");
  return Object.keys(foreign[origin]).filter((name) => !listed.includes(name));
}

const TITLES: Readonly<Record<keyof typeof NAMES, string>> = {
  deno: "`Deno.connectTls`, `Deno.listenTls`, `Deno.startTls`",
  node: "`node:tls`",
  go: "`tls.Config`",
  tcl: "`tls::socket`, `tls::import`",
};
