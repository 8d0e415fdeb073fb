/**
 * Trust stores of files, folders and the system.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import process from "node:process";
import { rootCertificates } from "node:tls";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { formatPem } from "../../x509/asn1/pem.ts";
import { mozillaList } from "../../x509/trust/trust_data.ts";
import { systemBundles } from "../../x509/trust/trust_files.ts";
import { defaultSources } from "../../x509/trust/trust_source.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { der, malformed, pem, subjects } from "./_trust.ts";

async function withFolder(use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sets the variables that are read, and unsets those that are not given. */
async function withEnvironment(
  variables: Partial<Record<typeof VARIABLES[number], string>>,
  use: () => unknown,
) {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of VARIABLES) setVariable(name, variables[name]);
    await use();
  } finally {
    for (const [name, value] of before) setVariable(name, value);
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Deno.env.delete(name);
  else Deno.env.set(name, value);
}

const VARIABLES = [
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "DENO_TLS_CA_STORE",
  "DENO_CERT",
] as const;

Deno.test("TrustStore.fromFile() reads PEM and DER", () =>
  withFolder(async (folder) => {
    const file = `${folder}/roots`;
    await Deno.writeTextFile(file, `# comment\n${pem("a")}${pem("b")}`);
    assertEquals(subjects(await TrustStore.fromFile(file)), ["a", "b"]);
    assertEquals(
      (await TrustStore.fromFile(new URL(`file://${file}`))).size,
      2,
    );
    await Deno.writeFile(file, der("c"));
    assertEquals(subjects(await TrustStore.fromFile(file)), ["c"]);
  }));

Deno.test("TrustStore.fromFile() lets the system's errors through", async () => {
  const error = await assertRejects(
    () => TrustStore.fromFile("/no/such/file.pem"),
    Deno.errors.NotFound,
  );
  assertStringIncludes(error.message, "/no/such/file.pem");
});

Deno.test("TrustStore.fromFile() names file, place and subject of what is malformed", () =>
  withFolder(async (folder) => {
    const file = `${folder}/roots.pem`;
    await Deno.writeTextFile(file, pem("a") + malformed("b"));
    const store = await TrustStore.fromFile(file);
    assertEquals(subjects(store), ["a"]);
    assertEquals(store.problems.map(({ source }) => source), [file]);
    const error = await assertRejects(
      () => TrustStore.fromFile(file, { strict: true }),
      TlsCertificateError,
    );
    assertStringIncludes(
      error.message,
      `Cannot read certificate 2 of ${file} (CN=b): `,
    );
    await Deno.writeTextFile(file, malformed("b"));
    await assertRejects(() => TrustStore.fromFile(file), TlsCertificateError);
    await Deno.writeTextFile(file, "no certificate");
    await assertRejects(
      () => TrustStore.fromFile(file),
      TlsCertificateError,
      "no PEM block at all",
    );
    await Deno.writeTextFile(file, "\n");
    const empty = await assertRejects(
      () => TrustStore.fromFile(file),
      TlsError,
      `${file} is empty`,
    );
    assertEquals(empty.code, "empty_trust_store");
  }));

Deno.test("TrustStore.fromDirectory() reads files of every name, certificates alone", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/b.pem`, pem("b"));
    await Deno.writeTextFile(`${folder}/a.crt`, pem("a"));
    await Deno.writeFile(`${folder}/c.der`, der("c"));
    await Deno.writeTextFile(`${folder}/d`, pem("d") + malformed("e"));
    await Deno.writeTextFile(`${folder}/README`, "not a certificate");
    await Deno.writeTextFile(
      `${folder}/key.pem`,
      formatPem("PRIVATE KEY", Uint8Array.of(1)),
    );
    // What is larger than any file of certificates, and what only links.
    await Deno.writeTextFile(`${folder}/g.pem`, pem("g"));
    await Deno.truncate(`${folder}/g.pem`, (16 << 20) + 1);
    await Deno.symlink("inner", `${folder}/h.pem`);
    await Deno.mkdir(`${folder}/inner`);
    await Deno.writeTextFile(`${folder}/inner/f.pem`, pem("f"));
    const store = await TrustStore.fromDirectory(folder);
    assertEquals(subjects(store), ["a", "b", "c", "d"]);
    assertEquals(store.problems.map(({ subject }) => subject), ["CN=e"]);
    assertEquals(
      (await TrustStore.fromDirectory(new URL(`file://${folder}`))).size,
      4,
    );
    await assertRejects(
      () => TrustStore.fromDirectory(folder, { strict: true }),
      TlsCertificateError,
      `certificate 2 of ${folder}/d (CN=e)`,
    );
  }));

