/**
 * Whether names lie within subtrees: name constraints (RFC 5280 section
 * 4.2.1.10), for each kind of name that has a rule.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type {
  GeneralSubtree,
  NameConstraints,
} from "../certificate/extensions.ts";
import { addressBytes, type GeneralName } from "../certificate/general_name.ts";
import { isDnsName, parseMailbox } from "../certificate/name_match.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** A certificate with a name that a CA above it may not give. */
export interface ConstraintViolation {
  /** Whose name it is. */
  readonly certificate: Certificate;
  /** Who has the constraint. */
  readonly ca: Certificate;
  /** What is wrong, as a sentence without its end. */
  readonly reason: string;
}

/**
 * Checks all names of a path against the constraints of all CAs above them, the
 * anchor among these (RFC 5280 section 6.1.3 (b) and (c), 6.1.4 (g)): that each
 * name is within the constraints of each CA is the same as the intersection and
 * the union that the RFC keeps.
 *
 * @param path From the leaf to the anchor.
 * @returns The first one that is found of each certificate.
 */
export function constraintViolations(
  path: readonly Certificate[],
  budget: WorkBudget,
): ConstraintViolation[] {
  const violations: ConstraintViolation[] = [];
  for (const [at, certificate] of path.entries()) {
    // "Name constraints are not applied to self-issued certificates (unless the
    // certificate is the final certificate in the path)."
    if (at > 0 && certificate.isSelfIssued) continue;
    const violation = firstViolation(certificate, path.slice(at + 1), budget);
    if (violation !== undefined) violations.push(violation);
  }
  return violations;
}

function firstViolation(
  certificate: Certificate,
  cas: readonly Certificate[],
  budget: WorkBudget,
): ConstraintViolation | undefined {
  for (const ca of cas) {
    const { nameConstraints } = ca.extensionValues;
    if (nameConstraints === undefined) continue;
    for (const name of constrainedNames(certificate)) {
      const reason = constraintViolation(name, nameConstraints, budget);
      if (reason !== undefined) return { certificate, ca, reason };
    }
  }
  return undefined;
}

/** The subject, where there is one, and all of subjectAltName. */
function constrainedNames(certificate: Certificate): GeneralName[] {
  const { subjectName: name, extensionValues } = certificate;
  const subject: GeneralName[] = name.isEmpty ? [] : [{
    type: "directoryName",
    name,
    get value() {
      return name.toString();
    },
  }];
  if (extensionValues.subjectAltName !== undefined) {
    return subject.concat(extensionValues.subjectAltName);
  }
  // If "the certificate does not include a subject alternative name", mailboxes
  // in the subject count.
  const mailboxes = name.rdns.flat()
    .filter((attribute) => attribute.type === "emailAddress")
    .map(({ value }): GeneralName => ({ type: "email", value }));
  return subject.concat(mailboxes);
}

/**
 * Checks a name of a certificate against the constraints of one CA above it.
 *
 * @returns What is wrong, to follow "the name", or `undefined` if it is within.
 */
export function constraintViolation(
  name: GeneralName,
  constraints: NameConstraints,
  budget: WorkBudget,
): string | undefined {
  budget.compare(1);
  const subtrees = subtreesByType(constraints).get(name.type);
  if (subtrees === undefined) return undefined;
  const { permitted, excluded, unusable } = subtrees;
  const reason = unusable ?? malformedName(name);
  if (reason !== undefined) return `${show(name)} ${reason}`;
  budget.compare(excluded.length);
  const hit = excluded.find((base) => matches(name, base, "excluded", budget));
  if (hit !== undefined) return `${show(name)} is excluded by ${show(hit)}`;
  if (permitted.length === 0) return undefined;
  budget.compare(permitted.length);
  if (permitted.some((base) => matches(name, base, "permitted", budget))) {
    return undefined;
  }
  const shown = permitted.slice(0, SHOWN).map(show).join(", ");
  return `${show(name)} is not within ${shown}${
    permitted.length > SHOWN ? ", …" : ""
  }`;
}

/** The subtrees of one kind of name. */
interface Subtrees {
  readonly permitted: GeneralName[];
  readonly excluded: GeneralName[];
  /** Why no name of this kind can be checked against them. */
  unusable: string | undefined;
}

function subtreesByType(
  constraints: NameConstraints,
): ReadonlyMap<GeneralName["type"], Subtrees> {
  const known = sorted.get(constraints);
  if (known !== undefined) return known;
  const byType = new Map<GeneralName["type"], Subtrees>();
  for (const list of ["permitted", "excluded"] as const) {
    for (const subtree of constraints[`${list}Subtrees`] ?? []) {
      const { type } = subtree.base;
      const subtrees = byType.get(type) ??
        { permitted: [], excluded: [], unusable: undefined };
      byType.set(type, subtrees);
      subtrees[list].push(subtree.base);
      subtrees.unusable ??= unusableSubtree(subtree);
    }
  }
  sorted.set(constraints, byType);
  return byType;
}

/** A CA's constraints are sorted once, not for each name of each path. */
const sorted = new WeakMap<
  NameConstraints,
  ReadonlyMap<GeneralName["type"], Subtrees>
>();

/**
 * Why a subtree cannot be applied: "the application MUST either process the
 * constraint or reject the certificate", if a name of that kind appears.
 */
