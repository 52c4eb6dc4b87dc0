// The page's state: who is signed in, which sale is at hand, which page is shown; and what every page may ask for.

import * as offline from "./offline.js";
import * as sales from "./sale.js";
import * as texts from "./texts.js";
import { aloud, button, h, icon, notice, own } from "./dom.js";
import { NoLine, Refused, clockSkew, get, onLine, post } from "./net.js";
import { beep } from "./scanner.js";
import { listen } from "./typed.js";
import { PAGES, WAYS } from "./pages.js";

const { t } = texts;
const { BUSY } = sales;
const SIGNED_OUT = "signed_out";
const place = (id) => document.getElementById(id);

export class App {
  constructor() {
    Object.assign(this, { me: null, sale: null, page: null, name: "", telegram: null });
    this.restoreKeypad = () => () => {};
    this.skew = 0;
    this.spent = "";  // the code of the last finished sale
  }

  may(action) { return Boolean(this.me?.may.includes(action)); }

  // Shows a page. A page gives {title, body, side, focus, leave}; the side stays beside the body where there is room.
  async go(name, facts = {}) {
    this.page?.leave?.();
    this.name = name;
    const made = PAGES[name](this, facts);
    this.page = made;
    if (name !== "ready" && name !== "signin" && !history.state?.deep) history.pushState({ deep: true }, "");
    document.body.dataset.page = name;
    place("page").replaceChildren(...[made.side && h("section", { class: "side", tabindex: "0" }, made.side), h("section", { class: "body" }, made.body)].filter(Boolean));
    place("page").classList.toggle("two", Boolean(made.side));
    // what holds nothing to press is scrolled by keyboard all the same
    for (const one of place("page").querySelectorAll(".scroll:not(:has(button, input, select, textarea))")) one.tabIndex = 0;
    this.frame(made);
    place("page").scrollTop = 0;
    notice("");
    (made.focus ?? place("page").querySelector("h1") ?? place("page")).focus({ preventScroll: true });
    aloud(made.aloud ?? made.title);
    made.opened?.();
  }

  frame(made) {
    document.title = [made.title, this.me?.shop].filter(Boolean).join(" · ");
    const home = this.name === "ready" || this.name === "signin" || WAYS.some(([way]) => way === this.name);
    const back = made.back === undefined ? "ready" : made.back;
    place("top").replaceChildren(
      home || back === null ? h("span", { class: "mark", "aria-hidden": "true" }, h("img", { src: "/static/mark.svg", alt: "" }))
        : button({ class: "top-button", "aria-label": t("back") }, () => (typeof back === "function" ? back() : this.go(back)), icon("back")),
      h("div", { class: "where" }, h("strong", {}, own(this.me?.shop ?? "")), h("span", {}, own(this.store()))),
      this.me ? button({ class: "top-button who", "aria-label": t("change_staff", { name: this.me.name }) },
        () => this.leaveFor("people"), icon("person"), own(this.me.name)) : "");
    place("ways").hidden = !this.me || !home;
    place("ways").replaceChildren(...WAYS.filter(([, , may]) => !may || this.may(may)).map(([way, shape]) =>
      button({ class: "way", "aria-current": way === this.name ? "page" : null }, () => this.go(way), icon(shape), h("span", {}, t(`way.${way}`)))));
  }

  // Milliseconds until a moment of the shop's clock, which this device's clock need not agree with.
  until(iso) { return new Date(iso) - Date.now() - this.skew; }

  store() { return this.me?.stores.find((one) => one.here)?.name ?? ""; }

  home() { return this.go(this.me ? "ready" : "signin"); }

  // Leaves a sale only where it is certain how it stands.
  leaveFor(name) {
    if (this.sale && BUSY.has(this.sale.step)) notice(t("finish_first"));
    else this.go(name);
  }

  // A code from wherever: camera, keyboard, photo, the app's own scanner.
  async take(code, { signal } = {}) {
    if (!this.me) return;
    if (this.sale && BUSY.has(this.sale.step)) { notice(t("finish_first")); return; }
    beep();
    await this.go("reading", { code, signal });
  }

