/**
 * All measurements, in the order of the table.
 *
 * @module
 */

import { dial, dialAsShipped, type Kind } from "./_ends.ts";
import {
  clientCpu,
  coldStart,
  echo,
  echoStream,
  growth,
  handshakeRate,
  idleMemory,
  parseCertificate,
  receiveRead,
  receiveStream,
  sendStream,
  sendWrite,
  serverCpu,
} from "./_measures.ts";

/** One measurement of either kind. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly more: boolean;
  /** What is asked for: of the native figure, or absolute. */
  readonly goal: string;
  /** The largest number of rounds, for slow rows. */
  readonly rounds?: number;
  /**
   * Measured in a process of its own, where nothing was before, with these
   * flags for V8.
   */
  readonly isolated?: readonly string[];
  /** What is compared. @default {["ours", "native"]} */
  readonly pair?: readonly [Kind, Kind];
  measure(kind: Kind): Promise<number | undefined>;
}

export const rows: readonly Row[] = [
  {
    name: "receive, streams",
    unit: "MiB/s",
    more: true,
    goal: "≥ 0.8, then 1.0 ×",
    measure: receiveStream,
  },
  {
    name: "receive, read()",
    unit: "MiB/s",
    more: true,
    goal: "",
    measure: receiveRead,
  },
  {
    name: "send, streams",
    unit: "MiB/s",
    more: true,
    goal: "≥ 0.4, then 0.55 ×",
    measure: sendStream,
  },
  {
    name: "send, write()",
    unit: "MiB/s",
    more: true,
    goal: "",
    measure: sendWrite,
  },
  {
    name: "echo of 64 bytes, read/write",
    unit: "µs",
    more: false,
    goal: "≤ 2, then 1.4 ×",
    measure: echo,
  },
  {
    name: "echo of 64 bytes, streams",
    unit: "µs",
    more: false,
    goal: "≤ 2 ×",
    measure: echoStream,
  },
  {
    name: "handshakes, one by one",
    unit: "/s",
    more: true,
    goal: "",
    measure: (kind) => handshakeRate(() => dial(kind), 60),
  },
  {
    name: "handshakes, against connectTls as shipped",
    unit: "/s",
    more: true,
    goal: "≥ 10 ×",
    rounds: 3,
    measure: (kind) =>
      handshakeRate(kind === "ours" ? () => dial(kind) : dialAsShipped, 15),
  },
  {
    name: "handshakes, 16 in flight",
    unit: "/s",
    more: true,
    goal: "",
    measure: (kind) => handshakeRate(() => dial(kind), 160, 16),
  },
  {
    name: "CPU of a client handshake",
    unit: "ms",
    more: false,
    goal: "≤ 2.2, then 1.8 ms",
    measure: clientCpu,
  },
  {
    name: "CPU of a server handshake",
    unit: "ms",
    more: false,
    goal: "≤ 1.6 ms",
    measure: serverCpu,
  },
  {
    name: "memory of an idle connection",
    unit: "KiB",
    more: false,
    goal: "≤ 120, then 80 KiB",
    rounds: 3,
    // A young generation that does not grow: up to 48 MiB of garbage, which
    // belong to the process, would count for connections.
    isolated: ["--min-semi-space-size=1", "--max-semi-space-size=1"],
    measure: idleMemory,
  },
  {
    name: "cold start to the first handshake",
    unit: "ms",
    more: false,
    goal: "≤ 90 ms",
    rounds: 3,
    measure: coldStart,
  },
  {
    name: "growth over 0.5 GiB",
    unit: "MiB",
    more: false,
    goal: "none",
    rounds: 1,
    isolated: [],
    measure: growth,
  },
  {
    name: "receive, TLS 1.2 against 1.3, GCM",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 GCM", "1.3 GCM"],
    measure: receiveStream,
  },
  {
    name: "receive, TLS 1.2 against 1.3, ChaCha20",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 ChaCha20", "1.3 ChaCha20"],
    measure: receiveStream,
  },
  {
    name: "send, TLS 1.2 against 1.3, GCM",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 GCM", "1.3 GCM"],
    measure: sendStream,
  },
  {
    name: "send, TLS 1.2 against 1.3, ChaCha20",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 ChaCha20", "1.3 ChaCha20"],
    measure: sendStream,
  },
  ...(["SHA-1", "SHA-256"] as const).flatMap((digest): Row[] => [
    {
      name: `receive, AES-128-CBC with ${digest} against GCM`,
      unit: "MiB/s",
      more: true,
      goal: "≥ 58 MiB/s",
      rounds: 3,
      pair: [`own peer, CBC with ${digest}`, "own peer, GCM"],
      measure: receiveStream,
    },
    {
      name: `send, AES-128-CBC with ${digest} against GCM`,
      unit: "MiB/s",
      more: true,
      goal: "≥ 58 MiB/s",
      rounds: 3,
      pair: [`own peer, CBC with ${digest}`, "own peer, GCM"],
      measure: sendStream,
    },
  ]),
  {
    name: "client CPU, TLS 1.2 against 1.3, x25519",
    unit: "ms",
    more: false,
    goal: "within 10 %",
    pair: ["1.2 x25519", "1.3 x25519"],
    measure: clientCpu,
  },
  {
    name: "parse a certificate",
    unit: "µs",
    more: false,
    goal: "≤ 60 µs",
    measure: parseCertificate,
  },
];
