// Augmented crops of the first frame, from which the filter starts.
import { gaussianBlur, range, warpAffine } from "./pictures.js";
import { around } from "./windows.js";

/**
 * Crop a window, and shift, mirror, blur and rotate the crop in all the ways `augmentation` lists.
 * Returns the crops, and the shift [x, y] of the content of each, in crop pixels.
 */
export function augment(image, window, augmentation, expansion) {
  const { size } = window,
    { relativeshift = [], fliplr, blur = [], rotate = [] } = augmentation;
  const shifts = relativeshift.map(([y, x]) => [Math.trunc((x * size) / 2), Math.trunc((y * size) / 2)]);
  const margin = Math.max(Math.ceil(((expansion - 1) * size) / 2), ...shifts.flat().map(Math.abs));
  const whole = size + 2 * margin;
  const expanded = around(window.centre, window.scale * whole, whole).extract(image);
  const cut = (picture, [x, y] = [0, 0]) => picture.part(margin - x, margin - y, size, size);
  const crops = [cut(expanded), ...shifts.map((shift) => cut(expanded, shift))];
  if (fliplr)
    crops.push(
      cut(
        expanded.gather(
          range(whole, (x) => whole - 1 - x),
          range(whole),
        ),
      ),
    );
  for (const [vertical, horizontal] of blur) crops.push(cut(gaussianBlur(expanded, horizontal, vertical)));
  for (const angle of rotate) {
    // Anticlockwise about the centre; inverted, to find where each pixel comes from.
    const cos = Math.cos((angle * Math.PI) / 180),
      sin = Math.sin((angle * Math.PI) / 180),
      middle = (whole - 1) / 2;
    const from = margin - middle,
      at = middle + (cos - sin) * from,
      below = middle + (sin + cos) * from;
    crops.push(warpAffine(expanded, [cos, -sin, at, sin, cos, below], size, size, true));
  }
  return [crops, range(crops.length, (i) => (i >= 1 && i <= shifts.length ? shifts[i - 1] : [0, 0]))];
}
