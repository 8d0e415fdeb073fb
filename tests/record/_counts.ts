/**
 * Counts what code asks the runtime for: buffers, copies, views, promises and
 * calls of WebCrypto. Those of asynchronous functions are not among the
 * promises.
 *
 * @module
 */

/** How often each was asked for. */
export interface Counts {
  /** `new Uint8Array`: memory, or a view of a buffer. */
  arrays: number;
  /** `slice`: copies. */
  copies: number;
  /** `subarray`: views. */
  views: number;
  /** `then`, which `catch` and `finally` call, and `withResolvers`. */
  promises: number;
  /** Calls of `crypto.subtle`. */
  webCrypto: number;
}

/** Counts while `work` runs; nothing else may run beside it. */
export async function countCalls(
  work: () => Promise<unknown>,
): Promise<Counts> {
  const counts: Counts = {
    arrays: 0,
    copies: 0,
    views: 0,
    promises: 0,
    webCrypto: 0,
  };
  const undo = [
    countConstructor(() => counts.arrays++),
    // Both call the constructor, which counts once more.
    countMethods(Bytes, ["slice"], (bytes) => {
      counts.copies++;
      if (isPlain(bytes)) counts.arrays--;
    }),
    countMethods(Bytes, ["subarray"], (bytes) => {
      counts.views++;
      if (isPlain(bytes)) counts.arrays--;
    }),
    countMethods(
      Promise.prototype,
      // The others call it.
      ["then"],
      () => counts.promises++,
    ),
    countMethods(Promise, ["withResolvers"], () => counts.promises++),
    countMethods(
      SubtleCrypto.prototype,
      ["encrypt", "decrypt", "importKey"],
      () => counts.webCrypto++,
    ),
  ];
  try {
    await work();
  } finally {
    for (const restore of undo.toReversed()) restore();
  }
  return counts;
}

/** Counts each call of some methods; gives what puts them back. */
function countMethods(
  owner: object,
  names: readonly string[],
  count: (self: unknown) => void,
): () => void {
  const before = names.map((name) =>
    [name, Object.getOwnPropertyDescriptor(owner, name)] as const
  );
  for (const [name, descriptor] of before) {
    if (descriptor === undefined) throw new TypeError(`no ${name}`);
    const method = descriptor.value;
    Object.defineProperty(owner, name, {
      ...descriptor,
      value(this: unknown, ...args: unknown[]) {
        count(this);
        return Reflect.apply(method, this, args);
      },
    });
  }
  return () => {
    for (const [name, descriptor] of before) {
      Object.defineProperty(owner, name, descriptor ?? {});
    }
  };
}

function countConstructor(count: () => void): () => void {
  const real = globalThis.Uint8Array;
  const counting: Uint8ArrayConstructor = new Proxy(real, {
    construct(target, args, newTarget): Uint8Array {
      count();
      return Reflect.construct(
        target,
        args,
        newTarget === counting ? target : newTarget,
      );
    },
  });
  const set = (constructor: Uint8ArrayConstructor) => {
    globalThis.Uint8Array = constructor;
    real.prototype.constructor = constructor;
  };
  set(counting);
  return () => set(real);
}

/** Whether it is a Uint8Array itself, and not a Buffer of Node's. */
function isPlain(bytes: unknown): boolean {
  return bytes instanceof Uint8Array && bytes.constructor === Uint8Array;
}

/** What `slice` and `subarray` of all arrays of bytes are methods of. */
const Bytes: object = Object.getPrototypeOf(Uint8Array.prototype);
