/**
 * Records to read, and readers for them.
 *
 * @module
 */

import type { Fragment, RecordProtection } from "../../record/protection.ts";
import { RecordReader } from "../../record/reader.ts";
import { Share } from "../../record/share.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { PieceSource, record } from "./_ends.ts";

const { application_data } = ContentType;
const { "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;

/** All fragments up to the end. */
export async function readAll(reader: RecordReader): Promise<Fragment[]> {
  const fragments: Fragment[] = [];
  for (;;) {
    const fragment = await reader.read();
    if (fragment === undefined) return fragments;
    fragments.push(fragment);
  }
}

/** Records of TLS 1.3 with these contents, one after another. */
export async function sealAll(
  contents: readonly Uint8Array[],
  protection: RecordProtection,
  type: number = application_data,
): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const content of contents) {
    records.push(await record(protection.seal(type, content, TLS12)));
  }
  return records;
}

/** Contents that differ. */
export function contents(count: number, length = 100): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, at) => new Uint8Array(length).fill(at),
  );
}

/** A reader of TLS 1.3 behind its handshake. */
export function dataReader(
  pieces: readonly Uint8Array[],
  protection: RecordProtection,
  readShare: Share = new Share(),
): RecordReader {
  const reader = new RecordReader(new PieceSource(pieces), { readShare });
  reader.setVersion(TLS13);
  reader.setProtection(protection);
  reader.startReadAhead();
  return reader;
}
