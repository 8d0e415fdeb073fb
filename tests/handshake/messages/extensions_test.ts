import { assert, assertEquals, assertThrows } from "@std/assert";
import { type TlsAlertName, TlsProtocolError } from "../../../errors.ts";
import {
  type ExtensionMessage,
  extensions,
  type OtherExtensions,
  refuseMisplaced,
  refuseUnsolicited,
  trailingExtensions,
  typesOf,
} from "../../../handshake/messages/extensions.ts";
import { type Codec, decode, encode } from "../../../record/codec.ts";
import { ExtensionType } from "../../../registry.ts";

type Name = keyof typeof ExtensionType;

/** "SH12" is the ServerHello of TLS 1.2. */
type Place = "CH" | "SH" | "SH12" | "HRR" | "EE" | "CR" | "CT" | "NST";

const messages: Record<Place, ExtensionMessage> = {
  CH: "ClientHello",
  SH: "ServerHello",
  SH12: "ServerHello",
  HRR: "HelloRetryRequest",
  EE: "EncryptedExtensions",
  CR: "CertificateRequest",
  CT: "Certificate",
  NST: "NewSessionTicket",
};
const places = Object.keys(messages) as Place[];

/** In wire form and as decoded, for the messages that have it in that form. */
interface Form {
  in: Place[];
  hex: string;
  value: unknown;
}

const hex = (digits: string) => Uint8Array.fromHex(digits);

/**
 * The table of RFC 9846 section 4.3 and what other RFCs add to it, with a
 * value for each form, written by hand.
 */
const table: { [K in Name]?: Form[] } = {
  server_name: [
    {
      in: ["CH"],
      hex: "0006 00 0003 61 2e 62",
      value: [{ nameType: 0, hostName: hex("612e62") }],
    },
    { in: ["EE", "SH12"], hex: "", value: true },
  ],
  max_fragment_length: [{ in: ["CH", "EE", "SH12"], hex: "02", value: 2 }],
  status_request: [
    {
      in: ["CH", "CR"],
      hex: "01 0004 0002 abcd 0001 ef",
      value: {
        statusType: 1,
        responderIdList: [hex("abcd")],
        requestExtensions: hex("ef"),
      },
    },
    { in: ["CR", "SH12"], hex: "", value: true },
    {
      in: ["CT"],
      hex: "01 000002 3000",
      value: { statusType: 1, response: hex("3000") },
    },
  ],
  supported_groups: [
    { in: ["CH", "EE", "SH12"], hex: "0004 11ec 001d", value: [0x11ec, 29] },
  ],
  ec_point_formats: [{ in: ["CH", "SH12"], hex: "02 0001", value: [0, 1] }],
  signature_algorithms: [
    { in: ["CH", "CR"], hex: "0004 0403 0804", value: [0x0403, 0x0804] },
  ],
  application_layer_protocol_negotiation: [
    { in: ["CH"], hex: "0005 02 6832 01 78", value: [hex("6832"), hex("78")] },
    { in: ["EE", "SH12"], hex: "0003 02 6832", value: [hex("6832")] },
  ],
  signed_certificate_timestamp: [
    { in: ["CH", "CR"], hex: "", value: true },
    { in: ["CT", "SH12"], hex: "0004 0002 00aa", value: [hex("00aa")] },
  ],
  client_certificate_type: [
    { in: ["CH"], hex: "02 0200", value: [2, 0] },
    { in: ["EE", "SH12"], hex: "02", value: 2 },
  ],
  server_certificate_type: [
    { in: ["CH"], hex: "01 02", value: [2] },
    { in: ["EE", "SH12"], hex: "00", value: 0 },
  ],
  padding: [{ in: ["CH"], hex: "0000 00", value: hex("000000") }],
  encrypt_then_mac: [{ in: ["CH", "SH12"], hex: "", value: true }],
  extended_main_secret: [{ in: ["CH", "SH12"], hex: "", value: true }],
  compress_certificate: [
    { in: ["CH", "CR"], hex: "04 0001 0002", value: [1, 2] },
  ],
  record_size_limit: [{ in: ["CH", "EE", "SH12"], hex: "4001", value: 16385 }],
  tls_cert_with_extern_psk: [{ in: ["CH", "SH"], hex: "", value: true }],
  delegated_credential: [
    { in: ["CH", "CR"], hex: "0002 0403", value: [0x0403] },
    { in: ["CT"], hex: "0123", value: hex("0123") },
  ],
  session_ticket: [
    { in: ["CH"], hex: "ab", value: hex("ab") },
    { in: ["SH12"], hex: "", value: true },
  ],
  pre_shared_key: [
    {
      in: ["CH"],
      hex: `0007 0001 aa 01020304 0021 20 ${"bb".repeat(32)}`,
      value: {
        identities: [{ identity: hex("aa"), obfuscatedTicketAge: 0x01020304 }],
        binders: [hex("bb".repeat(32))],
      },
    },
    { in: ["SH"], hex: "0001", value: 1 },
  ],
  early_data: [
    { in: ["CH", "EE"], hex: "", value: true },
    { in: ["NST"], hex: "ffffffff", value: 0xffffffff },
  ],
  supported_versions: [
    { in: ["CH"], hex: "04 0304 0303", value: [0x0304, 0x0303] },
    { in: ["SH", "HRR"], hex: "0304", value: 0x0304 },
  ],
  cookie: [{ in: ["CH", "HRR"], hex: "0001 aa", value: hex("aa") }],
  psk_key_exchange_modes: [{ in: ["CH"], hex: "01 01", value: [1] }],
  certificate_authorities: [
    { in: ["CH", "CR"], hex: "0004 0002 3000", value: [hex("3000")] },
  ],
  oid_filters: [{
    in: ["CR"],
    hex: "0006 01 aa 0002 bbcc",
    value: [{
      certificateExtensionOid: hex("aa"),
      certificateExtensionValues: hex("bbcc"),
    }],
  }],
  ticket_request: [
    {
      in: ["CH"],
      hex: "05 01",
      value: { newSessionCount: 5, resumptionCount: 1 },
    },
    { in: ["EE"], hex: "05", value: 5 },
  ],
  post_handshake_auth: [{ in: ["CH"], hex: "", value: true }],
  signature_algorithms_cert: [
    { in: ["CH", "CR"], hex: "0002 0807", value: [0x0807] },
  ],
  key_share: [
    {
      in: ["CH"],
      hex: "0005 001d 0001 aa",
      value: [{ group: 29, keyExchange: hex("aa") }],
    },
    {
      in: ["SH"],
      hex: "001d 0001 aa",
      value: { group: 29, keyExchange: hex("aa") },
    },
    { in: ["HRR"], hex: "0017", value: 23 },
  ],
  ech_outer_extensions: [],
  encrypted_client_hello: [
    { in: ["CH"], hex: "00aa", value: hex("00aa") },
    { in: ["HRR"], hex: "0001020304050607", value: hex("0001020304050607") },
    {
      in: ["EE"],
      hex: "000a fe0d 0001 aa 0a0a 0001 bb",
      value: [
        { version: 0xfe0d, contents: hex("aa") },
        { version: 0x0a0a, contents: hex("bb") },
      ],
    },
  ],
  renegotiation_info: [
    { in: ["CH", "SH12"], hex: "01 aa", value: hex("aa") },
  ],
};

