// Earnings noted while the line is down: kept on this device, sent when it is back, each with its own answer.

import * as kept from "./kept.js";
import { button, h, icon, notice } from "./dom.js";
import { Keypad } from "./keypad.js";
import { NoLine, newKey, post } from "./net.js";
import { CODE_MAX } from "./sale.js";
import { money, t, time } from "./texts.js";

export const QUEUE_MAX = 50;
const OURS = /M1-[A-Z2-7]{58}$/;
const LOOK_MS = 30000;
let watching = false;
let underWay = null;

export async function queued() {
  const items = await kept.all("queue");
  return items.sort((one, other) => one.at.localeCompare(other.at));
}

// Sends what waits; a try that is under way already is as good.
export function send(app) {
  underWay ??= attempt(app).finally(() => { underWay = null; });
  return underWay;
}

// Sends what is left when a try that may have begun without a line has ended: whoever asks now is not told "later".
async function sendNow(app) {
  await underWay;
  await send(app);
}

// A batch has its own key, and each earning its own id, so that nothing counts twice.
async function attempt(app) {
  try {
    const waiting = (await queued()).filter((one) => !one.result);
    if (!waiting.length) return;
    const earns = waiting.map(({ id, code, amount, at }) => ({ id, code, amount, at }));
    const { results } = await post("offline", { earns }, { tries: 1 });
    for (const result of results) await settle(waiting.find((one) => one.id === result.id), result);
    notice(t("noted_sent", { count: results.length }));
    if (app.name === "noted") await app.go("noted");
  } catch (error) {
    if (!(error instanceof NoLine)) await app.refused(error);
  }
}

async function settle(item, result) {
  if (!item) return;
  item.result = { done: result.state === "done", text: result.detail ?? result.text ?? "" };
  delete item.code;
  await kept.put("queue", item.id, item);
}

export function watch(app) {
  if (!watching) {
    watching = true;
    window.addEventListener("online", () => sendNow(app));
    setInterval(() => { if (app.me && navigator.onLine) send(app); }, LOOK_MS);
  }
  send(app);
}

// Tells whether a code proves by itself whose it is; digits, and what is no code of ours, only the shop can judge.
export function canBeNoted(code) { return code.length <= CODE_MAX && OURS.test(code); }

// The amount of an earning that cannot be asked for now. Points only: spending needs the shop's answer.
export function later(app, { code }) {
  const pad = new Keypad({
    doneLabel: t("note_it"),
    done: (amount) => app.doing(pad.go, async () => {
      const items = (await queued()).filter((one) => !one.result);
      if (items.length >= QUEUE_MAX) { notice(t("noted_full", { limit: QUEUE_MAX })); return; }
      const id = newKey();
      await kept.put("queue", id, { id, code, amount, at: new Date(Date.now() + app.skew).toISOString() });
      await app.go("noted");
    }),
  });
  return {
    title: t("later"),
    side: [h("h1", { tabindex: "-1" }, t("later")), h("p", { class: "soft" }, t("later_hint"))],
    body: pad.shown,
    focus: pad.shown,
    opened: () => pad.open(),
    leave: () => pad.close(),
  };
}

function row(item) {
  const { result } = item;
  const state = result ? result.text || t(result.done ? "noted_done" : "noted_refused") : t("noted_waits");
  return h("li", {}, h("div", { class: "row" }, h("time", {}, time(item.at)),
    h("span", { class: "tick-text" }, money(item.amount), h("small", { class: result && !result.done ? "bad" : "" }, state)),
    icon(result ? (result.done ? "tick" : "stop") : "clock")));
}

export function noted(app) {
  const place = h("div", { class: "stack" });
  const fill = async () => {
    const items = await queued();
    const waiting = items.filter((one) => !one.result).length;
    place.replaceChildren(h("p", { class: "soft" }, t("noted_count", { count: waiting, limit: QUEUE_MAX })), h("ul", { class: "rows" }, items.map(row)),
      items.length > waiting ? button({ class: "big quiet" }, async () => {
        for (const one of items.filter((item) => item.result)) await kept.drop("queue", one.id);
        await fill();
      }, t("put_away")) : "");
  };
  const go = button({ class: "big" }, () => app.doing(go, () => sendNow(app)), t("send_now"));
  return {
    title: t("noted"),
    body: [h("div", { class: "scroll" }, h("h1", { tabindex: "-1" }, t("noted")), place, go),
      h("div", { class: "foot" }, button({ class: "primary big" }, () => app.home(), icon("scan"), t("next")))],
    opened: fill,
  };
}
