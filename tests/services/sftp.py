"""An SFTP server in this process, for a folder."""
# ruff: noqa: ARG002 - the methods are those that paramiko calls

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko

USER, PASSWORD = "ada", "s3cret-of-ada"


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_known = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    def __init__(self, path: Path, flags: int) -> None:
        super().__init__(flags)
        mode = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
        if flags & os.O_CREAT and (flags & os.O_TRUNC or not path.exists()):
            mode = "w+b"
        self.readfile = self.writefile = path.open(mode)
        self._path = path

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.stat(self._path))


class _Files(paramiko.SFTPServerInterface):
    """Files below a folder, which clients see as the root."""

    root: Path

    def _local(self, path: str) -> Path:
        return self.root / self.canonicalize(path).lstrip("/")

    @staticmethod
    def _status(action: object) -> int:
        try:
            action()  # type: ignore[operator]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._local(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        try:
            return _Handle(self._local(path), flags)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def remove(self, path: str) -> int:
        return self._status(self._local(path).unlink)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._status(self._local(path).mkdir)

    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename a file, but not over another one (SFTP version 3)."""
        if self._local(newpath).exists():
            return paramiko.SFTP_FAILURE
        return self.posix_rename(oldpath, newpath)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._status(lambda: self._local(oldpath).replace(self._local(newpath)))


@contextmanager
def sftp(folder: Path) -> Iterator[int]:
    """Serve a folder, and yield the port on 127.0.0.1."""
    files = type("Files", (_Files,), {"root": folder})
    host_key = paramiko.ECDSAKey.generate()
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    transport = paramiko.Transport(connection)
                    transport.add_server_key(host_key)
                    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                    transports.append(transport)
                    with suppress(paramiko.SSHException, EOFError):
                        transport.start_server(server=_Login())

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for transport in transports:
        transport.close()
