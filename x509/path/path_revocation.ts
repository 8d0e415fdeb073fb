/**
 * Whether certificates of a path are revoked: what CRLs and a stapled OCSP
 * response say, and what follows where they say nothing.
 *
 * @module
 */

import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Crl } from "../status/crl.ts";
import { checkCrls, type CrlFindings } from "./crl_check.ts";
import type { CrlIssuers } from "./crl_issuer.ts";
import { TlsCertificateError } from "../certificate/errors.ts";
import { OcspResponse } from "../status/ocsp.ts";
import { checkOcspResponse } from "./ocsp_check.ts";
import { isMustStaple } from "./tls_feature.ts";
import { refusal } from "../certificate/refusal.ts";
import type { CertificateUsage } from "./path_rules.ts";
import type { RevocationStatus } from "./revocation.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** The sources of revocation status, and how much of the path needs one. */
export interface RevocationInput {
  /**
   * Lists of any issuers, or `undefined` if revocation is not to be looked up.
   */
  readonly crls?: readonly Crl[] | undefined;
  /** Whether the lists may leave out the leaf's status. */
  readonly allowUnknownRevocation?: boolean;
  /** What the peer stapled for the leaf, or why it cannot be read. */
  readonly ocspResponse?: OcspResponse | TlsCertificateError | undefined;
  /** Whether it has to, even if the leaf does not say so. */
  readonly requireOcsp?: boolean;
  /** What the leaf is used for. */
  readonly usage: CertificateUsage;
  /**
   * Whether it is a TLS server's, which can staple; by `usage` if not given.
   */
  readonly isServer?: boolean;
  /** The time. */
  readonly now: Date;
  /** How strong signatures have to be. */
  readonly security: SecurityPolicy;
  /** Whether lists have to keep all rules. */
  readonly strict: boolean;
  /** What the signatures may cost. */
  readonly budget?: WorkBudget | undefined;
}

/** What came out. */
export interface RevocationFindings {
  /** What the path is refused for. */
  readonly errors: readonly TlsCertificateError[];
  /** What was left aside. */
  readonly warnings: readonly TlsCertificateError[];
}

/**
 * Checks all certificates of a path but the anchor, whose signatures are known
 * to be right. An anchor is trusted as it stands: no issuer can revoke it.
 */
export async function checkRevocation(
  path: readonly Certificate[],
  input: RevocationInput,
  issuers?: CrlIssuers,
): Promise<RevocationFindings> {
  const staple = await checkStaple(path, input);
  if (input.crls === undefined) return staple;
  const leafIsKnown = input.allowUnknownRevocation || staple.isGood;
  const findings = await crlFindings(path, input.crls, input, issuers);
  const errors = findings.flatMap(({ status }, at) =>
    status.status === "good" || isTolerable(status, at > 0 || leafIsKnown)
      ? []
      : [withPath(status.error, path)]
  );
  const warnings = findings.flatMap(({ warnings }) => warnings)
    .map((warning) => withPath(warning, path));
  return {
    errors: [...staple.errors, ...errors],
    warnings: [...staple.warnings, ...warnings],
  };
}

/**
 * Reads a staple.
 *
 * @returns The response; or, if it cannot be read, why: that is as good as
 * none, unless there has to be one.
 */
export function readStaple(
  der: Uint8Array,
  certificate: Certificate,
): OcspResponse | TlsCertificateError {
  try {
    return OcspResponse.parse(der);
  } catch (cause) {
    if (!(cause instanceof TlsError)) throw cause;
    return new TlsCertificateError("ocsp_response_unusable", cause.message, {
      certificate,
      cause,
    });
  }
}

/** A look at one certificate alone does not show the path. */
function withPath(
  { code, message, certificate }: TlsCertificateError,
  chain: readonly Certificate[],
): TlsCertificateError {
  return new TlsCertificateError(code, message, { certificate, chain });
}

function crlFindings(
  path: readonly Certificate[],
  crls: readonly Crl[],
  { now, security, strict, budget }: RevocationInput,
  issuers: CrlIssuers | undefined,
): Promise<CrlFindings[]> {
  return Promise.all(
    path.slice(0, -1).map((certificate, at) =>
      checkCrls({
        certificate,
        issuer: path[at + 1] as Certificate, // slice() left out the last
        crls,
        now,
        security,
        strict,
        budget,
        ...issuers && { issuers },
      })
    ),
  );
}

/** That no list is about a certificate matters for the leaf alone. */
function isTolerable(
  { error }: RevocationStatus & { status: "revoked" | "unknown" },
  mayBeUnknown: boolean,
): boolean {
  return mayBeUnknown && error.code === "revocation_unknown";
}

interface StapleFindings extends RevocationFindings {
  readonly isGood: boolean;
}

/** The leaf's own status: RFC 6960 section 3.2, RFC 7633 section 4. */
async function checkStaple(
  path: readonly Certificate[],
  input: RevocationInput,
): Promise<StapleFindings> {
  const { ocspResponse: response, requireOcsp, now, security } = input;
  const { isServer = input.usage === "server" } = input;
  const [certificate, issuer] = path;
  if (certificate === undefined) return nothing;
  const required = requireOcsp ||
    isServer && issuer !== undefined && isMustStaple(certificate);
  if (response instanceof TlsCertificateError) {
    const error = withPath(response, path);
    return required ? refused(error) : { ...nothing, warnings: [error] };
  }
  if (response === undefined || issuer === undefined) {
    return required
      ? refused(missingStaple(path, certificate, input))
      : nothing;
  }
  const status = await checkOcspResponse({
    certificate,
    issuer,
    response,
    now,
    security,
    budget: input.budget,
  });
  if (status.status === "good") return { ...nothing, isGood: true };
  const error = withPath(status.error, path);
  return status.status === "revoked" || required
    ? refused(error)
    : { ...nothing, warnings: [error] };
}

function missingStaple(
  path: readonly Certificate[],
  certificate: Certificate,
  { ocspResponse, requireOcsp }: RevocationInput,
): TlsCertificateError {
  const who = requireOcsp
    ? '"requireOcsp" asks for one'
    : "its own tlsFeature extension asks for one (RFC 7633 section 4)";
  return refusal(
    "ocsp_response_required",
    certificate,
    ocspResponse === undefined
      ? `no OCSP response was stapled to it, and ${who}`
      : `it is itself the trust anchor, so that there is no issuer to vouch for the OCSP response, and ${who}`,
    path,
  );
}

function refused(error: TlsCertificateError): StapleFindings {
  return { errors: [error], warnings: [], isGood: false };
}

const nothing: StapleFindings = { errors: [], warnings: [], isGood: false };
