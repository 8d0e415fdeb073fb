import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { randomBytes } from "../../../crypto/primitives/bytes.ts";
import { mlKem1024, mlKem768 } from "../../../crypto/groups/ml_kem.ts";
import {
  defaultNamedGroups,
  namedGroupById,
  namedGroups,
  secp256r1,
  secP256r1MlKem768,
  secp384r1,
  secP384r1MlKem1024,
  x25519,
  x25519MlKem768,
} from "../../../crypto/groups/named_groups.ts";
import type { KeyExchangeGroup } from "../../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../../errors.ts";
import { NamedGroup } from "../../../registry.ts";

/** Lengths of the client's share, the server's, and the secret in bytes. */
const LENGTHS: Readonly<Record<string, [number, number, number]>> = {
  // RFC 9846 sections 4.3.8.1 and 4.3.8.2, 7.4.1 and 7.4.2.
  x25519: [32, 32, 32],
  x448: [56, 56, 56],
  secp256r1: [65, 65, 32],
  secp384r1: [97, 97, 48],
  secp521r1: [133, 133, 66],
  ffdhe2048: [256, 256, 256],
  ffdhe3072: [384, 384, 384],
  ffdhe4096: [512, 512, 512],
  ffdhe6144: [768, 768, 768],
  ffdhe8192: [1024, 1024, 1024],
  // draft-ietf-tls-mlkem section 4, FIPS 203 section 8.
  MLKEM768: [1184, 1088, 32],
  MLKEM1024: [1568, 1568, 32],
  // RFC 10024.
  X25519MLKEM768: [1216, 1120, 64],
  SecP256r1MLKEM768: [1249, 1153, 64],
  SecP384r1MLKEM1024: [1665, 1665, 80],
};

Deno.test("namedGroups has each group of the registry once", () => {
  assertEquals(
    Object.fromEntries(namedGroups.map(({ name, id }) => [name, id])),
    NamedGroup,
  );
  assertEquals(namedGroups.length, Object.keys(NamedGroup).length);
  assertEquals(defaultNamedGroups.map((group) => group.name), [
    "X25519MLKEM768",
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
  ]);
  assertStrictEquals(namedGroupById(29), x25519);
  assertEquals(namedGroupById(0xfafa), undefined);
});

for (const group of namedGroups) {
  Deno.test(`${group.name} makes the same secret on both sides`, async () => {
    const offer = await group.offer();
    const answer = await group.accept(offer.share);
    const secret = await offer.complete(answer.share);
    assertEquals(secret, answer.sharedSecret);
    assertEquals(
      [offer.share.length, answer.share.length, secret.length],
      LENGTHS[group.name],
    );
    const other = await group.offer();
    assertNotEquals(other.share, offer.share);
    assertNotEquals(await other.complete(answer.share), secret);
  });

  Deno.test(`${group.name} refuses shares of another length`, async () => {
    const offer = await group.offer();
    const answer = await group.accept(offer.share);
    for (const length of [0, 1, offer.share.length - 1]) {
      await refused(() => group.accept(offer.share.subarray(0, length)));
    }
    await refused(() => group.accept(longer(offer.share)));
    for (const length of [0, 1, answer.share.length - 1]) {
      await refused(() => offer.complete(answer.share.subarray(0, length)));
    }
    await refused(() => offer.complete(longer(answer.share)));
  });

  Deno.test(`${group.name} lets callers reuse the share passed in`, async () => {
    const offer = await group.offer();
    const share = offer.share.slice();
    const accepting = group.accept(share);
    share.fill(0);
    const answer = await accepting;
    assertEquals(await offer.complete(answer.share), answer.sharedSecret);
  });
}

