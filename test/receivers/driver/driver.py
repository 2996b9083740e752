"""Holds the requests that it reads as JSON from standard input against
examples/verify, and prints a verdict for each. With the argument ed25519 it tries
the signatures that it reads: public key, message, signature."""

import ast
import base64
import json
import os
import sys
from email.message import Message

HELPER = os.path.join(os.path.dirname(__file__), "../../../examples/verify/airside_webhook.py")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(HELPER))
import airside_webhook as airside


def shapes(sent):
    """The same headers as http.server has them, as a dict of lists, as pairs of bytes
    (ASGI), and as they were sent."""
    message, lists = Message(), {}
    for name, value in sent:
        message[name] = value
        lists.setdefault(name, []).append(value)
    return [sent, message, lists, [(n.lower().encode(), v.encode()) for n, v in sent]]


def judge(request, headers):
    verify = airside.verify_ga if request["GA"] else airside.verify
    options = {"now": request["Now"]}
    if request["Tolerance"]:
        options["tolerance"] = request["Tolerance"]
    try:
        event = verify(request["Keys"], headers, base64.b64decode(request["Body"]), **options)
    except airside.WebhookError as error:
        return {"reason": error.reason}
    return dict(event._asdict(), reason="")


def main():
    seen = airside.Seen(3)
    verdicts = []
    for request in json.load(sys.stdin):
        verdict, *others = [judge(request, headers) for headers in shapes(request["Headers"])]
        for other in others:
            if other != verdict:
                sys.exit("request %d: %s, but in another shape %s" % (len(verdicts), verdict, other))
        if request["Guard"] and not verdict["reason"]:
            verdict["repeat"] = not seen.first(verdict["delivery"])
            if request["Forget"]:
                seen.forget(verdict["delivery"])
        verdicts.append(verdict)
    print(json.dumps(verdicts))


if sys.argv[1:] == ["ed25519"]:
    parts = [[base64.b64decode(part) for part in row] for row in json.load(sys.stdin)]
    print(json.dumps([airside._ed25519(*row) for row in parts]))
else:
    with open(HELPER, encoding="utf-8") as f:
        ast.parse(f.read(), feature_version=(3, 8))  # nothing newer is in it
    main()