const names = Object.keys(table) as Name[];

/** One extension on the wire. */
function wire(type: number, data: string): string {
  const digits = data.replaceAll(" ", "");
  return uint16(type) + uint16(digits.length / 2) + digits;
}

function uint16(value: number): string {
  return value.toString(16).padStart(4, "0");
}

function vector(...items: string[]): Uint8Array {
  const content = items.join("");
  return hex(uint16(content.length / 2) + content);
}

type Decoded = OtherExtensions & Record<string, unknown>;

function codecFor(message: ExtensionMessage): Codec<Decoded> {
  return extensions(message) as Codec<Decoded>;
}

function read(message: ExtensionMessage, ...items: string[]): Decoded {
  return decode(codecFor(message), vector(...items), message);
}

function assertAlert(
  alert: TlsAlertName,
  call: () => unknown,
  note?: string,
): void {
  const error = assertThrows(call, TlsProtocolError, undefined, note);
  assertEquals(error.alert, alert, note);
}

Deno.test("extensions() codes every form of every extension", () => {
  for (const name of names) {
    const type = ExtensionType[name];
    for (const form of table[name] ?? []) {
      for (const place of form.in) {
        const message = messages[place];
        const note = `${name} in ${place}`;
        const expected = { [name]: form.value, unknown: [], order: [type] };
        assertEquals(read(message, wire(type, form.hex)), expected, note);
        const encoded = encode(codecFor(message), { [name]: form.value });
        assertEquals(encoded, vector(wire(type, form.hex)), note);
      }
    }
  }
});

