#!/usr/bin/env bash
# Package: acme-client 5.4.0 (npm).
#
# RFC 8555 section 6.6 (Rate Limits): the server answers with a problem document
# of the type "rateLimited", and SHOULD say in Retry-After when to try again.
#
# Expected: an error that a program can tell from other refusals, with the time.
# What happens: when its own attempts are over (five, unless changed; here none),
# it throws a plain Error. That has the text of "detail" and no member of its own:
# neither the status, nor the problem's type, nor Retry-After.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --ignore-scripts --no-audit --no-fund acme-client@5.4.0 >>npm.log

cat >limit.cjs <<'JS'
const { createServer } = require("node:http");
const acme = require("acme-client");

const asked = [];
const server = createServer((request, response) => {
  const base = `http://127.0.0.1:${server.address().port}`;
  asked.push(`${request.method} ${request.url}`);
  request.resume();
  response.setHeader("replay-nonce", `nonce${asked.length}`);
  if (request.url === "/directory") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({
      newNonce: `${base}/nonce`,
      newAccount: `${base}/account`,
      newOrder: `${base}/order`,
    }));
  } else if (request.url === "/account") {
    response.statusCode = 429;
    response.setHeader("retry-after", "3600");
    response.setHeader("content-type", "application/problem+json");
    response.end(JSON.stringify({
      type: "urn:ietf:params:acme:error:rateLimited",
      detail: "too many accounts",
    }));
  } else response.end();
});
server.listen(0, "127.0.0.1", async () => {
  const client = new acme.Client({
    directoryUrl: `http://127.0.0.1:${server.address().port}/directory`,
    accountKey: await acme.crypto.createPrivateEcdsaKey(),
  });
  acme.axios.defaults.acmeSettings.retryMaxAttempts = 0;
  await client.createAccount({ termsOfServiceAgreed: true }).then(
    () => console.log("no error"),
    (error) => {
      console.log(error.constructor.name, JSON.stringify(error.message));
      console.log("own members:", Object.keys(error).join() || "none");
    },
  );
  server.closeAllConnections();
  server.close();
});
JS
said=$(timeout 60 node limit.cjs)
echo "$said"
diff <(echo "$said") - <<'EXPECTED'
Error "too many accounts"
own members: none
EXPECTED
echo "As stated: the error says nothing but the text."
