"""The expectations of schema.yaml by pandera, reading by pandas with the pyarrow engine. Prints failing rows of each as JSON.

  other.py TABLE
"""
import json
import sys

import pandas as pd
import pandera.pandas as pa

checks = {
    "id": pa.Column(int, pa.Check.ge(0), nullable=False, unique=True),
    "age": pa.Column(int, pa.Check.in_range(0, 120)),
    "score": pa.Column(float, pa.Check.in_range(0, 1), nullable=False),
    "plan": pa.Column(str, pa.Check.isin(["basic", "family", "plus"])),
    "mail": pa.Column(str, pa.Check.str_matches(r"^[^@ ]+@[^@ ]+\.[a-z]+$")),
    "start": pa.Column(None, pa.Check.ge(pd.Timestamp("2026-01-01"))),
    "end": pa.Column(None),
    "city": pa.Column(str, pa.Check.str_length(0, 40), nullable=False),
}
schema = pa.DataFrameSchema(checks, checks=pa.Check(lambda table: table["start"] <= table["end"], name="start <= end"), strict=True)
if sys.argv[1].endswith(".csv"):
    table = pd.read_csv(sys.argv[1], engine="pyarrow", parse_dates=["start", "end"])
else:
    table = pd.read_parquet(sys.argv[1])
failing = {}
try:
    schema.validate(table, lazy=True)
except pa.errors.SchemaErrors as error:
    cases = error.failure_cases
    for check, part in cases.groupby("check"):
        failing[str(check)] = int(part["index"].nunique())
print(json.dumps(failing))
