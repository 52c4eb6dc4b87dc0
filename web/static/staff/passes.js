// Counted passes: those of the member, a visit off one with a tap and back again, and the page that sells one.

import { aloud, button, h, icon, notice, own } from "./dom.js";
import { head } from "./member.js";
import { get, newKey, post } from "./net.js";
import { day, money, t } from "./texts.js";

const LOOK_MS = 2000;

function about(pass) {
  const ends = pass.ends_on ? t("until", { day: day(pass.ends_on) }) : "";
  return [own(pass.title), h("small", {}, t("pass_left", { left: pass.remaining, visits: pass.visits }), ends && ` · ${ends}`)];
}

// After a visit the row tells what is left and lets it be undone; the code that was read is used up.
function taken(app, row, done) {
  const back = button({ class: "small quiet" }, () => app.doing(back, async () => {
    const undone = await post(`visits/${done.visit_id}/undo`, {}, { key: newKey() });
    row.replaceChildren(h("span", { class: "tick-text" }, about(undone.pass)), h("span", { class: "soft" }, t("undone")));
    aloud(t("undone"));
  }), icon("undo"), t("undo"));
  row.replaceChildren(h("span", { class: "tick-text" }, about(done.pass)), h("span", { class: "good" }, t("visit_taken")), back);
  aloud(t("visit_taken"));
}

// The member is asked in their chat; the row looks every two seconds what they said.
function waiting(app, pass, row, asked) {
  const text = h("span", { class: "soft" }, t("visit_asked"));
  row.replaceChildren(h("span", { class: "tick-text" }, about(pass)), text);
  aloud(t("visit_asked"));
  const every = setInterval(async () => {
    if (!row.isConnected) { clearInterval(every); return; }
    const now = await get(`visits/${asked.visit_id}`).catch(() => asked);
    if (now.state === "asked") return;
    clearInterval(every);
    if (now.state === "taken") taken(app, row, now); else text.textContent = t("visit_no");
    aloud(text.textContent);
  }, LOOK_MS);
}

function row(app, pass) {
  const { seen } = app.sale;
  const shown = h("li", { class: "goods" });
  const key = newKey();
  const use = button({ class: "small" }, () => app.doing(use, async () => {
    const done = await post(`passes/${pass.pass_id}/visits`, { scan_id: seen.scan_id, count: 1 }, { key });
    if (done.state) { waiting(app, pass, shown, done); return; }
    seen.member.passes = seen.member.passes.map((one) => (one.pass_id === pass.pass_id ? done.pass : one)).filter((one) => one.remaining);
    taken(app, shown, done);
  }), t("use_visit"));
  shown.append(h("span", { class: "tick-text" }, about(pass)), seen.scan_id && app.may("use_pass") ? use : "");
  return shown;
}

export function held(app) {
  const { passes = [] } = app.sale.seen.member;
  if (!passes.length) return null;
  return h("section", { class: "coupons passes", "aria-label": t("passes") },
    h("h2", {}, t("passes")), h("ul", {}, passes.map((pass) => row(app, pass))));
}

export function sellPass(app) {
  const { seen } = app.sale;
  const offered = app.me.passes.map((plan) => {
    const key = newKey();
    const sell = button({ class: "small primary" }, () => app.doing(sell, async () => {
      const who = seen.scan_id ? { scan_id: seen.scan_id } : { member_id: seen.member.id };
      const sold = await post("passes", { ...who, plan: plan.plan }, { key });
      seen.member.passes = [...(seen.member.passes ?? []), sold];
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
