/**
 * Small choices of this browser. What must hold: where nothing can be kept (private windows, full storage), everything works and is only forgotten.
 */
export function kept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Forgotten at the next visit.
  }
}
