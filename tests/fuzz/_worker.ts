/**
 * Runs cases in a thread of its own, which can be ended whatever it does. It
 * tells by shared memory which case it is at.
 *
 * @module
 */

import process from "node:process";
import { memory } from "./_heap.ts";
import { countOperations, turn } from "./_quiet.ts";
import {
  type CaseId,
  runCase,
  SLOW,
  SlowCase,
  targetOf,
  targets,
  watchRejections,
} from "./_targets.ts";
import type { Target } from "./_target.ts";
import type { FromWorker, Order } from "./_watch.ts";

const worker = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<Order>) => void;
};

worker.onmessage = ({ data }) => {
  run(data).then(
    () => worker.postMessage({ type: "done" }),
    (error) => worker.postMessage({ type: "broken", error: describe(error) }),
  );
};

// What is sent to a module that is still being loaded may be lost.
worker.postMessage({ type: "ready" });

async function run(order: Order): Promise<void> {
  countOperations();
  watchRejections();
  const state = new Int32Array(order.state);
  if (order.replay !== undefined) return await replay(order.replay, state);
  const selected = order.targets.map(targetOf);
  const counts = selected.map(() => 0);
  const deadline = performance.now() + order.milliseconds;
  let reported = performance.now();
  for (let round = 0; performance.now() < deadline; round++) {
    for (const [at, target] of selected.entries()) {
      const batch = Math.min(target.weight, order.cases - (counts[at] ?? 0));
      for (let left = batch; left > 0 && performance.now() < deadline; left--) {
        const index = order.firstCase + (counts[at] ?? 0);
        counts[at] = (counts[at] ?? 0) + 1;
        const id = { target: target.name, seed: order.seed, index };
        await runOne(target, id, state);
      }
    }
    if (performance.now() - reported > 1000) {
      reported = performance.now();
      report(selected, counts);
    }
    if (counts.every((count) => count >= order.cases)) break;
  }
  // The last rejection has been reported by now.
  await turn();
  report(selected, counts);
}

/** Runs cases that are known. */
async function replay(
  ids: readonly CaseId[],
  state: Int32Array,
): Promise<void> {
  const selected = [...new Set(ids.map((id) => id.target))].map(targetOf);
  for (const id of ids) await runOne(targetOf(id.target), id, state);
  report(
    selected,
    selected.map(({ name }) => ids.filter((id) => id.target === name).length),
  );
}

async function runOne(
  target: Target,
  id: CaseId,
  state: Int32Array,
): Promise<void> {
  Atomics.store(state, 0, targets.indexOf(target));
  Atomics.store(state, 1, id.index);
  Atomics.add(state, 2, 1);
  try {
    note(id, await runCase(target, id));
  } catch (error) {
    if (error instanceof SlowCase && !await isSlowAgain(target, id)) return;
    worker.postMessage({ type: "finding", id, error: describe(error) });
  }
}

/** A pause of the machine is not the module's. */
async function isSlowAgain(target: Target, id: CaseId): Promise<boolean> {
  const before = process.threadCpuUsage();
  try {
    await runCase(target, id);
  } catch (error) {
    if (!(error instanceof SlowCase)) return true;
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 > SLOW;
}

const seen = new Map<string, CaseId>();

/** Keeps the first case of each outcome. */
function note(id: CaseId, outcome: string): void {
  const key = `${id.target}: ${outcome}`;
  if (!seen.has(key) && seen.size < MAX_OUTCOMES) seen.set(key, id);
}

function report(selected: readonly Target[], counts: readonly number[]): void {
  worker.postMessage({
    type: "report",
    counts: Object.fromEntries(
      selected.map(({ name }, at) => [name, counts[at] ?? 0]),
    ),
    outcomes: seen.size,
    heap: memory().heap,
  });
}

function describe(error: unknown): string {
  return Deno.inspect(error, { depth: 6, colors: false });
}

/** What is remembered must not look like a leak. */
const MAX_OUTCOMES = 5000;
