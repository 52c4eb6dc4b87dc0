// The member's own yes: the countdown, the PIN typed on this screen, and the way back.

import * as sales from "./sale.js";
import { button, h, notice, own } from "./dom.js";
import { pinForm } from "./member_pin.js";
import { NoLine } from "./net.js";
import { left, money, t } from "./texts.js";

const ASK_MS = 1000;

// What became of it leads on: recorded, or back to the price.
async function settled(app, answer) {
  if (app.name !== "waiting") return;  // two answers can bring the same news
  const { sale } = app;
  if (answer.purchase) {
    await sales.recorded(sale, answer.purchase);
    await app.go("done");
    return;
  }
  await sales.backToQuote(sale);
  await app.go("quote");
  notice(answer.detail || t(`yes_${answer.state}`), { lasting: true });
}

export function waiting(app) {
  const { sale } = app;
  const { waiting: asked } = sale;
  const clock = h("p", { class: "clock", role: "timer", "aria-live": "off" });
  const stop = new AbortController();
  let busy = false;
  const look = async () => {
    clock.textContent = left(app.until(asked.expires_at) / 1000);
    if (busy) return;
    busy = true;
    try {
      const answer = await sales.ask(sale);
      if (answer.state !== "pending" && !stop.signal.aborted) await settled(app, answer);
    } catch (error) {
      if (!(error instanceof NoLine) && !stop.signal.aborted) await app.refused(error);
    } finally {
      busy = false;
    }
  };
  const withdraw = button({ class: "big quiet" }, () => app.doing(withdraw, async () => settled(app, await sales.withdraw(sale))), t("withdraw"));
  const pin = pinForm(app, async (typed, key) => settled(app, { purchase: await sales.agreeByPin(sale, typed, key) }));
  let every;
  return {
    title: t("waiting"),
    back: null,
    body: [h("div", { class: "waiting" },
      h("h1", { tabindex: "-1" }, t("waiting_for", { name: sale.seen.member.name })),
      clock,
      h("p", { class: "big-sum" }, money(asked.amount ?? sale.quote.to_pay)),
      asked.spends?.length ? h("ul", { class: "spends" }, asked.spends.map((text) => h("li", {}, own(text.replace(/^[\u2013-]\s*/, ""))))) : null,
      h("p", { class: "soft" }, t("waiting_hint")),
      pin, withdraw)],
    opened: () => {
      app.look().then(look);
      every = setInterval(look, ASK_MS);
    },
    leave: () => { clearInterval(every); stop.abort(); },
  };
}
