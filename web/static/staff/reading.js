// From a picture to the codes in it: the browser's own reader where it knows QR codes, else ours in a worker.

const PHOTO_SIDE = 1600;

async function native() {
  if (!("BarcodeDetector" in self)) return null;
  try {
    const formats = await BarcodeDetector.getSupportedFormats();
    if (!formats.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas)).map(({ rawValue, boundingBox: box }) => (
      { text: rawValue, x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  } catch {
    return null;
  }
}

function worker() {
  const thread = new Worker("/static/staff/decoder.js", { type: "module" });
  const asked = new Map();
  let last = 0;
  thread.onmessage = ({ data }) => {
    asked.get(data.id)?.(data.codes);
    asked.delete(data.id);
  };
  thread.onerror = () => { for (const settle of asked.values()) settle([]); asked.clear(); };
  return (canvas) => new Promise((settle) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height);
    last += 1;
    asked.set(last, settle);
    thread.postMessage({ id: last, width, height, pixels: data.buffer }, [data.buffer]);
  });
}

let reader;

// Returns a function from canvas to [{text, x, y}].
export function makeReader() {
  reader ??= native().then((found) => found ?? worker());
  return reader;
}

export function onePerText(codes) {
  return [...new Map(codes.map((code) => [code.text, code])).values()];
}

// Draws a part of a picture onto a canvas, at most `side` pixels long.
export function drawn(canvas, source, part, side) {
  const scale = Math.min(1, side / Math.max(part.width, part.height));
  canvas.width = Math.round(part.width * scale);
  canvas.height = Math.round(part.height * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, part.x, part.y, part.width, part.height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// Reads a photo file: {codes, canvas}, the places as fractions; no codes where this browser finds none or cannot open it.
export async function readPhoto(file) {
  const canvas = document.createElement("canvas");
  try {
    const image = await createImageBitmap(file);
    const read = await makeReader();
    for (const side of [PHOTO_SIDE, PHOTO_SIDE / 2]) {
      drawn(canvas, image, { x: 0, y: 0, width: image.width, height: image.height }, side);
      const codes = onePerText(await read(canvas)).map(({ text, x, y }) => ({ text, x: x / canvas.width, y: y / canvas.height }));
      if (codes.length) return { codes, canvas };
    }
  } catch { /* the shop's own reader has a look at it next */ }
  return { codes: [], canvas };
}