  async begin(seen, code) {
    const same = this.sale?.step !== "done" && this.sale?.seen.member.id === seen.member.id;
    this.sale = { ...sales.begin(seen, code, this.me.staff_id), ...(same ? sales.carried(this.sale) : {}) };
    await sales.keep(this.sale);
    await this.go("amount");
  }

  // Shows the page on which the sale at hand stands.
  resume() { return this.go(this.sale ? { sending: "sending", amount: "amount", quote: "quote", waiting: "waiting", done: "done" }[this.sale.step] : "ready"); }

  async next() {
    if (this.sale?.step === "done") this.spent = this.sale.code;
    if (this.sale) await sales.putAway(this.sale);
    this.sale = null;
    await this.home();
  }

  // Says what was refused; a session that ended leads to the door.
  async refused(error) {
    if (error instanceof NoLine) { notice(t("no_line")); return; }
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401 && this.me) await this.out();
    if (error.code !== SIGNED_OUT) notice(error.detail, { lasting: true });
  }

  // Runs what a button does: once at a time, and a no is said.
  async doing(element, act) {
    if (element?.disabled) return;
    if (element) { element.disabled = true; element.setAttribute("aria-busy", "true"); }
    try {
      await act();
    } catch (error) {
      await this.refused(error);
    } finally {
      if (element) { element.disabled = false; element.removeAttribute("aria-busy"); }
    }
  }

  async signedIn(me) {
    this.know(me);
    texts.settle(me);
    if (!texts.chosen() && me.language && me.language !== texts.language()) {
      await texts.load(me.language);
      await this.look();  // the names of stores in this language, too
    }
    try { localStorage.setItem("memberbot.me", JSON.stringify(me)); } catch { /* nothing is remembered */ }
    if (this.sale?.staff_id !== me.staff_id) this.sale = await sales.found(me.staff_id) ?? null;
    offline.watch(this);
    await this.resume();
  }

  // Looks at the clock and the rights anew; without a line what was known a moment ago still holds.
  async look() {
    try {
      this.know(await get("me", { tries: 1 }));
    } catch (error) {
      if (!(error instanceof NoLine)) await this.refused(error);
    }
  }

  know(me) {
    this.me = me;
    this.skew = me.now ? new Date(me.now) - Date.now() : clockSkew();
  }

  async out() {
    this.me = null;
    this.sale = this.sale && sales.isOpen(this.sale) ? this.sale : null;
    await sales.forget();
    await this.go("signin");
  }

  async signOut() {
    await post("session", undefined, { method: "DELETE" });
    try { localStorage.removeItem("memberbot.me"); } catch { /* nothing was remembered */ }
    await this.out();
  }
}

function rememberedMe() {
  try { return JSON.parse(localStorage.getItem("memberbot.me")); } catch { return null; }
}

// The bridge took the ticket, or Telegram's signed note, off the address bar; either is sent once.
async function enter(app) {
  const bridge = window.TelegramBridge;
  bridge.ready();
  if (bridge.canScan()) app.telegram = bridge;
  if (bridge.initData()) return post("session", { init_data: bridge.initData() });
  return bridge.ticket() ? post("session", { ticket: bridge.ticket() }) : get("me");
}

async function start() {
  const app = new App();
  await texts.load();
  onLine((good) => {
    place("line").textContent = good ? "" : t("line_bad");
    place("line").classList.toggle("shown", !good);
  });
  listen((code) => app.take(code), () => app.restoreKeypad());
  // another link from the chat, opened in this same tab: the page begins anew with its ticket
  window.addEventListener("hashchange", () => { if (location.hash) location.reload(); });
  window.addEventListener("popstate", () => {
    if (location.hash) return;
    if (app.sale && BUSY.has(app.sale.step)) history.pushState({ deep: true }, "");
    else app.home();
  });
  try {
    await app.signedIn(await enter(app));
  } catch (error) {
    const me = rememberedMe();
    if (error instanceof NoLine && me) await app.signedIn(me);
    else {
      await app.go("signin");
      await app.refused(error);
    }
  }
  navigator.serviceWorker?.register("/staff/sw.js", { scope: "/staff" }).catch(() => {});
}

start();
