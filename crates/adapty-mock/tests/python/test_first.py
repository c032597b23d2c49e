import json, os, unittest, urllib.request

URL, KEY = os.environ["ADAPTY_API_URL"], os.environ["ADAPTY_API_KEY"]


def levels(customer):
    """The code under test: the access levels that Adapty states for a customer."""
    request = urllib.request.Request(
        URL + "/api/v2/server-side-api/profile/",
        headers={"Authorization": "Api-Key " + KEY, "adapty-customer-user-id": customer},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return [level["access_level_id"] for level in json.load(answer)["data"]["access_levels"]]


class First(unittest.TestCase):
    def test_an_example_customer_of_the_documents_has_premium(self):
        self.assertEqual(levels("77B14FB4-FD2A-4D38-AA3A-4C433F79863C"), ["premium"])

    def test_one_who_bought_nothing_has_no_level(self):
        self.assertEqual(levels("jane.doe@example.com"), [])
