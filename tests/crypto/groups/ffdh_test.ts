import { createDiffieHellman } from "node:crypto";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  dhGroup,
  ffdheGroup,
  type FfdheName,
  ffdheParameters,
} from "../../../crypto/groups/ffdh.ts";
import { sha256 } from "../../../crypto/primitives/hash.ts";
import { TlsProtocolError } from "../../../errors.ts";

// SHA-256 of the primes that OpenSSL writes for the groups of RFC 7919.
const PRIMES: Readonly<Record<FfdheName, string>> = {
  ffdhe2048: "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966",
  ffdhe3072: "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17",
  ffdhe4096: "4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e",
  ffdhe6144: "227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7",
  ffdhe8192: "770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833",
};

// RFC 7919 appendix A.1, as it is printed there.
const FFDHE2048 = "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1" +
  "D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF9" +
  "7D2FE363630C75D8F681B202AEC4617AD3DF1ED5D5FD6561" +
  "2433F51F5F066ED0856365553DED1AF3B557135E7F57C935" +
  "984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE735" +
  "30ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FB" +
  "B96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB19" +
  "0B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61" +
  "9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD73" +
  "3BB5FCBC2EC22005C58EF1837D1683B2C6F34A26C1B2EFFA" +
  "886B423861285C97FFFFFFFFFFFFFFFF";

Deno.test("ffdheParameters() returns the primes of RFC 7919", () => {
  for (const [name, digest] of Object.entries(PRIMES)) {
    const { prime, generator } = ffdheParameters(name as FfdheName);
    assertEquals(sha256.digest(prime).toHex(), digest, name);
    assertEquals(generator, Uint8Array.of(2));
  }
  assertEquals(
    ffdheParameters("ffdhe2048").prime.toHex().toUpperCase(),
    FFDHE2048,
  );
});

Deno.test("ffdheGroup() agrees with node:crypto", async () => {
  const { prime, generator } = ffdheParameters("ffdhe2048");
  const theirs = createDiffieHellman(prime, generator);
  const padded = (bytes: Uint8Array) =>
    Uint8Array.from([...new Uint8Array(256 - bytes.length), ...bytes]);
  const theirShare = padded(theirs.generateKeys());
  const answer = await ffdheGroup("ffdhe2048").accept(theirShare);
  assertEquals(
    padded(theirs.computeSecret(answer.share)),
    answer.sharedSecret,
  );
});

Deno.test("ffdheGroup() refuses public values out of range", async () => {
  const group = ffdheGroup("ffdhe2048");
  const { prime } = ffdheParameters("ffdhe2048");
  const near = (difference: number) => {
    const value = prime.slice();
    // The prime ends in 64 ones.
    value.set([0xff + difference], 255);
    return value;
  };
  const small = (value: number) => {
    const bytes = new Uint8Array(256);
    bytes.set([value], 255);
    return bytes;
  };
  // RFC 7919 section 5.1: 1 < Y < p-1.
  const bad = [
    small(0),
    small(1),
    near(-1),
    prime,
    new Uint8Array(256).fill(255),
  ];
  for (const share of bad) {
    for (
      const run of [
        () => group.accept(share),
        async () => (await group.offer()).complete(share),
      ]
    ) {
      const error = await assertRejects(run, TlsProtocolError);
      assertEquals(error.alert, "illegal_parameter");
    }
  }
  await group.accept(small(2));
  await group.accept(near(-2));
});

Deno.test("dhGroup() recognizes RFC 7919 and accepts unpadded values", async () => {
  const { prime, generator } = ffdheParameters("ffdhe2048");
  const group = dhGroup(prime, generator);
  assertEquals([group.name, group.id, group.bits], ["ffdhe2048", 256, 2048]);
  // RFC 5246 section 7.4.7.2: dh_Yc is a number, its zeros may be gone.
  const answer = await group.accept(Uint8Array.of(2));
  assertEquals(answer.sharedSecret, answer.share);
  assertEquals(answer.sharedSecret.length, 256);
  const strict = ffdheGroup("ffdhe2048");
  await assertRejects(() => strict.accept(Uint8Array.of(2)), TlsProtocolError);
});

