"""Unpack what we use of a wheel: unpack_wheel.py WHEEL DIRECTORY.

Headers go to include/, libraries to lib/ (under their SONAME), licences to licenses/. A change here, where it should reach
machines that have the part already, needs `layout` in the script `install` raised.
"""

import pathlib
import re
import shutil
import sys
import zipfile

RULES = [  # (name in the wheel, place in the directory); the first that matches wins, other files are left out
    (r"pyarrow/include/arrow/python/.*", None),
    (r"pyarrow/include/(.+)", r"include/\1"),
    (r"pyarrow/(lib(?:arrow|arrow_acero|arrow_compute|parquet)\.so\.\d+)", r"lib/\1"),
    (r"onnxruntime/capi/(libonnxruntime\.so\.\d+)\.[\d.]+", r"lib/\1"),
    (r"(?:.+\.dist-info/licenses|onnxruntime)/((?:LICENSE|NOTICE|ThirdPartyNotices)[^/]*)", r"licenses/\1"),
]


def place_of(name):
    for pattern, place in RULES:
        if match := re.fullmatch(pattern, name):
            return place and match.expand(place)
    return None


def unpack(wheel, directory):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not (place := place_of(entry.filename)):
                continue
            target = directory / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)


if __name__ == "__main__":
    unpack(sys.argv[1], pathlib.Path(sys.argv[2]))
