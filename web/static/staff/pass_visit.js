// A visit off a pass: taken with a tap, undone with another, and waited for where the member is asked for a yes.

import { aloud, button, h, icon, notice, own, show } from "./dom.js";
import { pinForm } from "./member_pin.js";
import { NoLine, deedOf, get, post } from "./net.js";
import { keep, spent } from "./sale.js";
import { day, left, t } from "./texts.js";

const LOOK_MS = 1000;

export function about(pass) {
  const ends = pass.ends_on ? t("until", { day: day(pass.ends_on) }) : "";
  return h("span", { class: "tick-text" }, own(pass.title),
    h("small", {}, t("pass_left", { left: pass.remaining, visits: pass.visits }), ends && ` · ${ends}`));
}

// The member's list follows, so that another page and this one again show the same.
function follow(app, { pass, visit_id = "" }) {
  const { member } = app.sale.seen;
  const changed = { ...pass, worth: null, fresh: false, visit_id };
  member.passes = member.passes.map((one) => (one.pass_id === pass.pass_id ? { ...one, ...changed } : one));
}

// After a visit the row tells what is left and lets it be undone; the code that was read is used up.
async function taken(app, done) {
  follow(app, done);
  await spent(app.sale);
  await app.go("amount");
  show(".passes .goods:has(.good)");
  aloud(t("visit_taken"));
}

export function undoVisit(app, { visit_id }) {
  const putBack = deedOf(`visits/${visit_id}/undo`);
  const back = button({ class: "small quiet" }, () => app.doing(back, async () => {
    const { pass } = await putBack();
    follow(app, { pass });
    await keep(app.sale);
    await app.go("amount");
    notice(t("undone"));
  }), icon("undo"), t("undo"));
  return [h("span", { class: "good" }, t("visit_taken")), back];
}

// The member is asked in their chat, and may type their PIN here; the row looks every second what they said.
function waiting(app, row, asked) {
  const clock = h("span", { class: "clock", role: "timer", "aria-live": "off" });
  const text = h("p", { class: "soft" }, t("visit_asked"));
  let ended = false;
  let busy = false;
  const settle = async (answer) => {
    if (ended) return;
    ended = true;
    if (answer.state === undefined || answer.state === "taken") { await taken(app, answer); return; }
    row.className = "goods";
    row.replaceChildren(about(answer.pass), h("span", { class: "soft" }, t("visit_no")));
    aloud(t("visit_no"));
  };
  const pin = pinForm(app, async (typed, key) => settle(await post(`visits/${asked.visit_id}/pin`, { pin: typed }, { key })));
  const look = async () => {
    if (!row.isConnected || ended) { clearInterval(every); return; }
    clock.textContent = left(app.until(asked.expires_at) / 1000);
    if (busy) return;
    busy = true;
    try {
      const answer = await get(`visits/${asked.visit_id}`, { tries: 1 });
      if (answer.state !== "asked" && row.isConnected) await settle(answer);
    } catch (error) {
      if (!(error instanceof NoLine)) { clearInterval(every); await app.refused(error); }
    } finally {
      busy = false;
    }
  };
  row.className = "goods asked-visit";
  row.replaceChildren(h("div", { class: "asked-of" }, about(asked.pass), clock), text, pin);
  row.scrollIntoView({ block: "nearest" });
  aloud(t("visit_asked"));
  const every = setInterval(look, LOOK_MS);
  look();
}

// The button that takes a visit; `row` is the place where it tells what came of it.
export function useButton(app, pass, row) {
  const take = deedOf(`passes/${pass.pass_id}/visits`);
  const use = button({ class: "small" }, () => app.doing(use, async () => {
    const done = await take({ scan_id: app.sale.seen.scan_id, count: 1 });
    if (done.state) waiting(app, row, done); else await taken(app, done);
  }), t("use_visit"));
  return use;
}
