"""moto's dispatcher of requests to services, without the work that it repeats.

moto lists its own folder for each request (2 ms), parses botocore's files for each list of
regions that it wants (EC2's model seven times), and compiles URL builders that nobody calls.
Nothing of what it answers is changed. Imports moto and Flask, so import this module late.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from botocore.loaders import JSONFileLoader
from flask import Flask
from moto import backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.routing import Rule

from scanner.demo.aws.garbage import uncollected


class _MatchingRule(Rule):
    """A rule that matches paths and never builds one."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        return _no_builder


def _no_builder(*_: Any) -> None:
    """Stands where a URL builder would: none is built from these rules."""


class _Dispatcher(DomainDispatcherApplication):
    def __init__(self) -> None:
        super().__init__(_create)
        self._modules = set(backends.list_of_moto_modules())
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._backends:
            self._backends[host] = self._find(host)
        return self._backends[host]

    def _find(self, host: str | None) -> Any:
        """As moto finds it; a host that it does not know is an error here and a print there."""
        if host is None or host == "moto_api" or host in self._modules:
            return host
        for backend, pattern in self.backend_url_patterns:
            if pattern.match(f"http://{host}"):
                return backend
        raise NotImplementedError(f"moto has no service at {host}")


def dispatcher() -> Any:
    """The WSGI application that is moto."""
    return _Dispatcher()


def _create(service: Any) -> Any:
    with (
        uncollected(freeze=True),
        _replaced(JSONFileLoader, "load_file", _load_file),
        _replaced(Flask, "url_rule_class", _MatchingRule),
    ):
        return create_backend_app(service)


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


_files: dict[str, Any] = {}
_read = JSONFileLoader.load_file


def _load_file(loader: Any, path: str) -> Any:
    if type(loader) is not JSONFileLoader:
        return _read(loader, path)  # the scanner's own reads less of a file, and is no other's
    if path not in _files:
        _files[path] = _read(loader, path)
    return _files[path]
