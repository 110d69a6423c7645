"""The Wisconsin breast cancer table (bundled with scikit-learn) as two clinics: the first sees tumours of finer texture, the
second, which joins later, of coarser texture. Writes DIR/clinic_a.csv, DIR/clinic_b.csv (labelled, for retraining),
DIR/clinic_b_later.csv (labelled, seen by no model) and DIR/requests.json (what clinic B's computer asks the server)."""
import json
import pathlib
import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
table = load_breast_cancer()
columns = [name.replace(" ", "_") for name in table.feature_names]
random = np.random.default_rng(7)
texture = table.data[:, columns.index("mean_texture")]
order = np.argsort(texture + random.normal(0, 0.4 * texture.std(), len(texture)), kind="stable")
cut = len(order) * 6 // 10
clinic_a, clinic_b = order[:cut], order[cut:]
random.shuffle(clinic_a)
random.shuffle(clinic_b)
half = len(clinic_b) // 2


def write(name, rows):
    with open(out / name, "w") as f:
        f.write(",".join([*columns, "benign"]) + "\n")
        for i in rows:
            f.write(",".join([*(repr(float(v)) for v in table.data[i]), str(int(table.target[i]))]) + "\n")


write("clinic_a.csv", clinic_a)
write("clinic_b.csv", clinic_b[:half])
write("clinic_b_later.csv", clinic_b[half:])
requests = [{"id": f"clinic-b-{k:04}", "inputs": [{"name": "X", "shape": [1, len(columns)], "datatype": "FP32",
             "data": [float(v) for v in table.data[i]]}]} for k, i in enumerate(clinic_b)]
(out / "requests.json").write_text("\n".join(json.dumps(r) for r in requests) + "\n")
