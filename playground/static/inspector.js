// The inspector: every call between the program and the platforms, as it happens, with what was asked and answered.

import { h, button, icon } from "./dom.js";
import { wish } from "./line.js";
import { world, second } from "./world.js";
import { t } from "./texts.js";

const SHOWN_MAX = 400;

export function inspector() {
  let open = false;
  let chosen = 0;
  const filter = h("input", { type: "search", placeholder: t("inspector.filter"), "aria-label": t("inspector.filter"), on: { input: paint } });
  const only = h("select", { "aria-label": t("inspector.platform"), on: { change: paint } },
    h("option", { value: "" }, t("inspector.all")), h("option", { value: "telegram" }, t("app.telegram")), h("option", { value: "wechat" }, t("app.wechat")));
  const rows = h("div", { class: "calls", role: "list", "aria-label": t("inspector"), tabindex: "0" });
  const detail = h("div", { class: "call-detail", hidden: true });
  const shut = button({ class: "bare", "aria-label": t("close"), on: { click: () => toggle(false) } }, icon("close"));
  const element = h("aside", { class: "drawer inspector", "aria-label": t("inspector"), hidden: true, on: { keydown: (event) => event.key === "Escape" && toggle(false) } },
    h("div", { class: "drawer-top" }, h("h2", {}, t("inspector")), shut),
    h("p", { class: "drawer-about" }, t("inspector.about")),
    h("div", { class: "filters" }, filter, only), rows, detail);
  const count = h("span", { class: "count" });
  const opener = button({ class: "tool", title: t("inspector"), "aria-expanded": "false", on: { click: () => toggle(!open) } }, icon("list"), h("span", {}, t("inspector")), count);

  function toggle(to) {
    open = to;
    element.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-drawer", open);
    if (open) (paint(), filter.focus());
    else opener.focus();
  }

  function fits(call) {
    const wanted = filter.value.trim().toLowerCase();
    const whole = `${call.name} ${call.platform} ${call.status} ${call.fault}`.toLowerCase();
    return (!only.value || call.platform === only.value) && (!wanted || whole.includes(wanted));
  }

  function row(call) {
    const bad = call.status >= 400 || call.fault;
    return h("div", { role: "listitem" }, button({
      class: `call ${bad ? "bad" : ""} ${call.number === chosen ? "chosen" : ""}`, "aria-expanded": String(call.number === chosen), data: { number: call.number },
      on: { click: () => choose(call.number) },
    },
    h("span", { class: `way ${call.platform}`, title: t(`way.${call.direction}`) }, call.direction === "in" ? "→" : "←"),
    h("span", { class: "call-name" }, call.name, call.fault && h("em", {}, ` ${call.fault}`)),
    h("span", { class: "call-status" }, call.status || "–"),
    h("span", { class: "call-ms" }, `${Math.round(call.milliseconds)} ms`),
    h("time", {}, second(call.at))));
  }

  function paint() {
    count.textContent = world.calls.length || "";
    if (!open) return;
    const held = rows.contains(document.activeElement) ? document.activeElement.dataset.number : null;
    rows.replaceChildren(...world.calls.filter(fits).slice(-SHOWN_MAX).reverse().map(row));
    if (!rows.children.length) rows.append(h("p", { class: "nothing" }, t("inspector.nothing")));
    if (held) rows.querySelector(`[data-number="${CSS.escape(held)}"]`)?.focus();
  }

  async function choose(number) {
    chosen = chosen === number ? 0 : number;
    paint();
    detail.hidden = !chosen;
    if (!chosen) return;
    const call = await wish(`calls/${number}`, {}, "GET");
    if (!call || chosen !== number) return;
    detail.replaceChildren(h("h3", {}, t("inspector.request")), pretty(call.request), h("h3", {}, t("inspector.answer")), pretty(call.answer));
    if (Object.keys(call.notes ?? {}).length) detail.append(h("h3", {}, t("inspector.notes")), pretty(call.notes));
  }

  function pretty(facts) {
    return h("pre", { tabindex: "0" }, typeof facts === "string" ? facts : JSON.stringify(facts, null, 2));
  }

  return { element, opener, paint };
}
