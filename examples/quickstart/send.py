"""Send every line of requests.json to the server as one inference request; prints how many each model version answered."""
import collections
import http.client
import sys
import urllib.parse

file, url, model = sys.argv[1:]
address = urllib.parse.urlsplit(url)
connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
answered = collections.Counter()
for line in open(file):
    connection.request("POST", f"/v2/models/{model}/infer", line.strip(), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"status {answer.status}: {body.decode(errors='replace')}")
    answered[answer.headers["X-Mlops-Model"]] += 1
for version, count in answered.items():
    print(f"{count} requests answered by {version}")
