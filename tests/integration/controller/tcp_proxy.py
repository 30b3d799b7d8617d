"""A TCP relay to the API server that can be made to misbehave: freeze (bytes stop, connections stay), cut (all are reset), refuse."""
import selectors
import socket
import struct
import threading


class TcpProxy:
    def __init__(self, host, port):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.frozen = threading.Event()
        self.refusing = threading.Event()
        self.lock = threading.Lock()
        self.pairs = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing.is_set():
                self._reset(client)
                continue
            pair = (client, socket.create_connection(self.target))
            with self.lock:
                self.pairs.add(pair)
            threading.Thread(target=self._relay, args=(pair,), daemon=True).start()

    def _relay(self, pair):
        """Once frozen, a connection stays so: a half-open one never comes back either."""
        ready = selectors.DefaultSelector()
        for side in pair:
            ready.register(side, selectors.EVENT_READ, pair[1] if side is pair[0] else pair[0])
        try:
            while not self.frozen.is_set():
                for key, _ in ready.select(0.05):
                    data = key.fileobj.recv(65536)
                    if not data:
                        return self._close(pair)
                    key.data.sendall(data)
        except OSError:
            self._close(pair)

    def _close(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for side in pair:
            side.close()

    @staticmethod
    def _reset(side):
        try:
            side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            side.close()

    def freeze(self):
        """All connections there are go silent for ever; new ones work."""
        self.frozen.set()
        with self.lock:
            silent = list(self.pairs)
        threading.Event().wait(0.2)  # every relay has seen it
        self.frozen.clear()
        return len(silent)

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for side in pair:
                self._reset(side)

    def close(self):
        self.listener.close()
        self.cut()
