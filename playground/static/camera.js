// One phone's camera pointed at another phone's screen: choose a picture by click, by keyboard, or drag the reticle there.

import { h, button, icon, notice, calm } from "./dom.js";
import { Refused, send } from "./line.js";
import { photograph } from "./photograph.js";
import { world, person, hour } from "./world.js";
import { t } from "./texts.js";

const DRAG_BEGINS = 8;
const TRIES = 3;
const OFFERED_EACH = 2;

export function camera() {
  let holder = null;
  let key = "";
  let tell = null; // a Mini App that asked for the scanner
  let busy = false;
  const reticle = h("div", { class: "reticle", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
  const offers = h("div", { class: "aim-offers" });
  const heading = h("strong", { id: "aim-heading" });
  const hint = h("small");
  const panel = h("div", { class: "aim", role: "dialog", "aria-labelledby": "aim-heading", hidden: true },
    h("div", { class: "aim-top" }, h("span", { class: "aim-mark" }, icon("camera")), h("div", {}, heading, hint),
      button({ class: "bare", "aria-label": t("close"), on: { click: () => close() } }, icon("close"))),
    offers);
  document.body.append(panel, reticle);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && holder && !busy) (event.preventDefault(), close());
  });

  // Pictures on the other phones, newest first; phones that are not shown count too.
  function targets() {
    const found = [];
    for (const other of world.people) {
      if (other.id === holder.person.id) continue;
      const shown = (world.screens.get(other.id)?.bubbles ?? []).filter((bubble) => bubble.image).slice(-OFFERED_EACH).reverse();
      found.push(...shown.map((bubble) => ({ owner: other, bubble })));
    }
    return found.sort((a, b) => (a.bubble.at < b.bubble.at ? 1 : -1));
  }

  function open(phone, wish = {}) {
    if (busy) return;
    if (holder === phone && !wish.key) return close();
    holder = phone;
    key = wish.key ?? "";
    tell = wish.tell ?? null;
    heading.textContent = t("aim.title", { name: phone.person.name });
    const found = targets();
    hint.textContent = found.length ? t("aim.hint") : t("aim.nothing");
    offers.replaceChildren(...found.map(({ owner, bubble }) => button({
      class: "aim-offer", on: { click: () => shoot(owner, bubble) },
      "aria-label": t("aim.at", { name: owner.name, time: hour(bubble.at) }),
    }, h("img", { src: bubble.image, alt: "" }), h("span", {}, owner.name), h("small", {}, `${t(`app.${owner.app}`)} · ${hour(bubble.at)}`))));
    panel.hidden = false;
    document.body.classList.add("aiming");
    mark();
    (offers.querySelector("button") ?? panel.querySelector("button")).focus();
  }

  function mark() {
    for (const one of document.querySelectorAll(".phone")) one.classList.toggle("holds-camera", holder?.element === one);
  }

  function close(back = true) {
    const lens = holder?.lens;
    tell?.(null);
    tell = null;
    holder = null;
    panel.hidden = true;
    document.body.classList.remove("aiming");
    reticle.classList.remove("shown");
    mark();
    if (back) lens?.focus();
  }

  const sees = (owner) => Boolean(holder && !busy && owner.id !== holder.person.id);

  async function shoot(owner, bubble) {
    if (!sees(owner)) return;
    busy = true;
    const hand = holder;
    panel.hidden = true;
    try {
      const target = document.querySelector(`.phone[data-person="${CSS.escape(owner.id)}"] [data-bubble="${CSS.escape(bubble.id)}"]`);
      await fly(hand, target);
      await develop(hand.person, owner, bubble);
    } finally {
      busy = false;
      close();
    }
  }

  // A shaky hand tries again, as people do; the last try holds still (the picture itself).
  async function develop(from, owner, bubble) {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const steady = attempt === TRIES;
      const picture = steady ? null : await photograph(bubble.image).catch(() => null);
      try {
        const seen = await send("camera", { from: from.id, at: owner.id, bubble: bubble.id, picture, key, app: Boolean(tell) });
        if (tell && seen.read.length) {
          const heard = tell;
          tell = null;
          return heard(seen.read[0]);
        }
        if (!seen.read.length && !steady) continue;
        return notice(t(seen.read.length ? `aim.done.${seen.road}` : "aim.sent", { name: from.name, owner: person(owner.id)?.name }), "good");
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.code !== "no_code" || steady) return notice(t(`error.${error.code}`), "bad");
      }
    }
    return null;
  }

  function put(box) {
    reticle.classList.add("shown");
    Object.assign(reticle.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
  }

  async function fly(hand, target) {
    if (!target || !target.offsetParent || calm()) return;
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
    const from = reticle.classList.contains("shown") ? reticle.getBoundingClientRect() : hand.lens.getBoundingClientRect();
    const to = target.getBoundingClientRect();
    put(to);
    const start = `translate(${from.left - to.left}px, ${from.top - to.top}px) scale(${from.width / to.width}, ${from.height / to.height})`;
    await reticle.animate([{ transform: start, opacity: 0.4 }, { transform: "none", opacity: 1 }], { duration: 420, easing: "cubic-bezier(.2,.8,.2,1)" }).finished;
    await reticle.animate([{ backgroundColor: "transparent" }, { backgroundColor: "rgb(255 255 255 / .85)" }, { backgroundColor: "transparent" }], { duration: 260 }).finished;
    const home = hand.screen.getBoundingClientRect();
    await reticle.animate([{ transform: "none", opacity: 1 },
      { transform: `translate(${home.left + home.width / 2 - to.left - to.width / 2}px, ${home.top + home.height / 2 - to.top - to.height / 2}px) scale(.35)`, opacity: 0 }],
    { duration: 320, easing: "ease-in" }).finished;
  }

  // Dragging the lens of one phone onto a picture of another.
  function grasp(phone, event) {
    if (event.button !== 0 || busy) return;
    const [x, y] = [event.clientX, event.clientY];
    let dragging = false;
    const under = (at) => document.elementFromPoint(at.clientX, at.clientY)?.closest(".phone [data-bubble].picture");
    const move = (at) => {
      if (!dragging && Math.hypot(at.clientX - x, at.clientY - y) < DRAG_BEGINS) return;
      if (!dragging) {
        dragging = true;
        open(phone);
        panel.hidden = true;
      }
      const spot = under(at);
      const good = spot && spot.dataset.person !== phone.person.id;
      put(good ? spot.getBoundingClientRect() : { left: at.clientX - 40, top: at.clientY - 40, width: 80, height: 80 });
      reticle.classList.toggle("locked", Boolean(good));
      at.preventDefault();
    };
    const drop = (at) => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", drop);
      document.removeEventListener("pointercancel", drop);
      if (!dragging) return;
      const spot = under(at);
      reticle.classList.remove("locked");
      const owner = spot && person(spot.dataset.person);
      const bubble = owner && world.screens.get(owner.id)?.bubbles.find((one) => one.id === spot.dataset.bubble);
      if (bubble && sees(owner)) shoot(owner, bubble);
      else close();
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);
  }

  return { open, close, shoot, sees, grasp };
}
