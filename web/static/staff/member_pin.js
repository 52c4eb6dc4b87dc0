// The member's PIN, typed by the member on this screen: a yes where no phone of theirs is at hand.

import { field, form, h } from "./dom.js";
import { NoLine, newKey } from "./net.js";
import { t } from "./texts.js";

const PIN_LENGTH = 6;

// `agree` is called with what was typed and the key of this try.
export function pinForm(app, agree) {
  const pin = field(t("member_pin"), { name: "member_pin", type: "password", inputmode: "numeric", maxlength: PIN_LENGTH, autocomplete: "one-time-code" }, t("member_pin_hint"));
  const go = h("button", { type: "submit", class: "big" }, t("pin_go"));
  let key = newKey();
  return form(() => app.doing(go, async () => {
    const typed = pin.input.value;
    pin.input.value = "";
    try {
      await agree(typed, key);
    } catch (error) {
      if (!(error instanceof NoLine)) key = newKey();  // another PIN is another try
      throw error;
    }
  }), pin.shown, go);
}
