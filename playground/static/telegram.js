// Telegram as a shop's customer sees it: bubbles, buttons under them, the reply keyboard, commands and Start.

import { h, button, icon, notice, popover } from "./dom.js";
import { chatLog, documentLink, newDay, picture, richText } from "./chat.js";
import { hour, hue, initial } from "./world.js";
import { t } from "./texts.js";

const TOAST_MS = 3200;

export function telegram(phone) {
  let now = { bubbles: [], commands: [], keyboard: [], menu_button: {} };
  let lastToast = null;
  let toastEnds = 0;
  let list = null;
  let keysHidden = false;

  const face = h("span", { class: "face", "aria-hidden": "true" });
  const title = h("strong");
  const under = h("small");
  const more = button({ class: "bare", "aria-label": t("more"), "aria-haspopup": "menu", on: { click: () => openMore() } }, icon("more"));
  const toast = h("div", { class: "tg-toast", role: "status" });
  const log = chatLog({ paint, divider: newDay, label: t("chat") });

  const welcome = h("div", { class: "tg-empty" }, t("tg.empty"));
  const input = h("input", { type: "text", placeholder: t("tg.write"), "aria-label": t("tg.write"), autocomplete: "off", enterkeyhint: "send" });
  const menu = button({ class: "tg-menu", "aria-haspopup": "menu", on: { click: () => openMenu() } }, icon("menu"), h("span", {}, t("tg.menu")));
  const clip = button({ class: "bare", "aria-label": t("photo.send"), title: t("photo.send"), on: { click: () => phone.pickPhoto() } }, icon("picture"));
  const keysToggle = button({ class: "bare", "aria-label": t("tg.keyboard"), on: { click: toggleKeys } }, icon("keyboard"));
  const go = h("button", { type: "submit", class: "tg-send", "aria-label": t("send") }, icon("send"));
  const composer = h("form", { class: "tg-composer", on: { submit: say } }, menu, clip, input, keysToggle, go);
  const keys = h("div", { class: "tg-keys", role: "group", "aria-label": t("tg.keyboard") });
  const startKey = button({ on: { click: () => phone.do("start") } });
  const startBar = h("div", { class: "tg-start" }, startKey);
  const element = h("div", { class: "app tg" },
    h("div", { class: "tg-head" }, face, h("div", { class: "tg-title" }, title, under), more),
    toast, log.element, welcome, composer, keys, startBar);

  input.addEventListener("input", () => {
    if (input.value.startsWith("/")) openCommands(input.value.slice(1), false);
    else list?.close(false);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && list) (list.focus(), event.preventDefault());
    if (event.key === "Escape") list?.close();
  });

  function say(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    list?.close(false);
    log.toEnd();
    phone.do("say", { text });
  }

  function openMenu() {
    const chosen = now.menu_button ?? {};
    if (chosen.type === "web_app") return phone.open(chosen.url, { app: true });
    openCommands("", true);
  }

  function openCommands(begin, focus) {
    const open = list;
    list?.close(false);
    if (open && focus) return;
    const fitting = now.commands.filter(({ command }) => command.startsWith(begin));
    if (!fitting.length) return;
    list = popover(menu, t("tg.menu"), fitting.map(({ command, description }) => ({
      name: `/${command}`, about: description,
      act: () => {
        input.value = "";
        phone.do("menu", { key: command });
      },
    })), () => { list = null; });
    composer.append(list.element);
    if (focus) list.focus();
  }

  function openMore() {
    const entries = [
      { name: t("tg.payload"), act: () => phone.askPayload(t("tg.payload"), t("tg.payload.hint")) },
      { name: t("contact.yes"), act: () => phone.shareContact() },
      now.blocked
        ? { name: t("tg.unblock"), act: () => phone.do("start") }
        : { name: t("tg.block"), act: () => phone.do("stop") },
    ];
    const box = popover(more, t("more"), entries);
    box.element.classList.add("from-top");
    element.append(box.element);
    box.focus();
  }

  function toggleKeys() {
    keysHidden = !keysHidden;
    paintKeys();
  }

  function paintKeys() {
    const rows = now.keyboard ?? [];
    const usable = now.following && !now.blocked && rows.length > 0;
    keysToggle.hidden = !usable;
    keysToggle.setAttribute("aria-expanded", String(usable && !keysHidden));
    keys.hidden = !usable || keysHidden;
    const print = JSON.stringify(rows);
    if (keys.dataset.print === print) return;
    keys.dataset.print = print;
    keys.replaceChildren(...rows.map((row) => h("div", {}, row.map((key) => {
      const text = typeof key === "string" ? key : key.text;
      const act = key.request_contact ? () => phone.shareContact() : () => phone.do("say", { text });
      return button({ on: { click: act } }, text);
    }))));
  }

  function paintStart() {
    const waiting = !now.following || now.blocked;
    startBar.hidden = !waiting;
    composer.hidden = waiting;
    startKey.textContent = now.blocked ? t("tg.restart") : t("tg.start");
  }

  function paint(bubble) {
    if (bubble.author === "system") return h("div", { class: "divider" }, bubble.text);
    const mine = bubble.author === "me";
    const text = bubble.text && h("div", { class: "tg-text" }, richText(bubble, { onWord: (text) => phone.do("say", { text }), onLink: (url) => phone.open(url) }));
    const meta = h("span", { class: "tg-meta" }, bubble.edited ? `${t("tg.edited")} ` : "", hour(bubble.at));
    const body = h("div", { class: `tg-bubble ${bubble.image ? "has-picture" : ""}` },
      bubble.image && picture(phone, bubble), bubble.document && documentLink(bubble),
      bubble.kind === "contact" && h("div", { class: "tg-contact" }, icon("person"), h("span", {}, bubble.title || bubble.text)),
      bubble.kind === "contact" && !bubble.title ? null : text, meta);
    return h("div", { class: `tg-row ${mine ? "mine" : "theirs"}` }, body,
      bubble.buttons?.length > 0 && h("div", { class: "tg-inline" }, bubble.buttons.map((row) => h("div", {}, row.map((key) => inlineKey(bubble, key))))));
  }

  function inlineKey(bubble, key) {
    const address = key.url ?? key.web_app;
    const press = async (event) => {
      if (address) return phone.open(address, { app: Boolean(key.web_app) });
      if (key.copy !== undefined) return copy(key.copy);
      const pressed = event.currentTarget;
      pressed.classList.add("busy");
      lastToast = "";
      await phone.do("press", { bubble: bubble.id, data: key.data });
      pressed.classList.remove("busy");
    };
    return button({ on: { click: press } }, key.text, address && h("span", { class: "tg-corner" }, icon("out")));
  }

  async function copy(text) {
    await navigator.clipboard?.writeText(text).catch(() => undefined);
    notice(t("copied", { text }));
  }

  function showToast(text) {
    // What was answered before this page was opened is not said again.
    const old = lastToast === null || text === lastToast;
    lastToast = text;
    if (old) return;
    toast.textContent = text;
    toast.classList.toggle("shown", Boolean(text));
    clearTimeout(toastEnds);
    toastEnds = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  }

  function show(screen) {
    now = screen;
    face.textContent = initial(screen.title);
    face.dataset.hue = hue(screen.title);
    title.textContent = screen.title;
    under.textContent = screen.typing ? t("tg.typing") : t("tg.bot");
    under.classList.toggle("typing", screen.typing);
    menu.hidden = !screen.commands.length && screen.menu_button?.type !== "web_app";
    menu.lastChild.textContent = screen.menu_button?.text || t("tg.menu");
    paintStart();
    paintKeys();
    log.show(screen.bubbles);
    welcome.hidden = screen.bubbles.length > 0;
    showToast(screen.toast);
  }

  return { element, show };
}
