/**
 * Runs with methods of `crypto.subtle` that reject as they do in a runtime that
 * does not have the algorithm.
 */
export async function withoutWebCrypto<T>(
  methods: (keyof SubtleCrypto)[],
  run: () => T | Promise<T>,
): Promise<T> {
  for (const method of methods) {
    Object.defineProperty(crypto.subtle, method, {
      value: () =>
        Promise.reject(new DOMException("not here", "NotSupportedError")),
      configurable: true,
    });
  }
  try {
    return await run();
  } finally {
    // The property of the object hid the one of its prototype.
    for (const method of methods) Reflect.deleteProperty(crypto.subtle, method);
  }
}
