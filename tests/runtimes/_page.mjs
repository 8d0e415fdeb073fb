/** A page: leaves the outcomes of all checks in `globalThis.outcomes`. */

import { checkAll } from "./_web.mjs";

globalThis.outcomes = checkAll(false);
