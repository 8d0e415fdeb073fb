/**
 * The options of commands that connect, as the command line has them.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import { starttlsNames } from "../starttls/table.ts";
import type { CommonFlags } from "../base/run.ts";

/** How the transport is opened. */
export interface DialFlags extends CommonFlags {
  readonly starttls?: string;
  readonly proxy?: string;
  readonly unix?: string;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** What is trusted. */
export interface TrustFlags {
  readonly caFile?: readonly string[];
  readonly caOnly?: boolean;
  readonly crlFile?: readonly string[];
}

/** What may be negotiated. */
export interface VersionFlags {
  readonly alpn?: readonly string[];
  readonly minVersion?: string;
  readonly maxVersion?: string;
  readonly cipherSuites?: string;
  readonly groups?: string;
}

/** What is offered, and how the server is verified. */
export interface TlsFlags extends TrustFlags, VersionFlags {
  /** `false` for `--no-server-name`. */
  readonly serverName?: string | boolean;
  readonly signatureSchemes?: string;
  readonly legacy?: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: string;
  readonly passphrase?: string;
  readonly psk?: string;
  readonly pskIdentity?: string;
  readonly ech?: string;
  readonly trustKey?: readonly string[];
  readonly rawKey?: string;
  readonly unsafelyIgnoreCertificateErrors?: boolean;
}

/** The options of how the transport is opened. */
export function addDialOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--starttls <protocol>", "start TLS within a protocol")
        .choices(starttlsNames()),
    )
    .option("--proxy <url>", "go through an HTTP proxy (CONNECT)")
    .option("--unix <path>", "dial a unix socket; HOST is the name alone")
    .addOption(new Option("-4, --ipv4", "IPv4 only").conflicts("ipv6"))
    .option("-6, --ipv6", "IPv6 only")
    .option("--timeout <seconds>", "for dialling and handshake", seconds, 10);
}

/** The options of where certificates come from, if that is a server. */
export function addSourceOptions(command: Command): Command {
  return addDialOptions(command)
    .option("--server-name <name>", "the name to request of a server");
}

/** The options of what is trusted. */
export function addTrustOptions(command: Command): Command {
  return command
    .option("--ca-file <file>", "trust these authorities too", listed)
    .option("--ca-only", "trust nothing but --ca-file")
    .option("--crl-file <file>", "check revocation with this list", listed);
}

/** The options of what is offered, and how the server is verified. */
export function addTlsOptions(command: Command): Command {
  addTrustOptions(command)
    .option("--server-name <name>", "the name to request and verify")
    .option("--no-server-name", "send no name (SNI)");
  return addVersionOptions(command)
    .option("--signature-schemes <names>", "such as ed25519")
    .option("--legacy", "permit weak suites, keys, groups and digests")
    .option("--cert <file>", "our certificate with its chain, in PEM")
    .option("--key <file>", "its private key")
    .option("--pfx <file>", "both, in PKCS #12")
    .option("--passphrase <source>", "of the key: file:PATH or env:NAME")
    .option("--psk <source>", "external key in hex: file:PATH or env:NAME")
    .option("--psk-identity <text>", "its identity")
    .option("--ech <source>", "encrypt ClientHello: a file, base64, or grease")
    .option("--trust-key <file>", "trust this raw public key (PEM)", listed)
    .option("--raw-key <file>", "our key, of which the public part is shown")
    .option(
      "--unsafely-ignore-certificate-errors",
      "accept any certificate: anyone can be in the middle",
    );
}

/** The options of what may be negotiated. */
export function addVersionOptions(command: Command): Command {
  return command
    .option("--alpn <names>", "protocols, separated by commas", commas)
    .option("--min-version <version>", "such as 1.2", version)
    .option("--max-version <version>", "such as 1.3", version)
    .option("--cipher-suites <string>", "names, or an OpenSSL cipher string")
    .option("--groups <names>", "such as x25519:secp256r1");
}

/** Collects what is given several times. */
export function listed(
  value: string,
  before: readonly string[] = [],
): readonly string[] {
  return [...before, value];
}

/** A number of seconds. */
function seconds(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= 86_400) return number;
  throw new InvalidArgumentError("Expected a number of seconds.");
}

function commas(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

/** `1.2`, `tls1.2` and `TLSv1.2` alike. */
function version(text: string): string {
  const [, digits] = /^(?:tls)?v?(1(?:\.[0-3])?)$/i.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError("Expected 1.3, 1.2, 1.1 or 1.0.");
  }
  return `TLSv${digits.replace(/\.0$/, "")}`;
}
