"""The three catalogues say the same things with the same facts, in texts that the platforms can show."""

from __future__ import annotations

import html
import re
from zoneinfo import ZoneInfo

import pytest

from bot.wechat.menus import SUB_LABEL_MAX, TOP_LABEL_MAX, fitting
from locales import Words, samples
from locales.catalogue import FOLDER, load
from locales.words import fold
from membership.messages import say

CORE = ("en", "zh-Hans", "zh-Hant")
CATALOGUES = load()
WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
TAGS = re.compile(r"</?[bi]>")


def width(text: str) -> int:
    """How wide a text is: a hanzi or an emoji is as wide as two letters."""
    return sum(1 if ord(char) < 0x2000 else 2 for char in text)


def said_keys(language: str) -> set[str]:
    return {key for key in CATALOGUES[language].keys if not key.startswith("keyword.")}


def shown(language: str, key: str, *, count: int = 3) -> str:
    names = CATALOGUES[language].names(key)
    counted = {"count": count} if "count" in names else {}
    return WORDS.text(say(key, **samples.facts(key, names) | counted), language)


def texts(language: str, prefix: str) -> list[tuple[str, str]]:
    """Keys and texts that begin with this prefix, at least one."""
    found = list(CATALOGUES[language].texts(prefix))
    assert found
    return found


def test_there_are_the_three_languages_from_the_start() -> None:
    assert set(CORE) <= set(CATALOGUES)


@pytest.mark.parametrize("language", CORE)
def test_each_language_has_every_text(language: str) -> None:
    assert CATALOGUES[language].keys == CATALOGUES["en"].keys
    assert WORDS.completeness(language) == 100


@pytest.mark.parametrize("language", CORE)
def test_no_key_stands_twice_in_a_file(language: str) -> None:
    keys = re.findall(r'^msgid "(.+)"$', (FOLDER / f"{language}.po").read_text("utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("language", CORE)
def test_every_plural_form_is_there(language: str) -> None:
    wanted = {"en": 2}.get(language, 1)
    for key in CATALOGUES[language].keys:
        forms = CATALOGUES[language].forms(key)
        assert len(forms) in (1, wanted), key
        assert all(form.text for form in forms), key
        assert len({frozenset(form.names) for form in forms}) == 1, key


def test_a_text_with_plural_forms_is_told_a_number() -> None:
    for key in CATALOGUES["en"].keys:
        if len(CATALOGUES["en"].forms(key)) > 1:
            assert CATALOGUES["en"].names(key) & {"count", "points"}, key


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_every_language_tells_the_same_facts(language: str) -> None:
    different = {
        key: (CATALOGUES["en"].names(key), CATALOGUES[language].names(key))
        for key in CATALOGUES["en"].keys
        if CATALOGUES["en"].names(key) != CATALOGUES[language].names(key)
    }
    assert different == {}


@pytest.mark.parametrize("language", CORE)
def test_marks_are_bold_and_italic_only_and_each_is_closed(language: str) -> None:
    for key in CATALOGUES[language].keys:
        for form in CATALOGUES[language].forms(key):
            rest = TAGS.sub("", form.text)
            assert html.escape(html.unescape(rest), quote=False) == rest, key
            assert form.text.count("<b>") == form.text.count("</b>"), key
            assert form.text.count("<i>") == form.text.count("</i>"), key


@pytest.mark.parametrize("language", CORE)
@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_every_text_is_shown_with_plausible_facts(language: str, count: int) -> None:
    for key in said_keys(language):
        facts = samples.facts(key, CATALOGUES[language].names(key))
        told = say(key, **facts | {name: count for name in ("count", "points") if name in facts})
        text, marked = WORDS.text(told, language), WORDS.html(told, language)
        assert text.strip(), key
        assert "{" not in text.replace("{name}", ""), key
        assert not TAGS.search(text), key
        assert html.unescape(TAGS.sub("", marked)) == text, key


@pytest.mark.parametrize("language", CORE)
def test_no_line_of_a_text_ends_in_a_blank(language: str) -> None:
    for key in CATALOGUES[language].keys - {"birthday.leap"}:
        for form in CATALOGUES[language].forms(key):
            assert [line for line in form.text.split("\n") if line != line.strip()] == [], key


def test_no_keyword_means_two_things() -> None:
    meant: dict[str, set[str]] = {}
    for one in CORE:
        for key, text in CATALOGUES[one].texts("keyword."):
            for word in text.split("|"):
                assert word == word.strip(), key
                meant.setdefault(fold(word), set()).add(key)
    assert {word: keys for word, keys in meant.items() if len(keys) > 1} == {}


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("加入", "join"), ("会员码", "code"), ("會員碼", "code"), ("积分", "points"), ("點數", "points"),
        ("优惠券", "coupons"), ("優惠券", "coupons"), ("资料", "profile"), ("設定", "settings"), ("帮助", "help"),
        ("隐私", "privacy"), ("取消", "cancel"), ("人工", "human"), ("退订", "unsubscribe"), ("扫码", "scan"),
        ("撤销", "undo"), ("报表", "report"), ("群发", "broadcast"), ("/points", "points"), ("TD", "unsubscribe"),
        ("ＣＯＤＥ", "code"), ("Help", "help"), ("join", "join"), ("coupons", "coupons"), ("undo", "undo"),
    ],
)  # fmt: skip
def test_the_words_that_always_work_are_understood(typed: str, word: str) -> None:
    assert WORDS.keywords()[fold(typed)] == word