Deno.test("TrustStore.fromDirectory() keeps to the hashed names of a hashed directory", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/ca.pem`, pem("a"));
    await Deno.symlink("ca.pem", `${folder}/0a1b2c3d.0`);
    await Deno.symlink("gone.pem", `${folder}/0a1b2c3d.1`);
    await Deno.writeTextFile(`${folder}/00000000.12`, pem("b"));
    await Deno.writeTextFile(`${folder}/other.pem`, pem("not linked"));
    await Deno.writeTextFile(
      `${folder}/0a1b2c3d.r0`,
      formatPem("X509 CRL", Uint8Array.of(1)),
    );
    assertEquals(subjects(await TrustStore.fromDirectory(folder)), ["b", "a"]);
  }));

Deno.test("TrustStore.fromDirectory() passes on why a file cannot be read, but for links that lead nowhere", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.pem`, pem("a"));
    await Deno.symlink("gone.pem", `${folder}/b.pem`);
    assertEquals(subjects(await TrustStore.fromDirectory(folder)), ["a"]);
    await Deno.symlink("loop.pem", `${folder}/loop.pem`);
    const error = await assertRejects(() => TrustStore.fromDirectory(folder));
    assertEquals((error as Error).name, "FilesystemLoop");
  }));

Deno.test("TrustStore.fromDirectory() refuses a directory of damaged certificates by the first", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.pem`, malformed("a"));
    await Deno.writeTextFile(`${folder}/b.pem`, malformed("b"));
    await assertRejects(
      () => TrustStore.fromDirectory(folder),
      TlsCertificateError,
      "(CN=a)",
    );
  }));

Deno.test("TrustStore.fromDirectory() refuses an empty directory, and a missing one", () =>
  withFolder(async (folder) => {
    const error = await assertRejects(
      () => TrustStore.fromDirectory(folder),
      TlsError,
      folder,
    );
    assertEquals(error.code, "empty_trust_store");
    await assertRejects(
      () => TrustStore.fromDirectory(`${folder}/none`),
      Deno.errors.NotFound,
    );
  }));

Deno.test("TrustStore.mozilla() has the list of its own data, and most of the runtime's", async () => {
  const store = TrustStore.mozilla();
  assert(TrustStore.mozilla() === store);
  assertEquals(store.size, mozillaList.size);
  assertEquals(store.fingerprint, mozillaList.fingerprint);
  assert(await store.load() === store);
  assertEquals(store.certificates.length, mozillaList.size);
  assertEquals(store.problems, []);
  assertEquals(store.size, mozillaList.size);
  for (const root of store.certificates) {
    assert(store.has(root, "server"));
    assert(root.isSelfIssued);
    assert(
      store.findByKey(root.publicKey.spki).some((one) => one.equals(root)),
    );
  }
  const common = rootCertificates.flatMap(Certificate.fromPem)
    .filter((root) => store.has(root));
  assert(common.length > 80);
});

Deno.test("the data of TrustStore.mozilla() says what its certificates do", async () => {
  const { mozillaRoots } = await import("../../x509/trust/mozilla_roots.ts");
  assertEquals(mozillaRoots.length, mozillaList.size);
  for (const [subject, base64, distrustAfter] of mozillaRoots) {
    const root = Certificate.parse(Uint8Array.fromBase64(base64));
    assertEquals(root.subjectName.key, subject);
    if (distrustAfter === undefined) continue;
    const date = TrustStore.mozilla().distrustAfter(root);
    assertEquals(date, new Date(distrustAfter));
  }
  const plain = TrustStore.of(...TrustStore.mozilla().certificates);
  assertEquals(plain.size, mozillaList.size);
  // The dates are part of what is trusted.
  assertNotEquals(plain.fingerprint, mozillaList.fingerprint);
  assertEquals(
    plain.with(TrustStore.mozilla()).fingerprint,
    mozillaList.fingerprint,
  );
});

Deno.test("TrustStore.mozilla() is loaded where it is needed, and needs no permission", () =>
  withFolder(async (folder) => {
    const run = (body: string, permissions: string[] = []) =>
      script(folder, {}, permissions, body);
    assertEquals(
      await run("return (await TrustStore.default()).certificates.length"),
      String(mozillaList.size),
    );
    const verify = `
      const ca = await issueCertificate({ ca: true, names: ["CA"] });
      const { errors } = await verifyChain({
        chain: ca.identity.chain,
        trust: TrustStore.mozilla(),
      });
      return errors[0].code;`;
    assertEquals(await run(verify), "unknown_issuer");
    // Looked into before: from its file, if it may be read.
    const look = "return TrustStore.mozilla().certificates.length";
    assertEquals(await run(look, ["--allow-read"]), String(mozillaList.size));
    assertStringIncludes(await run(look), "Await its load() first");
  }));

Deno.test("TrustStore fingerprint is of certificates and settings, in any order", () => {
  const store = TrustStore.of(pem("a"), pem("b"));
  assertMatch(store.fingerprint, /^[0-9a-f]{64}$/);
  const same = TrustStore.of(pem("b")).with(pem("a"));
  assertEquals(same.fingerprint, store.fingerprint);
  for (const other of [TrustStore.of(pem("a")), store.with(pem("c"))]) {
    assertNotEquals(other.fingerprint, store.fingerprint);
  }
});

Deno.test("TrustStore.system() uses SSL_CERT_FILE and SSL_CERT_DIR in place of the system's", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/one`);
    await Deno.mkdir(`${folder}/two`);
    await Deno.writeTextFile(`${folder}/file.pem`, pem("a"));
    await Deno.writeTextFile(`${folder}/one/x.pem`, pem("b"));
    await Deno.writeTextFile(`${folder}/two/x.pem`, pem("c"));
    const separator = Deno.build.os === "windows" ? ";" : ":";
    const found = async () => subjects(await TrustStore.system());
    await withEnvironment(
      { SSL_CERT_FILE: `${folder}/file.pem` },
      async () => assertEquals(await found(), ["a"]),
    );
    await withEnvironment(
      {
        SSL_CERT_FILE: `${folder}/file.pem`,
        SSL_CERT_DIR: `${folder}/one${separator}${folder}/two`,
      },
      async () => assertEquals(await found(), ["a", "b", "c"]),
    );
    await withEnvironment(
      { SSL_CERT_FILE: "", SSL_CERT_DIR: `${folder}/two` },
      async () => assertEquals(await found(), ["c"]),
    );
    await withEnvironment(
      { SSL_CERT_FILE: `${folder}/missing.pem` },
      () => assertRejects(() => TrustStore.system(), Deno.errors.NotFound),
    );
    await Deno.remove(`${folder}/two/x.pem`);
    await withEnvironment(
      { SSL_CERT_DIR: `${folder}/two` },
      async () => {
        const error = await assertRejects(() => TrustStore.system(), TlsError);
        assertEquals(error.code, "empty_trust_store");
      },
    );
  }));

