/**
 * A process that is killed in the middle of an order: for a directory and the
 * folder of a store.
 *
 * @module
 */

import { acme } from "../../mod.ts";

const [directory = "", store = ""] = Deno.args;
const client = Deno.createHttpClient({
  caCerts: [await Deno.readTextFile(`${store}/ca.pem`)],
});
acme({
  directory,
  store,
  domains: ["a.example"],
  profile: "default",
  termsOfServiceAgreed: true,
  fetch: (url, init) => fetch(url, { ...init, client }),
  onEvent: ({ type }) => {
    if (type === "order") {
      Deno.stdout.writeSync(new TextEncoder().encode("ready"));
    }
  },
});
// Nothing else keeps it alive.
setInterval(() => {}, 1000);
