"""Small ONNX models, written field by field as protobuf, so that tests need no package. Usage: onnx_models.py FOLDER

Also models that no exporter would write: data in other files, branches within branches, custom operators.
"""

import pathlib
import struct
import sys

FLOAT, INT64, STRING, BOOL, HALF = 1, 7, 8, 9, 10


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value & (1 << 64) - 1)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def value(name, kind, shape):
    dims = b"".join(data(1, data(2, d) if isinstance(d, str) else number(1, d)) for d in shape)
    return data(1, name) + data(2, data(1, number(1, kind) + data(2, dims)))


def attribute(name, field, kind, content):
    return data(1, name) + content_field(field, content) + number(20, kind)


def content_field(field, content):
    return number(field, content) if isinstance(content, int) else data(field, content)


def node(operation, inputs, outputs, domain="", attributes=()):
    out = b"".join(data(1, i) for i in inputs) + b"".join(data(2, o) for o in outputs) + data(4, operation)
    out += b"".join(data(5, a) for a in attributes)
    return out + (data(7, domain) if domain else b"")


def floats(name, dims, values):
    return b"".join(number(1, d) for d in dims) + number(2, FLOAT) + data(8, name) + data(9, struct.pack(f"<{len(values)}f", *values))


def graph(nodes, inputs, outputs, initializers=()):
    parts = [data(1, n) for n in nodes] + [data(2, "g")] + [data(5, i) for i in initializers]
    return b"".join(parts + [data(11, i) for i in inputs] + [data(12, o) for o in outputs])


def model(body, domains=()):
    opsets = b"".join(data(8, data(1, d) + number(2, v)) for d, v in (("", 17), ("ai.onnx.ml", 3), *((d, 1) for d in domains)))
    return number(1, 8) + data(2, "mlops-tests") + opsets + data(7, body)


def identity(kind, shape, x="X", y="Y"):
    return model(graph([node("Identity", [x], [y])], [value(x, kind, shape)], [value(y, kind, shape)]))


def linear(weights, bias=0.0):
    """Y [N,1] = X [N,k] · weights + bias."""
    initializers = [floats("W", [len(weights), 1], weights), floats("b", [1], [bias])]
    nodes = [node("MatMul", ["X", "W"], ["m"]), node("Add", ["m", "b"], ["Y"])]
    return model(graph(nodes, [value("X", FLOAT, ["N", len(weights)])], [value("Y", FLOAT, ["N", 1])], initializers))


def branch(depth):
    """A graph whose only operator is an If whose then-branch is like it: small, and work that doubles at every level."""
    if depth == 0:
        return graph([node("Identity", ["X"], ["y"])], [], [value("y", FLOAT, ["N", 4])])
    attributes = [attribute("then_branch", 6, 5, branch(depth - 1)), attribute("else_branch", 6, 5, branch(0))]
    return graph([node("If", ["c"], ["y"], "", attributes)], [], [value("y", FLOAT, ["N", 4])])


def bomb(depth):
    attributes = [attribute("then_branch", 6, 5, branch(depth)), attribute("else_branch", 6, 5, branch(0))]
    condition = number(2, 9) + data(8, "c") + data(9, b"\x01")
    body = graph([node("If", ["c"], ["Y"], "", attributes)], [value("X", FLOAT, ["N", 4])], [value("Y", FLOAT, ["N", 4])], [condition])
    return model(body)


def endless():
    """A loop of 2^62 turns."""
    body = graph([node("Identity", ["go"], ["on"]), node("Identity", ["v"], ["w"])],
                 [value("i", INT64, []), value("go", BOOL, []), value("v", FLOAT, ["N", 4])],
                 [value("on", BOOL, []), value("w", FLOAT, ["N", 4])])
    turns = number(2, INT64) + data(8, "turns") + data(9, struct.pack("<q", 1 << 62))
    always = number(2, BOOL) + data(8, "always") + data(9, b"\x01")
    loop = node("Loop", ["turns", "always", "X"], ["Y"], "", [attribute("body", 6, 5, body)])
    return model(graph([loop], [value("X", FLOAT, ["N", 4])], [value("Y", FLOAT, ["N", 4])], [turns, always]))


def external(location):
    tensor = number(1, 4) + number(2, FLOAT) + data(8, "W") + data(13, data(1, "location") + data(2, location)) + number(14, 1)
    body = graph([node("Add", ["X", "W"], ["Y"])], [value("X", FLOAT, ["N", 4])], [value("Y", FLOAT, ["N", 4])], [tensor])
    return model(body)


def zipmap():
    """A classifier as scikit-learn exports it: probabilities as a sequence of maps."""
    kind = data(4, data(1, data(5, number(1, STRING) + data(2, data(1, number(1, FLOAT))))))
    labels = data(1, "classlabels_strings") + b"".join(data(9, s) for s in ("no", "yes")) + number(20, 8)
    nodes = [node("ZipMap", ["X"], ["P"], "ai.onnx.ml", [labels])]
    return model(graph(nodes, [value("X", FLOAT, ["N", 2])], [data(1, "P") + data(2, kind)]))


def judge():
    """A classifier whose probabilities are its input: label [N] and probabilities [N,2]."""
    nodes = [node("ArgMax", ["X"], ["label"], "", [attribute("axis", 3, 2, 1), attribute("keepdims", 3, 2, 0)]),
             node("Identity", ["X"], ["probabilities"])]
    return model(graph(nodes, [value("X", FLOAT, ["N", 2])], [value("label", INT64, ["N"]), value("probabilities", FLOAT, ["N", 2])]))


MODELS = {
    "judge": judge(),
    "identity": identity(FLOAT, ["N", 4]),
    "linear": linear([1.0, 2.0], 0.5),
    "linear2": linear([10.0, 20.0], 0.5),
    "integers": identity(INT64, ["N"]),
    "texts": identity(STRING, ["N", "M"], "S", "T"),
    "half": identity(HALF, ["N", 2]),
    "classes": identity(FLOAT, ["N", 3], "X", "P"),
    "zipmap": zipmap(),
    "two": model(graph([node("Add", ["A", "B"], ["SUM"]), node("Sub", ["A", "B"], ["DIFFERENCE"])],
                       [value("A", FLOAT, ["N", 4]), value("B", FLOAT, ["N", 4])],
                       [value("SUM", FLOAT, ["N", 4]), value("DIFFERENCE", FLOAT, ["N", 4])])),
    # An input a column, as exporters of data frames make them.
    "sum": model(graph([node("Add", ["acc", "trips"], ["score"])],
                       [value("acc", FLOAT, ["N", 1]), value("trips", FLOAT, ["N", 1])], [value("score", FLOAT, ["N", 1])])),
    # Fails when it runs: 4 columns can't be 3.
    "failing": model(graph([node("Reshape", ["X", "s"], ["Y"])], [value("X", FLOAT, ["N", 4])], [value("Y", FLOAT, [3, 3])],
                           [number(1, 2) + number(2, INT64) + data(8, "s") + data(9, struct.pack("<2q", 3, 3))])),
    "bomb": bomb(14),
    "endless": endless(),
    "deep": bomb(40),
    "external": external("../../../etc/passwd"),
    "custom": model(graph([node("Evil", ["X"], ["Y"], "com.evil")], [value("X", FLOAT, ["N", 4])], [value("Y", FLOAT, ["N", 4])]), ["com.evil"]),
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in MODELS.items():
        (folder / f"{name}.onnx").write_bytes(content)
