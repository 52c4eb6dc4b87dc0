// A member without a code: found by the whole number or, where the shop allows it, by its last four digits.

import { aloud, button, field, form, h, own } from "./dom.js";
import { get } from "./net.js";
import { count, t } from "./texts.js";

const TAIL = /^\d{4}$/;

export function find(app) {
  const phone = field(t("phone"), { name: "phone", type: "tel", inputmode: "tel", enterkeyhint: "search", maxlength: 40 },
    t(app.me.tail_search ? "find_hint_tail" : "find_hint"));
  const found = h("div", { "aria-live": "polite" });
  const go = h("button", { type: "submit", class: "primary big" }, t("find"));
  const look = () => app.doing(go, async () => {
    const typed = phone.input.value.trim();
    if (!typed) { phone.input.focus(); return; }
    const { members } = await get(`members?${TAIL.test(typed) ? "tail" : "phone"}=${encodeURIComponent(typed)}`);
    found.replaceChildren(members.length
      ? h("ul", { class: "rows" }, members.map((member) => h("li", {}, button({ class: "row" },
        () => app.begin({ scan_id: null, member, coupons: [] }, ""),
        h("span", { class: "tick-text" }, own(member.name), h("small", {}, [member.tier, member.phone].filter(Boolean).join(" · "))),
        h("span", {}, t("points", { points: count(member.points) }))))))
      : h("p", {}, t("found_nobody")));
    if (!members.length) aloud(t("found_nobody"));
  });
  return {
    title: t("find"),
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("find")), form(look, phone.shown, go), found,
      app.may("enrol") && button({ class: "big quiet" }, () => app.go("enrol", { phone: phone.input.value }), t("enrol"))),
    focus: phone.input,
  };
}
