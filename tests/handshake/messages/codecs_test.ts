/**
 * What holds for every codec of `handshake/messages/`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { TlsError, TlsProtocolError } from "../../../errors.ts";
import { type Codec, decode, encode } from "../../../record/codec.ts";
import { ClientHello } from "../../../handshake/messages/client_hello.ts";
import { ServerHello } from "../../../handshake/messages/server_hello.ts";
import { type Sample, samples } from "./_samples.ts";

const folder = new URL("../../../handshake/messages/", import.meta.url);

function isCodec(value: unknown): value is Codec<unknown> {
  return typeof value === "object" && value !== null &&
    "read" in value && "write" in value;
}

/** The codecs that the files of the folder export, with their names. */
async function exportedCodecs(): Promise<Map<string, Codec<unknown>>> {
  const codecs = new Map<string, Codec<unknown>>();
  for await (const file of Deno.readDir(folder)) {
    const module: Record<string, unknown> = await import(
      new URL(file.name, folder).href
    );
    for (const [name, value] of Object.entries(module)) {
      if (isCodec(value)) codecs.set(`${file.name} ${name}`, value);
    }
  }
  return codecs;
}

const codecs = await exportedCodecs();

Deno.test("every codec has samples", () => {
  assert(codecs.size > 40);
  const sampled = new Set(samples.map((sample) => sample.codec));
  assertEquals(
    [...codecs].filter(([_, codec]) => !sampled.has(codec))
      .map(([name]) => name),
    [],
  );
});

function forEverySample(
  check: (name: string, sample: Sample, value: unknown) => void,
): void {
  for (const [name, codec] of codecs) {
    for (const sample of samples.filter((sample) => sample.codec === codec)) {
      for (const value of sample.values) check(name, sample, value);
    }
  }
}

Deno.test("every codec decodes what it encodes", () => {
  forEverySample((name, { codec }, value) => {
    const encoded = encode(codec, value);
    const decoded = decode(codec, encoded, name);
    assertEquals(decoded, value, name);
    assertEquals(encode(codec, decoded), encoded, name);
  });
});

/** At most 300 lengths from 0, spread evenly, and all near the end. */
function prefixLengths(length: number): number[] {
  const step = Math.max(1, Math.floor(length / 250));
  return Array.from({ length }, (_, at) => at)
    .filter((at) => at % step === 0 || at > length - 50 || at < 100);
}

Deno.test("every codec refuses every prefix", () => {
  forEverySample((name, { codec, wholeAt }, value) => {
    const encoded = encode(codec, value);
    const allowed = new Set(wholeAt?.(encoded, value) ?? []);
    for (const length of prefixLengths(encoded.length)) {
      const prefix = encoded.subarray(0, length);
      if (allowed.has(length)) {
        decode(codec, prefix, name);
        continue;
      }
      const error = assertThrows(
        () => decode(codec, prefix, name),
        TlsProtocolError,
        undefined,
        `${name}, ${length} bytes of ${encoded.length}`,
      );
      assertEquals(error.alert, "decode_error", name);
    }
  });
});

Deno.test("every codec refuses a byte too many", () => {
  forEverySample((name, { codec, openEnded }, value) => {
    for (const extra of [0, 0xff]) {
      const longer = Uint8Array.of(...encode(codec, value), extra);
      if (openEnded?.(value)) {
        decode(codec, longer, name);
        continue;
      }
      const error = assertThrows(
        () => decode(codec, longer, name),
        TlsProtocolError,
        undefined,
        name,
      );
      assertEquals(error.alert, "decode_error", name);
    }
  });
});

/** Numbers below `limit`, the same ones on every run (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Where an empty vector of extensions may also be absent, and is left out. */
const mayLackExtensions = new Set<Codec<unknown>>([ClientHello, ServerHello]);

/** Decodes, or throws a TlsError; what decodes comes back if encoded. */
function survive(codec: Codec<unknown>, bytes: Uint8Array, name: string) {
  let value: unknown;
  try {
    value = decode(codec, bytes, name);
  } catch (error) {
    assertInstanceOf(error, TlsError, `${name}: ${bytes.toHex()}`);
    return false;
  }
  const encoded = encode(codec, value);
  const leftOut = mayLackExtensions.has(codec) &&
    encoded.length === bytes.length - 2;
  assertEquals(encoded.toHex() + (leftOut ? "0000" : ""), bytes.toHex(), name);
  return true;
}

Deno.test("every codec throws nothing but TlsError for random bytes", () => {
  const random = seeded(8446);
  for (const [name, codec] of codecs) {
    for (let run = 0; run < 300; run++) {
      const bytes = Uint8Array.from(
        { length: random(run) },
        () => random(4) === 0 ? random(256) : random(6),
      );
      survive(codec, bytes, name);
    }
  }
});

Deno.test("every codec throws nothing but TlsError for altered samples", () => {
  const random = seeded(5246);
  let decoded = 0;
  let refused = 0;
  forEverySample((name, { codec }, value) => {
    const encoded = encode(codec, value);
    for (let run = 0; run < 150 && encoded.length > 0; run++) {
      const altered = encoded.slice();
      for (let change = random(3); change >= 0; change--) {
        const at = random(Math.min(altered.length, 400));
        altered[at] = random(2) ? random(256) : (altered[at] as number) + 1;
      }
      if (survive(codec, altered, name)) decoded++;
      else refused++;
    }
  });
  assert(decoded > 1000, `${decoded} decoded`);
  assert(refused > 1000, `${refused} refused`);
});
