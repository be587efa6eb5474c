/** Decides when the target is lost, and then looks for it in the whole frame. */
export class Recovery {
  #params;
  #missed = 0;
  #left = null;

  constructor(params) {
    this.#params = params;
  }

  /** Where to look for the target: at its last place, or where the filter finds it in the whole frame. */
  async look(image, target, filter) {
    this.#left = null;
    const { redetection_interval: interval, lost_after: lostAfter, redetection_score: least } = this.#params;
    const framesLost = this.#missed - lostAfter;
    if (interval === null || framesLost < 0 || framesLost % interval) return target;
    let [best, score] = [target, -Infinity];
    for (const place of await filter.search(image, target)) {
      const at = await filter.peakScore(image, place);
      if (at > score) [best, score] = [place, at];
    }
    if (score < least * filter.typicalScore) return target;
    this.#left = target;
    return best;
  }

  /** [the target to keep, the state to report]. */
  settle(target, found) {
    const left = this.#left,
      failed = left !== null && found !== "tracked";
    this.#left = null;
    this.#missed = failed || found === "lost" ? this.#missed + 1 : 0;
    if (failed) return [left, "lost"];
    if (found !== "lost") return [target, found];
    return [target, this.#missed >= this.#params.lost_after ? "lost" : "doubtful"];
  }
}
