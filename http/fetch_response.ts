/**
 * The response of undici, as one of the runtime: `serve()`, `Deno.serve` and
 * `instanceof` take no other.
 *
 * @module
 */

import type { Response as UndiciResponse } from "undici/index.js";
import type { Watch } from "./fetch_watch.ts";

/** Makes it a response of the runtime, with its place. */
export function toResponse(
  response: UndiciResponse,
  watch: Watch,
  signal: AbortSignal | undefined,
): Response {
  const { status, statusText, body } = response;
  const headers = new Headers([...response.headers]);
  const formats = formatsOf(watch.codings);
  // Without a body, or with one that stays as it is, the fields hold.
  if (watch.codings.length > 0 && (body === null || formats === undefined)) {
    headers.set("content-encoding", watch.codings.join(", "));
  }
  const isEmpty = body === null || NULL_BODY.includes(status);
  if (isEmpty) {
    return new FetchedResponse(null, { status, statusText, headers }, response);
  }
  let own = ownBody(
    body as ReadableStream<Uint8Array>,
    (fail) =>
      watch.onFailure((cause) =>
        fail(
          signal?.aborted
            ? signal.reason
            : new TypeError("terminated", { cause }),
        )
      ),
  );
  if (formats !== undefined && formats.length > 0) {
    // Of the bytes that come out they would not be true.
    headers.delete("content-length");
    for (const format of formats) {
      own = own.pipeThrough(new DecompressionStream(format));
    }
  }
  return new FetchedResponse(own, { status, statusText, headers }, response);
}

/** How to undo codings, if all are known: RFC 9110 section 8.4.1. */
function formatsOf(
  codings: readonly string[],
): CompressionFormat[] | undefined {
  const formats = codings.map((coding) => FORMATS.get(coding)).reverse();
  const known = formats.filter((format) => format !== undefined);
  return known.length === codings.length ? known : undefined;
}

/** What only a fetch gives a response. */
type Place = Pick<Response, "url" | "redirected" | "type">;

/** A response that knows where it is from. */
class FetchedResponse extends Response {
  override readonly url: string;
  override readonly redirected: boolean;
  override readonly type: ResponseType;

  constructor(
    body: BodyInit | null,
    init: ResponseInit,
    { url, redirected, type }: Place,
  ) {
    super(body, init);
    this.url = url;
    this.redirected = redirected;
    this.type = type;
  }

  override clone(): Response {
    const { body, status, statusText, headers } = super.clone();
    const init = { status, statusText, headers };
    return new FetchedResponse(body, init, this);
  }
}

/**
 * A stream of its own. undici cancels its stream when nobody holds its response
 * any more; this one is cancelled when nobody holds it itself.
 *
 * @param watch Takes what ends the stream with an error.
 */
function ownBody(
  body: ReadableStream<Uint8Array>,
  watch: (fail: (error: unknown) => void) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const own = new ReadableStream({
    type: "bytes",
    start(controller) {
      // The request must not hold the stream, which may be dropped.
      const weak = new WeakRef(controller);
      watch((error) => {
        try {
          weak.deref()?.error(error);
        } catch {
          // It has ended already.
        }
        reader.cancel(error).catch(ignore);
      });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
      dropped.unregister(reader);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason) {
      dropped.unregister(reader);
      return reader.cancel(reason);
    },
  });
  dropped.register(own, reader, reader);
  return own;
}

const dropped = new FinalizationRegistry<
  ReadableStreamDefaultReader<Uint8Array>
>((reader) => {
  reader.cancel("Nobody reads the body any more").catch(ignore);
});

function ignore(): void {}

/** Null body statuses of the Fetch standard. */
const NULL_BODY = [204, 205, 304];

/** The content codings that every runtime can undo, by their names. */
const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);
