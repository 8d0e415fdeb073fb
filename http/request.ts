/**
 * Requests as the client made them: to `https:`, whatever the engine was asked
 * by.
 *
 * @module
 */

/** Where the requests of a connection come from. */
export interface Origin {
  /** How the URL of a request begins that names no authority. */
  readonly engineUrl: string;
  /** The authority that such a request is for. */
  authority(): string;
}

/**
 * Makes a request of the engine's one that says `https:`. It stays the same
 * object, which `Deno.upgradeWebSocket` asks for.
 */
export function servedRequest(request: Request, origin: Origin): Request {
  new OriginOf(request, origin);
  return Object.setPrototypeOf(request, ServedRequest.prototype);
}

/** A request of the engine's that says `https:`. */
class ServedRequest extends Request {
  override get url(): string {
    return publicUrl(super.url, this, OriginOf.get(this));
  }

  override clone(): Request {
    const copy = super.clone();
    const origin = OriginOf.get(this);
    return origin === undefined ? copy : servedRequest(copy, origin);
  }
}

/** A constructor that hands back what it is given, to add a field to it. */
class Same {
  constructor(object: object) {
    return object;
  }
}

/** A field of requests that nobody else sees. */
class OriginOf extends Same {
  readonly #origin: Origin;

  constructor(request: Request, origin: Origin) {
    super(request);
    this.#origin = origin;
  }

  static get(request: object): Origin | undefined {
    return #origin in request ? request.#origin : undefined;
  }
}

function publicUrl(
  url: string,
  request: Request,
  origin: Origin | undefined,
): string {
  const scheme = url.indexOf("://");
  // "*" of OPTIONS, and the authority of CONNECT.
  if (scheme < 0) return url;
  if (origin === undefined || !url.startsWith(origin.engineUrl)) {
    return `https${url.slice(scheme)}`;
  }
  // HTTP/1.0, and what breaks RFC 9112 section 3.2, names no authority; an empty
  // field does not either.
  if (request.headers.get("host")) return `https${url.slice(scheme)}`;
  const path = url.indexOf("/", origin.engineUrl.length);
  return `https://${origin.authority()}${path < 0 ? "/" : url.slice(path)}`;
}
