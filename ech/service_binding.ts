/**
 * Service bindings of the DNS: the records SVCB and HTTPS (RFC 9460), with the
 * parameter `ech` of RFC 9848. Types only, and the numbers of the parameters.
 *
 * @module
 */

/** What a record of type HTTPS or SVCB says (RFC 9460 section 2). */
export interface ServiceBinding {
  /** SvcPriority: the lowest is tried first; 0 is an alias (AliasMode). */
  readonly priority: number;
  /**
   * TargetName without the last dot. It is empty for `.`: the owner of the record,
   * or, of an alias, that there is no such service.
   */
  readonly targetName: string;
  /** SvcParams; of an alias they mean nothing, and none are read. */
  readonly params: ServiceParams;
}

/** SvcParams (RFC 9460 section 7). */
export interface ServiceParams {
  /** The parameters that a client must know to use the record. */
  readonly mandatory?: readonly string[] | undefined;
  /** ALPN protocols, besides the default one. */
  readonly alpn?: readonly string[] | undefined;
  /** The default protocol, `http/1.1` of HTTPS, is not there. */
  readonly noDefaultAlpn?: boolean | undefined;
  /** The port, in place of the usual one. */
  readonly port?: number | undefined;
  /** Addresses of the target, until the DNS has been asked for them. */
  readonly ipv4hint?: readonly string[] | undefined;
  /** ECHConfigList, for `ech.configList` (RFC 9848 section 3). */
  readonly ech?: Uint8Array | undefined;
  /** Addresses of the target, until the DNS has been asked for them. */
  readonly ipv6hint?: readonly string[] | undefined;
  /** The values of other parameters, by their numbers. */
  readonly others?: ReadonlyMap<number, Uint8Array> | undefined;
}

/** IANA's registry "Service Parameter Keys (SvcParamKeys)", as far as it is read. */
export const SvcParamKey = {
  mandatory: 0,
  alpn: 1,
  "no-default-alpn": 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(SvcParamKey).map(([name, key]) => [key, name]),
);

/** The name of a key in the presentation format (RFC 9460 section 2.1). */
export function keyName(key: number): string {
  return NAMES.get(key) ?? `key${key}`;
}

/** The number of a key by its name; `undefined`, if there is none. */
export function keyByName(name: string): number | undefined {
  if (Object.hasOwn(SvcParamKey, name)) {
    return SvcParamKey[name as keyof typeof SvcParamKey]; // It is there.
  }
  // Section 2.1: "unknown-key": without leading zeros.
  const digits = /^key(0|[1-9][0-9]{0,4})$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const key = Number(digits);
  return key < INVALID_KEY ? key : undefined;
}

/** RFC 9460 section 14.3.2: "Reserved ("Invalid key")". */
export const INVALID_KEY = 65_535;
