"""Train a classifier with scikit-learn and write it as ONNX, with the names of its columns beside it."""
import json
import pathlib

import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

with open("prepared/train.csv") as f:
    columns = f.readline().strip().split(",")
    table = np.loadtxt(f, delimiter=",", ndmin=2)
X, y = table[:, :-1].astype(np.float32), table[:, -1].astype(np.int64)

params = dict(line.split("#")[0].split(":") for line in open("params.yaml") if ":" in line)
C = float(params["regularization"])
model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=2000)).fit(X, y)
print(f"trained on {len(X)} patients with C = {C}")

out = pathlib.Path("model")
out.mkdir(exist_ok=True)
onnx = to_onnx(model, X[:1], options={"zipmap": False}, target_opset=18)
(out / "model.onnx").write_bytes(onnx.SerializeToString())
(out / "signature.json").write_text(json.dumps({
    "inputs": [{"name": "X", "columns": columns[:-1]}],
    "outputs": [{"name": "probabilities", "columns": ["malignant", "benign"]}],
}, indent=1))
