/**
 * Programs that write files of keys and certificates. Where one is absent its
 * tests are shown as ignored, with the reason in their names; where everything is
 * installed that is a failure.
 *
 * @module
 */

import { missing, peersAreRequired } from "../interop/_peers/peer.ts";

/** A test that needs a program, or the reason why it is not here. */
export function programTest(
  absent: string | undefined,
  name: string,
  fn: () => Promise<void>,
): void {
  const ignore = absent !== undefined && !peersAreRequired();
  Deno.test({
    name: ignore ? `${name} (ignored: ${absent})` : name,
    ignore,
    fn: absent === undefined ? fn : () => {
      throw new Error(absent);
    },
  });
}

/** Runs a program and gives what it writes; throws if it fails. */
export async function program(
  name: string,
  args: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(name, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  throw new Error(
    `${name} ${args.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`,
  );
}

/** Why there is no OpenSSL, if so. */
export const opensslMissing = missing("openssl", ["version"], /OpenSSL 3/);

/** Why there is no `keytool` of Java, if so. */
export const keytoolMissing = missing("keytool", ["-help"]);

/** Why there is no `certtool` of GnuTLS, if so. */
export const certtoolMissing = missing("certtool", ["--version"]);

/** Why there are no NSS tools, if so: they have no option that just succeeds. */
export const nssMissing = missing("sh", [
  "-c",
  "command -v pk12util && command -v certutil",
]) && "no pk12util and certutil of NSS on PATH";

/** Why there is no `ssh-keygen`, if so: it has no option that just succeeds. */
export const sshKeygenMissing =
  missing("sh", ["-c", "command -v ssh-keygen"]) &&
  "no ssh-keygen on PATH";

/** BouncyCastle's provider: where it is, or why it is not. */
export const bouncyCastle: { jar: string } | { missing: string } =
  findBouncyCastle();

function findBouncyCastle() {
  const jar = Deno.env.get("X_TLS_BCPROV");
  return jar !== undefined && exists(jar)
    ? { jar }
    : { missing: "X_TLS_BCPROV is not the path of BouncyCastle's bcprov.jar" };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
