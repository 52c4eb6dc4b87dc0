// Reads QR codes out of pixels in a thread of its own, so that the page stays smooth.

import { _QRScanner } from "./qr/decode.js";

const SIDE_MAX = 1600;
let places = [];
let scanner = null;

function ready() {
  scanner ??= new _QRScanner({
    maxSize: { width: SIDE_MAX, height: SIDE_MAX },
    timeLimit: 60,
    pointsOnDetect: ({ boundingBox: box }, text) => {
      if (typeof text === "string") places.push({ text, x: box.x + box.width / 2, y: box.y + box.height / 2 });
    },
  });
  return scanner;
}

self.onmessage = ({ data: { id, width, height, pixels } }) => {
  places = [];
  try {
    ready().addImage({ width, height, data: new Uint8ClampedArray(pixels) });
    scanner.decode(true);
  } catch {
    scanner = null;  // a picture that breaks the reader holds no code; the next one gets a fresh reader
  }
  self.postMessage({ id, width, height, codes: places });
};
