#!/usr/bin/env python3
"""Reads a version out of a store, from share/doc/formats.md alone: standard library, and libzstd through ctypes.

    read_store.py STORE ID [PATH] [-o OUT]   the file, or the file or directory at PATH of a tree, into OUT (default: stdout)
    read_store.py STORE ID --list            every path of a tree, with mode, size and id
    read_store.py STORE --keys               kind and id of every object
"""
import argparse
import bisect
import ctypes
import ctypes.util
import hashlib
import os
import struct
import sys

CHUNK, FILE, TREE, RECORD = 1, 2, 3, 4
KINDS = {CHUNK: "chunk", FILE: "file", TREE: "tree", RECORD: "record"}
MODES = {1: "file", 2: "executable", 3: "link", 4: "directory"}
DIRECTORY, LINK, EXECUTABLE = 4, 3, 2


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def unzstd(frame: bytes, size: int) -> bytes:
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    out = ctypes.create_string_buffer(size)
    got = library.ZSTD_decompress(out, size, frame, len(frame))
    if library.ZSTD_isError(got) or got != size:
        raise ValueError("a frame is damaged")
    return out.raw


class Store:
    def __init__(self, directory: str):
        with open(os.path.join(directory, "format"), encoding="ascii") as file:
            lines = file.read().splitlines()
        if lines[:2] != ["mlops store", "version: 1"]:
            raise ValueError("not a store of version 1")
        self.places = {}
        packs = os.path.join(directory, "packs")
        for name in sorted(os.listdir(packs)):
            if name.endswith(".index"):
                self.read_index(os.path.join(packs, name[:-6]))

    def read_index(self, stem: str):
        with open(stem + ".index", "rb") as file:
            data = file.read()
        body, checksum = data[:-32], data[-32:]
        if sha256(body) != checksum or checksum.hex() != os.path.basename(stem) or body[:8] not in (b"mlopsIX1", b"mlopsIP1"):
            raise ValueError(f"{stem}.index is damaged")
        pack_size, _, count = struct.unpack_from("<Q32sQ", body, 8)
        if os.path.getsize(stem + ".pack") != pack_size or len(body) != 56 + 49 * count:
            raise ValueError(f"{stem} has a wrong length")
        for i in range(count):
            kind, key, offset, stored, plain = struct.unpack_from("<B32sQII", body, 56 + 49 * i)
            self.places[kind, key] = (stem + ".pack", offset, stored, plain)

    def get(self, kind: int, key: bytes) -> bytes:
        path, offset, stored, plain = self.places[kind, key]
        with open(path, "rb") as file:
            file.seek(offset)
            payload = file.read(stored)
        data = payload if stored == plain else unzstd(payload, plain)
        if kind != FILE and sha256(data) != key:
            raise ValueError(f"{KINDS[kind]} {key.hex()} is damaged")
        return data

    def tree(self, key: bytes):
        data, at = self.get(TREE, key), 2
        if data[:2] != b"\x03\x01":
            raise ValueError("not a tree of version 1")
        while at < len(data):
            mode, length = struct.unpack_from("<BH", data, at)
            name = data[at + 3:at + 3 + length]
            at += 3 + length
            child, size = struct.unpack_from("<32sQ", data, at)
            at += 40
            if mode == DIRECTORY:
                at += 8  # files below
            yield name, mode, child, size

    def recipe(self, key: bytes):
        data = self.get(FILE, key)
        if sha256(data[:-32]) != data[-32:] or data[:2] != b"\x02\x01" or data[2:34] != key:
            raise ValueError(f"the recipe of {key.hex()} is damaged")
        for at in range(42, len(data) - 32, 36):
            yield struct.unpack_from("<32sI", data, at)

    def file(self, key: bytes) -> bytes:
        if (CHUNK, key) in self.places:
            return self.get(CHUNK, key)
        data = b"".join(self.get(CHUNK, chunk) for chunk, _ in self.recipe(key))
        if sha256(data) != key:
            raise ValueError(f"file {key.hex()} is damaged")
        return data

    def find(self, prefix: str):
        keys = sorted({(key.hex(), kind) for kind, key in self.places if kind != RECORD})
        at = bisect.bisect_left(keys, (prefix, 0))
        if at == len(keys) or not keys[at][0].startswith(prefix):
            raise SystemExit(f"no object begins with {prefix}")
        found = [kind for text, kind in keys if text == keys[at][0]]
        return bytes.fromhex(keys[at][0]), TREE in found

    def write(self, mode: int, key: bytes, out: str):
        if mode == DIRECTORY:
            os.makedirs(out, exist_ok=True)
            for name, child_mode, child, _ in self.tree(key):
                self.write(child_mode, child, os.path.join(os.fsencode(out), name))
        elif mode == LINK:
            os.symlink(self.file(key), out)
        else:
            with open(out, "wb") as file:
                file.write(self.file(key))
            os.chmod(out, 0o755 if mode == EXECUTABLE else 0o644)

    def show(self, key: bytes, prefix: bytes = b""):
        for name, mode, child, size in self.tree(key):
            sys.stdout.buffer.write(b"%s\t%d\t%s\t%s\n" % (MODES[mode].encode(), size, child.hex().encode(), prefix + name))
            if mode == DIRECTORY:
                self.show(child, prefix + name + b"/")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("id", nargs="?")
    parser.add_argument("path", nargs="?")
    parser.add_argument("-o", "--out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keys", action="store_true")
    arguments = parser.parse_args()
    store = Store(arguments.store)
    if arguments.keys:
        for kind, key in sorted(store.places):
            print(KINDS[kind], key.hex())
        return
    key, is_tree = store.find(arguments.id)
    mode = DIRECTORY if is_tree else 1
    for part in filter(None, os.fsencode(arguments.path or "").split(b"/")):
        mode, key = next((m, k) for name, m, k, _ in store.tree(key) if name == part)
    if arguments.list:
        store.show(key)
    elif arguments.out:
        store.write(mode, key, arguments.out)
    else:
        sys.stdout.buffer.write(store.file(key))


if __name__ == "__main__":
    main()
