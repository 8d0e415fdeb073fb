import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import { TlsAlertError } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { clientTrust, curlMissing, fetchWithCurl } from "./_peers/curl.ts";
import type { Errand, Fetched } from "./_peers/curl.ts";
import {
  CLIENT_NAME,
  clientIdentity,
  SERVER_NAME,
  temporaryFolder,
} from "./_peers/material.ts";
import { absent, UNSANITIZED } from "./_peers/matrix.ts";
import { payload } from "./_peers/peer.ts";
import { opensslName, SUITES_TLS12, suiteVersions } from "./_peers/suites.ts";

if (curlMissing !== undefined) {
  absent("curl", curlMissing);
} else {
  const suites = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
  ];
  for (const suite of suites) {
    test(`TLSv1.3 ${suite}`, {
      args: ["--tlsv1.3", "--tls13-ciphers", suite],
    }, ({ connections: [info] }) => {
      assertEquals(info?.version, "TLSv1.3");
      assertEquals(info?.cipherSuite, suite);
      assertEquals(info?.serverName, SERVER_NAME);
    });
  }

  for (const suite of SUITES_TLS12) {
    if (!/ECDHE_ECDSA.*(GCM|CHACHA20|AES_\d+_CBC)/.test(suite)) continue;
    for (const version of suiteVersions(suite)) {
      const name = version === "TLSv1" ? "1.0" : version.slice(4);
      const ciphers = `${opensslName(suite)}:@SECLEVEL=0`;
      test(`${version} ${suite}`, {
        args: [`--tlsv${name}`, "--tls-max", name, "--ciphers", ciphers],
        server: { minVersion: version, cipherSuites: [suite] },
      }, ({ connections: [info] }) => {
        assertEquals(info?.version, version);
        assertEquals(info?.cipherSuite, suite);
      });
    }
  }

  const curves = {
    x25519: "X25519",
    secp256r1: "P-256",
    secp384r1: "P-384",
    secp521r1: "P-521",
    x448: "X448",
  };
  for (const [group, curve] of Object.entries(curves)) {
    test(`group ${group}`, {
      args: ["--tlsv1.3", "--curves", curve],
      server: { groups: [group] },
    }, ({ connections: [info] }) => assertEquals(info?.group, group));
  }

  test("HelloRetryRequest", {
    args: ["--tlsv1.3", "--curves", "X25519:P-521"],
    server: { groups: ["secp521r1"] },
  }, ({ connections: [info] }) => assertEquals(info?.group, "secp521r1"));

  test("ALPN", {
    args: [],
    server: { alpnProtocols: ["http/1.1"] },
  }, ({ connections: [info], said }) => {
    assertEquals(info?.alpnProtocol, "http/1.1");
    assertMatch(said, /ALPN.*accepted.*http\/1\.1/);
  });

  test("resumption", { args: ["--no-keepalive"], times: 3 }, (fetched) => {
    const resumed = fetched.connections.map((info) => info.resumed);
    assertEquals(resumed, [false, true, true]);
  });

  // It takes no tickets before TLS 1.3.
  const store = new Map<string, Uint8Array>();
  test("resumption in TLSv1.2", {
    args: ["--tls-max", "1.2"],
    times: 2,
    server: {
      sessionStore: {
        get: (id) => store.get(id),
        set: (id, session) => void store.set(id, session),
        delete: (id) => void store.delete(id),
      },
    },
  }, ({ connections }) => {
    assertEquals(connections.map((info) => info.resumed), [false, true]);
  });

  test("8 MiB each way", {
    args: [],
    body: payload(8 << 20),
  }, ({ said }) => assertMatch(said, /Verify|verify ok|SSL certificate/));

  Deno.test("curl: client certificate", UNSANITIZED, async () => {
    const { certFile, keyFile } = await clientIdentity();
    const fetched = await fetchWithCurl({
      args: ["--cert", certFile, "--key", keyFile],
      server: { clientAuth: "require", trust: await clientTrust() },
    });
    assertEquals(fetched.code, 0, fetched.said);
    const [leaf] = fetched.connections[0]?.peerCertificates ?? [];
    assertEquals(leaf?.subject, `CN=${CLIENT_NAME}`);
  });

  Deno.test(
    "curl: no client certificate where one is required",
    UNSANITIZED,
    async () => {
      const { code, said, errors } = await fetchWithCurl({
        args: [],
        server: { clientAuth: "require", trust: await clientTrust() },
      });
      assert(code !== 0);
      assertMatch(said, /certificate required/);
      assertEquals(errors.length, 1);
    },
  );

  Deno.test(
    "curl: a certificate that it has no reason to trust",
    UNSANITIZED,
    async () => {
      const path = `${temporaryFolder()}/other.pem`;
      const other = await issueCertificate({ names: ["Other CA"], ca: true });
      await Deno.writeTextFile(path, other.cert);
      const { code, said, errors } = await fetchWithCurl({
        args: ["--cacert", path],
      });
      assert(code !== 0);
      assertMatch(said, /certificate/i);
      const [error] = errors;
      assertInstanceOf(error, TlsAlertError);
      assertEquals(error.alert, "unknown_ca");
    },
  );
}

function test(
  name: string,
  errand: Errand,
  check: (fetched: Fetched) => void,
): void {
  Deno.test(`curl: ${name}`, UNSANITIZED, async () => {
    const fetched = await fetchWithCurl(errand);
    assertEquals(fetched.code, 0, `${fetched.said}\n${fetched.errors}`);
    const body = errand.body ?? new Uint8Array(10);
    const length = body.length * (errand.times ?? 1);
    assertEquals(fetched.body.length, length);
    assert(
      fetched.body.every((byte, at) => byte === body[at % body.length]),
      "the body came back changed",
    );
    check(fetched);
  });
}
