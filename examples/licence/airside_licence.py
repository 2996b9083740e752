"""Verifies licences of Airside. Copy this file.

With the package 'cryptography' it is fast. Without, it verifies by itself, after RFC 8032, which takes some
milliseconds: enough for a program that asks once an hour.
"""
import base64
import hashlib
import json
import time
from datetime import datetime

KEY_SET = b"airside-licence-keys/v1\n"


class NotValid(Exception):
    """Why a licence does not count."""


def verify(answer, key, device_hash=None, product=None, now=None):
    """Checks an answer of /activate against a public key (base64) and returns its token.

    What is signed is verified before it is parsed, and nothing is written anew.
    """
    signed = base64.b64decode(answer["signed_b64"])
    if not _good(key, signed, answer["token"]["sig"]):
        raise NotValid("not signed by this key")
    token = json.loads(signed)
    return _holds(token, device_hash, product, now)


def verify_token(token, key, device_hash=None, product=None, now=None):
    """The same for a token alone, which is written anew: compact, as json.dumps does it without its spaces."""
    unsigned = {name: value for name, value in token.items() if name != "sig"}
    signed = json.dumps(unsigned, separators=(",", ":")).encode()
    if not _good(key, signed, token["sig"]):
        raise NotValid("not signed by this key")
    return _holds(unsigned, device_hash, product, now)


def _holds(token, device_hash, product, now):
    if datetime.fromisoformat(token["expires_at"]).timestamp() <= (time.time() if now is None else now):
        raise NotValid("over")
    if device_hash is not None and token["device"]["hash"].lower() != device_hash.lower():
        raise NotValid("for another device")
    if product is not None and token["product"] != product:  # one key signs for every vendor of a deployment
        raise NotValid("for another product")
    return token


def follow(key, public_keys):
    """Returns the keys (base64) that a trusted one leads to, itself first, by an answer of /public-keys."""
    trusted = [key]
    while True:
        kid = hashlib.sha256(base64.b64decode(trusted[-1])).hexdigest()[:16]
        successor = None
        for entry in public_keys["sets"]:
            signed = base64.b64decode(entry["signed_b64"])
            if not signed.startswith(KEY_SET):
                continue
            said = json.loads(signed[len(KEY_SET):])
            if said.get("previous_kid") == kid:
                successor = _successor(trusted[-1], kid, signed, said, entry["signatures"])
                break
        if successor is None:
            return trusted
        if successor in trusted:
            raise NotValid("the key sets lead back")
        trusted.append(successor)


def _successor(last, last_kid, signed, said, signatures):
    sig = {s["kid"]: s["sig"] for s in signatures}
    for k in said["keys"]:
        key = k["ed25519_public_key_b64"]
        kid = hashlib.sha256(base64.b64decode(key)).hexdigest()[:16]
        if kid == said["kid"] == k["kid"] and _good(last, signed, sig.get(last_kid, "")) and _good(key, signed, sig.get(kid, "")):
            return key
    raise NotValid("a key set is not signed by the key before it")


def _good(key, signed, sig):
    try:
        raw = base64.b64decode(sig, validate=True)
        if base64.b64encode(raw).decode() != sig:  # there is one way to write it
            return False
        return _ed25519(base64.b64decode(key, validate=True), signed, raw)
    except ValueError:
        return False


try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def _ed25519(key, message, sig):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(sig, message)
            return True
        except InvalidSignature:
            return False

except ImportError:

    def _ed25519(key, message, sig):
        return _by_hand(key, message, sig)


# The curve of RFC 8032, 5.1: -x² + y² = 1 + d·x²·y² over 2²⁵⁵ - 19. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _plus(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % _P, k * m % _P, j * k % _P, i * m % _P


def _times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _plus(total, point)
        point, n = _plus(point, point), n >> 1
    return total


def _point(text):
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        raise ValueError("not a point")
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _by_hand(key, message, sig):
    if len(key) != 32 or len(sig) != 64:
        return False
    public, r, s = _point(key), _point(sig[:32]), int.from_bytes(sig[32:], "little")
    if s >= _L:
        return False
    base = _point(bytes.fromhex("58" + "66" * 31))
    h = int.from_bytes(hashlib.sha512(sig[:32] + key + message).digest(), "little") % _L
    left, right = _times(s, base), _plus(r, _times(h, public))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


if __name__ == "__main__":
    import sys

    print(json.dumps(verify(json.load(sys.stdin), *sys.argv[1:])))
