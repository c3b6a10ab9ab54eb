"""Runs workflow files as they stand: their shell steps in bash, other actions by stand-ins.

Expressions, `if:`, step outputs, env, composite actions and the runner's files work as GitHub
documents them (docs.github.com: workflow syntax, expressions, metadata syntax); anything that is
not needed here is refused loudly instead of being passed over.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from github_model import Api

REPOSITORY = Path(__file__).parents[2]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKENS = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||!|\(|\))"
    r"|(?P<call>(?:cancelled|success|failure|always)\(\))|(?P<path>[A-Za-z_][\w.-]*))"
)


class Failed(Exception):
    """A step ended badly."""


def evaluate(text: str, look: Callable[[str], Any]) -> Any:
    """The value of one expression."""
    parts = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKENS.match(text, at)
        assert match is not None, f"not understood: {text[at:]!r}"
        at = match.end()
        if match["text"]:
            parts.append(repr(match["text"][1:-1].replace("''", "'")))
        elif match["op"]:
            known = {"&&": " and ", "||": " or ", "!": " not "}
            parts.append(known.get(match["op"], match["op"]))
        else:
            parts.append(f"look({(match['call'] or match['path'])!r})")
    return eval("".join(parts), {"look": look})


@dataclass
class Run:
    """One run of one job."""

    workspace: Path
    temp: Path
    env: dict[str, str]
    api: Api
    contexts: dict[str, dict[str, Any]]
    log: list[str] = field(default_factory=list)
    summary: str = ""

    def job(self, workflow: Path, name: str) -> bool:
        """Run a job; whether it succeeded. `None` in the log tells that it was skipped."""
        content = yaml.safe_load(workflow.read_text())
        job = content["jobs"][name]
        env = {k: self.filled(v, {}) for k, v in content.get("env", {}).items()}
        if "if" in job and not self._if(job["if"], {}, True):
            self.log.append("skipped")
            return True
        return self._steps(job["steps"], {}, env, composite=None)

    def _steps(
        self,
        steps: list[dict[str, Any]],
        inputs: Mapping[str, Any],
        env: Mapping[str, str],
        composite: Path | None,
        outputs: dict[str, dict[str, Any]] | None = None,
    ) -> bool:
        good = True
        done: dict[str, dict[str, Any]] = outputs if outputs is not None else {}
        scope: dict[str, Any] = {"inputs": inputs, "steps": done}
        for step in steps:
            name = str(step.get("name", step.get("uses", "")))
            if not self._if(step.get("if", "success()"), scope, good):
                self.log.append(f"skipped: {name}")
                continue
            found: dict[str, Any] = {"outputs": {}, "outcome": "success"}
            try:
                if "run" in step:
                    own = {k: self.filled(v, scope) for k, v in step.get("env", {}).items()}
                    found["outputs"] = self._shell(step["run"], {**env, **own}, composite)
                else:
                    given = {k: self.filled(v, scope) for k, v in step.get("with", {}).items()}
                    found["outputs"] = self._uses(step["uses"], given, env)
                self.log.append(f"ran: {name}")
            except Failed as error:
                found |= {"outcome": "failure", "outputs": error.args[1]}
                self.log.append(f"failed: {name}: {error.args[0]}")
                good = False
            if "id" in step:
                done[step["id"]] = found
        return good

    def _if(self, text: str, scope: Mapping[str, Any], good: bool) -> bool:
        match = _EXPRESSION.fullmatch(str(text).strip())
        inner = match[1] if match else str(text)
        if not re.search(r"\b(success|failure|always|cancelled)\(", inner):
            inner = f"success() && ({inner})"
        calls = {"success()": good, "failure()": not good, "always()": True, "cancelled()": False}
        return bool(evaluate(inner, lambda p: calls[p] if p in calls else self._look(p, scope)))

    def _look(self, path: str, scope: Mapping[str, Any]) -> Any:
        value: Any = {**self.contexts, "runner": {"temp": str(self.temp)}, **scope}
        for part in path.split("."):
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return value

    def filled(self, text: Any, scope: Mapping[str, Any]) -> str:
        return _EXPRESSION.sub(
            lambda m: str(evaluate(m[1], lambda p: self._look(p, scope))), str(text)
        )

    def _shell(self, script: str, env: Mapping[str, str], composite: Path | None) -> dict[str, str]:
        assert "${{" not in script, "an expression inside a script's text"
        output, summary = self.temp / "_output", self.temp / "_summary"
        output.write_text("")
        summary.write_text("")
        file = self.temp / "_script.sh"
        file.write_text(script)
        own = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        if composite is not None:
            own["GITHUB_ACTION_PATH"] = str(composite)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)],
            cwd=self.workspace,
            env={**self.env, **own, **env},
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        self.log.append(done.stdout + done.stderr)
        self.summary += summary.read_text()
        outputs = dict(
            line.split("=", 1) for line in output.read_text().splitlines() if "=" in line
        )
        if done.returncode:
            raise Failed(done.returncode, outputs)
        return outputs

    def _uses(self, name: str, given: dict[str, str], env: Mapping[str, str]) -> dict[str, str]:
        if name.startswith("./"):
            return self._composite(REPOSITORY / name, given, env)
        action, _, commit = name.partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", commit), f"{name} is not pinned by its commit"
        if action == "actions/upload-artifact":
            path = Path(given["path"])
            if path.exists():
                self.api.upload_artifact(given["name"], path)
            elif given.get("if-no-files-found") == "error":
                raise Failed("no file", {})
        elif action not in ("actions/checkout", "actions/setup-python"):
            raise AssertionError(f"no stand-in for {action}")
        return {}

    def _composite(
        self, folder: Path, given: dict[str, str], env: Mapping[str, str]
    ) -> dict[str, str]:
        action = yaml.safe_load((folder / "action.yml").read_text())
        assert given.keys() <= action["inputs"].keys(), "an input that the action does not have"
        inputs = {}
        for name, about in action["inputs"].items():
            value = given.get(name, "")
            if not value and "default" in about and name not in given:
                value = self.filled(about["default"], {})
            assert value or not about.get("required"), f"{name} is required"
            inputs[name] = value
        steps: dict[str, dict[str, Any]] = {}
        good = self._steps(action["runs"]["steps"], inputs, env, folder, steps)
        outputs = {
            name: self.filled(about["value"], {"steps": steps})
            for name, about in action.get("outputs", {}).items()
        }
        if not good:
            raise Failed("a step of it failed", outputs)
        return outputs


_GH = """#!{python}
import json, sys, urllib.request
arguments = sys.argv[1:]
if arguments[0] == "pr":
    body = open(arguments[arguments.index("--body-file") + 1], encoding="utf-8").read()
    path, data = "/comment", json.dumps({{"arguments": arguments, "body": body}}).encode()
