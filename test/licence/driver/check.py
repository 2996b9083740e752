"""Reads lines of JSON, and says of each what comes of it in Python, one JSON a line."""
import base64
import json
import sys

sys.path.insert(0, sys.argv[1])
import airside_licence as al

if len(sys.argv) > 2 and sys.argv[2] == "by-hand":
    al._ed25519 = al._by_hand


def attempt(f):
    try:
        return f()
    except Exception as e:  # whatever it is, it was not valid
        return "refused: " + type(e).__name__


def profiles(token, key):
    unsigned = {k: v for k, v in token.items() if k != "sig"}
    for sort in (False, True):
        for ascii_only in (False, True):
            text = json.dumps(unsigned, separators=(",", ":"), sort_keys=sort, ensure_ascii=ascii_only)
            if not al._good(key, text.encode(), token["sig"]):
                return "profile %s %s" % (sort, ascii_only)
    return "ok"


for line in sys.stdin:
    q = json.loads(line)
    if "public_keys" in q:
        print(json.dumps(attempt(lambda: al.follow(q["key"], q["public_keys"]))), flush=True)
        continue
    a, key, now = q["answer"], q["key"], q.get("now", 0)
    result = attempt(lambda: al.verify(a, key, None, q.get("product"), now)["device"]["name"])
    again = attempt(lambda: al.verify_token(a["token"], key, None, q.get("product"), now)["device"]["name"])
    print(json.dumps([result, again, attempt(lambda: profiles(a["token"], key))]), flush=True)
