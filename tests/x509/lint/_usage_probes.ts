/** Chains with one thing wrong: key usage and purposes. */

import { boolean, namedBits, sequence } from "../../../x509/asn1/der.ts";
import { leaf, root, rsaLeaf, subCa } from "./_changes.ts";
import { purposes, usage } from "./_fields.ts";
import type { Probe } from "./_name_probes.ts";

/** Key usage and purposes. */
export const usageProbes: readonly Probe[] = [
  [
    "leaf_cert_sign",
    leaf({ keyUsage: usage("digitalSignature", "keyCertSign") }),
    "and not consistent",
  ],
  [
    "leaf_crl_sign",
    leaf({ keyUsage: usage("digitalSignature", "cRLSign") }),
    "and not consistent",
  ],
  [
    "leaf_rsa_key_usage",
    rsaLeaf({ keyUsage: usage("digitalSignature", "keyAgreement") }),
  ],
  [
    "leaf_rsa_key_usage",
    rsaLeaf({ keyUsage: usage("digitalSignature", "nonRepudiation") }),
    "and not consistent",
  ],
  [
    "leaf_ecdsa_key_usage",
    leaf({ keyUsage: usage("digitalSignature", "keyEncipherment") }),
  ],
  ["leaf_ecdsa_key_usage", leaf({ keyUsage: usage("keyAgreement") })],
  [
    "leaf_ecdsa_key_usage",
    leaf({ keyUsage: usage("digitalSignature", "nonRepudiation") }),
    "and not consistent",
  ],
  ["leaf_key_usage_critical", leaf({ keyUsage: { value: namedBits([0]) } })],
  [
    "key_usage_bits",
    leaf({ keyUsage: { value: namedBits([0, 10]), critical: true } }),
  ],
  ["purpose_inconsistent", rsaLeaf({ keyUsage: usage("dataEncipherment") })],
  [
    "ca_key_usage",
    subCa({
      keyUsage: usage(
        "digitalSignature",
        "nonRepudiation",
        "keyCertSign",
        "cRLSign",
      ),
    }),
  ],
  [
    "ecdsa_encipherment",
    subCa({ keyUsage: usage("keyEncipherment", "keyCertSign", "cRLSign") }),
    "which is nothing for a CA",
  ],
  ["ca_rsa_key_usage", {
    subCa: {
      keyType: "rsa-2048",
      extensions: {
        keyUsage: usage(
          "keyEncipherment",
          "dataEncipherment",
          "keyCertSign",
          "cRLSign",
        ),
      },
    },
    leaf: { scheme: "rsa_pkcs1_sha256" },
  }, "which is nothing for a CA"],
  ["sub_ca_key_usage_missing", subCa({ keyUsage: undefined })],
  ["root_key_usage_missing", root({ keyUsage: undefined })],
  ["ca_key_usage_critical", subCa({ keyUsage: { value: namedBits([5, 6]) } })],
  ["ca_key_usage_critical", root({ keyUsage: { value: namedBits([5, 6]) } })],
  [
    "ca_cert_sign",
    subCa({
      basicConstraints: { value: sequence(boolean(true)), critical: true },
      keyUsage: usage("digitalSignature", "cRLSign"),
    }),
  ],
  [
    "ca_crl_sign",
    subCa({ keyUsage: usage("digitalSignature", "keyCertSign") }),
  ],
  ["ca_crl_sign", root({ keyUsage: usage("keyCertSign") })],
  ["purpose_missing", leaf({ extKeyUsage: undefined })],
  ["purpose_server", leaf({ extKeyUsage: purposes("clientAuth") })],
  ["purpose_any", leaf({ extKeyUsage: purposes("anyExtendedKeyUsage") })],
  [
    "purpose_any",
    leaf({ extKeyUsage: purposes("serverAuth", "anyExtendedKeyUsage") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "codeSigning") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "emailProtection") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "timeStamping") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "OCSPSigning") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "1.3.6.1.4.1.11129.2.4.4") }),
  ],
  [
    "ext_key_usage_critical",
    leaf({ extKeyUsage: { ...purposes("serverAuth"), critical: true } }),
  ],
  [
    "sub_ca_purpose_forbidden",
    subCa({ extKeyUsage: purposes("serverAuth", "emailProtection") }),
  ],
  [
    "sub_ca_purpose_forbidden",
    subCa({ extKeyUsage: purposes("serverAuth", "codeSigning") }),
  ],
  [
    "sub_ca_purpose_any",
    subCa({ extKeyUsage: purposes("serverAuth", "anyExtendedKeyUsage") }),
  ],
  ["root_purpose", root({ extKeyUsage: purposes("serverAuth") })],
];
