#!/usr/bin/env python3
"""A complete receiver for Airside webhooks. It needs Python 3.9 and nothing else.

    SECRET=whsec_… PORT=8090 python3 receiver.py
    python3 receiver.py --secret whsec_new,whsec_old --port 8090

It answers 204 to a request that verifies and 401 to one that does not, and
prints one line of JSON for each. Copy it, and put your own work in handle().
"""

import argparse
import collections
import hashlib
import hmac
import json
import os
import re
import signal
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 5 * 60  # how far off a timestamp may be
MAX_BODY = 1024 * 1024  # larger bodies are refused unread
REMEMBERED = 10_000  # delivery ids kept to recognise a repeat


def handle(event):
    """Your own work goes here. Be quick: answer first and work later if it takes
    long. What comes after 15 seconds counts as a failure and is sent again."""


def signature_matches(secrets, raw_body, headers):
    """The key is the whole secret, "whsec_" included; the message is the body's
    bytes exactly as they came. While a secret is being rotated, the second header
    is signed with the old one, so either of the two may be the one you can check."""
    given = [
        headers.get("X-GA-Webhook-Signature", ""),
        headers.get("X-GA-Webhook-Signature-Secondary", ""),
    ]
    matches = False
    for secret in secrets:
        expected = "sha256=" + hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
        for signature in given:
            if hmac.compare_digest(signature.encode("latin-1", "replace"), expected.encode()):
                matches = True
    return matches


TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z", re.ASCII)


def timestamp_is_recent(text):
    match = TIMESTAMP.fullmatch(text)
    if not match:
        return False
    try:
        sent = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:  # the 31st of February
        return False
    return abs((datetime.now(timezone.utc) - sent).total_seconds()) <= TOLERANCE_SECONDS


class Seen:
    """Deliveries come at least once: the same id again is the same news again."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ids = collections.OrderedDict()

    def first_time(self, delivery):
        with self._lock:
            if delivery in self._ids:
                return False
            self._ids[delivery] = True
            if len(self._ids) > REMEMBERED:
                self._ids.popitem(last=False)
            return True


def parse(raw_body):
    try:
        event = json.loads(raw_body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


_printing = threading.Lock()


def say(line):
    with _printing:
        print(json.dumps(line), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open between deliveries
    secrets = []
    seen = Seen()

    def do_POST(self):
        delivery = self.headers.get("X-GA-Webhook-Delivery")
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,12}", length):
            return self.refuse(411, delivery, "length")
        if int(length) > MAX_BODY:
            return self.refuse(413, delivery, "size")
        raw_body = self.rfile.read(int(length))

        if not delivery:
            return self.refuse(401, delivery, "delivery")
        if not timestamp_is_recent(self.headers.get("X-GA-Webhook-Timestamp", "")):
            return self.refuse(401, delivery, "timestamp")
        if not signature_matches(self.secrets, raw_body, self.headers):
            return self.refuse(401, delivery, "signature")

        # Only now is the body worth reading.
        event = parse(raw_body)
        line = {"ok": True, "delivery": delivery, "type": event.get("type"), "id": event.get("id")}
        if self.seen.first_time(delivery):
            handle(event)
        else:
            line["duplicate"] = True
        say(line)
        self.send_response(204)
        self.end_headers()

    def refuse(self, status, delivery, error):
        say({"ok": False, "delivery": delivery, "error": error})
        if status != 401:  # the body was not read, so this connection is spent
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):  # say() does the talking
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    options = argparse.ArgumentParser(description="Receives and verifies Airside webhooks.")
    options.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 0), help="0: any free one")
    options.add_argument("--secret", default=os.environ.get("SECRET", ""), help="whsec_…, or several with commas")
    arguments = options.parse_args()
    Receiver.secrets = [s.strip() for s in arguments.secret.split(",") if s.strip()]
    if not Receiver.secrets:
        sys.exit("receiver: set SECRET (or --secret) to the endpoint's secret, whsec_…")

    server = Server(("127.0.0.1", arguments.port), Receiver)
    say({"listening": "http://127.0.0.1:%d" % server.server_address[1]})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
