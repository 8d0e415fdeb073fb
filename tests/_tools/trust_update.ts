/**
 * Makes the data of the default trust anew, from packages that carry Mozilla's
 * list and the list of distrusted keys. Each comes through the client of its own
 * registry, which has to be installed: `go`, `cargo` and `python3` with pip.
 *
 * ```sh
 * deno task trust:update
 * ```
 *
 * A root is taken if the newest list has it, that of Go with its dates of
 * distrust, and one of the others does as well. What changed is printed: it
 * belongs in CHANGELOG.md.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { sequence } from "../../x509/asn1/der.ts";
import { encodeBase64 } from "../../encoding.ts";
import { parsePem } from "../../x509/asn1/pem.ts";
import {
  contentFingerprint,
  TrustEntry,
} from "../../x509/trust/trust_entry.ts";
import { ROOT } from "./_files.ts";

/** One root as a list has it. */
interface ListedRoot {
  readonly certificate: Certificate;
  /** From when on its new certificates are not trusted, in RFC 3339. */
  readonly distrustAfter: string | undefined;
}

/** A list, with the package that it is from. */
interface List {
  readonly source: string;
  readonly roots: ReadonlyMap<string, ListedRoot>;
}

async function update(folder: string): Promise<void> {
  const go = await goList(await newFolder(`${folder}/go`));
  const pip = await certifiList(await newFolder(`${folder}/pip`));
  const crates = await vendorCrates(await newFolder(`${folder}/cargo`));
  const rust = await webpkiList(crates);
  const taken = [...go.roots].filter(([fingerprint]) =>
    pip.roots.has(fingerprint) || rust.roots.has(fingerprint)
  );
  for (const other of [pip, rust]) {
    reportOnly(go, other);
    reportOnly(other, go);
  }
  await refuseNameConstraints(crates, new Set(taken.map(([key]) => key)));
  const rows = taken.map(([, root]) => root);
  if (rows.length < 100) throw new Error(`only ${rows.length} roots`);
  await reportChanges(rows);
  await writeRoots(rows, [go, pip, rust]);
  await writeData(rows, go.source, crates);
  await run("deno", ["fmt", "--quiet", ...FILES], ROOT.pathname);
}

/** Go's module of roots: DER, and an index with the dates of distrust. */
async function goList(folder: string): Promise<List> {
  await run("go", ["mod", "init", "trust"], folder);
  await run("go", ["get", `${GO_MODULE}@latest`], folder);
  const info = JSON.parse(
    await run("go", ["list", "-m", "-json", GO_MODULE], folder),
  ) as { Dir: string; Version: string; Time: string };
  const der = await Deno.readFile(`${info.Dir}/bundle/bundle.der`);
  const index = await Deno.readTextFile(`${info.Dir}/bundle/bundle.go`);
  const roots = new Map<string, ListedRoot>();
  for (const [row] of index.matchAll(/\{[^{}]*sha256Hash:[^{}]*\}/g)) {
    const start = Number(field(row, "certStartOff", /\d+/));
    const length = Number(field(row, "certLength", /\d+/));
    const certificate = Certificate.parse(der.slice(start, start + length));
    const fingerprint = field(row, "sha256Hash", /"[0-9a-f]{64}"/);
    if (fingerprintOf(certificate) !== fingerprint) {
      throw new Error(`another certificate than ${fingerprint}`);
    }
    const unknown = /^\s+(\w+):/gm;
    for (const [, name = ""] of row.matchAll(unknown)) {
      // A constraint that is not known here must not be lost.
      if (!GO_FIELDS.has(name)) throw new Error(`unknown field ${name}`);
    }
    roots.set(fingerprint, {
      certificate,
      distrustAfter: row.includes("distrustAfter:")
        ? field(row, "distrustAfter", /"[^"]+"/)
        : undefined,
    });
  }
  return {
    source: `Go module ${GO_MODULE} ${info.Version} of ${info.Time}`,
    roots,
  };
}

