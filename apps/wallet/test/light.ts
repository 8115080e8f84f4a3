/**
 * Two phones that see each other's screen: the camera of each is a picture of the codes that the other shows, turned a little, some of them lost. What stands in
 * is the camera and the light; codes are drawn by the page, and read by the page, as ever.
 */
import type { BrowserContext } from 'playwright-core';

export interface Light {
  /** Of a hundred codes that are shown, so many are not seen. */
  readonly lost: number;
}

export async function letThemSee(context: BrowserContext, { lost }: Light): Promise<void> {
  await context.addInitScript(`(() => {
    const light = new BroadcastChannel('light');
    const me = new URLSearchParams(location.search).get('wallet');
    let shown;
    const show = () => {
      const path = document.querySelector('.sk-qr path:last-of-type');
      const d = path?.getAttribute('d') ?? null;
      if (d === shown) return;
      shown = d;
      light.postMessage({ from: me, d, size: path?.ownerSVGElement.viewBox.baseVal.width });
    };
    new MutationObserver(show).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['d'] });
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    const picture = canvas.getContext('2d');
    let seed = 7;
    const isLost = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, (seed >>> 16) % 100 < ${lost});
    light.onmessage = ({ data: { from, d, size } }) => {
      if (from === me) return;
      picture.resetTransform();
      picture.fillStyle = '#776';
      picture.fillRect(0, 0, 640, 480);
      if (d === null || isLost()) return;
      picture.translate(140, 40);
      picture.rotate(0.06);
      picture.scale(380 / size, 380 / size);
      picture.fillStyle = '#f4f2ee';
      picture.fillRect(0, 0, size, size);
      picture.fillStyle = '#222';
      picture.fill(new Path2D(d));
    };
    globalThis.cameras = { on: 0 };
    navigator.mediaDevices.getUserMedia = async () => {
      if (globalThis.cameras.refuses !== undefined) throw new DOMException('', globalThis.cameras.refuses);
      const stream = canvas.captureStream(30);
      globalThis.cameras.on += 1;
      for (const track of stream.getTracks()) {
        const stop = track.stop.bind(track);
        track.stop = () => { globalThis.cameras.on -= 1; stop(); };
      }
      return stream;
    };
  })()`);
}
