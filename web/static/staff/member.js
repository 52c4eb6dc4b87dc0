// The member as the counter sees them: name, tier, points, what to congratulate on, coupons to tick.

import * as sales from "./sale.js";
import { aloud, button, h, icon, notice, own, show, tick } from "./dom.js";
import { deedOf } from "./net.js";
import { count, day, money, t } from "./texts.js";

function badges(member) {
  const held = member.stored;
  return [
    member.frozen && ["stop", t("frozen"), "bad"],
    member.birthday_today ? ["cake", t("birthday_today"), "joy"] : member.birthday_near && ["cake", t("birthday_near"), "joy"],
    member.expiring && ["clock", t("expiring", { points: count(member.expiring.points), day: day(member.expiring.on) }), ""],
    member.debt > 0 && ["undo", t("debt", { points: count(member.debt) }), ""],
    held && held.principal + held.bonus > 0 && ["coin", t("stored_held", { amount: money(held.principal + held.bonus) }), ""],
  ].filter(Boolean).map(([shape, text, kind]) => h("li", { class: `badge ${kind}` }, icon(shape), text));
}

export function head(member) {
  return h("div", { class: "member" },
    h("div", { class: "standing" }, h("h1", { tabindex: "-1" }, own(member.name)),
      h("p", { class: "points" }, t("points", { points: count(member.points) }))),
    h("ul", { class: "badges" }, h("li", { class: "badge tier" }, own(member.tier), member.tier_until && h("span", { class: "ends" }, t("until", { day: day(member.tier_until) }))),
      badges(member), (member.tags ?? []).map((tag) => h("li", { class: "badge tag" }, own(tag)))));
}

function about(coupon) {
  const note = coupon.usable ? coupon.ends_on && t("until", { day: day(coupon.ends_on) }) : coupon.reason;
  return [own(coupon.title), note && h("small", {}, note)];
}

// Goods that ask for no bill are handed over by themselves.
function handOver(app, coupon) {
  const handOne = deedOf(`coupons/${coupon.id}/redemptions`);
  const hand = button({ class: "small" }, () => app.doing(hand, async () => {
    const { sale } = app;
    const done = await handOne({ scan_id: sale.seen.scan_id });
    sale.coupons = sale.coupons.filter((one) => one.id !== coupon.id);
    sale.handed = [...(sale.handed ?? []), done];
    await sales.spent(sale);
    await app.go("amount");
    show(".handed:last-child");
    aloud(t("handed", { goods: done.goods || done.title }));
  }), t("hand_out"));
  return hand;
}

// What was handed out a moment ago, with the way back; later the day's list has it.
export function handedOut(app) {
  const { handed = [] } = app.sale;
  if (!handed.length) return null;
  return h("section", { class: "coupons", "aria-label": t("handed_out") }, h("ul", {}, handed.map((done) => {
    const takeBack = deedOf(`redemptions/${done.redemption_id}/undo`);
    const undo = button({ class: "small quiet" }, () => app.doing(undo, async () => {
      Object.assign(done, await takeBack());
      await sales.keep(app.sale);
      await app.go("amount");
      notice(t("handed_back", { title: done.title }));
    }), icon("undo"), t("undo"));
    return h("li", { class: "goods handed" }, h("span", { class: `tick-text ${done.undone ? "struck" : "good"}` }, t("handed", { goods: done.goods || done.title })),
      done.undone ? h("span", { class: "soft" }, t("undone")) : undo);
  })));
}

// A coupon is ticked and comes with the bill; goods handed over alone have a button, and a tick beside it once they
// stood on this bill, so that what was taken off by mistake is put on again.
function row(app, coupon, { chosen, toggle }) {
  const { sale } = app;
  const hand = coupon.alone && coupon.usable && sale.seen.scan_id && app.may("redeem_coupon") && handOver(app, coupon);
  if (coupon.alone && !chosen.has(coupon.id) && !sale.billed?.includes(coupon.id)) {
    return h("li", { class: "goods" }, h("span", { class: "tick-text" }, about(coupon)), hand);
  }
  if (hand) hand.hidden = chosen.has(coupon.id);
  const box = tick(about(coupon), chosen.has(coupon.id), (on) => {
    if (on) chosen.add(coupon.id); else chosen.delete(coupon.id);
    if (hand) hand.hidden = on;
    toggle([...chosen]);
  }, { disabled: !coupon.usable || !sale.seen.scan_id });
  return h("li", hand ? { class: "goods either" } : {}, box, hand);
}

export function coupons(app, ticked, toggle) {
  const { sale } = app;
  if (!sale.coupons.length) return null;
  const chosen = new Set(ticked);
  return h("section", { class: "coupons", "aria-label": t("coupons") },
    h("h2", {}, t("coupons")),
    h("ul", {}, sale.coupons.map((coupon) => row(app, coupon, { chosen, toggle }))));
}

export function deeds(app) {
  const { member } = app.sale.seen;
  const offered = [
    app.may("correct_member") && button({ class: "small quiet" }, () => app.go("correct", { member }), icon("pencil"), t("correct")),
    app.may("top_up") && app.me.stored_value && button({ class: "small quiet" }, () => app.go("topUp"), icon("coin"), t("top_up")),
    app.may("sell_pass") && app.me.passes?.length > 0 && button({ class: "small quiet" }, () => app.go("sellPass"), icon("gift"), t("sell_pass")),
  ].filter(Boolean);
  return offered.length ? h("div", { class: "deeds" }, offered) : null;
}
