// Money onto the member's card: the sum, and what the shop adds to it.

import { button, h, notice } from "./dom.js";
import { Keypad } from "./keypad.js";
import { head } from "./member.js";
import { deedOf } from "./net.js";
import { money, t } from "./texts.js";

export function topUp(app) {
  const { seen } = app.sale;
  const put = deedOf("top-ups");
  const pad = new Keypad({
    doneLabel: t("top_up"),
    done: (value) => app.doing(pad.go, async () => {
      const who = seen.scan_id ? { scan_id: seen.scan_id } : { member_id: seen.member.id };
      const answer = await put({ ...who, amount: value });
      if (answer.approval_id) {
        await app.go("amount");
        notice(t("second_person"), { lasting: true });
        return;
      }
      seen.member.stored = answer.stored;
      await app.go("amount");
      notice(t("topped_up", { amount: money(answer.stored.principal + answer.stored.bonus) }));
    }),
  });
  return {
    title: t("top_up"),
    side: [head(seen.member), h("p", { class: "soft" }, t("top_up_hint"))],
    body: pad.shown,
    focus: pad.shown,
    back: "amount",
    opened: () => pad.open(),
    leave: () => pad.close(),
  };
}
