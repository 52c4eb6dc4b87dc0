// The price with every line, what may still be used, and the one yes of the cashier.

import * as sales from "./sale.js";
import { button, field, h, notice, tick } from "./dom.js";
import { coupons, deeds, head } from "./member.js";
import { products } from "./products.js";
import { count, money, t } from "./texts.js";

// What a line comes to; goods that come with the bill are free, a coupon that takes nothing off is not.
function cost(line) {
  return line.free ? t("free") : money(line.amount);
}

export function lines(quote) {
  return h("dl", { class: "lines" },
    quote.lines.map((line) => h("div", { class: line.amount < 0 ? "off" : "" }, h("dt", {}, line.label), h("dd", {}, cost(line)))),
    h("div", { class: "total" }, h("dt", {}, t("to_pay")), h("dd", {}, money(quote.to_pay))));
}

export function why(quote) {
  return h("p", { class: "why" }, h("strong", {}, t("earns", { points: count(quote.points_earned) })),
    quote.why?.length ? h("span", {}, quote.why.join(" · ")) : null);
}

// Changes the bill and asks for the price again; what is refused is taken back.
async function change(app, changed) {
  const before = { chosen: app.sale.chosen, points: app.sale.points, stored: app.sale.stored, items: app.sale.items };
  Object.assign(app.sale, changed);
  await app.doing(null, async () => {
    try {
      await sales.price(app.sale);
    } catch (error) {
      Object.assign(app.sale, before);
      await app.go("quote");
      throw error;
    }
    await app.go("quote");
  });
}

function extras(app) {
  const { sale } = app;
  const { points_most: points = 0, stored_most: stored = 0 } = sale.quote;
  if (!sale.seen.scan_id) return [];
  return [
    (points > 0 || sale.points > 0) && tick(t("use_points", { points: count(sale.points || points) }), sale.points > 0,
      (on) => change(app, { points: on ? points : 0 }), { name: "points" }),
    (stored > 0 || sale.stored > 0) && tick(t("use_stored", { amount: money(sale.stored || stored) }), sale.stored > 0,
      (on) => change(app, { stored: on ? stored : 0 }), { name: "stored" }),
  ];
}

async function confirm(app) {
  await app.go("sending");
}

export function quote(app) {
  const { sale } = app;
  const receipt = field(t("receipt"), {
    name: "receipt", value: sale.receipt_no, maxlength: 64, enterkeyhint: "done",
    on: { input: () => { sale.receipt_no = receipt.input.value.trim(); } },
  });
  const go = button({ class: "primary big confirm" }, () => confirm(app), t("record", { amount: money(sale.quote.to_pay) }));
  return {
    title: t("quote"),
    aloud: [...sale.quote.lines.map((line) => `${line.label} ${cost(line)}`), t("to_pay"), money(sale.quote.to_pay)].join(", "),
    side: [head(sale.seen.member), coupons(app, sale.ticked ?? [], (chosen) => change(app, { chosen })), deeds(app)],
    body: [
      h("div", { class: "scroll" }, h("h2", { class: "unseen" }, t("quote")), lines(sale.quote), why(sale.quote),
        products(app, (items) => change(app, { items })), extras(app), receipt.shown),
      h("div", { class: "foot" }, go),
    ],
    focus: go,
    back: "amount",
  };
}

// Under way: sent under one key until it is answered, however bad the line.
export function sending(app) {
  const { sale } = app;
  return {
    title: t("sending"),
    back: null,
    body: [h("div", { class: "waiting" }, h("span", { class: "turning", "aria-hidden": "true" }),
      h("h1", { tabindex: "-1" }, t("sending")), h("p", { class: "soft" }, t("sending_hint")))],
    opened: async () => {
      try {
        await sales.record(sale);
        await app.resume();
      } catch (error) {
        if (error.status !== sales.SIGNED_OUT) await app.resume();
        await app.refused(error);
        if (sales.isUnsure(sale)) notice([error.code !== sales.REUSED && error.detail, t("sent_before")].filter(Boolean).join(" "), { lasting: true });
      }
    },
  };
}
