/** Chains with one thing wrong: fields, validity, keys, signatures. */

import {
  bitString,
  generalizedTime,
  integer,
  nullValue,
  oid,
  sequence,
  time,
  tlv,
} from "../../../x509/asn1/der.ts";
import { leaf, rsaLeaf, valid } from "./_changes.ts";
import { usage } from "./_fields.ts";
import type { Probe } from "./_name_probes.ts";

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

/** An RSA key of that many bits, that nobody has a private key for. */
export function rsaSpki(
  bits: number,
  exponent = 65537,
  parameters = [nullValue()],
) {
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xa5);
  modulus[0] = 0xff >> (modulus.length * 8 - bits);
  return sequence(
    sequence(oid(RSA), ...parameters),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
}

function ecSpki(curve: string, size: number): Uint8Array {
  return sequence(
    sequence(oid(EC), oid(curve)),
    bitString(Uint8Array.of(4, ...new Uint8Array(2 * size).fill(7))),
  );
}

/** Fields, validity, keys and signatures. */
export const fieldProbes: readonly Probe[] = [
  ["serial_number_zero", { leaf: { serialNumber: integer(0) } }],
  ["serial_number_negative", { leaf: { serialNumber: integer(-5) } }],
  [
    "serial_number_too_long",
    { leaf: { serialNumber: integer(new Uint8Array(21).fill(1)) } },
  ],
  [
    "generalized_time_before_2050",
    {
      leaf: {
        validity: sequence(
          time(new Date("2026-06-01T00:00:00Z")),
          generalizedTime(new Date("2026-08-01T00:00:00Z")),
        ),
      },
    },
  ],
  [
    "unique_identifier",
    { leaf: { uniqueId: tlv(0x81, Uint8Array.of(0, 1)) } },
  ],
  [
    "default_value_encoded",
    leaf({
      basicConstraints: {
        value: sequence(tlv(1, Uint8Array.of(0))),
        critical: true,
      },
    }),
  ],
  [
    "named_bits_padding",
    leaf({
      keyUsage: { value: bitString(Uint8Array.of(0x80)), critical: true },
    }),
  ],
  ["key_usage_empty", rsaLeaf({ keyUsage: usage() })],
  [
    "validity_reversed",
    {
      leaf: {
        notBefore: new Date("2026-06-02T00:00:00Z"),
        notAfter: new Date("2026-06-01T00:00:00Z"),
      },
    },
  ],
  ["validity_1188_days", valid("2017-01-01", 1200)],
  ["validity_825_days", valid("2019-06-03", 826)],
  ["validity_398_days", valid("2020-09-01", 399, -1)],
  ["validity_398_days", valid("2026-03-14", 398)],
  ["validity_200_days", valid("2026-03-15", 201, -1)],
  ["validity_200_days", valid("2027-03-14", 200)],
  ["validity_100_days", valid("2027-03-15", 100)],
  ["validity_100_days", valid("2029-03-14", 200)],
  ["validity_47_days", valid("2029-03-15", 47)],
  ["validity_47_days", valid("2030-01-01", 90)],
  ["rsa_key_too_short", { leaf: { spki: rsaSpki(1024) } }],
  ["rsa_key_size", { leaf: { spki: rsaSpki(2052) } }],
  ["rsa_exponent", { leaf: { spki: rsaSpki(2048, 1) } }],
  ["rsa_exponent", { leaf: { spki: rsaSpki(2048, 65536) } }],
  ["rsa_key_parameters", { leaf: { spki: rsaSpki(2048, 65537, []) } }],
  ["key_type", { leaf: { keyType: "ed25519" } }],
  ["key_type", { leaf: { keyType: "ml-dsa-44" } }],
  [
    "key_dsa",
    {
      leaf: {
        spki: sequence(
          sequence(oid("1.2.840.10040.4.1")),
          bitString(integer(5)),
        ),
      },
    },
  ],
  ["key_algorithm_encoding", { leaf: { keyType: "rsa-pss-2048" } }],
  [
    "key_algorithm_encoding",
    { leaf: { spki: rsaSpki(2048, 65537, [sequence()]) } },
    "and so not NULL",
  ],
  ["ec_curve", { leaf: { spki: ecSpki("1.3.132.0.10", 32) } }],
  ["ec_curve", { leaf: { spki: ecSpki("1.3.132.0.33", 28) } }],
  [
    "ec_key_parameters",
    {
      leaf: {
        spki: sequence(
          sequence(oid(EC), sequence(integer(1))),
          bitString(Uint8Array.of(4, ...new Uint8Array(64).fill(7))),
        ),
      },
    },
    "and so on no curve that is allowed",
  ],
  ["ecdsa_hash", { subCa: { keyType: "P-384" } }, "as the leaf is signed"],
  ["ecdsa_hash", {
    leaf: { scheme: "ecdsa_secp256r1_sha256" },
    root: {
      keyType: "P-521",
    },
  }, "as the CA and the root are signed"],
  [
    "signature_algorithm_encoding",
    {
      leaf: {
        signatureAlgorithm: sequence(oid("1.2.840.10045.4.3.2"), nullValue()),
      },
    },
  ],
  [
    "rsa_signature_parameters",
    {
      subCa: { keyType: "rsa-2048" },
      leaf: {
        scheme: "rsa_pkcs1_sha256",
        signatureAlgorithm: sequence(oid("1.2.840.113549.1.1.11")),
      },
    },
  ],
  [
    "signature_sha1",
    { subCa: { keyType: "rsa-2048" }, leaf: { scheme: "rsa_pkcs1_sha1" } },
  ],
  [
    "signature_algorithm",
    { subCa: { keyType: "ed25519" }, leaf: { scheme: "ed25519" } },
    "and so by a key of another type",
  ],
];
