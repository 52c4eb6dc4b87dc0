// Photographs: a picture as another phone's camera would take it, a little tilted, unsharp and noisy.

const SIDE_MAX = 1280;
const TILT_MAX = 0.09;
const NOISE = 26;
const QUALITY = 0.86;

function load(address) {
  return new Promise((settle, fail) => {
    const image = new Image();
    image.onload = () => settle(image);
    image.onerror = fail;
    image.src = address;
  });
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  return canvas;
}

// Returns a data address of the photograph.
export async function photograph(address) {
  const image = await load(address);
  const scale = Math.min(1, SIDE_MAX / Math.max(image.naturalWidth, image.naturalHeight));
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  const canvas = canvasOf(width * 1.24, height * 1.24);
  const brush = canvas.getContext("2d");
  const light = brush.createLinearGradient(0, 0, canvas.width, canvas.height);
  light.addColorStop(0, "#3b3f46");
  light.addColorStop(1, "#16181c");
  brush.fillStyle = light;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.translate(canvas.width / 2, canvas.height / 2);
  brush.rotate((Math.random() * 2 - 1) * TILT_MAX);
  brush.transform(1, 0.015, 0.02, 1, 0, 0);
  brush.filter = "blur(0.6px) contrast(0.92)";
  brush.drawImage(image, -width / 2, -height / 2, width, height);
  grain(brush, canvas);
  return canvas.toDataURL("image/jpeg", QUALITY);
}

function grain(brush, { width, height }) {
  const points = brush.getImageData(0, 0, width, height);
  for (let place = 0; place < points.data.length; place += 4) {
    const speck = (Math.random() - 0.5) * NOISE;
    for (let colour = 0; colour < 3; colour++) points.data[place + colour] += speck;
  }
  brush.putImageData(points, 0, 0);
}

// A photo from this computer, made small enough to send.
export async function smaller(file) {
  const address = URL.createObjectURL(file);
  try {
    const image = await load(address);
    const scale = Math.min(1, SIDE_MAX / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = canvasOf(image.naturalWidth * scale, image.naturalHeight * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((settle) => canvas.toBlob(settle, "image/jpeg", QUALITY));
  } catch {
    return file;
  } finally {
    URL.revokeObjectURL(address);
  }
}
