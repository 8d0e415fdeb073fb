/**
 * Targets: each reader of untrusted bytes, alone.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { MessageAssembler } from "../../handshake/messages/framing.ts";
import { Session } from "../../handshake/session/session.ts";
import {
  FRAME_LENGTH,
  frameSession,
} from "../../handshake/session/session_codec.ts";
import { namedGroups } from "../../crypto/groups/named_groups.ts";
import { type Codec, decode, encode } from "../../record/codec.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { ServerHello } from "../../handshake/messages/server_hello.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { Crl } from "../../x509/status/crl.ts";
import { OcspResponse } from "../../x509/status/ocsp.ts";
import { isPem, parsePem } from "../../x509/asn1/pem.ts";
import { parsePfx } from "../../x509/keys/pfx.ts";
import { PrivateKey } from "../../x509/keys/private_key.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import { samples } from "../handshake/messages/_samples.ts";
import { mutations } from "../_mutate.ts";
import { derMutations } from "../_mutate_der.ts";
import { mutateValue } from "./_mutate_value.ts";
import { partition, pick, type Random } from "./_random.ts";
import type { Target } from "./_target.ts";
import { NOW, people } from "./_unprotected.ts";

/** Where an empty vector of extensions may also be absent, and is left out. */
const mayLackExtensions = new Set<Codec<unknown>>([
  ClientHello as Codec<unknown>,
  ServerHello as Codec<unknown>,
]);

const encodings = samples.flatMap(({ codec, values }) =>
  values.map((value) => ({ codec, value, bytes: encode(codec, value) }))
);

/** A value with a fault where it can be encoded, else bytes with one. */
function mutatedEncoding(random: Random) {
  const { codec, value, bytes } = pick(encodings, random);
  if (random(2) === 0) {
    try {
      return { codec, bytes: encode(codec, mutateValue(value, random)) };
    } catch {
      // It has no encoding.
    }
  }
  return { codec, bytes: mutated(bytes, random) };
}

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const [result] = mutations([bytes], 1, random(2 ** 31));
  return result ?? bytes;
}

const codecs: Target = {
  name: "codecs",
  weight: 120,
  run(random) {
    const { codec, bytes } = mutatedEncoding(random);
    return refusalOf(() => {
      const value = decode(codec, bytes, "it");
      const again = encode(codec, value);
      const leftOut = mayLackExtensions.has(codec) &&
        again.length === bytes.length - 2;
      if (again.toHex() + (leftOut ? "0000" : "") !== bytes.toHex()) {
        throw new Error(`${bytes.toHex()} comes back as ${again.toHex()}`);
      }
    });
  },
};

