"""Verifies the webhooks of Airside. It is this one file: copy it into your project.
It needs Python 3.8 and no package.

verify() goes by the headers of Standard Webhooks, whose signature covers id, time
and body. verify_ga() goes by the X-GA-Webhook headers, whose signature covers the
body only; use it where you cannot use the other.
"""

import base64
import collections
import hashlib
import hmac
import json
import re
import threading
import time
from datetime import datetime, timezone
from typing import Any, NamedTuple

TOLERANCE = 300  # how many seconds a timestamp may be off, both ways
MAX_ENTRIES = 16  # how many signatures of a request are looked at; a rotation needs two


class WebhookError(Exception):
    """Why a request is refused. Answer 401 to each, except BadKey, which is about
    your own settings."""

    reason = ""

    def __str__(self):
        return ": ".join(["airside webhook", self.reason, *map(str, self.args)])


class BadKey(WebhookError):
    """A key of yours is not what we show: whsec_… or whpk_…"""

    reason = "bad_key"


class MissingHeader(WebhookError):
    """Or an empty one."""

    reason = "missing_header"


class BadTimestamp(WebhookError):
    """Not written as we write it."""

    reason = "bad_timestamp"


class TooOld(WebhookError):
    """A replay, or your clock is fast."""

    reason = "too_old"


class TooNew(WebhookError):
    """Your clock is slow."""

    reason = "too_new"


class NoMatch(WebhookError):
    """No signature fits."""

    reason = "no_match"


class BadBody(WebhookError):
    """Signed, but not the JSON of an event."""

    reason = "bad_body"


class Event(NamedTuple):
    id: str  # the same in every delivery of the event
    type: str
    timestamp: str
    org_id: str
    api_version: str
    data: Any
    delivery: str  # from the headers: the same in every attempt of one delivery


def verify(keys, headers, raw_body, tolerance=TOLERANCE, now=None):
    """Holds a request against the headers of Standard Webhooks and returns its Event.

    keys are secrets (whsec_…), public keys (whpk_…), or both; any one that fits will
    do, so give the old and the new one while you change them. headers are a mapping,
    or pairs. raw_body is the bytes as they came. now, in unix seconds, is for tests.

    It does not fall back on the X-GA-Webhook headers: whoever replays a request could
    strip those that protect it."""
    secrets, public_keys = _read_keys(keys)
    id = _required(headers, "webhook-id")
    stamp = _required(headers, "webhook-timestamp")
    signatures = _required(headers, "webhook-signature")
    if not re.fullmatch("[0-9]{1,12}", stamp):
        raise BadTimestamp("webhook-timestamp")
    _check_time(int(stamp), tolerance, now)

    signed = _utf8(id + "." + stamp + ".") + bytes(raw_body)
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for _, key in secrets]
    matches = False
    for entry in signatures.split(" ")[:MAX_ENTRIES]:
        if entry.endswith(","):  # where HTTP joined two headers
            entry = entry[:-1]
        scheme, _, given = entry.partition(",")
        if scheme == "v1":
            matches |= _matches_any(given, expected)
        elif scheme == "v1a":
            signature = _decode(given)
            for key in public_keys:
                matches |= signature is not None and _ed25519(key, signed, signature)
    # A dot in the id could move the border between id, time and body.
    if not matches or "." in id:
        raise NoMatch()
    return _parse(raw_body, id)


def verify_ga(secrets, headers, raw_body, tolerance=TOLERANCE, now=None):
    """Holds a request against the X-GA-Webhook headers and returns its Event.

    The signature covers the body and nothing else: delivery id and timestamp may have
    been changed on the way, so a replay can look new. The event's id is in the body,
    and signed."""
    known, _ = _read_keys(secrets)
    if not known:
        raise BadKey("this scheme needs a secret")
    delivery = _required(headers, "x-ga-webhook-delivery")
    stamp = _required(headers, "x-ga-webhook-timestamp")
    signature = _required(headers, "x-ga-webhook-signature")
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", stamp):
            raise ValueError
        at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:  # the 31st of February too
        raise BadTimestamp("x-ga-webhook-timestamp") from None
    _check_time(at.timestamp(), tolerance, now)

    expected = [b"sha256=" + hmac.new(text, raw_body, hashlib.sha256).hexdigest().encode() for text, _ in known]
    primary = _matches_any(signature, expected)
    # Under the secret before, for 72 hours.
    secondary = _matches_any(_value(headers, "x-ga-webhook-signature-secondary"), expected)
    if not primary and not secondary:
        raise NoMatch()
    return _parse(raw_body, delivery)


