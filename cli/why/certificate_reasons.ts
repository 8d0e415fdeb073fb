/**
 * What is wrong with a server's certificate, and what to do.
 *
 * @module
 */

import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { AccessMethod } from "../../x509/asn1/oids.ts";
import { count } from "../base/style.ts";
import { dateText, daysLeft, nameText, shown } from "../report/certificate.ts";
import type { Case, Reason } from "./reason.ts";

/** Why a certificate was refused, with all that is wrong with it. */
export function certificateReason(
  error: TlsCertificateError,
  given: Case,
): Reason {
  const errors = given.judged?.errors ?? [];
  const all = errors.length === 0 ? [error] : errors;
  const reasons = all.slice(0, MAX_REASONS).map((each) => one(each, given));
  const code = reasons.map(({ code }) => code)[0] ?? error.code;
  return {
    code,
    wrong: reasons.map(({ wrong }) => wrong).join(" Besides: "),
    todo: [...new Set(reasons.map(({ todo }) => todo))].join(" "),
  };
}

function one(error: TlsCertificateError, given: Case): Reason {
  const reason = REASONS[error.code]?.(error, given);
  return reason ?? {
    code: error.code,
    wrong: `${error.message}.`,
    todo: error.hint === undefined
      ? "Have the certificate issued anew by its authority."
      : "",
  };
}

type Find = (
  error: TlsCertificateError,
  given: Case,
) => Reason | undefined;

const REASONS: Readonly<Record<string, Find>> = {
  certificate_expired({ certificate }, given) {
    if (certificate === undefined) return undefined;
    const days = -daysLeft(certificate, given.now) - 1;
    const ago = days < 1 ? "today" : `${count(days, "day")} ago`;
    return {
      code: "certificate_expired",
      wrong: `${whose(certificate, given)} expired on ${
        dateText(certificate.notAfter)
      }, ${ago}.`,
      todo: isLeaf(certificate, given)
        ? `Renew it, and let the server load the new one. If it has been renewed already, the server still shows the old one: restart or reload it. (This machine's clock says ${
          dateText(given.now)
        }.)`
        : "The server should send the authority's present intermediate instead.",
    };
  },
  certificate_not_yet_valid({ certificate }, given) {
    if (certificate === undefined) return undefined;
    return {
      code: "certificate_not_yet_valid",
      wrong: `${whose(certificate, given)} is valid only from ${
        dateText(certificate.notBefore)
      } on.`,
      todo: `This machine's clock says ${
        dateText(given.now)
      }: if that is right, the clock of the authority is not.`,
    };
  },
  hostname_mismatch(_error, given) {
    const [leaf] = given.judged?.chain ?? [];
    const names = leaf?.subjectAltName.slice(0, MAX_NAMES).map(nameText) ?? [];
    const listed = names.length === 0
      ? "no name at all"
      : names.map(shown).join(", ");
    return {
      code: "hostname_mismatch",
      wrong:
        `The certificate that ${given.name} shows is for ${listed}, and not for "${given.host}".`,
      todo:
        "Connect by a name that it has, have a certificate issued for this one, or set up this name on the server: it may have shown the certificate of its default host.",
    };
  },
  unknown_issuer(_error, given) {
    const chain = given.judged?.chain ?? [];
    const [leaf] = chain;
    if (leaf === undefined) return undefined;
    return leaf.isSelfIssued ? selfSigned(given) : unknownIssuer(leaf, given);
  },
};

function selfSigned({ name }: Case): Reason {
  return {
    code: "self_signed",
    wrong:
      `The certificate that ${name} shows is self-signed: nobody but itself vouches for it.`,
    todo:
      "Give the server a certificate of a public authority (ACME does that automatically), or, if this is your own server, pass its certificate with --ca-file.",
  };
}

function unknownIssuer(leaf: Certificate, { name, judged }: Case): Reason {
  const last = judged?.path.at(-1) ?? leaf;
  const issuer = shown(last.issuer);
  const url = issuerUrl(last);
  const isAlone = judged?.chain.length === 1;
  if (isAlone && url !== undefined) {
    return {
      code: "missing_intermediate",
      wrong:
        `${name} sends its own certificate alone, and not the intermediate "${issuer}" that has signed it. Browsers that know it from elsewhere do not notice.`,
      todo:
        `Set the server up to send the whole chain ("fullchain.pem"); the intermediate is at ${
          shown(url)
        }.`,
    };
  }
  return {
    code: "unknown_issuer",
    wrong:
      `The certificate that ${name} shows leads to the authority "${issuer}", which is not trusted here.`,
    todo: isAlone
      ? "If that is a private authority, pass its root with --ca-file. If it is an intermediate, the server should send it too."
      : "If that is a private authority, such as that of a company or of a proxy that reads along, pass its root with --ca-file.",
  };
}

function whose(certificate: Certificate, given: Case): string {
  return isLeaf(certificate, given)
    ? `The certificate of ${given.name} (${shown(certificate.subject)})`
    : `The certificate of the authority ${shown(certificate.subject)}`;
}

function isLeaf(certificate: Certificate, { judged }: Case): boolean {
  return judged?.chain[0]?.equals(certificate) ?? false;
}

function issuerUrl(certificate: Certificate): string | undefined {
  return certificate.extensionValues.authorityInfoAccess
    ?.find(({ accessMethod }) => accessMethod === AccessMethod.caIssuers)
    ?.accessLocation.value as string | undefined;
}

/** More is wrong with some than anybody reads. */
const MAX_REASONS = 3;

const MAX_NAMES = 6;
