// Done: the old and the new balance, ten minutes to undo it, and on to the next.

import * as sales from "./sale.js";
import { aloud, button, h, icon, notice, own } from "./dom.js";
import { deedOf } from "./net.js";
import { count, day, left, money, t } from "./texts.js";

const TICK_MS = 1000;

function balance(purchase) {
  return h("p", { class: "balance" },
    h("span", { class: "unseen" }, t("from_to", { before: count(purchase.balance_before), balance: count(purchase.balance) })),
    h("span", { "aria-hidden": "true" }, count(purchase.balance_before)), h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
    h("strong", { "aria-hidden": "true" }, count(purchase.balance)), h("span", { class: "unit", "aria-hidden": "true" }, t("points_unit")));
}

// What the bill came to; stored value is paid, too, and the till takes the rest.
const paid = (purchase) => purchase.to_pay + (purchase.stored ?? 0);

function undoButton(app, done) {
  const { sale } = app;
  const ends = sale.done_at + 60000 * (app.me.undo_minutes ?? 10);
  const takeBack = deedOf(`purchases/${sale.purchase.purchase_id}/undo`);
  const shown = button({ class: "big quiet undo" }, () => app.doing(shown, async () => {
    if ((await takeBack()).approval_id) { notice(t("second_person"), { lasting: true }); return; }
    sale.undone = true;
    await sales.keep(sale);
    done.replaceChildren(...undone(app));
    done.querySelector("h1").focus();
    aloud(t("undone"));
  }));
  const count_down = () => {
    const seconds = (ends - Date.now()) / 1000;
    shown.hidden = seconds <= 0;
    shown.replaceChildren(icon("undo"), t("undo"), h("span", { class: "soft", "aria-hidden": "true" }, left(seconds)));
  };
  count_down();
  return { shown, count_down };
}

function undone(app) {
  return [h("span", { class: "tickmark off", "aria-hidden": "true" }, icon("undo")), h("h1", { tabindex: "-1" }, t("undone")),
    h("p", { class: "soft" }, own(app.sale.seen.member.name), " · ", app.sale.purchase.receipt_no)];
}

export function done(app) {
  const { sale } = app;
  const { purchase } = sale;
  const body = h("div", { class: "waiting done" });
  const undo = undoButton(app, body);
  let every;
  if (sale.undone) body.append(...undone(app));
  else {
    body.append(h("span", { class: "tickmark", "aria-hidden": "true" }, icon("tick")),
      h("h1", { tabindex: "-1" }, t("done", { amount: money(paid(purchase)) })),
      purchase.stored ? h("p", {}, t("done_stored", { stored: money(purchase.stored), amount: money(purchase.to_pay) })) : "",
      h("p", {}, own(sale.seen.member.name), " · ", own(purchase.tier)),
      balance(purchase),
      purchase.tier_up ? h("p", { class: "badge joy" }, t("tier_up", { tier: purchase.tier })) : "",
      ...purchase.lines.filter((line) => line.free).map((line) => h("p", { class: "badge joy" }, icon("gift"), own(line.label))),
      ...(purchase.brought ?? []).map((one) => h("p", { class: "badge joy" }, icon("gift"), h("span", {}, t("brought", { title: one.title }),
        one.ends_on && ` · ${t("until", { day: day(one.ends_on) })}`))),
      h("p", { class: "soft" }, t("receipt_is", { receipt: purchase.receipt_no })),
      app.may("undo") ? undo.shown : "");
  }
  const next = button({ class: "primary big" }, () => app.next(), icon("scan"), t("next"));
  return {
    title: t("done", { amount: money(paid(purchase)) }),
    aloud: `${t("done", { amount: money(paid(purchase)) })}. ${t("from_to", { before: count(purchase.balance_before), balance: count(purchase.balance) })}`,
    body: [h("div", { class: "scroll" }, body), h("div", { class: "foot" }, next)],
    focus: next,
    back: () => app.next(),
    opened: () => { every = setInterval(undo.count_down, TICK_MS); },
    leave: () => clearInterval(every),
  };
}
