/**
 * Classes that programs of Node call as functions.
 *
 * @module
 */

/** A class that may be called without `new`, as Node's may. */
export function callable<T extends new (...args: never[]) => object>(
  target: T,
): T {
  return new Proxy(target, {
    apply: (_, __, args) => Reflect.construct(target, args),
  });
}
