// WeChat as a shop's customer sees it: following, bubbles with faces, words to tap, cards, and the 3 × 5 menu.

import { h, button, icon, popover } from "./dom.js";
import { chatLog, documentLink, picture, richText } from "./chat.js";
import { world, day, hour, hue, initial } from "./world.js";
import { t } from "./texts.js";

const PAUSE_MS = 5 * 60_000;

export function wechat(phone) {
  let now = { bubbles: [], menu: [] };
  let typing = false;
  let typed = false;

  const title = h("strong");
  const under = h("small");
  const more = button({ class: "bare", "aria-label": t("more"), "aria-haspopup": "menu", on: { click: () => openMore() } }, icon("dots"));
  const log = chatLog({ paint, divider, label: t("chat") });
  const input = h("input", { type: "text", "aria-label": t("wx.write"), autocomplete: "off", enterkeyhint: "send", on: { input: paintSend } });
  const go = h("button", { type: "submit", class: "wx-send" }, t("send"));
  const plus = button({ class: "bare", "aria-label": t("photo.send"), title: t("photo.send"), on: { click: () => phone.pickPhoto() } }, icon("plus"));
  const toMenu = button({ class: "bare", "aria-label": t("wx.menu"), on: { click: () => turn(false) } }, icon("menu"));
  const composer = h("form", { class: "wx-composer", on: { submit: say } }, toMenu, input, plus, go);
  const toKeys = button({ class: "bare", "aria-label": t("wx.keyboard"), on: { click: () => turn(true) } }, icon("keyboard"));
  const entries = h("div", { class: "wx-entries" });
  const menu = h("nav", { class: "wx-menu", "aria-label": t("wx.menu") }, toKeys, entries);
  const follow = followPage();
  const element = h("div", { class: "app wx" },
    h("div", { class: "wx-head" }, h("span", { class: "wx-back", "aria-hidden": "true" }, icon("back")), h("div", { class: "wx-title" }, title, under), more),
    log.element, menu, composer, follow.element);

  function turn(toTyping) {
    typing = toTyping;
    typed = true;
    paintBars();
    (toTyping ? input : toKeys).focus();
  }

  function say(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    paintSend();
    log.toEnd();
    phone.do("say", { text });
  }

  function paintSend() {
    go.hidden = !input.value;
    plus.hidden = Boolean(input.value);
  }

  function paintBars() {
    const hasMenu = now.menu.length > 0;
    const showMenu = hasMenu && !(typed && typing);
    menu.hidden = !now.following || !showMenu;
    composer.hidden = !now.following || showMenu;
    toMenu.hidden = !hasMenu;
    paintSend();
    const print = JSON.stringify(now.menu);
    if (entries.dataset.print === print) return;
    entries.dataset.print = print;
    entries.replaceChildren(...now.menu.map(menuEntry));
  }

  function menuEntry(entry) {
    const below = entry.sub_button ?? [];
    const owner = button({ "aria-haspopup": below.length ? "menu" : null, on: { click: () => (below.length ? openBelow() : choose(entry)) } },
      below.length > 0 && icon("menu"), h("span", {}, entry.name));
    const holder = h("div", { class: "wx-entry" }, owner);
    let open = null;
    function openBelow() {
      if (open) return open.close();
      open = popover(owner, entry.name, below.map((one) => ({ name: one.name, act: () => choose(one) })), () => { open = null; });
      holder.append(open.element);
      open.focus();
    }
    return holder;
  }

  function choose(entry) {
    if (String(entry.type).startsWith("scancode")) return world.camera.open(phone, { key: entry.key });
    if (entry.type === "view") {
      phone.open(entry.url);
      return phone.do("menu", { key: entry.key || entry.url });
    }
    log.toEnd();
    return phone.do("menu", { key: entry.key });
  }

  function openMore() {
    const box = popover(more, t("more"), [
      { name: t("wx.scene"), act: () => phone.askPayload(t("wx.scene"), t("wx.scene.hint")) },
      now.following ? { name: t("wx.unfollow"), act: () => phone.do("stop") } : { name: t("wx.follow"), act: () => phone.do("start") },
    ]);
    box.element.classList.add("from-top");
    element.append(box.element);
    box.focus();
  }

  function followPage() {
    const face = h("span", { class: "face big", "aria-hidden": "true" });
    const name = h("strong");
    const kind = h("small");
    const page = h("div", { class: "wx-profile" }, face, name, kind, h("p", {}, t("wx.about")),
      button({ class: "wx-follow", on: { click: () => phone.do("start") } }, t("wx.follow")));
    return {
      element: page,
      show(screen) {
        page.hidden = screen.following;
        face.textContent = initial(screen.title);
        face.dataset.hue = hue(screen.title);
        name.textContent = screen.title;
        kind.textContent = t(`account.${world.account}`);
      },
    };
  }

  function paint(bubble) {
    if (bubble.author === "system") return h("div", { class: "divider notice-line" }, bubble.text);
    const mine = bubble.author === "me";
    const name = mine ? phone.person.name : now.title;
    const face = h("span", { class: "face square", data: { hue: hue(name) }, "aria-hidden": "true" }, initial(name));
    return h("div", { class: `wx-row ${mine ? "mine" : "theirs"} ${bubble.kind}` }, face, content(bubble));
  }

  function content(bubble) {
    if (bubble.kind === "news") return newsCard(bubble);
    if (bubble.image) return picture(phone, bubble, "wx-picture");
    if (bubble.document) return documentLink(bubble);
    const text = richText(bubble, { onWord: (value) => phone.do("press", { bubble: bubble.id, data: value }), onLink: (url) => phone.open(url) });
    return h("div", { class: "wx-bubble" }, text);
  }

  // 图文: a picture, a title and a line below it; a tap opens its page.
  function newsCard(bubble) {
    const open = () => (world.camera?.sees(phone.person, bubble) ? world.camera.shoot(phone.person, bubble)
      : bubble.url ? phone.open(bubble.url) : bubble.image && phone.enlarge(bubble));
    return button({ class: `wx-news ${bubble.image ? "picture" : ""}`, data: { person: phone.person.id, bubble: bubble.id }, on: { click: open } },
      bubble.image && h("img", { src: bubble.image, alt: "", draggable: "false" }),
      h("strong", {}, bubble.title), bubble.text && h("small", {}, bubble.text));
  }

  function divider(before, bubble) {
    if (before && new Date(bubble.at) - new Date(before.at) < PAUSE_MS) return "";
    return before && day(before.at) === day(bubble.at) ? hour(bubble.at) : `${day(bubble.at)} ${hour(bubble.at)}`;
  }

  function show(screen) {
    now = screen;
    title.textContent = screen.title;
    under.textContent = screen.typing ? t("wx.typing") : "";
    follow.show(screen);
    log.element.hidden = !screen.following;
    paintBars();
    log.show(screen.bubbles);
  }

  return { element, show };
}
