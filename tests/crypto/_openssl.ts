/** The `openssl` command, where there is one of the release that is compared. */

/** Output of `openssl` with these arguments, or `undefined` if it fails. */
export function openssl(...args: string[]): string | undefined {
  const output = new Deno.Command("openssl", { args }).outputSync();
  return output.success ? new TextDecoder().decode(output.stdout) : undefined;
}

/** Whether `openssl` is of release 3.0, whose order of suites is compared. */
const hasOpenssl30: boolean = (() => {
  try {
    return openssl("version")?.startsWith("OpenSSL 3.0.") ?? false;
  } catch {
    return false; // there is none
  }
})();

/** Registers a test that is shown as ignored where `openssl` 3.0 is absent. */
export function opensslTest(name: string, fn: () => void): void {
  Deno.test({
    name: hasOpenssl30 ? name : `${name} (ignored: no openssl 3.0 on PATH)`,
    ignore: !hasOpenssl30,
    fn,
  });
}
