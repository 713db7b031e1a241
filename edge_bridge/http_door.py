"""Two pages for whoever watches the station: /metrics for Prometheus and /ready. On loopback only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edge_bridge.metrics import is_ready, prometheus_text
from messages.state import BridgeStatus


class HttpDoor:
    """Serves from the moment it is made until close(); on threads of its own, which only read the last status."""

    def __init__(self, port: int, last_status: Callable[[], BridgeStatus | None]) -> None:
        """Port 0: any free one. Raises OSError if the port is taken."""

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = last_status()
                if self.path == "/metrics":
                    self._answer(HTTPStatus.OK, prometheus_text(status), "text/plain; version=0.0.4")
                elif self.path == "/ready":
                    ready = is_ready(status)
                    code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
                    self._answer(code, "ready\n" if ready else "not ready\n", "text/plain")
                else:
                    self._answer(HTTPStatus.NOT_FOUND, "there are /metrics and /ready\n", "text/plain")

            def _answer(self, code: HTTPStatus, text: str, media_type: str) -> None:
                body = text.encode()
                self.send_response(code)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Who looks is of no interest."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Page)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
