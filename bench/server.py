"""The static server of a corpus: nginx with one worker where it is installed, else one of our own (:mod:`.static`)."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.fake_web.tls import make_authority, make_certificate

from .corpus import Corpus
from .measuring import MeasureError, pinned

ROOT: Final = Path(__file__).resolve().parents[1]
_WAIT_S: Final = 10.0
_CERTIFICATE_DAYS: Final = 365

_NGINX: Final = """
worker_processes 1;
worker_rlimit_nofile 16384;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 10000000;
    keepalive_timeout 600s;
    default_type text/html;
    types {{ text/html html htm; text/plain txt; image/png png; }}
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port}{tls};
        {certificate}
        root {web}/$host;
        index index.html;
    }}
}}
"""
_CERTIFICATE: Final = "ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;"


def nginx() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def name() -> str:
    """What serves, for the notes."""
    return "nginx, one worker" if nginx() else "our own static server (nginx is not installed)"


@contextmanager
def serving(corpus: Corpus, *, cores: Sequence[int] | None = None) -> Iterator[None]:
    """Serve ``corpus`` on its port of 127.0.0.1, on ``cores``, while inside.

    Raises :class:`MeasureError` when the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", corpus.port))
        except OSError:
            raise MeasureError(f"port {corpus.port} is taken; give another one with --port") from None
    folder = corpus.folder / "server"
    folder.mkdir(exist_ok=True)
    if corpus.is_tls:
        certify(folder, corpus.hosts)
    found = nginx()
    command = _with_nginx(found, corpus, folder) if found else _own(corpus, folder)
    with pinned(cores):
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        _await_port(corpus.port, process)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def ca_file(corpus: Corpus) -> Path:
    """The certificate a client of a TLS corpus has to trust; there once it is served."""
    return corpus.folder / "server" / "ca.pem"


def certify(folder: Path, hosts: Sequence[str]) -> None:
    """Make an authority and a certificate for ``hosts`` in ``folder``, unless they are there."""
    if (folder / "server.pem").exists():
        return
    make_authority(folder, _CERTIFICATE_DAYS)
    make_certificate(folder, hosts, _CERTIFICATE_DAYS)


def _with_nginx(found: str, corpus: Corpus, folder: Path) -> list[str]:
    tls = corpus.is_tls
    config = _NGINX.format(
        folder=folder, port=corpus.port, web=corpus.web, tls=" ssl" * tls,
        certificate=_CERTIFICATE.format(folder=folder) if tls else "",
    )  # fmt: skip
    (folder / "nginx.conf").write_text(config, "utf-8")
    return [found, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]


def _own(corpus: Corpus, folder: Path) -> list[str]:
    tls = ["--tls", str(folder)] if corpus.is_tls else []
    return [sys.executable, "-m", "bench.static", str(corpus.web), "--port", str(corpus.port), *tls]


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise MeasureError(f"the static server did not start on port {port}") from None
            time.sleep(0.05)
        else:
            return
