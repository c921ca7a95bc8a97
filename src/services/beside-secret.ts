/**
 * What is read after a commit for an answer with a secret that is shown only once: where that cannot be read, it is
 * missing, and the secret is not lost with it.
 */
export const besideSecret = <T>(reading: Promise<T>): Promise<T | null> => reading.catch(() => null);
