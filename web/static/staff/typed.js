// A USB scanner types like lightning and ends in Enter: such a burst is a code, wherever the cursor stands.

const GAP_MS = 60;
const PAUSE_MS = 500;
const LENGTH_MIN = 8;
const OURS = /(?:M1-[A-Z2-7]{58}|[0-9]{10})$/;

// A Chinese input method hides the key but not its place on the keyboard; codes are digits, capitals and "-".
function letter(event) {
  if (event.key.length === 1) return event.key;
  if (event.key !== "Process" && !event.isComposing) return "";
  const place = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(event.code);
  return place ? place[1] : event.code === "Minus" ? "-" : "";
}

function field() {
  const place = document.activeElement;
  if (!place || !("value" in place) || place.tagName === "BUTTON") return () => {};
  const { value } = place;
  return () => {
    place.value = value;
    place.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

// A busy tablet hears some letters late. One of our codes counts where it came quickly as a whole; anything else only
// from its last gap on.
function beginning(keys) {
  const found = OURS.exec(keys.map((key) => key.letter).join(""));
  const end = keys.length - 1;
  const quick = (at) => keys[end].at - keys[at].at <= GAP_MS * (end - at);
  if (found && keys[found.index].undo && quick(found.index)) return found.index;
  return keys.findLastIndex((key) => key.undo);
}

// `snapshot` returns how to undo what the burst's first letters did elsewhere on the page.
export function listen(taken, snapshot) {
  let keys = [];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Shift") return;
    const gap = event.timeStamp - (keys.at(-1)?.at ?? -Infinity);
    if (gap > PAUSE_MS) keys = [];
    if (event.key === "Enter" || event.key === "Tab") {
      const heard = keys.slice(keys.length ? beginning(keys) : 0);
      keys = [];
      if (heard.length < LENGTH_MIN) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      for (const undo of heard[0].undo) undo();
      taken(heard.map((key) => key.letter).join(""));
      return;
    }
    const typed = letter(event);
    if (!typed) { keys = []; return; }
    keys.push({ letter: typed, at: event.timeStamp, undo: gap > GAP_MS ? [field(), snapshot()] : null });
  }, true);
}
