# SPDX-License-Identifier: Apache-2.0
"""A small NBD client over a Unix socket: fixed newstyle, simple replies, several requests in flight."""
import socket
import struct

READ, WRITE, DISC, FLUSH = 0, 1, 2, 3
_REQUEST = struct.Struct(">IHHQQI")
_REPLY = struct.Struct(">IIQ")
_GO, _ACK, _INFO, _INFO_EXPORT = 7, 1, 3, 0


class Client:
    def __init__(self, path, export):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        magic, option_magic, flags = struct.unpack(">QQH", self._receive(18))
        if magic != 0x4E42444D41474943 or option_magic != 0x49484156454F5054 or not flags & 1:
            raise IOError("not a fixed newstyle NBD server")
        name = export.encode()
        data = struct.pack(">I", len(name)) + name + struct.pack(">H", 0)
        self.socket.sendall(struct.pack(">I", flags & 3) + struct.pack(">QII", option_magic, _GO, len(data)) + data)
        self.size = self._await_export()
        self.cookie = 0

    def _await_export(self):
        size = None
        while True:
            _, _, kind, length = struct.unpack(">QIII", self._receive(20))
            data = self._receive(length)
            if kind == _ACK:
                return size
            if kind != _INFO:
                raise IOError("the server refuses the export: reply 0x%x %r" % (kind, data))
            if struct.unpack_from(">H", data)[0] == _INFO_EXPORT:
                size = struct.unpack_from(">HQH", data)[1]

    def _receive(self, length):
        data = bytearray()
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise IOError("the server closed the connection")
            data += part
        return bytes(data)

    def _request(self, kind, offset, length):
        self.cookie += 1
        return _REQUEST.pack(0x25609513, 0, kind, self.cookie, offset, length)

    def _answer(self):
        magic, error, _ = _REPLY.unpack(self._receive(_REPLY.size))
        if magic != 0x67446698 or error:
            raise IOError("reply 0x%x, error %d" % (magic, error))

    def read(self, offset, length):
        self.socket.sendall(self._request(READ, offset, length))
        self._answer()
        return self._receive(length)

    def write_all(self, writes):
        """Sends all of [(offset, data)] at once and returns when all are acknowledged."""
        self.socket.sendall(b"".join(self._request(WRITE, at, len(data)) + data for at, data in writes))
        for _ in writes:
            self._answer()

    def flush(self):
        self.socket.sendall(self._request(FLUSH, 0, 0))
        self._answer()
