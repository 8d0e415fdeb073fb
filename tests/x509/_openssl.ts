/**
 * The `openssl` command, for tests that compare with it. Where it is absent
 * those tests are shown as ignored, with the reason in their names.
 *
 * @module
 */

/**
 * The output of `openssl version`, or `undefined` if there is no such command.
 */
const opensslVersion: string | undefined = await findOpenssl();

/** A test that needs the command. */
export function opensslTest(name: string, fn: () => Promise<void>): void {
  const reason = " (ignored: there is no openssl 3 command)";
  Deno.test({
    name: opensslVersion === undefined ? name + reason : name,
    ignore: opensslVersion === undefined,
    fn,
  });
}

/** Runs the command and gives what it writes; throws if it fails. */
export async function openssl(
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("openssl", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  const written = writer.write(bytes).then(() => writer.close()).catch(() => {
    // It may end without reading all: its exit code tells.
  });
  const { code, stdout, stderr } = await child.output();
  await written;
  if (code === 0) return new Uint8Array(stdout);
  throw new Error(
    `openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
  );
}

/** The same, as text. */
export async function opensslText(
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<string> {
  return new TextDecoder().decode(await openssl(args, input));
}

/** Runs `use` with a directory that goes away afterwards. */
export async function withDirectory<T>(
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempDir();
  try {
    return await use(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function findOpenssl(): Promise<string | undefined> {
  try {
    const version = await opensslText(["version"]);
    return version.startsWith("OpenSSL 3") ? version.trim() : undefined;
  } catch {
    return undefined;
  }
}
