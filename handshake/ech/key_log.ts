/**
 * The lines of the key log by which a ClientHelloOuter can be decrypted (RFC 9850
 * section 2.3, "Secret Labels for ECH").
 *
 * @module
 */

import { logSecret } from "../io/key_log.ts";

/**
 * Writes both lines.
 *
 * @param outerRandom ClientHelloOuter.random: the labels "MUST always use" it.
 * @param config ECHConfig that the ClientHello is encrypted for.
 * @param sharedSecret That of the KEM.
 */
export function logEch(
  { keyLog }: { readonly keyLog: ((line: string) => void) | undefined },
  outerRandom: Uint8Array,
  { config, sharedSecret }: {
    readonly config: Uint8Array;
    readonly sharedSecret: Uint8Array;
  },
): void {
  logSecret({ keyLog }, "ECH_SECRET", outerRandom, sharedSecret);
  logSecret({ keyLog }, "ECH_CONFIG", outerRandom, config);
}
