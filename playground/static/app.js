// The page: the bar on top, the people, the phones side by side, and the line that keeps them all current.

import { h, button, icon, ask, notice } from "./dom.js";
import { listen, wish } from "./line.js";
import { camera } from "./camera.js";
import { clock } from "./clock.js";
import { inspector } from "./inspector.js";
import { trouble } from "./trouble.js";
import { Phone } from "./phone.js";
import { world, hue, initial, recall, remember } from "./world.js";
import { LANGUAGES, chooseLanguage, language, t } from "./texts.js";

const PHONE_WIDTH = 348;
const KEPT_CALLS = 2000;
const THEMES = ["auto", "light", "dark"];

const narrow = matchMedia("(max-width: 719px)");
const phones = new Map();
const parts = { clock: clock(), inspector: inspector(), trouble: trouble() };
const stage = h("main", { class: "stage", id: "stage" });
const chips = h("div", { class: "chips", role: "group", "aria-label": t("people") });
const lost = h("span", { class: "lost", role: "status", hidden: true }, t("line.lost"));
let chosen = recall("shown", null);
let single = recall("single", null);

world.camera = camera();

function themeKey() {
  const paint = () => {
    const theme = recall("theme", "auto");
    document.documentElement.dataset.theme = theme;
    key.replaceChildren(icon({ auto: "half", light: "sun", dark: "moon" }[theme]));
    key.title = `${t("theme")}: ${t(`theme.${theme}`)}`;
    key.setAttribute("aria-label", key.title);
  };
  const key = button({ class: "tool", on: { click: () => {
    remember("theme", THEMES[(THEMES.indexOf(recall("theme", "auto")) + 1) % THEMES.length]);
    paint();
  } } });
  paint();
  return key;
}

function languageChoice() {
  const select = h("select", { "aria-label": t("language"), on: { change: () => (chooseLanguage(select.value), location.reload()) } },
    Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code, selected: code === language() }, name)));
  return h("label", { class: "tool choice-tool" }, icon("globe"), select);
}

async function reset() {
  const sure = await ask({ title: t("reset.title"), body: [h("p", {}, t("reset.body"))], yes: t("reset.yes"), no: t("cancel"), danger: true });
  if (!sure) return;
  notice(t("reset.working"));
  if (await wish("reset")) notice(t("reset.done"), "good");
}

async function addPerson() {
  const name = h("input", { type: "text", required: true, maxlength: "40", autocomplete: "off" });
  const app = h("select", {}, ["telegram", "wechat"].map((one) => h("option", { value: one }, t(`app.${one}`))));
  const facts = await ask({
    title: t("add.title"), yes: t("add.yes"), no: t("cancel"), read: () => ({ name: name.value.trim(), app: app.value, language: language() }),
    body: [h("label", { class: "field" }, h("span", {}, t("add.name")), name), h("label", { class: "field" }, h("span", {}, t("add.app")), app)],
  });
  const person = facts && await wish("people", facts);
  if (person) show(person.id, true);
}

// The first of each role and app, as many as fit.
function usual() {
  const places = Math.max(2, Math.min(4, Math.floor(innerWidth / PHONE_WIDTH)));
  const wanted = [["member", "telegram"], ["cashier", "telegram"], ["member", "wechat"], ["cashier", "wechat"]];
  const order = places < wanted.length ? [wanted[0], wanted[1], wanted[2]] : wanted;
  const found = order.map(([role, app]) => world.people.find((one) => one.role === role && one.app === app)).filter(Boolean);
  return [...new Set([...found, ...world.people])].slice(0, places).map((one) => one.id);
}

function shown() {
  const known = new Set(world.people.map((one) => one.id));
  const kept = (chosen ?? []).filter((id) => known.has(id));
  const many = kept.length ? kept : usual();
  if (!narrow.matches) return many;
  return [known.has(single) ? single : many[0]].filter(Boolean);
}

function show(id, on) {
  single = id;
  if (!narrow.matches) {
    const now = shown();
    chosen = on ? [...new Set([...now, id])] : now.filter((one) => one !== id);
  }
  remember("shown", chosen);
  remember("single", single);
  paintPeople();
  if (on) phones.get(id)?.element.scrollIntoView({ behavior: "smooth", block: "nearest", inline: "center" });
}

