/** Work that is done at its first use and not again, unless it failed. */

/**
 * Gives everybody the same run of the work. A run that fails is forgotten, so that the next call
 * tries again: a folder that could not be read may be readable then.
 */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
