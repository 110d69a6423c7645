"""A receiver of webhooks: webhook_receiver.py FILE STATUS prints its URL and writes every request to FILE as a line of JSON.

STATUS is what it answers; "redirect:URL" sends elsewhere, "down:PATH" is 500 while PATH exists, else 200.
"""

import http.server
import json
import os
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status = STATUS
        location = None
        if STATUS.startswith("redirect:"):
            status, location = "302", STATUS.removeprefix("redirect:")
        if STATUS.startswith("down:"):
            status = "500" if os.path.exists(STATUS.removeprefix("down:")) else "200"
        with open(FILE, "a") as out:
            headers = {key.lower(): value for key, value in self.headers.items()}
            print(json.dumps({"status": int(status), "headers": headers, "body": body}), file=out, flush=True)
        self.send_response(int(status))
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments):
        pass


FILE, STATUS = sys.argv[1], sys.argv[2]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_port}/hook", flush=True)
server.serve_forever()
