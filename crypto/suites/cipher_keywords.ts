/**
 * The keywords of OpenSSL's cipher strings (ciphers(1), "CIPHER STRINGS"):
 * each narrows a selection of suites by one trait or more.
 *
 * @module
 */

import { nameOf, ProtocolVersion } from "../../registry.ts";
import type { CipherSuite } from "./cipher_suite.ts";

/** The traits that select suites. */
export type Trait =
  | "id"
  | "keyExchange"
  | "authentication"
  | "encryption"
  | "mac"
  | "version"
  | "strength"
  | "default";

/** For each trait that matters, the values of which a suite must have one. */
export type Criteria = Partial<Readonly<Record<Trait, readonly string[]>>>;

/** The criteria of a keyword, or `undefined` if the word is none. */
export function keyword(name: string): Criteria | undefined {
  const all = keywords();
  return Object.hasOwn(all, name)
    ? all[name]
    : Object.entries(all).find(([each]) =>
      each.toUpperCase() === name.toUpperCase()
    )?.[1];
}

/**
 * What satisfies both; a trait without a common value is satisfied by none. As
 * in OpenSSL, the first strength behind COMPLEMENTOFDEFAULT takes its place:
 * COMPLEMENTOFDEFAULT+HIGH is HIGH.
 */
export function both(a: Criteria, b: Criteria): Criteria {
  const { default: isDefault, ...others } = a;
  const isReplaced = b.strength !== undefined && a.strength === undefined;
  const result: Partial<Record<Trait, readonly string[]>> = {
    ...others,
    ...isDefault === undefined || isReplaced ? {} : { default: isDefault },
  };
  for (const trait of traitsOf(b)) {
    const right = b[trait] ?? [];
    result[trait] = result[trait]?.filter((each) => right.includes(each)) ??
      right;
  }
  return result;
}

/** The criteria that one suite alone satisfies. */
export function exactly(suite: CipherSuite): Criteria {
  return { id: valuesOf.id(suite), strength: valuesOf.strength(suite) };
}

/** Whether a suite satisfies criteria. */
export function satisfies(suite: CipherSuite, criteria: Criteria): boolean {
  return traitsOf(criteria).every((trait) =>
    valuesOf[trait](suite).some((value) => criteria[trait]?.includes(value))
  );
}

/** OpenSSL's word for the MAC of a suite. */
export function macName({ cipher }: CipherSuite): string {
  return cipher.kind === "aead" ? "AEAD" : cipher.mac.name.replace("-", "");
}

/** OpenSSL's word for the cipher of a suite, with the bits of its key. */
export function encryptionName({ encryption, keyBits }: CipherSuite): string {
  return `${encryption}(${keyBits})`;
}

function traitsOf(criteria: Criteria): Trait[] {
  return Object.keys(criteria) as Trait[]; // the type has no other keys
}

const valuesOf: Record<Trait, (suite: CipherSuite) => string[]> = {
  id: ({ id }) => [String(id)],
  keyExchange: ({ keyExchange }) => [keyExchange],
  authentication: ({ authentication }) => [authentication],
  encryption: (suite) => [encryptionName(suite)],
  mac: (suite) => [macName(suite)],
  version: ({ minVersion }) => [nameOf(ProtocolVersion, minVersion)],
  strength: strengthClasses,
  default: (suite) => [isDefault(suite) ? "yes" : "no"],
};

/** As OpenSSL 3.0 rates them: no suite here is LOW. */
function strengthClasses({ encryption }: CipherSuite): string[] {
  if (encryption === "3DES") return ["MEDIUM", "FIPS"];
  if (encryption === "RC4") return ["MEDIUM"];
  return encryption === "AES" || encryption === "AESGCM"
    ? ["HIGH", "FIPS"]
    : ["HIGH"];
}

/** Whether OpenSSL has it in DEFAULT. */
function isDefault({ authentication, encryption }: CipherSuite): boolean {
  return authentication !== "anon" &&
    !["AESCCM", "AESCCM8", "3DES", "RC4"].includes(encryption);
}

const aes = (bits: number) =>
  ["AES", "AESGCM", "AESCCM", "AESCCM8"].map((name) => `${name}(${bits})`);
const sized = (...names: string[]) =>
  names.flatMap((name) => [`${name}(128)`, `${name}(256)`]);
const authenticated = ["RSA", "ECDSA", "PSK"];

