/**
 * What programs replace in `node:tls`, and what then is called.
 *
 * @module
 */

import { createSecureContext } from "./secure_context.ts";

/** Programs wrap this, to add authorities of their own. */
export const replaceable: {
  createSecureContext: typeof createSecureContext;
} = { createSecureContext };
