// Counted passes: those of the member, the page that sells one, and the page on which one is given back.

import { button, field, form, h, icon, notice, own } from "./dom.js";
import { head } from "./member.js";
import { deedOf } from "./net.js";
import { about, undoVisit, useButton } from "./pass_visit.js";
import { count, money, t } from "./texts.js";

// What was sold a moment ago is undone here, while nothing of it is used.
function undoSale(app, pass) {
  const takeBack = deedOf(`passes/${pass.pass_id}/undo`);
  const undo = button({ class: "small quiet" }, () => app.doing(undo, async () => {
    await takeBack();
    gone(app, pass);
    await app.go("amount");
    notice(t("undone"));
  }), icon("undo"), t("undo_sale"));
  return undo;
}

function gone(app, pass) {
  const { member } = app.sale.seen;
  member.passes = member.passes.filter((one) => one.pass_id !== pass.pass_id);
}

function row(app, pass) {
  const shown = h("li", { class: "goods" });
  if (pass.visit_id) {
    shown.append(about(pass), ...undoVisit(app, pass));
    return shown;
  }
  const deeds = [
    app.sale.seen.scan_id && app.may("use_pass") && useButton(app, pass, shown),
    pass.fresh && app.may("sell_pass") && undoSale(app, pass),
    pass.worth != null && app.may("refund") && button({ class: "small quiet" }, () => app.go("passBack", { pass }), t("pass_back")),
  ].filter(Boolean);
  shown.append(about(pass), ...deeds);
  return shown;
}

export function held(app) {
  const passes = (app.sale.seen.member.passes ?? []).filter((one) => one.remaining || one.visit_id);
  if (!passes.length) return null;
  return h("section", { class: "coupons passes", "aria-label": t("passes") },
    h("h2", {}, t("passes")), h("ul", {}, passes.map((pass) => row(app, pass))));
}

export function sellPass(app) {
  const { seen } = app.sale;
  const offered = app.me.passes.map((plan) => {
    const sellOne = deedOf("passes");
    const sell = button({ class: "small primary" }, () => app.doing(sell, async () => {
      const who = seen.scan_id ? { scan_id: seen.scan_id } : { member_id: seen.member.id };
      const sold = await sellOne({ ...who, plan: plan.plan });
      seen.member.passes = [...(seen.member.passes ?? []), { ...sold, fresh: true }];
      await app.go("amount");
      notice(t("pass_sold", { title: sold.title, amount: money(sold.price) }));
    }), money(plan.price));
    return h("li", { class: "goods" }, h("span", { class: "tick-text" }, own(plan.title),
      h("small", {}, t("pass_visits", { visits: plan.visits }))), sell);
  });
  return {
    title: t("sell_pass"),
    side: [head(seen.member), h("p", { class: "soft" }, t("sell_pass_hint"))],
    body: h("section", { class: "coupons passes" }, h("ul", {}, offered)),
    back: "amount",
  };
}

// What is given back is counted by the shop; here it is only said why.
export function passBack(app, { pass }) {
  const reason = field(t("reason"), { name: "reason", maxlength: 200 }, t("pass_back_hint"));
  const go = h("button", { type: "submit", class: "big danger" }, t("pass_back_go", { amount: money(pass.worth) }));
  const giveBack = deedOf(`passes/${pass.pass_id}/refunds`);
  const facts = [[t("paid"), money(pass.price)], [t("pass_used"), count(pass.visits - pass.remaining)], [t("pass_worth"), money(pass.worth)]];
  return {
    title: t("pass_back"),
    back: "amount",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, own(pass.title)), h("p", { class: "soft" }, own(app.sale.seen.member.name)),
      h("dl", { class: "lines" }, facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, own(value))))),
      form(() => app.doing(go, async () => {
        const why = reason.input.value.trim();
        if (!why) { notice(t("reason_needed")); reason.input.focus(); return; }
        const done = await giveBack({ reason: why, amount: pass.worth });
        if (!done.approval_id) gone(app, pass);
        await app.go("amount");
        notice(done.approval_id ? t("second_person") : t("refund_done", { amount: money(done.refunded) }), { lasting: Boolean(done.approval_id) });
      }), reason.shown, go)),
  };
}
