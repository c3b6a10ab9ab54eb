"""Where a host installs packages from, and whether signatures are checked."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import source
from scanner.collectors.linux.forms import boolean, section_values
from scanner.collectors.linux.host import Host, clear
from scanner.collectors.linux.software.apt_conf import APT_CONF_CALLS, apt_setting, apt_texts
from scanner.collectors.linux.software.repository_files import (
    Repository,
    parse_deb822_sources,
    parse_repo_file,
    parse_sources_list,
)
from scanner.collectors.linux.system.release import RELEASE_CALLS
from scanner.facts.software import PackageSource


@source(
    PackageSource,
    fields=["host", "url", "enabled", "signature_checked"],
    calls={
        **RELEASE_CALLS,
        "read:/etc/apt/sources.list": "",
        "read:/etc/apt/sources.list.d/*": "",
        **APT_CONF_CALLS,
        "read:/etc/dnf/dnf.conf": "",
        "read:/etc/yum.conf": "",
        "read:/etc/yum.repos.d/*.repo": "",
        "read:/etc/zypp/repos.d/*.repo": "",
        "read:/etc/zypp/zypp.conf": "",
    },
)
def package_sources(here: Host) -> Iterator[PackageSource]:
    """The repositories that the host installs from, and whether their signatures are checked."""
    seen: dict[str, int] = {}
    for operation, repository in _repositories(here):
        number = seen[repository.id] = seen.get(repository.id, 0) + 1
        yield PackageSource(
            subject=f"{here.id}/repository/{repository.id}" + ("" if number == 1 else f"#{number}"),
            name=repository.id,
            host=here.id,
            url=repository.url,
            enabled=repository.enabled,
            signature_checked=repository.checked,
            **here.here(operation),
        )


def _repositories(here: Host) -> Iterator[tuple[str, Repository]]:
    operation = "read:/etc/apt/sources.list"
    text = here.read_optional("/etc/apt/sources.list") or ""
    found = clear(operation, lambda: parse_sources_list(text))
    operation = "read:/etc/apt/sources.list.d/*"
    for path in here.glob("/etc/apt/sources.list.d/*"):
        body = here.read_optional(path) or ""
        if path.endswith(".list"):
            found += clear(operation, lambda b=body: parse_sources_list(b))  # type: ignore[misc]
        elif path.endswith(".sources"):
            found += clear(operation, lambda b=body: parse_deb822_sources(b))  # type: ignore[misc]
    if found:
        texts = apt_texts(here)
        lax = any(
            (apt_setting(texts, name) or "false").lower() in ("true", "1", "yes")
            for name in (
                "APT::Get::AllowUnauthenticated",
                "Acquire::AllowInsecureRepositories",
            )
        )
        for each in found:
            yield operation, Repository(each.id, each.url, each.enabled, each.checked and not lax)
    for operation, pattern, conf in (
        ("read:/etc/yum.repos.d/*.repo", "/etc/yum.repos.d/*.repo", "/etc/dnf/dnf.conf"),
        ("read:/etc/zypp/repos.d/*.repo", "/etc/zypp/repos.d/*.repo", "/etc/zypp/zypp.conf"),
    ):
        paths = here.glob(pattern)
        if not paths:
            continue
        main = here.read_optional(conf)
        if main is None and conf == "/etc/dnf/dnf.conf":
            main = here.read_optional("/etc/yum.conf")
        # dnf checks only where it is told to (dnf.conf(5)); zypp checks unless told not to.
        word = section_values([main or ""], "main").get("gpgcheck")
        default = clear(operation, lambda w=word, c=conf: boolean(w) if w else "zypp" in c)  # type: ignore[misc]
        for path in paths:
            body = here.read_optional(path) or ""
            for each in clear(operation, lambda b=body, d=default: parse_repo_file(b, d)):  # type: ignore[misc]
                yield operation, each
