"""Everything under /staff on one page: where each call is found and who answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from web.counter.aftersale import Aftersale
from web.counter.caller import Counter, counter_route
from web.counter.day import Day
from web.counter.offline import Offline
from web.counter.page import Page
from web.counter.passes import Passes
from web.counter.people import People
from web.counter.photos import Photos
from web.counter.pins import Pins
from web.counter.sale import Sale
from web.counter.signing import Signing

PREFIX: Final = "/staff/api"
Call = tuple[str, str, Callable[..., Any]]


def routes(counter: Counter) -> list[BaseRoute]:
    """Return the page and its calls: those with a session, signing in, and the one that takes a picture."""
    signing, pins, people = Signing(counter), Pins(counter), People(counter)
    sale, after, day, counted = Sale(counter), Aftersale(counter), Day(counter), Passes(counter)
    signed_in: tuple[Call, ...] = (
        ("GET", "/me", signing.me),
        ("DELETE", "/session", signing.close),
        ("POST", "/store", signing.stand),
        ("GET", "/colleagues", pins.colleagues),
        ("POST", "/colleague", pins.take_over),
        ("POST", "/pin", pins.set_own),
        ("POST", "/scans", sale.scan),
        ("GET", "/members", people.find),
        ("POST", "/members", people.enrol),
        ("PATCH", "/members/{id}", people.correct),
        ("POST", "/quotes", sale.quote),
        ("POST", "/purchases", sale.purchase),
        ("GET", "/reservations/{id}", after.asked),
        ("DELETE", "/reservations/{id}", after.withdraw),
        ("POST", "/reservations/{id}/pin", pins.agree),
        ("POST", "/purchases/{id}/undo", after.undo),
        ("POST", "/purchases/{id}/refunds", after.refund),
        ("POST", "/coupons/{id}/redemptions", after.redeem),
        ("POST", "/redemptions/{id}/undo", after.undo_redemption),
        ("POST", "/offline", Offline(counter).record),
        ("POST", "/top-ups", after.top_up),
        ("POST", "/passes", counted.sell),
        ("POST", "/passes/{id}/undo", counted.undo_sale),
        ("POST", "/passes/{id}/visits", counted.visit),
        ("POST", "/passes/{id}/refunds", counted.refund),
        ("GET", "/visits/{id}", counted.find_visit),
        ("POST", "/visits/{id}/pin", pins.agree_to_visit),
        ("POST", "/visits/{id}/undo", counted.undo_visit),
        ("GET", "/today", day.today),
        ("GET", "/shift", day.shift),
        ("GET", "/questions", day.questions),
        ("POST", "/questions/{id}/answer", day.answer),
        ("GET", "/approvals", day.approvals),
        ("POST", "/approvals/{id}", day.decide),
    )
    strangers: tuple[Call, ...] = (("POST", "/session", signing.open),)
    pictures: tuple[Call, ...] = (("POST", "/photos", Photos(counter).read),)
    return [
        *Page(counter).routes(),
        *_routes(signed_in, counter_route(counter, signed_in=True)),
        *_routes(strangers, counter_route(counter, signed_in=False)),
        *_routes(pictures, counter_route(counter, signed_in=True, words=False)),
    ]


def _routes(calls: tuple[Call, ...], kind: type[APIRoute]) -> list[BaseRoute]:
    found = APIRouter(prefix=PREFIX, route_class=kind)
    for method, path, call in calls:
        found.add_api_route(path, call, methods=[method], response_model=None, include_in_schema=False)
    return found.routes
