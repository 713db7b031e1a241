"""One try to reach a broker, for the first start and the settings: what is wrong, as a word that the front end can explain.

Speaks the first two packets of MQTT 3.1.1 (OASIS standard, sections 3.1 and 3.2) on a socket of its own and goes away again.
"""

from __future__ import annotations

import socket
from typing import Literal

Trial = Literal["ok", "no_name", "refused", "silent", "unreachable", "no_broker", "denied"]

_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"  # clean session, keep-alive 5 s, an id that the broker gives
_DISCONNECT = b"\xe0\x00"
_NOT_AUTHORISED = (4, 5)


def try_broker(host: str, port: int, *, wait_s: float = 4.0) -> Trial:
    """What comes of a connection to `host:port` within `wait_s` seconds. Blocks; never raises for anything on the network."""
    try:
        with socket.create_connection((host, port), timeout=wait_s) as line:
            line.settimeout(wait_s)
            line.sendall(_CONNECT)
            answer = b""
            while len(answer) < 4 and (more := line.recv(4 - len(answer))):
                answer += more
            if len(answer) < 4 or answer[:2] != b"\x20\x02":
                return "no_broker"
            if answer[3] in _NOT_AUTHORISED:
                return "denied"
            if answer[3]:
                return "no_broker"
            line.sendall(_DISCONNECT)
            return "ok"
    except (socket.gaierror, UnicodeError):
        return "no_name"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "no_broker"
    except TimeoutError:
        return "silent"
    except OSError:
        return "unreachable"
