// A subscription's life by the fake's clock, and the events it sends.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { Gate } from "./gate.mjs";

const { ADAPTY_API_URL, ADAPTY_API_KEY } = process.env;

/** An app of its own for one test, at the beginning of 2030. */
async function app(name) {
  const headers = { Authorization: `Api-Key ${ADAPTY_API_KEY}-${name}` };
  const admin = async (method, path, body) => {
    const answer = await fetch(`${ADAPTY_API_URL}/__admin/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${await answer.clone().text()}`);
    return answer.json();
  };
  await admin("PUT", "clock", { now: "2030-01-01T00:00:00Z" });
  const gate = new Gate(ADAPTY_API_URL, `${ADAPTY_API_KEY}-${name}`);
  const admits = async (customer) => {
    const { now } = await admin("GET", "clock");
    return gate.admits(customer, Date.parse(now));
  };
  return { admin, admits };
}

test("trial, conversion, failed payment, grace, recovery, refund", async () => {
  const { admin, admits } = await app("node-life");
  const { store_original_transaction_id: id } = await admin("POST", "subscriptions", {
    customer_user_id: "jane",
    product: "monthly",
    period: "P1M",
    trial: "P7D",
    grace_period: "P16D",
  });
  assert.ok(await admits("jane"), "in the trial");
  await admin("POST", "clock/advance", { by: "P7D" });
  assert.ok(await admits("jane"), "converted");
  await admin("POST", `subscriptions/${id}/fail_payment`);
  await admin("POST", "clock/advance", { by: "P1M" });
  assert.ok(await admits("jane"), "in the grace period");
  await admin("POST", `subscriptions/${id}/recover`);
  await admin("POST", "clock/advance", { by: "P20D" });
  assert.ok(await admits("jane"), "recovered");
  await admin("POST", `subscriptions/${id}/refund`);
  assert.ok(!(await admits("jane")), "refunded");
});

test("a receiver in the test's own process gets each event before the command answers", async (t) => {
  const events = [];
  const receiver = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const event = JSON.parse(Buffer.concat(parts));
    if (event.event_type) events.push(event.event_type);
    response.end("{}");
  });
  await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
  t.after(() => receiver.close());
  const { admin } = await app("node-events");
  const url = `http://127.0.0.1:${receiver.address().port}/`;
  assert.ok((await admin("PUT", "webhook", { url })).verified);
  await admin("POST", "subscriptions", { customer_user_id: "jane", product: "monthly", period: "P1M" });
  assert.deepEqual(events, ["subscription_started", "access_level_updated"]);
  await admin("POST", "clock/advance", { by: "P1M" });
  assert.deepEqual(events.slice(2), ["subscription_renewed", "access_level_updated"]);
});
