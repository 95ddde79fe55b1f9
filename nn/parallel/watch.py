"""What happens when a rank dies without a word, killed or crashed: it is told, and all are ended.

A small process beside rank 0, which no launcher ends together with the ranks, is connected to each
of them; it runs this file as a program, and needs nothing installed. Errors that a rank can still
tell of itself are told in ``nn.parallel.team``.
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
"""Seconds that a launcher is given to end the other ranks, before they end themselves."""
PATIENCE = 5.0
"""Seconds to wait for a connection."""


class Watch:
    """The connection of this rank to the process that watches, which rank 0 starts.

    comm: how to let the others know where it is. me: how this rank is called in a message.
    local: whether all ranks are on one machine.
    """

    def __init__(self, comm: Any, me: str, *, local: bool) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._socket: socket.socket | None = None
        place = None
        if comm.Get_rank() == 0:
            with suppress(OSError, ValueError):
                place = self._start(local)
        try:
            host, port, token = comm.allgather(place)[0] or ("", 0, "")
            self._socket = socket.create_connection((host, port), PATIENCE)
        except OSError:  # there is no way through; the launcher alone sees to it then
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
        with self._process.stdin as words, self._process.stdout as answer:
            print(token, file=words, flush=True)
            return "127.0.0.1" if local else socket.gethostname(), int(answer.readline()), token

    def _listen(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if connection.recv(1):
                time.sleep(GRACE)
                os._exit(1)

    def say(self, line: str) -> None:
        """Tell it something; what rank 0 says last is what the user can do."""
        if self._socket is not None:
            with suppress(OSError):  # it has ended
                self._socket.sendall(f"{line}\n".encode())

    def end(self) -> None:
        """This rank has come to its end, good or bad, and has said so itself."""
        self.say(DONE)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        if self._process is not None:
            self._process.wait()


def watch(server: socket.socket, token: str) -> str:
    """Follow the ranks until rank 0 is done, which gives "", or one dies, which gives a message.

    The first line of a rank is the token and who it is, the last is ``DONE``. When one has died
    the others are sent a byte.
    """
    said: dict[socket.socket, str] = {}
    advice = ""
    with ExitStack() as connections:
        while True:
            for ready in select.select([server, *said], [], [])[0]:
                if ready is server:
                    said[connections.enter_context(server.accept()[0])] = ""
                    continue
                try:
                    data = ready.recv(65536).decode()
                except OSError:
                    data = ""
                said[ready] += data
                first, *lines = said[ready].splitlines() or [""]
                known, _, name = first.partition(" ")
                leads = known == token and name.startswith("rank 0 ")
                if data:
                    advice = lines[-1] if leads and lines and lines[-1] != DONE else advice
                    continue
                del said[ready]
                if known == token and lines[-1:] != [DONE]:
                    for other in said:
                        with suppress(OSError):
                            other.sendall(b"!")
                    return f"{name} died without a word. All stop{advice and f': {advice}'}\n"
                if leads:
                    return ""


def main() -> None:
    """Say the port, read the token, watch, and tell what happened."""
    with socket.create_server((sys.argv[1], 0)) as server:
        print(server.getsockname()[1], flush=True)
        print(watch(server, sys.stdin.readline().strip()), end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
