"""A small shop behind the page, played over real HTTP: it answers as docs/http.md says and remembers every call."""

from __future__ import annotations

import asyncio
import json
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from locales.catalogue import load
from web.counter.page import FOLDER, PAGE_HEADERS, WORKER_HEADERS

CODE: Final = "M1-" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER: Final = "M1-" + "ZYXWVUTSRQPONMLKJIHGFEDCBA765432" + "ZYXWVUTSRQPONMLKJIHGFEDCBA"
DIGITS: Final = "5284148290"
SCANS: Final = ("2fb4bdda-3aa1-5096-b16e-ff8eac08f7ae", "9d0c1e52-7f1b-5a44-8a53-0c1f7be2d6a4")
"""What the first code that was read is called, and what another one is."""
CATALOGUES: Final = load()
RIGHTS: Final = [
    *("scan", "purchase", "redeem_coupon", "undo", "enrol", "lookup", "refund", "adjust", "correct_member", "top_up"),
    *("sell_pass", "use_pass"),
]
Json = dict[str, Any]
Answer = tuple[int, Json]


def problem(status: int, code: str, detail: str) -> Answer:
    return status, {"code": code, "title": code, "status": status, "detail": detail}


@dataclass
class FakeCounter:
    """The shop. ``did`` holds every call with an effect as (path, key, body), repeats included."""

    signed_in: bool = True
    staff_id: str = "s1"
    name: str = "Maya Chen"
    may: list[str] = field(default_factory=lambda: list(RIGHTS))
    yes_needed: bool = False
    second_person: bool = False
    photo_codes: list[str] = field(default_factory=list)
    did: list[tuple[str, str, Json]] = field(default_factory=list)
    replays: dict[tuple[str, str], tuple[Json, Answer]] = field(default_factory=dict)
    refuse: dict[str, Answer] = field(default_factory=dict)
    refuse_next: dict[str, Answer] = field(default_factory=dict)
    answer_once: dict[str, Answer] = field(default_factory=dict)
    slow: float = 0.0
    effects: Tally[str] = field(default_factory=Tally)
    waiting: str = "pending"
    gift: bool = False
    beside: list[Json] = field(default_factory=list)
    nothing_off: bool = False
    paid: int = 6300

    # -- what the calls answer

    def me(self) -> Answer:
        if not self.signed_in:
            return problem(401, "signed_out", "Please sign in.")
        return 200, {
            "staff_id": self.staff_id, "name": "Amy Wong", "role": "Manager", "language": "en", "shop": "Morning Cup",
            "stores": [store("main", "Main Street", here=True), store("east", "East Gate", here=False)],
            "may": self.may, "currency": "CNY", "symbol": "¥", "exponent": 2, "undo_minutes": 10,
            "zone": "Asia/Shanghai",
            "passes": [PLAN], "has_pin": False, "tail_search": True, "stored_value": True, "now": now().isoformat(),
            "products": [{"sku": "latte", "name": "Latte", "price": 3200}],
        }  # fmt: skip

    def change(self, body: Json) -> Answer:
        self.staff_id = body["staff_id"]
        return self.me()

    def scan(self, body: Json) -> Answer:
        if body["code"] not in {CODE, OTHER, DIGITS}:
            return problem(422, "not_a_member_code", "This is not a member code.")
        return 200, {
            "scan_id": SCANS[body["code"] == OTHER], "expires_at": at(300), "coupon_id": None,
            "member": member(self.name if body["code"] != OTHER else "王小明"), "coupons": self.coupons(),
        }  # fmt: skip

    def coupons(self) -> list[Json]:
        return [*coupons(), *self.beside]

    def proposed(self) -> list[str]:
        """Return what is put on a bill unasked; what was bought with points never is."""
        asking = [one["id"] for one in self.beside if one["kind"] == "gift" and not one["alone"]]
        return ["c1", *(["c3"] if self.gift else []), *asking]

    def quote(self, body: Json) -> Answer:
        ticked = body.get("coupon_ids")
        ticked = self.proposed() if ticked is None and body.get("scan_id") else ticked or []
        lines, left = [line("Bill", body["amount"])], body["amount"]
        for one in self.coupons():
            if one["id"] in ticked and one["kind"] == "cash":
                lines.append(line(one["title"], 0 if self.nothing_off else -500))
                left += lines[-1]["amount"]
            elif one["id"] in ticked:
                lines.append(line(f"Gift: {one['title']}", 0, free=True))
        if body.get("points"):
            lines.append(line("Points", -body["points"]))
            left -= body["points"]
        if body.get("stored"):
            lines.append(line("Stored value", -body["stored"]))
            left -= body["stored"]
        listed = [{**one, "chosen": one["id"] in ticked} for one in self.coupons()] if body.get("scan_id") else []
        return 200, {
            "lines": lines, "to_pay": left, "points_earned": left // 100, "points_spent": body.get("points", 0),
            "why": [f"¥{left / 100:g} paid, 1 per ¥1"], "points_most": 120, "stored_most": min(8000, left),
            "coupons": listed,
        }  # fmt: skip

    def purchase(self, body: Json) -> Answer:
        if self.yes_needed:
            asked = {"reservation_id": "r1", "state": "pending", "expires_at": at(120), "store": "Main Street"}
            return 202, {**asked, "amount": body["amount"], "spends": ["¥80 from stored value"]}
        goods = [one["id"] for one in self.coupons() if one["id"] in body["coupon_ids"] and one["kind"] != "cash"]
        ticked = body["coupon_ids"] if self.nothing_off else goods
        return 201, self.bought(body["amount"], body.get("receipt_no", ""), ticked)

    def bought(self, amount: int, receipt: str = "", ticked: Sequence[str] = ()) -> Json:
        self.effects["purchase"] += 1
        quoted = self.quote({"amount": amount, "coupon_ids": ticked})[1]
        return quoted | {
            "purchase_id": "p1", "balance_before": 123, "balance": 123 + quoted["points_earned"], "tier": "Gold",
            "tier_up": False, "brought": [BROUGHT],
            "receipt_no": receipt or "M-0042", "store": "Main Street", "at": now().isoformat(),
        }  # fmt: skip

    def reservation(self) -> Answer:
        done = {"purchase": self.bought(6800)} if self.waiting == "posted" else {}
        return 200, {"reservation_id": "r1", "state": self.waiting, "expires_at": at(120), **done}

    def withdraw(self) -> Answer:
        self.waiting = "withdrawn"
        return self.reservation()

    def pin(self, body: Json) -> Answer:
        if body["pin"] != "246810":
            return problem(403, "pin_wrong", "This is not the member's PIN.")
        return 201, self.bought(6800)

    def visit(self) -> Answer:
        if self.yes_needed:
            return 202, self.asked_visit()
        return 201, VISIT | {"pass": held(6)}

    def asked_visit(self) -> Json:
        state = {"pending": "asked", "posted": "taken"}.get(self.waiting, self.waiting)
        left = 6 if state == "taken" else 7
        return {"visit_id": "v1", "count": 1, "state": state, "expires_at": at(120), "pass": held(left)}

    def visit_pin(self, body: Json) -> Answer:
        if body["pin"] != "246810":
            return problem(403, "pin_wrong", "This is not the member's PIN.")
        self.waiting = "posted"
        return 201, VISIT | {"pass": held(6)}

    def pass_back(self, body: Json) -> Answer:
        if self.second_person:
            return 202, APPROVAL | {"approval_id": "a9"}
        return 201, held(7) | {"state": "refunded", "refunded": body["amount"]}

    def undo(self) -> Answer:
        self.effects["undo"] += 1
        return 200, {
            "refund_id": "f1",
            "amount": 6300,
            "points_clawed_back": 63,
            "points_restored": 0,
            "debt": 0,
            "balance": 123,
        }

    def refund(self, body: Json) -> Answer:
        self.effects["refund"] += 1
        if body.get("amount", 0) > 5000:
            return 202, {"approval_id": "a9", "state": "waiting", "expires_at": at(86400)}
        return 201, {"refund_id": "f1", "amount": body.get("amount", 6300), "points_clawed_back": 63, "balance": 0}

    def enrol(self, body: Json) -> Answer:
        self.effects["enrol"] += 1
        return 201, {**member(body["name"] or "Member 7F3A"), "points": 0, "expiring": None, "birthday_today": False}

    def offline(self, body: Json) -> Answer:
        states = [
            {
                "id": one["id"],
                "state": "done" if one["code"] == CODE else "refused",
                "detail": "" if one["code"] == CODE else "The code had run out.",
            }
            for one in body["earns"]
        ]
        self.effects["earn"] += len(states)
        return 200, {"results": states}

    def top_up(self, body: Json) -> Answer:
        return 201, {"gift": 0, "amount": body["amount"], "stored": {"principal": 8000 + body["amount"], "bonus": 0}}

    def today(self) -> Answer:
        common = {"member": "Maya Chen", "staff": "Amy Wong", "points_spent": 0, "mine": True, "refundable": True}
        return 200, {
            "purchases": [
                {**common, "purchase_id": "p2", "at": now().isoformat(), "receipt_no": "M-0042", "amount": self.paid,
                 "refunded": 0, "points_earned": 63, "undo_until": at(300)},
                {**common, "purchase_id": "p1", "at": at(-4000), "receipt_no": "M-0041", "amount": 12000,
                 "member": "王小明", "refunded": 2000, "points_earned": 120, "undo_until": None},
            ],
            "handed_out": [
                {**common, **HANDED, "redemption_id": "h2", "at": at(-60), "undo_until": at(300)},
                {**common, **HANDED, "at": at(-5000), "undone": True, "undo_until": None},
            ],
        }  # fmt: skip

    def answer(self, method: str, path: str, body: Json) -> Answer:
        """Answer one call of the page."""
        table: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "me"): self.me,
            ("POST", "session"): self.me,
            ("POST", "store"): self.me,
            ("POST", "colleague"): lambda: self.change(body),
            ("DELETE", "session"): lambda: (204, {}),
            ("GET", "colleagues"): lambda: (200, {"colleagues": TEAM}),
            ("POST", "pin"): lambda: (204, {}),
            ("POST", "scans"): lambda: self.scan(body),
            ("POST", "quotes"): lambda: self.quote(body),
            ("POST", "purchases"): lambda: self.purchase(body),
            ("GET", "reservations/r1"): self.reservation,
            ("DELETE", "reservations/r1"): self.withdraw,
            ("POST", "reservations/r1/pin"): lambda: self.pin(body),
            ("POST", "purchases/p1/undo"): self.undo,
            ("POST", "purchases/p2/undo"): self.undo,
            ("POST", "purchases/p1/refunds"): lambda: self.refund(body),
            ("POST", "coupons/c3/redemptions"): lambda: (201, HANDED),
            ("POST", "redemptions/h1/undo"): lambda: (200, HANDED | {"undone": True}),
            ("POST", "redemptions/h2/undo"): lambda: (200, HANDED | {"undone": True}),
            ("GET", "members"): lambda: (200, {"members": [member("Maya Chen")]}),
            ("POST", "members"): lambda: self.enrol(body),
            ("PATCH", "members/m1"): lambda: (200, {"name": body.get("name", "Maya Chen")}),
            ("POST", "top-ups"): lambda: self.top_up(body),
            ("POST", "passes"): lambda: (201, held(10)),
            ("POST", "passes/n1/visits"): self.visit,
            ("GET", "visits/v1"): lambda: (200, self.asked_visit()),
            ("POST", "visits/v1/pin"): lambda: self.visit_pin(body),
            ("POST", "passes/n1/undo"): lambda: (200, held(10) | {"state": "voided"}),
            ("POST", "passes/n1/refunds"): lambda: self.pass_back(body),
            ("POST", "visits/v1/undo"): lambda: (200, VISIT | {"undone": True, "pass": held(7)}),
            ("GET", "today"): self.today,
            ("GET", "shift"): lambda: (200, {"lines": SHIFT, "people": [{"staff": "阿杰", "lines": SHIFT}]}),
            ("GET", "questions"): lambda: (200, {"questions": [QUESTION, ANSWERED]}),
            ("POST", "questions/q1/answer"): lambda: (200, {}),
            ("GET", "approvals"): lambda: (200, {"approvals": [APPROVAL, APPROVAL | {"id": "a2", "mine": True}]}),
            ("POST", "approvals/a1"): lambda: (200, {"state": "approved"}),
            ("POST", "offline"): lambda: self.offline(body),
            ("POST", "photos"): lambda: (200, {"codes": self.photo_codes}),
        }  # fmt: skip
        return table[method, path]() if (method, path) in table else problem(404, "not_found", f"{method} {path}")

    # -- the door

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer once per key, and the same again to the same key."""
        path, key = request.match_info["path"], request.headers.get("Idempotency-Key", "")
        is_json = request.content_type == "application/json" and request.can_read_body
        body = await request.json() if is_json else {}
        if request.method != "GET":
            assert request.headers["X-Memberbot"] == "1"
            self.did.append((path, key, body))
        await asyncio.sleep(self.slow)
        status, said = self.once(request.method, path, key, body)
        return web.Response(
            status=status, text=json.dumps(said) if status != 204 else "", content_type="application/json"
        )

    def once(self, method: str, path: str, key: str, body: Json) -> Answer:
        if path in self.refuse:
            return self.refuse[path]
        if path in self.refuse_next and self.calls(path)[1:]:  # the first call is done, the second one refused
            return self.refuse_next.pop(path)
        if key and (path, key) in self.replays:
            before, answer = self.replays[path, key]
            return answer if before == body else problem(409, "id_reused", "Sent before with other content.")
        answer = self.answer_once.pop(path) if path in self.answer_once else self.answer(method, path, body)
        if key:
            self.replays[path, key] = body, answer
        return answer

    def calls(self, path: str) -> list[Json]:
        """Return the bodies of every call to this path."""
        return [body for one, _, body in self.did if one == path]

    def keys(self, path: str) -> set[str]:
        """Return the different keys of the calls to this path."""
        return {key for one, key, _ in self.did if one == path}


TEAM: Final = [{"staff_id": one, "name": name, "has_pin": True} for one, name in (("s1", "Amy Wong"), ("s2", "阿杰"))]
NOON: Final = "2026-11-22T04:00:00Z"
QUESTION: Final[Json] = {
    "id": "q1", "member": "Li Wei", "text": "Are you open on Sunday?", "at": NOON, "answered": False, "answer": None,
}  # fmt: skip
ANSWERED: Final = QUESTION | {"id": "q2", "answered": True, "answer": "Yes."}
APPROVAL: Final[Json] = {
    "id": "a1", "text": "Refund of ¥120.00, receipt M-0041: wrong dish", "asked_by": "阿杰", "at": NOON, "mine": False,
}  # fmt: skip
HANDED: Final[Json] = {
    "redemption_id": "h1", "coupon_id": "c3", "title": "A cookie for you", "kind": "gift", "goods": "1 cookie",
    "store": "Main Street", "at": NOON, "undone": False,
}  # fmt: skip
BROUGHT: Final[Json] = {"id": "c9", "title": "¥10 to thank you", "kind": "cash", "ends_on": "2026-12-31"}
VISIT: Final[Json] = {"visit_id": "v1", "count": 1, "undone": False, "store": "Main Street", "at": NOON}
PLAN: Final[Json] = {"plan": "ten", "title": "Ten coffees", "visits": 10, "price": 20000, "days": 90, "points": 0}
SHIFT: Final = [{"label": "Purchases", "text": "12"}, {"label": "Taken", "text": "¥840.00"}]


def store(code: str, name: str, *, here: bool) -> Json:
    return {"code": code, "name": name, "here": here}


def coupon(number: int, title: str, kind: str, reason: str | None = None, *, alone: bool = False) -> Json:
    about = {"id": f"c{number}", "title": title, "kind": kind, "ends_on": "2026-12-21", "alone": alone}
    return {**about, "usable": not reason, "reason": reason}


def line(label: str, amount: int, *, free: bool = False) -> Json:
    return {"label": label, "amount": amount, "free": free}


def now() -> datetime:
    return datetime.now(UTC)


def at(seconds: int) -> str:
    return (now() + timedelta(seconds=seconds)).isoformat()


def member(name: str) -> Json:
    return {
        "id": "m1", "name": name, "phone": "138****5678", "tier": "Gold", "points": 123, "debt": 0, "birthday": "",
        "expiring": {"points": 40, "on": "2026-12-31"}, "birthday_today": True, "birthday_near": True,
        "stored": {"principal": 8000, "bonus": 0}, "frozen": False, "passes": [held(7) | {"worth": 12_500}],
        "tier_until": "2026-12-31", "tags": ["regular", "oat-milk"],
    }  # fmt: skip


def held(left: int) -> Json:
    return {"pass_id": "n1", **PLAN, "state": "live", "remaining": left, "ends_on": "2027-02-19", "refunded": 0}


def coupons() -> list[Json]:
    return [
        coupon(1, "¥5 to welcome you", "cash"),
        coupon(2, "¥10 off ¥100", "threshold", "¥32 short"),
        coupon(3, "A cookie for you", "gift", alone=True),
    ]


def routes(shop: FakeCounter) -> list[web.RouteDef | web.StaticDef]:
    """Return the page, its files, its words and the calls."""

    def file(name: str, headers: dict[str, str], kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(body=(FOLDER / name).read_bytes(), headers=headers, content_type=kind)

        return answer

    async def texts(request: web.Request) -> web.StreamResponse:
        language = request.query.get("lang") or "en"
        said = dict(CATALOGUES[language].texts("page.staff."))
        names = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
        return web.json_response({"language": language, "languages": names, "texts": said})

    return [
        web.get("/staff", file("index.html", dict(PAGE_HEADERS), "text/html")),
        web.get("/staff/sw.js", file("sw.js", dict(WORKER_HEADERS), "text/javascript")),
        web.get("/staff/manifest.webmanifest", file("manifest.webmanifest", {}, "application/manifest+json")),
        web.get("/staff/api/texts", texts),
        web.route("*", "/staff/api/{path:.+}", shop.call),
        web.static("/static", FOLDER.parent),
    ]