Deno.test("dhGroup() recognizes RFC 7919 by prime and generator together", () => {
  const { prime, generator } = ffdheParameters("ffdhe2048");
  const other = prime.slice();
  other.set([(prime[20] ?? 0) ^ 1], 20);
  for (
    const [p, g] of [[other, generator], [prime, Uint8Array.of(5)]] as const
  ) {
    const group = dhGroup(p, g);
    assertEquals([group.name, group.id, group.bits], ["dh2048", 0, 2048]);
  }
});

Deno.test("dhGroup() rates a group by its size (NIST SP 800-57 part 1 table 2)", () => {
  const strengths = [
    [1023, 0],
    [1024, 80],
    [2047, 80],
    [2048, 112],
    [3071, 112],
    [3072, 128],
    [7679, 128],
    [7680, 192],
    [8192, 192],
  ] as const;
  for (const [bits, strength] of strengths) {
    const prime = Uint8Array.fromHex(
      (2n ** BigInt(bits - 1) + 1n).toString(16).padStart(2048, "0"),
    );
    const group = dhGroup(prime, Uint8Array.of(2));
    assertEquals([group.bits, group.strength], [bits, strength]);
  }
});

Deno.test("dhGroup() takes a public value that is longer than the prime for out of range", async () => {
  const group = dhGroup(Uint8Array.of(23), Uint8Array.of(5));
  await group.accept(Uint8Array.of(2));
  for (const share of [[0, 2], [0, 0, 0, 2], [1, 2]]) {
    const error = await assertRejects(
      () => group.accept(Uint8Array.from(share)),
      TlsProtocolError,
    );
    assertEquals(error.alert, "handshake_failure");
  }
});

Deno.test("dhGroup() works with a server's own group", async () => {
  // RFC 3526 section 2: the 1536-bit MODP group.
  const prime = Uint8Array.fromHex(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
      "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
      "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
      "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
      "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
      "9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
  );
  const group = dhGroup(prime, Uint8Array.of(2));
  assertEquals([group.id, group.name, group.strength], [0, "dh1536", 80]);
  const offer = await group.offer();
  const answer = await group.accept(offer.share);
  assertEquals(await offer.complete(answer.share), answer.sharedSecret);
  assertEquals(answer.sharedSecret.length, 192);
  for (const share of [[], [1], [...prime], [1, ...prime]]) {
    const error = await assertRejects(
      () => group.accept(Uint8Array.from(share)),
      TlsProtocolError,
    );
    // RFC 7919 section 4.
    assertEquals(error.alert, "handshake_failure");
  }
});

Deno.test("dhGroup() with a small prime returns powers of the generator", async () => {
  // 23 is small enough to see every secret: 5 generates all of 1 to 22.
  const group = dhGroup(Uint8Array.of(23), Uint8Array.of(5));
  const seen = new Set<number>();
  for (let round = 0; round < 600; round++) {
    const { share } = await group.offer();
    seen.add(share[0] ?? 0);
  }
  // Exponents from 2 to 21: not 1 = 5^22, not 5 = 5^1.
  assertEquals(seen.size, 20);
  assert(!seen.has(1) && !seen.has(5) && !seen.has(0));
});

Deno.test("dhGroup() refuses invalid parameters", () => {
  const { prime } = ffdheParameters("ffdhe2048");
  const even = prime.slice();
  even.set([0xfe], 255);
  const bad: [Uint8Array, Uint8Array][] = [
    [new Uint8Array(), Uint8Array.of(2)],
    [Uint8Array.of(3), Uint8Array.of(2)],
    [even, Uint8Array.of(2)],
    [prime, new Uint8Array()],
    [prime, Uint8Array.of(1)],
    [Uint8Array.of(23), Uint8Array.of(22)],
    [prime, prime],
    [new Uint8Array(1025).fill(255), Uint8Array.of(2)],
  ];
  dhGroup(Uint8Array.of(5), Uint8Array.of(3));
  for (const [p, g] of bad) {
    const error = assertThrows(() => dhGroup(p, g), TlsProtocolError);
    assertEquals(error.alert, "illegal_parameter");
  }
});
