/**
 * HTTP as ACME uses it: short JSON answers, with a bound on time and size.
 *
 * @module
 */

import { escapeText } from "../escape.ts";
import {
  AcmeError,
  type AcmeProblem,
  describeProblem,
  shortType,
} from "./problem.ts";

/** What asks the server: `fetch`, or one like it. */
export type Fetch = (
  url: string,
  init: RequestInit,
) => Promise<Response>;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What requests have in common. */
export interface HttpOptions {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * One request.
 *
 * @throws {AcmeError} If the server refuses it, or cannot be reached.
 */
export async function request(
  url: string,
  init: RequestInit,
  options: HttpOptions,
): Promise<Answer> {
  // RFC 8555 section 6.1: all communication is over HTTPS.
  if (URL.parse(url)?.protocol !== "https:") {
    throw new AcmeError(
      `Cannot ask the CA: ${escapeText(`${url}`)} is not an https URL`,
    );
  }
  const answer = await exchange(url, init, options);
  if (answer.status < 400) return answer;
  throw refusal(url, answer, options.now());
}

async function exchange(
  url: string,
  init: RequestInit,
  { fetch, signal }: HttpOptions,
): Promise<Answer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  try {
    const response = await fetch(url, {
      ...init,
      // One by plain HTTP could lead anywhere.
      redirect: "error",
      signal: limit,
    });
    const { status, headers } = response;
    return { status, headers, text: await readText(response) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AcmeError) throw error;
    throw new AcmeError(
      `Cannot reach the CA at ${new URL(url).host}: ${
        escapeText(error instanceof Error ? error.message : `${error}`)
      }`,
      { cause: error },
    );
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_LENGTH) {
      throw new AcmeError(
        `Cannot read the CA's answer: it has more than ${MAX_LENGTH} characters`,
      );
    }
  }
  return text + decoder.decode();
}

/** RFC 8555 section 6.7: an error is a problem document. */
function refusal(url: string, answer: Answer, now: number): AcmeError {
  const problem = parseObject<AcmeProblem>(answer.text) ?? {};
  const said = describeProblem(problem) || `HTTP status ${answer.status}`;
  return new AcmeError(
    `The CA at ${new URL(url).host} refused: ${escapeText(said)}`,
    {
      type: shortType(problem.type),
      status: answer.status,
      retryAfter: retryAfter(answer.headers, now),
    },
  );
}

/**
 * When the server wants to be asked again, in milliseconds since 1970 (RFC 9110
 * section 10.2.3); `undefined` if it does not say.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined) return undefined;
  const time = /^\d+$/.test(value)
    ? now + Number(value) * 1000
    : Date.parse(value);
  return Number.isFinite(time) ? time : undefined;
}

/**
 * An answer's JSON object.
 *
 * @throws {AcmeError} If it is none.
 */
export function objectOf<T>(answer: Answer): T {
  const value = parseObject<T>(answer.text);
  if (value !== undefined) return value;
  throw new AcmeError("Cannot read the CA's answer: expected a JSON object");
}

function parseObject<T>(text: string): T | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Members are looked at one by one where they are used.
    return typeof value === "object" && value !== null ? value as T : undefined;
  } catch {
    return undefined;
  }
}

/** Of one request with its answer, in milliseconds. */
const TIMEOUT = 30_000;

/** Of an answer; a chain of post-quantum certificates is below 100,000. */
const MAX_LENGTH = 1_000_000;
