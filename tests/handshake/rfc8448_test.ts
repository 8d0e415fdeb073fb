/**
 * The traces of RFC 8448, byte by byte: our client and our server are each put
 * in the place of one of the two ends, with its ephemeral keys and signatures,
 * and must send the records of the trace.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ContentType } from "../../registry.ts";
import {
  authenticated,
  compatible,
  retried,
  simple,
  type Trace,
} from "../vectors/rfc8448_traces.ts";
import {
  closeNotify,
  type End,
  messageIn,
  reads,
  runClient,
  runServer,
  sends,
  ticketOf,
} from "./_rfc8448.ts";

async function exchanges(end: End, side: "client" | "server", trace: Trace) {
  const { alert, application_data } = ContentType;
  const [ours, theirs] = side === "client"
    ? [trace.clientData, trace.serverData]
    : [trace.serverData, trace.clientData];
  if (ours !== undefined) {
    await sends(end, application_data, ours.content, ours.record);
  }
  if (theirs !== undefined) {
    await reads(end, application_data, theirs.content, theirs.record);
  }
  const [ourClose, theirClose] = side === "client"
    ? [trace.clientClose, trace.serverClose]
    : [trace.serverClose, trace.clientClose];
  await sends(end, alert, closeNotify, ourClose);
  await reads(end, alert, closeNotify, theirClose);
}

const titles: Record<number, string> = {
  3: "Simple 1-RTT Handshake",
  5: "HelloRetryRequest",
  6: "Client Authentication",
  7: "Compatibility Mode",
};

for (const trace of [simple, retried, authenticated, compatible]) {
  const title = `RFC 8448 section ${trace.section}, ${titles[trace.section]}`;

  Deno.test(`client sends and accepts the records of ${title}`, async () => {
    const { end, established } = await runClient(trace);
    assertEquals(established.cipherSuite.name, "TLS_AES_128_GCM_SHA256");
    if (trace.ticketRecord !== undefined) {
      const ticket = await ticketOf(end, trace.ticketRecord);
      assertEquals(ticket.ticketLifetime, 30);
    }
    await exchanges(end, "client", trace);
  });

  Deno.test(`server sends and accepts the records of ${title}`, async () => {
    const { end } = await runServer(trace);
    if (trace.ticketRecord !== undefined) {
      const { end: client } = await runClient(trace);
      const ticket = await messageIn(client, trace.ticketRecord);
      await sends(end, ContentType.handshake, ticket, trace.ticketRecord);
    }
    await exchanges(end, "server", trace);
  });
}
