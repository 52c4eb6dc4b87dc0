// The door: a link from the chat opens it; who signed in here before may come back by PIN.

import { button, h, icon } from "./dom.js";
import { faces } from "./people.js";
import { tongues } from "./more.js";
import { t } from "./texts.js";

export function signin(app) {
  const before = h("div", {});
  return {
    title: t("sign_in"),
    body: h("div", { class: "scroll door" },
      h("img", { src: "/static/mark.svg", alt: "", width: 64, height: 64 }),
      h("h1", { tabindex: "-1" }, t("sign_in")),
      h("p", {}, t("sign_in_how")),
      h("ol", {}, h("li", {}, t("sign_in_step1")), h("li", {}, t("sign_in_step2"))),
      app.sale && h("p", { class: "badge" }, icon("clock"), t("sale_kept")),
      button({ class: "big" }, () => location.reload(), t("again")),
      before, tongues(app)),
    opened: () => faces(app, before, { quiet: true }),
  };
}
