#!/usr/bin/env python3
"""The feature server's interface row by row: requests as Feast's clients send them, and what has to come back.

  feature_serve.py URL       a server over the repository of feature_serve.test
"""
import datetime as dt
import fcntl
import http.client
import json
import random
import struct
import sys

HOST = sys.argv[1].removeprefix("http://")
connection = http.client.HTTPConnection(HOST, timeout=30)
checks = 0


def ask(path, body, method="POST", kind="application/json", **headers):
    if kind:
        headers["Content-Type"] = kind
    data = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer.status, (json.loads(text) if text else None), answer


def same(got, want, what):
    global checks
    checks += 1
    assert got == want, f"{what}\n  got      {got!r}\n  expected {want!r}"


def look(entities, features=None, **more):
    body = {"entities": entities, **more}
    if features is not None:
        body["features"] = features
    return ask("/get-online-features", body)


def values(entities, features, **more):
    status, body, _ = look(entities, features, **more)
    assert status == 200, (status, body, entities, features)
    return {name: r for name, r in zip(body["metadata"]["feature_names"], body["results"])}


def push(source, df, path="/push", **more):
    key = "push_source_name" if path == "/push" else "feature_view_name"
    return ask(path, {key: source, "df": df, **more})


def refused(answer, status, kind, *words):
    got, body, _ = answer
    same(got, status, f"status of {body}")
    assert isinstance(body, str), body
    inner = json.loads(body)
    same((inner["module"], inner["class"]), ("feast.errors", kind), body)
    for word in words:
        assert word in inner["message"], f"{word!r} is not in {inner['message']!r}"


def invalid(answer, kind, loc):
    got, body, _ = answer
    same((got, body["detail"][0]["type"], body["detail"][0]["loc"]), (422, kind, loc), body)
    assert set(body["detail"][0]) >= {"type", "loc", "msg", "input"}, body


NOW = dt.datetime.now(dt.timezone.utc)
LOOK = "/get-online-features"


def routes():
    same(ask("/health", None, "GET")[:2], (200, None), "health")
    same(ask("/nope", {})[:2], (404, {"detail": "Not Found"}), "another path")
    for path in ("/search", "/retrieve-online-documents", "/docs", "/openapi.json"):
        same(ask(path, None, "GET")[0], 404, path)
    for path in ("/push", "/write-to-online-store", LOOK, "/materialize", "/materialize-incremental"):
        same(ask(path, None, "GET")[:2], (405, {"detail": "Method Not Allowed"}), path)
        status, _, answer = ask(path + "/?a=1", {})
        same((status, answer.headers["Location"]), (307, path + "?a=1"), "a slash at the end")
    same(ask(LOOK, {}, Host="evil.example")[0], 403, "another host's name")
    same(ask("/push", {}, Origin="http://evil.example")[0], 403, "another page")
    status, _, answer = look({"driver_id": [1001]}, ["hourly:acc"])
    same(answer.headers["Content-Type"].split(";")[0], "application/json", "type of answers")


def bodies():
    good = json.dumps({"features": ["hourly:acc"], "entities": {"driver_id": [1001]}})
    for kind in ("application/json; charset=utf-8", "application/vnd.x+json", "Application/JSON"):
        same(ask(LOOK, good, kind=kind)[0], 200, kind)
    for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
        invalid(ask(LOOK, good, kind=kind), "model_attributes_type", ["body"])
    invalid(ask(LOOK, ""), "missing", ["body"])
    invalid(ask(LOOK, '{"entities":'), "json_invalid", ["body", 12])
    same(ask(LOOK, "[" * 100_000)[0], 422, "nested too deep")
    invalid(ask(LOOK, [1]), "model_attributes_type", ["body"])
    invalid(ask(LOOK, {"features": []}), "missing", ["body", "entities"])
    invalid(look(5), "dict_type", ["body", "entities"])
    invalid(look({"driver_id": 5}), "list_type", ["body", "entities", "driver_id"])
    invalid(look({}, "hourly:acc"), "list_type", ["body", "features"])
    invalid(look({}, ["hourly:acc", 5]), "string_type", ["body", "features", 1])
    invalid(look({}, [], full_feature_names="perhaps"), "bool_parsing", ["body", "full_feature_names"])
    invalid(ask("/push", {"df": {}}), "missing", ["body", "push_source_name"])
    invalid(ask("/push", {"push_source_name": "driver_push"}), "missing", ["body", "df"])
    invalid(push("driver_push", [1]), "dict_type", ["body", "df"])
    invalid(ask("/materialize-incremental", {}), "missing", ["body", "end_ts"])
    same(look({"driver_id": [1001]}, ["hourly:acc"], unknown={"a": 1})[0], 200, "unknown fields")
    same(look({"driver_id": [1001]}, ["hourly:acc"], full_feature_names="true")[1]["metadata"]["feature_names"], ["driver_id", "hourly__acc"], '"true"')