function unusableSubtree(
  { base, minimum, maximum }: GeneralSubtree,
): string | undefined {
  if (minimum !== 0 || maximum !== undefined) {
    return "is under a constraint with minimum or maximum, which RFC 5280 section 4.2.1.10 does not have";
  }
  if (!COMPARED.has(base.type)) {
    return `is under a constraint of the kind ${base.type}, which no RFC says how to apply`;
  }
  if (isWellFormedBase(base)) return undefined;
  return `is under the constraint ${
    show(base)
  }, which is malformed (RFC 5280 section 4.2.1.10)${
    base.type === "dns" && isDnsName(base.value.replace(/^\./, ""))
      ? ": a constraint on DNS names has no leading dot, and holds for the name and all below it"
      : ""
  }`;
}

function isWellFormedBase(base: GeneralName): boolean {
  switch (base.type) {
    case "dns":
      // No leading period, unlike those of URIs and mailboxes; no wildcard.
      return base.value === "" || isDnsName(base.value);
    case "uri":
      return isHostOrDomain(base.value);
    case "email":
      return base.value.includes("@")
        ? isMailbox(base.value)
        : isHostOrDomain(base.value);
    case "ip": {
      const bytes = addressBytes(base);
      return /^1*0*$/.test(
        Array.from(
          bytes.subarray(bytes.length / 2),
          (byte) => byte.toString(2).padStart(8, "0"),
        ).join(""),
      );
    }
    default:
      return true;
  }
}

function isHostOrDomain(value: string): boolean {
  return value === "" || isDnsName(value.replace(/^\./, ""));
}

function isMailbox(value: string): boolean {
  return isDnsName(parseMailbox(value)?.domain ?? "");
}

/** What is wrong with a name before it is compared. */
function malformedName(name: GeneralName): string | undefined {
  switch (name.type) {
    case "dns":
      return isDnsName(name.value.replace(/^\*\./, ""))
        ? undefined
        : "is not a DNS name";
    case "email":
      return isMailbox(name.value) ? undefined : "is not a mailbox";
    case "uri":
      // One "that does not include an authority component with a host name
      // specified as a fully qualified domain name" MUST be rejected.
      return isDnsName(uriHost(name.value) ?? "")
        ? undefined
        : "has no host name";
    default:
      return undefined;
  }
}

/**
 * Whether a name lies within a subtree. A wildcard is excluded if one of the
 * names that it covers is, and permitted if all of them are.
 */
function matches(
  name: GeneralName,
  base: GeneralName,
  list: "permitted" | "excluded",
  budget: WorkBudget,
): boolean {
  if (name.type === "dns" && base.type === "dns") {
    const wildcard = name.value.startsWith("*.");
    const domain = (wildcard ? name.value.slice(2) : name.value).toLowerCase();
    const subtree = base.value.toLowerCase();
    return isSubdomain(domain, subtree) ||
      wildcard && list === "excluded" &&
        subtree.slice(subtree.indexOf(".") + 1) === domain;
  }
  if (name.type === "ip" && base.type === "ip") {
    return isInSubnet(addressBytes(name), addressBytes(base));
  }
  if (name.type === "email" && base.type === "email") {
    return isMailboxWithin(name.value, base.value);
  }
  if (name.type === "uri" && base.type === "uri") {
    return isHostWithin(uriHost(name.value) ?? "", base.value);
  }
  if (name.type === "directoryName" && base.type === "directoryName") {
    const keys = name.name.rdnKeys;
    budget.compare(base.name.rdnKeys.length);
    return base.name.rdnKeys.every((key, at) => key === keys[at]);
  }
  return false;
}

/** "adding zero or more labels to the left-hand side of the name" */
function isSubdomain(name: string, base: string): boolean {
  return base === "" || name === base || name.endsWith(`.${base}`);
}

function isInSubnet(address: Uint8Array, subnet: Uint8Array): boolean {
  const { length } = address;
  return subnet.length === 2 * length &&
    address.every((byte, at) =>
      ((byte ^ (subnet[at] ?? 0)) & (subnet[length + at] ?? 0)) === 0
    );
}

function isMailboxWithin(name: string, base: string): boolean {
  const mailbox = parseMailbox(name);
  if (mailbox === undefined) return false;
  const only = parseMailbox(base);
  if (only === undefined) return isHostWithin(mailbox.domain, base);
  return mailbox.localPart === only.localPart &&
    mailbox.domain.toLowerCase() === only.domain.toLowerCase();
}

/** A host is itself alone; with a leading period it is all that is below it. */
function isHostWithin(host: string, base: string): boolean {
  const name = host.toLowerCase();
  const subtree = base.toLowerCase();
  return subtree === "" || name === subtree ||
    subtree.startsWith(".") && name.endsWith(subtree);
}

/** The host of a URI's authority (RFC 3986 section 3.2). */
function uriHost(uri: string): string | undefined {
  const authority = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  return authority?.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
}

function show(name: GeneralName): string {
  const { value } = name;
  const shown = value.length > MAX_SHOWN
    ? `${value.slice(0, MAX_SHOWN)}…`
    : value;
  return `${name.type}:${shown}`;
}

/** The kinds of names with a rule of how to compare them. */
const COMPARED: ReadonlySet<GeneralName["type"]> = new Set<GeneralName["type"]>(
  ["dns", "email", "uri", "ip", "directoryName"],
);

/** How many of the permitted subtrees a message shows. */
const SHOWN = 5;

/** How many characters of a name a message shows. */
const MAX_SHOWN = 100;
