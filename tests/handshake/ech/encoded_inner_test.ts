/**
 * EncodedClientHelloInner (RFC 9849 section 5.1): each rule of it broken.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type TlsAlertName, TlsProtocolError } from "../../../errors.ts";
import {
  decodeInner,
  encodeInner,
} from "../../../handshake/ech/encoded_inner.ts";
import {
  OuterExtensions,
  RawClientHello,
} from "../../../handshake/messages/ech_client_hello.ts";
import { encode } from "../../../record/codec.ts";
import { ExtensionType } from "../../../registry.ts";
import { pattern } from "../../_pair.ts";

type Types = readonly (readonly [type: number, hex: string])[];

const { encrypted_client_hello, ech_outer_extensions, supported_versions } =
  ExtensionType;

const INNER: Types = [
  [encrypted_client_hello, "01"],
  [supported_versions, "020304"],
];

function hello(extensions: Types, legacySessionId = 0): RawClientHello {
  return {
    legacyVersion: 0x0303,
    random: pattern(32),
    legacySessionId: pattern(legacySessionId),
    cipherSuites: Uint8Array.of(0x13, 0x01),
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensions.map(([extensionType, hex]) => ({
      extensionType,
      extensionData: Uint8Array.fromHex(hex),
    })),
  };
}

/** `OuterExtensions` with these types. */
function referring(...types: number[]): readonly [number, string] {
  return [ech_outer_extensions, encode(OuterExtensions, types).toHex()];
}

const A = [0x1a1a, "aa"] as const;
const B = [0x2a2a, "bb"] as const;
const C = [0x3a3a, "cc"] as const;

const OUTER = encode(
  RawClientHello,
  hello([A, B, C, [encrypted_client_hello, "00"]], 32),
);

function open(extensions: Types, zeros = 0, padding = 0) {
  const encoded = encode(RawClientHello, hello(extensions));
  const padded = new Uint8Array(encoded.length + zeros).fill(padding);
  padded.set(encoded);
  return decodeInner(padded, OUTER);
}

Deno.test("decodeInner() puts extensions of ClientHelloOuter where they were", () => {
  for (
    const [types, expected] of [
      [[referring(A[0], C[0]), ...INNER], [A, C, ...INNER]],
      [[...INNER, referring(B[0])], [...INNER, B]],
      [[INNER[0], referring(A[0], B[0], C[0]), INNER[1]], [
        INNER[0],
        A,
        B,
        C,
        INNER[1],
      ]],
      [INNER, INNER],
    ] as [Types, Types][]
  ) {
    const { raw, hello: inner } = open(types, 7);
    const expectedRaw = encode(RawClientHello, hello(expected, 32));
    assertEquals(raw.subarray(4).toHex(), expectedRaw.toHex());
    assertEquals(inner.legacySessionId, pattern(32));
  }
});

Deno.test("encodeInner() is undone by decodeInner(), and pads to 32 bytes", () => {
  const inner = encode(RawClientHello, hello([B, C, ...INNER], 32));
  const raw = Uint8Array.of(1, 0, 0, inner.length, ...inner);
  for (const nameLength of [undefined, 0, 5, 200]) {
    const encoded = encodeInner(raw, new Set([B[0], C[0]]), {
      maximumNameLength: 20,
      nameLength,
    });
    assertEquals(encoded.length % 32, 0);
    assertEquals(decodeInner(encoded, OUTER).raw.toHex(), raw.toHex());
  }
  const lengths = [0, 20, 21, undefined].map((nameLength) =>
    encodeInner(raw, new Set(), { maximumNameLength: 20, nameLength }).length
  );
  // Section 6.1.3: without a name L + 9, which is more than any name has.
  const [none = 0, all = 0, , absent = 0] = lengths;
  assert(all <= none && none <= absent);
});

