/**
 * Two duplexes, each the other's end, of which one read or write goes wrong.
 *
 * @module
 */

import type {
  Duplex,
  SocketConn,
} from "../../connection/transport/transport.ts";

/** What the duplexes are: streams, or sockets as Deno has them. */
export type Carrier = "streams" | "sockets";

/** What goes wrong. */
export type FaultKind = "fail" | "end" | "stall" | "trickle";

/** Where something goes wrong. */
export interface Fault {
  readonly side: "client" | "server";
  readonly operation: "read" | "write";
  /** Which of these operations, from 0. */
  readonly step: number;
  readonly kind: FaultKind;
}

/** What an operation fails with: it must come out as it is. */
export class InjectedFault extends Error {
  override readonly name = "InjectedFault";
}

/** What the other end sees of an end that is gone. */
export class PipeReset extends Error {
  override readonly name = "PipeReset";
}

/** How many operations there were. */
export interface Steps {
  read: number;
  write: number;
}

/** Both ends, and what they have done. */
export interface FaultyWires {
  readonly forClient: Duplex;
  readonly forServer: Duplex;
  readonly steps: { readonly client: Steps; readonly server: Steps };
  /** How often anything happened. */
  readonly moves: () => number;
  /** What the fault gives. */
  readonly error: InjectedFault;
}

/** One direction. */
class Pipe {
  readonly chunks: Uint8Array[] = [];
  isEnded = false;
  failure: unknown;
  wake = () => {};
}

const never = new Promise<never>(() => {});

/** Makes them. */
export function faultyWires(
  fault?: Fault,
  carrier: Carrier = "streams",
): FaultyWires {
  const up = new Pipe();
  const down = new Pipe();
  const steps = {
    client: { read: 0, write: 0 },
    server: { read: 0, write: 0 },
  };
  const state = { moves: 0, error: new InjectedFault("Injected") };
  const end = (side: "client" | "server", from: Pipe, to: Pipe): Duplex =>
    carrier === "sockets"
      ? socketOf(from, to, step(side, "read"), step(side, "write"))
      : {
        readable: readableOf(from, step(side, "read")),
        writable: writableOf(to, step(side, "write")),
      };
  const step =
    (side: "client" | "server", operation: "read" | "write") => () => {
      state.moves++;
      const index = steps[side][operation]++;
      if (fault?.side !== side || fault.operation !== operation) return;
      // What has begun to trickle goes on so; the rest happens once.
      const isDue = fault.kind === "trickle"
        ? index >= fault.step
        : index === fault.step;
      return isDue ? { kind: fault.kind, error: state.error } : undefined;
    };
  return {
    forClient: end("client", down, up),
    forServer: end("server", up, down),
    steps,
    moves: () => state.moves,
    error: state.error,
  };
}

type Step = () => { kind: FaultKind; error: unknown } | undefined;

function readableOf(pipe: Pipe, step: Step): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const fault = step();
      if (fault?.kind === "fail") throw fault.error;
      if (fault?.kind === "stall") return await never;
      if (fault?.kind === "end") return controller.close();
      while (pipe.chunks.length === 0 && !pipe.isEnded && !pipe.failure) {
        await new Promise<void>((resolve) => pipe.wake = resolve);
      }
      const chunk = pipe.chunks.shift();
      if (chunk === undefined) {
        if (pipe.failure !== undefined) throw pipe.failure;
        return controller.close();
      }
      const length = fault?.kind === "trickle" ? 1 : chunk.length;
      if (length < chunk.length) pipe.chunks.unshift(chunk.subarray(length));
      controller.enqueue(chunk.slice(0, length));
    },
    cancel() {
      pipe.failure ??= new PipeReset("Nobody reads any more");
      pipe.wake();
    },
  }, { highWaterMark: 0 });
}

function writableOf(pipe: Pipe, step: Step): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    async write(chunk) {
      const fault = step();
      if (fault?.kind === "fail") throw fault.error;
      if (fault?.kind === "stall") return await never;
      if (pipe.failure !== undefined) throw pipe.failure;
      const bytes = chunk.slice();
      if (fault?.kind === "end") {
        // Half of it leaves, and the other end hears no more.
        pipe.chunks.push(bytes.subarray(0, bytes.length >> 1));
        pipe.isEnded = true;
      } else if (fault?.kind === "trickle") {
        for (let at = 0; at < bytes.length; at += 7) {
          pipe.chunks.push(bytes.subarray(at, at + 7));
        }
      } else if (!pipe.isEnded) pipe.chunks.push(bytes);
      pipe.wake();
    },
    close() {
      pipe.isEnded = true;
      pipe.wake();
    },
    abort() {
      pipe.failure ??= new PipeReset("The other end is gone");
      pipe.wake();
    },
  });
}

/** A socket whose reads and writes are over when it is closed. */
function socketOf(
  from: Pipe,
  to: Pipe,
  readStep: Step,
  writeStep: Step,
): SocketConn {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  let isClosed = false;
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  return {
    // Nobody touches these where there is read() and write().
    readable: new ReadableStream(),
    writable: new WritableStream(),
    localAddr: addr,
    remoteAddr: addr,
    async read(into) {
      const fault = readStep();
      if (fault?.kind === "fail") throw fault.error;
      if (fault?.kind === "stall") return await closed.promise;
      if (fault?.kind === "end") return null;
      while (from.chunks.length === 0 && !from.isEnded) {
        const woken = new Promise<void>((resolve) => from.wake = resolve);
        await Promise.race([woken, closed.promise]);
      }
      const chunk = from.chunks.shift();
      if (chunk === undefined) return null;
      const most = fault?.kind === "trickle" ? 1 : into.length;
      if (most < chunk.length) from.chunks.unshift(chunk.subarray(most));
      into.set(chunk.subarray(0, most));
      return Math.min(most, chunk.length);
    },
    async write(bytes) {
      const fault = writeStep();
      if (fault?.kind === "fail") throw fault.error;
      if (fault?.kind === "stall") return await closed.promise;
      if (isClosed) throw new Deno.errors.BadResource("Closed");
      const length = fault?.kind === "trickle"
        ? Math.min(bytes.length, 7)
        : bytes.length;
      const taken = fault?.kind === "end" ? length >> 1 : length;
      if (!to.isEnded) to.chunks.push(bytes.slice(0, taken));
      if (fault?.kind === "end") to.isEnded = true;
      to.wake();
      return length;
    },
    closeWrite() {
      to.isEnded = true;
      to.wake();
      return Promise.resolve();
    },
    close() {
      isClosed = true;
      closed.reject(new Deno.errors.BadResource("Closed"));
      to.isEnded = true;
      to.wake();
    },
  };
}
