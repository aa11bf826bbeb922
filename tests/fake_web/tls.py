"""A throw-away certificate authority, made with the openssl command once a process and removed at its end."""

import atexit
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

_CONFIG: Final = """
[req]
distinguished_name = name
prompt = no
[name]
CN = wholinks test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""
_NEW_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def ca_file() -> Path:
    """The certificate a client has to trust."""
    return _authority() / "ca.pem"


def server_context(hosts: Iterable[str]) -> ssl.SSLContext:
    """A context whose certificate is good for ``hosts``."""
    return _server_context(tuple(sorted(set(hosts))))


@cache
def _authority() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fake-web-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_authority(folder)
    return folder


@cache
def _server_context(hosts: tuple[str, ...]) -> ssl.SSLContext:
    folder = _authority()
    make_certificate(folder, hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


def make_authority(folder: Path, days: int = 30) -> None:
    """Make ``ca.key`` and ``ca.pem`` in ``folder``."""
    (folder / "ca.cnf").write_text(_CONFIG.format(names="DNS:unused.example"))
    _openssl(folder, "req", "-x509", *_NEW_KEY, "-days", str(days), "-config", "ca.cnf", "-extensions", "authority",
             "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip


def make_certificate(folder: Path, hosts: Iterable[str], days: int = 30) -> None:
    """Make ``server.key`` and ``server.pem``, good for ``hosts``, by the authority in ``folder``."""
    names = ",".join(f"IP:{host}" if host[-1].isdigit() else f"DNS:{host}" for host in hosts)
    (folder / "server.cnf").write_text(_CONFIG.format(names=names))
    _openssl(folder, "req", *_NEW_KEY, "-config", "server.cnf", "-keyout", "server.key", "-out", "server.csr")
    _openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", str(days), "-extfile", "server.cnf", "-extensions", "server", "-out", "server.pem")  # fmt: skip


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder, timeout=30)
