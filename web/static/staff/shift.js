// The shift in figures: one's own, and for who may see it everybody's.

import { h, own } from "./dom.js";
import { get } from "./net.js";
import { t } from "./texts.js";

function sums(who, lines) {
  return [h("h2", {}, own(who)), h("dl", { class: "lines" },
    lines.map((one) => h("div", {}, h("dt", {}, one.label), h("dd", {}, one.text))))];
}

export function shift(app) {
  const place = h("div", { class: "stack", "aria-live": "polite" }, h("p", { class: "soft" }, t("loading")));
  return {
    title: t("shift"),
    back: "more",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("shift")), place),
    opened: () => app.doing(null, async () => {
      const { lines, whole, people = [] } = await get("shift");
      const others = people.filter((one) => one.staff !== app.me.name);
      place.replaceChildren(...sums(app.me.name, lines), ...(whole ? sums(app.store(), whole.lines ?? whole) : []),
        ...others.flatMap((one) => sums(one.staff, one.lines)));
    }),
  };
}
