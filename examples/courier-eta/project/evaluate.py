"""Measure the model on the test set with the runtime that will serve it."""
import json

import numpy as np
import onnxruntime
import pandas

columns = json.load(open("model/signature.json"))["inputs"][0]["columns"]
table = pandas.read_parquet("sets/test.parquet").dropna(subset=columns)
answer = onnxruntime.InferenceSession("model/model.onnx").run(None, {"X": table[columns].to_numpy(np.float32)})[0].ravel()
error = np.abs(answer - table["minutes"].to_numpy())
with open("metrics.json", "w") as f:
    json.dump({"mae": float(error.mean()), "p90_error": float(np.quantile(error, 0.9)), "orders": len(error)}, f, indent=1)
