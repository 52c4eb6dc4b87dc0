// Today's purchases of this store and goods handed out, each to be looked at, undone or refunded.

import { button, field, form, h, icon, notice, own } from "./dom.js";
import { deedOf, get } from "./net.js";
import { count, exponent, money, t, time } from "./texts.js";

const AMOUNT = /^\d{1,7}(?:[.,]\d{1,3})?$/;

function noteOf(one) {
  if (one.refunded) return t(one.refunded >= one.amount ? "refunded_whole" : "refunded_part", { amount: money(one.refunded) });
  return one.state === "undone" ? t("undone") : t("plus_points", { points: count(one.points_earned) });
}

// Whether nothing is left of it; a bill that points paid whole comes to nothing and stands all the same.
function isGone(one) { return one.state === "undone" || (one.refunded > 0 && one.refunded >= one.amount); }

function row(app, one) {
  return h("li", {}, button({ class: "row" }, () => app.go("purchase", { one }),
    h("time", {}, time(one.at)),
    h("span", { class: "tick-text" }, own(one.member), h("small", {}, [one.receipt_no, noteOf(one)].filter(Boolean).join(" · "))),
    h("strong", { class: isGone(one) ? "struck" : "" }, money(one.amount))));
}

function goodsRow(app, one) {
  const note = one.undone ? `${one.goods} · ${t("undone")}` : t("handed", { goods: one.goods });
  return h("li", {}, button({ class: "row" }, () => app.go("handed", { one }),
    h("time", {}, time(one.at)), h("span", { class: "tick-text" }, own(one.member), h("small", {}, note)), icon("gift")));
}

export function today(app) {
  const seen = [];
  const place = h("div", { class: "stack", "aria-live": "polite" }, h("p", { class: "soft" }, t("loading")));
  const list = h("ul", { class: "rows" });
  const load = async (after) => {
    const { purchases, handed_out: goods = [], next } = await get(after ? `today?after=${encodeURIComponent(after)}` : "today");
    seen.push(...purchases.map((one) => [one.at, row(app, one)]), ...goods.map((one) => [one.at, goodsRow(app, one)]));
    list.replaceChildren(...seen.sort(([one], [other]) => new Date(other) - new Date(one)).map(([, shown]) => shown));
    const older = button({ class: "big quiet" }, () => app.doing(older, () => load(next)), t("older"));
    place.replaceChildren(list.children.length ? list : h("p", { class: "soft" }, t("nothing_yet")), next ? older : "");
  };
  return {
    title: t("today"),
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("today")), place),
    opened: () => app.doing(null, () => Promise.all([app.look(), load("")])),
  };
}

// What a person types as an amount, in the smallest coin; null where it is none.
function minor(text) {
  const typed = text.trim().replace(",", ".");
  if (!AMOUNT.test(typed)) return null;
  const [whole, rest = ""] = typed.split(".");
  return rest.length > exponent() ? null : Number(whole + rest.padEnd(exponent(), "0"));
}

async function refunded(app, answer) {
  await app.go("today");
  notice(answer.approval_id ? t("second_person") : t("refund_done", { amount: money(answer.amount) }), { lasting: Boolean(answer.approval_id) });
}

function refundForm(app, one) {
  const rest = one.amount - (one.refunded || 0);
  const amount = field(t("refund_amount"), { name: "amount", inputmode: "decimal", placeholder: money(rest) }, t("refund_hint"));
  const reason = field(t("reason"), { name: "reason", maxlength: 200 });
  const go = h("button", { type: "submit", class: "big danger" }, t("refund"));
  const refund = deedOf(`purchases/${one.purchase_id}/refunds`);
  return form(() => app.doing(go, async () => {
    const part = amount.input.value.trim() ? minor(amount.input.value) : undefined;
    if (part === null) { notice(t("not_an_amount")); amount.input.focus(); return; }
    if (!reason.input.value.trim()) { notice(t("reason_needed")); reason.input.focus(); return; }
    const content = { ...(part === undefined ? {} : { amount: part }), reason: reason.input.value.trim() };
    await refunded(app, await refund(content));
  }), h("h2", {}, t("refund")), amount.shown, reason.shown, go);
}

export function handed(app, { one }) {
  const takeBack = deedOf(`redemptions/${one.redemption_id}/undo`);
  const undo = button({ class: "big" }, () => app.doing(undo, async () => {
    await takeBack();
    await app.go("today");
    notice(t("handed_back", { title: one.title }));
  }), icon("undo"), t("undo"));
  const facts = [[t("coupon"), one.title], [t("goods"), one.goods], [t("at"), time(one.at)], [t("by"), one.staff]];
  return {
    title: t("handed_out"),
    back: "today",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, own(one.member)),
      h("dl", { class: "lines" }, facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, own(value))))),
      one.undone && h("p", { class: "soft" }, t("undone")),
      one.undo_until && app.until(one.undo_until) > 0 && undo),
  };
}

export function purchase(app, { one }) {
  const takeBack = deedOf(`purchases/${one.purchase_id}/undo`);
  const undo = button({ class: "big" }, () => app.doing(undo, async () => refunded(app, await takeBack())), icon("undo"), t("undo"));
  const facts = [[t("paid"), money(one.amount)], [t("receipt"), one.receipt_no], [t("at"), time(one.at)], [t("by"), one.staff],
    [t("earned"), count(one.points_earned)], one.points_spent ? [t("spent"), count(one.points_spent)] : null,
    one.refunded ? [t("refunded"), money(one.refunded)] : null].filter((fact) => fact && fact[1]);
  return {
    title: t("purchase"),
    back: "today",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, own(one.member)),
      h("dl", { class: "lines" }, facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, own(value))))),
      one.undo_until && app.until(one.undo_until) > 0 && undo,
      one.refundable && app.may("refund") && refundForm(app, one)),
  };
}
