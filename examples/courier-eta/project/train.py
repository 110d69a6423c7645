"""Train with scikit-learn, log with mlflow, write ONNX. Nothing here knows of mlops: mlflow finds its server in the environment."""
import json
import pathlib

import mlflow
import numpy as np
import pandas
import yaml
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import ElasticNet
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

COLUMNS = ["distance_km", "prep_minutes", "hour", "weekday", "rain_mm", "vehicle", "years", "speed_kmh", "stops_per_hour", "late_share", "load", "gps_kmh"]
params = yaml.safe_load(open("params.yaml"))
table = pandas.read_parquet("sets/train.parquet").dropna(subset=COLUMNS)
X, y = table[COLUMNS].to_numpy(np.float32), table["minutes"].to_numpy(np.float32)

mlflow.sklearn.autolog(log_models=False, log_datasets=False)
with mlflow.start_run(run_name=params["model"]):
    if params["model"] == "elastic_net":
        model = make_pipeline(StandardScaler(), ElasticNet(alpha=params["alpha"], random_state=0)).fit(X, y)
    else:
        model = GradientBoostingRegressor(n_estimators=params["iterations"], max_depth=4, loss="huber", random_state=0).fit(X, y)
    mlflow.log_metric("train_mae", float(np.abs(model.predict(X) - y).mean()))
    mlflow.log_metric("rows", len(y))

out = pathlib.Path("model")
out.mkdir(exist_ok=True)
(out / "model.onnx").write_bytes(to_onnx(model, X[:1], target_opset=18).SerializeToString())
(out / "signature.json").write_text(json.dumps({"inputs": [{"name": "X", "columns": COLUMNS}], "outputs": [{"name": "variable", "columns": ["minutes"]}]}, indent=1))
