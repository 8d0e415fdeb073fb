/**
 * The rows for what servers show beside a certificate: OCSP responses (RFC
 * 6066 section 8, RFC 9846 section 4.5.1.1) and certificate transparency (RFC
 * 6962 section 3.3). Both ends compare what arrives with what was given.
 *
 * @module
 */

import {
  both,
  converse,
  has,
  type Pair,
  refuse,
  type Row,
} from "./conversation.ts";
import { serverIdentity } from "./material.ts";
import type { Feature, Report, Settings, Version } from "./peer.ts";
import { staple, timestamps } from "./status.ts";

/** All of them, for that version. */
export function rowsStatus(version: Version): Row[] {
  return [
    stapledRow(version),
    unansweredRow(version),
    notAskedRow(version),
    mustStapleRow(version),
    requiredRow(version),
    revokedRow(version),
    timestampsRow(version),
    timestampsRequiredRow(version),
  ];
}

/** The certificate demands it (RFC 7633), and the client may do so too. */
function stapledRow(version: Version): Row {
  return {
    name: `${version} OCSP response`,
    applies: gives(version, "ocsp", "ocspResponse"),
    async run(pair) {
      const identity = await serverIdentity("P-256", { mustStaple: true });
      const given = await staple(identity, "good");
      await converse(pair, {
        client: {
          ...at(version),
          requestStaple: true,
          options: { requireOcsp: true },
        },
        server: { ...at(version), identity, staple: given },
        expect: { version },
        expectClient: { ocspResponse: given.der.toHex() },
      });
    },
  };
}

function unansweredRow(version: Version): Row {
  return {
    name: `${version} OCSP response requested, but missing`,
    applies: gives(version, "ocsp", "ocspResponse"),
    run: (pair) =>
      converse(pair, {
        client: { ...at(version), requestStaple: true },
        server: at(version),
        expect: { version },
        expectClient: { ocspResponse: null },
      }),
  };
}

function notAskedRow(version: Version): Row {
  return {
    name: `${version} OCSP response there, and not asked for`,
    applies: (pair) =>
      gives(version, "ocsp", "ocspResponse")(pair) &&
      has(pair.client.client, "ocsp choice"),
    async run(pair) {
      const identity = await serverIdentity();
      await converse(pair, {
        client: { ...at(version), requestStaple: false },
        server: {
          ...at(version),
          identity,
          staple: await staple(identity, "good"),
        },
        expect: { version },
        expectClient: { ocspResponse: null },
      });
    },
  };
}

function mustStapleRow(version: Version): Row {
  return {
    name: `${version} must-staple certificate without response is refused`,
    applies: refuses(version, "ocsp verdict"),
    run: async (pair) =>
      await refuse(pair, {
        client: { ...at(version), requestStaple: true },
        server: {
          ...at(version),
          identity: await serverIdentity("P-256", { mustStaple: true }),
        },
        reason: /ocsp_response_required|OCSP status is missing/,
      }),
  };
}

function requiredRow(version: Version): Row {
  return {
    name: `${version} no OCSP response where one is required is refused`,
    applies: refuses(version, "ocsp required"),
    run: (pair) =>
      refuse(pair, {
        client: { ...at(version), options: { requireOcsp: true } },
        server: at(version),
        reason: /ocsp_response_required/,
      }),
  };
}

function revokedRow(version: Version): Row {
  return {
    name: `${version} OCSP response that says revoked is heard`,
    applies: (pair) =>
      refuses(version, "ocsp verdict")(pair) && has(pair.server.server, "ocsp"),
    async run(pair) {
      const identity = await serverIdentity();
      await refuse(pair, {
        client: { ...at(version), requestStaple: true },
        server: {
          ...at(version),
          identity,
          staple: await staple(identity, "revoked"),
        },
        reason: /certificate_revoked|certificate chain is revoked/,
      });
    },
  };
}

/** The clients look at the signatures, as far as they know how. */
function timestampsRow(version: Version): Row {
  return {
    name: `${version} certificate timestamps`,
    applies: gives(version, "timestamps", "timestamps"),
    async run(pair) {
      const identity = await serverIdentity();
      const given = await timestamps(identity);
      await converse(pair, {
        client: {
          ...at(version),
          requestTimestamps: given,
          options: { ctLogs: [{ key: given.log }] },
        },
        server: { ...at(version), identity, timestamps: given },
        expect: { version },
        expectClient: {
          timestamps: given.list.map((sct) => sct.toHex()).join(),
        },
      });
    },
  };
}

function timestampsRequiredRow(version: Version): Row {
  return {
    name:
      `${version} no certificate timestamps where some are required is refused`,
    applies: refuses(version, "timestamps required"),
    async run(pair) {
      const identity = await serverIdentity();
      const known = await timestamps(identity);
      await refuse(pair, {
        client: {
          ...at(version),
          requestTimestamps: known,
          options: { ctLogs: [{ key: known.log }] },
        },
        server: { ...at(version), identity },
        reason: /sct_required/,
      });
    },
  };
}

/** The server gives it, and the client tells. */
function gives(
  version: Version,
  feature: Feature,
  report: keyof Report,
): Row["applies"] {
  return (pair) =>
    inVersion(version)(pair) && has(pair.server.server, feature) &&
    pair.client.client.reports.includes(report);
}

function refuses(version: Version, feature: Feature): Row["applies"] {
  return (pair) => inVersion(version)(pair) && has(pair.client.client, feature);
}

function inVersion(version: Version): (pair: Pair) => boolean {
  return both(({ versions }) => versions.includes(version));
}

function at(version: Version): Settings {
  return { versions: [version, version] };
}
