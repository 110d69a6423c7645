"""Measure the model on the test set with the runtime that will serve it."""
import json

import numpy as np
import onnxruntime
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

table = np.loadtxt("prepared/test.csv", delimiter=",", skiprows=1, ndmin=2)
X, y = table[:, :-1].astype(np.float32), table[:, -1].astype(np.int64)
label, probability = onnxruntime.InferenceSession("model/model.onnx").run(None, {"X": X})
metrics = {
    "accuracy": accuracy_score(y, label),
    "auc": roc_auc_score(y, probability[:, 1]),
    "log_loss": log_loss(y, probability),
    "patients": len(y),
}
with open("metrics.json", "w") as f:
    json.dump(metrics, f, indent=1)
