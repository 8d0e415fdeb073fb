/**
 * Targets: streams of protected records that somebody changes. Whatever he
 * does, what is read is what was written, up to where the change is noticed.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { aes128gcm, chacha20poly1305 } from "../../crypto/primitives/aead.ts";
import {
  type CipherSuite,
  defaultTls12CipherSuites,
  oldVersionCipherSuites,
} from "../../crypto/suites/cipher_suites.ts";
import { weakCipherSuites } from "../../crypto/suites/weak_cipher_suites.ts";
import { TlsError } from "../../errors.ts";
import { RecordLayer } from "../../record/layer.ts";
import {
  noProtection,
  type RecordProtection,
} from "../../record/protection.ts";
import {
  protectTls12,
  writeKeyLengths,
} from "../../record/protection_tls12.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { mutations } from "../_mutate.ts";
import { partition, pick, type Random, someBytes } from "./_random.ts";
import type { Target } from "./_target.ts";

/** A form of protection, made anew for each end of each stream. */
interface Form {
  readonly name: string;
  readonly version: number;
  readonly make: () => Promise<RecordProtection>;
}

const zeros = (length: number) => new Uint8Array(length);

function tls12Form(
  name: string,
  suite: CipherSuite | undefined,
  version: keyof typeof ProtocolVersion,
  encryptThenMac = false,
): Form {
  if (suite === undefined) throw new TypeError(`There is no suite for ${name}`);
  const { cipher } = suite;
  const lengths = writeKeyLengths(cipher, ProtocolVersion[version]);
  const keys = {
    macKey: zeros(lengths.macKey),
    key: zeros(lengths.key),
    iv: zeros(lengths.iv),
  };
  const options = { version: ProtocolVersion[version], encryptThenMac };
  return {
    name,
    version: ProtocolVersion[version],
    make: async () => await protectTls12(cipher, keys, options),
  };
}

const forms: readonly Form[] = [
  {
    name: "TLS 1.3 AES-GCM",
    version: ProtocolVersion["TLSv1.3"],
    make: async () =>
      await protectTls13(aes128gcm, { key: zeros(16), iv: zeros(12) }),
  },
  {
    name: "TLS 1.3 ChaCha20",
    version: ProtocolVersion["TLSv1.3"],
    make: async () =>
      await protectTls13(chacha20poly1305, { key: zeros(32), iv: zeros(12) }),
  },
  tls12Form("TLS 1.2 AES-GCM", defaultTls12CipherSuites[0], "TLSv1.2"),
  tls12Form(
    "TLS 1.2 ChaCha20",
    defaultTls12CipherSuites.find(({ name }) => name.includes("CHACHA20")),
    "TLSv1.2",
  ),
  tls12Form(
    "TLS 1.2 RC4",
    weakCipherSuites.TLS_RSA_WITH_RC4_128_SHA,
    "TLSv1.2",
  ),
  tls12Form("TLS 1.2 CBC", oldVersionCipherSuites[0], "TLSv1.2"),
  tls12Form("TLS 1.2 CBC, EtM", oldVersionCipherSuites[0], "TLSv1.2", true),
  tls12Form("TLS 1.1 CBC", oldVersionCipherSuites[0], "TLSv1.1"),
  tls12Form("TLS 1.0 CBC", oldVersionCipherSuites[0], "TLSv1"),
];

const plain: Form = {
  name: "no protection",
  version: ProtocolVersion["TLSv1.2"],
  make: () => Promise.resolve(noProtection),
};

/** What a stream is made of. */
async function writeStream(form: Form, contents: readonly Uint8Array[]) {
  const written: Uint8Array[] = [];
  const layer = new RecordLayer({
    source: { read: () => Promise.resolve(null) },
    sink: { write: (bytes) => void written.push(bytes.slice()) as never },
  });
  layer.setVersion(form.version);
  layer.writer.setProtection(await form.make());
  const type = form === plain
    ? ContentType.handshake
    : ContentType.application_data;
  for (const content of contents) {
    layer.writer.write(type, content);
    await layer.writer.flush();
  }
  return written;
}

async function readStream(form: Form, pieces: readonly Uint8Array[]) {
  const left = pieces.filter(({ length }) => length > 0);
  const layer = new RecordLayer({
    source: {
      read(into) {
        const piece = left[0];
        if (piece === undefined) return Promise.resolve(null);
        const part = piece.subarray(0, into.length);
        into.set(part);
        if (part.length === piece.length) left.shift();
        else left[0] = piece.subarray(part.length);
        return Promise.resolve(part.length);
      },
    },
    sink: { write: () => Promise.resolve() },
  });
  layer.setVersion(form.version);
  layer.reader.setProtection(await form.make());
  const received: Uint8Array[] = [];
  try {
    for (;;) {
      const fragment = await layer.reader.read();
      if (fragment === undefined) return { received, end: "end" };
      received.push(fragment.bytes);
    }
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return { received, end: endOf(error) };
  }
}

/**
 * How reading ended. What bytes are taken for that are no record depends on how
 * many of them have come; the alert to the peer does not.
 */
function endOf(error: TlsError): string {
  return error.firstBytes === undefined
    ? `${error.code} ${error.message}`
    : `no record: ${error.alert}`;
}

/** Changes the order or number of writes, or bytes of one. */
function disturb(written: Uint8Array[], random: Random): Uint8Array {
  const at = random(written.length);
  const chosen = written[at] ?? zeros(5);
  switch (random(7)) {
    case 0:
      written.splice(at, 1);
      break;
    case 1:
      written.splice(at, 0, chosen);
      break;
    case 2:
      written.reverse();
      break;
    case 3:
      return concat(written).subarray(0, random(concat(written).length));
    case 4:
      break;
    default: {
      const [changed] = mutations([chosen], 1, random(2 ** 31));
      written[at] = changed ?? chosen;
    }
  }
  return concat(written);
}

function recordTarget(form: Form): Target {
  return {
    name: `records, ${form.name}`,
    weight: form === plain ? 10 : 6,
    async run(random) {
      const contents = Array.from(
        { length: 1 + random(5) },
        () => someBytes(random, 1 + random(pick([40, 300, 2000], random))),
      );
      const written = await writeStream(form, contents);
      const stream = disturb(written, random);
      const pieces = partition(stream, random);
      const { received, end } = await readStream(form, pieces);
      const sent = concat(contents).toHex();
      if (form !== plain && !sent.startsWith(concat(received).toHex())) {
        throw new Error("What was read is not what was written");
      }
      const whole = await readStream(form, [stream]);
      if (
        whole.end !== end ||
        concat(whole.received).toHex() !== concat(received).toHex()
      ) throw new Error(`Whole it ends ${whole.end}, in pieces ${end}`);
      return end.replaceAll(/[0-9a-f]{2,}|\d/g, "#");
    },
  };
}

/** All of them. */
export const recordTargets: readonly Target[] = [...forms, plain]
  .map(recordTarget);
