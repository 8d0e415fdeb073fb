/**
 * STARTTLS of XMPP (RFC 6120 section 5), of clients and between servers.
 *
 * @module
 */

import { refused, type Wire } from "./wire.ts";

/** As a client. */
export function xmpp(wire: Wire, host: string): Promise<void> {
  return start(wire, host, "jabber:client");
}

/** As another server. */
export function xmppServer(wire: Wire, host: string): Promise<void> {
  return start(wire, host, "jabber:server");
}

async function start(
  wire: Wire,
  host: string,
  namespace: string,
): Promise<void> {
  await wire.send(new TextEncoder().encode(
    `<?xml version='1.0'?><stream:stream to='${
      escapeXml(host)
    }' xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
  ));
  const features = await wire.until(
    /<\/(?:stream:)?features>|<(?:stream:)?features\s*\/>|<\/stream:error>|<\/stream:stream>/,
  );
  if (!/<(?:\w+:)?starttls\b/.test(features)) {
    throw refused("XMPP", "no feature starttls");
  }
  await wire.send(
    new TextEncoder().encode(
      "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ),
  );
  const answer = await wire.until(
    /<(?:\w+:)?(?:proceed|failure)\b[^>]*(?:\/>|><\/(?:\w+:)?(?:proceed|failure)\s*>)/,
  );
  if (!/<(?:\w+:)?proceed\b/.test(answer)) throw refused("XMPP", "failure");
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
