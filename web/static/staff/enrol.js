// A new member in three fields and two consents; and the correction of a slip in one that exists.

import { button, field, form, h, notice, tick } from "./dom.js";
import { deedOf } from "./net.js";
import { t } from "./texts.js";

// A birthday as it can be typed again: without a year "11-23"; one of the moon's calendar is left to be typed anew.
function written(birthday = "") {
  return birthday.startsWith("L") ? "" : birthday.replace(/^--/, "");
}

function fields(member = {}) {
  return {
    phone: field(t("phone"), { name: "phone", type: "tel", inputmode: "tel", maxlength: 40, value: member.phone ?? "" }),
    name: field(t("name"), { name: "name", maxlength: 200, value: member.name ?? "" }),
    birthday: field(t("birthday"), { name: "birthday", maxlength: 40, value: written(member.birthday) }, t("birthday_hint")),
  };
}

function values(asked) {
  return Object.fromEntries(Object.entries(asked).map(([name, { input }]) => [name, input.value.trim()]));
}

export function enrol(app, { phone = "" } = {}) {
  const asked = fields({ phone });
  const consent = { terms: false, offers: false };
  const go = h("button", { type: "submit", class: "primary big" }, t("enrol_go"));
  const join = deedOf("members");
  const send = () => app.doing(go, async () => {
    if (!consent.terms) { notice(t("terms_needed")); return; }
    const content = { ...values(asked), consent };
    const member = await join(content);
    await app.begin({ scan_id: null, member, coupons: [] }, "");
    notice(t("enrolled", { name: member.name }));
  });
  return {
    title: t("enrol"),
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("enrol")),
      form(send, asked.phone.shown, asked.name.shown, asked.birthday.shown,
        tick(t("terms"), false, (on) => { consent.terms = on; }, { name: "terms" }),
        tick(t("offers"), false, (on) => { consent.offers = on; }, { name: "offers" }), go)),
    focus: asked.phone.input,
  };
}

export function correct(app, { member }) {
  const asked = fields(member);
  const before = values(asked);
  const go = h("button", { type: "submit", class: "primary big" }, t("keep"));
  const putRight = deedOf(`members/${member.id}`, { method: "PATCH" });
  const send = () => app.doing(go, async () => {
    const changed = Object.fromEntries(Object.entries(values(asked)).filter(([name, value]) => value && value !== before[name]));
    if (Object.keys(changed).length) {
      const corrected = await putRight(changed);
      Object.assign(app.sale.seen.member, corrected);
    }
    await app.go("amount");
  });
  return {
    title: t("correct"),
    back: "amount",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("correct")),
      form(send, asked.phone.shown, asked.name.shown, asked.birthday.shown, go)),
    focus: asked.name.input,
  };
}