function paintPeople() {
  const now = shown();
  const held = document.activeElement?.dataset?.chip;
  chips.replaceChildren(...world.people.map((one) => button({
    class: `chip ${one.app}`, data: { chip: one.id }, "aria-pressed": String(now.includes(one.id)), title: `${t(`role.${one.role}`)} · ${t(`app.${one.app}`)}`,
    on: { click: () => show(one.id, !shown().includes(one.id) || narrow.matches) },
  }, h("span", { class: "face", data: { hue: hue(one.name) }, "aria-hidden": "true" }, initial(one.name)),
  h("span", {}, one.name), h("small", {}, `${t(`role.${one.role}`)} · ${t(`app.${one.app}`)}`))),
  button({ class: "chip add", on: { click: addPerson } }, icon("plus"), h("span", {}, t("add.title"))));
  if (held) chips.querySelector(`[data-chip="${CSS.escape(held)}"]`)?.focus();
  paintPhones(now);
}

function paintPhones(now) {
  for (const [id, phone] of phones) {
    if (now.includes(id)) continue;
    phone.element.remove();
    phones.delete(id);
  }
  now.forEach((id, place) => {
    let phone = phones.get(id);
    if (!phone) {
      phone = new Phone(world.people.find((one) => one.id === id));
      phones.set(id, phone);
    }
    if (stage.children[place] !== phone.element) stage.insertBefore(phone.element, stage.children[place] ?? null);
    const screen = world.screens.get(id);
    if (screen && phone.latest !== screen) phone.show(screen);
  });
}

function begin({ zone }) {
  world.zone = zone;
  world.screens.clear();
  world.calls = [];
  world.people = [];
  for (const phone of phones.values()) phone.element.remove();
  phones.clear();
}

function hear() {
  listen({
    open: () => { lost.hidden = true; },
    lost: () => { lost.hidden = false; },
    begin,
    people: (people) => { world.people = people; parts.clock.people(); paintPeople(); },
    screen: (screen) => {
      world.screens.set(screen.person, screen);
      phones.get(screen.person)?.show(screen);
      parts.clock.watch();
    },
    clock: ({ now }) => {
      world.now = new Date(now);
      parts.clock.tick();
      for (const phone of phones.values()) phone.tick();
    },
    calls: (calls) => {
      world.calls = [...world.calls, ...calls].slice(-KEPT_CALLS);
      parts.inspector.paint();
      parts.clock.watch();
    },
    trouble: ({ faults, account }) => {
      Object.assign(world, { faults, account });
      parts.trouble.paint();
      for (const phone of phones.values()) if (phone.latest) phone.show(phone.latest);
    },
  });
}

function guide() {
  if (recall("guided", false)) return null;
  const strip = h("aside", { class: "guide", "aria-label": t("guide") },
    h("ol", {}, ["guide.1", "guide.2", "guide.3", "guide.4"].map((key) => h("li", {}, t(key)))),
    button({ class: "bare", "aria-label": t("close"), on: { click: () => (remember("guided", true), strip.remove()) } }, icon("close")));
  return strip;
}

document.documentElement.lang = language();
document.title = t("title");
document.body.prepend(
  h("a", { class: "skip", href: "#stage" }, t("skip")),
  h("header", { class: "top" },
    h("div", { class: "brand" }, h("img", { src: "static/mark.svg", alt: "" }), h("div", {}, h("h1", {}, "memberbot"), h("p", {}, t("tagline")))),
    parts.clock.element,
    h("div", { class: "tools" }, lost, parts.inspector.opener, parts.trouble.opener, languageChoice(), themeKey(),
      button({ class: "tool reset", title: t("reset"), "aria-label": t("reset"), on: { click: reset } }, icon("again"), h("span", {}, t("reset"))))),
  h("nav", { class: "people", "aria-label": t("people") }, chips),
  ...[guide()].filter(Boolean), stage, parts.inspector.element, parts.trouble.element);
narrow.addEventListener("change", paintPeople);
hear();
