// The shift in figures.

import { h } from "./dom.js";
import { get } from "./net.js";
import { count, money, t } from "./texts.js";

const AMOUNTS = new Set(["amount", "refunded", "topped_up", "stored"]);
const SHOWN = ["count", "amount", "refunds", "refunded", "points_earned", "points_spent", "coupons", "topped_up", "members_new"];

function lines(shift) {
  return SHOWN.filter((name) => shift[name] !== undefined).map((name) =>
    ({ label: t(`shift.${name}`), text: AMOUNTS.has(name) ? money(shift[name]) : count(shift[name]) }));
}

export function shift(app) {
  const place = h("div", { "aria-live": "polite" }, h("p", { class: "soft" }, t("loading")));
  return {
    title: t("shift"),
    back: "more",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("shift")), place),
    opened: () => app.doing(null, async () => {
      const found = await get("shift");
      place.replaceChildren(h("p", { class: "soft" }, [app.me.name, app.store()].filter(Boolean).join(" · ")),
        h("dl", { class: "lines" }, (found.lines ?? lines(found)).map((one) => h("div", {}, h("dt", {}, one.label), h("dd", {}, one.text)))));
    }),
  };
}
