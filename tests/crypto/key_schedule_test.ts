import { assertEquals, assertNotEquals } from "@std/assert";
import { randomBytes } from "../../crypto/primitives/bytes.ts";
import { sha256, sha384 } from "../../crypto/primitives/hash.ts";
import {
  EarlySecret,
  exportKeyingMaterial,
  finishedVerifyData,
  nextApplicationTrafficSecret,
  resumptionPsk,
  trafficKeys,
} from "../../crypto/key_schedule.ts";

const bytes = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));
const AES_128_GCM = { keyLength: 16, nonceLength: 12 };

// RFC 8448 section 3, "Simple 1-RTT Handshake": hashes of its messages.
const HELLOS = bytes(
  "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8",
);
const CERTIFICATE_VERIFY = bytes(
  "edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed",
);
const SERVER_FINISHED = bytes(
  "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13",
);
const CLIENT_FINISHED = bytes(
  "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d",
);
const SHARED_SECRET = bytes(
  "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d",
);

Deno.test("EarlySecret and its stages match RFC 8448 section 3", () => {
  const handshake = new EarlySecret(sha256).handshakeSecret(SHARED_SECRET);
  const client = handshake.clientHandshakeTrafficSecret(HELLOS);
  const server = handshake.serverHandshakeTrafficSecret(HELLOS);
  assertEquals(
    client.toHex(),
    "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
  );
  assertEquals(
    server.toHex(),
    "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
  );
  assertEquals(trafficKeys(sha256, server, AES_128_GCM), {
    key: bytes("3fce516009c21727d0f2e4e86ee403bc"),
    iv: bytes("5d313eb2671276ee13000b30"),
  });
  assertEquals(trafficKeys(sha256, client, AES_128_GCM), {
    key: bytes("dbfaa693d1762c5b666af5d950258d01"),
    iv: bytes("5bd3c71b836e0b76bb73265f"),
  });
  assertEquals(
    finishedVerifyData(sha256, server, CERTIFICATE_VERIFY).toHex(),
    "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718",
  );
  assertEquals(
    finishedVerifyData(sha256, client, SERVER_FINISHED).toHex(),
    "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61",
  );
});

Deno.test("MasterSecret matches RFC 8448 section 3", () => {
  const master = new EarlySecret(sha256).handshakeSecret(SHARED_SECRET)
    .masterSecret();
  const client = master.clientApplicationTrafficSecret(SERVER_FINISHED);
  const server = master.serverApplicationTrafficSecret(SERVER_FINISHED);
  assertEquals(
    client.toHex(),
    "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
  );
  assertEquals(
    server.toHex(),
    "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
  );
  assertEquals(trafficKeys(sha256, server, AES_128_GCM), {
    key: bytes("9f02283b6c9c07efc26bb9f2ac92e356"),
    iv: bytes("cf782b88dd83549aadf1e984"),
  });
  assertEquals(trafficKeys(sha256, client, AES_128_GCM), {
    key: bytes("17422dda596ed5d9acd890e3c63f5051"),
    iv: bytes("5b78923dee08579033e523d9"),
  });
  const resumption = master.resumptionMasterSecret(CLIENT_FINISHED);
  assertEquals(
    resumption.toHex(),
    "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c",
  );
  assertEquals(
    resumptionPsk(sha256, resumption, bytes("0000")).toHex(),
    "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3",
  );
});

Deno.test("exportKeyingMaterial() matches Botan for RFC 8448", () => {
  const exporter = new EarlySecret(sha256).handshakeSecret(SHARED_SECRET)
    .masterSecret().exporterMasterSecret(SERVER_FINISHED);
  assertEquals(
    exporter.toHex(),
    "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
  );
  const context = new TextEncoder().encode("rfc8448_rtt1");
  const exported = (...args: [string, Uint8Array | undefined, number]) =>
    exportKeyingMaterial(sha256, exporter, ...args);
  assertEquals(
    exported("export_test_label", context, 16).toHex(),
    "f20058a65ce0430a197944c812431c2d",
  );
  // Section 7.5: no context is the same as an empty one.
  assertEquals(
    exported("label", undefined, 70),
    exported("label", new Uint8Array(), 70),
  );
  assertNotEquals(exported("label", undefined, 32), exported("x", context, 32));
});