def look_ups():
    refused(look({"driver_id": [1]}, ["nope:acc"]), 404, "FeatureViewNotFoundException", "nope")
    refused(look({"driver_id": [1]}, feature_service="nope"), 404, "FeatureServiceNotFoundException", "nope")
    refused(look({"driver_id": [1]}, ["hourly:nope"]), 400, "FeastError", "nope")
    refused(look({"driver_id": [1]}, ["acc"]), 400, "FeastError", "view:feature")
    refused(look({"driver_id": [1]}, []), 400, "FeastError", "no features")
    refused(look({"driver_id": [1]}, ["hourly:acc", "fresh:acc"]), 400, "FeatureNameCollisionError", "acc")
    refused(look({"driver_id": [1]}, ["hourly:acc", "hourly:acc"]), 400, "FeatureNameCollisionError", "acc")
    refused(look({"driver_id": [1]}, feature_service="twice"), 400, "FeatureNameCollisionError", "acc")
    refused(look({"driver_id": [1], "x": [1, 2]}, ["hourly:acc"]), 400, "FeastError", "values")
    refused(look({"x": [1]}, ["hourly:acc"]), 400, "FeastError", "driver_id")
    refused(look({"driver_id": [1001]}, ["pairs:rate"]), 400, "FeastError", "customer_id")
    refused(look({}, ["world:rate"]), 400, "FeastError")
    refused(look({"driver_id": [1], "driver": [1]}, ["hourly:acc"]), 400, "FeastError", "twice")
    for key in (None, "abc", 1001.5, True, 2**63, -2**63 - 1, "9223372036854775808", [], {}, float("nan"), float("inf"), ""):
        refused(look({"driver_id": [7, key]}, ["hourly:acc"]), 400, "FeastError", "row 2", "driver_id")
    for key in (None, True, 1.5):
        refused(look({"driver_id": [1001], "customer_id": [key]}, ["pairs:rate"]), 400, "FeastError", "customer_id")
    refused(look({"driver_id": [1] * 2_000_001}, ["hourly:acc", "hourly:trips"]), 413, "FeastError", "2000001 rows of 2 features")
    # Names, order, entity rows.
    got = values({"x": [0, 0, 0], "driver": ["1001", 1001.0, 404]}, ["hourly:trips", "types:i", "hourly:acc"])
    same(list(got), ["driver_id", "trips", "acc", "i"], "views by first mention, features as asked")
    same(got["driver_id"], {"values": [1001, 1001, 404], "statuses": ["PRESENT"] * 3, "event_timestamps": ["1970-01-01T00:00:00Z"] * 3}, "join keys")
    same(got["trips"]["values"], [11, 11, None], "in the order of the request")
    same(got["trips"]["event_timestamps"], ["2026-01-03T12:00:30Z"] * 2 + ["1970-01-01T00:00:00Z"], "event times")
    same(got["i"]["statuses"], ["NOT_FOUND"] * 3, "never written")
    got = values({"customer_id": ["c1", "c2", "c3"], "driver_id": [1001] * 3}, ["pairs:rate", "hourly:acc"])
    same(list(got), ["customer_id", "driver_id", "rate", "acc"], "join keys as the request has them")
    same(got["rate"]["values"], [0.5, 0.25, None], "two join keys")
    status, body, _ = look({"driver_id": [1001]}, ["hourly:trips"], feature_service="activity")
    same(body["metadata"]["feature_names"], ["driver_id", "trips", "acc"], "a service wins, in its declared order")
    same(list(values({"driver_id": [1]}, None, feature_service="twice", full_feature_names=True)), ["driver_id", "hourly__acc", "again__acc"], "an alias")
    same(list(values({"driver_id": [1]}, ["hourly:acc", "fresh:acc"], full_feature_names=True)), ["driver_id", "hourly__acc", "fresh__acc"], "full names")
    status, body, _ = look({"driver_id": []}, ["hourly:acc"])
    same((status, [r["values"] for r in body["results"]]), (200, [[], []]), "zero rows")
    body = look({"driver_id": [1]}, ["hourly:acc", "types:i"], include_feature_view_version_metadata=True)[1]
    same(body["metadata"]["feature_view_metadata"], [{"name": "hourly", "version": 1}, {"name": "types", "version": 1}], "versions")
    same(values({"driver_id": [1002]}, ["hourly:trips"])["trips"], {"values": [None], "statuses": ["NULL_VALUE"], "event_timestamps": ["2026-01-03T10:00:00.250Z"]}, "a stored null, a fraction of a second")
    same(values({"driver_id": [8]}, ["fresh:acc"])["acc"], {"values": [1.5], "statuses": ["OUTSIDE_MAX_AGE"], "event_timestamps": ["2026-02-02T10:00:00Z"]}, "older than the ttl")
    same(values({"driver_id": [8]}, ["hourly:acc"])["acc"]["statuses"], ["PRESENT"], "no ttl")