@pytest.mark.parametrize("language", CORE)
def test_what_a_button_or_the_menu_says_may_be_typed_as_well(language: str) -> None:
    words = {key.removeprefix("keyword.") for key, _ in texts(language, "keyword.")}
    labels = {key: text for prefix in ("button.", "menu.") for key, text in texts(language, prefix) if "{" not in text}
    typed = {key: (text, key.partition(".")[2]) for key, text in labels.items() if key.partition(".")[2] in words}
    assert {key: text for key, (text, word) in typed.items() if WORDS.keywords().get(fold(text)) != word} == {}


@pytest.mark.parametrize("language", CORE)
def test_every_word_of_the_router_with_keywords_understands_its_own_name(language: str) -> None:
    for key in CATALOGUES[language].keys:
        if key.startswith("keyword."):
            word = key.removeprefix("keyword.")
            assert WORDS.keywords()[word] == word


@pytest.mark.parametrize("language", CORE)
def test_labels_of_the_wechat_menu_fit_a_phone(language: str) -> None:
    for key, text in texts(language, "menu."):
        top = key.removeprefix("menu.") in ("code", "rewards", "mine", "scan", "shop")
        assert fitting(text, TOP_LABEL_MAX if top else SUB_LABEL_MAX) == text, key


@pytest.mark.parametrize("language", CORE)
def test_buttons_are_short(language: str) -> None:
    widths = {key: width(shown(language, key)) for key, _ in texts(language, "button.")}
    assert sum(widths.values()) / len(widths) <= 20
    assert {key: wide for key, wide in widths.items() if wide > 32} == {}


@pytest.mark.parametrize("language", CORE)
def test_what_telegram_shows_of_the_bot_fits(language: str) -> None:
    assert len(shown(language, "bot.short_description")) <= 120
    assert len(shown(language, "bot.description")) <= 512
    for key, _ in texts(language, "command."):
        assert width(shown(language, key)) <= 40, key


@pytest.mark.parametrize("language", CORE)
def test_answers_to_a_press_fit_its_two_hundred_characters(language: str) -> None:
    for key, _ in texts(language, "toast."):
        assert len(shown(language, key)) <= 200


@pytest.mark.parametrize("language", CORE)
def test_an_emoji_stands_at_the_end_or_not_at_all(language: str) -> None:
    for key in CATALOGUES[language].keys:
        for form in CATALOGUES[language].forms(key):
            places = [place for place, char in enumerate(form.text) if ord(char) >= 0x1F300]
            assert all(place == len(form.text) - 1 for place in places), key


@pytest.mark.parametrize("word", ["unsubscribe", "waiting"])
@pytest.mark.parametrize("language", CORE)
def test_a_word_that_a_text_tells_people_to_write_is_understood(language: str, word: str) -> None:
    telling = {"unsubscribe": ("offers.on", "broadcast.why_you"), "waiting": ("waiting.line",)}[word]
    for key in telling:
        quoted = re.findall(r"[「“](.+?)[」”]", shown(language, key))
        assert [WORDS.keywords()[fold(one)] for one in quoted] == [word]


