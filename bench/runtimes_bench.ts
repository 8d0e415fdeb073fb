/**
 * The package beside the TLS of each runtime itself, in one run: rounds in turns,
 * medians, ratios. The other end is Node.js in a process of its own. On Node.js
 * and Bun a third program makes no more than the calls of the runtime that TLS
 * in JavaScript takes: the floor, which bounds what the package can reach.
 *
 * ```sh
 * deno task bench runtimes              # all that are installed, some minutes
 * deno task bench runtimes Bun          # those whose name has one of these words
 * deno task bench runtimes --rounds=3
 * ```
 *
 * Where a machine does other things too, processor time counts: that of the
 * whole process, all threads. The table is written as JSON to
 * `bench/results/runtimes.json`, with both.
 *
 * @module
 */

import { issueCertificate } from "../x509/mod.ts";
import { ROOT } from "../tests/_tools/_files.ts";
import { installedPackage } from "../tests/_tools/_installed.ts";
import { runtimesFolder } from "../tests/_tools/_runtimes.ts";
import { bundleWeb, startWorker } from "../tests/runtimes/_web.ts";
import { Program } from "./_program.ts";
import { hereOf, NODE_24, RUNTIMES, WORKERD } from "./_runtimes.ts";

/** Whose TLS; the floor has none. */
type Kind = "ours" | "native" | "floor";

/** What one measurement took, in milliseconds. */
interface Figure {
  readonly wall: number;
  readonly cpu: number;
}

/** What is measured, and how often, or how many times 16 MiB. */
interface Row {
  readonly what: string;
  readonly count: number;
  /** Of the runtime's own: of its rate, or of its time. */
  readonly goal: string;
}

/** Of each kind that there is. */
interface Figures {
  readonly ours: Figure;
  readonly native: Figure;
  readonly floor?: Figure;
}

/** What came out. */
interface Result extends Row, Figures {
  readonly runtime: string;
}

/** Measures one kind in one runtime. */
interface Subject {
  measure(row: Row): Promise<Figure>;
  end(): Promise<void>;
}

/** What is compared. */
interface Subjects {
  readonly ours: Subject;
  readonly native: Subject;
  readonly floor?: Subject;
}

const ROWS: readonly Row[] = [
  { what: "receive", count: 8, goal: "≥ 0.8" },
  { what: "receiveStream", count: 8, goal: "≥ 0.8" },
  { what: "receiveWeb", count: 8, goal: "≥ 0.8" },
  { what: "send", count: 8, goal: "≥ 0.8" },
  { what: "sendStream", count: 8, goal: "≥ 0.8" },
  { what: "sendWeb", count: 8, goal: "≥ 0.8" },
  { what: "handshake", count: 100, goal: "≤ 1.5" },
  { what: "serve", count: 100, goal: "≤ 1.5" },
];

const rounds = Number(
  Deno.args.find((each) => each.startsWith("--rounds="))?.split("=")[1] ?? 5,
);
const words = Deno.args.filter((each) => !/^(--|runtimes$)/.test(each));
const folder = await Deno.realPath(await Deno.makeTempDir());
const peer = await startPeer();
const ports: Readonly<Record<"native" | "floor", number>> = JSON.parse(
  await peer.line(),
);
const results: Result[] = [];
try {
  const wanted = [...RUNTIMES.slice(1), NODE_24, WORKERD].filter(({ name }) =>
    words.length === 0 || words.some((word) => name.includes(word))
  );
  console.log(
    "ours : the runtime's own (ratio), processor time and by the clock; the floor's ratio",
  );
  for (const { name, path } of hereOf(wanted)) {
    const subjects: Subjects = name === WORKERD.name
      ? { ours: await workerOf("ours"), native: await workerOf("native") }
      : {
        ours: await programOf(path, "ours"),
        native: await programOf(path, "native"),
        floor: await programOf(path, "floor"),
      };
    // A Worker serves nobody, and its own sockets are Web Streams.
    const rows = name === WORKERD.name
      ? ROWS.filter(({ what }) => !/serve|Web$/.test(what))
      : ROWS;
    for (const row of rows) {
      const result = { runtime: name, ...row, ...await compare(subjects, row) };
      results.push(result);
      console.log(lineOf(result));
    }
    await Promise.all(Object.values(subjects).map((each) => each.end()));
  }
  await save();
} finally {
  await peer.end();
  await Deno.remove(folder, { recursive: true });
}

/** Rounds in turns, of which the first does not count. */
async function compare(subjects: Subjects, row: Row): Promise<Figures> {
  const all: Record<Kind, Figure[]> = { ours: [], native: [], floor: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const kind of ["ours", "native", "floor"] as const) {
      const figure = await subjects[kind]?.measure(row);
      if (round > 0 && figure !== undefined) all[kind].push(figure);
    }
  }
  return {
    ours: medianOf(all.ours),
    native: medianOf(all.native),
    ...subjects.floor && { floor: medianOf(all.floor) },
  };
}

