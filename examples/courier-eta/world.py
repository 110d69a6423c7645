"""What happens outside of the repository.

  world.py land FOLDER FIRST LAST           the systems of the company deliver their files of these days
  world.py ride SERVE FEATURES FIRST LAST COUNT SEED LABELS
                                            COUNT orders of these days come in, one by one: the courier's telephone pushes load and speed, the
                                            shop asks for the time of arrival; how long it took is written to LABELS (CSV). FEATURES "-": no telephones
  world.py labels SERVE LABELS              … and told a day later
"""
import csv
import datetime
import http.client
import json
import pathlib
import sys
import time

import numpy as np

import city


def write(path, columns):
    import pyarrow
    import pyarrow.parquet

    times = {k: pyarrow.array(v, pyarrow.timestamp("us", tz="UTC")) for k, v in columns.items() if k in ("event_timestamp", "created")}
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table({k: times.get(k, v) for k, v in columns.items()}), path)


def land(folder, first, last):
    landing, first, last = pathlib.Path(folder), int(first), int(last)
    folder = landing / f".days-{first:02}-{last:02}"  # a delivery is there as a whole or not at all
    days = [city.orders(d) for d in range(first, last + 1)]
    whole = {k: np.concatenate([d[k] for d in days]) for k in days[0]}
    known = ["order_id", "event_timestamp", "courier_id", *city.ORDER_INPUTS, "minutes"]
    write(folder / "orders" / f"days-{first:02}-{last:02}.parquet", {k: whole[k] for k in known})
    # The warehouse delivers its tables whole, from the beginning.
    write(folder / "courier_hours.parquet", city.courier_hours(0, last))
    events = [city.orders(d) for d in range(last + 1)]
    write(folder / "courier_events.parquet", {k: np.concatenate([d[k] for d in events]) for k in ("courier_id", "event_timestamp", "load", "gps_kmh")})
    begin = np.full(city.COURIERS, city.at(0, 0) - 86_400_000_000 * 30)
    write(folder / "couriers.parquet", {"event_timestamp": begin, **{k: city.couriers()[k] for k in ("courier_id", "vehicle", "years")}})
    folder.rename(landing / folder.name[1:])
    print(f"{whole['order_id'].size} orders of days {first} to {last}")


class Shop:
    """One connection to a server that may be restarted at any time: what got no answer is asked again."""

    def __init__(self, url):
        self.host, self.connection, self.failed = url.removeprefix("http://"), None, 0

    def post(self, path, body):
        for _ in range(200):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.host, timeout=10)
                self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                answer = self.connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
                time.sleep(0.1)
                continue
            if answer.status != 200:
                self.failed += 1
                raise SystemExit(f"{path} answered {answer.status}: {text.decode()}")
            return json.loads(text or "null"), answer.getheader("X-Mlops-Model")
        raise SystemExit(f"nobody answers at {self.host}")


def ride(serve, features, first, last, count, seed, labels):
    days = [city.orders(d) for d in range(int(first), int(last) + 1)]
    whole = {k: np.concatenate([d[k] for d in days]) for k in days[0]}
    shop, phones, by, wrong = Shop(serve), Shop(features) if features != "-" else None, {}, []
    with open(labels, "w", newline="") as file:
        told = csv.writer(file)
        told.writerow(["request_id", "label"])
        for n, i in enumerate(np.random.default_rng(int(seed)).permutation(whole["order_id"].size)[: int(count)]):
            now = datetime.datetime.now(datetime.timezone.utc).isoformat()
            event = {"courier_id": [int(whole["courier_id"][i])], "event_timestamp": [now], "load": [int(whole["load"][i])], "gps_kmh": [float(whole["gps_kmh"][i])]}
            if phones:
                phones.post("/push", {"push_source_name": "courier_events", "df": event, "to": "online"})
            request = f"{whole['order_id'][i]}-{seed}"
            inputs = [{"name": "courier_id", "datatype": "INT64", "shape": [1], "data": [int(whole["courier_id"][i])]}]
            inputs += [{"name": k, "datatype": "FP32", "shape": [1], "data": [float(whole[k][i])]} for k in city.ORDER_INPUTS]
            answer, version = shop.post("/v2/models/eta/infer", {"id": request, "inputs": inputs})
            by[version] = by.get(version, 0) + 1
            wrong.append(abs(answer["outputs"][0]["data"][0] - whole["minutes"][i]))
            told.writerow([request, whole["minutes"][i]])
    print(f"{len(wrong)} orders, answered by {', '.join(f'{k} ({v})' for k, v in sorted(by.items()))}; off by {np.mean(wrong):.2f} minutes on average")


def labels(serve, path):
    with open(path, newline="") as file:
        rows = [{"request_id": r["request_id"], "label": float(r["label"])} for r in csv.DictReader(file)]
    answer, _ = Shop(serve).post("/labels", {"model": "eta", "labels": rows})
    print(f"{answer['labels']} customers got their order; record {answer['record'][:12]}")


if __name__ == "__main__":
    {"land": land, "ride": ride, "labels": labels}[sys.argv[1]](*sys.argv[2:])
