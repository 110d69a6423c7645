"""What mlflow's own client asks of a tracking server. Usage: mlflow_check.py URL FOLDER"""
import os
import sys

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

url, folder = sys.argv[1:]
mlflow.set_tracking_uri(url)
client = MlflowClient()


def refused(code, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        return
    raise AssertionError(f"not refused: {call.__name__}{arguments}")


def experiments():
    one = client.create_experiment("areas", tags={"team": "red"})
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, "areas")
    assert client.get_experiment(one).tags == {"team": "red"}
    assert client.get_experiment("0").name == "Default"
    assert client.get_experiment_by_name("none") is None
    client.set_experiment_tag(one, "k", "v")
    client.delete_experiment_tag(one, "k")
    assert [e.name for e in client.search_experiments(filter_string="tags.team = 'red' AND name LIKE 'ar%'")] == ["areas"]
    other = client.create_experiment("temporary")
    client.rename_experiment(other, "renamed")
    client.delete_experiment(other)
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_experiment, other)
    assert "renamed" in [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    refused("INVALID_PARAMETER_VALUE", client.create_run, other)
    client.restore_experiment(other)
    for i in range(5):
        client.create_experiment(f"page-{i}")
    first = client.search_experiments(filter_string="name LIKE 'page-%'", max_results=2, order_by=["name ASC"])
    assert [e.name for e in first] == ["page-0", "page-1"] and first.token
    second = client.search_experiments(filter_string="name LIKE 'page-%'", max_results=3, order_by=["name ASC"], page_token=first.token)
    assert [e.name for e in second] == ["page-2", "page-3", "page-4"] and not second.token
    return one


def runs(experiment):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_name="parent") as parent:
        mlflow.log_params({"lr": 0.1, "name": "x" * 7000})
        for step in range(30):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": float("nan"), "inf": float("inf"), "auc": 0.9})
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("auc", 0.5)
    run = client.get_run(parent.info.run_id)
    assert run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time
    assert len(run.data.params["name"]) == 6000 and run.data.metrics["loss"] == 1 / 30
    assert np.isnan(run.data.metrics["nan"]) and run.data.metrics["inf"] > 1e308
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [p.step for p in history] == list(range(30))
    refused("INVALID_PARAMETER_VALUE", client.log_param, run.info.run_id, "lr", "0.2")
    refused("INVALID_PARAMETER_VALUE", client.log_metric, run.info.run_id, "../x", 1.0)
    client.log_batch(run.info.run_id, [Metric("many", i, 1, i) for i in range(2500)], [Param(f"p{i}", "v") for i in range(150)], [RunTag(f"t{i}", "v") for i in range(150)])
    assert len(client.get_metric_history(run.info.run_id, "many")) == 2500
    client.set_tag(run.info.run_id, "odd name", "it's")
    client.delete_tag(run.info.run_id, "t0")
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_tag, run.info.run_id, "t0")
    client.update_run(run.info.run_id, name="parent")
    with mlflow.start_run(run_id=run.info.run_id):  # resumed
        mlflow.log_metric("after", 1)
    assert client.get_run(run.info.run_id).info.status == "FINISHED"
    client.log_inputs(run.info.run_id, [DatasetInput(Dataset("train", "d1", "local", "{}", "{}", "{}"), [InputTag("mlflow.data.context", "training")])])
    assert client.get_run(run.info.run_id).inputs.dataset_inputs[0].dataset.name == "train"

    def found(text, **named):
        return [r.info.run_name for r in client.search_runs([experiment], text, **named)]

    assert found("metrics.auc > 0.6") == ["parent"]
    assert found("metrics.auc < 0.6 OR params.lr = '0.1'", order_by=["metrics.auc ASC"]) == ["child", "parent"]
    assert found("NOT metrics.auc < 0.6") == ["parent"]
    assert found("tags.`odd name` = \"it's\"") == ["parent"]
    assert found("datasets.context = 'training' and datasets.name IN ('train')") == ["parent"]
    assert found(f"tags.mlflow.parentRunId = '{run.info.run_id}'") == ["child"]
    assert found("metrics.nan != 1 and attributes.status = 'FINISHED'") == ["parent"]
    assert found("params.lr IS NULL") == ["child"]
    refused("INVALID_PARAMETER_VALUE", found, "metrics.auc > 'x'")
    refused("INVALID_PARAMETER_VALUE", found, "", order_by=["metrics.auc", "metrics.auc DESC"])
    for i in range(7):
        other = client.create_run(experiment, run_name=f"page-{i}", start_time=i)
        client.log_metric(other.info.run_id, "i", i)
    page = client.search_runs([experiment], "attributes.run_name LIKE 'page-%'", max_results=4, order_by=["metrics.i DESC"])
    rest = client.search_runs([experiment], "attributes.run_name LIKE 'page-%'", max_results=4, order_by=["metrics.i DESC"], page_token=page.token)
    assert [r.info.run_name for r in [*page, *rest]] == [f"page-{i}" for i in reversed(range(7))] and not rest.token
    client.set_terminated(other.info.run_id, "FAILED")
    client.delete_run(other.info.run_id)
    assert client.get_run(other.info.run_id).info.lifecycle_stage == "deleted"
    assert found("", run_view_type=ViewType.DELETED_ONLY) == ["page-6"]
    refused("INVALID_PARAMETER_VALUE", client.set_tag, other.info.run_id, "a", "b")
    client.restore_run(other.info.run_id)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "0" * 32)
    assert len(mlflow.search_runs(experiment_names=["areas"])) == 9
    return run.info.run_id