def types():
    def row(key, **more):
        df = {"driver_id": key, "at": "2026-01-01T00:00:00Z", "made": None, "i": 0, "l": 0, "f": 0, "d": 0, "s": "", "b": False, "y": "", "t": None}
        df |= more
        return {name: [value] for name, value in df.items()}

    def back(name, value):
        assert push("types_push", row(20, at=NOW.isoformat(), **{name: value}))[0] == 200, (name, value)
        got = values({"driver_id": [20]}, [f"types:{name}"])[name]
        return got["values"][0], got["statuses"][0]

    global NOW
    for name, value, want in (
        ("i", 2**31 - 1, 2**31 - 1), ("i", -2**31, -2**31), ("i", 3.0, 3), ("l", 2**53 + 1, 2**53 + 1), ("l", -2**63, -2**63), ("l", 2**63 - 1, 2**63 - 1),
        ("f", 0.1, 0.10000000149011612), ("f", 3, 3.0), ("d", 0.1, 0.1), ("d", 1e300, 1e300), ("d", float("nan"), "NaN"), ("d", float("inf"), "Infinity"),
        ("d", float("-inf"), "-Infinity"), ("d", "NaN", "NaN"), ("f", "-Infinity", "-Infinity"), ("s", "äöü\n\"\\\u2028", "äöü\n\"\\\u2028"), ("s", "", ""), ("b", True, True), ("b", False, False),
        ("y", "AAH/", "AAH/"), ("t", "2026-01-03T12:00:30+02:00", 1767434430), ("t", "1969-12-31T23:59:59.5Z", -1),
    ):
        NOW += dt.timedelta(microseconds=1)
        same(back(name, value), (want, "PRESENT"), f"{name} = {value!r}")
    for name in "ilfdsbyt":
        NOW += dt.timedelta(microseconds=1)
        same(back(name, None), (None, "NULL_VALUE"), f"{name} null")
    for name, value in (("i", 2**31), ("i", 1.5), ("i", "1"), ("i", True), ("l", 2**63), ("l", "1"), ("l", 1e300), ("f", "0.5"), ("f", True), ("d", []), ("s", 5), ("s", {}),
                        ("b", 1), ("b", "true"), ("y", "A"), ("y", "****"), ("t", 5), ("t", "noon"), ("at", None), ("at", 1767000000), ("at", 1.5), ("at", "noon"), ("made", 5), ("driver_id", None), ("driver_id", "20"), ("driver_id", 1.5)):
        refused(push("types_push", row(21) | {name: [value]}), 400, "FeastError", "row 1", f'"{name}"')
    same(values({"driver_id": [21]}, ["types:i"])["i"]["statuses"], ["NOT_FOUND"], "nothing of a refused push is stored")
    for fraction, shown in (("", ""), (".25", ".250"), (".000001", ".000001"), (".100000", ".100")):
        push("types_push", row(22, at=f"2030-01-01T00:00:0{len(fraction)}{fraction}Z"))
        same(values({"driver_id": [22]}, ["types:i"])["i"]["event_timestamps"], [f"2030-01-01T00:00:0{len(fraction)}{shown}Z"], "fractions")


