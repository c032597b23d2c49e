"""A subscription gate such as a backend has: may this customer in?"""

import json
import urllib.error
import urllib.request
from datetime import datetime, timezone


class Unavailable(Exception):
    """Adapty could not be asked, or not be understood: neither a yes nor a no."""

    def __init__(self, why, retry_after=None):
        super().__init__(why)
        self.retry_after = retry_after


class Gate:
    def __init__(self, url, key):
        self.url = url + "/api/v2/server-side-api/profile/"
        self.key = key

    def admits(self, customer, now=None):
        """Whether `premium` is active, by its two dates alone."""
        now = now or datetime.now(timezone.utc)
        profile = self.profile(customer)
        return profile is not None and any(
            level["access_level_id"] == "premium" and active(level, now)
            for level in profile["access_levels"] or []
        )

    def profile(self, customer):
        request = urllib.request.Request(
            self.url,
            headers={"Authorization": "Api-Key " + self.key, "adapty-customer-user-id": customer},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code == 404 and json.load(refused).get("error_code") == "profile_does_not_exist":
                    return None
                raise Unavailable(str(refused.code), refused.headers.get("Retry-After")) from None
        except (OSError, ValueError) as broken:
            raise Unavailable(str(broken)) from None


def active(level, now):
    starts, expires = date(level["starts_at"]), date(level["expires_at"])
    return (starts is None or starts <= now) and (expires is None or now < expires)


def date(text):
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError as bad:
        raise Unavailable(str(bad)) from None
