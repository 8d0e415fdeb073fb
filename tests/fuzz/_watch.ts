/**
 * Has cases run in another thread, and watches it: what it finds, that it goes
 * on, and that its heap does not grow.
 *
 * @module
 */

import { type CaseId, caseName, targets } from "./_targets.ts";

/** What a thread is to run. */
export interface Order {
  /** Names of targets. */
  readonly targets: readonly string[];
  readonly seed: number;
  /** Number of the first case of each target. */
  readonly firstCase: number;
  /** How many cases of each target. */
  readonly cases: number;
  /** The longest time. */
  readonly milliseconds: number;
  /** These cases alone, in the place of all that the above says. */
  readonly replay?: readonly CaseId[];
  /** Milliseconds that a case may take. @default {20000} */
  readonly patience?: number;
  /** Where it tells where it is: target, case, and a count of all. */
  readonly state: SharedArrayBuffer;
}

/** What a thread tells. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "finding"; readonly id: CaseId; readonly error: string }
  | {
    readonly type: "report";
    readonly counts: Record<string, number>;
    readonly outcomes: number;
    readonly heap: number;
  }
  | { readonly type: "done" }
  | { readonly type: "broken"; readonly error: string };

/** How a run went. */
export interface Summary {
  /** Cases, by target. */
  readonly counts: Record<string, number>;
  /** How many different things came out. */
  readonly outcomes: number;
  /** What did not hold, with how to run it again. */
  readonly findings: readonly string[];
  /** Bytes of heap in use, over time. */
  readonly heap: readonly number[];
}

/** Runs the cases, and reports progress. */
export async function watch(
  order: Omit<Order, "state">,
  onReport: (summary: Summary) => void = () => {},
): Promise<Summary> {
  const state = new SharedArrayBuffer(12);
  const findings: string[] = [];
  const heap: number[] = [];
  const summary = { counts: {}, outcomes: 0, findings, heap };
  const worker = new Worker(new URL("./_worker.ts", import.meta.url), {
    type: "module",
  });
  const over = Promise.withResolvers<void>();
  worker.onerror = (event) => {
    event.preventDefault();
    findings.push(`${where(order, state)}: ${event.message}`);
    over.resolve();
  };
  let watchdog: ReturnType<typeof setInterval> | undefined;
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === "ready") {
      // Only now: loading the modules may take longer than any case.
      watchdog = watchProgress(state, order.patience ?? PATIENCE, () => {
        findings.push(`${where(order, state)}: it does not come to an end`);
        over.resolve();
      });
      worker.postMessage({ ...order, state });
    } else if (data.type === "finding") {
      findings.push(`${caseName(data.id)}: ${data.error}`);
      if (findings.length >= MAX_FINDINGS) over.resolve();
    } else if (data.type === "report") {
      heap.push(data.heap);
      Object.assign(summary, { counts: data.counts, outcomes: data.outcomes });
      onReport(summary);
    } else {
      if (data.type === "broken") findings.push(data.error);
      over.resolve();
    }
  };
  await over.promise;
  clearInterval(watchdog);
  worker.terminate();
  return summary;
}

/** The case that a thread is at. */
function where({ seed }: { seed: number }, state: SharedArrayBuffer): string {
  const [target = 0, index = 0] = new Int32Array(state);
  return caseName({ target: targets[target]?.name ?? "", seed, index });
}

/** Calls back when the count has stood still for too long. */
function watchProgress(
  state: SharedArrayBuffer,
  patience: number,
  onStall: () => void,
): ReturnType<typeof setInterval> {
  const counter = new Int32Array(state);
  let last = 0;
  let since = performance.now();
  return setInterval(() => {
    const now = Atomics.load(counter, 2);
    if (now !== last) since = performance.now();
    else if (performance.now() - since > patience) onStall();
    last = now;
  }, 500);
}

/**
 * Whether a heap grows: what is in use once all has been warm, and later. The
 * least of several is what no garbage adds to.
 */
export function growth(heap: readonly number[]): number {
  const third = Math.floor(heap.length / 3);
  if (third === 0) return 0;
  const least = (part: readonly number[]) => Math.min(...part);
  return least(heap.slice(-third)) - least(heap.slice(third, 2 * third));
}

/** Milliseconds that a case may take: a busy machine is slow, too. */
const PATIENCE = 20_000;

const MAX_FINDINGS = 20;
