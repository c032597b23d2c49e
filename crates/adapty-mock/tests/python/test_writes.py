"""A profile written and read back, with the standard library alone."""

import json
import os
import unittest
import urllib.error
import urllib.request

BASE = os.environ["ADAPTY_API_URL"] + "/api/v2/server-side-api/"
ACCESS = "purchase/profile/%s/access-level/"


class WritesTest(unittest.TestCase):
    def call(self, method, path, body=None):
        """Status, and the profile or the error's code."""
        headers = {
            "Authorization": "Api-Key " + os.environ["ADAPTY_API_KEY"] + "." + self.id(),
            "adapty-customer-user-id": "python@example.com",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(BASE + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                text = answer.read()
                return answer.status, json.loads(text)["data"] if text else None
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)["error_code"]

    def levels(self):
        status, profile = self.call("GET", "profile/")
        self.assertEqual(status, 200)
        return [(row["access_level_id"], row["cancellation_reason"]) for row in profile["access_levels"]]

    def test_create_grant_read_revoke_read_delete_read(self):
        self.assertEqual(self.call("GET", "profile/"), (404, "profile_does_not_exist"))
        sport = [{"key": "sport", "value": "yoga"}]
        status, created = self.call("POST", "profile/", {"custom_attributes": sport})
        self.assertEqual((status, created["custom_attributes"], created["access_levels"]), (200, sport, []))
        grant = {"access_level_id": "premium", "expires_at": "2040-01-01T00:00:00Z"}
        self.assertEqual(self.call("POST", ACCESS % "grant", grant)[0], 200)
        self.assertEqual(self.levels(), [("premium", None)])
        self.assertEqual(self.call("POST", ACCESS % "revoke", {"access_level_id": "premium"})[0], 200)
        self.assertEqual(self.levels(), [("premium", "adapty_revoked")])
        self.assertEqual(self.call("DELETE", "profile/"), (204, None))
        self.assertEqual(self.call("GET", "profile/"), (404, "profile_does_not_exist"))
