"""The newer "Get profile" page's Python sample, as written but for address and placeholders."""

import json
import os
import sys
import types
import unittest
import urllib.error
import urllib.request

SAMPLE = '''
import requests
import json

url = "https://api.adapty.io/api/v2/server-side-api/profile/"

headers = {
    "adapty-customer-user-id": "<YOUR_CUSTOMER_USER_ID>",
    "Content-Type": "application/json",
    "Authorization": "Api-Key <YOUR_SECRET_API_KEY>"
}

response = requests.get(url, headers=headers)

print(response.text)
'''


def get(url, headers):
    """`requests.get` of the standard library, where `requests` is not there."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return types.SimpleNamespace(text=answer.read().decode(), status_code=answer.status)


def printed(customer, key):
    """What the sample prints."""
    sample = SAMPLE.replace("https://api.adapty.io", os.environ["ADAPTY_API_URL"])
    sample = sample.replace("<YOUR_CUSTOMER_USER_ID>", customer).replace("<YOUR_SECRET_API_KEY>", key)
    lines = []
    exec(sample, {"print": lines.append})
    return lines


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            import requests  # noqa: F401
        except ImportError:
            sys.modules["requests"] = types.SimpleNamespace(get=get)

    def test_it_prints_the_pages_own_example(self):
        (text,) = printed("77B14FB4-FD2A-4D38-AA3A-4C433F79863C", os.environ["ADAPTY_API_KEY"])
        example = os.path.join(os.path.dirname(__file__), "../../fixtures", EXAMPLE)
        if not os.path.exists(example):
            self.skipTest("the documents' examples are not beside this file")
        with open(example, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def test_it_prints_the_documented_error_for_an_unknown_customer(self):
        (text,) = printed("nobody", os.environ["ADAPTY_API_KEY"])
        self.assertEqual(json.loads(text)["error_code"], "profile_does_not_exist")


EXAMPLE = "get_profile.200.newer-page.lifetime_premium.json"
