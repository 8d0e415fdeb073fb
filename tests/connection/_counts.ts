/**
 * Counts what a piece of work costs without a clock: timers, WebCrypto calls,
 * byte arrays and views, promises.
 *
 * @module
 */

/** What is counted, each by the name that the platform has for it. */
export interface Counts {
  /** Calls of `setTimeout`. */
  timers: number;
  /** Calls of methods of `crypto.subtle`. */
  webCrypto: number;
  /** Byte arrays with memory of their own: `new`, `of`, `slice`. */
  arrays: number;
  /** Views of memory that is there: `subarray`. */
  views: number;
  /** Promises, those of async functions and `await` included. */
  promises: number;
}

/** Runs some work, and counts what it and all that runs meanwhile does. */
export async function counted(work: () => Promise<unknown>): Promise<Counts> {
  const counts = { timers: 0, webCrypto: 0, arrays: 0, views: 0, promises: 0 };
  const undo = [
    replaced(globalThis, "setTimeout", counting(counts, "timers")),
    ...SUBTLE.map((name) =>
      replaced(SubtleCrypto.prototype, name, counting(counts, "webCrypto"))
    ),
    replaced(globalThis, "Uint8Array", (Original) =>
      new Proxy(Original, {
        construct(target, args, newTarget) {
          // Of a buffer that is there it is a view.
          counts[args[0] instanceof ArrayBuffer ? "views" : "arrays"]++;
          return Reflect.construct(target, args, newTarget);
        },
      })),
    replaced(TypedArray, "slice", counting(counts, "arrays")),
    replaced(TypedArray, "subarray", counting(counts, "views")),
    hookPromises(() => counts.promises++),
  ];
  try {
    await work();
  } finally {
    for (const each of undo) each();
  }
  return counts;
}

/** Whether promises can be counted: by a hook that is no public interface. */
export const countsPromises = promiseHooks() !== undefined;

// deno-lint-ignore no-explicit-any
type Any = any;

function replaced(
  holder: object,
  name: string,
  replace: (original: Any) => unknown,
): () => void {
  const original = Reflect.get(holder, name);
  Object.defineProperty(holder, name, {
    value: replace(original),
    writable: true,
    configurable: true,
  });
  return () => {
    Object.defineProperty(holder, name, {
      value: original,
      writable: true,
      configurable: true,
    });
  };
}

function counting(counts: Counts, name: keyof Counts) {
  return (original: (...args: Any[]) => unknown) =>
    function (this: unknown, ...args: unknown[]): unknown {
      counts[name]++;
      return original.apply(this, args);
    };
}

function hookPromises(onPromise: () => void): () => void {
  const set = promiseHooks();
  set?.(onPromise);
  return () => set?.();
}

function promiseHooks():
  | ((init?: () => void) => void)
  | undefined {
  const { internal } = Deno as unknown as { internal?: symbol };
  const { core } = internal === undefined
    ? { core: undefined }
    : (Deno as Any)[internal] ?? {};
  return core?.setPromiseHooks?.bind(core);
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

const SUBTLE = Object.getOwnPropertyNames(SubtleCrypto.prototype)
  .filter((name) => name !== "constructor");
