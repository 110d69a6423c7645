"""Split the patients into a training and a test set; the split depends on each row alone, so old rows never change sides."""
import csv
import pathlib
import zlib

rows = []
for file in sorted(pathlib.Path("data").glob("*.csv")):
    with open(file, newline="") as f:
        reader = csv.reader(f)
        header = next(reader)
        rows += list(reader)

pathlib.Path("prepared").mkdir(exist_ok=True)
parts = {"train": [], "test": []}
for row in rows:
    parts["test" if zlib.crc32(",".join(row).encode()) % 10 < 3 else "train"].append(row)
for name, part in parts.items():
    with open(f"prepared/{name}.csv", "w", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(part)
print({name: len(part) for name, part in parts.items()})
