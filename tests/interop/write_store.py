#!/usr/bin/env python3
"""Puts trees into a store that mlops itself would never write, for tests: share/doc/formats.md without its checks.

    write_store.py STORE < TREE.json

TREE.json is a list of entries: {"name": …, "mode": 1-4, "text": … (file, link) or "tree": […] (directory)}. Prints the id.
Names may hold any character; \\udc80 to \\udcff stand for single bytes.
"""
import hashlib
import json
import os
import struct
import sys

CHUNK, TREE = 1, 3


class Pack:
    def __init__(self):
        self.data = b"mlopsPK1"
        self.entries = {}
        self.digests = b""

    def put(self, kind: int, payload: bytes) -> bytes:
        key = hashlib.sha256(payload).digest()
        if (kind, key) not in self.entries:
            self.entries[kind, key] = (len(self.data), len(payload))
            self.data += payload
            self.digests += key
        return key

    def put_tree(self, entries) -> bytes:
        out = b"\x03\x01"
        for entry in entries:
            name, mode = os.fsencode(entry["name"]), entry["mode"]
            if mode == 4:
                key, size = self.put_tree(entry["tree"]), 0
            else:
                text = os.fsencode(entry["text"])
                key, size = self.put(CHUNK, text), len(text)
            out += struct.pack("<BH", mode, len(name)) + name + key + struct.pack("<Q", size)
            if mode == 4:
                out += struct.pack("<Q", 1)
        return self.put(TREE, out)

    def write(self, store: str):
        index = b"mlopsIX1" + struct.pack("<Q", len(self.data)) + hashlib.sha256(self.digests).digest()
        index += struct.pack("<Q", len(self.entries))
        for (kind, key), (offset, size) in sorted(self.entries.items()):
            index += struct.pack("<B32sQII", kind, key, offset, size, size)
        name = hashlib.sha256(index).digest()
        for suffix, content in (("pack", self.data), ("index", index + name)):
            with open(os.path.join(store, "packs", f"{name.hex()}.{suffix}"), "wb") as file:
                file.write(content)


def main():
    pack = Pack()
    key = pack.put_tree(json.load(sys.stdin))
    pack.write(sys.argv[1])
    print(key.hex())


if __name__ == "__main__":
    main()
