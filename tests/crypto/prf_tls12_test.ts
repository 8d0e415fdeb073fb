import { concat } from "@std/bytes";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { randomBytes } from "../../crypto/primitives/bytes.ts";
import {
  md5,
  sha1,
  sha256,
  sha384,
  sha512,
} from "../../crypto/primitives/hash.ts";
import {
  exportKeyingMaterial,
  extendedMasterSecret,
  keyBlock,
  masterSecret,
  prfTls10,
  prfTls12,
  verifyData,
} from "../../crypto/prf_tls12.ts";

const bytes = (text: string) => Uint8Array.fromHex(text);
const text = (value: string) => new TextEncoder().encode(value);

// The vectors of the TLS working group's mailing list, msg03416.
const PRF = [
  {
    hash: sha256,
    secret: "9bbe436ba940f017b17652849a71db35",
    seed: "a0ba9f936cda311827a6f796ffd5198c",
    output: "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a" +
      "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab" +
      "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701" +
      "87347b66",
  },
  {
    hash: sha384,
    secret: "b80b733d6ceefcdc71566ea48e5567df",
    seed: "cd665cf6a8447dd6ff8b27555edb7465",
    output: "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd" +
      "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd" +
      "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425" +
      "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6" +
      "91c8f3a26854308d5eaa3be85e0990703d73e56f",
  },
];

for (const { hash, secret, seed, output } of PRF) {
  Deno.test(`prfTls12() with ${hash.name} returns the known output`, () => {
    const prf = prfTls12(hash);
    for (const length of [output.length / 2, 48, 12, 1, 0]) {
      assertEquals(
        prf(bytes(secret), "test label", bytes(seed), length).toHex(),
        output.slice(0, length * 2),
      );
    }
  });
}

// GnuTLS's values for TLS 1.0 with TLS_RSA_WITH_RC4_128_SHA, as in Go's tests.
const TLS10 = {
  preMasterSecret:
    "0302cac83ad4b1db3b9ab49ad05957de2a504a634a386fc600889321e1a971f5" +
    "7479466830ac3e6f468e87f5385fa0c5",
  clientRandom:
    "4ae66303755184a3917fcb44880605fcc53baa01912b22ed94473fc69cebd558",
  serverRandom:
    "4ae663020ec16e6bb5130be918cfcafd4d765979a3136a5d50c593446e4e44db",
  masterSecret:
    "3d851bab6e5556e959a16bc36d66cfae32f672bfa9ecdef6096cbb1b23472df1" +
    "da63dbbd9827606413221d149ed08ceb",
  clientWriteMacKey: "805aaa19b3d2c0a0759a4b6c9959890e08480119",
  serverWriteMacKey: "2d22f9fe519c075c16448305ceee209fc24ad109",
  clientWriteKey: "d50b5771244f850cd8117a9ccafe2cf1",
  serverWriteKey: "e076e33206b30507a85c32855acd0919",
  withContext:
    "4d1bb6fc278c37d27aa6e2a13c2e079095d143272c2aa939da33d88c1c0cec22",
  withoutContext:
    "93fba89599b6321ae538e27c6548ceb8b46821864318f5190d64a375e5d69d41",
};
const RANDOMS = {
  clientRandom: bytes(TLS10.clientRandom),
  serverRandom: bytes(TLS10.serverRandom),
};

Deno.test("prfTls10() returns GnuTLS's master secret, key block and export", () => {
  const master = masterSecret(
    prfTls10,
    bytes(TLS10.preMasterSecret),
    RANDOMS,
  );
  assertEquals(master.toHex(), TLS10.masterSecret);
  const block = keyBlock(prfTls10, master, RANDOMS, {
    macKeyLength: 20,
    encKeyLength: 16,
    fixedIvLength: 0,
  });
  assertEquals(block, {
    clientWriteMacKey: bytes(TLS10.clientWriteMacKey),
    serverWriteMacKey: bytes(TLS10.serverWriteMacKey),
    clientWriteKey: bytes(TLS10.clientWriteKey),
    serverWriteKey: bytes(TLS10.serverWriteKey),
    clientWriteIv: new Uint8Array(),
    serverWriteIv: new Uint8Array(),
  });
  const exported = (context: Uint8Array | undefined) =>
    exportKeyingMaterial(prfTls10, master, RANDOMS, {
      label: "label",
      context,
      length: 32,
    });
  assertEquals(exported(text("context")).toHex(), TLS10.withContext);
  assertEquals(exported(undefined).toHex(), TLS10.withoutContext);
  // RFC 5705 section 4: no context differs from an empty one.
  assertNotEquals(exported(new Uint8Array()), exported(undefined));
});

Deno.test("prfTls10() shares the middle byte of an odd secret", () => {
  // RFC 4346 section 5: S1 and S2 are each ceil(5 / 2) = 3 bytes.
  const secret = bytes("0102030405");
  const seed = text("labelseed");
  const first = (hash: typeof md5, half: Uint8Array) =>
    hash.hmac(half, concat([hash.hmac(half, seed), seed])).slice(0, 16);
  const a = first(md5, secret.slice(0, 3));
  const b = first(sha1, secret.slice(2));
  assertEquals(
    prfTls10(secret, "label", text("seed"), 16),
    a.map((byte, at) => byte ^ (b[at] ?? 0)),
  );
});

Deno.test("keyBlock() hands its parts out in the order of RFC 5246 6.3", () => {
  const master = randomBytes(48);
  const prf = prfTls12(sha512);
  const block = keyBlock(prf, master, RANDOMS, {
    macKeyLength: 32,
    encKeyLength: 16,
    fixedIvLength: 4,
  });
  const whole = prf(
    master,
    "key expansion",
    concat([RANDOMS.serverRandom, RANDOMS.clientRandom]),
    104,
  );
  assertEquals(
    concat([
      block.clientWriteMacKey,
      block.serverWriteMacKey,
      block.clientWriteKey,
      block.serverWriteKey,
      block.clientWriteIv,
      block.serverWriteIv,
    ]),
    whole,
  );
});

Deno.test("verifyData() and extendedMasterSecret() use their labels", () => {
  const prf = prfTls12(sha256);
  const secret = randomBytes(48);
  const hash = randomBytes(32);
  assertEquals(
    verifyData(prf, secret, "client", hash),
    prf(secret, "client finished", hash, 12),
  );
  assertEquals(
    verifyData(prf, secret, "server", hash),
    prf(secret, "server finished", hash, 12),
  );
  assertEquals(
    extendedMasterSecret(prf, secret, hash),
    prf(secret, "extended master secret", hash, 48),
  );
});

Deno.test("exportKeyingMaterial() refuses a context above 65535 bytes", () => {
  const prf = prfTls12(sha256);
  const options = { label: "label", length: 32 };
  const exported = (size: number) =>
    exportKeyingMaterial(prf, new Uint8Array(48), RANDOMS, {
      ...options,
      context: new Uint8Array(size),
    });
  assertEquals(exported(65535).length, 32);
  assertThrows(() => exported(65536), RangeError);
});
