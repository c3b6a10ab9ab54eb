"""`python -m scanner.demo.aws`: an emulator that serves until its standard input ends.

Prints one line: {"endpoint": "http://127.0.0.1:<port>"}.
"""

from __future__ import annotations

import json
import sys

from scanner.demo.aws.emulator import Emulator

if __name__ == "__main__":
    with Emulator() as emulator:
        sys.stdout.write(json.dumps({"endpoint": emulator.endpoint}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
