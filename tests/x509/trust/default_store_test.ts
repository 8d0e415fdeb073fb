/**
 * The store that a process trusts where it is not told otherwise: made once, so
 * that this has a file, and with it a process, of its own.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { pem, subjects } from "../_trust.ts";

const VARIABLES = [
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "DENO_TLS_CA_STORE",
  "DENO_CERT",
] as const;

/** Sets the variables that are read, and unsets those that are not given. */
function setEnvironment(
  variables: Partial<Record<typeof VARIABLES[number], string | undefined>>,
): void {
  for (const name of VARIABLES) {
    const value = variables[name];
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}

Deno.test("TrustStore.default() is made again after an error, and then stays", async () => {
  const before = Object.fromEntries(
    VARIABLES.map((name) => [name, Deno.env.get(name)]),
  );
  const folder = await Deno.makeTempDir();
  try {
    const [some, more, blank] = ["some", "more", "blank"].map((name) =>
      `${folder}/${name}.pem`
    ) as [string, string, string]; // there are three
    await Deno.writeTextFile(some, pem("a") + pem("b"));
    await Deno.writeTextFile(more, pem("c"));
    await Deno.writeTextFile(blank, "\n");

    setEnvironment({ DENO_TLS_CA_STORE: "mozilla,windows" });
    await assertRejects(
      () => TrustStore.default(),
      TypeError,
      'there is no store "windows"',
    );
    setEnvironment({ SSL_CERT_FILE: some, DENO_CERT: `${folder}/none` });
    await assertRejects(() => TrustStore.default(), Deno.errors.NotFound);
    setEnvironment({ SSL_CERT_FILE: some, DENO_CERT: blank });
    const empty = await assertRejects(() => TrustStore.default(), TlsError);
    assertEquals(empty.code, "empty_trust_store");

    setEnvironment({ SSL_CERT_FILE: some, DENO_CERT: more });
    const store = await TrustStore.default();
    assertEquals(subjects(store), ["a", "b", "c"]);
    setEnvironment({ DENO_TLS_CA_STORE: "mozilla" });
    assert(await TrustStore.default() === store);
  } finally {
    setEnvironment(before);
    await Deno.remove(folder, { recursive: true });
  }
});
