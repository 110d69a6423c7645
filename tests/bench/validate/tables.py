"""Writes the table of the bench, as CSV and Parquet: ROWS rows, one in `EVERY` of which breaks each expectation.

  tables.py ROWS EVERY FOLDER
"""
import sys

import numpy as np
import pandas as pd

rows, every, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
random = np.random.default_rng(1)
number = np.arange(rows)


def broken(column, values, offset):
    column = pd.Series(column)
    if every:
        column[number % every == offset] = values
    return column


start = pd.to_datetime("2026-01-01") + pd.to_timedelta(random.integers(0, 10**6, rows), unit="s")
table = pd.DataFrame({
    "id": broken(number, 0, 1) if every else number,
    "age": broken(random.integers(0, 100, rows), 121, 2),
    "score": broken(random.random(rows).round(6), 1.5, 3),
    "plan": broken(random.choice(["basic", "family", "plus"], rows).astype(object), "gold", 4),
    "mail": broken(np.char.add(np.char.add("user", number.astype(str)), "@example.org").astype(object), "nobody", 5),
    "start": start,
    "end": start + pd.to_timedelta(random.integers(0, 10**6, rows), unit="s"),
    "city": random.choice(["Bonn", "Erfurt", "Oslo", "Porto", "Turku"], rows),
})
if every:
    table.loc[number % every == 6, "end"] = pd.to_datetime("2025-01-01")
for column in ("start", "end"):
    table[column] = table[column].dt.floor("s")
table.to_csv(f"{folder}/t.csv", index=False)
table.astype({"start": "datetime64[us]", "end": "datetime64[us]"}).to_parquet(f"{folder}/t.parquet")
