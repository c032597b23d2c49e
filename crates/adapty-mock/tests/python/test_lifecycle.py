"""A subscription's life by the fake's clock: the gate is asked after each thing that happens."""

import http.server
import json
import os
import threading
import unittest
import urllib.request
from datetime import datetime

from gate import Gate

URL, KEY = os.environ["ADAPTY_API_URL"], os.environ["ADAPTY_API_KEY"]


class App:
    """An app of its own for one test."""

    def __init__(self, name):
        self.key = f"{KEY}-{name}"
        self.admin("PUT", "clock", {"now": "2030-01-01T00:00:00Z"})

    def admin(self, method, path, body=None):
        request = urllib.request.Request(
            f"{URL}/__admin/{path}",
            method=method,
            headers={"Authorization": "Api-Key " + self.key},
            data=json.dumps(body).encode() if body is not None else None,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def subscribe(self, customer, **new):
        started = self.admin("POST", "subscriptions", {"customer_user_id": customer, **new})
        return started["store_original_transaction_id"]

    def happen(self, subscription, verb):
        self.admin("POST", f"subscriptions/{subscription}/{verb}")

    def advance(self, by):
        self.admin("POST", "clock/advance", {"by": by})

    def admits(self, customer):
        now = datetime.strptime(self.admin("GET", "clock")["now"], "%Y-%m-%dT%H:%M:%S%z")
        return Gate(URL, self.key).admits(customer, now)


class Lifecycle(unittest.TestCase):
    def test_trial_conversion_failed_payment_grace_recovery_refund(self):
        app = App("life")
        jane = app.subscribe(
            "jane", product="monthly", period="P1M", trial="P7D", grace_period="P16D", price=9.99
        )
        self.assertTrue(app.admits("jane"), "in the trial")
        app.advance("P7D")
        self.assertTrue(app.admits("jane"), "converted")
        app.happen(jane, "fail_payment")
        app.advance("P1M")
        self.assertTrue(app.admits("jane"), "in the grace period")
        app.happen(jane, "recover")
        app.advance("P20D")
        self.assertTrue(app.admits("jane"), "recovered")
        app.happen(jane, "refund")
        self.assertFalse(app.admits("jane"), "refunded")

    def test_an_unpaid_grace_period_ends_access(self):
        app = App("grace")
        joe = app.subscribe("joe", product="monthly", period="P1M", grace_period="P16D")
        app.happen(joe, "fail_payment")
        app.advance("P1M")
        self.assertTrue(app.admits("joe"))
        app.advance("P16D")
        self.assertFalse(app.admits("joe"))

    def test_a_customer_in_one_line(self):
        app = App("line")
        app.admin("PUT", "customers/jane", {"premium": "+P1D"})
        self.assertTrue(app.admits("jane"))
        app.advance("P1D")
        self.assertFalse(app.admits("jane"))

    def test_the_future_is_told_beforehand(self):
        app = App("future")
        jane = app.subscribe("jane", product="monthly", period="P1M")
        app.happen(jane, "cancel_renewal")
        request = urllib.request.Request(
            f"{URL}/__admin/timeline?until=P1Y",
            headers={"Authorization": "Api-Key " + app.key, "adapty-customer-user-id": "jane"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            changes = json.load(answer)["changes"]
        self.assertEqual(
            [(change["at"], change["granted"]) for change in changes],
            [("2030-01-01T00:00:00+00:00", True), ("2030-02-01T00:00:00+00:00", False)],
        )


class Webhooks(unittest.TestCase):
    def receiver(self):
        """A receiver of events, and the types of those it gets."""
        events = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if event:
                    events.append(event["event_type"])
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        return server, events

    def test_events_arrive_before_the_command_answers(self):
        server, events = self.receiver()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        app = App("events")
        url = f"http://127.0.0.1:{server.server_port}/"
        self.assertTrue(app.admin("PUT", "webhook", {"url": url})["verified"])
        app.subscribe("jane", product="monthly", period="P1M")
        self.assertEqual(events, ["subscription_started", "access_level_updated"])
        app.advance("P1M")
        self.assertEqual(events[2:], ["subscription_renewed", "access_level_updated"])

    def test_a_receiver_on_the_tests_own_thread_is_served_without_waiting(self):
        server, events = self.receiver()
        app = App("thread")
        new = {"customer_user_id": "jane", "product": "monthly", "period": "P1M"}
        url = f"http://127.0.0.1:{server.server_port}/"
        app.admin("PUT", "webhook?verify=false", {"url": url})  # It cannot answer while this waits.
        app.admin("POST", "subscriptions?wait=false", new)  # Nor here.
        server.handle_request()  # Once for each event.
        server.handle_request()
        self.assertEqual(events, ["subscription_started", "access_level_updated"])


if __name__ == "__main__":
    unittest.main()
