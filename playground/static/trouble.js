// What can be made difficult on purpose: the kind of WeChat account, and calls that fail.

import { h, button, icon } from "./dom.js";
import { wish } from "./line.js";
import { world } from "./world.js";
import { t } from "./texts.js";

const ACCOUNTS = ["service", "subscription", "unverified"];
const FAULTS = {
  telegram: ["429", "403", "400", "502", "html", "cut", "hang", "reset", "duplicate"],
  wechat: ["errcode", "502", "html", "cut", "hang", "reset", "duplicate"],
};
const ERRCODES = [45015, 45047, 45009, 45011, 40001, 40007, 43004, 48001, -1];

export function trouble() {
  let open = false;
  const accounts = ACCOUNTS.map((kind) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "account", value: kind, on: { change: () => wish("account", { kind }) } }),
    h("span", {}, h("b", {}, t(`account.${kind}`)), h("small", {}, t(`account.${kind}.about`)))));
  const app = h("select", { id: "fault-app", on: { change: paintKinds } }, ["telegram", "wechat"].map((name) => h("option", { value: name }, t(`app.${name}`))));
  const kind = h("select", { id: "fault-kind", on: { change: paintCode } });
  const code = h("select", { id: "fault-code" }, ERRCODES.map((number) => h("option", { value: String(number) }, String(number))));
  const codeField = h("label", { class: "field" }, h("span", {}, "errcode"), code);
  const match = h("input", { type: "text", placeholder: "sendMessage", spellcheck: "false", autocomplete: "off" });
  const count = h("input", { type: "number", min: "1", max: "99", value: "1" });
  const planned = h("ul", { class: "planned" });
  const clear = button({ class: "quiet", on: { click: () => wish("faults", {}, "DELETE") } }, t("fault.clear"));
  const shut = button({ class: "bare", "aria-label": t("close"), on: { click: () => toggle(false) } }, icon("close"));
  const element = h("aside", { class: "drawer trouble", "aria-label": t("trouble"), hidden: true, on: { keydown: (event) => event.key === "Escape" && toggle(false) } },
    h("div", { class: "drawer-top" }, h("h2", {}, t("trouble")), shut),
    h("fieldset", {}, h("legend", {}, t("account")), accounts),
    h("form", { class: "fault", on: { submit: plan } }, h("h3", {}, t("fault")), h("p", { class: "drawer-about" }, t("fault.about")),
      h("div", { class: "fault-fields" },
        h("label", { class: "field" }, h("span", {}, t("fault.app")), app),
        h("label", { class: "field" }, h("span", {}, t("fault.kind")), kind), codeField,
        h("label", { class: "field" }, h("span", {}, t("fault.match")), match),
        h("label", { class: "field" }, h("span", {}, t("fault.count")), count)),
      h("button", { type: "submit", class: "primary" }, t("fault.plan"))),
    planned, clear);
  const light = h("span", { class: "count" });
  const opener = button({ class: "tool", title: t("trouble"), "aria-expanded": "false", on: { click: () => toggle(!open) } }, icon("bolt"), h("span", {}, t("trouble")), light);

  function toggle(to) {
    open = to;
    element.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-drawer", open);
    (open ? shut : opener).focus();
  }

  function paintKinds() {
    kind.replaceChildren(...FAULTS[app.value].map((name) => h("option", { value: name }, t(`fault.${name}`))));
    paintCode();
  }

  function paintCode() {
    codeField.hidden = kind.value !== "errcode";
  }

  async function plan(event) {
    event.preventDefault();
    await wish("faults", {
      app: app.value, kind: kind.value, match: match.value.trim(), count: Number(count.value) || 1,
      code: kind.value === "errcode" ? Number(code.value) : 0,
    });
  }

  function paint() {
    for (const label of accounts) label.firstChild.checked = label.firstChild.value === world.account;
    planned.replaceChildren(...world.faults.map((fault) => h("li", {},
      h("b", {}, t(`app.${fault.app}`)), ` ${t(`fault.${fault.kind}`)} ${fault.code || ""} ${fault.match} × ${fault.count}`)));
    clear.hidden = !world.faults.length;
    light.textContent = world.faults.length || "";
  }

  paintKinds();
  paint();
  return { element, opener, paint };
}
