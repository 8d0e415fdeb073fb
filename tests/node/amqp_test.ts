/**
 * The driver of AMQP, unpatched, against RabbitMQ: it takes no stream, and comes
 * to our connection by a socket of its own.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import amqp from "amqplib";
import { Buffer } from "node:buffer";
import { connect, pipeDuplex } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { clientIdentity, trust } from "../interop/_peers/material.ts";
import { driverTests } from "./_drivers.ts";
import { freePort, missingOf, startProgram } from "./_programs.ts";

const rabbitMissing = missingOf("rabbitmq-server", "epmd");

let server: Awaited<ReturnType<typeof startRabbit>>;
if (rabbitMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startRabbit();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "RabbitMQ",
  missing: rabbitMissing,
  tests: {
    async "amqplib publishes and consumes by a proxy, with a client certificate"() {
      const path = `${server.folder}/amqps`;
      const listener = Deno.listen({ transport: "unix", path });
      const { cert, key } = await clientIdentity();
      const proxying = (async () => {
        const socket = await listener.accept();
        const conn = await connect({
          hostname: "127.0.0.1",
          port: server.port,
          serverName: "peer.test",
          trust: TrustStore.of((await trust()).pem),
          cert,
          key,
        });
        await pipeDuplex(socket, conn);
      })();
      const connection = await amqp.connect("amqp://guest:guest@peer.test", {
        path,
      });
      const channel = await connection.createConfirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const text = "x".repeat(1_000_000);
      channel.sendToQueue(queue, Buffer.from(text));
      await channel.waitForConfirms();
      const received = await new Promise<string>((resolve) =>
        channel.consume(queue, (message) => {
          if (message !== null) channel.ack(message);
          resolve(String(message?.content));
        })
      );
      assertEquals(received, text);
      await channel.close();
      await connection.close();
      listener.close();
      // The server and the driver both ended in order.
      await proxying;
    },
  },
});

/** A node of its own, that no other finds. */
async function startRabbit(): ReturnType<typeof startProgram> {
  const epmdPort = freePort();
  const started = startProgram({
    asNobody: true,
    ready: /Server startup complete/g,
    prepare: async ({ folder, port }) => {
      await Deno.writeTextFile(`${folder}/plugins`, "[].");
      await Deno.writeTextFile(
        `${folder}/rabbitmq.conf`,
        [
          "listeners.tcp = none",
          `listeners.ssl.1 = 127.0.0.1:${port}`,
          `ssl_options.cacertfile = ${folder}/ca.pem`,
          `ssl_options.certfile = ${folder}/cert.pem`,
          `ssl_options.keyfile = ${folder}/key.pem`,
          "ssl_options.verify = verify_peer",
          "ssl_options.fail_if_no_peer_cert = true",
        ].join("\n"),
      );
    },
    command: ({ folder, otherPort }) => [
      "env",
      `HOME=${folder}`,
      `RABBITMQ_NODENAME=test${otherPort}@localhost`,
      `RABBITMQ_CONFIG_FILE=${folder}/rabbitmq.conf`,
      `RABBITMQ_CONF_ENV_FILE=${folder}/none`,
      `RABBITMQ_MNESIA_BASE=${folder}/mnesia`,
      `RABBITMQ_ENABLED_PLUGINS_FILE=${folder}/plugins`,
      `RABBITMQ_PID_FILE=${folder}/pid`,
      `RABBITMQ_LOG_BASE=${folder}/log`,
      "RABBITMQ_LOGS=-",
      `RABBITMQ_DIST_PORT=${otherPort}`,
      `ERL_EPMD_PORT=${epmdPort}`,
      "ERL_EPMD_ADDRESS=127.0.0.1",
      "/usr/lib/rabbitmq/bin/rabbitmq-server",
    ],
  });
  // The daemon that knows the names of nodes outlives them.
  const endDaemon = async () => {
    const args = ["-port", String(epmdPort), "-kill"];
    await new Deno.Command("epmd", { args }).output();
  };
  const program = await started.catch(async (error) => {
    await endDaemon();
    throw error;
  });
  return {
    ...program,
    async [Symbol.asyncDispose]() {
      // The process is a script that would ask the node to stop.
      const pid = await Deno.readTextFile(`${program.folder}/pid`);
      Deno.kill(Number(pid), "SIGTERM");
      await program[Symbol.asyncDispose]();
      await endDaemon();
    },
  };
}
