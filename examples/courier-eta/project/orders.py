"""The orders of the last days, split by themselves alone, so that an order never changes sides."""
import pathlib
import zlib

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

days = yaml.safe_load(open("params.yaml"))["window_days"]
orders = pa.concat_tables(pq.read_table(f) for f in sorted(pathlib.Path("data/orders").glob("*.parquet"))).sort_by("event_timestamp")
newest = pc.max(orders["event_timestamp"]).as_py().replace(hour=0, minute=0, second=0, microsecond=0)
age = pc.days_between(pc.cast(orders["event_timestamp"], pa.timestamp("us")), pa.scalar(newest.replace(tzinfo=None), pa.timestamp("us")))
orders = orders.filter(pc.less(age, days))
test = pa.array([zlib.crc32(i.as_py().encode()) % 4 == 0 for i in orders["order_id"]])
pathlib.Path("sets").mkdir(exist_ok=True)
pq.write_table(orders.filter(pc.invert(test)), "sets/orders_train.parquet")
pq.write_table(orders.filter(test), "sets/orders_test.parquet")
print(f"{orders.num_rows} orders, {pc.sum(test).as_py()} of them for the test")
