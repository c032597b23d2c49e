// A profile written and read back, with the standard library alone.

import assert from "node:assert/strict";
import { test } from "node:test";

const BASE = `${process.env.ADAPTY_API_URL}/api/v2/server-side-api/`;
const headers = {
  Authorization: `Api-Key ${process.env.ADAPTY_API_KEY}.node.writes`,
  "adapty-customer-user-id": "node@example.com",
  "Content-Type": "application/json",
};

/** Status, and the profile or the error's code. */
async function call(method, path, body) {
  const answer = await fetch(BASE + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  const { data, error_code } = text === "" ? {} : JSON.parse(text);
  return [answer.status, data ?? error_code];
}

const access = (what, body) => call("POST", `purchase/profile/${what}/access-level/`, body);

async function levels() {
  const [status, profile] = await call("GET", "profile/");
  assert.equal(status, 200);
  return profile.access_levels.map((row) => [row.access_level_id, row.cancellation_reason]);
}

test("create, grant, read, revoke, read, delete, read", async () => {
  assert.deepEqual(await call("GET", "profile/"), [404, "profile_does_not_exist"]);
  const custom_attributes = [{ key: "sport", value: "yoga" }];
  const [status, created] = await call("POST", "profile/", { custom_attributes });
  assert.deepEqual([status, created.custom_attributes, created.access_levels], [200, custom_attributes, []]);
  const grant = { access_level_id: "premium", expires_at: "2040-01-01T00:00:00Z" };
  assert.equal((await access("grant", grant))[0], 200);
  assert.deepEqual(await levels(), [["premium", null]]);
  assert.equal((await access("revoke", { access_level_id: "premium" }))[0], 200);
  assert.deepEqual(await levels(), [["premium", "adapty_revoked"]]);
  assert.deepEqual(await call("DELETE", "profile/"), [204, undefined]);
  assert.deepEqual(await call("GET", "profile/"), [404, "profile_does_not_exist"]);
});
