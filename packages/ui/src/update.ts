/**
 * New versions of an app: one that has come waits until it is asked for, so that nothing that is open is cut off by it.
 *
 * What must hold: a page loads anew exactly once, and only after `start` was called in it; without service workers nothing happens.
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
      const watch = (installing: ServiceWorker | null) =>
        installing?.addEventListener('statechange', () => {
          if (installing.state === 'installed') found(installing);
        });
      watch(registration.installing);
      registration.addEventListener('updatefound', () => watch(registration.installing));
    })
    // Without it everything works but a start without a network.
    .catch(() => undefined);
  return () => {
    if (waiting === undefined) return;
    // Another window has started it already: this one has only to load it.
    if (waiting.state === 'activated') return location.reload();
    workers?.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage('sokkin: take over');
  };
}
