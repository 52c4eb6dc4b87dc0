// Small pieces the whole page is built from: elements, icons, dialogs. Nothing here knows a phone.

export function h(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SHAPES = {
  camera: "M4 8.500A2.500 2.500 0 0 1 6.500 6H8l1.300-2h5.400L16 6h1.500A2.500 2.500 0 0 1 20 8.500v8a2.500 2.500 0 0 1-2.500 2.500h-11A2.500 2.500 0 0 1 4 16.500zM12 15.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400z",
  send: "M4.500 12 4 5l16 7-16 7 .5-7zm0 0H12",
  menu: "M4 7h16M4 12h16M4 17h16",
  keyboard: "M4 6.500h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM7 10.500h.01M10.500 10.500h.01M14 10.500h.01M17 10.500h.01M8 14h8",
  picture: "M5 5h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm-1 11 4.500-4.500 4 4 2.500-2.500 5 4.500M15.500 9h.01",
  more: "M12 6h.01M12 12h.01M12 18h.01",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  back: "m14.500 5-7 7 7 7",
  close: "m6 6 12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 7.500V12l3 2",
  cake: "M5 19v-6a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v6M4 19h16M5 15.500c1.200 0 1.200 1 2.300 1s1.200-1 2.400-1 1.100 1 2.300 1 1.200-1 2.300-1 1.200 1 2.400 1 1.100-1 2.300-1M9 11V8.500M15 11V8.500M12 11V8.500M9 5.800v.1M12 5.800v.1M15 5.800v.1",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  moon: "M20 14.500A8 8 0 0 1 9.500 4a8 8 0 1 0 10.500 10.500z",
  half: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 4v16M12 8l5-2.200M12 12.500l7.500-3.500M12 17l7-3.300",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.500M12 19.500V21M4.600 4.600l1.100 1.100M18.300 18.300l1.100 1.100M3 12h1.500M19.500 12H21M4.600 19.400l1.100-1.100M18.300 5.700l1.100-1.100",
  globe: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM3.500 12h17M12 3.500c2.300 2.300 3.500 5.200 3.500 8.500s-1.200 6.200-3.500 8.500c-2.300-2.300-3.500-5.200-3.500-8.500S9.700 5.800 12 3.500z",
  again: "M4.500 12a7.500 7.500 0 1 0 2.300-5.400L4.500 9M4.500 4.500V9H9",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20c.6-3.700 3.600-5.500 7.500-5.500s6.900 1.800 7.500 5.500",
  out: "M14 5h5v5M19 5l-8 8M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4",
  file: "M7 3.500h7l4 4V19a1.500 1.500 0 0 1-1.500 1.500h-9.500A1.500 1.500 0 0 1 5.500 19V5A1.500 1.500 0 0 1 7 3.500zM14 3.500V8h4",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

export function button(facts, ...children) {
  return h("button", { type: "button", ...facts }, ...children);
}

// A modal dialog; the promise gives what `read` returns after "yes", or null after Esc or "no".
export function ask({ title, body = [], yes, no, danger = false, read = () => true }) {
  return new Promise((settle) => {
    const form = h("form", { method: "dialog", class: "dialog-form" },
      h("h2", {}, title), ...body,
      h("div", { class: "dialog-end" },
        button({ class: "quiet", on: { click: () => box.close("no") } }, no),
        h("button", { type: "submit", value: "yes", class: danger ? "danger" : "primary" }, yes)));
    const box = h("dialog", { class: "dialog", "aria-label": title }, form);
    // The policy of this page allows no form to be sent anywhere, so the answer is given by hand.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      box.close("yes");
    });
    box.addEventListener("close", () => {
      const answer = box.returnValue === "yes" ? read(form) : null;
      box.remove();
      settle(answer);
    });
    document.body.append(box);
    box.showModal();
  });
}

let noticeEnds = 0;
export function notice(text, kind = "plain") {
  let place = document.querySelector(".notice");
  if (!place) {
    place = h("div", { class: "notice", role: "status", "aria-live": "polite" });
    document.body.append(place);
  }
  place.textContent = text;
  place.dataset.kind = kind;
  place.classList.add("shown");
  clearTimeout(noticeEnds);
  noticeEnds = setTimeout(() => place.classList.remove("shown"), 4200);
}

export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// A small list that opens over the chat: commands, sub-menus, what else the app can do.
export function popover(owner, label, entries, onClose = () => {}) {
  const close = (back = true) => {
    box.remove();
    document.removeEventListener("pointerdown", outside, true);
    owner.setAttribute("aria-expanded", "false");
    if (back) owner.focus();
    onClose();
  };
  const box = h("div", { class: "popover", role: "menu", "aria-label": label }, entries.map(({ name, about, act }) =>
    button({ role: "menuitem", on: { click: () => (close(), act()) } }, h("span", {}, name), about && h("small", {}, about))));
  const outside = (event) => !box.contains(event.target) && !owner.contains(event.target) && close(false);
  box.addEventListener("keydown", (event) => {
    const items = [...box.children];
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    else if (move) items[(items.indexOf(document.activeElement) + move + items.length) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", outside, true);
  owner.setAttribute("aria-expanded", "true");
  return { element: box, close, focus: () => box.firstChild?.focus() };
}
