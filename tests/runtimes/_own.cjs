/**
 * A program that knows nothing of the package: the loader of the documentation
 * gives it another `tls` and `https`, by `require()` and by `import`.
 */

const tls = require("tls");
const https = require("node:https");

const isOurs = (tls) => typeof tls.createSecurePair === "function";
const isOver = (https, tls) =>
  https.createServer() instanceof tls.Server && isOurs(tls);

console.log(isOurs(tls), isOver(https, tls));
Promise.all([import("node:tls"), import("https")]).then(([tls, https]) => {
  console.log(isOurs(tls.default), isOver(https.default, tls));
});
