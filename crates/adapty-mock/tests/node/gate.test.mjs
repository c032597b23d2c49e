// The gate against adapty-mock: a key a test, all tests at once against one server.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Gate, Unavailable } from "./gate.mjs";

const URL = process.env.ADAPTY_API_URL;
const NOW = Date.parse("2025-06-01T00:00:00Z");
const PAST = "2025-05-01T00:00:00+00:00";
const FUTURE = "2025-07-01T00:00:00+00:00";

/** One test's own app: a key of its own, and the gate that uses it. */
class App {
  constructor(name) {
    this.key = `${process.env.ADAPTY_API_KEY}.node.${name.replaceAll(" ", "-")}`;
    this.gate = new Gate(URL, this.key);
  }

  async admin(method, path, body) {
    const headers = { Authorization: "Api-Key " + this.key };
    const answer = await fetch(`${URL}/__admin/${path}`, { method, headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  }

  customer(level) {
    const row = { access_level_id: "premium", starts_at: null, is_in_grace_period: false, ...level };
    return this.admin("PUT", "profiles", { data: { customer_user_id: "me", access_levels: [row] } });
  }

  faults(...steps) {
    return this.admin("PUT", "faults", { steps });
  }
}

describe("the gate", { concurrency: true }, () => {
  const claim = (name, check) => test(name, () => check(new App(name)));

  claim("admits while active", async (app) => {
    await app.customer({ expires_at: FUTURE });
    assert.equal(await app.gate.admits("me", NOW), true);
  });

  claim("admits for a lifetime", async (app) => {
    await app.customer({ expires_at: null });
    assert.equal(await app.gate.admits("me", NOW), true);
  });

  claim("refuses once expired", async (app) => {
    await app.customer({ expires_at: PAST });
    assert.equal(await app.gate.admits("me", NOW), false);
  });

  claim("admits in grace", async (app) => {
    await app.customer({ expires_at: FUTURE, is_in_grace_period: true, billing_issue_detected_at: PAST });
    assert.equal(await app.gate.admits("me", NOW), true);
  });

  claim("refuses an unknown user", async (app) => {
    assert.equal(await app.gate.admits("nobody", NOW), false);
    assert.equal((await app.admin("POST", "requests/count", { status: 404 })).count, 1);
  });

  claim("is unavailable in an outage and back after it", async (app) => {
    await app.customer({ expires_at: FUTURE });
    await app.faults({ fault: { status: { code: 503 } } }, { fault: "connection_reset_by_peer" });
    await assert.rejects(app.gate.admits("me", NOW), Unavailable);
    await assert.rejects(app.gate.admits("me", NOW), Unavailable);
    assert.equal(await app.gate.admits("me", NOW), true);
  });

  claim("says how long a rate limit lasts", async (app) => {
    await app.faults({ fault: { status: { code: 429, headers: { "Retry-After": "7" } } } });
    await assert.rejects(app.gate.admits("me", NOW), { retryAfter: "7" });
  });

  claim("takes a bad date for neither yes nor no", async (app) => {
    await app.customer({ expires_at: "tomorrow" });
    await assert.rejects(app.gate.admits("me", NOW), Unavailable);
  });
});
