// What a second person must say yes or no to.

import { button, h, notice, own } from "./dom.js";
import { deedOf, get } from "./net.js";
import { t, time } from "./texts.js";

function approval(app, one) {
  const decide = deedOf(`approvals/${one.id}`);
  const say = (element, yes) => app.doing(element, async () => {
    const answer = await decide({ yes });
    await app.go("approvals");
    notice(answer.text ?? t(yes ? "approved" : "declined"));
  });
  const [no, yes] = [false, true].map((value) => {
    const shown = button({ class: value ? "primary big" : "big quiet" }, () => say(shown, value), t(value ? "approve" : "decline"));
    return shown;
  });
  return h("li", { class: "question" }, h("p", { class: "asked" }, own(one.text ?? one.action)),
    h("p", { class: "soft" }, [one.asked_by, time(one.at)].filter(Boolean).join(" · ")),
    one.mine ? h("p", { class: "soft" }, t("not_by_yourself")) : h("div", { class: "pair" }, no, yes));
}

export function approvals(app) {
  const place = h("div", { "aria-live": "polite" }, h("p", { class: "soft" }, t("loading")));
  return {
    title: t("approvals"),
    back: "more",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("approvals")), place),
    opened: () => app.doing(null, async () => {
      const found = await get("approvals");
      place.replaceChildren(found.approvals.length
        ? h("ul", { class: "questions" }, found.approvals.map((one) => approval(app, one))) : h("p", { class: "soft" }, t("nothing_to_approve")));
    }),
  };
}
