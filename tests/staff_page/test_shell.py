"""What the page is made of: its own files and nothing else, kept for a day without a line, at home on the screen."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from locales.catalogue import load
from tests.staff_page.conftest import Visit
from tests.staff_page.icons import ICONS
from web.counter.page import FOLDER, POLICY

OWN = sorted(path for path in FOLDER.glob("*.js"))
PUBLISHED = {
    "decode.js": "00e209820dcb11d624e9a03d6383e580766792b57d1651318f0a29e4e1ff0fe8",
    "index.js": "a0de370051f94bd74f218f74401fdf197585e3f9ef0143164f87ea941a3fdd6f",
}
"""SHA-256 of the vendored reader's files as the registry publishes them in qr 0.7.0."""


def test_the_worker_keeps_every_file_of_the_page() -> None:
    script = (FOLDER / "sw.js").read_text("utf-8")
    names = re.findall(r'"((?:qr/)?[a-z_]+)"', script[script.index("const FILES") : script.index("];")])
    scripts = {f"{path.relative_to(FOLDER).with_suffix('')}" for path in FOLDER.rglob("*.js")} - {"sw"}
    styles = {path.stem for path in FOLDER.glob("*.css")}
    assert set(names) == scripts | styles


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_script_holds_words_addresses_of_strangers_or_code_made_from_text(path: Path) -> None:
    script = re.sub(r"^\s*//.*$|\s//\s.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    assert not re.search(r"[\u4e00-\u9fff]", script)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", script)
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", script)
    assert len(script.splitlines()) <= 400


def test_every_text_of_the_page_stands_in_three_languages_with_the_same_places() -> None:
    texts = {language: dict(catalogue.texts("page.staff.")) for language, catalogue in load().items()}
    places = {
        language: {key: set(re.findall(r"\{([a-z_:]+)\}", text)) for key, text in said.items()}
        for language, said in texts.items()
    }
    assert places["zh-Hans"] == places["en"] == places["zh-Hant"]
    assert not any(":" in name for found in places["en"].values() for name in found)


def test_the_policy_lets_in_nothing_from_elsewhere_and_no_inline_script() -> None:
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY.split("frame-ancestors")[0]
    page = (FOLDER / "index.html").read_text("utf-8")
    assert re.findall(r"<script[^>]*>(?!</script>)", page) == []
    assert "style=" not in page


def test_the_reader_of_codes_is_the_published_one() -> None:
    found = {name: hashlib.sha256((FOLDER / "qr" / name).read_bytes()).hexdigest() for name in PUBLISHED}
    assert found == PUBLISHED
    assert "qr 0.7.0" in (FOLDER / "qr" / "NOTICE").read_text("utf-8")


def test_the_page_can_be_put_on_the_home_screen() -> None:
    manifest = json.loads((FOLDER / "manifest.webmanifest").read_text("utf-8"))
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/staff", "/staff", "standalone")
    shown = {Path(icon["src"]).name: icon for icon in manifest["icons"]}
    for name, (side, _, ground) in ICONS.items():
        assert shown[name]["sizes"] == f"{side}x{side}"
        with Image.open(FOLDER / "icons" / name) as icon:
            assert icon.size == (side, side)
            corner = icon.convert("RGBA").getpixel((0, 0))
        assert corner == ((0x0F, 0x76, 0x6E, 255) if ground else (0, 0, 0, 0))


@pytest.mark.asyncio(loop_scope="session")
async def test_the_browser_finds_the_page_fit_to_be_installed(phone: Visit) -> None:
    devtools = await phone.tab.context.new_cdp_session(phone.tab)
    manifest = await devtools.send("Page.getAppManifest")
    assert manifest["url"] == f"{phone.address}/staff/manifest.webmanifest"
    assert manifest["errors"] == []
    await phone.tab.evaluate("navigator.serviceWorker.ready")
    found = await devtools.send("Page.getInstallabilityErrors")
    assert [one["errorId"] for one in found["installabilityErrors"] if one["errorId"] != "in-incognito"] == []
