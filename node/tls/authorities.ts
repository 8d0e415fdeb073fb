/**
 * The authorities that this process trusts where no option says otherwise.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process, { emitWarning } from "node:process";
import { platform } from "../../platform/platform.ts";
import { formatPem, parsePem } from "../../x509/asn1/pem.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { usesSystemCa } from "./command_line.ts";
import { invalidArgType, invalidArgValue, nodeError } from "./errors.ts";

/**
 * Mozilla's authorities, as PEM: the list that comes with this module.
 *
 * It is read when it is first looked at.
 */
export function rootCertificateList(): readonly string[] {
  return roots ??= Object.freeze(
    TrustStore.mozilla().certificates.map((each) => toPem(each).trimEnd()),
  );
}

/**
 * Lists authorities as PEM.
 *
 * @param type `"default"`: those that connections trust without `ca`;
 * `"bundled"`: Mozilla's; `"extra"`: those of the file that NODE_EXTRA_CA_CERTS
 * names; `"system"`: those of the operating system, as far as the runtime shows
 * them.
 * @returns The list, the same one at each call.
 * @throws {TypeError} If there is no such type.
 *
 * @example Mozilla's authorities
 * ```ts
 * import { getCACertificates } from "@x/tls/node/tls";
 * import { assert } from "@std/assert";
 *
 * assert(getCACertificates("bundled").length > 100);
 * ```
 */
export function getCACertificates(type = "default"): readonly string[] {
  if (typeof type !== "string") {
    throw invalidArgType("type", "of type string", type);
  }
  switch (type) {
    case "default":
      return defaultPem();
    case "bundled":
      return rootCertificateList();
    case "extra":
      return extraCertificates();
    case "system":
      return systemCertificates();
    default:
      throw invalidArgValue("type", type);
  }
}

/**
 * Sets the authorities that connections trust without `ca`, in this process and
 * from now on.
 *
 * @param certs PEM, as text or bytes. An empty list trusts nobody.
 * @throws {TypeError} If it is not such a list.
 * @throws {Error} If a certificate cannot be read: then nothing changes.
 *
 * @example One more authority
 * ```ts
 * import { getCACertificates, setDefaultCACertificates } from "@x/tls/node/tls";
 * import { issueCertificate } from "@x/tls/x509";
 *
 * const { cert } = await issueCertificate({ names: ["Test CA"], ca: true });
 * setDefaultCACertificates([...getCACertificates(), cert]);
 * ```
 */
export function setDefaultCACertificates(
  certs: readonly (string | ArrayBufferView)[],
): void {
  if (!Array.isArray(certs)) {
    throw invalidArgType("certs", "an instance of Array", certs);
  }
  const found = certs.flatMap((cert, at) => readPem(cert, `certs[${at}]`));
  const distinct = new Map(
    found.map((
      certificate,
    ) => [certificate.fingerprint("SHA-256"), certificate]),
  );
  const list = [...distinct.values()];
  store = list.length === 0 ? TrustStore.none() : TrustStore.of(...list);
  pem = Object.freeze(list.map(toPem));
}

/** The store of connections without `ca`. */
export function defaultTrust(): TrustStore {
  if (store !== undefined) return store;
  const more = additional(isReadable);
  store = more.length === 0
    ? TrustStore.mozilla()
    : TrustStore.mozilla().with(...more);
  return store;
}

function defaultPem(): readonly string[] {
  return pem ??= Object.freeze([...rootCertificateList(), ...additional()]);
}

/** What the user of the program has added. */
function additional(ofSystem = (_pem: string) => true): readonly string[] {
  const more = usesSystemCa() ? systemCertificates().filter(ofSystem) : [];
  return [...more, ...extraCertificates()];
}

/** A system may have certificates that nobody can use: the others count. */
function isReadable(pem: string): boolean {
  try {
    return Certificate.fromPem(pem).length > 0;
  } catch {
    return false;
  }
}

/** As far as the runtime shows them. */
function systemCertificates(): readonly string[] {
  // In the same form as the others, by which programs find doubles.
  return system ??= Object.freeze(
    (platform()?.systemCertificates() ?? []).flatMap(parsePem)
      .map(({ der, label }) => formatPem(label, der)),
  );
}

function extraCertificates(): readonly string[] {
  return extra ??= Object.freeze(readExtra());
}

function readExtra(): string[] {
  const path = process.env.NODE_EXTRA_CA_CERTS;
  if (path === undefined || path === "") return [];
  try {
    return Certificate.fromPem(readFileSync(path, "latin1")).map(toPem);
  } catch (error) {
    // As Node does: a file that is missing trusts nobody more.
    const isMissing = error instanceof Error && "code" in error &&
      error.code === "ENOENT";
    const why = isMissing ? "No such file or directory" : String(error);
    emitWarning(`Ignoring extra certs from \`${path}\`, load failed: ${why}`);
    return [];
  }
}

function readPem(cert: unknown, name: string): readonly Certificate[] {
  const text = typeof cert === "string"
    ? cert
    : ArrayBuffer.isView(cert)
    ? Buffer.from(cert.buffer, cert.byteOffset, cert.byteLength)
      .toString("latin1")
    : undefined;
  if (text === undefined) {
    throw invalidArgType(
      name,
      "of type string or an instance of ArrayBufferView",
      cert,
    );
  }
  try {
    return Certificate.fromPem(text);
  } catch (cause) {
    throw text.includes("-----BEGIN CERTIFICATE-----")
      ? nodeError(
        "ERR_OSSL_PEM_ASN1_LIB",
        "error:0480000D:PEM routines::ASN1 lib",
        Error,
        { library: "PEM routines", reason: "ASN1 lib", cause },
      )
      : nodeError(
        "ERR_CRYPTO_OPERATION_FAILED",
        "No valid certificates found in the provided array",
        Error,
        { cause },
      );
  }
}

function toPem(certificate: Certificate): string {
  return certificate.toPem();
}

let roots: readonly string[] | undefined;
let system: readonly string[] | undefined;
let extra: readonly string[] | undefined;
let pem: readonly string[] | undefined;
let store: TrustStore | undefined;
