/** Whether a name is that of a time zone, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    // Also takes "+02:00", which is no zone: it has no summer.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions() !== null;
  } catch {
    return false;
  }
}
