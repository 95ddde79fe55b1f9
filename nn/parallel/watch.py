"""Detect ranks that are killed or crash, and end the others with a message.

Rank 0 starts a small process that is connected to every rank and outlives them. It runs this file
as a program, and needs no package.
"""

from __future__ import annotations

import os
import secrets
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from typing import Any

DONE = "done"
GRACE = 5.0
"""Seconds that the other ranks wait for the launcher to end them, before they end themselves."""
PATIENCE = 5.0
"""Seconds to wait for a connection."""


class Watch:
    """The connection of this rank to the watching process, which rank 0 starts.

    comm: the communicator, over which rank 0 sends the address.
    me: the name of this rank in messages.
    local: whether all ranks are on one machine.
    """

    def __init__(self, comm: Any, me: str, *, local: bool) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._socket: socket.socket | None = None
        address = None
        if comm.Get_rank() == 0:
            with suppress(OSError, ValueError):
                address = self._start(local)
        try:
            host, port, token = comm.allgather(address)[0] or ("", 0, "")
            self._socket = socket.create_connection((host, port), PATIENCE)
        except OSError:  # not reachable: then only the launcher ends the other ranks
            return
        self._socket.settimeout(None)
        self.say(f"{token} {me}")
        threading.Thread(target=self._listen, args=[self._socket], daemon=True).start()

    def _start(self, local: bool) -> tuple[str, int, str]:
        token = secrets.token_hex()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, "127.0.0.1" if local else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process.stdin as stdin, self._process.stdout as stdout:
            print(token, file=stdin, flush=True)
            return "127.0.0.1" if local else socket.gethostname(), int(stdout.readline()), token

    def _listen(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if connection.recv(1):
                time.sleep(GRACE)
                os._exit(1)

    def say(self, line: str) -> None:
        """Send a line. The last line of rank 0 is shown to the user as advice."""
        if self._socket is not None:
            with suppress(OSError):  # the process has ended
                self._socket.sendall(f"{line}\n".encode())

    def end(self) -> None:
        """Report that this rank has ended by itself, with or without an error."""
        self.say(DONE)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        if self._process is not None:
            self._process.wait()


def watch(server: socket.socket, token: str) -> str:
    """Watch the ranks until rank 0 is done (return "") or one dies (return a message).

    The first line from a rank is the token and its name, the last is ``DONE``. If a rank dies, a
    byte is sent to the others.
    """
    received: dict[socket.socket, str] = {}
    advice = ""
    with ExitStack() as connections:
        while True:
            for ready in select.select([server, *received], [], [])[0]:
                if ready is server:
                    received[connections.enter_context(server.accept()[0])] = ""
                    continue
                try:
                    data = ready.recv(65536).decode()
                except OSError:
                    data = ""
                received[ready] += data
                first, *lines = received[ready].splitlines() or [""]
                password, _, name = first.partition(" ")
                is_rank_0 = password == token and name.startswith("rank 0 ")
                if data:
                    advice = lines[-1] if is_rank_0 and lines and lines[-1] != DONE else advice
                    continue
                del received[ready]
                if password == token and lines[-1:] != [DONE]:
                    for other in received:
                        with suppress(OSError):
                            other.sendall(b"!")
                    return f"{name} died without a message. All stop{advice and f': {advice}'}\n"
                if is_rank_0:
                    return ""


def main() -> None:
    """Print the port, read the token, watch, and print what happened."""
    with socket.create_server((sys.argv[1], 0)) as server:
        print(server.getsockname()[1], flush=True)
        print(watch(server, sys.stdin.readline().strip()), end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
