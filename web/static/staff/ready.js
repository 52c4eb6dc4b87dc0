// Ready for the next member: the camera, the app's own scanner, a photo, ten digits, or a keyboard's burst.

import * as sales from "./sale.js";
import { aloud, button, form, h, icon, notice } from "./dom.js";
import { NoLine, picture } from "./net.js";
import { canBeNoted } from "./offline.js";
import { readPhoto } from "./reading.js";
import { Scanner } from "./scanner.js";
import { t } from "./texts.js";

const DIGITS = 10;
const LINE_MS = 2500;
let scanner;

// One code is taken; of several the cashier chooses, never the page.
function sort(app, codes, canvas) {
  if (codes.length === 1) app.take(codes[0].text);
  else app.go("several", { codes, canvas });
}

async function photographed(app, file) {
  const { codes, canvas } = await readPhoto(file);
  if (codes.length) { sort(app, codes, canvas); return; }
  const found = [...new Set((await picture(file)).codes)];
  if (found.length === 1) app.take(found[0]);
  else notice(t(found.length ? "several_photo" : "no_code_in_photo"));
}

export function photoButton(app, facts = {}) {
  const input = h("input", {
    type: "file", accept: "image/*", capture: "environment", class: "unseen",
    on: { change: () => {
      const [file] = input.files;
      input.value = "";
      if (file) app.doing(input, () => photographed(app, file));
    } },
  });
  return h("label", { class: "tool", ...facts }, input, icon("camera"), h("span", {}, t("photo")));
}

function digitsField(app) {
  const input = h("input", {
    id: "digits", name: "digits", inputmode: "numeric", autocomplete: "off", maxlength: 12, placeholder: "00000 00000", enterkeyhint: "go",
    on: { input: () => { if (digits().length === DIGITS) send(); } },
  });
  const digits = () => input.value.replace(/\D/g, "");
  const send = () => {
    const typed = digits();
    if (typed.length !== DIGITS) { notice(t("ten_digits")); return; }
    input.value = "";
    app.take(typed);
  };
  return form(send, h("div", { class: "digits" }, h("label", { for: "digits" }, t("digits")), input,
    h("button", { type: "submit", class: "go", "aria-label": t("go") }, icon("tick"))));
}

function light() {
  let on = false;
  const shown = button({ class: "round light", "aria-pressed": "false", "aria-label": t("light"), hidden: true }, () => {
    on = !on;
    shown.setAttribute("aria-pressed", String(on));
    scanner.light(on);
  }, icon("light"));
  return shown;
}

const WHY = { NotAllowedError: "camera_denied", NotReadableError: "camera_busy" };

async function startCamera(view, lamp, app) {
  try {
    scanner ??= new Scanner(() => {});
    // a phone that is still held up after its sale is not read again
    scanner.found = (codes, canvas) => { if (codes.some(({ text }) => text !== app.spent)) sort(app, codes, canvas); };
    view.prepend(scanner.video);
    await scanner.start();
    view.classList.add("live");
    lamp.hidden = !scanner.hasLight();
  } catch (error) {
    without(view, t(WHY[error.name] ?? "camera_none"), app);
  }
}

function without(view, why, app) {
  if (view.nextElementSibling?.matches(".center")) view.nextElementSibling.remove();
  view.classList.add("without");
  view.replaceChildren(icon("camera"), h("p", {}, why), photoButton(app, { class: "primary big" }));
}

function telegramButton(app) {
  return button({ class: "primary big" }, async () => {
    const code = await app.telegram.scan(t("aim"));
    if (code) await app.take(code);
  }, icon("scan"), t("scan"));
}

export function ready(app) {
  const lamp = light();
  const view = h("div", { class: "camera" }, h("span", { class: "corners", "aria-hidden": "true" }), lamp);
  const camera = Scanner.possible();
  const hint = h("p", { class: "soft center" }, t("show_code"));
  const asleep = () => {
    if (document.hidden) scanner?.stop();
    else if (camera && app.name === "ready") startCamera(view, lamp, app);
  };
  return {
    title: t("ready"),
    body: [
      h("h1", { class: "unseen", tabindex: "-1" }, t("ready")),
      app.telegram ? h("div", { class: "camera without" }, icon("scan"), telegramButton(app)) : view,
      camera && !app.telegram && hint,
      digitsField(app),
      h("div", { class: "tools" },
        photoButton(app),
        app.may("lookup") && button({ class: "tool" }, () => app.go("find"), icon("find"), h("span", {}, t("find_short"))),
        app.may("enrol") && button({ class: "tool" }, () => app.go("enrol"), icon("plus"), h("span", {}, t("enrol")))),
    ],
    opened: () => {
      if (app.telegram) return;
      document.addEventListener("visibilitychange", asleep);
      if (camera) startCamera(view, lamp, app);
      else without(view, t(window.isSecureContext ? "camera_none" : "camera_https"), app);
    },
    leave: () => {
      document.removeEventListener("visibilitychange", asleep);
      scanner?.pause();
    },
  };
}

// Between the code and the member. Without a line an earning can be noted for later.
export function reading(app, { code }) {
  const stop = new AbortController();
  const canNote = canBeNoted(code);
  const said = t(canNote ? "no_line_scan" : "no_line_digits");
  const offer = h("div", { class: "stack", hidden: true },
    h("p", {}, said),
    canNote && button({ class: "big" }, () => app.go("later", { code }), t("note_later")),
    button({ class: "big quiet" }, () => app.home(), t("cancel")));
  const show = () => { offer.hidden = false; aloud(said); };
  const patience = setTimeout(show, LINE_MS);
  const run = async () => {
    try {
      await app.begin(await sales.scan(code, { signal: stop.signal }), code);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error instanceof NoLine) { show(); return; }
      await app.home();
      await app.refused(error);
    }
  };
  return {
    title: t("reading"),
    back: "ready",
    body: [h("div", { class: "waiting" }, h("span", { class: "turning", "aria-hidden": "true" }), h("h1", { tabindex: "-1" }, t("reading")), offer)],
    aloud: "",
    opened: run,
    leave: () => { clearTimeout(patience); stop.abort(); },
  };
}

export function several(app, { codes, canvas }) {
  const picture = h("div", { class: "several" });
  const copy = h("canvas", { width: canvas.width, height: canvas.height, "aria-hidden": "true" });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  const inOrder = [...codes].sort((one, other) => one.x - other.x || one.y - other.y);
  picture.append(copy, ...inOrder.map(({ text, x, y }, at) => {
    const choice = button({ class: "choice", "aria-label": t("code_number", { number: at + 1 }) }, () => app.take(text), String(at + 1));
    choice.style.left = `${100 * x}%`;
    choice.style.top = `${100 * y}%`;
    return choice;
  }));
  return {
    title: t("several"),
    body: [h("h1", { tabindex: "-1" }, t("several")), h("p", {}, t("several_hint")), picture,
      button({ class: "big quiet" }, () => app.home(), t("again"))],
  };
}
