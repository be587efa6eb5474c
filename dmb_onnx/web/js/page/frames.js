// The frames of a video or of images, as ImageData, one after another.
import { ALL_FORMATS, BlobSource, Input, VideoSampleSink } from "../../vendor/mediabunny.min.mjs";

/** The frames of files: one video, or images in natural order. @throws Error where one cannot be read. */
export function framesOf(files) {
  return files[0].type.startsWith("image/") ? imagesOf(files) : videoOf(files[0]);
}

async function* imagesOf(files) {
  const { compare } = new Intl.Collator("en", { numeric: true });
  for (const file of [...files].sort((a, b) => compare(a.name, b.name))) {
    // The file's own pixels, not converted for the screen.
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch(
      () => {
        throw new Error(`image ${file.name} cannot be read; replace the file`);
      },
    );
    const image = read(bitmap.width, bitmap.height, (context) => context.drawImage(bitmap, 0, 0));
    bitmap.close();
    yield image;
  }
}

async function* videoOf(file) {
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryVideoTrack().catch(() => null);
    if (!track) throw new Error(`video ${file.name} cannot be read: it is damaged or cut short, or no video`);
    if (!(await track.canDecode())) throw new Error(`video ${file.name}: this browser cannot decode its format`);
    const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
    for await (const sample of new VideoSampleSink(track).samples()) {
      const image = read(width, height, (context) => sample.draw(context, 0, 0, width, height));
      sample.close();
      yield image;
    }
  } finally {
    input.dispose();
  }
}

let canvas = null;

function read(width, height, draw) {
  if (canvas?.width !== width || canvas?.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  draw(context);
  return context.getImageData(0, 0, width, height);
}