Deno.test("TrustStore.system() has what the runtime finds", () =>
  withEnvironment({}, async () => {
    const store = await TrustStore.system().catch((error) => {
      // A machine without a store of its own says so.
      assert(error instanceof TlsError && error.code === "empty_trust_store");
    });
    if (store === undefined) return;
    assert(store.size > 0);
    assert(store.certificates.length > 0);
  }));

Deno.test("TrustStore.system() reads the first usual file that exists, in a runtime without a list of its own", async () => {
  const { readFile } = Deno;
  const asked: unknown[] = [];
  // What is there and cannot be read is not passed over.
  const refused = new Deno.errors.PermissionDenied("not for you");
  Deno.readFile = (path) => {
    asked.push(path);
    return Promise.reject(
      path === "/etc/ssl/ca-bundle.pem" ? refused : new Deno.errors.NotFound(),
    );
  };
  const find = process.getBuiltinModule;
  process.getBuiltinModule = () => undefined;
  try {
    await withEnvironment({}, async () => {
      assertEquals(await assertRejects(() => systemBundles()), refused);
      assertEquals(asked.length, 3);
      Deno.readFile = () => Promise.reject(new Deno.errors.NotFound());
      assertEquals(await systemBundles(), []);
      const data = new TextEncoder().encode(pem("a"));
      Deno.readFile = (path) =>
        path === "/etc/ssl/cert.pem"
          ? Promise.resolve(data)
          : Promise.reject(new Deno.errors.NotFound());
      assertEquals(
        await systemBundles(),
        [{ source: "/etc/ssl/cert.pem", data }],
      );
    });
  } finally {
    Deno.readFile = readFile;
    process.getBuiltinModule = find;
  }
});

