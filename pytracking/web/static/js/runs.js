/** Masks as runs down the columns, as COCO has them. */

/** Call `paint(place)` with y * width + x of every pixel of a mask, given as COCO's compressed text. */
export function eachPixel(text, width, height, paint) {
  let position = 0;
  let inside = false;
  for (const run of decode(text)) {
    if (inside) {
      for (let place = position; place < position + run; place++) {
        paint((place % height) * width + Math.floor(place / height));
      }
    }
    position += run;
    inside = !inside;
  }
}

/** The lengths of runs in compressed text: 5 bits a character, from the 4th run on differences to the last but one. */
export function decode(text) {
  const runs = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32);
    if (bits & 16) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

/** The mask of pixels that are not transparent, as the server takes it. */
export function encode(pixels) {
  const { width, height, data } = pixels;
  const counts = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (data[4 * (y * width + x) + 3] > 127 !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run++;
    }
  }
  counts.push(run);
  return { size: [height, width], counts };
}
