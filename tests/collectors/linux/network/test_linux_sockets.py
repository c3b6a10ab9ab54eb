"""Addresses of sockets."""

from __future__ import annotations

from scanner.collectors.linux.network.services import parse_sockets


def test_addresses_of_sockets() -> None:
    head = "  sl  local_address rem_address   st\n"
    text = (
        head + "0: 00000000000000000000000001000000:0016 0:0 0A 0\n"
        "1: 0000000000000000FFFF00000100007F:0050 0:0 0A 0\n2: 0100007F:0035 0:0 01 0\n"
    )
    assert parse_sockets(text, "0A") == [("::1", 22), ("127.0.0.1", 80)]