function field(row: string, name: string, value: RegExp): string {
  const found = new RegExp(`${name}:\\s+(${value.source})`).exec(row)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${row}`);
  return found.replaceAll('"', "");
}

/** Python's package certifi. */
async function certifiList(folder: string): Promise<List> {
  await run(
    "python3",
    ["-m", "pip", "download", "--quiet", "--no-deps", "certifi"],
    folder,
  );
  const [wheel] = [...Deno.readDirSync(folder)].map(({ name }) => name);
  await run("python3", ["-m", "zipfile", "-e", `${wheel}`, "."], folder);
  const text = await Deno.readTextFile(`${folder}/certifi/cacert.pem`);
  return { source: `PyPI ${wheel?.split("-py")[0]}`, roots: rootsOf(text) };
}

/** The two crates, as sources. */
async function vendorCrates(folder: string): Promise<string> {
  await Deno.mkdir(`${folder}/src`);
  await Deno.writeTextFile(`${folder}/src/lib.rs`, "");
  await Deno.writeTextFile(
    `${folder}/Cargo.toml`,
    '[package]\nname = "trust"\nversion = "0.0.0"\nedition = "2021"\n' +
      '[dependencies]\nwebpki-roots = "1"\nrustls-webpki = "0.103"\n',
  );
  await run("cargo", ["vendor", "--quiet"], folder);
  return `${folder}/vendor`;
}

/** Rust's crate webpki-roots, which has the certificates in its comments. */
async function webpkiList(crates: string): Promise<List> {
  const text = await Deno.readTextFile(`${crates}/webpki-roots/src/lib.rs`);
  const pem = text.replaceAll(/^ *\* ?/gm, "");
  return {
    source: `crate ${await crateName(crates, "webpki-roots")}`,
    roots: rootsOf(pem),
  };
}

/** Constraints that Mozilla puts on a root besides those that it carries. */
async function refuseNameConstraints(
  crates: string,
  taken: ReadonlySet<string>,
): Promise<void> {
  const text = await Deno.readTextFile(`${crates}/webpki-roots/src/lib.rs`);
  for (const row of text.split("SHA256 Fingerprint: ").slice(1)) {
    const fingerprint = row.slice(0, 95).replaceAll(":", "");
    if (!/name_constraints: Some/.test(row) || !taken.has(fingerprint)) {
      continue;
    }
    throw new Error(
      `${fingerprint} has name constraints from outside: give TrustSettings a member for them`,
    );
  }
}

async function crateName(crates: string, name: string): Promise<string> {
  const toml = await Deno.readTextFile(`${crates}/${name}/Cargo.toml`);
  return `${name} ${/^version = "(.*)"$/m.exec(toml)?.[1]}`;
}

function rootsOf(pem: string): Map<string, ListedRoot> {
  const roots = parsePem(pem).map(({ der }) => Certificate.parse(der));
  return new Map(
    roots.map((certificate) => [
      fingerprintOf(certificate),
      { certificate, distrustAfter: undefined },
    ]),
  );
}

function fingerprintOf(certificate: Certificate): string {
  return sha256.digest(certificate.raw).toHex();
}

/** Where lists differ: for a person to look at. */
function reportOnly(list: List, other: List): void {
  for (const [key, { certificate }] of list.roots) {
    if (other.roots.has(key)) continue;
    print(`${list.source}, not ${other.source}: ${certificate.subject}`);
  }
}

async function reportChanges(rows: readonly ListedRoot[]): Promise<void> {
  const { mozillaRoots } = await import("../../x509/trust/mozilla_roots.ts");
  const before = new Set(mozillaRoots.map(([, der]) => der));
  const after = new Set(rows.map((row) => encodeBase64(row.certificate.raw)));
  for (const { certificate } of rows) {
    if (!before.has(encodeBase64(certificate.raw))) {
      print(`New: ${certificate.subject}`);
    }
  }
  for (const [subject, der] of mozillaRoots) {
    if (!after.has(der)) print(`Gone: ${subject}`);
  }
}

async function writeRoots(
  rows: readonly ListedRoot[],
  lists: readonly List[],
): Promise<void> {
  const entries = rows.map(({ certificate, distrustAfter }) => {
    const row = [
      certificate.subjectName.key,
      encodeBase64(certificate.raw),
      ...(distrustAfter === undefined ? [] : [distrustAfter]),
    ].map((value) => JSON.stringify(value));
    return `  // ${certificate.subject}\n  [${row.join(", ")}],\n`;
  });
  await Deno.writeTextFile(
    new URL(FILES[0], ROOT),
    `/**
 * Mozilla's list of roots for TLS servers. Made by \`deno task trust:update\`, from
 * the first of these, of which each root is in one of the others as well:
 *
${lists.map(({ source }) => ` * - ${source}`).join("\n")}
 *
 * @module
 */

/**
 * A root: the key of its subject, its DER in base64, and the time from which on
 * certificates that it issues are not trusted, if there is one.
 */
export type MozillaRoot = readonly [
  subject: string,
  der: string,
  distrustAfter?: string | undefined,
];

/** All of them, in the order of the first source. */
export const mozillaRoots: readonly MozillaRoot[] = [
${entries.join("")}];
`,
  );
}

