/**
 * Checks of a program, one after the other: what each prints.
 */

/** Runs a check, and says how it went. */
export async function check(name, run) {
  const late = Promise.withResolvers();
  const timer = setTimeout(() => late.reject(new Error("it hangs")), 60_000);
  try {
    await Promise.race([run(), late.promise]);
    say({ name });
  } catch (error) {
    say({ name, error: String(error?.stack ?? error) });
  } finally {
    clearTimeout(timer);
  }
}

/** Prints one line of JSON. */
export function say(line) {
  console.log(JSON.stringify(line));
}
