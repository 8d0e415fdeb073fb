/**
 * Does a primitive in a Worker as often as it is asked to. Its clock stands
 * still meanwhile: who asks takes the time.
 *
 * @module
 */

import { measure, primitives, type Who } from "./_primitives.ts";

export default {
  /** Answers with the rows that there are, or when it is done. */
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const primitive = primitives[Number(searchParams.get("row"))];
    if (primitive === undefined) return Response.json(primitives.length);
    const who = searchParams.get("by");
    if (who === null) {
      const { name, inFlight, by } = primitive;
      const chosen = await primitive.chosen();
      return Response.json({ name, inFlight, by: Object.keys(by), chosen });
    }
    const count = Number(searchParams.get("count"));
    try {
      const once = await primitive.by[who as Who]?.(); // One of its keys.
      if (once === undefined) return new Response(null, { status: 404 });
      await measure(once, primitive, { count, time: () => 0 });
      return new Response();
    } catch {
      return new Response(null, { status: 404 });
    }
  },
};