Deno.test("extensions() refuses an extension where it has no place", () => {
  let refused = 0;
  for (const name of names) {
    const allowed = (table[name] ?? []).flatMap((form) => form.in)
      .map((place) => messages[place]);
    for (const message of new Set(Object.values(messages))) {
      if (allowed.includes(message)) continue;
      assertAlert(
        "illegal_parameter",
        () => {
          const received = read(message, wire(ExtensionType[name], ""));
          // A ServerHello says its version inside.
          assertEquals(message, "ServerHello");
          refuseMisplaced(received, "TLSv1.3 ServerHello");
        },
        `${name} in ${message}`,
      );
      assertThrows(
        () => encode(codecFor(message), { [name]: true }),
        TypeError,
        "no place",
      );
      refused++;
    }
  }
  assert(refused > 100);
});

Deno.test("extensions() knows every extension of the registry, or keeps it", () => {
  for (const [name, type] of Object.entries(ExtensionType)) {
    if (name in table) continue;
    for (const message of Object.values(messages)) {
      assertEquals(read(message, wire(type, "00")), {
        unknown: [{ extensionType: type, extensionData: hex("00") }],
        order: [type],
      });
    }
  }
});

Deno.test("extensions() refuses bytes after a value, and a value cut short", () => {
  for (const name of names) {
    for (const form of table[name] ?? []) {
      const digits = form.hex.replaceAll(" ", "");
      for (const place of form.in) {
        const message = messages[place];
        const type = ExtensionType[name];
        const note = `${name} in ${place}`;
        const opaque = digits !== "" &&
          form.value instanceof Uint8Array &&
          form.value.length === digits.length / 2;
        if (opaque) continue; // any bytes are a value
        // An empty status_request in a CertificateRequest may also be full.
        const other = name === "status_request" && place === "CR";
        assertAlert(
          "decode_error",
          () => read(message, wire(type, digits + (other ? "01" : "00"))),
          note,
        );
        if (digits === "") continue;
        assertAlert(
          "decode_error",
          () => read(message, wire(type, digits.slice(0, -2))),
          note,
        );
      }
    }
  }
});

Deno.test("extensions() refuses one that is there twice", () => {
  const alerts: Record<ExtensionMessage, TlsAlertName> = {
    ClientHello: "decode_error",
    ServerHello: "decode_error",
    EncryptedExtensions: "decode_error",
    HelloRetryRequest: "illegal_parameter",
    CertificateRequest: "illegal_parameter",
    Certificate: "illegal_parameter",
    NewSessionTicket: "illegal_parameter",
  };
  for (const place of places) {
    const message = messages[place];
    const alert = alerts[message];
    const unknown = wire(0xffff, "");
    assertAlert(alert, () => read(message, unknown, unknown), message);
    const known = names.flatMap((name) =>
      (table[name] ?? []).filter((form) => form.in.includes(place))
        .map((form) => wire(ExtensionType[name], form.hex))
    );
    for (const item of known) {
      assertAlert(alert, () => read(message, item, unknown, item), message);
    }
  }
});

Deno.test("extensions() refuses a vector out of its bounds", () => {
  const request = extensions("HelloRetryRequest", 6);
  assertAlert("decode_error", () => decode(request, hex("0000"), "HRR"));
  assertThrows(() => encode(request, {}), RangeError);
  const ticket = extensions("NewSessionTicket", 0, 4);
  assertAlert(
    "decode_error",
    () => decode(ticket, vector(wire(0xffff, "00")), "NST"),
  );
});

Deno.test("extensions() keeps what it does not know, and the order", () => {
  const items = [
    wire(0x1a1a, ""),
    wire(ExtensionType.key_share, "0005 001d 0001 aa"),
    wire(0xfafa, "00"),
    wire(ExtensionType.supported_versions, "02 0304"),
  ];
  const decoded = read("ClientHello", ...items);
  assertEquals(decoded.unknown, [
    { extensionType: 0x1a1a, extensionData: hex("") },
    { extensionType: 0xfafa, extensionData: hex("00") },
  ]);
  assertEquals(decoded.order, [0x1a1a, 51, 0xfafa, 43]);
  assertEquals(typesOf(decoded), [0x1a1a, 51, 0xfafa, 43]);
  assertEquals(encode(codecFor("ClientHello"), decoded), vector(...items));
});

Deno.test("extensions() encodes in key order, then unknown ones, then the PSK", () => {
  const binder = new Uint8Array(32);
  const encoded = encode(extensions("ClientHello"), {
    unknown: [{ extensionType: 0x1a1a, extensionData: new Uint8Array() }],
    pre_shared_key: {
      identities: [{ identity: hex("aa"), obfuscatedTicketAge: 0 }],
      binders: [binder],
    },
    supported_versions: [0x0304],
    cookie: undefined,
    early_data: true,
  });
  assertEquals(
    decode(extensions("ClientHello"), encoded, "ClientHello").order,
    [43, 42, 0x1a1a, 41],
  );
});