def _read_keys(keys):
    """The secrets in both readings (X-GA-Webhook takes the text as the key, Standard
    Webhooks what its base64 stands for), and the public keys."""
    secrets, public_keys = [], []
    keys = [keys] if isinstance(keys, str) else list(keys)
    for i, key in enumerate(keys):
        key = key.strip()
        kind, _, text = key.partition("_")
        raw = _decode(text)
        if kind == "whsec" and raw and len(raw) >= 16:  # with a short or empty one, anybody could sign
            secrets.append((key.encode(), raw))
        elif kind == "whpk" and raw and len(raw) == 32:
            public_keys.append(raw)
        else:
            raise BadKey("key %d is not whsec_… or whpk_… as shown" % (i + 1))
    if not keys:
        raise BadKey("none given")
    return secrets, public_keys


def _decode(text):
    """Reads base64 that is written in the one right way; b64decode reads nearly any."""
    try:
        raw = base64.b64decode(text)
    except ValueError:
        return None
    return raw if base64.b64encode(raw) == _utf8(text) else None


def _utf8(text):
    return text.encode("utf-8", "replace")


def _matches_any(given, expected):
    """Compares with all, in constant time."""
    matches = False
    for e in expected:
        matches |= hmac.compare_digest(_utf8(given), e)
    return matches


def _required(headers, name):
    found = _value(headers, name)
    if not found:
        raise MissingHeader(name)
    return found


def _value(headers, name):
    """A header in whatever case it is spelt; several are joined, as HTTP does."""
    found = []
    for spelt, values in headers.items() if hasattr(headers, "items") else headers:
        if _text(spelt).lower() == name and values is not None:
            found += [values] if isinstance(values, (str, bytes)) else values
    return ", ".join(map(_text, found))


def _text(s):
    return s.decode("latin-1") if isinstance(s, bytes) else s


def _check_time(at, tolerance, now):
    age = (time.time() if now is None else now) - at
    # Asked this way round, so that a tolerance that is no number refuses everything.
    if not -age <= tolerance:
        raise TooNew("sent at %d" % at)
    if not age <= tolerance:
        raise TooOld("sent at %d" % at)


def _parse(raw_body, delivery):
    try:
        body = json.loads(bytes(raw_body).decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadBody(error) from None
    if not isinstance(body, dict):
        raise BadBody("not an event")
    texts = [body.get(name) for name in ("id", "type", "timestamp", "org_id", "api_version")]
    if not all(isinstance(t, str) and t for t in texts):
        raise BadBody("not an event")
    return Event(*texts, data=body.get("data"), delivery=delivery)


def _no_number(text):
    raise ValueError(text + " is not JSON")


class Seen:
    """Remembers the ids that came last, so that each is acted upon once. It is of this
    process: where a restart or several processes matter, keep the ids in your database,
    in the transaction of your own work."""

    def __init__(self, limit=10_000):
        """Make the limit more than come within twice the tolerance."""
        self._limit = limit
        self._lock = threading.Lock()
        self._ids = collections.OrderedDict()

    def first(self, id):
        """Says whether the id is new, and remembers it."""
        with self._lock:
            if id in self._ids:
                return False
            self._ids[id] = True
            if len(self._ids) > self._limit:
                self._ids.popitem(last=False)
            return True

    def forget(self, id):
        """Takes an id back when your work on it failed, so that the next attempt is not
        taken for a repeat."""
        with self._lock:
            self._ids.pop(id, None)


# Ed25519 (RFC 8032), which Python's library lacks; verifying only, a few milliseconds
# each. Nothing here is secret, so it need not take constant time. Points are in
# extended coordinates: (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _point(encoded):
    """The point that 32 bytes stand for, or None: it must be on the curve, and written
    in the one right way."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    xx = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(xx, (_P + 3) // 8, _P)
    if x * x % _P != xx:
        x = x * _ROOT_OF_MINUS_1 % _P
    if x * x % _P != xx or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0])
    b = (p[1] + p[0]) * (q[1] + q[0])
    c = 2 * _D * p[3] * q[3] % _P
    d = 2 * p[2] * q[2]
    e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def _ed25519(public_key, message, signature):
    a = _point(public_key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if a is None or len(signature) != 64 or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % _L

    # s·B − h·A, both at once. It must be R, whose bytes are compared: so R, too, is
    # accepted in the one right way only.
    minus_a = _P - a[0], a[1], 1, _P - a[3]
    terms = {(1, 0): _BASE, (0, 1): minus_a, (1, 1): _add(_BASE, minus_a)}
    q = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        q = _add(q, q)
        term = terms.get((s >> bit & 1, h >> bit & 1))
        if term:
            q = _add(q, term)
    z = pow(q[2], _P - 2, _P)
    x, y = q[0] * z % _P, q[1] * z % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == r