async function writeData(
  rows: readonly ListedRoot[],
  source: string,
  crates: string,
): Promise<void> {
  const entries = rows.map(({ certificate, distrustAfter }, at) =>
    TrustEntry.ofRoot("", at, [
      certificate.subjectName.key,
      encodeBase64(certificate.raw),
      distrustAfter,
    ])
  );
  const dated = rows.filter(({ distrustAfter }) => distrustAfter !== undefined)
    .map(({ certificate }) => certificate.subjectName.key);
  const folder = `${crates}/rustls-webpki/src/data/distrusted`;
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  if (files.length === 0) throw new Error("no distrusted keys");
  const keys = await Promise.all(files.map(async (name) => {
    // The files have what is inside the SEQUENCE.
    const spki = sequence(await Deno.readFile(`${folder}/${name}`));
    return `  // ${name.split(".")[0]}\n  "${sha256.digest(spki).toHex()}",\n`;
  }));
  await Deno.writeTextFile(
    new URL(FILES[1], ROOT),
    `/**
 * What has to be known of the default trust without loading it, and the keys that
 * nobody may trust. Made by \`deno task trust:update\` on ${
      new Date().toISOString().slice(0, 10)
    }.
 *
 * @module
 */

/**
 * Mozilla's list, from
 * ${source}.
 */
export const mozillaList = {
  size: ${rows.length},
  /** As \`TrustStore.fingerprint\`. */
  fingerprint: "${contentFingerprint(entries)}",
  /** The subjects of the roots that have a date of distrust. */
  dated: ${JSON.stringify(dated)},
} as const;

/**
 * Keys of authorities whose private half is public or in the wrong hands: the
 * SHA-256 of each SubjectPublicKeyInfo. From the crate
 * ${await crateName(
      crates,
      "rustls-webpki",
    )}, \`src/data/distrusted\`, with the eight keys of issuing
 * authorities that were published in October 2026 (CVE-2026-111943).
 */
export const distrustedKeys: ReadonlySet<string> = new Set([
${keys.join("")}]);
`,
  );
}

async function newFolder(path: string): Promise<string> {
  await Deno.mkdir(path);
  return path;
}

/** Runs a command and gives what it writes. */
async function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(
    `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
  );
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const GO_MODULE = "golang.org/x/crypto/x509roots/fallback";

const GO_FIELDS: ReadonlySet<string> = new Set([
  "cn",
  "sha256Hash",
  "certStartOff",
  "certLength",
  "distrustAfter",
]);

/** What is written. */
const FILES = [
  "x509/trust/mozilla_roots.ts",
  "x509/trust/trust_data.ts",
] as const;

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    await update(folder);
  } finally {
    await run("chmod", ["-R", "u+w", folder], folder);
    await Deno.remove(folder, { recursive: true });
  }
}
