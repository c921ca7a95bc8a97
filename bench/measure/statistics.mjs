// Percentiles, medians and slopes of what was measured.

/**
 * The value that `share` (0 to 1) of the values do not exceed (nearest rank); NaN of none.
 * @param {ArrayLike<number>} values
 */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).toSorted();
  return sorted.length === 0 ? NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @param {ArrayLike<number>} values */
export const median = (values) => {
  const sorted = Float64Array.from(values).toSorted();
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** `{ count, p50, p99, max }` of a run's times. @param {ArrayLike<number>} values */
export function spread(values) {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}

/** The median of every number over the rounds of one server. @param {Record<string, number>[]} rounds */
export function medians(rounds) {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))]));
}

/** How much `y` grows for each of `x`, by least squares. @param {{ x: number, y: number }[]} points */
export function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const sum = (of) => points.reduce((total, point) => total + of(point), 0);
  return sum((point) => (point.x - x) * (point.y - y)) / sum((point) => (point.x - x) ** 2);
}

/**
 * The same with its standard error, which takes the deviations from the line to be independent.
 * @param {{ x: number, y: number }[]} points three at the least
 * @returns {{ slope: number, error: number }}
 */
export function trend(points) {
  const mean = (of) => points.reduce((total, point) => total + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const steepness = slope(points);
  const sum = (of) => points.reduce((total, point) => total + of(point), 0);
  const left = sum((point) => (point.y - y - steepness * (point.x - x)) ** 2);
  return {
    slope: steepness,
    error: Math.sqrt(left / (points.length - 2) / sum((point) => (point.x - x) ** 2)),
  };
}
