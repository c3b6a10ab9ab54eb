"""The notice on each way in: what is read is compared, and what a theme shows is not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from linux_judged import judged
from linux_reading import Read, read
from linux_trees import FAMILIES

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.sign_in.banners import banners, text_hash

LINK = "/etc/systemd/system/display-manager.service"
GDM: dict[str, Any] = {
    "/usr/bin/gnome-shell": "",
    "/etc/dconf/profile/gdm": "user-db:user\nsystem-db:gdm\n",
    "/etc/dconf/db/gdm": "compiled",
    "/etc/dconf/db/gdm.d/01-banner": (
        "[org/gnome/login-screen]\nbanner-message-enable=true\n"
        "banner-message-text='Authorized use only. CUI notice.'\n"
    ),
}
SDDM = {
    "/usr/bin/sddm": "",
    "/etc/sddm.conf": "[Theme]\nCurrent=breeze\n",
    "/usr/share/sddm/themes/breeze/theme.conf.user": "[General]\nHeaderText=Authorized use only\n",
}
NOTICE = text_hash("Authorized use only. CUI notice.")


def desktops(tree: dict[str, Any]) -> set[str]:
    facts = read(banners, tree).facts
    return {key.rpartition("/")[2] for key, fact in facts.items() if fact.surface == "desktop"}


def test_a_notice_is_the_same_in_another_layout() -> None:
    assert text_hash(" For  authorized\nuse only.\n") == text_hash("For authorized use only.")
    assert text_hash(" \n") is None


def test_gdm_shows_what_its_database_says() -> None:
    for tree in (GDM, {**GDM, LINK: "-> /usr/lib/systemd/system/gdm.service"}):
        found = read(banners, tree)["banner/desktop"]
        assert (found.shown, found.text_hash) == (True, NOTICE)
    off = {
        **GDM,
        "/etc/dconf/db/gdm.d/02": "[org/gnome/login-screen]\nbanner-message-enable=false\n",
    }
    assert read(banners, off)["banner/desktop"].shown is False


@pytest.mark.parametrize("family", FAMILIES)
def test_what_sddm_shows_is_neither_a_pass_nor_a_failure(family: str, tmp_path: Path) -> None:
    tree, answers = FAMILIES[family]
    found = judged({**tree, **SDDM}, answers, tmp_path / "s")
    verdicts = {key[1]: f for key, f in found.items() if key[0] == "notice-shown-before-sign-in"}
    (sddm,) = (f for f in verdicts.values() if f.name == "desktop-sddm")
    assert (sddm.verdict, sddm.reason) == ("unknown", "not-supported")
    assert {f.verdict for f in verdicts.values() if f is not sddm} == {"pass"}


def test_the_display_manager_that_systemd_starts_is_the_one_that_counts() -> None:
    both = {**GDM, **SDDM}
    assert desktops(both) == {"desktop", "desktop-sddm"}
    link = "-> /lib/systemd/system/{}.service"
    assert desktops({**both, LINK: link.format("gdm3")}) == {"desktop"}
    # GNOME's own notice is not shown where another one asks for the sign-in
    assert desktops({**both, LINK: link.format("sddm")}) == {"desktop-sddm"}
    assert desktops({**both, LINK: link.format("greetd")}) == {"desktop-greetd"}
    assert desktops({**both, LINK: "-> /dev/null"}) == set()
    assert desktops({LINK: Node(link="/lib/systemd/system/\udce9.service")}) == {"desktop-unnamed"}
    # SUSE's service of the same name starts any of them
    assert desktops({**both, LINK: link.format("display-manager")}) == {"desktop", "desktop-sddm"}
    assert desktops({"/usr/sbin/lightdm": ""}) == {"desktop-lightdm"}
    assert desktops({}) == set()


def test_why_it_is_unknown_is_told_for_each_field() -> None:
    found: Read = read(banners, SDDM)
    for field in ("shown", "text_hash"):
        refused = found.why(field, "banner/desktop-sddm")
        assert refused.reason == "not-supported"
        assert refused.detail == "what sddm shows is made by its theme, and not read here"
