"""client.py URL FOLDER: see client."""
import datetime as dt
import pathlib
import sys

import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource
from feast.errors import FeastError
from feast.types import Float32, Int64, String
from feast.value_type import ValueType

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
(folder / "feast/feature_store.yaml").write_text(
    f"project: check\nregistry: registry.db\nprovider: local\nonline_store: {{type: remote, path: {url}}}\nentity_key_serialization_version: 3\n")
store = FeatureStore(str(folder / "feast"))
NOW = pd.Timestamp.now("UTC")


def rows(ids, acc, trips, names):
    return pd.DataFrame({"driver_id": ids, "ts": [NOW] * len(ids), "made": [NOW] * len(ids), "acc": acc, "trips": trips, "name": names})


rows([1], [1.0], [1], ["x"]).to_parquet(folder / "batch.parquet")
batch = FileSource(name="batch", path=str(folder / "batch.parquet"), timestamp_field="ts", created_timestamp_column="made")
driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
view = FeatureView(name="live", entities=[driver], ttl=dt.timedelta(days=1), schema=[Field(name="acc", dtype=Float32), Field(name="trips", dtype=Int64), Field(name="name", dtype=String)],
                   source=PushSource(name="live_push", batch_source=batch))
store.apply([driver, view, FeatureService(name="activity", features=[view])])
FEATURES = ["live:acc", "live:trips", "live:name"]


def same(got, want):
    assert got == want, f"{got!r}, not {want!r}"


def look(ids, features=FEATURES, **more):
    return store.get_online_features(features=features, entity_rows=[{"driver_id": i} for i in ids], **more).to_dict()


same(look([1, 2]), {"driver_id": [1, 2], "acc": [None, None], "trips": [None, None], "name": [None, None]})
store.push("live_push", rows([1, 2], [0.5, 0.25], [2**53 + 1, 3], ["a", "b"]))
same(look([1, 2, 3]), {"driver_id": [1, 2, 3], "acc": [0.5, 0.25, None], "trips": [2**53 + 1, 3, None], "name": ["a", "b", None]})
same(look([1], store.get_feature_service("activity"), full_feature_names=True), {"driver_id": [1], "live__acc": [0.5], "live__trips": [2**53 + 1], "live__name": ["a"]})
store.write_to_online_store("live", rows([5], [0.75], [4], ["c"]))
same(look([5], ["live:trips"]), {"driver_id": [5], "trips": [4]})
try:
    look([1], ["live:nope"])
    raise AssertionError("an unknown feature was answered")
except FeastError as error:
    assert "nope" in str(error), error
print("Feast's client: 6 checks")