for (
  const [group, first, curve, kem] of [
    [x25519MlKem768, "kem", x25519, mlKem768],
    [secP256r1MlKem768, "curve", secp256r1, mlKem768],
    [secP384r1MlKem1024, "curve", secp384r1, mlKem1024],
  ] as const
) {
  const split = (bytes: Uint8Array, curveLength: number) => {
    const at = first === "curve" ? curveLength : bytes.length - curveLength;
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    return first === "curve"
      ? { curve: head, kem: tail }
      : { curve: tail, kem: head };
  };
  const curveLength = LENGTHS[curve.name]?.[0] ?? 0;
  const curveSecretLength = LENGTHS[curve.name]?.[2] ?? 0;

  Deno.test(`${group.name} is its two parts in the order of RFC 10024`, async () => {
    const offer = await group.offer();
    const part = split(offer.share, curveLength);
    const [answer, encapsulation] = await Promise.all([
      curve.accept(part.curve),
      kem.encapsulate(part.kem),
    ]);
    const ordered = (ofCurve: Uint8Array, ofKem: Uint8Array) =>
      Uint8Array.from(
        first === "curve" ? [...ofCurve, ...ofKem] : [...ofKem, ...ofCurve],
      );
    assertEquals(
      await offer.complete(ordered(answer.share, encapsulation.ciphertext)),
      ordered(answer.sharedSecret, encapsulation.sharedSecret),
    );
    const accepted = await group.accept(offer.share);
    assertEquals(
      split(accepted.share, curveLength).kem.length,
      kem.ciphertextLength,
    );
  });

  Deno.test(`${group.name} also offers its classical half alone`, async () => {
    const { classical, share, complete } = await group.offer();
    assert(classical);
    assertEquals(classical.group, curve.id);
    assertEquals(classical.offer.share, split(share, curveLength).curve);
    const answer = await curve.accept(classical.offer.share);
    assertEquals(
      await classical.offer.complete(answer.share),
      answer.sharedSecret,
    );
    const hybrid = await group.accept(share);
    assertEquals(await complete(hybrid.share), hybrid.sharedSecret);
  });

  Deno.test(`${group.name} refuses a bad half on either side`, async () => {
    const offer = await group.offer();
    const answer = await group.accept(offer.share);
    const bad = offer.share.slice();
    split(bad, curveLength).curve.fill(0);
    await refused(() => group.accept(bad));
    // FIPS 203 section 7.2: a coefficient of 4095 is not below q.
    const unreduced = offer.share.slice();
    split(unreduced, curveLength).kem.fill(0xff, 0, 3);
    await refused(() => group.accept(unreduced));
    const badAnswer = answer.share.slice();
    split(badAnswer, curveLength).curve.fill(0);
    await refused(() => offer.complete(badAnswer));
    // FIPS 203 section 6.3: a wrong ciphertext gives another secret, silently.
    const wrong = answer.share.slice();
    const { kem: ciphertext } = split(wrong, curveLength);
    ciphertext.set([(ciphertext[0] ?? 0) ^ 1]);
    const secret = await offer.complete(wrong);
    assertEquals(
      split(secret, curveSecretLength).curve,
      split(answer.sharedSecret, curveSecretLength).curve,
    );
    assertNotEquals(secret, answer.sharedSecret);
  });
}

Deno.test("namedGroups accepts random bytes for shares without a crash", async () => {
  for (const group of namedGroups.filter(({ kind }) => kind !== "ffdh")) {
    const [length] = LENGTHS[group.name] ?? [0];
    for (let round = 0; round < 20; round++) {
      const share = randomBytes(length);
      if (round % 2) share.set([4]);
      await okOrRefused(group, share);
    }
  }
});

async function okOrRefused(
  group: KeyExchangeGroup,
  share: Uint8Array,
): Promise<void> {
  try {
    await group.accept(share);
  } catch (error) {
    assert(error instanceof TlsProtocolError, String(error));
    assertEquals(error.alert, "illegal_parameter");
  }
}

/** RFC 9846 section 4.3.8: what is wrong with a share is illegal_parameter. */
async function refused(run: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(run, TlsProtocolError);
  assertEquals(error.alert, "illegal_parameter");
}

function longer(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + 1);
  copy.set(bytes);
  return copy;
}
