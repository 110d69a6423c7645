#!/usr/bin/env python3
"""Stands between mlops and an S3 server, and does what a file says: a broken network, a busy server, one that lies.

  s3_between.py SERVER_URL FILE      prints its own URL; requests are noted in FILE.log, one line each

FILE holds one word and perhaps a number or more; it is read for every request. "" passes everything on.
"""
import http.client
import http.server
import pathlib
import re
import socket
import sys
import threading
import time
import urllib.parse

server = urllib.parse.urlsplit(sys.argv[1])
order = pathlib.Path(sys.argv[2])
log = open(f"{order}.log", "a", buffering=1)
lock = threading.Lock()
seen = {}  # (order, request) → how often


def page(keys, token):
    contents = "".join(f"<Contents><Key>{k}</Key><Size>{n}</Size></Contents>" for k, n in keys)
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return f"<ListBucketResult>{contents}{more}</ListBucketResult>".encode()


class Between(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, headers=()):
        self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), headers)

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def ask_server(self, body):
        connection = http.client.HTTPConnection(server.hostname, server.port)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders()
        # A server that wants the body says so; one that does not has answered.
        if not self.headers.get("Expect") or connection.sock.recv(12, socket.MSG_PEEK).endswith(b"100"):
            connection.send(body)
        reply = connection.getresponse()
        out = reply.status, reply.read(), [(k, v) for k, v in reply.getheaders() if k.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server")]
        connection.close()
        return out

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        words = order.read_text().split() or [""]
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        with lock:
            key = (" ".join(words), self.command, self.path)
            seen[key] = seen.get(key, 0) + 1
            times = seen[key]
            log.write(f"{words[0] or '-'} {self.command} {self.path}\n")
        listing = "list-type" in query
        prefix = query.get("prefix", [""])[0]
        match words[0]:
            case "status":  # CODE STATUS [HEADER VALUE]
                return self.error(int(words[2]), words[1], [tuple(words[3:5])] if len(words) > 3 else ())
            case "hang":
                return time.sleep(60)
            case "redirect":
                return self.answer(302, b"", [("Location", words[1])])
            case "busy" if times <= int(words[1]):
                return self.error(503, "SlowDown")
            case "html":
                return self.answer(200, b"<html><body>welcome</body></html>")
            case "no-condition" if self.headers.get("If-None-Match"):
                return self.error(501, "NotImplemented")
            case "taken" if self.headers.get("If-None-Match"):
                return self.error(412, "PreconditionFailed")
            case "lost" if times <= int(words[1]):
                if self.command in ("PUT", "POST"):
                    self.ask_server(body)  # done, and nobody hears of it
                return self.hang_up()
            case "repeat" if listing:
                return self.answer(200, page([(f"{prefix}x{times}", 1)], "same"))
            case "endless" if listing:
                number = int(query.get("continuation-token", ["0"])[0]) + 1
                return self.answer(200, page([(f"{prefix}{number:060}{i:04}.pack", 1) for i in range(1000)], str(number)))
            case "empty" if listing:
                return self.answer(200, page([], str(int(query.get("continuation-token", ["0"])[0]) + 1)))
            case "many" if listing:
                return self.answer(200, page([(f"{prefix}{i:064}.pack", 1) for i in range(5000)], ""))
            case "huge" if listing:
                return self.answer(200, page([(f"{prefix}{i:064x}.index", 10**18) for i in range(3)], ""))
            case "negative" if listing:
                return self.answer(200, page([(f"{prefix}{1:064x}.index", -1)], ""))
        status, reply, headers = self.ask_server(body)
        pack = url.path.endswith(".pack") and self.command == "GET"
        index = url.path.endswith(".index") and self.command == "GET"
        match words[0]:
            case "flip-pack" if pack:
                reply = reply[: len(reply) // 2] + bytes([reply[len(reply) // 2] ^ 1]) + reply[len(reply) // 2 + 1:]
            case "flip-index" if index:
                reply = reply[:40] + bytes([reply[40] ^ 1]) + reply[41:]
            case "short" if pack:
                reply = reply[: len(reply) // 2]
            case "long" if pack:
                reply += b"x"
            case "unranged" if pack:
                status = 200
            case "cut" if pack and times <= int(words[1]):  # half of what was promised
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply[: len(reply) // 2])
                self.wfile.flush()
                return self.hang_up()
            case "names" if listing:
                reply = re.sub(rb"<IsTruncated>", b"<Contents><Key>" + prefix.encode() + b"../../../x.index</Key><Size>9</Size></Contents><IsTruncated>", reply, 1)
        self.answer(status, reply, headers)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET


listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
listener.daemon_threads = True
print(f"http://127.0.0.1:{listener.server_port}", flush=True)
listener.serve_forever()
