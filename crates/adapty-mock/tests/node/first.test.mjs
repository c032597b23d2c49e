import assert from "node:assert/strict";
import { test } from "node:test";

const { ADAPTY_API_URL: URL, ADAPTY_API_KEY: KEY } = process.env;

/** The code under test: the access levels that Adapty states for a customer. */
async function levels(customer) {
  const answer = await fetch(URL + "/api/v2/server-side-api/profile/", {
    headers: { Authorization: "Api-Key " + KEY, "adapty-customer-user-id": customer },
  });
  const { data } = await answer.json();
  return data.access_levels.map((level) => level.access_level_id);
}

test("an example customer of the documents has premium", async () => {
  assert.deepEqual(await levels("77B14FB4-FD2A-4D38-AA3A-4C433F79863C"), ["premium"]);
});

test("one who bought nothing has no level", async () => {
  assert.deepEqual(await levels("jane.doe@example.com"), []);
});
