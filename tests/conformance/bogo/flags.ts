/**
 * The flags that BoringSSL's runner starts a shim with.
 *
 * @module
 */

/** How a flag's value is written: none, a number, text, or base64. */
type Kind = "flag" | "number" | "text" | "bytes";

/** The flags that this shim honours; any other is not implemented. */
const kinds = {
  "accepted-peer-cert-types": "number",
  "advertise-alpn": "text",
  "async": "flag",
  "check-close-notify": "flag",
  "available-client-cert-types": "number",
  "cbc-record-splitting": "flag", // which is always done
  "cipher": "text",
  "curves": "number",
  "decline-alpn": "flag",
  "decline-ocsp-callback": "flag",
  "enable-early-data": "flag",
  "ech-config-list": "bytes",
  "ech-is-retry-config": "number",
  "ech-server-config": "bytes",
  "ech-server-key": "bytes",
  "enable-ech-grease": "flag",
  "enable-grease": "flag",
  "enable-ocsp-stapling": "flag",
  "enable-signed-cert-timestamps": "flag",
  "expect-accept-early-data": "flag",
  "expect-advertised-alpn": "text",
  "expect-alpn": "text",
  "expect-certificate-types": "bytes",
  "expect-cipher": "number",
  "expect-cipher-aes": "number",
  "expect-cipher-no-aes": "number",
  "expect-client-ca-list": "text",
  "expect-curve-id": "number",
  "expect-early-data-reason": "text",
  "expect-ech-accept": "flag",
  "expect-ech-name-override": "text",
  "expect-ech-retry-configs": "bytes",
  "expect-extended-master-secret": "flag",
  "expect-hrr": "flag",
  "expect-key-usage-invalid": "flag",
  "expect-msg-callback": "text",
  "expect-no-ech-name-override": "flag",
  "expect-no-ech-retry-configs": "flag",
  "expect-no-hrr": "flag",
  "expect-no-offer-early-data": "flag",
  "expect-no-peer-cert": "flag",
  "expect-no-secure-renegotiation": "flag",
  "expect-no-server-name": "flag",
  "expect-no-session": "flag",
  "expect-no-session-id": "flag",
  "expect-ocsp-response": "bytes",
  "expect-peer-cert-file": "text",
  "expect-peer-certificate-type": "number",
  "expect-peer-rpk-sha256": "bytes",
  "expect-peer-signature-algorithm": "number",
  "expect-peer-verify-pref": "number",
  "expect-reject-early-data": "flag",
  "expect-secure-renegotiation": "flag",
  "expect-selected-credential": "number",
  "expect-server-name": "text",
  "expect-session-id": "flag",
  "expect-session-miss": "flag",
  "expect-signed-cert-timestamps": "bytes",
  "expect-ticket-age-skew": "number",
  "expect-ticket-renewal": "flag",
  "expect-ticket-supports-early-data": "flag",
  "expect-total-renegotiations": "number",
  "expect-verify-result": "flag",
  "expect-version": "number",
  "export-context": "text",
  "export-keying-material": "number",
  "export-label": "text",
  "export-traffic-secrets": "flag",
  "fail-cert-callback": "flag",
  "fail-ddos-callback": "flag",
  "fail-early-callback": "flag",
  "fail-ocsp-callback": "flag",
  "fallback-scsv": "flag",
  "handshake-never-done": "flag",
  "handshake-twice": "flag",
  "host-name": "text",
  "ignore-rsa-key-usage": "flag",
  "implicit-handshake": "flag",
  "install-cert-compression-algs": "flag",
  "install-ddos-callback": "flag",
  "install-one-cert-compression-alg": "number",
  "ipv6": "flag",
  "is-handshaker-supported": "flag",
  "key-shares": "number",
  "key-update": "flag",
  "key-update-before-read": "flag",
  "max-cert-list": "number",
  "max-send-fragment": "number",
  "max-version": "number",
  "min-version": "number",
  "no-key-shares": "flag",
  "no-op-extra-handshake": "flag",
  "no-server-name-ack": "flag",
  "no-ticket": "flag",
  "no-tls1": "flag",
  "no-tls11": "flag",
  "no-tls12": "flag",
  "no-tls13": "flag",
  "partial-write": "flag",
  "peek-then-read": "flag",
  "port": "number",
  "psk": "text",
  "psk-identity": "text",
  "read-size": "number",
  "read-with-unfinished-write": "flag",
  "reject-alpn": "flag",
  "repeat-shim-initial-write": "number",
  "reject-unusable-ech-config": "flag",
  "renegotiate-freely": "flag",
  "renegotiate-ignore": "flag", // which is what the default does
  "renegotiate-once": "flag",
  "renew-ticket": "flag",
  "require-any-client-certificate": "flag",
  "resume-count": "number",
  "reverify-on-resume": "flag", // which is always done
  "resumption-delay": "number",
  "select-alpn": "text",
  "select-empty-alpn": "flag",
  "send-alert": "flag",
  "server": "flag",
  "server-preference": "flag",
  "set-ocsp-in-callback": "flag",
  "shim-id": "text",
  "shim-initial-write": "text",
  "shim-shuts-down": "flag",
  "shim-writes-first": "flag",
  "skip-ticket": "flag",
  "ticket-key": "bytes",
  "tls-unique": "flag",
  "trust-cert": "text",
  "use-client-ca-list": "text",
  "use-custom-verify-callback": "flag",
  "use-early-callback": "flag",
  "use-exporter-between-reads": "flag",
  "use-export-context": "flag",
  "use-ocsp-callback": "flag",
  "use-old-client-cert-callback": "flag",
  "use-ticket-aead-callback": "flag",
  "use-ticket-callback": "flag",
  "verify-fail": "flag",
  "verify-peer": "flag",
  "verify-prefs": "number",
  "write-different-record-sizes": "flag",
} as const satisfies Record<string, Kind>;