function medianOf(figures: readonly Figure[]): Figure {
  const median = (name: keyof Figure) =>
    figures.map((each) => each[name]).sort((a, b) =>
      a - b
    )[figures.length >> 1] ?? NaN;
  return { wall: median("wall"), cpu: median("cpu") };
}

async function startPeer(): Promise<Program> {
  const ca = await issueCertificate({ names: ["Bench CA"], ca: true });
  const leaf = await issueCertificate({ names: ["localhost"], issuer: ca });
  const files = { ca: ca.cert, cert: leaf.cert, key: leaf.key };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}.pem`, text);
  }
  return new Program(
    `${runtimesFolder()}/node26/node_modules/node/bin/node`,
    [new URL("bench/_runtime_peer.mjs", ROOT).pathname, folder],
    folder,
  );
}

/** A folder with the package, and a program of the bench. */
async function userFolder(program: string): Promise<string> {
  const user = `${folder}/user`;
  const shared = await installedPackage(`${runtimesFolder()}/package`);
  await Deno.mkdir(user, { recursive: true });
  await Deno.symlink(`${shared}/node_modules`, `${user}/node_modules`)
    .catch(() => {});
  for (const name of [program, "_runtime_floor.mjs"]) {
    await Deno.copyFile(new URL(`bench/${name}`, ROOT), `${user}/${name}`);
  }
  return user;
}

async function programOf(path: string, kind: Kind): Promise<Subject> {
  const user = await userFolder("_runtime_program.mjs");
  const peerPort = ports[kind === "floor" ? "floor" : "native"];
  const args = ["_runtime_program.mjs", kind, folder, String(peerPort)];
  const program = new Program(path, args, user);
  const { port } = JSON.parse(await program.line());
  return {
    async measure({ what, count }) {
      if (what !== "serve") {
        return JSON.parse(await program.ask(JSON.stringify({ what, count })));
      }
      await program.ask('{"what":"start"}');
      await peer.ask(`${kind} ${port} ${count}`);
      return JSON.parse(await program.ask('{"what":"stop"}'));
    },
    end: () => program.end(),
  };
}

/** workerd with a Worker that does as it is asked; its clock stands still. */
async function workerOf(kind: Kind): Promise<Subject> {
  const user = await userFolder("_runtime_worker.mjs");
  const place = `${user}/${kind}`;
  const files = await bundleWeb(
    `${user}/_runtime_worker.mjs`,
    place,
    ["workerd", "worker", "browser"],
    "worker",
  );
  const ca = await Deno.readTextFile(`${folder}/ca.pem`);
  const worker = await startWorker(place, files, ca);
  const cpu = () => processorTime(worker.pid);
  return {
    async measure({ what, count }) {
      const query = new URLSearchParams({
        ...{ what, kind, count: String(count) },
        port: String(ports.native),
      });
      const [start, before] = [performance.now(), cpu()];
      const response = await fetch(`${worker.url}?${query}`, {
        method: "POST",
        body: ca,
      });
      const said = await response.text();
      if (said !== "") throw new Error(`The Worker failed: ${said}`);
      return { wall: performance.now() - start, cpu: cpu() - before };
    },
    end: () => worker[Symbol.asyncDispose](),
  };
}

/** Milliseconds of a process, in steps of 10. */
function processorTime(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Rates are compared as rates, and times as times. */
function lineOf(
  { runtime, what, count, goal, ours, native, floor }: Result,
): string {
  const isTime = goal.startsWith("≤");
  const figure = (time: number) =>
    isTime
      ? `${(time / count).toFixed(2)} ms`
      : `${(count * 16_000 / time).toFixed()} MiB/s`;
  const ratio = (own: number, other: number) =>
    (isTime ? own / other : other / own).toFixed(2);
  const pair = (name: keyof Figure) =>
    `${figure(ours[name])} : ${figure(native[name])} (${
      ratio(ours[name], native[name])
    })`.padEnd(34);
  const least = floor === undefined ? "–" : ratio(floor.cpu, native.cpu);
  return `${runtime.padEnd(12)}${what.padEnd(15)}${pair("cpu")}${pair("wall")}${
    least.padEnd(6)
  }${goal}`;
}

async function save(): Promise<void> {
  const output = new URL("bench/results/", ROOT);
  await Deno.mkdir(output, { recursive: true });
  await Deno.writeTextFile(
    new URL("runtimes.json", output),
    JSON.stringify({ date: new Date(), rounds, results }, null, 2),
  );
}