def pushes():
    def df(at, made, acc, trips, key=30):
        return {"driver_id": [key], "event_timestamp": [at], "created": [made], "acc": [acc], "trips": [trips]}

    def now(key=30):
        return values({"driver_id": [key]}, ["hourly:acc", "hourly:trips"])["trips"]["values"][0]

    refused(push("nope", {}), 422, "PushSourceNotFoundException", "nope")
    refused(push("nope", {}, "/write-to-online-store"), 404, "FeastObjectNotFoundException", "nope")
    refused(push("driver_push", df("2026-02-01", None, 1, 1), to="nowhere"), 400, "FeastError", "nowhere")
    same(push("driver_push", {})[:2], (200, None), "an empty frame")
    same(push("driver_push", {"driver_id": [], "event_timestamp": [], "created": [], "acc": [], "trips": []})[0], 200, "no rows")
    refused(push("driver_push", {k: v for k, v in df("2026-02-01", None, 1, 1).items() if k != "trips"}), 400, "FeastError", '"trips"')
    refused(push("driver_push", {k: v for k, v in df("2026-02-01", None, 1, 1).items() if k != "created"}), 400, "FeastError", '"created"')
    refused(push("driver_push", df("2026-02-01", None, 1, 1) | {"acc": [1, 2]}), 400, "FeastError", '"acc"')
    refused(push("driver_push", df("2026-02-01", None, 1, 1) | {"acc": 1}), 400, "FeastError", '"acc"')
    same(push("driver_push", df("2026-02-01T10:00:00", "2026-02-01", 0.5, 1) | {"more": ["x"]})[:2], (200, None), "more columns")
    same(now(), 1, "visible to the next read")
    same(values({"driver_id": [30]}, ["fresh:acc"])["acc"]["values"], [0.5], "every view of the source")
    push("driver_push", df("2026-02-01T09:59:59", "2026-03-01", 9, 2))
    same(now(), 1, "an older event never wins")
    push("driver_push", df("2026-02-01T10:00:00", "2026-01-31", 9, 3))
    same(now(), 1, "of one event time the latest created")
    push("driver_push", df("2026-02-01T10:00:00", None, 9, 3))
    same(now(), 1, "a null created loses")
    push("driver_push", df("2026-02-01T10:00:00", "2026-02-01", 9, 4))
    same(now(), 4, "then the last written")
    push("driver_push", df("2026-02-01T12:00:01+02:00", "2026-02-01", 9, 5))
    same(now(), 5, "zones are converted")
    push("driver_push", df("2026-02-02", None, 9, 6), to="offline")
    same(now(), 5, "offline is not online")
    same(push("hourly", df("2026-02-03", None, 9, 7, 31), "/write-to-online-store")[:2], (200, None), "written to a view")
    same((now(31), values({"driver_id": [31]}, ["fresh:acc"])["acc"]["statuses"]), (7, ["NOT_FOUND"]), "that view alone")
    client = {"driver_id": [32], "event_timestamp": ["2026-02-01T00:00:00"], "created": ["2026-02-01T00:00:00"], "i": [1], "l": [2**60], "f": [1], "d": [1], "s": ["x"], "b": [True], "y": ["AA=="], "t": ["2026-01-01"]}
    same(push("types", client, "/write-to-online-store", allow_registry_cache=True)[0], 200, "the names that Feast's own client gives to time columns")
    same(push("world_push", {"at": ["2026-02-01"], "rate": [0.5]})[0], 200, "a view without entities")
    same(values({"x": [1, 2]}, ["world:rate"]), {"rate": {"values": [0.5, 0.5], "statuses": ["PRESENT"] * 2, "event_timestamps": ["2026-02-01T00:00:00Z"] * 2}}, "the same for every row")


