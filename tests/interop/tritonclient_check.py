"""What tritonclient's HTTP client asks of a server, with its own classes. Usage: tritonclient_check.py URL"""

import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException


def tensor(name, array, binary=True):
    types = {"float32": "FP32", "float16": "FP16", "int64": "INT64", "object": "BYTES", "bool": "BOOL"}
    out = http.InferInput(name, list(array.shape), types[str(array.dtype)])
    out.set_data_from_numpy(array, binary_data=binary)
    return out


def fails(status, text, call):
    try:
        call()
    except InferenceServerException as error:
        assert str(error.status()) == str(status), (error.status(), error.message())
        assert text in error.message(), error.message()
        return
    raise AssertionError("it did not fail")


client = http.InferenceServerClient(sys.argv[1].removeprefix("http://"), concurrency=4)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("identity")
assert client.is_model_ready("identity", "1")
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
assert client.get_model_metadata("identity")["inputs"][0] == {"name": "X", "datatype": "FP32", "shape": [-1, 4]}
assert client.get_model_config("identity")["max_batch_size"] == 0
assert {entry["state"] for entry in client.get_model_repository_index()} == {"READY"}

x = np.array([[1, np.nan, np.inf, -0.25], [1e-8, 3.4e38, 0, 7]], np.float32)
for binary in (True, False):
    for algorithm in (None, "gzip", "deflate"):
        answer = client.infer("identity", [tensor("X", x, binary)], request_id="r-1",
                              outputs=[http.InferRequestedOutput("Y", binary_data=binary)],
                              request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
        np.testing.assert_array_equal(answer.as_numpy("Y"), x)
        assert answer.get_response()["id"] == "r-1"
texts = np.array([[b"a\0b", b"", "grün".encode()]], object)
np.testing.assert_array_equal(client.infer("texts", [tensor("S", texts)]).as_numpy("T"), texts)
words = np.array([["a", "b"]], object)
np.testing.assert_array_equal(client.infer("texts", [tensor("S", words, False)]).as_numpy("T"), np.array([[b"a", b"b"]], object))
half = np.array([[0.5, 2]], np.float16)
np.testing.assert_array_equal(client.infer("half", [tensor("X", half)]).as_numpy("Y"), half)
two = client.infer("two", [tensor("A", x), tensor("B", x, False)])
np.testing.assert_array_equal(two.as_numpy("SUM"), x + x)
empty = np.zeros((0, 4), np.float32)
assert client.infer("identity", [tensor("X", empty)]).as_numpy("Y").shape == (0, 4)
top = client.infer("classes", [tensor("X", np.array([[0.1, 0.7, 0.2]], np.float32))],
                   outputs=[http.InferRequestedOutput("P", class_count=2)]).as_numpy("P")
assert top.shape == (1, 2) and top[0, 0].startswith(b"0.700000:1"), top
handles = [client.async_infer("identity", [tensor("X", x)]) for _ in range(20)]
assert all(np.array_equal(h.get_result().as_numpy("Y"), x, equal_nan=True) for h in handles)
assert client.get_inference_statistics("identity")["model_stats"][0]["inference_stats"]["success"]["count"] >= 26

fails(404, "Request for unknown model: 'nope' is not found", lambda: client.infer("nope", [tensor("X", x)]))
fails(400, "unexpected inference input 'Q' for model 'identity'", lambda: client.infer("identity", [tensor("Q", x)]))
fails(400, "unexpected shape for input 'X' for model 'identity'. Expected [-1,4], got [2,3]. ", lambda: client.infer("identity", [tensor("X", x[:, :3])]))
fails(400, "data-type is 'INT64', but model 'identity' expects 'FP32'", lambda: client.infer("identity", [tensor("X", x.astype(np.int64) * 0)]))
client.unload_model("two")
assert not client.is_model_ready("two")
fails(404, "has no available versions", lambda: client.infer("two", [tensor("A", x), tensor("B", x)]))
client.load_model("two")
assert client.is_model_ready("two")
fails(404, "is not found", lambda: client.load_model("nope"))
print("tritonclient: all checks passed")
