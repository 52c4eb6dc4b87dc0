"""A terminal in a folder of its own, and platforms that answer what they are told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.cli import program

ROOT = Path(__file__).parents[3]
TOKEN = "110201543:a-token-of-a-bot"


class Terminal:
    """Commands typed in one folder, with these settings in the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, str] = {}

    def type(self, *words: str, answers: str = "") -> Result:
        """Run a command in this process."""
        before = {name: value for name, value in os.environ.items() if name.startswith("MEMBERBOT_")}
        with chdir(self.folder):
            result = CliRunner().invoke(program(), words, input=answers, env={**dict.fromkeys(before), **self.settings})
        assert "Traceback" not in result.output
        return result

    def json(self, *words: str) -> Any:
        """Run a command that must succeed, and return its JSON."""
        result = self.type(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def start(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a process of its own, to its end."""
        process = self.begin(*words)
        said, complaint = process.communicate(timeout=60)
        return subprocess.CompletedProcess(words, process.returncode, said, complaint)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command as a process of its own; the caller ends it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MEMBERBOT_")}
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env={**clean, "PYTHONPATH": str(ROOT), **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def platform(answers: Mapping[str, Any]) -> Iterator[str]:
    """A platform on this machine: the last part of the path decides the answer, a dict as JSON (status 404: None)."""

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = answers.get(self.path.partition("?")[0].rpartition("/")[2], {"ok": False, "error_code": 404})
            body = json.dumps(found).encode()
            self.send_response(200 if found.get("ok", True) else found["error_code"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - the library looks for these names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def telegram(**more: Any) -> dict[str, Any]:
    """What Telegram answers about a good bot."""
    me = {"id": 110201543, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
    hook = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    return {"getMe": {"ok": True, "result": me}, "getWebhookInfo": {"ok": True, "result": hook}} | more
