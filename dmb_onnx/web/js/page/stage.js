// The canvas: a frame, the result in it, and the box while it is dragged.

const COLOUR = [90, 200, 60];
const LINE = `rgb(${COLOUR})`;

export class Stage {
  #canvas;
  #context;
  #image;

  /** `onBox` is called with the box [x, y, w, h], in whole image pixels, while it is dragged. */
  constructor(canvas, onBox) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    let from = null;
    canvas.addEventListener("pointerdown", (event) => {
      from = this.#point(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const to = this.#point(event),
        corner = from.map((at, axis) => Math.min(at, to[axis]));
      onBox([...corner, ...from.map((at, axis) => Math.abs(at - to[axis]))]);
    });
    for (const name of ["pointerup", "pointercancel"])
      canvas.addEventListener(name, () => {
        from = null;
      });
  }

  /** Show a frame (ImageData), and a mask and polygon in it. */
  show(image, { mask, polygon } = {}) {
    this.#image = image;
    if (this.#canvas.width !== image.width) this.#canvas.width = image.width;
    if (this.#canvas.height !== image.height) this.#canvas.height = image.height;
    this.#context.putImageData(mask ? tinted(image, mask) : image, 0, 0);
    if (polygon) this.#outline(polygon);
  }

  /** Show the frame again, with a box. */
  showBox([x, y, w, h]) {
    if (this.#image)
      this.show(this.#image, {
        polygon: [
          [x, y],
          [x + w, y],
          [x + w, y + h],
          [x, y + h],
        ],
      });
  }

  #outline(polygon) {
    const context = this.#context;
    context.strokeStyle = LINE;
    context.lineWidth = Math.max(2, this.#canvas.width / 320);
    context.beginPath();
    polygon.forEach(([x, y]) => context.lineTo(x, y));
    context.closePath();
    context.stroke();
  }

  #point({ offsetX, offsetY }) {
    const { width, height, clientWidth, clientHeight } = this.#canvas;
    return [Math.round((offsetX * width) / clientWidth), Math.round((offsetY * height) / clientHeight)];
  }
}

function tinted(image, mask) {
  const data = new Uint8ClampedArray(image.data);
  mask.data.forEach((on, i) => {
    if (on)
      COLOUR.forEach((value, c) => {
        data[4 * i + c] = 0.6 * data[4 * i + c] + 0.4 * value;
      });
  });
  return new ImageData(data, image.width, image.height);
}
