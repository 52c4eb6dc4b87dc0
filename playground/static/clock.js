// The clock that jumps: an hour, a day, a month, or straight to somebody's birthday; and what came due on the way.

import { h, button, icon } from "./dom.js";
import { wish } from "./line.js";
import { world, whole, second, person } from "./world.js";
import { t } from "./texts.js";

const STEPS = [["1h", { seconds: 3600 }], ["1d", { days: 1 }], ["30d", { days: 30 }]];
const WATCH_MS = 30_000;
const LISTED_MAX = 12;

export function clock() {
  let watched = null;
  const date = h("span", { class: "clock-date" });
  const time = h("strong", { class: "clock-time" });
  const whose = h("select", { "aria-label": t("clock.whose") });
  const steps = STEPS.map(([name, by]) => button({ class: "step", on: { click: () => jump(by) } }, t(`clock.${name}`)));
  const birthday = button({ class: "step", on: { click: () => whose.value && jump({ birthday: whose.value }) } }, icon("cake"), h("span", {}, t("clock.birthday")));
  const due = h("div", { class: "due", role: "status", hidden: true });
  const element = h("section", { class: "clock", "aria-label": t("clock") },
    h("div", { class: "clock-now" }, icon("clock"), time, date),
    h("div", { class: "clock-steps" }, ...steps, h("span", { class: "clock-birthday" }, birthday, whose)), due);

  async function jump(by) {
    element.classList.add("busy");
    for (const key of [...steps, birthday]) key.disabled = true;
    watched = { until: Date.now() + WATCH_MS, known: known(), calls: world.calls.at(-1)?.number ?? 0, found: new Map() };
    const moved = await wish("clock", by);
    for (const key of [...steps, birthday]) key.disabled = false;
    element.classList.remove("busy");
    if (!moved) watched = null;
    else paintDue();
  }

  function known() {
    return new Set([...world.screens.values()].flatMap((screen) => screen.bubbles.map((bubble) => `${screen.person} ${bubble.id}`)));
  }

  // Called with every change: what the shop said since the jump, on any phone, and the calls it took.
  function watch() {
    if (!watched || Date.now() > watched.until) return;
    for (const screen of world.screens.values()) {
      for (const bubble of screen.bubbles) {
        const key = `${screen.person} ${bubble.id}`;
        if (bubble.author === "shop" && !watched.known.has(key)) watched.found.set(key, { owner: person(screen.person), bubble });
      }
    }
    paintDue();
  }

  function paintDue() {
    const found = [...watched.found.values()].slice(-LISTED_MAX);
    const calls = world.calls.filter((call) => call.number > watched.calls && call.direction === "in" && /send|Send|edit/.test(call.name));
    due.hidden = false;
    due.replaceChildren(
      h("div", { class: "due-top" }, h("strong", {}, found.length ? t("due.title") : calls.length ? t("due.others", { count: calls.length }) : t("due.nothing")),
        button({ class: "bare", "aria-label": t("close"), on: { click: () => (watched = null, due.hidden = true) } }, icon("close"))),
      h("ul", {}, found.map(({ owner, bubble }) => h("li", {}, h("b", {}, owner?.name ?? ""), ` ${(bubble.title || bubble.text || t("picture")).split("\n")[0]}`))));
  }

  function tick() {
    time.textContent = second(world.now);
    date.textContent = whole(world.now);
  }

  function people() {
    const chosen = whose.value;
    whose.replaceChildren(...world.people.filter((one) => one.role === "member").map((one) => h("option", { value: one.id }, one.name)));
    if (world.people.some((one) => one.id === chosen)) whose.value = chosen;
  }

  return { element, tick, people, watch };
}
