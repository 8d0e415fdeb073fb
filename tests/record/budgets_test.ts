import { assert, assertEquals } from "@std/assert";
import {
  type ChangeCipherSpecPolicy,
  FragmentRules,
} from "../../record/budgets.ts";
import { AlertDescription, ContentType } from "../../registry.ts";
import { rejectsWith } from "./_ends.ts";

const { application_data, alert, change_cipher_spec, handshake } = ContentType;
const { close_notify, no_renegotiation, user_canceled } = AlertDescription;

function rules(changeCipherSpec: ChangeCipherSpecPolicy = "refuse") {
  const rules = new FragmentRules();
  rules.changeCipherSpec = changeCipherSpec;
  return {
    accept: (type: number, ...bytes: number[]) =>
      rules.accept({ type, bytes: Uint8Array.from(bytes) }, true, true),
    acceptPlain: (type: number, ...bytes: number[]) =>
      rules.accept({ type, bytes: Uint8Array.from(bytes) }, false, false),
    acceptPlainTls13: (type: number, ...bytes: number[]) =>
      rules.accept({ type, bytes: Uint8Array.from(bytes) }, false, true),
    acceptTls12: (type: number, ...bytes: number[]) =>
      rules.accept({ type, bytes: Uint8Array.from(bytes) }, true, false),
  };
}

Deno.test("FragmentRules passes on 32 empty records in a row, and no more", async () => {
  const { accept } = rules();
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 32; count++) {
      assert(accept(application_data));
    }
    // Content of either kind is progress.
    if (round === 0) assert(accept(application_data, 1));
    if (round === 1) assert(accept(handshake, 1));
  }
  await rejectsWith("unexpected_message", () => accept(application_data));
});

Deno.test("FragmentRules counts empty records over alerts", async () => {
  const { accept } = rules();
  await rejectsWith("unexpected_message", () => {
    for (let count = 0; count < 33; count++) {
      accept(application_data);
      accept(alert, 1, user_canceled);
    }
  });
});

Deno.test("FragmentRules refuses empty handshake, alert and change_cipher_spec", async () => {
  for (const type of [handshake, alert, change_cipher_spec]) {
    await rejectsWith("unexpected_message", () => rules().accept(type));
    await rejectsWith("unexpected_message", () => rules().acceptTls12(type));
    await rejectsWith("unexpected_message", () => rules().acceptPlain(type));
  }
});

Deno.test("FragmentRules refuses application_data without keys", async () => {
  await rejectsWith(
    "unexpected_message",
    () => rules().acceptPlain(application_data, 1),
  );
});

Deno.test("FragmentRules refuses types that are inside a record alone", async () => {
  for (const type of [0, 1, 19, 24, 255]) {
    await rejectsWith("unexpected_message", () => rules().accept(type, 1));
  }
});

Deno.test("FragmentRules has exactly one alert in a record", async () => {
  assert(rules().accept(alert, 2, 40));
  for (const bytes of [[2], [2, 40, 0], [2, 40, 2, 40]]) {
    await rejectsWith("decode_error", () => rules().accept(alert, ...bytes));
  }
});

Deno.test("FragmentRules accepts four warning alerts in a row, and no more", async () => {
  const { accept } = rules();
  const warn = () => accept(alert, 1, no_renegotiation);
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 4; count++) assert(warn());
    if (round < 2) assert(accept(application_data, 1));
  }
  await rejectsWith("unexpected_message", warn);
});

Deno.test("FragmentRules does not count close_notify and fatal alerts", () => {
  const { accept } = rules();
  for (let count = 0; count < 10; count++) {
    assert(accept(alert, 1, close_notify));
    assert(accept(alert, 2, 40));
  }
});

Deno.test("FragmentRules refuses change_cipher_spec where none belongs", async () => {
  await rejectsWith(
    "unexpected_message",
    () => rules().acceptPlain(change_cipher_spec, 1),
  );
});

Deno.test("FragmentRules drops 32 change_cipher_spec of TLS 1.3, and no more", async () => {
  const { accept, acceptPlain } = rules("drop");
  for (let count = 0; count < 32; count++) {
    assertEquals(acceptPlain(change_cipher_spec, 1), false);
    // Nothing resets the count.
    assert(accept(handshake, 1));
  }
  await rejectsWith(
    "unexpected_message",
    () => acceptPlain(change_cipher_spec, 1),
  );
});

Deno.test("FragmentRules refuses change_cipher_spec of TLS 1.3 with other bytes", async () => {
  for (const bytes of [[0], [2], [1, 1], [1, 0]]) {
    await rejectsWith(
      "unexpected_message",
      () => rules("drop").acceptPlain(change_cipher_spec, ...bytes),
    );
  }
});

Deno.test("FragmentRules refuses change_cipher_spec inside of TLS 1.3's protection", async () => {
  for (const policy of ["refuse", "drop", "return"] as const) {
    await rejectsWith(
      "unexpected_message",
      () => rules(policy).accept(change_cipher_spec, 1),
    );
  }
});

Deno.test("FragmentRules returns change_cipher_spec of TLS 1.2", async () => {
  assert(rules("return").acceptPlain(change_cipher_spec, 1));
  assert(rules("return").acceptTls12(change_cipher_spec, 1));
  for (const bytes of [[0], [2], [1, 1]]) {
    await rejectsWith(
      "illegal_parameter",
      () => rules("return").acceptPlain(change_cipher_spec, ...bytes),
    );
  }
});

Deno.test("FragmentRules counts warning alerts over all that brings no data", async () => {
  for (const [type, ...bytes] of [[application_data], [handshake, 1]]) {
    const { accept } = rules();
    await rejectsWith("unexpected_message", () => {
      for (let count = 0; count < 5; count++) {
        accept(type as number, ...bytes);
        accept(alert, 1, no_renegotiation);
      }
    });
  }
});

Deno.test("FragmentRules counts user_canceled of any level in TLS 1.3", async () => {
  const { accept, acceptTls12 } = rules();
  for (let count = 0; count < 4; count++) accept(alert, 2, user_canceled);
  await rejectsWith(
    "unexpected_message",
    () => accept(alert, 2, user_canceled),
  );
  for (let count = 0; count < 10; count++) acceptTls12(alert, 2, user_canceled);
});

// RFC 9846 section 5: "An implementation which receives any other
// change_cipher_spec value or which receives a protected change_cipher_spec
// record MUST abort the handshake".
Deno.test("FragmentRules drops change_cipher_spec of TLS 1.3 if it is not protected", async () => {
  const { accept, acceptPlainTls13 } = rules("drop");
  assertEquals(acceptPlainTls13(change_cipher_spec, 1), false);
  await rejectsWith("unexpected_message", () => accept(change_cipher_spec, 1));
});
