/**
 * What the platform's own cryptography alone takes of a handshake: nothing that
 * is written in JavaScript goes below it. With the groups, the suite and the
 * P-256 certificate of the other measurements.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import process from "node:process";

/** Milliseconds of CPU, all threads together, of one handshake. */
export interface Floors {
  readonly client: number;
  readonly "client, resumed": number;
  readonly server: number;
  readonly "server, resumed": number;
}

/** Measures all of them: the least of several rounds. */
export async function measureFloors(rounds: number): Promise<Floors> {
  const ends = await prepare();
  const floors: Record<keyof Floors, number> = {
    client: Infinity,
    "client, resumed": Infinity,
    server: Infinity,
    "server, resumed": Infinity,
  };
  const works: Record<keyof Floors, () => Promise<unknown>> = {
    client: async () => [await ends.offer(), await ends.verify()],
    "client, resumed": ends.offer,
    server: async () => [await ends.accept(), await ends.sign()],
    "server, resumed": ends.accept,
  };
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(works) as (keyof Floors)[]) {
      const before = process.cpuUsage();
      for (let count = 0; count < COUNT; count++) await works[name]();
      const { user, system } = process.cpuUsage(before);
      // The first round warms up.
      if (round > 0) {
        floors[name] = Math.min(floors[name], (user + system) / 1000 / COUNT);
      }
    }
  }
  return floors;
}

async function prepare() {
  const signing = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  );
  const content = new Uint8Array(130);
  const sign = () =>
    crypto.subtle.sign(ECDSA_SHA256, signing.privateKey, content);
  const signature = await sign();
  const kem = await mlKem.generateKey(ML_KEM, false, KEM_USES);
  const share = await mlKem.exportKey("raw-public", kem.publicKey);
  const { ciphertext } = await mlKem.encapsulateBits(ML_KEM, kem.publicKey);
  const spki = curveKey().spki;
  return {
    sign,
    verify: () =>
      crypto.subtle.verify(
        ECDSA_SHA256,
        signing.publicKey,
        signature,
        content,
      ),
    async offer() {
      const { publicKey, privateKey } = await mlKem
        .generateKey(ML_KEM, false, KEM_USES);
      await mlKem.exportKey("raw-public", publicKey);
      agree(curveKey().key, spki);
      await mlKem.decapsulateBits(ML_KEM, privateKey, ciphertext);
    },
    async accept() {
      agree(curveKey().key, spki);
      const key = await mlKem
        .importKey("raw-public", share, ML_KEM, false, ["encapsulateBits"]);
      await mlKem.encapsulateBits(ML_KEM, key);
    },
  };
}

function curveKey() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("x25519");
  return {
    key: privateKey,
    spki: publicKey.export({ type: "spki", format: "der" }),
  };
}

function agree(privateKey: crypto.KeyObject, spki: Uint8Array): void {
  const publicKey = crypto.createPublicKey({
    key: Buffer.from(spki),
    format: "der",
    type: "spki",
  });
  crypto.diffieHellman({ privateKey, publicKey });
}

const COUNT = 50;
const ML_KEM = "ML-KEM-768";
const KEM_USES = ["encapsulateBits", "decapsulateBits"];
const ECDSA_SHA256 = { name: "ECDSA", hash: "SHA-256" };

/** What TypeScript's own type of `SubtleCrypto` does not have yet. */
const mlKem = globalThis.crypto.subtle as unknown as {
  generateKey(
    name: string,
    extractable: boolean,
    uses: string[],
  ): Promise<CryptoKeyPair>;
  exportKey(format: string, key: CryptoKey): Promise<ArrayBuffer>;
  importKey(
    format: string,
    key: ArrayBuffer,
    name: string,
    extractable: boolean,
    uses: string[],
  ): Promise<CryptoKey>;
  encapsulateBits(
    name: string,
    key: CryptoKey,
  ): Promise<{ ciphertext: ArrayBuffer }>;
  decapsulateBits(
    name: string,
    key: CryptoKey,
    ciphertext: ArrayBuffer,
  ): Promise<ArrayBuffer>;
};