else:
    rest, options = [], {{}}
    words = iter(arguments[1:])
    for word in words:
        if word.startswith("--"):
            options[word] = next(words)
        else:
            rest.append(word)
    path = "/" + rest[0]
    data = open(options["--input"], "rb").read() if "--input" in options else None
with urllib.request.urlopen({url!r} + path, data) as answer:
    found = answer.read()
if arguments[0] == "api" and "--jq" in options:
    print(json.loads(found)[options["--jq"].lstrip(".")])
else:
    sys.stdout.buffer.write(found)
"""

_PYTHON = """#!/bin/sh
# stands for the runner's python: `-m venv` makes what the tests need, nothing is downloaded
if [ "$2" = venv ]; then
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
  cp {shims}/cmmc-scan "$3/bin/cmmc-scan"
else
  echo "$@" >> {log}
fi
"""

_SCAN = """#!/bin/sh
exec {python} -m scanner "$@"
"""


class Server:
    """Answers `gh` and hands out identity tokens, on loopback."""

    def __init__(self, api: Api) -> None:
        self.comments: list[dict[str, Any]] = []
        self.audiences: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/token?"):
                    from urllib.parse import parse_qs, urlsplit

                    asked = parse_qs(urlsplit(self.path).query)
                    outer.audiences += asked["audience"]
                    good = self.headers["Authorization"] == "bearer request-token"
                    value = f"jwt-for-{asked['audience'][0]}" if good else ""
                    self._answer(json.dumps({"value": value}).encode())
                else:
                    reply = api.answer(self.path, self.headers)
                    self._answer(reply.body, reply.status, reply.headers)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/comment":
                    outer.comments.append(body)
                    self._answer(b"{}")
                else:
                    self._answer(api.post(self.path, body))

            def _answer(
                self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
            ) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = api.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def runner(folder: Path, api: Api, server: Server, **contexts: dict[str, Any]) -> Run:
    """A fresh runner whose workspace is `folder`/work."""
    temp = folder / f"temp{len(list(folder.glob('temp*')))}"
    workspace, shims = folder / "work", folder / "shims"
    for path in (temp, workspace, shims):
        path.mkdir(exist_ok=True)
    scripts = {
        "gh": _GH.format(python=sys.executable, url=server.url),
        "python": _PYTHON.format(shims=shims, log=folder / "pip.log"),
        "cmmc-scan": _SCAN.format(python=sys.executable),
    }
    for name, text in scripts.items():
        (shims / name).write_text(text)
        (shims / name).chmod(stat.S_IRWXU)
    kept = ("HOME", "LANG", "TMPDIR")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {
        "PATH": f"{shims}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "RUNNER_TEMP": str(temp),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_REPOSITORY": "example/defense",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ID": "7",
        "GITHUB_API_URL": server.url,
        "NO_PROXY": "127.0.0.1",
    }
    known = {
        "github": {
            "token": "t",
            "repository": "example/defense",
            "ref": "refs/heads/main",
            "event": {"repository": {"default_branch": "main"}},
        },
        "vars": {},
        "secrets": {},
    }
    return Run(workspace, temp, env, api, {**known, **contexts})
