/**
 * What of a server is weak, with the reason: pure.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suite.ts";
import type { Judged } from "../report/verdict.ts";
import type { Behaviour } from "./behaviour.ts";
import type { FoundVersion } from "./negotiation.ts";

/** What was found of a server. */
export interface Scan {
  readonly versions: readonly FoundVersion[];
  readonly groups: readonly string[];
  readonly signatureSchemes: readonly string[];
  readonly behaviour: Behaviour;
  /** Its certificates with the verdict on them. */
  readonly judged: Judged | undefined;
}

/** Something that is worth saying. */
export interface Finding {
  /** A stable name. */
  readonly id: string;
  /** `"bad"` is for what must be repaired. */
  readonly level: "good" | "warning" | "bad";
  /** A line with the reason. */
  readonly message: string;
}

/** All that is weak, the worst first; and what is good of the rest. */
export function findingsOf(scan: Scan): Finding[] {
  const found = [
    ...versionFindings(scan),
    ...suiteFindings(scan),
    ...keyFindings(scan),
    ...behaviourFindings(scan),
    ...certificateFindings(scan),
  ];
  return ORDER.flatMap((level) => found.filter((each) => each.level === level));
}

function* versionFindings({ versions }: Scan): Generator<Finding> {
  const has = (name: string) =>
    versions.some(({ version }) => version === name);
  if (has("TLSv1.3")) yield good("tls13", "TLS 1.3 is there.");
  else {
    yield warning(
      "no_tls13",
      "No TLS 1.3: handshakes take one more round trip and show the certificate to everybody (RFC 9846).",
    );
  }
  for (const version of ["TLSv1.1", "TLSv1"]) {
    if (!has(version)) continue;
    yield bad(
      version === "TLSv1" ? "tls10" : "tls11",
      `${version} is on: its handshake rests on MD5 and SHA-1; RFC 8996 forbids it.`,
    );
  }
}

function* suiteFindings({ versions }: Scan): Generator<Finding> {
  const suites = new Set(versions.flatMap(({ cipherSuites }) => cipherSuites));
  for (const { id, level, message, matches } of SUITES) {
    const found = [...suites].filter(matches).map(({ name }) => name);
    if (found.length === 0) continue;
    const [first = ""] = found;
    const more = found.length > 1 ? ` and ${found.length - 1} more` : "";
    yield { id, level, message: `${first}${more}: ${message}` };
  }
  const old = versions.filter(({ version }) => version !== "TLSv1.3");
  if (old.some(({ preference }) => preference === "client")) {
    yield warning(
      "client_preference",
      "Up to TLS 1.2 the client's order of suites counts: an old client gets the weakest.",
    );
  }
}

function* keyFindings({ groups, signatureSchemes }: Scan): Generator<Finding> {
  if (groups.some((name) => /MLKEM/.test(name))) {
    yield good("post_quantum", "A post-quantum key exchange is there.");
  } else if (groups.length > 0) {
    yield warning(
      "no_post_quantum",
      "No post-quantum key exchange: who records connections today may read them later.",
    );
  }
  const weak = signatureSchemes.filter((name) => /_sha1$/.test(name));
  if (weak.length > 0) {
    yield warning(
      "sha1_signatures",
      `${
        weak.join(", ")
      }: handshakes may be signed over SHA-1, of which collisions exist (SLOTH).`,
    );
  }
}

function* behaviourFindings({ behaviour }: Scan): Generator<Finding> {
  if (behaviour.secureRenegotiation === false) {
    yield bad(
      "insecure_renegotiation",
      "No renegotiation_info: somebody in the middle can put text before a client's (CVE-2009-3555, RFC 5746).",
    );
  }
  if (behaviour.clientRenegotiation) {
    yield warning(
      "client_renegotiation",
      "Clients may renegotiate: each try costs the server more than the client.",
    );
  }
  if (behaviour.extendedMainSecret === false) {
    yield warning(
      "no_extended_main_secret",
      "No extended_main_secret: connections can be spliced (triple handshake, RFC 7627).",
    );
  }
  if (behaviour.fallbackScsv === false) {
    yield warning(
      "no_fallback_scsv",
      "A lowered version is not noticed: clients that try again with an older one can be forced to (RFC 7507).",
    );
  }
  if (behaviour.smallDhGroup) {
    yield bad(
      "small_dh_group",
      "DHE with a group of less than 2048 bits: precomputation breaks those (Logjam).",
    );
  }
  const { resumption } = behaviour;
  for (const [version, state] of Object.entries(resumption)) {
    if (state !== "given") continue;
    yield warning(
      "not_resumed",
      `${version} sessions are given, but not resumed: several machines may lack a common ticket key.`,
    );
  }
}

function* certificateFindings({ judged }: Scan): Generator<Finding> {
  if (judged === undefined) return;
  if (judged.status === "verified") {
    yield good("certificate", "The certificate is verified.");
  }
  for (const { code, message } of judged.errors) yield bad(code, `${message}.`);
}

interface SuiteRule extends Finding {
  readonly matches: (suite: CipherSuite) => boolean;
}

const SUITES: readonly SuiteRule[] = [
  {
    id: "anonymous",
    level: "bad",
    message: "nobody is authenticated; anyone can be in the middle.",
    matches: ({ authentication }) => authentication === "anon",
  },
  {
    id: "null_cipher",
    level: "bad",
    message: "nothing is encrypted.",
    matches: ({ name }) => /_WITH_NULL_/.test(name),
  },
  {
    id: "rc4",
    level: "bad",
    message: "the key stream is biased; RFC 7465 forbids it.",
    matches: ({ name }) => /_RC4_/.test(name),
  },
  {
    id: "triple_des",
    level: "bad",
    message: "blocks of 64 bits repeat within hours (Sweet32).",
    matches: ({ name }) => /_3DES_/.test(name),
  },
  {
    id: "no_forward_secrecy",
    level: "warning",
    message:
      "who gets the server's key reads what was recorded; and errors of decryption must be hidden (Bleichenbacher, ROBOT).",
    matches: ({ keyExchange }) => keyExchange === "RSA",
  },
  {
    id: "cbc",
    level: "warning",
    message:
      "CBC with the MAC before encryption leaks by time unless great care is taken (Lucky 13).",
    matches: ({ name }) => /_CBC_/.test(name) && !/_3DES_/.test(name),
  },
];

function good(id: string, message: string): Finding {
  return { id, level: "good", message };
}

function warning(id: string, message: string): Finding {
  return { id, level: "warning", message };
}

function bad(id: string, message: string): Finding {
  return { id, level: "bad", message };
}

const ORDER = ["bad", "warning", "good"] as const;
