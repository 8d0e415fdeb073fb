/**
 * When a certificate is renewed (RFC 9773).
 *
 * @module
 */

import type { Certificate } from "../x509/certificate/certificate.ts";
import { encodeBase64Url } from "../encoding.ts";
import type { RenewalInfo } from "./api.ts";

/** What the CA, or the certificate itself, says about its renewal. */
export interface RenewalPlan {
  /** When to renew it, in milliseconds since 1970. */
  readonly renewAt: number;
  /** When to ask the CA again, in milliseconds since 1970. */
  readonly askAt: number;
}

/**
 * The certificate's identifier: key identifier of its authority and serial
 * number (RFC 9773 section 4.1); `undefined` if it lacks the former.
 */
export function certificateId(certificate: Certificate): string | undefined {
  const { keyIdentifier } =
    certificate.extensionValues.authorityKeyIdentifier ?? {};
  if (keyIdentifier === undefined) return undefined;
  return `${encodeBase64Url(keyIdentifier)}.${
    encodeBase64Url(certificate.serialNumberBytes)
  }`;
}

/** Without the CA's word: when a third of the lifetime is left. */
export function planByLifetime(
  { notBefore, notAfter }: Certificate,
  now: number,
): RenewalPlan {
  const [start, end] = [notBefore.getTime(), notAfter.getTime()];
  return { renewAt: end - (end - start) / 3, askAt: now + ASK_AGAIN };
}

/**
 * How long a certificate is used at least before another takes its place, in
 * milliseconds: a CA that calls each new one due would get an order after the
 * other.
 */
export function minimumAge({ notBefore, notAfter }: Certificate): number {
  return Math.min(HOUR, (notAfter.getTime() - notBefore.getTime()) / 3);
}

/**
 * By the CA's word: at a random moment of its window (RFC 9773 section 4.2),
 * which is chosen once a window, so that asking often does not draw it nearer.
 *
 * @returns `undefined` if the window is none, which is to be ignored.
 */
export function planByWindow(
  { suggestedWindow }: RenewalInfo,
  { random, now, retryAfter }: {
    /** From 0 to 1, the same for one certificate. */
    random: number;
    now: number;
    retryAfter: number | undefined;
  },
): RenewalPlan | undefined {
  const start = Date.parse(suggestedWindow?.start);
  const end = Date.parse(suggestedWindow?.end);
  if (!(start < end)) return undefined;
  const wait = (retryAfter ?? now + ASK_AGAIN) - now;
  return {
    renewAt: start + (end - start) * random,
    askAt: now + Math.min(Math.max(wait, MIN_WAIT), MAX_WAIT),
  };
}

/**
 * How long to wait behind a failure, in milliseconds: as long as the server
 * asks, else twice as long each time.
 *
 * @param failures How many there were in a row, this one included.
 */
export function backOff(
  failures: number,
  { now, retryAfter, random = Math.random() }: {
    now: number;
    retryAfter: number | undefined;
    random?: number;
  },
): number {
  if (retryAfter !== undefined && retryAfter > now) {
    return Math.min(retryAfter - now, MAX_RETRY_AFTER);
  }
  const longest = Math.min(FIRST_WAIT * 2 ** (failures - 1), MAX_WAIT);
  // Many machines that failed together do not come back together.
  return longest * (0.75 + random / 4);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** RFC 9773 section 4.3.2: without the server's word, every six hours. */
const ASK_AGAIN = 6 * HOUR;
/** RFC 9773 section 4.3.2: between one minute and one day. */
const MIN_WAIT = MINUTE;
const MAX_WAIT = DAY;
const FIRST_WAIT = MINUTE;
/** A server's word may be wrong, but rate limits last a week. */
const MAX_RETRY_AFTER = 8 * DAY;
