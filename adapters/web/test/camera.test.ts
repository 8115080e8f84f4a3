/** Films read by a camera: a file in the camera's place, as Chromium plays it; and what is lost on the way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmOf } from '@sokkin/terminal';
import type { Browser } from 'playwright-core';
import encodeQR from 'qr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../../tests/browser.ts';
import { type Served, servePage } from '../../../tests/served-page.ts';

const [WIDTH, HEIGHT] = [480, 360];
/** As long as a payment with its certificates. */
const MESSAGE = Uint8Array.from({ length: 720 }, (_none, at) => (at * 37 + (at >> 8)) & 0xff);

let browser: Browser;
let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'sokkin-camera-'));
beforeAll(async () => {
  const file = join(folder, 'camera.y4m');
  writeFileSync(file, filmed());
  [browser, served] = await Promise.all([
    openBrowser([
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${file}`,
    ]),
    servePage({
      root: join(import.meta.dirname, 'camera-page'),
      build: { outDir: join(folder, 'page'), target: 'esnext' },
    }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Twenty pictures of the film, eight a second; each tenth is empty. */
function filmed(): Buffer {
  const film = filmOf(MESSAGE);
  const colours = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const pictures = Array.from({ length: 20 }, (_none, n) => {
    const light = Buffer.alloc(WIDTH * HEIGHT, 235);
    if (n % 10 !== 3) draw(light, encodeQR(film.frame(n), 'raw', { ecc: 'medium', border: 4 }));
    return Buffer.concat([Buffer.from('FRAME\n'), light, colours]);
  });
  const head = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F8:1 Ip A1:1 C420jpeg\n`;
  return Buffer.concat([Buffer.from(head), ...pictures]);
}

function draw(light: Buffer, rows: readonly (readonly boolean[])[]): void {
  const cell = Math.floor(HEIGHT / rows.length);
  for (let y = 0; y < rows.length * cell; y++)
    for (let x = 0; x < rows.length * cell; x++)
      if (rows[Math.floor(y / cell)]?.[Math.floor(x / cell)]) light[y * WIDTH + x + 60] = 20;
}

test('the message is put together from what the camera films, although pictures are missing', async () => {
  const context = await browser.newContext({ permissions: ['camera'] });
  const page = await context.newPage();
  await page.goto(served.url);
  expect(await page.evaluate<number[]>('sokkin.look()')).toEqual([...MESSAGE]);
  expect(await page.evaluate('document.querySelector("video").srcObject.getTracks()[0].readyState')).toBe(
    'ended',
  );
  await context.close();
});

test('where there is no camera, it says so', async () => {
  const page = await browser.newPage();
  await page.goto(served.url);
  await page.evaluate('Object.defineProperty(navigator, "mediaDevices", { value: undefined })');
  expect(await page.evaluate('sokkin.whyNot()')).toBe('camera_missing');
  await page.close();
});

test('a payment goes over although a tenth of the codes is lost', async () => {
  const page = await browser.newPage();
  await page.goto(served.url);
  const took = await page.evaluate<number>(`sokkin.transfer(${JSON.stringify([...MESSAGE])}, 10, 1)`);
  expect(took).toBeGreaterThan(0);
  await page.close();
});
