/**
 * Trust stores of files, folders and the system.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { rootCertificates } from "node:tls";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../../x509/certificate.ts";
import { TlsCertificateError } from "../../x509/errors.ts";
import { formatPem } from "../../x509/pem.ts";
import { defaultStores } from "../../x509/trust_source.ts";
import { TrustStore } from "../../x509/trust_store.ts";
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

Deno.test("TrustStore.mozilla() has every certificate of the runtime's list", () => {
  const store = TrustStore.mozilla();
  assert(rootCertificates.length > 100);
  for (const pem of rootCertificates) {
    const [root] = Certificate.fromPem(pem);
    assert(root);
    assert(store.has(root, "server"));
    assert(
      store.findByKey(root.publicKey.spki).some((one) => one.equals(root)),
    );
  }
  assertEquals(store.size, rootCertificates.length);
  assertEquals(store.certificates.length, rootCertificates.length);
  assertEquals(store.problems, []);
  assert(TrustStore.mozilla() === store);
});

Deno.test("TrustStore.system() takes SSL_CERT_FILE and SSL_CERT_DIR in place of the system's", () =>
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

Deno.test("TrustStore.system() takes an empty variable for none", () =>
  withEnvironment({ SSL_CERT_FILE: "", SSL_CERT_DIR: "" }, async () => {
    const store = await TrustStore.system().catch((error) => {
      assert(error instanceof TlsError && error.code === "empty_trust_store");
    });
    assert(store === undefined || store.size > 0);
  }));

Deno.test("defaultStores() reads DENO_TLS_CA_STORE as Deno does", async () => {
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
      () => assertEquals(defaultStores(), names),
    );
  }
  await withEnvironment(
    { DENO_TLS_CA_STORE: "mozilla,windows" },
    () =>
      assertThrows(
        defaultStores,
        TypeError,
        `there is no store "windows", only "mozilla" and "system"`,
      ),
  );
  await withEnvironment(
    { SSL_CERT_FILE: "/x" },
    () => assertEquals(defaultStores(), ["system"]),
  );
  await withEnvironment(
    { SSL_CERT_DIR: "/x", DENO_TLS_CA_STORE: "mozilla" },
    () => assertEquals(defaultStores(), ["mozilla"]),
  );
});

Deno.test("TrustStore.default() is made once, of what the environment names", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file.pem`, pem("a") + pem("b"));
    const SSL_CERT_FILE = `${folder}/file.pem`;
    const mozilla = String(rootCertificates.length);
    assertEquals(await inProcess(folder, {}, ["-A"]), mozilla);
    assertEquals(await inProcess(folder, { SSL_CERT_FILE }, ["-A"]), "2");
    assertEquals(
      await inProcess(
        folder,
        { SSL_CERT_FILE, DENO_TLS_CA_STORE: "system,mozilla" },
        ["-A"],
      ),
      String(rootCertificates.length + 2),
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
    assertEquals(
      await inProcess(folder, env, ["--allow-sys"]),
      String(rootCertificates.length),
    );
    assertStringIncludes(await inProcess(folder, env, []), "NotCapable");
    assertStringIncludes(
      await inProcess(folder, env, ["--allow-env"]),
      "NotCapable",
    );
  }));

/** What a process of its own finds: the default store is made once for each. */
async function inProcess(
  folder: string,
  env: Partial<Record<typeof VARIABLES[number], string>>,
  permissions: readonly string[],
): Promise<string> {
  const module = new URL("../../x509/trust_store.ts", import.meta.url);
  const script = `
    import { TrustStore } from ${JSON.stringify(module.href)};
    try {
      const store = await TrustStore.default();
      const again = await TrustStore.default();
      console.log(again === store ? store.size : "made twice");
    } catch (error) {
      console.log(error.name, error.message);
    }`;
  await Deno.writeTextFile(`${folder}/main.ts`, script);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--config", config]
      .concat(permissions, `${folder}/main.ts`),
    stdout: "piped",
    stderr: "null",
    // An empty variable is as good as none.
    env: { SSL_CERT_FILE: "", SSL_CERT_DIR: "", DENO_TLS_CA_STORE: "", ...env },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
