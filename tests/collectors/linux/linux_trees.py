"""Hosts for the tests: trees of the files that each family's packages publish, set up well.

The files were written for these tests in the form in which the families carry them; a test takes
one and puts another text in a place.
"""

from __future__ import annotations

from linux_debian import DEBIAN, DEBIAN_ANSWERS, TRIXIE, UBUNTU, UBUNTU_ANSWERS
from linux_reading import Answers, Tree
from linux_rhel import RHEL, RHEL_ANSWERS
from linux_suse import SUSE, SUSE_ANSWERS, TUMBLEWEED

FAMILIES: dict[str, tuple[Tree, Answers]] = {
    "rhel": (RHEL, RHEL_ANSWERS),
    "debian": (DEBIAN, DEBIAN_ANSWERS),
    "ubuntu": (UBUNTU, UBUNTU_ANSWERS),
    "suse": (SUSE, SUSE_ANSWERS),
    "trixie": (TRIXIE, DEBIAN_ANSWERS),
    "tumbleweed": (TUMBLEWEED, SUSE_ANSWERS),
}

CANARIES = ("CANARY", "u:p@")
"""Texts of the trees that may not appear in any fact."""
