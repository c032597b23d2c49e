// A subscription gate such as a backend has: may this customer in?

/** Adapty could not be asked, or not be understood: neither a yes nor a no. */
export class Unavailable extends Error {
  constructor(why, retryAfter = null) {
    super(why);
    this.retryAfter = retryAfter;
  }
}

export class Gate {
  constructor(url, key) {
    this.url = url + "/api/v2/server-side-api/profile/";
    this.key = key;
  }

  /** Whether `premium` is active, by its two dates alone. */
  async admits(customer, now = Date.now()) {
    const profile = await this.profile(customer);
    return (profile?.access_levels ?? []).some(
      (level) => level.access_level_id === "premium" && active(level, now),
    );
  }

  async profile(customer) {
    const headers = { Authorization: "Api-Key " + this.key, "adapty-customer-user-id": customer };
    let status, retryAfter, body;
    try {
      const answer = await fetch(this.url, { headers, signal: AbortSignal.timeout(5000) });
      ({ status } = answer);
      retryAfter = answer.headers.get("Retry-After");
      body = await answer.text();
    } catch (broken) {
      throw new Unavailable(String(broken));
    }
    if (status === 200) return read(body).data;
    if (status === 404 && read(body).error_code === "profile_does_not_exist") return null;
    throw new Unavailable(String(status), retryAfter);
  }
}

function active(level, now) {
  const starts = date(level.starts_at);
  const expires = date(level.expires_at);
  return (starts === null || starts <= now) && (expires === null || now < expires);
}

function date(text) {
  if (text === null) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Unavailable("not a date: " + text);
  return at;
}

function read(body) {
  try {
    return JSON.parse(body);
  } catch (broken) {
    throw new Unavailable(String(broken));
  }
}
