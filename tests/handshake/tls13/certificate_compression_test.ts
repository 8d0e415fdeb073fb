/**
 * Compressed certificates (RFC 8879) between both sides, and what is refused.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { deflateSync } from "node:zlib";
import type { TlsAlertName } from "../../../errors.ts";
import { CompressedCertificate } from "../../../handshake/messages/compressed_certificate.ts";
import { frameMessage } from "../../../handshake/messages/framing.ts";
import {
  type CertificateCompressor,
  type ClientOptions,
  createContext,
  type HandshakeEvent,
  type ServerOptions,
} from "../../../mod.ts";
import { encode } from "../../../record/codec.ts";
import { HandshakeType } from "../../../registry.ts";
import type { Certificate } from "../../../x509/mod.ts";
import {
  assertRefused,
  hostileClient,
  hostileServer,
  type Mischief,
} from "../../_hostile_peer.ts";
import {
  certificate,
  connected,
  outcomes,
  pair,
  tlsError,
} from "../../_pair.ts";
import { assertSays } from "../_rules.ts";

/** The messages with certificates that a client writes and reads. */
async function certificateMessages(
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<
  { written: string[]; read: string[]; shown: readonly Certificate[] }
> {
  const written: string[] = [];
  const read: string[] = [];
  const onEvent = (event: HandshakeEvent) => {
    if (event.type !== "message") return;
    if (!/certificate$/.test(event.name)) return;
    (event.direction === "read" ? read : written).push(event.name);
  };
  await using ends = await connected({ ...forClient, onEvent }, forServer);
  const { peerCertificates } = ends.client.info;
  assertEquals(
    peerCertificates[0]?.raw,
    ends.server.info.localCertificate?.raw,
  );
  assertEquals(
    ends.server.info.peerCertificates[0]?.raw,
    ends.client.info.localCertificate?.raw,
  );
  assertEquals(ends.client.info.authorization.status, "verified");
  return { written, read, shown: peerCertificates };
}

const PLAIN = "certificate";
const COMPRESSED = "compressed_certificate";

for (const name of ["zlib", "brotli", "zstd"] as const) {
  Deno.test(`certificates of both sides are compressed with ${name}`, async () => {
    const { cert, key } = await certificate({ names: ["client.test"] });
    const certificateCompression = [name];
    const { written, read } = await certificateMessages(
      { certificateCompression, cert, key },
      { certificateCompression, clientAuth: "require" },
    );
    assertEquals({ written, read }, {
      written: [COMPRESSED],
      read: [COMPRESSED],
    });
  });
}

Deno.test("certificates are compressed after a HelloRetryRequest", async () => {
  const { read } = await certificateMessages(
    { certificateCompression: ["zlib"] },
    { certificateCompression: ["zlib"], helloRetry: "cookie" },
  );
  assertEquals(read, [COMPRESSED]);
});

Deno.test("certificates go as they are where the sides share no algorithm", async () => {
  for (
    const [ours, theirs] of [[["zlib"], []], [[], ["zlib"]], [["zlib"], [
      "brotli",
    ]]] as const
  ) {
    const { read } = await certificateMessages(
      { certificateCompression: ours },
      { certificateCompression: theirs },
    );
    assertEquals(read, [PLAIN], `${ours} and ${theirs}`);
  }
});

Deno.test("TLS 1.2 has no compression of certificates", async () => {
  const { read } = await certificateMessages(
    { certificateCompression: ["zlib"] },
    { certificateCompression: ["zlib"], maxVersion: "TLSv1.2" },
  );
  assertEquals(read, [PLAIN]);
});

Deno.test("a certificate that is asked for later goes as it is", async () => {
  const { cert, key } = await certificate({ names: ["client.test"] });
  const names: string[] = [];
  await using ends = await connected(
    { certificateCompression: ["zlib"], cert, key },
    {
      certificateCompression: ["zlib"],
      onEvent: (event) => {
        if (event.type === "message" && event.direction === "read") {
          names.push(event.name);
        }
      },
    },
  );
  const reading = ends.client.read(new Uint8Array(1));
  await ends.server.requestCertificate();
  assertEquals(names.filter((name) => /certificate$/.test(name)), [PLAIN]);
  await ends.server.write(new Uint8Array(1));
  assertEquals(await reading, 1);
});

/** An algorithm that adds a byte, and counts what it compressed. */
function counting(id: number) {
  const lengths: number[] = [];
  const compressor: CertificateCompressor = {
    id,
    compress: (message) => {
      lengths.push(message.length);
      return Promise.resolve(Uint8Array.of(7, ...message));
    },
    decompress: (compressed) => compressed.subarray(1),
  };
  return { lengths, compressor };
}

Deno.test("the order of the sender decides on the algorithm", async () => {
  const [a, b] = [counting(0xff11), counting(0xff12)];
  await certificateMessages(
    { certificateCompression: [a.compressor, b.compressor] },
    { certificateCompression: ["zlib", b.compressor, a.compressor] },
  );
  assertEquals([a.lengths.length, b.lengths.length], [0, 1]);
});

Deno.test("a compressed certificate is kept for what each client asks for", async () => {
  const { lengths, compressor } = counting(0xff13);
  const { identity } = await certificate();
  const signedCertificateTimestamps = [new Uint8Array(100)];
  const certificates = [{ ...identity, signedCertificateTimestamps }];
  const certificateCompression = [compressor];
  for (const requestScts of [true, false, true, false]) {
    await certificateMessages(
      { certificateCompression, requestScts },
      { certificateCompression, certificates, cert: undefined, key: undefined },
    );
  }
  assertEquals(lengths.length, 2);
});

Deno.test("an algorithm that gains nothing leaves the certificate as it is", async () => {
  const idle: CertificateCompressor = {
    id: 0xff14,
    compress: () => undefined,
    decompress: (compressed) => compressed,
  };
  const { read } = await certificateMessages(
    { certificateCompression: [idle] },
    { certificateCompression: [idle] },
  );
  assertEquals(read, [PLAIN]);
});

Deno.test("an algorithm that fails to compress fails the handshake by internal_error", async () => {
  const cause = new Error("out of order");
  const broken: CertificateCompressor = {
    id: 0xff15,
    compress: () => {
      throw cause;
    },
    decompress: (compressed) => compressed,
  };
  await using ends = await pair(
    { certificateCompression: [broken] },
    { certificateCompression: [broken] },
  );
  const { server } = await outcomes(ends);
  const error = tlsError(server);
  assertEquals(error.alert, "internal_error");
  assertEquals(error.cause, cause);
});

/** What a peer sends in place of its Certificate, of which it gets the body. */
type Instead = (body: Uint8Array) => CompressedCertificate;

function sending(instead: Instead): Mischief {
  return {
    message: ({ name, raw }) =>
      name === "certificate"
        ? frameMessage(
          HandshakeType.compressed_certificate,
          encode(CompressedCertificate, instead(raw.subarray(4))),
        )
        : undefined,
  };
}

function zlib(
  uncompressedLength: number,
  compressedCertificateMessage: Uint8Array,
  algorithm = 1,
): CompressedCertificate {
  return { algorithm, uncompressedLength, compressedCertificateMessage };
}

const KIB = 1024;

const rules: readonly {
  readonly name: string;
  readonly alert: TlsAlertName;
  readonly says: string;
  readonly instead: Instead;
}[] = [
  {
    name: "an algorithm that was not offered",
    alert: "illegal_parameter",
    says: "brotli was not offered",
    instead: (body) => zlib(body.length, deflateSync(body), 2),
  },
  {
    name: "an unknown algorithm",
    alert: "illegal_parameter",
    says: "0x04d2 was not offered",
    instead: (body) => zlib(body.length, deflateSync(body), 1234),
  },
  {
    name: "a length that is too short",
    alert: "bad_certificate",
    says: "cannot be decompressed",
    instead: (body) => zlib(body.length - 1, deflateSync(body)),
  },
  {
    name: "a length of 0",
    alert: "bad_certificate",
    says: "cannot be decompressed to 0 bytes",
    instead: (body) => zlib(0, deflateSync(body)),
  },
  {
    name: "a length that is too long",
    alert: "bad_certificate",
    says: "when decompressed, got",
    instead: (body) => zlib(body.length + 1, deflateSync(body)),
  },
  {
    name: "a length above maxCertificateSize",
    alert: "bad_certificate",
    says: `expected at most ${128 * KIB} bytes when decompressed, got 131073`,
    instead: () =>
      zlib(128 * KIB + 1, deflateSync(new Uint8Array(128 * KIB + 1))),
  },
  {
    name: "a bomb",
    alert: "bad_certificate",
    says: "cannot be decompressed",
    instead: () => zlib(128 * KIB, deflateSync(new Uint8Array(64 * KIB * KIB))),
  },
  {
    name: "what is not compressed",
    alert: "bad_certificate",
    says: "cannot be decompressed",
    instead: (body) => zlib(body.length, body),
  },
  {
    name: "compressed data that ends early",
    alert: "bad_certificate",
    says: "cannot be decompressed",
    instead: (body) => zlib(body.length, deflateSync(body).subarray(0, -5)),
  },
  {
    name: "bytes behind the compressed data",
    alert: "bad_certificate",
    says: "cannot be decompressed",
    instead: (body) =>
      zlib(body.length, Uint8Array.of(...deflateSync(body), 0)),
  },
  {
    name: "what decompresses to no Certificate",
    alert: "decode_error",
    says: "Cannot decode Certificate",
    instead: () => zlib(100, deflateSync(new Uint8Array(100).fill(1))),
  },
];

for (const { name, alert, says, instead } of rules) {
  const certificateCompression = ["zlib"] as const;

  Deno.test(`RFC 8879: a client refuses ${name}`, async () => {
    const error = await assertRefused(
      alert,
      await hostileServer(sending(instead), {
        client: { certificateCompression },
      }),
    );
    assertSays(error, { name, alert, says });
  });

  Deno.test(`RFC 8879: a server refuses ${name}`, async () => {
    const { cert, key } = await certificate({ names: ["client.test"] });
    const error = await assertRefused(
      alert,
      await hostileClient(sending(instead), {
        client: { cert, key },
        server: { certificateCompression, clientAuth: "require" },
      }),
    );
    assertSays(error, { name, alert, says });
  });
}

Deno.test("RFC 8879: a client that offers nothing takes no CompressedCertificate", async () => {
  await assertRefused(
    "unexpected_message",
    await hostileServer(
      sending((body) => zlib(body.length, deflateSync(body))),
    ),
  );
});

Deno.test("certificateCompression refuses what is no algorithm", () => {
  const use = (...certificateCompression: unknown[]) => () =>
    createContext({ certificateCompression } as ClientOptions);
  const [method] = [(bytes: Uint8Array) => bytes];
  const own = { id: 2, compress: method, decompress: method };
  assertThrows(use("gzip"), TypeError, `expected "zlib", "brotli", "zstd"`);
  assertThrows(use(undefined), TypeError, "certificateCompression");
  assertThrows(use(null), TypeError, "certificateCompression");
  assertThrows(use("zlib", "zlib"), TypeError, "is there twice");
  assertThrows(use("brotli", own), TypeError, "is there twice");
  assertThrows(use({ id: 5 }), TypeError, "compress, decompress");
  assertThrows(use({ ...own, id: 0 }), RangeError, "from 1 to 65535");
  assert(use("zlib", "brotli", "zstd", { ...own, id: 4 })());
});

Deno.test("certificateCompression refuses by name what the runtime lacks", () => {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule: (name: string) => unknown };
  };
  const { getBuiltinModule } = process;
  try {
    process.getBuiltinModule = () => undefined;
    for (const name of ["brotli", "zstd"] as const) {
      assertThrows(
        () => createContext({ certificateCompression: [name] }),
        TypeError,
        `this runtime has no ${name}`,
      );
    }
    assert(createContext({ certificateCompression: ["zlib"] }));
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});