/** Flags of a credential: of the latest new one, or of the default one. */
const credentialKinds = {
  "cert-file": "text",
  "delegated-credential": "bytes",
  "key-file": "text",
  "must-match-issuer": "flag",
  "ocsp-response": "bytes",
  "psk-importer-context": "bytes",
  "psk-importer-identity": "bytes",
  "psk-importer-key": "bytes",
  "psk-importer-sha256": "flag",
  "psk-importer-sha384": "flag",
  "signed-cert-timestamps": "bytes",
  "signing-prefs": "number",
} as const satisfies Record<string, Kind>;

/** Each begins another credential. */
const NEW_CREDENTIAL = new Set([
  "new-delegated-credential",
  "new-psk-credential",
  "new-rpk-credential",
  "new-x509-credential",
]);

type NameOf<Table, K extends Kind> = {
  [Name in keyof Table]: Table[Name] extends K ? Name : never;
}[keyof Table];

/** A test wants what the shim does not do: exit code 89. */
export class NotImplemented extends Error {}

/** Values by flag: of a connection, or of a credential. */
export class FlagSet<Table extends Readonly<Record<string, Kind>>> {
  readonly #values = new Map<string, string[]>();

  /** Takes a value; a flag without one has the empty string. */
  add(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** Whether a flag is there. */
  has(name: keyof Table & string): boolean {
    return this.#values.has(name);
  }

  /** The last value of a flag of text. */
  text(name: NameOf<Table, "text"> & string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** The last value of a flag of numbers. */
  number(name: NameOf<Table, "number"> & string): number | undefined {
    return this.numbers(name).at(-1);
  }

  /** All values of a flag of numbers. */
  numbers(name: NameOf<Table, "number"> & string): number[] {
    return (this.#values.get(name) ?? []).map(Number);
  }

  /** All values of a flag of bytes. */
  allBytes(name: NameOf<Table, "bytes"> & string): Uint8Array[] {
    return (this.#values.get(name) ?? []).map((value) =>
      Uint8Array.fromBase64(value)
    );
  }

  /** The last value of a flag of bytes; none and none at all are the same. */
  bytes(name: NameOf<Table, "bytes"> & string): Uint8Array | undefined {
    const value = this.#values.get(name)?.at(-1);
    return value ? Uint8Array.fromBase64(value) : undefined;
  }
}

/** Flags of a credential. */
export type CredentialFlags = FlagSet<typeof credentialKinds>;

/** Flags of one of the connections of a test. */
export class Flags extends FlagSet<typeof kinds> {
  /** The credential that is there without being asked for. */
  readonly defaultCredential: CredentialFlags = new FlagSet();
  /** Those that `-new-x509-credential` began. */
  readonly credentials: CredentialFlags[] = [];
}

/** The flags of each connection of a test. */
export interface TestFlags {
  /** Of the first. */
  readonly initial: Flags;
  /** Of those that follow. */
  readonly resume: Flags;
  /** The same, once the server has rejected their early data. */
  readonly retry: Flags;
}

/**
 * Reads the command line.
 *
 * @throws {NotImplemented} If a flag is not implemented.
 */
export function parseFlags(args: readonly string[]): TestFlags {
  const flags = {
    initial: new Flags(),
    resume: new Flags(),
    retry: new Flags(),
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, when, name] = PREFIXED.exec(arg) ?? [];
    if (name === undefined) throw new NotImplemented(`flag ${arg}`);
    const kind = kindOf(name);
    const value = kind === "flag" ? "" : rest.shift() ?? "";
    const targets = when === undefined
      ? [flags.initial, flags.resume, flags.retry]
      : [flags[when as keyof TestFlags]]; // the expression has no others
    for (const target of targets) take(target, name, value);
  }
  return flags;
}

const PREFIXED = /^-(?:on-(initial|resume|retry)-)?([a-z0-9-]+)$/;

function kindOf(name: string): Kind {
  if (NEW_CREDENTIAL.has(name)) return "flag";
  const table: Readonly<Record<string, Kind>> = {
    ...kinds,
    ...credentialKinds,
  };
  const kind = Object.hasOwn(table, name) ? table[name] : undefined;
  if (kind === undefined) throw new NotImplemented(`flag -${name}`);
  return kind;
}

function take(flags: Flags, name: string, value: string): void {
  if (NEW_CREDENTIAL.has(name)) {
    flags.credentials.push(new FlagSet());
  } else if (Object.hasOwn(credentialKinds, name)) {
    (flags.credentials.at(-1) ?? flags.defaultCredential).add(name, value);
  } else {
    flags.add(name, value);
  }
}
