// One phone: the frame, the name under it, what lies over its screen, and the app that runs on it.

import { h, button, icon, ask } from "./dom.js";
import { deed, sendPhoto, wish } from "./line.js";
import { miniApp } from "./mini-app.js";
import { telegram } from "./telegram.js";
import { wechat } from "./wechat.js";
import { world, hour, hue, initial } from "./world.js";
import { smaller } from "./photograph.js";
import { t } from "./texts.js";

const APPS = { telegram, wechat };

export class Phone {
  constructor(person) {
    this.person = person;
    this.app = APPS[person.app](this);
    this.time = h("span", { class: "phone-time" });
    this.screen = h("div", { class: "phone-screen" },
      h("div", { class: "phone-status", "aria-hidden": "true" }, this.time, h("span", { class: "phone-signal" }, h("i"), h("i"), h("i"), h("b"))),
      this.app.element);
    this.element = h("section", {
      class: `phone ${person.app}`, "aria-label": `${person.name} · ${t(`app.${person.app}`)}`, data: { person: person.id },
    }, this.plate(), h("div", { class: "phone-body" }, this.screen));
    this.tick();
  }

  plate() {
    const { name, app, role } = this.person;
    return h("header", { class: "plate" },
      h("span", { class: "face", data: { hue: hue(name) }, "aria-hidden": "true" }, initial(name)),
      h("div", { class: "plate-name" }, h("strong", {}, name), h("small", {}, `${t(`role.${role}`)} · ${t(`app.${app}`)}`)),
      this.lens = button({
        class: "lens", title: t("camera.hint"), "aria-label": t("camera.of", { name }),
        on: { click: () => world.camera.open(this), pointerdown: (event) => world.camera.grasp(this, event) },
      }, icon("camera"), h("span", {}, t("camera"))));
  }

  show(screen) {
    this.latest = screen;
    this.app.show(screen);
  }

  tick() {
    this.time.textContent = hour(world.now);
  }

  do(name, facts) {
    return deed(this.person, name, facts);
  }

  // Links of the apps themselves stay in the app; every other page opens over the chat, as in a real phone.
  async open(wanted, { app = false } = {}) {
    const given = /^https?:/.test(wanted) ? await wish(`people/${encodeURIComponent(this.person.id)}/page`, { url: wanted, app }) : null;
    this.openHere(given?.address ?? wanted, app);
  }

  openHere(address, app) {
    if (/^(https?:\/\/(t\.me|telegram\.me)\/|tg:\/\/)/.test(address)) return void this.do("scan", { text: address });
    if (!/^https?:\/\//.test(address)) return;
    const frame = h("iframe", { src: address, title: t("page.title"), sandbox: "allow-scripts allow-forms allow-same-origin allow-popups allow-modals", allow: "camera; clipboard-write; screen-wake-lock", referrerpolicy: "no-referrer" });
    if (app) miniApp(this, frame);
    this.cover("browser", new URL(address).host, frame,
      h("a", { class: "cover-tool", href: address, target: "_blank", rel: "noopener noreferrer", title: t("page.tab"), "aria-label": t("page.tab") }, icon("out")));
  }

  enlarge(bubble) {
    const image = h("img", { src: bubble.image, alt: bubble.text || t("picture"), data: { person: this.person.id, bubble: bubble.id }, class: "picture" });
    this.cover("lightbox", "", image);
  }

  cover(kind, title, body, ...tools) {
    const before = document.activeElement;
    const close = () => {
      box.remove();
      before?.focus?.();
    };
    const shut = button({ class: "cover-tool", "aria-label": t("close"), on: { click: close } }, icon("close"));
    const box = h("div", {
      class: `cover ${kind}`, role: "dialog", "aria-label": title || t("picture"),
      on: { keydown: (event) => event.key === "Escape" && (event.stopPropagation(), close()) },
    }, h("div", { class: "cover-top" }, shut, h("span", {}, title), ...tools), body);
    this.screen.querySelector(".cover")?.remove();
    this.screen.append(box);
    shut.focus();
  }

  pickPhoto() {
    const input = h("input", { type: "file", accept: "image/*", class: "away", "aria-label": t("photo.send") });
    input.addEventListener("change", async () => {
      if (input.files[0]) await sendPhoto(this.person, await smaller(input.files[0]));
      input.remove();
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  async shareContact() {
    const agreed = await ask({
      title: t("contact.title"), body: [h("p", {}, t("contact.body", { phone: this.person.phone }))], yes: t("contact.yes"), no: t("cancel"),
    });
    if (agreed) await this.do("contact", { phone: this.person.phone });
  }

  async askPayload(title, hint) {
    const field = h("input", { type: "text", maxlength: "64", autocomplete: "off", spellcheck: "false", "aria-label": hint });
    const payload = await ask({
      title, body: [h("label", { class: "field" }, h("span", {}, hint), field)], yes: t("open"), no: t("cancel"), read: () => field.value.trim(),
    });
    if (payload !== null) await this.do("start", { payload });
  }
}