def materializing():
    range_ = {"start_ts": "2026-01-01T00:00:00", "end_ts": "2026-03-01T00:00:00"}
    same(ask("/materialize", range_)[:2], (200, None), "a range")
    same(values({"driver_id": [30]}, ["hourly:trips"])["trips"]["values"], [6], "what was pushed offline")
    same(ask("/materialize", range_ | {"feature_views": ["hourly"]})[:2], (200, None), "one view")
    refused(ask("/materialize", range_ | {"feature_views": ["nope"]}), 404, "FeatureViewNotFoundException", "nope")
    refused(ask("/materialize", {"start_ts": "2026-03-01", "end_ts": "2026-03-01"}), 400, "FeastError", "start_ts")
    refused(ask("/materialize", {"start_ts": "noon", "end_ts": "2026-03-01"}), 400, "FeastError", "noon")
    refused(ask("/materialize", {}), 400, "FeastError", "start_ts")
    same(ask("/materialize", {"disable_event_timestamp": True})[:2], (200, None), "everything")
    same(ask("/materialize-incremental", {"end_ts": "2026-01-02T00:00:00"})[:2], (200, None), "an end before the last one")
    same(ask("/materialize-incremental", {"end_ts": NOW.isoformat(), "feature_views": ["pairs"]})[:2], (200, None), "from the watermark on")
    invalid(ask("/materialize-incremental", {"end_ts": 5}), "string_type", ["body", "end_ts"])
    pairs, accepted = range_ | {"feature_views": ["pairs"]}, (202, {"status": "accepted", "feature_views": ["pairs"]})
    with open(".mlops/online/materialize.lock", "r+b") as lock:  # as another process that materializes has it
        fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
        same(ask("/materialize?async=true", pairs)[:2], accepted, "in the background")
        same(ask("/materialize?async=true", pairs)[0], 409, "one is running")
        same(ask("/materialize?async=true&force=true", pairs)[:2], accepted, "another one by force")
    same(ask("/materialize", pairs)[0], 200, "when the others are done")


def mutations():
    """Bodies with something wrong somewhere: an answer or a refusal, never the server's own failure."""
    rng = random.Random(7)
    good = [(LOOK, {"features": ["hourly:acc", "types:s"], "entities": {"driver_id": [1001, "1002"]}, "full_feature_names": False}),
            (LOOK, {"feature_service": "mixed", "entities": {"driver_id": [1001], "customer_id": ["c1"]}}),
            ("/push", {"push_source_name": "types_push", "df": {"driver_id": [20], "at": ["2026-01-01"], "made": [None], "i": [1], "l": [1], "f": [1.5], "d": [1], "s": ["x"], "b": [True], "y": ["AA=="], "t": [None]}, "to": "offline"}),
            ("/materialize", {"start_ts": "2026-01-01", "end_ts": "2026-01-02", "feature_views": ["pairs"]})]
    odd = [None, True, -1, 2**64, 1e308, float("nan"), "", "\x00", "\ud83d", "x" * 5000, [], {}, [[]], {"a": {}}, "hourly:acc"]

    def change(value):
        if isinstance(value, dict) and value and rng.random() < 0.8:
            key = rng.choice(list(value))
            return {(rng.choice(["x", ""]) if k == key and rng.random() < 0.2 else k): change(v) if k == key else v for k, v in value.items()}
        if isinstance(value, list) and value and rng.random() < 0.7:
            at = rng.randrange(len(value))
            return [change(v) if i == at else v for i, v in enumerate(value)]
        return rng.choice(odd)

    seen = set()
    for i in range(600):
        path, body = rng.choice(good)
        text = json.dumps(change(body)).encode()
        if i % 3 == 0:
            at = rng.randrange(len(text))
            text = text[:at] + bytes(rng.choices(range(256), k=rng.randrange(4))) + text[at + rng.randrange(3):]
        status, _, _ = ask(path, text)
        assert status in (200, 400, 404, 422), (status, path, text)
        seen.add(status)
    same(seen, {200, 400, 404, 422}, "statuses of mutated bodies")


def metrics():
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    for status in ("PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"):
        line = next(line for line in text.splitlines() if line.startswith(f'mlops_feature_values_total{{view="{"fresh" if status == "OUTSIDE_MAX_AGE" else "hourly"}",status="{status}"}}'))
        assert int(line.split()[-1]) > 0, line


for part in (routes, bodies, look_ups, types, pushes, materializing, mutations, metrics):
    part()
print(f"{checks} checks")