Deno.test("extensions() encodes in the given order, the PSK last nonetheless", () => {
  const encoded = encode(extensions("ClientHello"), {
    early_data: true,
    supported_versions: [0x0304],
    pre_shared_key: {
      identities: [{ identity: hex("aa"), obfuscatedTicketAge: 0 }],
      binders: [new Uint8Array(32)],
    },
    psk_key_exchange_modes: [1],
    order: [41, 43, 45],
  });
  assertEquals(
    decode(extensions("ClientHello"), encoded, "ClientHello").order,
    [43, 45, 42, 41],
  );
});

Deno.test("extensions() refuses a ClientHello whose PSK is not last", () => {
  const psk = table.pre_shared_key?.[0]?.hex ?? "";
  const items = [wire(41, psk), wire(0xffff, "")];
  assertAlert("illegal_parameter", () => read("ClientHello", ...items));
  read("ClientHello", ...items.reverse());
  // The rule is for the ClientHello alone.
  read("ServerHello", wire(41, "0000"), wire(43, "0304"));
});

Deno.test("extensions() refuses values that an RFC excludes", () => {
  const cases: [ExtensionMessage, Name, string, TlsAlertName, string][] = [
    [
      "ClientHello",
      "server_name",
      "0008 00 0001 61 00 0001 62",
      "illegal_parameter",
      "RFC 6066 section 3: two names of one type",
    ],
    ["ClientHello", "server_name", "0000", "decode_error", "no name"],
    ["ClientHello", "server_name", "0003 00 0000", "decode_error", "empty"],
    ["ClientHello", "max_fragment_length", "00", "illegal_parameter", "0"],
    ["ClientHello", "max_fragment_length", "05", "illegal_parameter", "5"],
    [
      "EncryptedExtensions",
      "record_size_limit",
      "003f",
      "illegal_parameter",
      "RFC 8449 section 4: less than 64",
    ],
    [
      "ClientHello",
      "application_layer_protocol_negotiation",
      "0004 00 02 6832",
      "decode_error",
      "RFC 7301 section 3.1: an empty name",
    ],
    [
      "ClientHello",
      "application_layer_protocol_negotiation",
      "0000",
      "decode_error",
      "no name",
    ],
    [
      "EncryptedExtensions",
      "application_layer_protocol_negotiation",
      "0004 01 61 01 62",
      "decode_error",
      "RFC 7301 section 3.1: two names selected",
    ],
    [
      "ClientHello",
      "key_share",
      "000a 001d 0001 aa 001d 0001 bb",
      "illegal_parameter",
      "RFC 9846 section 4.3.8: two shares for one group",
    ],
    ["ClientHello", "key_share", "0004 001d 0000", "decode_error", "empty"],
    [
      "ClientHello",
      "pre_shared_key",
      `000e ${"0001 aa 01020304".repeat(2)} 0021 20 ${"bb".repeat(32)}`,
      "illegal_parameter",
      "a binder too few",
    ],
    [
      "ClientHello",
      "pre_shared_key",
      `0007 0001 aa 01020304 0042 ${`20 ${"bb".repeat(32)}`.repeat(2)}`,
      "illegal_parameter",
      "a binder too many",
    ],
    [
      "ClientHello",
      "pre_shared_key",
      `0007 0001 aa 01020304 0021 1f ${"bb".repeat(31)} 00`,
      "decode_error",
      "a binder too short",
    ],
    ["ClientHello", "supported_groups", "0000", "decode_error", "none"],
    ["ClientHello", "supported_groups", "0003 001d 00", "decode_error", "odd"],
    ["ClientHello", "signature_algorithms", "0000", "decode_error", "none"],
    ["ClientHello", "supported_versions", "00", "decode_error", "none"],
    ["ClientHello", "supported_versions", "03 0304 03", "decode_error", "odd"],
    ["ClientHello", "psk_key_exchange_modes", "00", "decode_error", "none"],
    ["ClientHello", "ec_point_formats", "00", "decode_error", "none"],
    ["ClientHello", "compress_certificate", "00", "decode_error", "none"],
    ["HelloRetryRequest", "cookie", "0000", "decode_error", "empty"],
    [
      "CertificateRequest",
      "certificate_authorities",
      "0000",
      "decode_error",
      "none",
    ],
    [
      "Certificate",
      "signed_certificate_timestamp",
      "0000",
      "decode_error",
      "none",
    ],
    [
      "Certificate",
      "signed_certificate_timestamp",
      "0002 0000",
      "decode_error",
      "empty",
    ],
    ["Certificate", "status_request", "01 000000", "decode_error", "empty"],
  ];
  for (const [message, name, data, alert, why] of cases) {
    const type = ExtensionType[name];
    assertAlert(
      alert,
      () => read(message, wire(type, data)),
      `${name}: ${why}`,
    );
  }
});

