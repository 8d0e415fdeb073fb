/**
 * Work that a signal ends.
 *
 * @module
 */

/**
 * What some work results in, unless a signal is aborted before.
 *
 * @param work Started in any case; what it results in too late is dropped.
 * @throws What the work throws, or the reason of the signal.
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    return await Promise.race([aborted.promise, work()]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
