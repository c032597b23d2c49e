"""The gate against adapty-mock: a key a test, all tests at once against one server."""

import concurrent.futures
import json
import os
import unittest
import urllib.request
from datetime import datetime, timezone

from gate import Gate, Unavailable

URL = os.environ["ADAPTY_API_URL"]
NOW = datetime(2025, 6, 1, tzinfo=timezone.utc)
PAST, FUTURE = "2025-05-01T00:00:00+00:00", "2025-07-01T00:00:00+00:00"


class GateTest(unittest.TestCase):
    def setUp(self):
        self.key = os.environ["ADAPTY_API_KEY"] + "." + self.id()
        self.gate = Gate(URL, self.key)

    def admin(self, method, path, body=None, customer=None):
        headers = {"Authorization": "Api-Key " + self.key}
        if customer:
            headers["adapty-customer-user-id"] = customer
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(URL + "/__admin/" + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def customer(self, **level):
        level = {"access_level_id": "premium", "starts_at": None, "is_in_grace_period": False, **level}
        self.admin("PUT", "profiles", {"data": {"customer_user_id": "me", "access_levels": [level]}})

    def faults(self, *steps):
        self.admin("PUT", "faults", {"steps": list(steps)})

    def test_active(self):
        self.customer(expires_at=FUTURE)
        self.assertTrue(self.gate.admits("me", NOW))

    def test_lifetime(self):
        self.customer(expires_at=None)
        self.assertTrue(self.gate.admits("me", NOW))

    def test_expired(self):
        self.customer(expires_at=PAST)
        self.assertFalse(self.gate.admits("me", NOW))

    def test_in_grace(self):
        self.customer(expires_at=FUTURE, is_in_grace_period=True, billing_issue_detected_at=PAST)
        self.assertTrue(self.gate.admits("me", NOW))

    def test_unknown_user(self):
        self.assertFalse(self.gate.admits("nobody", NOW))
        self.assertEqual(self.admin("POST", "requests/count", {"status": 404})["count"], 1)

    def test_outage(self):
        self.customer(expires_at=FUTURE)
        self.faults({"fault": {"status": {"code": 503, "body": "<h1>down</h1>"}}}, {"fault": "empty_response"})
        for _ in range(2):
            with self.assertRaises(Unavailable):
                self.gate.admits("me", NOW)
        self.assertTrue(self.gate.admits("me", NOW))

    def test_rate_limit(self):
        self.customer(expires_at=FUTURE)
        self.faults({"fault": {"status": {"code": 429, "headers": {"Retry-After": "7"}}}})
        with self.assertRaises(Unavailable) as limited:
            self.gate.admits("me", NOW)
        self.assertEqual(limited.exception.retry_after, "7")

    def test_bad_date(self):
        self.customer(expires_at="tomorrow")
        with self.assertRaises(Unavailable):
            self.gate.admits("me", NOW)


class AtOnce(unittest.TestSuite):
    """Runs its tests in threads: what they share is the server, and nothing else."""

    def run(self, result, debug=False):
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda test: test.run(result), self))
        return result


def load_tests(loader, _standard, _pattern):
    return AtOnce(loader.loadTestsFromTestCase(GateTest))
