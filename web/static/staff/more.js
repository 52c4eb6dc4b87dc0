// The rest of the day's work, and the settings of this device.

import * as texts from "./texts.js";
import { button, field, form, h, icon, notice, own } from "./dom.js";
import { post } from "./net.js";
import { queued } from "./offline.js";

const { t } = texts;

function row(shape, text, act) { return h("li", {}, button({ class: "row" }, act, icon(shape), h("span", {}, text))); }

export function tongues(app) {
  const choice = h("select", { id: "language", name: "language", on: { change: async () => {
    await texts.choose(choice.value);
    await app.look();  // the shop's and the stores' names in this language, too
    await app.go(app.name);
  } } }, Object.entries(texts.languages()).map(([code, name]) =>
    h("option", { value: code, selected: code === texts.language(), lang: code }, name)));
  return h("div", { class: "field" }, h("label", { for: "language" }, icon("globe"), t("language")), choice);
}

function stores(app) {
  if (app.me.stores.length < 2) return null;
  const choice = h("select", { id: "store", name: "store", on: { change: () => app.doing(choice, async () => {
    await app.signedIn(await post("store", { code: choice.value }));
    await app.go("more");
  }) } }, app.me.stores.map((one) => h("option", { value: one.code, selected: one.here }, one.name)));
  return h("div", { class: "field" }, h("label", { for: "store" }, icon("shop"), t("store")), choice);
}

export function more(app) {
  const later = h("li", { hidden: true }, button({ class: "row" }, () => app.go("noted"), icon("wave"), h("span", {}, t("noted"))));
  queued().then((items) => { later.hidden = !items.length; });
  return {
    title: t("way.more"),
    body: h("div", { class: "scroll" }, h("h1", { class: "unseen", tabindex: "-1" }, t("way.more")),
      h("ul", { class: "rows" },
        row("clock", t("shift"), () => app.go("shift")),
        app.may("enrol") && row("plus", t("enrol"), () => app.go("enrol")),
        (app.may("refund") || app.may("adjust")) && row("tick", t("approvals"), () => app.go("approvals")),
        later,
        row("people", t("people"), () => app.go("people")),
        row("key", t("set_pin"), () => app.go("pin"))),
      stores(app), tongues(app),
      h("p", { class: "soft" }, t("signed_in_as", { name: app.me.name, role: app.me.role })),
      h("ul", { class: "rows" }, row("out", t("sign_out"), (event) => app.doing(event.currentTarget, () => app.signOut())))),
  };
}

const PIN = /^\d{4,6}$/;

export function pin(app) {
  const fields = ["new_pin", "new_pin_again"].map((name) =>
    field(t(name), { name, type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "new-password" }));
  const go = h("button", { type: "submit", class: "primary big" }, t("keep"));
  return {
    title: t("set_pin"),
    back: "more",
    body: h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("set_pin")), h("p", { class: "soft" }, t("set_pin_hint", { name: app.me.name })),
      form(() => app.doing(go, async () => {
        const [first, second] = fields.map(({ input }) => input.value);
        if (!PIN.test(first) || first !== second) { notice(t(PIN.test(first) ? "pins_differ" : "pin_form")); return; }
        await post("pin", { pin: first });
        app.me.has_pin = true;
        await app.go("more");
        notice(t("pin_kept"));
      }), fields.map(({ shown }) => shown), go)),
  };
}
