"""Checks proofs of this package with nothing but the standard library, after RFC 9162 sections 2.1.3.2 and 2.1.4.2.

usage: check_proof.py PROOF[=OLD_ROOT_IN_HEX]...

Prints a line for each: "ok", the index or the old size, the size, the root and the disclosed values in JSON, or "failed".
"""

import base64
import hashlib
import json
import sys


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node(left, right):
    return sha256(b"\x01", left, right)


def check_inclusion(leaf, index, size, path, root):
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def check_consistency(first, second, first_hash, second_hash, path):
    if first == second:
        return not path and first_hash == second_hash
    if not path:
        return False
    if first & (first - 1) == 0:
        path = [first_hash] + path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_hash and sr == second_hash and sn == 0


def commitments(entry):
    """Gives the commitments in an entry by the ids of their fields."""
    found, at = {}, 2
    while at < len(entry):
        field, form = entry[at], entry[at + 1 : at + 2]
        at += 2
        if form in b"if":
            at += 8
        elif form == b"t":
            at += 4 + int.from_bytes(entry[at : at + 4], "big")
        elif form == b"c":
            found[field] = entry[at : at + 32]
            at += 32
        else:
            raise ValueError(form)
    return found


def check(path, old_root):
    with open(path, encoding="utf-8") as f:
        head, _, checkpoint = f.read().partition("\n\n")
    lines = head.split("\n")
    origin, size, root = checkpoint.split("\n")[:3]
    size, root = int(size), base64.b64decode(root)
    if lines[0].startswith("old "):
        old = int(lines[0][4:])
        path = [base64.b64decode(line) for line in lines[1:]]
        if not check_consistency(old, size, bytes.fromhex(old_root), root, path):
            return "failed"
        return f"ok {old} {size} {root.hex()}"
    if lines[0] != "c2sp.org/tlog-proof@v1":
        return "failed"
    extra = json.loads(base64.b64decode(lines[1][len("extra ") :]))
    index = int(lines[2][len("index ") :])
    path = [base64.b64decode(line) for line in lines[3:]]
    entry = base64.b64decode(extra["entry"])
    if not check_inclusion(sha256(b"\x00", entry), index, size, path, root):
        return "failed"
    values, open_commitments = {}, commitments(entry)
    for v in extra.get("values", []):
        value = v["text"].encode() if "text" in v else base64.b64decode(v["base64"])
        key = bytes.fromhex(v.get("key", ""))
        prefix = b"\x03" if key else b"\x02"
        for field, commitment in open_commitments.items():
            if sha256(prefix, entry[1:2], bytes([field]), key, value) == commitment:
                values[v["field"]] = v.get("text", v.get("base64"))
                break
        else:
            return "failed"
    return f"ok {index} {size} {root.hex()} {json.dumps(values, sort_keys=True)}"


for arg in sys.argv[1:]:
    print(check(*arg.partition("=")[::2]))
