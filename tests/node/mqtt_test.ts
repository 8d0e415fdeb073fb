/**
 * The driver of MQTT, unpatched, against Mosquitto.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import mqtt from "mqtt";
import { connect, type ConnectOptions } from "../../mod.ts";
import { toNodeSocket } from "../../node/mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { clientIdentity, trust } from "../interop/_peers/material.ts";
import { asSocket, driverTests } from "./_drivers.ts";
import { missingOf, startProgram } from "./_programs.ts";

const mosquittoMissing = missingOf("mosquitto", "setpriv");

let server: Awaited<ReturnType<typeof startMosquitto>>;
if (mosquittoMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startMosquitto();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "Mosquitto",
  missing: mosquittoMissing,
  tests: {
    async "mqtt publishes and subscribes with a client certificate"() {
      const { cert, key } = await clientIdentity();
      const store = TrustStore.of((await trust()).pem);
      await roundTrip({
        port: server.port,
        serverName: "peer.test",
        trust: store,
        cert,
        key,
      });
    },

    async "mqtt publishes and subscribes with a pre-shared key"() {
      await roundTrip({
        port: server.otherPort,
        serverName: false,
        maxVersion: "TLSv1.2",
        cipherSuites: "PSK+AESGCM:PSK",
        psk: { identity: "sensor", key: KEY },
      });
    },

    async "mqtt reports a wrong pre-shared key"() {
      const wrong = { identity: "sensor", key: new Uint8Array(16) };
      const broker = clientOf({
        port: server.otherPort,
        serverName: false,
        maxVersion: "TLSv1.2",
        cipherSuites: "PSK+AESGCM:PSK",
        psk: wrong,
      });
      const error = await new Promise((resolve) => broker.on("error", resolve));
      assertEquals(Reflect.get(Object(error), "code"), "alert_received");
      await broker.endAsync(true);
    },
  },
});

/** One message of some size, to the broker and back. */
async function roundTrip(options: ConnectOptions): Promise<void> {
  const broker = clientOf(options);
  await new Promise((resolve, reject) => {
    broker.once("connect", resolve);
    broker.once("error", reject);
  });
  const message = new Promise<number>((resolve) =>
    broker.once("message", (_topic, payload) => resolve(payload.length))
  );
  await broker.subscribeAsync("topic", { qos: 1 });
  const payload = "m".repeat(200_000);
  await broker.publishAsync("topic", payload, { qos: 1 });
  assertEquals(await message, payload.length);
  await broker.endAsync();
}

function clientOf(options: ConnectOptions): mqtt.MqttClient {
  return new mqtt.MqttClient(
    () =>
      asSocket(toNodeSocket(connect({ hostname: "127.0.0.1", ...options }))),
    { reconnectPeriod: 0 },
  );
}

function startMosquitto(): ReturnType<typeof startProgram> {
  return startProgram({
    asNobody: true,
    prepare: async ({ folder, port, otherPort }) => {
      await Deno.writeTextFile(`${folder}/psk`, `sensor:${KEY.toHex()}\n`);
      await Deno.writeTextFile(
        `${folder}/mosquitto.conf`,
        [
          "per_listener_settings true",
          `listener ${port} 127.0.0.1`,
          `cafile ${folder}/ca.pem`,
          `certfile ${folder}/cert.pem`,
          `keyfile ${folder}/key.pem`,
          "require_certificate true",
          "use_identity_as_username true",
          `listener ${otherPort} 127.0.0.1`,
          "psk_hint x",
          `psk_file ${folder}/psk`,
          "use_identity_as_username true",
          "",
        ].join("\n"),
      );
    },
    command: ({ folder }) => ["mosquitto", "-c", `${folder}/mosquitto.conf`],
  });
}

const KEY = new Uint8Array(16).map((_, at) => at + 1);
