/**
 * The rooms, and the arrows between them: what a test of the imports goes by,
 * and what the plan in the documentation is drawn from.
 *
 * @module
 */

/**
 * Each room may import those of a lower level; what has no folder is a leaf. A
 * part of a room that lower rooms may use as well has a level of its own.
 */
export const ROOMS: Readonly<Record<string, number>> = {
  "cli": 10,
  "ech": 9,
  "http": 8,
  "stores": 8,
  // It has what node/tls has, which itself needs the rest of node/.
  "node/mod.ts": 8,
  "acme": 7,
  "node": 7,
  "connection": 6,
  "handshake": 5,
  // These two never import one another.
  "record": 4,
  "x509": 4,
  "crypto": 3,
  "record/codec.ts": 2,
  // DER, in which crypto/ reads and writes keys too.
  "x509/asn1": 2,
  "dictionary.ts": 1,
  "errors.ts": 1,
  "platform": 1,
  "lazy.ts": 2,
  "encoding.ts": 0,
  "error_codes.ts": 0,
  // Modules of Node, for which crypto/ asks as well.
  "platform/builtin.ts": 0,
  "escape.ts": 0,
  "registry.ts": 0,
};

/** Within a room, each part may import those of a lower level. */
export const PARTS: Readonly<Record<string, number>> = {
  "cli": 5,
  "cli/commands": 4,
  "cli/net": 2,
  "cli/page": 1,
  "cli/why": 2,
  "cli/scan": 3,
  "cli/serve": 3,
  "cli/completion": 1,
  "cli/report": 1,
  "cli/starttls": 1,
  "cli/base": 0,
  "http": 1,
  "stores": 1,
  "acme": 1,
  "node": 1,
  "ech": 1,
  "node/tls": 2,
  "node/https": 3,
  "connection": 3,
  "connection/options": 2,
  "connection/engine": 2,
  "connection/transport": 1,
  "handshake": 6,
  // These never import one another.
  "handshake/tls13": 5,
  "handshake/tls12": 5,
  "handshake/ech": 5,
  "handshake/common": 4,
  "handshake/fields": 4,
  "handshake/io": 3,
  "handshake/session": 2,
  "handshake/messages": 2,
  "record": 1,
  "x509": 8,
  "x509/issue": 7,
  "x509/path": 7,
  "x509/lint": 6,
  "x509/fetch": 6,
  "x509/trust": 6,
  "x509/status": 5,
  "x509/keys": 4,
  "x509/certificate": 3,
  "x509/asn1": 2,
  "crypto": 4,
  "crypto/hpke": 3,
  "platform": 1,
  "crypto/suites": 3,
  "crypto/groups": 2,
  "crypto/signatures": 2,
  "crypto/primitives": 1,
};
