// What members asked a person for, and the answers, which arrive in their chat.

import { field, form, h, notice, own } from "./dom.js";
import { deedOf, get } from "./net.js";
import { t, time } from "./texts.js";

function open(app, one) {
  const answer = field(t("answer_to", { name: one.member }), { tag: "textarea", name: `answer-${one.id}`, rows: 2, maxlength: 1000 });
  const go = h("button", { type: "submit", class: "primary big" }, t("send"));
  const send = deedOf(`questions/${one.id}/answer`);
  return form(() => app.doing(go, async () => {
    const text = answer.input.value.trim();
    if (!text) { answer.input.focus(); return; }
    await send({ text });
    await app.go("questions");
    notice(t("answer_sent"));
  }), answer.shown, go);
}

function question(app, one) {
  return h("li", { class: "question" },
    h("p", { class: "soft" }, own(one.member), " · ", time(one.at)),
    h("p", { class: "asked" }, own(one.text)),
    one.answered ? h("p", { class: "good" }, own(one.answer ?? t("answered"))) : open(app, one));
}

export function questions(app) {
  const place = h("div", { "aria-live": "polite" }, h("p", { class: "soft" }, t("loading")));
  return {
    title: t("way.questions"),
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("way.questions")), place),
    opened: () => app.doing(null, async () => {
      const found = await get("questions");
      place.replaceChildren(found.questions.length
        ? h("ul", { class: "questions" }, found.questions.map((one) => question(app, one))) : h("p", { class: "soft" }, t("no_questions")));
    }),
  };
}