/** What a reader says: that it has read, or why it has not. */
function refusalOf(read: () => void): string {
  try {
    read();
    return "read";
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): string {
  if (!(error instanceof TlsError) || error.code === "internal_error") {
    throw error;
  }
  return `${error.code}: ${
    error.message.replaceAll(/[0-9a-fA-F]{2,}|\d/g, "#")
  }`;
}

const assembler: Target = {
  name: "messages in pieces",
  weight: 10,
  run(random) {
    const { bytes } = mutatedEncoding(random);
    const message = new Uint8Array(4 + bytes.length);
    message.set([pick([1, 2, 8, 11, 13, 15, 20, 24, 99], random)]);
    new DataView(message.buffer).setUint16(2, bytes.length);
    message.set(bytes, 4);
    const input = random(3) === 0 ? mutated(message, random) : message;
    const whole = assembled([input]);
    const inPieces = assembled(partition(input, random));
    if (whole !== inPieces) {
      throw new Error(`Whole it is ${whole}, in pieces ${inPieces}`);
    }
    return whole.replaceAll(/[0-9a-f]{8,}|\d/g, "#");
  },
};

function assembled(pieces: readonly Uint8Array[]): string {
  const joined = new MessageAssembler();
  const messages: string[] = [];
  try {
    for (const piece of pieces) {
      joined.push(piece);
      for (let next = joined.take(); next !== undefined; next = joined.take()) {
        messages.push(next.raw.toHex());
      }
    }
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    messages.push(error.message);
  }
  return messages.join();
}

const folder = new URL("../x509/testdata/", import.meta.url);

function file(name: string): Uint8Array {
  return Deno.readFileSync(new URL(name, folder));
}

function ders(...names: string[]): Uint8Array[] {
  return names.flatMap((name) => {
    const bytes = file(name);
    return isPem(bytes) ? parsePem(bytes).map(({ der }) => der) : [bytes];
  });
}

const certificates = [
  ...ders("revocation/good.pem", "revocation/ca.pem", "keys/ec.cert.pem"),
  ...[people.server, people.serverRsa].flatMap(({ chain }) =>
    chain.map(({ raw }) => raw)
  ),
];

/** A reader of DER, to be given what is nearly right. */
function derTarget(
  name: string,
  weight: number,
  inputs: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
): Target {
  return {
    name,
    weight,
    async run(random) {
      const input = pick(inputs, random);
      const [bytes = input] = random(2) === 0
        ? mutations([input], 1, random(2 ** 31))
        : derMutations([input], 1, random(2 ** 31));
      try {
        await read(bytes);
        return "read";
      } catch (error) {
        return refusal(error);
      }
    },
  };
}

/** Reads a certificate, and what is worked out later. */
function readCertificate(der: Uint8Array): void {
  const certificate = Certificate.parse(der);
  certificate.toNodeObject([certificate]);
  certificate.subjectAltName.map(({ value }) => value);
  certificate.extendedKeyUsage;
  certificate.isSelfIssued;
}

async function verifyMutated(der: Uint8Array): Promise<void> {
  const { status } = await verifyChain({
    chain: [Certificate.parse(der), ...people.server.chain.slice(1)],
    trust: people.trust,
    name: "localhost",
    now: new Date(NOW),
  });
  const [leaf] = people.server.chain;
  if (status === "verified" && leaf?.raw.toHex() !== der.toHex()) {
    throw new Error(`It was altered and verified: ${der.toHex()}`);
  }
}

const texts = [
  "keys/ec.cert.pem",
  "keys/ec.pkcs8.pem",
  "keys/rsa.pkcs1.pem",
  "revocation/plain.pem",
].map(file);

const pem: Target = {
  name: "PEM",
  weight: 20,
  run(random) {
    const bytes = mutated(pick(texts, random), random);
    return refusalOf(() => void parsePem(bytes));
  },
};

const keys = ders(
  "keys/ec.pkcs8.pem",
  "keys/ec.sec1.pem",
  "keys/rsa.pkcs1.pem",
);

const pfx = ["ec.modern.pfx", "ec.3des.pfx", "ec.plain.pfx"]
  .map((name) => file(`keys/${name}`));

/** Key shares, by the group that reads them. */
const shares: Target = {
  name: "key shares",
  weight: 4,
  async run(random) {
    const group = pick(
      namedGroups.filter(({ kind }) => kind !== "ffdh"),
      random,
    );
    const { share } = await offerOf(group);
    const bytes = mutated(share, random);
    try {
      await group.accept(bytes);
      return `${group.name} read`;
    } catch (error) {
      return `${group.name} ${refusal(error)}`;
    }
  },
};

type Group = (typeof namedGroups)[number];

const offers = new Map<Group, ReturnType<Group["offer"]>>();

function offerOf(group: Group): ReturnType<Group["offer"]> {
  let offer = offers.get(group);
  if (offer === undefined) {
    offer = group.offer();
    offers.set(group, offer);
  }
  return offer;
}

const ocsp = ders(
  "revocation/ocsp-good-sha256.der",
  "revocation/ocsp-delegated.der",
  "revocation/ocsp-unknown.der",
  "revocation/ocsp-no-next.der",
);

const crls = ders("revocation/ca.crl.pem", "revocation/idp.crl.pem");

/** Random bytes as a session that was kept, which must not be trusted. */
const session: Target = {
  name: "sessions",
  weight: 10,
  run(random) {
    // Most get past the checksum, which is none against forgers.
    const bytes = random(8) === 0
      ? mutated(keptSession, random)
      : frameSession(mutated(keptSession.subarray(FRAME_LENGTH), random));
    return refusalOf(() => {
      const read = Session.import(bytes);
      read.version;
      read.cipherSuite;
      read.ticket;
      read.export();
    });
  },
};

const keptSession = file("../../fuzz/testdata/session.bin");

/** All of them. */
export const readerTargets: readonly Target[] = [
  codecs,
  assembler,
  derTarget("certificates", 60, certificates, readCertificate),
  derTarget(
    "certificate chains",
    10,
    people.server.chain.slice(0, 1).map(({ raw }) => raw),
    verifyMutated,
  ),
  derTarget("CRLs", 20, crls, (der) => [...Crl.parse(der)].length),
  derTarget("OCSP responses", 20, ocsp, OcspResponse.parse),
  derTarget("private keys", 10, keys, (der) => PrivateKey.parse(der)),
  derTarget(
    "PFX files",
    2,
    pfx,
    (bytes) => parsePfx(bytes, { passphrase: "secret" }),
  ),
  pem,
  shares,
  session,
];
