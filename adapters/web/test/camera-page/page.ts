/** Reading films in a page: from this browser's camera, or from a canvas in its place. */
import { FilmReader, filmOf } from '@sokkin/terminal';
import encodeQR from 'qr';
import { closeCamera, openCamera, readCodes } from '../../src/camera.ts';

/** As the wallet shows them. */
const FRAME_MS = 125;
const SIDE = 420;

async function readFrom(stream: MediaStream): Promise<number[]> {
  const video = document.querySelector('video');
  if (video === null) throw new Error('Bug: the page has no video');
  video.srcObject = stream;
  const reader = new FilmReader();
  try {
    return await new Promise((resolve) => {
      const stop = readCodes(video, (text) => {
        const seen = reader.see(text);
        if (seen.status !== 'whole') return;
        stop();
        resolve([...seen.message]);
      });
    });
  } finally {
    closeCamera(stream);
  }
}

const sokkin = {
  /** The message that the browser's camera films. */
  look: async () => readFrom(await openCamera('user')),
  whyNot: () =>
    openCamera('user').then(
      () => 'open',
      (error) => error.code,
    ),
  /** Milliseconds from the first code to the whole message; of a hundred codes `lost` are not seen. */
  async transfer(message: number[], lost: number, seed: number): Promise<number> {
    const film = filmOf(Uint8Array.from(message));
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 480 });
    const picture = canvas.getContext('2d');
    if (picture === null) throw new Error('Bug: no canvas');
    let [state, n] = [seed, 0];
    const isLost = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 16) % 100 < lost;
    };
    const show = () => {
      const rows = encodeQR(film.frame(n++), 'raw', { ecc: 'medium', border: 4 });
      picture.fillStyle = '#fff';
      picture.fillRect(0, 0, 640, 480);
      if (isLost()) return;
      const cell = SIDE / rows.length;
      picture.fillStyle = '#000';
      for (const [y, row] of rows.entries())
        for (const [x, dark] of row.entries())
          if (dark) picture.fillRect(100 + x * cell, 30 + y * cell, cell + 0.5, cell + 0.5);
    };
    const reading = readFrom(canvas.captureStream(30));
    const from = performance.now();
    show();
    const timer = setInterval(show, FRAME_MS);
    const read = await reading;
    const took = performance.now() - from;
    clearInterval(timer);
    if (String(read) !== String(message)) throw new Error('Another message was read than was shown');
    return took;
  },
};
Object.assign(globalThis, { sokkin });
