// A USB scanner types like lightning and ends in Enter: such a burst is a code, wherever the cursor stands.

const GAP_MS = 60;
const LENGTH_MIN = 8;

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

// `snapshot` returns how to undo what the burst's first letters did elsewhere on the page.
export function listen(taken, snapshot) {
  let burst = "";
  let last = -Infinity;
  let restore = [];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Shift") return;
    if (event.timeStamp - last > GAP_MS) burst = "";
    if (event.key === "Enter" || event.key === "Tab") {
      const text = burst;
      burst = "";
      if (text.length < LENGTH_MIN) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      for (const undo of restore) undo();
      taken(text);
      return;
    }
    const typed = letter(event);
    if (!typed) { burst = ""; return; }
    if (!burst) restore = [field(), snapshot()];
    burst += typed;
    last = event.timeStamp;
  }, true);
}
