// The keypad: digits fill up from the smallest coin, as on a till; the keys of a keyboard do the same.

import { aloud, button, h, icon } from "./dom.js";
import { exponent, money, t } from "./texts.js";

const DIGITS_MAX = 9;

export class Keypad {
  constructor({ value = 0, done, doneLabel, changed = () => {} }) {
    Object.assign(this, { done, changed, places: -1 });
    this.output = h("output", { class: "amount", "aria-live": "polite" });
    this.go = button({ class: "key primary key-done" }, () => this.finish(), doneLabel);
    this.shown = h("div", { class: "keypad", role: "group", tabindex: "-1", "aria-label": t("amount") },
      this.output,
      h("div", { class: "keys" },
        [..."123456789", "00", "0"].map((digits) => button({ class: "key" }, () => this.press(digits), digits)),
        button({ class: "key", "aria-label": t("erase") }, () => this.erase(), icon("erase"))),
      this.go);
    this.listen = (event) => this.key(event);
    this.set(value);
  }

  open() { document.addEventListener("keydown", this.listen); }

  close() { document.removeEventListener("keydown", this.listen); }

  set(value) {
    this.value = value;
    this.output.textContent = money(value);
    this.output.classList.toggle("empty", !value);
    this.go.disabled = !value;
    this.changed(value);
  }

  press(digits) {
    if (this.places >= exponent()) return;
    const next = Number(`${this.value}${digits}`);
    if (this.places >= 0) this.point(digits);
    else if (String(next).length <= DIGITS_MAX) this.set(next);
  }

  // After a decimal point has been typed the digits fill the places behind it.
  point(digits) {
    for (const digit of digits.slice(0, exponent() - this.places)) {
      this.places += 1;
      this.set(this.value + Number(digit) * 10 ** (exponent() - this.places));
    }
  }

  erase() {
    if (this.places >= 0) { this.places = -1; this.set(0); return; }
    this.set(Math.floor(this.value / 10));
  }

  finish() {
    if (this.value) this.done(this.value);
    else aloud(t("amount"));
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      if (event.target.type !== "checkbox") return;
    }
    if (/^[0-9]$/.test(event.key)) this.press(event.key);
    else if ((event.key === "." || event.key === ",") && this.places < 0 && exponent()) {
      const whole = this.value * 10 ** exponent();
      if (String(whole).length <= DIGITS_MAX) { this.places = 0; this.set(whole); }
    } else if (event.key === "Backspace") this.erase();
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.finish();
    else return;
    event.preventDefault();
  }
}