const rules: {
  name: string;
  alert: TlsAlertName;
  says: string;
  types: Types;
  zeros?: number;
  padding?: number;
}[] = [
  {
    name: "padding that is not 0",
    alert: "illegal_parameter",
    says: "padding",
    types: INNER,
    zeros: 3,
    padding: 1,
  },
  {
    name: "a reference to what is not there",
    alert: "illegal_parameter",
    says: "0x4a4a",
    types: [referring(0x4a4a), ...INNER],
  },
  {
    name: "a reference twice",
    alert: "illegal_parameter",
    says: "0x1a1a",
    types: [referring(A[0], A[0]), ...INNER],
  },
  {
    name: "references in another order",
    alert: "illegal_parameter",
    says: "0x1a1a",
    types: [referring(B[0], A[0]), ...INNER],
  },
  {
    name: "a reference to encrypted_client_hello",
    alert: "illegal_parameter",
    says: "encrypted_client_hello",
    types: [referring(encrypted_client_hello), ...INNER],
  },
  {
    name: "ech_outer_extensions twice",
    alert: "illegal_parameter",
    says: "twice",
    types: [referring(A[0]), referring(B[0]), ...INNER],
  },
  {
    name: "ech_outer_extensions with half a type",
    alert: "decode_error",
    says: "OuterExtensions",
    types: [[ech_outer_extensions, "031a1a1a"], ...INNER],
  },
  {
    name: "a reference to what is there itself",
    alert: "decode_error",
    says: "twice",
    types: [referring(A[0]), A, ...INNER],
  },
  {
    name: "no encrypted_client_hello",
    alert: "illegal_parameter",
    says: "of type inner",
    types: [[supported_versions, "020304"]],
  },
  {
    name: "encrypted_client_hello of type outer",
    alert: "illegal_parameter",
    says: "of type inner",
    types: [
      [encrypted_client_hello, "0000010001070000000100"],
      [supported_versions, "020304"],
    ],
  },
  {
    name: "encrypted_client_hello of another type",
    alert: "illegal_parameter",
    says: "ECHClientHello.type is 2",
    types: [[encrypted_client_hello, "02"], [supported_versions, "020304"]],
  },
  {
    name: "encrypted_client_hello of type inner with something in it",
    alert: "decode_error",
    says: "encrypted_client_hello",
    types: [[encrypted_client_hello, "0100"], [supported_versions, "020304"]],
  },
  {
    name: "TLS 1.2 beside TLS 1.3",
    alert: "illegal_parameter",
    says: "TLS 1.2",
    types: [[encrypted_client_hello, "01"], [supported_versions, "0403040303"]],
  },
  {
    name: "no supported_versions",
    alert: "illegal_parameter",
    says: "TLS 1.2",
    types: [[encrypted_client_hello, "01"]],
  },
];

for (const { name, alert, says, types, zeros, padding } of rules) {
  Deno.test(`decodeInner() refuses ${name}`, () => {
    assertRefused(alert, says, () => open(types, zeros, padding));
  });
}

Deno.test("decodeInner() refuses a legacy_session_id of its own", () => {
  const encoded = encode(RawClientHello, hello(INNER, 1));
  assertRefused(
    "illegal_parameter",
    "legacy_session_id",
    () => decodeInner(encoded, OUTER),
  );
});

Deno.test("decodeInner() refuses what ends early", () => {
  const encoded = encode(RawClientHello, hello([referring(A[0]), ...INNER]));
  for (let length = 0; length < encoded.length; length++) {
    assertRefused(
      "decode_error",
      "",
      () => decodeInner(encoded.subarray(0, length), OUTER),
    );
  }
});

function assertRefused(
  alert: TlsAlertName,
  says: string,
  decode: () => unknown,
): void {
  try {
    decode();
  } catch (error) {
    assert(error instanceof TlsProtocolError, String(error));
    assertEquals(error.alert, alert, error.message);
    assertStringIncludes(error.message, says);
    return;
  }
  throw new Error("It was accepted");
}
