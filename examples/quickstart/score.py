"""Accuracy of predictions (a column `label`) against the column `benign` of the same rows."""
import csv
import sys

truth, predicted = (list(csv.DictReader(open(f, newline=""))) for f in sys.argv[1:])
right = sum(int(float(t["benign"])) == int(float(p["label"])) for t, p in zip(truth, predicted, strict=True))
print(f"{right / len(truth):.4f}")