def artifacts(run_id):
    os.makedirs(f"{folder}/up/deep/er")
    for name, text in {"a.txt": "alpha", "deep/b.json": "{}", "deep/er/c é.bin": "\0" * 300_000, "empty": ""}.items():
        with open(f"{folder}/up/{name}", "w") as file:
            file.write(text)
    client.log_artifacts(run_id, f"{folder}/up", "files")
    client.log_text(run_id, "note", "note.txt")
    assert [(f.path, f.is_dir) for f in client.list_artifacts(run_id)] == [("files", True), ("note.txt", False)]
    assert [f.path for f in client.list_artifacts(run_id, "files/deep")] == ["files/deep/b.json", "files/deep/er"]
    down = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="files", dst_path=f"{folder}/down")
    for name in ("a.txt", "deep/b.json", "deep/er/c é.bin", "empty"):
        with open(f"{folder}/up/{name}", "rb") as up, open(os.path.join(down, name), "rb") as back:
            assert up.read() == back.read(), name
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/note.txt") == "note"


def models():
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(1).random((60, 3))
    y = (x[:, 0] > 0.5).astype(int)
    mlflow.set_experiment("auto")
    mlflow.sklearn.autolog(registered_model_name="clf")
    with mlflow.start_run() as run:
        model = LogisticRegression().fit(x, y)
    mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id).data
    assert data.params["C"] == "1.0" and "training_score" in data.metrics
    client.set_registered_model_alias("clf", "prod", 1)
    for uri in ("models:/clf@prod", "models:/clf/1", "models:/clf/latest", f"runs:/{run.info.run_id}/model"):
        assert (mlflow.pyfunc.load_model(uri).predict(x) == model.predict(x)).all(), uri
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="again", params={"k": "v"}, tags={"a": "b"})
    logged = client.get_logged_model(info.model_id)
    assert logged.name == "again" and logged.tags["a"] == "b" and logged.params["k"] == "v"
    mlflow.log_metric("score", 0.5, model_id=info.model_id, run_id=run.info.run_id) if hasattr(mlflow, "log_metric") else None
    found = client.search_logged_models([logged.experiment_id], "name = 'again'")
    assert [m.model_id for m in found] == [info.model_id]
    second = mlflow.register_model(f"models:/{info.model_id}", "clf")
    assert second.version == "2" and second.status == "READY"
    client.set_logged_model_tags(info.model_id, {"x": "y"})
    client.delete_logged_model_tag(info.model_id, "x")
    client.delete_logged_model(info.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_logged_model, info.model_id)
    assert (mlflow.pyfunc.load_model("models:/clf/2").predict(x) == model.predict(x)).all()
    refused("RESOURCE_CONFLICT", client.delete_run, run.info.run_id)


def registry():
    client.create_registered_model("reg", tags={"t": "1"}, description="first")
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, "reg")
    client.update_registered_model("reg", description="changed")
    client.set_registered_model_tag("reg", "u", "2")
    client.delete_registered_model_tag("reg", "t")
    model = client.get_registered_model("reg")
    assert model.description == "changed" and model.tags == {"u": "2"}
    run = client.create_run("0")
    client.log_text(run.info.run_id, "x", "model/MLmodel")
    for i in range(3):
        version = client.create_model_version("reg", f"{run.info.artifact_uri}/model", run.info.run_id, tags={"i": str(i)}, description=f"d{i}")
        assert version.version == str(i + 1)
    client.update_model_version("reg", "1", "new")
    client.set_model_version_tag("reg", "1", "k", "v")
    client.delete_model_version_tag("reg", "1", "k")
    assert client.get_model_version("reg", "1").description == "new"
    client.transition_model_version_stage("reg", "1", "Production")
    client.transition_model_version_stage("reg", "2", "production", archive_existing_versions=True)
    assert client.get_model_version("reg", "1").current_stage == "Archived"
    assert [v.version for v in client.get_latest_versions("reg", ["Production"])] == ["2"]
    client.set_registered_model_alias("reg", "a", "1")
    client.set_registered_model_alias("reg", "a", "3")
    assert client.get_model_version_by_alias("reg", "a").version == "3"
    refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, "reg", "v1", "1")
    client.delete_registered_model_alias("reg", "a")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, "reg", "a")
    assert [v.version for v in client.search_model_versions("name = 'reg' and version_number >= 2", order_by=["version_number DESC"])] == ["3", "2"]
    assert [v.version for v in client.search_model_versions("name = 'reg' and tags.i = '1'")] == ["2"]
    client.delete_model_version("reg", "3")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "reg", "3")
    assert client.create_model_version("reg", f"{run.info.artifact_uri}/model", run.info.run_id).version == "4"
    assert client.copy_model_version("models:/reg/1", "copied").version == "1"
    client.rename_registered_model("reg", "renamed")
    assert client.get_model_version("renamed", "2").current_stage == "Production"
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "reg")
    assert {m.name for m in client.search_registered_models("name LIKE 'ren%' or name = 'copied'")} == {"renamed", "copied"}
    client.delete_registered_model("renamed")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "renamed")
    client.create_registered_model("renamed")
    assert not client.search_model_versions("name = 'renamed'")


experiment_id = experiments()
artifacts(runs(experiment_id))
models()
registry()
print("ok")
