// A quick change of hands: who signed in on this device before comes back with a PIN.

import { aloud, button, field, form, h, icon, own } from "./dom.js";
import { NoLine, Refused, get, post } from "./net.js";
import { t } from "./texts.js";

function askPin(app, place, person) {
  const pin = field(t("pin_of", { name: person.name }), { name: "pin", type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "off" });
  const go = h("button", { type: "submit", class: "primary big" }, t("change"));
  place.replaceChildren(form(() => app.doing(go, async () => {
    const typed = pin.input.value;
    pin.input.value = "";
    await app.signedIn(await post("colleague", { staff_id: person.staff_id, pin: typed }));
  }), pin.shown, go));
  pin.input.focus();
  aloud(t("pin_of", { name: person.name }));
}

// Fills a place with the people of this device; before signing in a stranger's device shows nothing.
export async function faces(app, place, { quiet = false } = {}) {
  const pin = h("div", {});
  try {
    const { colleagues } = await get("colleagues");
    const others = colleagues.filter((one) => one.staff_id !== app.me?.staff_id);
    if (quiet && !others.length) return;
    place.replaceChildren(h("h2", {}, t("people")),
      others.length ? h("ul", { class: "rows" }, others.map((one) => h("li", {},
        button({ class: "row", disabled: !one.has_pin }, () => askPin(app, pin, one), icon("person"), own(one.name),
          one.has_pin ? null : h("small", {}, t("no_pin")))))) : h("p", { class: "soft" }, t("nobody_else")),
      pin);
  } catch (error) {
    if (!quiet) await app.refused(error);
    else if (!(error instanceof Refused) && !(error instanceof NoLine)) throw error;
  }
}

export function people(app) {
  const place = h("div", {});
  return {
    title: t("people"),
    body: h("div", { class: "scroll" }, h("h1", { class: "unseen", tabindex: "-1" }, t("people")),
      h("p", { class: "soft" }, t("signed_in_as", { name: app.me.name, role: app.me.role })), place,
      app.me.has_pin ? null : button({ class: "big" }, () => app.go("pin"), icon("key"), t("set_pin"))),
    opened: () => faces(app, place),
  };
}