@pytest.mark.parametrize("language", CORE)
def test_languages_are_named_in_themselves(language: str) -> None:
    names = {tag: shown(language, f"button.language.{tag}") for tag in CORE}
    assert names == {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}


SIMPLIFIED = (
    "与专业个为么乐从们价众优会体储兑关内册写农冻几删别办务动单历发变启员图处复够头实审对将属带帮应废开张当录态异调货"
    "评扫扰报拦择换数无时暂机权条来柜样槛欢满现码确积称签简级细经绑结给绪续维编联组腊获营蔽见览计订认记设证识诉试话"
    "询该语误说请读谢败账费资赠转载较输边达过运还这进选钟钥钮银销错键长门闭问闰间阅随隐页顶项须顾预领频题额荐奖亲卖"
)
TRADITIONAL = (
    "評來們個傳價優儲兌冊凍刪則動務員問啟單嗎圖報實寫將專對屬帳帶幫幾廢張後從復態應掃擇據擾攔敗數於時暫曆"
    "會條業樂標樣機檯檻櫃欄權歡沒滿為無獲現發確碼積稱筆範簽紀級細結絡給綁經緒編繼續聯臘與號裡覽訂訊記設訴試話認"
    "語誤說請謝證識讀變費資贈較輸轉辦農這週進過達選還邊鈕銀銷錄錯鍵鎖鐘鑰門閉開閏間閱關隨隱頁項須預領頻題額顧體薦麼點"
)


@pytest.mark.parametrize(("language", "foreign"), [("zh-Hans", TRADITIONAL), ("zh-Hant", SIMPLIFIED)])
def test_each_script_keeps_to_itself(language: str, foreign: str) -> None:
    mixed = {
        key: char
        for key in CATALOGUES[language].keys
        for form in CATALOGUES[language].forms(key)
        for char in form.text
        if char in foreign and not key.startswith("button.language")
    }
    assert mixed == {}


WIDE = re.compile(r"(?<=[\u4e00-\u9fff])[,;:?!()]|[,;:?!()](?=[\u4e00-\u9fff])")
CLOSE = re.compile(
    r"(?<=[\u4e00-\u9fff])\{(?:count|days|limit|minutes|points|amount)\}|\{(?:count|days)\}(?=[\u4e00-\u9fff])"
)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_has_its_own_punctuation_and_air_around_figures(language: str) -> None:
    odd = {
        key: form.text
        for key in said_keys(language)
        for form in CATALOGUES[language].forms(key)
        if WIDE.search(form.text) or CLOSE.search(form.text)
    }
    assert odd == {}


@pytest.mark.parametrize(("language", "marks"), [("zh-Hans", "「」"), ("zh-Hant", "“”"), ("en", '"「」')])
def test_each_language_quotes_in_its_own_marks(language: str, marks: str) -> None:
    foreign = {
        key
        for key in said_keys(language)
        for form in CATALOGUES[language].forms(key)
        if set(form.text) & set(marks) and not key.startswith(("page.staff.sign_in", "profile.ask_birthday"))
    }
    assert foreign == set()


UNCLEAR = {
    "en": (r"\buntil \{on", r"\bends on \{on", r"\bbefore \{on"),
    "zh": (r"\{on(?::short)?\}前", r"\{on(?::short)?\}止"),
}


@pytest.mark.parametrize("language", CORE)
def test_a_last_day_leaves_no_doubt_that_it_is_included(language: str) -> None:
    unclear = {
        (key, shape)
        for key in said_keys(language)
        for form in CATALOGUES[language].forms(key)
        for shape in UNCLEAR[language[:2]]
        if re.search(shape, form.text)
    }
    assert unclear == set()


def test_a_keyword_written_alike_in_both_scripts_stands_in_both() -> None:
    """A word of one catalogue alone tells which language somebody speaks."""
    words = {
        language: {word for _, text in texts(language, "keyword.") for word in text.split("|")}
        for language in ("zh-Hans", "zh-Hant")
    }
    alike = {word for word in words["zh-Hans"] if not set(word) & set(SIMPLIFIED) and not word.isascii()}
    assert alike - words["zh-Hant"] == set()