Deno.test("TrustStore.system() treats an empty variable as unset", () =>
  withEnvironment({ SSL_CERT_FILE: "", SSL_CERT_DIR: "" }, async () => {
    const store = await TrustStore.system().catch((error) => {
      assert(error instanceof TlsError && error.code === "empty_trust_store");
    });
    assert(store === undefined || store.size > 0);
  }));

Deno.test("defaultSources().stores reads DENO_TLS_CA_STORE as Deno does", async () => {
  const expected = {
    "mozilla": ["mozilla"],
    "system": ["system"],
    "mozilla,system": ["mozilla", "system"],
    " system , mozilla,system": ["system", "mozilla"],
    "": ["mozilla"],
  };
  for (const [DENO_TLS_CA_STORE, names] of Object.entries(expected)) {
    await withEnvironment(
      { DENO_TLS_CA_STORE },
      () => assertEquals<readonly string[]>(defaultSources().stores, names),
    );
  }
  await withEnvironment(
    { DENO_TLS_CA_STORE: "mozilla,windows" },
    () =>
      assertThrows(
        defaultSources,
        TypeError,
        `there is no store "windows", only "mozilla" and "system"`,
      ),
  );
  await withEnvironment(
    { SSL_CERT_FILE: "/x" },
    () => assertEquals(defaultSources().stores, ["system"]),
  );
  await withEnvironment(
    { SSL_CERT_DIR: "/x", DENO_TLS_CA_STORE: "mozilla" },
    () => assertEquals(defaultSources().stores, ["mozilla"]),
  );
});

Deno.test("TrustStore.default() is made once, of what the environment names", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file.pem`, pem("a") + pem("b"));
    const SSL_CERT_FILE = `${folder}/file.pem`;
    const mozilla = String(mozillaList.size);
    assertEquals(await inProcess(folder, {}, ["-A"]), mozilla);
    assertEquals(await inProcess(folder, { SSL_CERT_FILE }, ["-A"]), "2");
    assertEquals(
      await inProcess(
        folder,
        { SSL_CERT_FILE, DENO_TLS_CA_STORE: "system,mozilla" },
        ["-A"],
      ),
      String(mozillaList.size + 2),
    );
    await Deno.writeTextFile(`${folder}/extra.pem`, pem("c") + pem("d"));
    const DENO_CERT = `${folder}/extra.pem`;
    assertEquals(
      await inProcess(folder, { DENO_CERT }, ["-A"]),
      String(mozillaList.size + 2),
    );
    assertEquals(
      await inProcess(folder, { DENO_CERT, SSL_CERT_FILE }, ["-A"]),
      "4",
    );
    assertStringIncludes(
      await inProcess(folder, { DENO_CERT: `${folder}/none` }, ["-A"]),
      "NotFound",
    );
    assertStringIncludes(
      await inProcess(folder, { DENO_TLS_CA_STORE: "x" }, ["-A"]),
      `TypeError Cannot use DENO_TLS_CA_STORE: there is no store "x"`,
    );
  }));

Deno.test("TrustStore.default() asks for no permission to read the environment", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file.pem`, pem("a"));
    const env = { SSL_CERT_FILE: `${folder}/file.pem` };
    assertEquals(await inProcess(folder, env, []), String(mozillaList.size));
    assertStringIncludes(
      await inProcess(folder, env, ["--allow-env"]),
      "NotCapable",
    );
  }));

/** What a process of its own finds: the default store is made once for each. */
function inProcess(
  folder: string,
  env: Variables,
  permissions: readonly string[],
): Promise<string> {
  return script(
    folder,
    env,
    permissions,
    `const store = await TrustStore.default();
     const again = await TrustStore.default();
     return again === store ? store.size : "made twice";`,
  );
}

/** What a function's body gives in a process of its own. */
async function script(
  folder: string,
  env: Variables,
  permissions: readonly string[],
  body: string,
): Promise<string> {
  const module = new URL("../../x509/mod.ts", import.meta.url);
  const text = `
    import { issueCertificate, TrustStore, verifyChain } from ${
    JSON.stringify(module.href)
  };
    async function found() { ${body} }
    try {
      console.log(await found());
    } catch (error) {
      console.log(error.name, error.message);
    }`;
  await Deno.writeTextFile(`${folder}/main.ts`, text);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--config", config]
      .concat(permissions, `${folder}/main.ts`),
    stdout: "piped",
    stderr: "null",
    env: { ...NONE, ...env },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

type Variables = Partial<Record<typeof VARIABLES[number], string>>;

/** An empty variable is as good as none. */
const NONE: Variables = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