Deno.test("EarlySecret with a PSK matches RFC 8448 section 4", () => {
  const early = new EarlySecret(
    sha256,
    bytes("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"),
  );
  const partialHello = bytes(
    "63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14",
  );
  assertEquals(
    early.binder("resumption", partialHello).toHex(),
    "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d",
  );
  assertNotEquals(
    early.binder("external", partialHello),
    early.binder("resumption", partialHello),
  );
  const hello = bytes(
    "08ad0fa05d7c7233b1775ba2ff9f4c5b8b59276b7f227f13a976245f5d960913",
  );
  assertEquals(
    early.clientEarlyTrafficSecret(hello).toHex(),
    "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62",
  );
  assertEquals(
    early.earlyExporterMasterSecret(hello).toHex(),
    "b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df",
  );
});

/** Section 7.1 from WebCrypto's HKDF and HMAC, label by label. */
class Reference {
  constructor(readonly hash: "SHA-256" | "SHA-384") {}

  async hmac(
    key: Uint8Array<ArrayBuffer>,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const imported = await crypto.subtle.importKey(
      "raw",
      key,
      { name: "HMAC", hash: this.hash },
      false,
      ["sign"],
    );
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
  }

  expand(
    secret: Uint8Array<ArrayBuffer>,
    label: string,
    context: Uint8Array = new Uint8Array(),
    length: number = secret.length,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const name = new TextEncoder().encode(`tls13 ${label}`);
    const info = [length >> 8, length & 255, name.length, ...name]
      .concat(context.length, ...context, 1);
    return this.hmac(secret, new Uint8Array(info)).then((all) =>
      all.slice(0, length)
    );
  }
}

for (const hash of [sha256, sha384]) {
  const name = hash.name as "SHA-256" | "SHA-384";
  Deno.test(`key schedule with ${name} equals one on WebCrypto`, async () => {
    const reference = new Reference(name);
    const random = () => randomBytes(hash.length);
    const psk = random(), shared = randomBytes(56), transcript = random();
    const empty = new Uint8Array(hash.digest(new Uint8Array()));
    const zeros = new Uint8Array(hash.length);
    const earlySecret = await reference.hmac(zeros, psk);
    const handshakeSecret = await reference.hmac(
      await reference.expand(earlySecret, "derived", empty),
      shared,
    );
    const masterSecret = await reference.hmac(
      await reference.expand(handshakeSecret, "derived", empty),
      zeros,
    );
    const early = new EarlySecret(hash, psk);
    const handshake = early.handshakeSecret(shared);
    const master = handshake.masterSecret();
    const derived: [Uint8Array, Uint8Array<ArrayBuffer>, string][] = [
      [early.clientEarlyTrafficSecret(transcript), earlySecret, "c e traffic"],
      [
        early.earlyExporterMasterSecret(transcript),
        earlySecret,
        "e exp master",
      ],
      [
        handshake.clientHandshakeTrafficSecret(transcript),
        handshakeSecret,
        "c hs traffic",
      ],
      [
        handshake.serverHandshakeTrafficSecret(transcript),
        handshakeSecret,
        "s hs traffic",
      ],
      [
        master.clientApplicationTrafficSecret(transcript),
        masterSecret,
        "c ap traffic",
      ],
      [
        master.serverApplicationTrafficSecret(transcript),
        masterSecret,
        "s ap traffic",
      ],
      [master.exporterMasterSecret(transcript), masterSecret, "exp master"],
      [master.resumptionMasterSecret(transcript), masterSecret, "res master"],
    ];
    for (const [ours, secret, label] of derived) {
      assertEquals(
        ours,
        await reference.expand(secret, label, transcript),
        label,
      );
    }
    for (const kind of ["external", "resumption"] as const) {
      const label = kind === "external" ? "ext binder" : "res binder";
      const binderKey = await reference.expand(earlySecret, label, empty);
      const finishedKey = await reference.expand(binderKey, "finished");
      assertEquals(
        early.binder(kind, transcript),
        await reference.hmac(finishedKey, transcript),
      );
    }
    const secret = random();
    assertEquals(
      nextApplicationTrafficSecret(hash, secret),
      await reference.expand(secret, "traffic upd"),
    );
    assertEquals(
      resumptionPsk(hash, secret, randomBytes(0)),
      await reference.expand(secret, "resumption"),
    );
    assertEquals(
      trafficKeys(hash, secret, { keyLength: 32, nonceLength: 12 }),
      {
        key: await reference.expand(secret, "key", undefined, 32),
        iv: await reference.expand(secret, "iv", undefined, 12),
      },
    );
  });
}

Deno.test("EarlySecret handshakeSecret() without (EC)DHE is one of zeros", () => {
  const early = new EarlySecret(sha384, randomBytes(48));
  const transcript = randomBytes(48);
  assertEquals(
    early.handshakeSecret().clientHandshakeTrafficSecret(transcript),
    early.handshakeSecret(new Uint8Array(48))
      .clientHandshakeTrafficSecret(transcript),
  );
});
