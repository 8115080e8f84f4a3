/**
 * New versions of this app: one that has come waits until it is asked for, so that no sale is cut off by it.
 *
 * What must hold: the page loads anew exactly once, and only after `start` was called here; without service workers nothing happens.
 */

/** `tell`: a new version waits. Gives what starts it. */
export function onUpdate(tell: () => void): () => void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  let waiting: ServiceWorker | undefined;
  const found = (worker: ServiceWorker | null) => {
    // The first one of all has nothing to take the place of.
    if (worker === null || workers?.controller == null) return;
    waiting = worker;
    tell();
  };
  void workers
    ?.register('./offline.js')
    .then((registration) => {
      found(registration.waiting);
      registration.addEventListener('updatefound', () => {
        const { installing } = registration;
        installing?.addEventListener('statechange', () => {
          if (installing.state === 'installed') found(installing);
        });
      });
    })
    // Without it everything works but a start without a network.
    .catch(() => undefined);
  return () => {
    if (waiting === undefined) return;
    workers?.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage('sokkin: take over');
  };
}
