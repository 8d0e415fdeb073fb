/**
 * The driver of LDAP, unpatched, against OpenLDAP.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "ldapts";
import { connect } from "../../mod.ts";
import { toNodeSocket } from "../../node/mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { trust } from "../interop/_peers/material.ts";
import { asSocket, driverTests } from "./_drivers.ts";
import { missingOf, startProgram } from "./_programs.ts";

const slapdMissing = missingOf("slapd", "setpriv");

let server: Awaited<ReturnType<typeof startSlapd>>;
if (slapdMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startSlapd();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "OpenLDAP",
  missing: slapdMissing,
  tests: {
    async "ldapts binds, adds and searches"() {
      const store = TrustStore.of((await trust()).pem);
      const ldap = new Client({
        url: "ldap://peer.test",
        createConnection: () =>
          asSocket(toNodeSocket(connect({
            hostname: "127.0.0.1",
            port: server.port,
            serverName: "peer.test",
            trust: store,
          }))),
      });
      await ldap.bind("cn=admin,dc=test", PASSWORD);
      await ldap.add("dc=test", {
        objectClass: ["dcObject", "organization"],
        o: "Test",
        dc: "test",
      });
      const description = "x".repeat(100_000);
      await ldap.add("cn=alice,dc=test", {
        objectClass: "person",
        cn: "alice",
        sn: "A",
        description,
      });
      const { searchEntries } = await ldap.search("dc=test", {
        filter: "(sn=A)",
      });
      assertEquals(searchEntries.map((entry) => entry.description), [
        description,
      ]);
      await ldap.unbind();
    },

    async "ldapts tells that it does not trust the server"() {
      const other = await issueCertificate({ names: ["Other"], ca: true });
      const ldap = new Client({
        url: "ldap://peer.test",
        createConnection: () =>
          asSocket(toNodeSocket(connect({
            hostname: "127.0.0.1",
            port: server.port,
            serverName: "peer.test",
            trust: TrustStore.of(other.cert),
          }))),
      });
      const error = await assertRejects(() => ldap.bind("cn=admin", PASSWORD));
      assertEquals(Reflect.get(Object(error), "code"), "unknown_issuer");
    },
  },
});

function startSlapd(): ReturnType<typeof startProgram> {
  return startProgram({
    asNobody: true,
    prepare: async ({ folder }) => {
      await Deno.mkdir(`${folder}/db`);
      await Deno.writeTextFile(
        `${folder}/slapd.conf`,
        [
          "modulepath /usr/lib/ldap",
          "moduleload back_mdb",
          "include /etc/ldap/schema/core.schema",
          `TLSCACertificateFile ${folder}/ca.pem`,
          `TLSCertificateFile ${folder}/cert.pem`,
          `TLSCertificateKeyFile ${folder}/key.pem`,
          "database mdb",
          "suffix dc=test",
          "rootdn cn=admin,dc=test",
          `rootpw ${PASSWORD}`,
          `directory ${folder}/db`,
          "",
        ].join("\n"),
      );
    },
    command: ({ folder, port }) => [
      ...["slapd", "-d", "0", "-f", `${folder}/slapd.conf`],
      ...["-h", `ldaps://127.0.0.1:${port}/`],
    ],
  });
}

const PASSWORD = "open-sesame";