Deno.test("trailingExtensions() treats an absent vector as an empty one", () => {
  const codec = trailingExtensions("ServerHello");
  const none = { unknown: [], order: [] };
  assertEquals(decode(codec, hex(""), "ServerHello"), none);
  assertEquals(decode(codec, hex("0000"), "ServerHello"), none);
  assertEquals(encode(codec, {}), hex(""));
  assertEquals(encode(codec, { session_ticket: undefined }), hex(""));
  assertEquals(
    encode(codec, { session_ticket: true }),
    vector(wire(ExtensionType.session_ticket, "")),
  );
  assertAlert("decode_error", () => decode(codec, hex("00"), "ServerHello"));
});

Deno.test("refuseMisplaced() distinguishes the ServerHello of the versions", () => {
  for (const name of names) {
    for (const place of ["SH", "SH12"] as const) {
      const form = table[name]?.find((form) => form.in.includes(place));
      if (form === undefined) continue;
      const hello = decode(
        extensions("ServerHello"),
        vector(wire(0xffff, ""), wire(ExtensionType[name], form.hex)),
        "ServerHello",
      );
      const check13 = () => refuseMisplaced(hello, "TLSv1.3 ServerHello");
      const check12 = () => refuseMisplaced(hello, "TLSv1.2 ServerHello");
      const [right, wrong] = place === "SH"
        ? [check13, check12]
        : [check12, check13];
      right();
      assertAlert("illegal_parameter", wrong, name);
    }
  }
});

Deno.test("an extension of no ServerHello is unsolicited or misplaced, as it was offered", () => {
  const received = read("ServerHello", wire(ExtensionType.padding, "00"));
  const { padding } = ExtensionType;
  assertAlert(
    "unsupported_extension",
    () => refuseUnsolicited([], received, "ServerHello"),
  );
  refuseUnsolicited([padding], received, "ServerHello");
  for (
    const version of ["TLSv1.2 ServerHello", "TLSv1.3 ServerHello"] as const
  ) {
    assertAlert("illegal_parameter", () => refuseMisplaced(received, version));
  }
});

Deno.test("refuseUnsolicited() refuses what was not offered", () => {
  const received = read("EncryptedExtensions", wire(0, ""), wire(42, ""));
  refuseUnsolicited([42, 0, 10], received, "EncryptedExtensions");
  const refused = (offered: number[]) => () =>
    refuseUnsolicited(offered, received, "EncryptedExtensions");
  assertAlert("unsupported_extension", refused([0, 10]));
  assertAlert("unsupported_extension", refused([]));
  const error = assertThrows(refused([0]), TlsProtocolError);
  assertEquals(
    error.message,
    "Cannot accept EncryptedExtensions: extension early_data was not offered",
  );
});

Deno.test("refuseUnsolicited() lets a cookie pass in a HelloRetryRequest alone", () => {
  const received = read("HelloRetryRequest", wire(44, "0001aa"));
  refuseUnsolicited([], received, "HelloRetryRequest");
  assertAlert(
    "unsupported_extension",
    () => refuseUnsolicited([], received, "ServerHello"),
  );
  const other = read("HelloRetryRequest", wire(44, "0001aa"), wire(51, "0017"));
  assertAlert(
    "unsupported_extension",
    () => refuseUnsolicited([], other, "HelloRetryRequest"),
  );
});

Deno.test("refuseUnsolicited() refuses GREASE that was offered", () => {
  const received = read("EncryptedExtensions", wire(0x1a1a, ""));
  assertAlert(
    "unsupported_extension",
    () => refuseUnsolicited([0x1a1a], received, "EncryptedExtensions"),
  );
});

Deno.test("extensions() reads as many as a vector holds", () => {
  // Types 1000 to 17382 are unknown to us: 16383 extensions without data.
  const items = Array.from({ length: 16383 }, (_, at) => wire(1000 + at, ""));
  const decoded = read("ClientHello", ...items);
  assertEquals(decoded.unknown?.length, 16383);
  assertEquals(encode(codecFor("ClientHello"), decoded), vector(...items));
});