/** For keywords of OpenSSL of which we have no suite. */
const nothing = { id: [] };

/** All that there are, made when a cipher string is read. */
function keywords(): Readonly<Record<string, Criteria>> {
  return made ??= {
    // eNULL, the suites without encryption, is not part of ALL; we have none.
    ALL: {},
    COMPLEMENTOFALL: nothing,
    COMPLEMENTOFDEFAULT: { default: ["no"] },

    // Key exchange.
    kRSA: { keyExchange: ["RSA"] },
    kDHE: { keyExchange: ["DHE"] },
    kEDH: { keyExchange: ["DHE"] },
    DH: { keyExchange: ["DHE"] },
    kECDHE: { keyExchange: ["ECDHE"] },
    kEECDH: { keyExchange: ["ECDHE"] },
    ECDH: { keyExchange: ["ECDHE"] },
    kPSK: { keyExchange: ["PSK"] },
    kRSAPSK: { keyExchange: ["RSA_PSK"] },
    kDHEPSK: { keyExchange: ["DHE_PSK"] },
    kECDHEPSK: { keyExchange: ["ECDHE_PSK"] },
    PSK: { keyExchange: ["PSK", "RSA_PSK", "DHE_PSK", "ECDHE_PSK"] },

    // Authentication.
    aRSA: { authentication: ["RSA"] },
    aECDSA: { authentication: ["ECDSA"] },
    ECDSA: { authentication: ["ECDSA"] },
    aPSK: { authentication: ["PSK"] },
    aNULL: { authentication: ["anon"] },

    // Both.
    RSA: { keyExchange: ["RSA"], authentication: ["RSA"] },
    EDH: { keyExchange: ["DHE"], authentication: authenticated },
    DHE: { keyExchange: ["DHE"], authentication: authenticated },
    EECDH: { keyExchange: ["ECDHE"], authentication: authenticated },
    ECDHE: { keyExchange: ["ECDHE"], authentication: authenticated },
    ADH: { keyExchange: ["DHE"], authentication: ["anon"] },
    AECDH: { keyExchange: ["ECDHE"], authentication: ["anon"] },

    // Encryption.
    AES128: { encryption: aes(128) },
    AES256: { encryption: aes(256) },
    AES: { encryption: [...aes(128), ...aes(256)] },
    AESGCM: { encryption: sized("AESGCM") },
    AESCCM: { encryption: sized("AESCCM", "AESCCM8") },
    AESCCM8: { encryption: sized("AESCCM8") },
    CHACHA20: { encryption: ["CHACHA20/POLY1305(256)"] },
    "3DES": { encryption: ["3DES(168)"] },
    RC4: { encryption: ["RC4(128)"] },
    CBC: { encryption: [...sized("AES"), "3DES(168)"] },

    // MAC.
    MD5: { mac: ["MD5"] },
    SHA: { mac: ["SHA1"] },
    SHA1: { mac: ["SHA1"] },
    SHA256: { mac: ["SHA256"] },
    SHA384: { mac: ["SHA384"] },

    // The version that a suite came with.
    SSLv3: { version: ["SSLv3"] },
    TLSv1: { version: ["TLSv1"] },
    "TLSv1.0": { version: ["TLSv1"] },
    "TLSv1.2": { version: ["TLSv1.2"] },

    // Strength.
    HIGH: { strength: ["HIGH"] },
    MEDIUM: { strength: ["MEDIUM"] },
    LOW: { strength: ["LOW"] },
    FIPS: { strength: ["FIPS"] },

    ...Object.fromEntries(
      // Of OpenSSL 3.0, then those of older releases that strings still have.
      `eNULL NULL ARIA ARIAGCM ARIA128 ARIA256 CAMELLIA CAMELLIA128 CAMELLIA256
    SEED IDEA RC2 aDSS DSS SRP kSRP aSRP GOST kGOST kGOST18 aGOST aGOST01
    aGOST12 GOST94 GOST89MAC GOST12 DTLSv1 DTLSv1.0 DTLSv1.2
    TLSv1.1 TLSv1.3 SSLv2 EXP EXPORT EXPORT40 EXPORT56 DES kDHr kDHd kDH aDH kECDHr
    kECDHe kECDH aECDH KRB5 kKRB5 aKRB5 kFZA aFZA eFZA FZA`.split(/\s+/).map((
        name,
      ) => [name, nothing]),
    ),
  };
}

let made: Readonly<Record<string, Criteria>> | undefined;
