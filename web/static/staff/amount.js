// What the bill comes to: the member above or beside, the keypad under the thumb.

import * as sales from "./sale.js";
import { h } from "./dom.js";
import { Keypad } from "./keypad.js";
import { coupons, deeds, handedOut, head } from "./member.js";
import { held } from "./passes.js";
import { t } from "./texts.js";

// What is ticked until the cashier ticks something: what the shop may propose. What was bought with points is shown on
// purpose, and goods handed over alone stay off the bill unless the price has put them on it.
function proposed(sale) {
  return sale.chosen ?? sale.coupons.filter((one) => one.usable && one.kind !== "exchange" && (!one.alone || one.chosen)).map((one) => one.id);
}

export function amount(app) {
  const { sale } = app;
  sale.step = "amount";
  const pad = new Keypad({
    value: sale.amount,
    doneLabel: t("to_quote"),
    changed: (value) => { sale.amount = value; },
    done: () => app.doing(pad.go, async () => {
      await sales.price(sale);
      await app.go("quote");
    }),
  });
  app.restoreKeypad = () => {
    const before = sale.amount;
    return () => pad.set(before);
  };
  return {
    title: t("amount"),
    aloud: [sale.seen.member.name, sale.seen.member.tier, t("amount")].join(", "),
    side: [head(sale.seen.member), handedOut(app), !sale.seen.scan_id && h("p", { class: "soft" }, t(sale.code_spent ? "code_spent" : "no_code")),
      coupons(app, sale.seen.scan_id ? proposed(sale) : [], (chosen) => { sale.chosen = chosen; }), held(app), deeds(app)],
    body: pad.shown,
    focus: pad.shown,
    back: () => app.next(),
    opened: () => pad.open(),
    leave: () => {
      pad.close();
      app.restoreKeypad = () => () => {};
      if (app.sale === sale) sales.keep(sale);
    },
  };
}
