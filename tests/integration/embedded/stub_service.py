"""A service that only says it is ready; named `crashing` it does not live long."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main() -> None:
    if sys.argv[1] == "crashing":
        sys.exit("I cannot go on")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = int(os.environ.get("TANDEM_INTERNAL_PORT", "0"))
    HTTPServer(("127.0.0.1", port), Ready).serve_forever()


main()
