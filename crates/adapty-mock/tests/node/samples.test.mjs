// The newer "Get profile" page's JavaScript sample, as written but for address and placeholders.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const SAMPLE = `
const myHeaders = new Headers();
myHeaders.append("Authorization", "Api-Key <YOUR_SECRET_API_KEY>");
myHeaders.append("adapty-customer-user-id", "<YOUR_CUSTOMER_USER_ID>");
myHeaders.append("Content-Type", "application/json");

const requestOptions = {
  method: "GET",
  headers: myHeaders,
  redirect: "follow"
};

fetch("https://api.adapty.io/api/v2/server-side-api/profile/", requestOptions)
  .then((response) => response.text())
  .then((result) => console.log(result))
  .catch((error) => console.error(error));
`;

/** What the sample says on the console first. */
function said(customer) {
  const sample = SAMPLE.replace("https://api.adapty.io", process.env.ADAPTY_API_URL)
    .replace("<YOUR_CUSTOMER_USER_ID>", customer)
    .replace("<YOUR_SECRET_API_KEY>", process.env.ADAPTY_API_KEY);
  return new Promise((log, error) => new Function("console", sample)({ log, error }));
}

test("the sample prints the page's own example", async () => {
  const example = new URL("../../fixtures/get_profile.200.newer-page.lifetime_premium.json", import.meta.url);
  assert.equal(await said("77B14FB4-FD2A-4D38-AA3A-4C433F79863C"), await readFile(example, "utf8"));
});

test("the sample prints the documented error for an unknown customer", async () => {
  assert.equal(JSON.parse(await said("nobody")).error_code, "profile_does_not_exist");
});
